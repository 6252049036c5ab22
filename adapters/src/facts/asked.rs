//! What a request asks for beside its text: tools, media, and what lies at the provider.

use super::fields::Field;

/// Tools that a request gives the model.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ToolsAsked {
    /// Those that the client runs itself: functions.
    pub functions: u64,
    /// All others (web search, code interpreter, file search, computer use, connectors …), for many of which the
    /// provider bills calls.
    pub built_in: u64,
}

/// Media in a request's input, inline or by address, counted by the piece.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MediaAsked {
    /// Pictures.
    pub images: u64,
    /// Recordings.
    pub audio: u64,
    /// Films.
    pub videos: u64,
    /// Documents and other files.
    pub files: u64,
}

impl ToolsAsked {
    /// All together.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.functions.saturating_add(self.built_in)
    }

    /// One that the client runs, as far as is known.
    pub(super) const fn function(&mut self) {
        self.functions = self.functions.saturating_add(1);
    }

    /// One that the provider runs.
    pub(super) const fn server_tool(&mut self) {
        self.built_in = self.built_in.saturating_add(1);
    }

    /// A tool of this type, which has been counted among the functions.
    pub(super) fn told(&mut self, kind: &[u8]) {
        // A namespace is a list of functions. Anthropic's functions may have no type at all.
        if !matches!(kind, b"function" | b"custom" | b"namespace") {
            self.functions = self.functions.saturating_sub(1);
            self.server_tool();
        }
    }
}

impl MediaAsked {
    /// All together.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.images
            .saturating_add(self.audio)
            .saturating_add(self.videos)
            .saturating_add(self.files)
    }

    /// A part of this type: the types of `OpenAI`'s, Anthropic's, Mistral's, Cohere's and Gemini's interactions.
    pub(super) fn part(&mut self, kind: &[u8]) {
        match kind {
            b"image_url" | b"input_image" | b"image" | b"computer_screenshot" => {
                self.add(Field::Image);
            }
            b"input_audio" | b"audio" | b"audio_url" => self.add(Field::Audio),
            b"video_url" | b"video" | b"input_video" => self.add(Field::Video),
            b"file" | b"input_file" | b"document" | b"document_url" | b"file_url"
            | b"container_upload" => self.add(Field::File),
            _ => {}
        }
    }

    /// A piece of this kind; of one that is told later it is a file for the time being.
    pub(super) const fn add(&mut self, field: Field) {
        let count = match field {
            Field::Image => &mut self.images,
            Field::Audio => &mut self.audio,
            Field::Video => &mut self.videos,
            _ => &mut self.files,
        };
        *count = count.saturating_add(1);
    }

    /// The piece that was added last is of this MIME type.
    pub(super) fn told(&mut self, mime: &[u8]) {
        let field = match mime.split(|byte| *byte == b'/').next().unwrap_or_default() {
            kind if kind.eq_ignore_ascii_case(b"image") => Field::Image,
            kind if kind.eq_ignore_ascii_case(b"audio") => Field::Audio,
            kind if kind.eq_ignore_ascii_case(b"video") => Field::Video,
            _ => return,
        };
        self.files = self.files.saturating_sub(1);
        self.add(field);
    }
}
