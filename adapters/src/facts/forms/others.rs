//! Requests for anything but text.

use super::super::fields::Field;
use super::Form;
use crate::scan::PathTable;

pub(super) static EMBEDDINGS: Form = Form {
    fields: EMBEDDING_FIELDS.erased(),
    cap: None,
};

pub(super) static SPEECH: Form = Form {
    fields: SPEECH_FIELDS.erased(),
    cap: None,
};

pub(super) static IMAGES: Form = Form {
    fields: IMAGE_FIELDS.erased(),
    cap: None,
};

pub(super) static RERANK: Form = Form {
    fields: RERANK_FIELDS.erased(),
    cap: None,
};

pub(super) static OTHER: Form = Form {
    fields: OTHER_FIELDS.erased(),
    cap: None,
};

static EMBEDDING_FIELDS: PathTable<Field, 4> = PathTable::new(&[
    ("model", Field::Model),
    ("service_tier", Field::ServiceTier),
]);

static SPEECH_FIELDS: PathTable<Field, 5> =
    PathTable::new(&[("model", Field::Model), ("input", Field::Spoken)]);

static IMAGE_FIELDS: PathTable<Field, 9> = PathTable::new(&[
    ("model", Field::Model),
    ("stream", Field::Stream),
    ("n", Field::Answers),
    ("size", Field::Size),
    ("quality", Field::Quality),
]);

static RERANK_FIELDS: PathTable<Field, 6> =
    PathTable::new(&[("model", Field::Model), ("documents[*]", Field::Document)]);

static OTHER_FIELDS: PathTable<Field, 4> =
    PathTable::new(&[("model", Field::Model), ("stream", Field::Stream)]);
