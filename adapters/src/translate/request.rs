//! A request as all dialects mean it: what a translation goes through.
//!
//! Readers of dialects make it, writers of dialects tell it. It holds what at least two dialects know; what only one
//! knows cannot be translated and is a [`super::Feature`] alone. Everything borrows from the body that was read.

mod cited;
mod custom;
mod end_user;
mod reasoning;

use super::caching::Caching;
use super::feature::Feature;
use super::json::{Json, Spelled};
use super::signature::Signature;
use crate::call::Dialect;

pub(crate) use cited::{Citation, Cited, Place};
pub(crate) use end_user::{ANTHROPICS_CHARS_MAX, fitted};
pub(crate) use reasoning::{Reasoning, effort_of, tokens_of};

/// A request for a turn.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Request<'a> {
    /// Instructions before the first turn.
    pub(crate) system: Vec<Part<'a>>,
    pub(crate) turns: Vec<Turn<'a>>,
    pub(crate) tools: Vec<Tool<'a>>,
    pub(crate) tool_choice: Option<ToolChoice<'a>>,
    /// `Some(false)`: at most one call at a time.
    pub(crate) parallel_tools: Option<bool>,
    /// Most tokens of the answer, thoughts included.
    pub(crate) output_max: Option<u64>,
    pub(crate) stop: Vec<Spelled<'a>>,
    pub(crate) sampling: Sampling<'a>,
    pub(crate) format: Option<Format<'a>>,
    pub(crate) reasoning: Option<Reasoning>,
    /// How many answers, where more than one is asked for.
    pub(crate) answers: Option<u64>,
    /// `low`, `medium`, `high`.
    pub(crate) verbosity: Option<Spelled<'a>>,
    pub(crate) stream: bool,
    /// Who the end user is.
    pub(crate) user: Option<Spelled<'a>>,
    /// The same for the provider's watch for abuse, where a caller tells them apart (`OpenAI`'s do).
    pub(crate) safety_identifier: Option<Spelled<'a>>,
    /// Notes kept with the request: a JSON object as it is.
    pub(crate) metadata: Option<&'a str>,
    /// The answer shall be kept at the provider. What is not said to be kept is not, whatever a dialect does unasked.
    pub(crate) store: bool,
    pub(crate) service_tier: Option<Tier>,
    /// What a cached prompt is found by.
    pub(crate) cache_key: Option<Spelled<'a>>,
    /// What else `OpenAI`'s own clients say of caches.
    pub(crate) caching: Caching<'a>,
}

/// One turn of a conversation.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Turn<'a> {
    pub(crate) role: Role,
    pub(crate) parts: Vec<Part<'a>>,
}

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// The user; what tools gave back too.
    User,
    Assistant,
    /// Instructions behind the first turn.
    System,
}

