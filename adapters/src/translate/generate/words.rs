//! Words of Gemini's that are read and written alike.

use crate::translate::answer::Reason;
use crate::translate::json::{Object, Spelled, Value};
use crate::translate::request::Part;

/// Where Google keeps files that were sent to it.
pub(super) const STORE: &str = "https://generativelanguage.googleapis.com/";

/// Why an answer ended: words, and the numbers that Vertex AI may send for them (`FinishReason` of Google's SDK 3.4 and
/// of `google.cloud.aiplatform.v1beta1`, read 2026-11). A call of a function is `STOP` too.
const REASONS: [(&str, &str, Reason); 20] = [
    ("STOP", "1", Reason::Done),
    ("MAX_TOKENS", "2", Reason::Length),
    ("SAFETY", "3", Reason::Filtered),
    ("RECITATION", "4", Reason::Filtered),
    ("BLOCKLIST", "6", Reason::Filtered),
    ("PROHIBITED_CONTENT", "7", Reason::Filtered),
    ("SPII", "8", Reason::Filtered),
    ("MALFORMED_FUNCTION_CALL", "9", Reason::BadCall),
    ("MODEL_ARMOR", "10", Reason::Filtered),
    ("IMAGE_SAFETY", "11", Reason::Filtered),
    ("IMAGE_PROHIBITED_CONTENT", "12", Reason::Filtered),
    ("IMAGE_RECITATION", "13", Reason::Filtered),
    ("UNEXPECTED_TOOL_CALL", "15", Reason::BadCall),
    ("TOO_MANY_TOOL_CALLS", "", Reason::BadCall),
    ("MALFORMED_RESPONSE", "", Reason::BadCall),
    ("ESCALATION", "", Reason::Filtered),
    ("PUP_LIMITED_DISABLED", "", Reason::Filtered),
    ("CONTINUATION", "", Reason::Paused),
    ("LANGUAGE", "", Reason::Other),
    ("OTHER", "5", Reason::Other),
];

/// Reads a `finishReason`; `None` where it says that there is none yet.
pub(super) fn reason(said: &Value<'_>) -> Option<Reason> {
    let find = |is: &dyn Fn(&str, &str) -> bool| {
        let found = REASONS.iter().find(|(word, number, _)| is(word, number));
        found.map_or(Reason::Other, |(_, _, reason)| *reason)
    };
    match said {
        Value::Number("0") => None,
        Value::Number(digits) => Some(find(&|_, number| number == *digits)),
        Value::String(said) if said.is("FINISH_REASON_UNSPECIFIED") => None,
        Value::String(said) => Some(find(&|word, _| said.is(word))),
        _ => None,
    }
}

/// The `finishReason` for a reason. A model that refuses has been kept from answering, which is `SAFETY` here.
pub(super) const fn finish(reason: Reason) -> &'static str {
    match reason {
        Reason::Done | Reason::Stop | Reason::ToolCalls => "STOP",
        Reason::Length | Reason::ContextFull => "MAX_TOKENS",
        Reason::Filtered | Reason::Refused => "SAFETY",
        Reason::BadCall => "MALFORMED_FUNCTION_CALL",
        Reason::Paused => "CONTINUATION",
        Reason::Other => "OTHER",
    }
}

/// What a function gave back, as texts, and whether it failed. An object with one member by which Google documents
/// that it holds the result or the error stands for that; any other for itself
/// (<https://ai.google.dev/api/caching#FunctionResponse>, read 2026-11; its SDK writes `result`).
pub(super) fn result<'a>(response: &Object<'a>) -> (Vec<Part<'a>>, bool) {
    if let [(name, value)] = &*response.members {
        let is_error = name.is("error");
        if is_error || is_wrap(name) {
            match value {
                Value::String(text) => return (vec![Part::text(text.clone())], is_error),
                _ if is_error => {
                    let raw = Spelled::of_owned(&value.raw());
                    return (vec![Part::text(raw)], true);
                }
                _ => {}
            }
        }
    }
    (vec![Part::text(Spelled::of_owned(response.raw))], false)
}

/// Whether a text is an object that [`result`] would read as that text.
pub(super) fn is_result(response: &Value<'_>) -> bool {
    let Value::Object(response) = response else {
        return false;
    };
    !matches!(&*response.members, [(name, value)]
        if name.is("error") || is_wrap(name) && value.as_text().is_some())
}

fn is_wrap(name: &Spelled<'_>) -> bool {
    name.is("result") || name.is("output")
}

/// How closely an image is looked at.
pub(super) fn detail(level: &str) -> Option<&'static str> {
    match level {
        "MEDIA_RESOLUTION_LOW" => Some("low"),
        "MEDIA_RESOLUTION_MEDIUM" => Some("auto"),
        "MEDIA_RESOLUTION_HIGH" | "MEDIA_RESOLUTION_ULTRA_HIGH" => Some("high"),
        _ => None,
    }
}

/// The media type that a name's ending stands for, of those that Gemini takes.
pub(super) fn media_type_of(url: &str) -> Option<&'static str> {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let (_, ending) = path.rsplit_once('.')?;
    Some(match &*ending.to_ascii_lowercase() {
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "gif" => "image/gif",
        "heic" => "image/heic",
        "heif" => "image/heif",
        "pdf" => "application/pdf",
        "txt" => "text/plain",
        "md" => "text/markdown",
        "csv" => "text/csv",
        "html" | "htm" => "text/html",
        "json" => "application/json",
        _ => return None,
    })
}

/// The generation of a Gemini model (3 of `models/gemini-3.1-pro-preview`); the newest for names without one
/// (`gemini-flash-latest`), 0 for models that are none.
pub(super) fn generation(model: &str) -> u32 {
    let name = model.rsplit('/').next().unwrap_or_default();
    let Some(behind) = name.strip_prefix("gemini-") else {
        return 0;
    };
    let digits = behind.split(|char: char| !char.is_ascii_digit()).next();
    match digits.unwrap_or_default() {
        "" => u32::MAX,
        digits => digits.parse().unwrap_or(u32::MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_read_by_word_and_by_number() {
        let word = |word| reason(&Value::String(Spelled::of_plain(word)));
        assert_eq!(word("STOP"), Some(Reason::Done));
        assert_eq!(word("FINISH_REASON_UNSPECIFIED"), None);
        assert_eq!(word("SOMETHING_NEW"), Some(Reason::Other));
        assert_eq!(reason(&Value::Number("2")), Some(Reason::Length));
        assert_eq!(reason(&Value::Number("0")), None);
        assert_eq!(reason(&Value::Number("99")), Some(Reason::Other));
        for (said, _, read) in REASONS {
            let again = word(finish(read));
            assert_eq!(again, Some(read), "{said}");
        }
    }

    #[test]
    fn generations_are_told_by_the_name() {
        for (model, told) in [
            ("gemini-2.5-flash", 2),
            ("models/gemini-3.1-pro-preview", 3),
            ("gemini-4-argon", 4),
            ("gemini-flash-latest", u32::MAX),
            ("gemma-4", 0),
            ("endpoints/17", 0),
        ] {
            assert_eq!(generation(model), told, "{model}");
        }
    }
}
