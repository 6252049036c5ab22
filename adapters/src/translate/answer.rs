//! An answer as all dialects mean it: as events while it comes, or whole.

use super::json::Spelled;
use super::likelihood::{self, Token};
use super::request::{Citation, Part, ToolCall};
use super::signature::Signature;
use crate::error_class::ErrorClass;

/// Something that a stream told.
///
/// A stream is `Begin`, then parts of answers, each opened, filled and closed before the next of the same answer is
/// opened, then a `Finish` for each answer, then `End`. `Failed` may come in place of whatever was to come.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Event<'a> {
    /// Once, before all else. Either may be empty where it is not told.
    Begin { id: Spelled<'a>, model: Spelled<'a> },
    /// A part begins. `answer` is 0 but where several answers were asked for; `part` counts from 0 in each.
    Open {
        answer: u32,
        part: u32,
        kind: PartKind<'a>,
    },
    /// More of an open part: text, thought or refusal; of a call, more of the JSON text of its arguments (as the
    /// inside of a JSON string), or of the text that a custom tool is called with.
    More {
        answer: u32,
        part: u32,
        text: Spelled<'a>,
    },
    /// The signature of an open thought, or of a call: then right behind its beginning, since callers' dialects that have
    /// no place for it carry it in the call's id.
    Signed {
        answer: u32,
        part: u32,
        signature: Signature<'a>,
    },
    /// Where an open text has something from.
    Cited {
        answer: u32,
        part: u32,
        citation: Citation<'a>,
    },
    /// How likely tokens of an answer were: before the text that they are of, where that is told. Some providers tell it
    /// of thoughts and calls too.
    Likely { answer: u32, tokens: Vec<Token<'a>> },
    /// A part is complete.
    Close { answer: u32, part: u32 },
    /// An answer is complete.
    Finish { answer: u32, finish: Finish<'a> },
    /// The tier that served it.
    Tier(Spelled<'a>),
    /// All is told; usage is complete.
    End,
    /// The provider failed behind a 200.
    Failed {
        class: ErrorClass,
        message: Spelled<'a>,
    },
}

/// What kind of part begins.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum PartKind<'a> {
    Text,
    Thinking,
    ToolCall {
        id: Spelled<'a>,
        name: Spelled<'a>,
        /// What follows is a text and not the JSON text of arguments.
        is_custom: bool,
    },
    Refusal,
}

/// Why an answer ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Finish<'a> {
    pub(crate) reason: Reason,
    /// The text at which it ended, where that is told.
    pub(crate) stop: Option<Spelled<'a>>,
}

/// Why an answer ended, in a word.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Reason {
    /// It was complete.
    #[default]
    Done,
    /// At one of the caller's texts.
    Stop,
    /// The cap on its tokens.
    Length,
    /// The model takes no more.
    ContextFull,
    /// Tools are to be called.
    ToolCalls,
    /// A filter held it back.
    Filtered,
    /// The model refused.
    Refused,
    /// The provider paused it, and it can be continued.
    Paused,
    /// The model's call of a tool could not be read.
    BadCall,
    /// Something else, or nothing was said.
    Other,
}

/// An answer, or several to one request, whole.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Answer<'a> {
    pub(crate) id: Spelled<'a>,
    pub(crate) model: Spelled<'a>,
    pub(crate) tier: Option<Spelled<'a>>,
    pub(crate) choices: Vec<Choice<'a>>,
}

/// One of the answers.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Choice<'a> {
    /// Texts, thoughts, calls, refusals in their order.
    pub(crate) parts: Vec<Part<'a>>,
    /// How likely its tokens were, where that was asked for. They are the answer's and not a part's, since most dialects
    /// tell it so.
    pub(crate) tokens: Vec<Token<'a>>,
    pub(crate) finish: Finish<'a>,
}

impl PartKind<'_> {
    fn begun(self) -> Part<'static> {
        match self {
            Self::Text => Part::text(Spelled::default()),
            Self::Thinking => Part::Thinking {
                text: Spelled::default(),
                signature: None,
            },
            Self::Refusal => Part::Refusal {
                text: Spelled::default(),
            },
            Self::ToolCall {
                id,
                name,
                is_custom,
            } => Part::ToolCall(ToolCall {
                id: id.into_owned(),
                name: name.into_owned(),
                input: Spelled::default(),
                signature: None,
                cache: None,
                is_custom,
            }),
        }
    }
}

impl Finish<'_> {
    /// The same for as long as one likes.
    pub(crate) fn into_owned(self) -> Finish<'static> {
        Finish {
            reason: self.reason,
            stop: self.stop.map(Spelled::into_owned),
        }
    }
}

impl Answer<'_> {
    /// Whether there is a call in it that only callers of `OpenAI`'s dialect can be told of.
    pub(crate) fn has_custom_calls(&self) -> bool {
        let mut parts = self.choices.iter().flat_map(|choice| &choice.parts);
        parts.any(|part| matches!(part, Part::ToolCall(call) if call.is_custom))
    }
}

