//! Images, documents and sound.

use crate::translate::generate::{signed, words};
use crate::translate::json::{Items, Members, Spelled};
use crate::translate::request::Source;

/// Writes what is here or elsewhere. Both Vertex AI and, since January 2026, the Gemini API fetch public addresses
/// (<https://ai.google.dev/gemini-api/docs/file-input-methods>, read 2026-11); Google's SDK 3.4 gives names to both.
pub(super) fn write(source: &Source<'_>, name: Option<&Spelled<'_>>, parts: &mut Items<'_>) {
    let named = |json: &mut Members<'_>| {
        if let Some(name) = name.filter(|name| !name.is_empty()) {
            json.spelled("displayName", name);
        }
    };
    match source {
        Source::Data { media_type, base64 } => parts.object(|json| {
            json.object("inlineData", |json| {
                json.spelled("mimeType", media_type);
                json.spelled("data", base64);
                named(json);
            });
        }),
        Source::Text(text) => parts.object(|json| {
            json.object("inlineData", |json| {
                json.text("mimeType", "text/plain");
                json.text("data", &signed::base64_of(text));
                named(json);
            });
        }),
        Source::Pieces(_) | Source::OpenAi(_) => {}
        Source::Url { url, media_type } => parts.object(|json| {
            json.object("fileData", |json| {
                if let Some(media_type) = media_type_of(url, media_type) {
                    json.spelled("mimeType", &media_type);
                }
                json.spelled("fileUri", url);
                named(json);
            });
        }),
    }
}

/// The media type of what is elsewhere: as it was told, else as the address ends.
pub(super) fn media_type_of<'m>(
    url: &Spelled<'_>,
    media_type: &'m Spelled<'_>,
) -> Option<Spelled<'m>> {
    if !media_type.is_empty() {
        return Some(media_type.borrowed());
    }
    words::media_type_of(&url.plain()).map(Spelled::of_plain)
}
