//! Errors that an answer tells of, by their names only.

use super::Book;
use crate::meter::ErrorSeen;
use crate::meter::names::cut;
use crate::meter::reading::ERROR_BYTES_MAX;
use crate::scan::Scalar;

impl Book {
    /// A frame that tells of an error by its headers alone; either name may be empty.
    pub(in crate::meter) fn failed(&mut self, kind: &[u8], code: &[u8]) {
        let name = |name: &[u8]| (!name.is_empty()).then(|| cut(name, ERROR_BYTES_MAX));
        self.reading.error = Some(ErrorSeen {
            kind: name(kind),
            code: name(code),
        });
    }

    pub(super) fn error_seen(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        let error = self.reading.error.get_or_insert_default();
        error.kind = pending.kind.or_else(|| error.kind.take());
        error.code = pending.code.or_else(|| error.code.take());
    }

    /// A name may come before it is clear that there is an error at all.
    pub(super) fn error_name(
        &mut self,
        scalar: &Scalar<'_>,
        place: impl Fn(&mut ErrorSeen) -> &mut Option<Box<str>>,
    ) {
        let error = self.reading.error.as_mut().unwrap_or(&mut self.pending);
        let text = match scalar {
            Scalar::String { text, .. } | Scalar::Number(text) => *text,
            Scalar::Null | Scalar::Bool(_) => None,
        };
        if let Some(text) = text {
            *place(error) = Some(cut(text, ERROR_BYTES_MAX));
        }
    }
}