impl Answer<'static> {
    /// Adds what an event tells, so that all events together make the answer that a caller which does not stream would
    /// have got. Parts and answers beyond [`PARTS_MAX`] and [`ANSWERS_MAX`] are left out.
    pub(crate) fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Begin { id, model } => {
                self.id = id.into_owned();
                self.model = model.into_owned();
            }
            Event::Open { answer, kind, .. } => {
                if let Some(choice) = self.choice(answer)
                    && choice.parts.len() < PARTS_MAX
                {
                    choice.parts.push(kind.begun());
                }
            }
            Event::More { answer, part, text } => match self.part(answer, part) {
                Some(
                    Part::Text { text: all, .. }
                    | Part::Thinking { text: all, .. }
                    | Part::Refusal { text: all },
                ) => all.push(&text),
                Some(Part::ToolCall(call)) => call.input.push(&text),
                _ => {}
            },
            Event::Signed {
                answer,
                part,
                signature: signed,
            } => match self.part(answer, part) {
                Some(Part::Thinking { signature, .. }) => *signature = Some(signed.into_owned()),
                Some(Part::ToolCall(call)) => call.signature = Some(signed.into_owned()),
                _ => {}
            },
            Event::Cited {
                answer,
                part,
                citation,
            } => {
                if let Some(Part::Text { citations, .. }) = self.part(answer, part) {
                    citations.push(citation.into_owned());
                }
            }
            Event::Likely { answer, tokens } => {
                if let Some(choice) = self.choice(answer) {
                    choice.tokens.extend(likelihood::owned(tokens));
                }
            }
            Event::Finish { answer, finish } => {
                if let Some(choice) = self.choice(answer) {
                    choice.finish = finish.into_owned();
                }
            }
            Event::Tier(tier) => self.tier = Some(tier.into_owned()),
            Event::Close { .. } | Event::End | Event::Failed { .. } => {}
        }
    }

    fn choice(&mut self, answer: u32) -> Option<&mut Choice<'static>> {
        let at = usize::try_from(answer)
            .ok()
            .filter(|at| *at < ANSWERS_MAX)?;
        while self.choices.len() <= at {
            self.choices.push(Choice::default());
        }
        self.choices.get_mut(at)
    }

    fn part(&mut self, answer: u32, part: u32) -> Option<&mut Part<'static>> {
        let at = usize::try_from(part).ok()?;
        self.choice(answer)?.parts.get_mut(at)
    }
}

impl Event<'_> {
    /// Whether it begins a call that only callers of `OpenAI`'s dialect can be told of. Nobody else can have given such
    /// a tool.
    pub(crate) const fn is_custom_call(&self) -> bool {
        matches!(
            self,
            Self::Open {
                kind: PartKind::ToolCall {
                    is_custom: true,
                    ..
                },
                ..
            }
        )
    }

    /// The same for as long as one likes.
    #[cfg(test)]
    pub(crate) fn into_owned(self) -> Event<'static> {
        match self {
            Self::Begin { id, model } => Event::Begin {
                id: id.into_owned(),
                model: model.into_owned(),
            },
            Self::Open { answer, part, kind } => Event::Open {
                answer,
                part,
                kind: match kind {
                    PartKind::Text => PartKind::Text,
                    PartKind::Thinking => PartKind::Thinking,
                    PartKind::Refusal => PartKind::Refusal,
                    PartKind::ToolCall {
                        id,
                        name,
                        is_custom,
                    } => PartKind::ToolCall {
                        id: id.into_owned(),
                        name: name.into_owned(),
                        is_custom,
                    },
                },
            },
            Self::More { answer, part, text } => Event::More {
                answer,
                part,
                text: text.into_owned(),
            },
            Self::Signed {
                answer,
                part,
                signature,
            } => Event::Signed {
                answer,
                part,
                signature: signature.into_owned(),
            },
            Self::Cited {
                answer,
                part,
                citation,
            } => Event::Cited {
                answer,
                part,
                citation: citation.into_owned(),
            },
            Self::Likely { answer, tokens } => Event::Likely {
                answer,
                tokens: likelihood::owned(tokens),
            },
            Self::Close { answer, part } => Event::Close { answer, part },
            Self::Finish { answer, finish } => Event::Finish {
                answer,
                finish: finish.into_owned(),
            },
            Self::Tier(tier) => Event::Tier(tier.into_owned()),
            Self::End => Event::End,
            Self::Failed { class, message } => Event::Failed {
                class,
                message: message.into_owned(),
            },
        }
    }
}

/// Most answers to one request. `OpenAI` makes 128 at most (documented at
/// <https://platform.openai.com/docs/api-reference/chat/create>, read 2026-11).
pub(crate) const ANSWERS_MAX: usize = 128;

/// Most parts of one answer. A model that calls tools calls a few dozen at once.
pub(crate) const PARTS_MAX: usize = 4_096;