/// A part of a turn, of an answer, or of a tool's result.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Part<'a> {
    Text {
        text: Spelled<'a>,
        citations: Vec<Citation<'a>>,
        cache: Option<CacheMark>,
    },
    Image {
        source: Source<'a>,
        /// `low`, `high`, `auto`.
        detail: Option<Spelled<'a>>,
        cache: Option<CacheMark>,
    },
    File(File<'a>),
    Audio {
        /// Base64.
        data: Spelled<'a>,
        /// `audio/wav`.
        media_type: Spelled<'a>,
    },
    Video {
        /// Base64.
        data: Spelled<'a>,
        /// `video/mp4`.
        media_type: Spelled<'a>,
    },
    SearchResult(SearchResult<'a>),
    /// What a model thought.
    Thinking {
        /// May be empty where only the signature is told.
        text: Spelled<'a>,
        signature: Option<Signature<'a>>,
    },
    ToolCall(ToolCall<'a>),
    ToolResult(ToolResult<'a>),
    /// A model's refusal, in words.
    Refusal {
        text: Spelled<'a>,
    },
}

/// A document.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct File<'a> {
    pub(crate) source: Source<'a>,
    /// Its file name or title.
    pub(crate) name: Option<Spelled<'a>>,
    /// What is said about it beside what it says.
    pub(crate) context: Option<Spelled<'a>>,
    /// Answers shall cite it.
    pub(crate) cites: bool,
    pub(crate) cache: Option<CacheMark>,
}

/// Something that a caller has found, to be cited.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SearchResult<'a> {
    /// Where it is from: an address, or the caller's own name for it.
    pub(crate) source: Spelled<'a>,
    pub(crate) title: Spelled<'a>,
    /// What it says, in the pieces that can be cited.
    pub(crate) pieces: Vec<Spelled<'a>>,
    pub(crate) cites: bool,
    pub(crate) cache: Option<CacheMark>,
}

/// What a document without a name is called where it has to have one; read back, it is none.
pub(crate) const UNNAMED: &str = "unnamed.pdf";

/// Where an image or document is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Source<'a> {
    /// Here.
    Data {
        /// `image/png`.
        media_type: Spelled<'a>,
        /// Standard base64.
        base64: Spelled<'a>,
    },
    /// Somewhere in the net; `media_type` is empty where it is not said.
    Url {
        url: Spelled<'a>,
        media_type: Spelled<'a>,
    },
    /// Here, and plain text.
    Text(Spelled<'a>),
    /// Here, and plain text in the pieces that can be cited.
    Pieces(Vec<Spelled<'a>>),
    /// Among `OpenAI`'s files, by this id.
    OpenAi(Spelled<'a>),
}

/// A model's call of a function.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ToolCall<'a> {
    /// Never empty: readers of dialects without ids make one (`call_0`).
    pub(crate) id: Spelled<'a>,
    pub(crate) name: Spelled<'a>,
    /// The arguments: JSON text as the inside of a JSON string, as `OpenAI` has it. What a model made may be no JSON, and
    /// what a custom tool is called with is a text of any kind.
    pub(crate) input: Spelled<'a>,
    /// Gemini signs calls.
    pub(crate) signature: Option<Signature<'a>>,
    pub(crate) cache: Option<CacheMark>,
    /// It is of a tool that takes text, and its input is that text.
    pub(crate) is_custom: bool,
}

/// What a function gave back.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ToolResult<'a> {
    pub(crate) id: Spelled<'a>,
    /// The function's name, where the dialect says it; writers that need it find it by the id among earlier calls.
    pub(crate) name: Option<Spelled<'a>>,
    /// Texts, images, documents.
    pub(crate) parts: Vec<Part<'a>>,
    pub(crate) is_error: bool,
    pub(crate) cache: Option<CacheMark>,
}

/// The prompt is to be cached up to here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CacheMark {
    /// For as long as is usual.
    Usual,
    /// For an hour.
    Hour,
    /// In the words of `OpenAI`'s own clients, which only it is told; elsewhere it is one of the others.
    OpenAi {
        /// For how long, where the mark itself says it.
        ttl: Option<&'static str>,
        /// For hours, by whatever said it.
        is_long: bool,
    },
}

/// A tool that the model may call: a function but where its kind says otherwise.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tool<'a> {
    pub(crate) name: Spelled<'a>,
    pub(crate) description: Option<Spelled<'a>>,
    /// A JSON schema, as it is.
    pub(crate) schema: Option<&'a str>,
    pub(crate) strict: Option<bool>,
    pub(crate) cache: Option<CacheMark>,
    pub(crate) kind: ToolKind<'a>,
}

/// What a tool is called with.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ToolKind<'a> {
    /// Arguments that keep to its schema.
    Function,
    /// A text, which keeps to the grammar where there is one (`OpenAI`'s custom tools).
    Custom(Option<Grammar<'a>>),
}

/// What a text must look like.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Grammar<'a> {
    /// `lark`, `regex`.
    pub(crate) syntax: Spelled<'a>,
    pub(crate) definition: Spelled<'a>,
}

/// Whether tools are called.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ToolChoice<'a> {
    Auto,
    Never,
    /// At least one.
    Some,
    /// This one.
    Named(Spelled<'a>),
    /// `Auto`, or `Some` where `must`, of these.
    Among {
        names: Vec<Spelled<'a>>,
        must: bool,
    },
}

