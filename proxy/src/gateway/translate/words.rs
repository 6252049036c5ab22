//! The words that a deployment is asked with: the client's own, or a translation.

use std::sync::Arc;

use bytes::Bytes;
use http::uri::PathAndQuery;
use quotah_adapters::translate::{Task, To, Untranslatable, request, wants_base64};
use quotah_adapters::{Changes, Dialect, Facts, Operation, apply, classify, plan, upstream_path};

use super::Original;
use super::original::Unmarked;
use crate::fleet::deployment_name;
use crate::gateway::admit::Terms;
use crate::gateway::choose::{Order, Trip};
use crate::gateway::parse::Target;
use crate::gateway::refuse::Refusal;
use crate::gateway::routes::{Upstream, Way};

/// How a deployment is asked.
#[derive(Debug, Default)]
pub(crate) enum Words {
    /// As the client asks.
    #[default]
    Own,
    /// As the client asks, without what translated answers have left in its history.
    Unmarked(Arc<Original>),
    /// In another dialect, or in another way of the same.
    Translated(Box<Translation>),
}

/// A request in its deployment's words.
#[derive(Debug)]
pub(crate) struct Translation {
    pub(crate) way: Way,
    /// What is left out, by its places in the client's request.
    pub(crate) dropped: Vec<String>,
    original: Arc<Original>,
    body: Bytes,
    model: Arc<str>,
}

/// What the deployment's answers are spoken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spoken {
    pub(crate) dialect: Dialect,
    pub(crate) operation: Operation,
}

impl Order {
    /// Puts the request of a trip into the words of this order's deployment.
    ///
    /// # Errors
    /// 400 for what cannot be said there; 503 where only the client's own credential could go along, which holds
    /// nowhere else.
    pub(crate) fn word(&mut self, trip: &Trip, way: Option<Way>) -> Result<(), Refusal> {
        self.words = match (way, &trip.original) {
            (Some(way), Some(original)) => {
                let translation = Translation::new(self, way, original)?;
                Words::Translated(Box::new(translation))
            }
            // Only a look at where a request might go has no body, and it sends none.
            (Some(_), None) => return Err(Refusal::overloaded()),
            (None, Some(original)) if original.unmarked().is_some() => {
                Words::Unmarked(Arc::clone(original))
            }
            (None, _) => Words::Own,
        };
        Ok(())
    }

    /// What its answers are spoken in.
    pub(crate) fn spoken(&self, target: &Target) -> Spoken {
        match self.words.way() {
            Some(way) => Spoken {
                dialect: way.to.dialect(),
                operation: way.to.operation(),
            },
            None => Spoken {
                dialect: target.dialect,
                operation: target.operation,
            },
        }
    }
}

impl Words {
    /// The translation, where it is one.
    pub(crate) fn translation(&self) -> Option<&Translation> {
        match self {
            Self::Translated(translation) => Some(translation),
            Self::Own | Self::Unmarked(_) => None,
        }
    }

    /// The way that the request is translated on.
    pub(crate) fn way(&self) -> Option<Way> {
        self.translation().map(|translation| translation.way)
    }

    /// What stands in place of the client's body, where something does that is not translated.
    pub(crate) fn unmarked(&self) -> Option<&Unmarked> {
        match self {
            Self::Unmarked(original) => original.unmarked(),
            Self::Own | Self::Translated(_) => None,
        }
    }
}

/// What the very model does not take, or not with the rest of what is asked.
fn not_by_model(place: &str) -> Untranslatable {
    Untranslatable {
        place: place.to_owned(),
        why: "this model does not take it so",
    }
}

impl Translation {
    fn new(order: &Order, way: Way, original: &Arc<Original>) -> Result<Self, Refusal> {
        let config = &order.upstream.config;
        if order.upstream.credential.is_clients() {
            return Err(Refusal::no_credential(
                &config.name,
                "a client's own does not hold there",
            ));
        }
        let to = To {
            form: way.to,
            kind: config.kind,
            model: &order.model_sent,
        };
        let deployment = || deployment_name(&config.name, &order.model_sent);
        if let Some(fault) = original.fault() {
            return Err(Refusal::untranslatable(fault, &deployment()));
        }
        let written = request(way.from, &original.body, original.streams, &to)
            .map_err(|fault| Refusal::untranslatable(&fault, &deployment()))?;
        if let Some(place) = written.left_out.first()
            && !way.is_lossy
        {
            return Err(Refusal::untranslatable(&not_by_model(place), &deployment()));
        }
        let mut dropped = original.lost(&way);
        dropped.extend(written.left_out);
        Ok(Self {
            way,
            dropped,
            original: Arc::clone(original),
            body: written.body.into(),
            model: Arc::clone(&order.model_sent),
        })
    }

    /// The body on these terms. They are put into the client's words, which have a place for them, and translated with
    /// these.
    ///
    /// # Errors
    /// 400 where that cannot be translated.
    pub(crate) fn body(
        &self,
        (target, facts): (&Target, &Facts),
        upstream: &Upstream,
        terms: Terms,
    ) -> Result<Bytes, Refusal> {
        let changes = Changes {
            rename_to: None,
            ask_usage: false,
            output_cap: terms.output_cap,
            answers: terms.answers,
            effort: terms.effort,
            thinking_tokens: terms.thinking_tokens,
        };
        let edits = plan(facts, &changes, target.wire().native());
        if edits.is_empty() {
            return Ok(self.body.clone());
        }
        let original = &self.original;
        let spliced = apply(std::slice::from_ref(&original.body), &edits).concat();
        let config = &upstream.config;
        let to = To {
            form: self.way.to,
            kind: config.kind,
            model: &self.model,
        };
        let refusal = |fault: &Untranslatable| {
            Refusal::untranslatable(fault, &deployment_name(&config.name, &self.model))
        };
        let written = request(self.way.from, &spliced, original.streams, &to)
            .map_err(|fault| refusal(&fault))?;
        // With a lower cap a model may have no room to think in.
        let mut left_out = written.left_out.iter();
        if let Some(place) = left_out.find(|place| !self.dropped.contains(place))
            && !self.way.is_lossy
        {
            return Err(refusal(&not_by_model(place)));
        }
        Ok(written.body.into())
    }

    /// Whether a stream is asked for, of what can be one.
    pub(crate) fn streams(&self) -> bool {
        self.original.streams && self.way.from.task() == Task::Turn
    }

    /// Whether its embeddings are to be told as base64.
    pub(crate) fn wants_base64(&self) -> bool {
        wants_base64(self.way.from, &self.original.body)
    }

    /// Path and query at the deployment: as a client of its dialect would write them, behind its base URL.
    pub(crate) fn path(&self, upstream: &Upstream) -> PathAndQuery {
        let path = self.way.to.path(&self.model, self.original.streams);
        let path = match classify("POST", &path) {
            Some(call) => upstream_path(
                upstream.config.kind,
                &upstream.base_path,
                &call,
                &path,
                None,
            ),
            None => path,
        };
        PathAndQuery::try_from(path).unwrap_or_else(|_| PathAndQuery::from_static("/"))
    }
}
