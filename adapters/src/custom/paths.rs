//! Paths by pattern: `/v2/{model}/run`.

use std::ops::Range;

/// A path of literal segments, `*` for any one segment and `{model}` for the one that names the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PathPattern(Vec<Segment>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Literal(Box<str>),
    Any,
    Model,
}

/// What is wrong with a path pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathPatternError {
    /// It has no slash at its beginning.
    #[error("has to begin with a slash")]
    NotAbsolute,
    /// It has a query, a fragment or white space.
    #[error("has to be a path alone")]
    NotAPath,
    /// It names the model twice.
    #[error("names the model twice")]
    TwoModels,
    /// It has more segments than any provider's.
    #[error("has more than {SEGMENTS_MAX} segments")]
    TooLong,
}

/// Most segments of a pattern: twice what the longest known provider's path has.
const SEGMENTS_MAX: usize = 24;

impl PathPattern {
    pub(super) fn new(text: &str) -> Result<Self, PathPatternError> {
        let path = text
            .strip_prefix('/')
            .ok_or(PathPatternError::NotAbsolute)?;
        if path.contains(|c: char| matches!(c, '?' | '#') || c.is_whitespace()) {
            return Err(PathPatternError::NotAPath);
        }
        let segments: Vec<_> = path
            .split('/')
            .map(|segment| match segment {
                "*" => Segment::Any,
                "{model}" => Segment::Model,
                literal => Segment::Literal(literal.into()),
            })
            .collect();
        if segments.len() > SEGMENTS_MAX {
            return Err(PathPatternError::TooLong);
        }
        let models = segments.iter().filter(|s| **s == Segment::Model).count();
        if models > 1 {
            return Err(PathPatternError::TwoModels);
        }
        Ok(Self(segments))
    }

    pub(super) fn has_model(&self) -> bool {
        self.0.contains(&Segment::Model)
    }

    /// Whether `path` is such a one, and where it names the model.
    pub(super) fn find(&self, path: &str) -> Option<Option<Range<usize>>> {
        let rest = path.strip_prefix('/')?;
        let mut wanted = self.0.iter();
        let mut model = None;
        let mut at = 1_usize;
        for segment in rest.split('/') {
            let end = at.saturating_add(segment.len());
            match wanted.next()? {
                Segment::Literal(literal) if **literal == *segment => {}
                Segment::Any if !segment.is_empty() => {}
                Segment::Model if !segment.is_empty() => model = Some(at..end),
                Segment::Literal(_) | Segment::Any | Segment::Model => return None,
            }
            at = end.saturating_add(1);
        }
        wanted.next().is_none().then_some(model)
    }
}
