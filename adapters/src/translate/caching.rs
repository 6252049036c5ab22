//! How `OpenAI`'s own clients say which prompts are cached, and for how long: in the same words in both of its dialects
//! (openai-python 3.54, `PromptCacheOptions` and `PromptCacheBreakpoint`, read 2026-11).
//!
//! Others' marks are not told to it: its models before GPT-5.6 take none, and all cache unasked.

use super::json::{Members, Object, Spelled};
use super::request::{CacheMark, Part, Request};

/// What a request says of all of its prompt.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Caching<'a> {
    /// `prompt_cache_retention`: at most so long.
    retention: Option<Spelled<'a>>,
    /// `prompt_cache_options.mode`: whether a mark is set unasked.
    mode: Option<Spelled<'a>>,
    /// `prompt_cache_options.ttl`: at least so long.
    ttl: Option<Spelled<'a>>,
}

impl<'a> Caching<'a> {
    /// Of a request in either dialect.
    pub(crate) fn read(body: &Object<'a>) -> Self {
        let options = body.object("prompt_cache_options");
        let option = |name| options.and_then(|options| options.text(name)).cloned();
        Self {
            retention: body.text("prompt_cache_retention").cloned(),
            mode: option("mode"),
            ttl: option("ttl"),
        }
    }

    /// Into a request in either dialect, with one of these lifetimes for all marks: chat completions have fewer, and
    /// marks that say it themselves.
    pub(crate) fn write(&self, json: &mut Members<'_>, ttls: &[&str]) {
        if let Some(retention) = &self.retention {
            json.spelled("prompt_cache_retention", retention);
        }
        let ttl = self.ttl.as_ref();
        let ttl = ttl.filter(|ttl| ttls.iter().any(|known| ttl.is(known)));
        if self.mode.is_none() && ttl.is_none() {
            return;
        }
        json.object("prompt_cache_options", |json| {
            if let Some(mode) = &self.mode {
                json.spelled("mode", mode);
            }
            if let Some(ttl) = ttl {
                json.spelled("ttl", ttl);
            }
        });
    }
}

/// Into a part, if the mark is one of `OpenAI`'s own.
pub(crate) fn mark(json: &mut Members<'_>, mark: Option<CacheMark>) {
    if let Some(CacheMark::OpenAi { ttl, is_long }) = mark {
        json.object("prompt_cache_breakpoint", |json| {
            json.text("mode", "explicit");
            if let Some(ttl) = ttl.or_else(|| is_long.then_some(LONG)) {
                json.text("ttl", ttl);
            }
        });
    }
}

/// Whether it is one of these.
pub(crate) const fn is_marked(mark: Option<CacheMark>) -> bool {
    matches!(mark, Some(CacheMark::OpenAi { .. }))
}

/// The mark of a part that has one; `is_long` is whether prompts are kept for long where marks do not say it.
pub(crate) fn mark_of(part: &Object<'_>, is_long: bool) -> Option<CacheMark> {
    let mark = part.object("prompt_cache_breakpoint")?;
    let ttl = mark.text("ttl");
    let ttl = ttl.and_then(|ttl| [SHORT, LONG].into_iter().find(|known| ttl.is(known)));
    Some(CacheMark::OpenAi {
        ttl,
        is_long: ttl.map_or(is_long, |ttl| ttl == LONG),
    })
}

const SHORT: &str = "30m";
const LONG: &str = "12h";

impl Request<'_> {
    /// Makes `OpenAI`'s own marks into what they come to with others, and forgets the rest of what only it understands.
    pub(crate) fn forget_caching_of_openai(&mut self) {
        self.caching = Caching::default();
        let turns = self.turns.iter_mut().map(|turn| &mut turn.parts);
        for parts in turns.chain([&mut self.system]) {
            forget(parts);
        }
    }
}

fn forget(parts: &mut [Part<'_>]) {
    for part in parts {
        let cache = match part {
            Part::Text { cache, .. } | Part::Image { cache, .. } => cache,
            Part::File(file) => &mut file.cache,
            Part::SearchResult(found) => &mut found.cache,
            Part::ToolCall(call) => &mut call.cache,
            Part::ToolResult(result) => {
                forget(&mut result.parts);
                &mut result.cache
            }
            Part::Audio { .. }
            | Part::Video { .. }
            | Part::Thinking { .. }
            | Part::Refusal { .. } => continue,
        };
        if let Some(CacheMark::OpenAi { is_long, .. }) = *cache {
            *cache = Some(match is_long {
                true => CacheMark::Hour,
                false => CacheMark::Usual,
            });
        }
    }
}