/// How chance is used. Numbers are as they were written.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Sampling<'a> {
    /// 0 to 2 (Anthropic: 0 to 1).
    pub(crate) temperature: Option<&'a str>,
    pub(crate) top_p: Option<&'a str>,
    pub(crate) top_k: Option<&'a str>,
    pub(crate) min_p: Option<&'a str>,
    pub(crate) seed: Option<&'a str>,
    pub(crate) presence_penalty: Option<&'a str>,
    pub(crate) frequency_penalty: Option<&'a str>,
    /// Likelihoods of tokens, with so many others beside each.
    pub(crate) logprobs: Option<u64>,
}

/// What an answer must look like.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Format<'a> {
    /// Any JSON object.
    Json,
    /// JSON that keeps to a schema.
    Schema {
        name: Option<Spelled<'a>>,
        description: Option<Spelled<'a>>,
        /// As it is.
        schema: &'a str,
        strict: Option<bool>,
    },
}

/// Tiers of service that several providers have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tier {
    Auto,
    Standard,
    Priority,
    Flex,
}

impl<'a> Part<'a> {
    /// Text and nothing else.
    pub(crate) const fn text(text: Spelled<'a>) -> Self {
        Self::Text {
            text,
            citations: Vec::new(),
            cache: None,
        }
    }
}

impl ToolChoice<'_> {
    /// Whether the model is told of that tool where which tools it may call is said by telling of these alone.
    pub(crate) fn tells_of(&self, tool: &Spelled<'_>) -> bool {
        match self {
            Self::Named(name) => name == tool,
            Self::Among { names, .. } => names.contains(tool),
            Self::Auto | Self::Never | Self::Some => true,
        }
    }
}

impl ToolResult<'_> {
    /// Its texts as the member `error` of a JSON object, as the inside of a string: for dialects that have no word for
    /// a tool that failed.
    pub(crate) fn failure(&self) -> Spelled<'static> {
        let mut told = Spelled::default();
        for part in &self.parts {
            if let Part::Text { text, .. } | Part::Refusal { text } = part {
                told.push(text);
            }
        }
        let told = told.into_owned();
        let capacity = told.raw().len().saturating_add(16);
        Spelled::of_owned(&Json::object(capacity, |json| json.spelled("error", &told)))
    }
}

impl<'a> Request<'a> {
    /// The name of the function that was called by this id in an earlier turn.
    pub(crate) fn called(&self, id: &Spelled<'_>) -> Option<&Spelled<'a>> {
        let parts = self.turns.iter().rev().flat_map(|turn| &turn.parts);
        parts.into_iter().find_map(|part| match part {
            Part::ToolCall(call) if call.id == *id => Some(&call.name),
            _ => None,
        })
    }

    /// Leaves out parts that are lost as a whole where the request goes, so that not every writer has to.
    pub(crate) fn leave_out(&mut self, is_lost: impl Fn(Feature) -> bool + Copy) {
        if is_lost(Feature::CustomTools) {
            self.leave_out_custom();
        }
        for turn in &mut self.turns {
            keep(&mut turn.parts, is_lost);
            for part in &mut turn.parts {
                if let Part::ToolResult(result) = part {
                    keep(&mut result.parts, is_lost);
                }
            }
        }
    }

    /// Leaves out what other providers than `maker`'s signed: nobody else can read it. Thoughts go with their
    /// signatures.
    pub(crate) fn keep_signatures_of(&mut self, maker: Dialect) {
        for turn in &mut self.turns {
            turn.parts.retain_mut(|part| match part {
                Part::Thinking { signature, .. } => signature
                    .as_ref()
                    .is_some_and(|signed| signed.maker == maker),
                Part::ToolCall(call) => {
                    call.signature.take_if(|signed| signed.maker != maker);
                    true
                }
                _ => true,
            });
        }
    }
}

fn keep(parts: &mut Vec<Part<'_>>, is_lost: impl Fn(Feature) -> bool) {
    parts.retain(|part| match part {
        Part::Video { .. } => !is_lost(Feature::VideoInput),
        Part::SearchResult(_)
        | Part::File(File {
            source: Source::Pieces(_),
            ..
        }) => !is_lost(Feature::SearchResults),
        Part::File(File {
            source: Source::OpenAi(_),
            ..
        }) => !is_lost(Feature::FileOfOpenAi),
        _ => true,
    });
}
