//! Images, documents, sound and video: their formats by media type, and the names that documents may have.

/// `ImageFormat`
pub(super) fn image_format(media_type: &str) -> Option<&'static str> {
    Some(match bare(media_type).as_str() {
        "image/png" => "png",
        "image/jpeg" | "image/jpg" => "jpeg",
        "image/gif" => "gif",
        "image/webp" => "webp",
        _ => return None,
    })
}

/// `DocumentFormat`
pub(super) fn document_format(media_type: &str) -> Option<&'static str> {
    Some(match bare(media_type).as_str() {
        "application/pdf" => "pdf",
        "text/csv" => "csv",
        "application/msword" => "doc",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => "docx",
        "application/vnd.ms-excel" => "xls",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => "xlsx",
        "text/html" => "html",
        "text/plain" => "txt",
        "text/markdown" => "md",
        _ => return None,
    })
}

/// `AudioFormat`
pub(super) fn audio_format(media_type: &str) -> Option<&'static str> {
    Some(match bare(media_type).as_str() {
        "audio/mp3" | "audio/mpeg" => "mp3",
        "audio/wav" | "audio/x-wav" | "audio/wave" => "wav",
        "audio/opus" => "opus",
        "audio/aac" => "aac",
        "audio/flac" | "audio/x-flac" => "flac",
        "audio/mp4" => "mp4",
        "audio/m4a" | "audio/x-m4a" => "m4a",
        "audio/ogg" => "ogg",
        "audio/webm" => "webm",
        "audio/pcm" | "audio/pcm16" => "pcm",
        _ => return None,
    })
}

/// `VideoFormat`
pub(super) fn video_format(media_type: &str) -> Option<&'static str> {
    Some(match bare(media_type).as_str() {
        "video/mp4" => "mp4",
        "video/quicktime" | "video/mov" => "mov",
        "video/x-matroska" => "mkv",
        "video/webm" => "webm",
        "video/x-flv" | "video/flv" => "flv",
        "video/mpeg" => "mpeg",
        "video/mpg" => "mpg",
        "video/x-ms-wmv" | "video/wmv" => "wmv",
        "video/3gpp" => "three_gp",
        _ => return None,
    })
}

/// Without parameters, in small letters.
fn bare(media_type: &str) -> String {
    let bare = media_type.split(';').next().unwrap_or_default();
    bare.trim().to_ascii_lowercase()
}

/// Names of a request's documents: no two may be the same.
#[derive(Debug, Default)]
pub(super) struct Names(Vec<String>);

impl Names {
    /// A name for the next document: letters, digits, single spaces, hyphens, brackets, at most [`NAME_CHARS_MAX`]
    /// (documented at `DocumentBlock`), and a number behind it where another document has it.
    pub(super) fn next(&mut self, asked: Option<&str>) -> &str {
        let mut name = String::new();
        for char in asked.unwrap_or_default().chars() {
            let may_be =
                char.is_ascii_alphanumeric() || matches!(char, '-' | '(' | ')' | '[' | ']');
            if may_be {
                name.push(char);
            } else if !name.is_empty() && !name.ends_with(' ') {
                name.push(' ');
            }
            if name.len() >= NAME_CHARS_MAX {
                break;
            }
        }
        name.truncate(name.trim_end().len());
        if name.is_empty() {
            name.push_str("document");
        }
        let same = |other: &&String| **other == name;
        if self.0.iter().any(|other| same(&other)) {
            name = format!("{name} {}", self.0.len().saturating_add(1));
        }
        self.0.push(name);
        self.0.last().map_or("document", String::as_str)
    }
}

/// 200 less what a number takes.
const NAME_CHARS_MAX: usize = 180;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_documents_name_keeps_the_letters_that_it_may_have() {
        let mut names = Names::default();
        for (asked, told) in [
            (Some("report_2026 (final).pdf"), "report 2026 (final) pdf"),
            (Some("Jahres\u{fc}bersicht"), "Jahres bersicht"),
            (Some("..."), "document"),
            (None, "document 4"),
            (Some("report 2026 (final).pdf"), "report 2026 (final) pdf 5"),
        ] {
            assert_eq!(names.next(asked), told);
        }
        assert_eq!(names.next(Some(&"x".repeat(500))).len(), NAME_CHARS_MAX);
    }

    #[test]
    fn formats_are_told_by_media_types() {
        assert_eq!(image_format("image/JPG"), Some("jpeg"));
        assert_eq!(image_format("image/heic"), None);
        assert_eq!(document_format("text/plain; charset=utf-8"), Some("txt"));
        assert_eq!(audio_format("audio/mpeg"), Some("mp3"));
        assert_eq!(video_format("video/quicktime"), Some("mov"));
    }
}
