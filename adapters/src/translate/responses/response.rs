//! The response object that answers carry whole, and streams at their beginning and end.

use quotah_policy::Usage;

use crate::translate::Caller;
use crate::translate::answer::Reason;
use crate::translate::json::{Members, Spelled};

use super::item::{COMPLETE, UNDER_WAY, list};

/// What is known of a response beside its output.
#[derive(Debug)]
pub(super) struct Response {
    id: Spelled<'static>,
    model: Spelled<'static>,
    created_at_unix_seconds: u64,
    tier: Option<Spelled<'static>>,
    end: End,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Complete,
    /// With the reason in `incomplete_details`.
    Incomplete(&'static str),
}

impl End {
    /// Of the words for what is incomplete, callers' types know these (openai-python 3.54).
    const fn of(reason: Reason, has_refused: bool) -> Self {
        match reason {
            Reason::Done | Reason::Stop | Reason::ToolCalls | Reason::Other => Self::Complete,
            Reason::Refused if has_refused => Self::Complete,
            Reason::Length | Reason::ContextFull => Self::Incomplete("max_output_tokens"),
            // After as many rounds of the provider's own tools as it makes at once.
            Reason::Paused => Self::Incomplete("max_messages"),
            // What cannot be read is held back too.
            Reason::Filtered | Reason::Refused | Reason::BadCall => {
                Self::Incomplete("content_filter")
            }
        }
    }

    const fn status(self) -> &'static str {
        match self {
            Self::Complete => COMPLETE,
            Self::Incomplete(_) => "incomplete",
        }
    }
}

impl Response {
    /// Of what the caller knows, until the deployment tells more.
    pub(super) fn new(caller: &Caller) -> Self {
        Self {
            id: Spelled::of_owned(&caller.request_id),
            model: Spelled::of_owned(&caller.model),
            created_at_unix_seconds: caller.now_unix_seconds,
            tier: None,
            end: End::Complete,
        }
    }

    /// What the deployment calls the answer and its model, where it does.
    pub(super) fn is(&mut self, id: &Spelled<'_>, model: &Spelled<'_>) {
        for (mine, told) in [(&mut self.id, id), (&mut self.model, model)] {
            if !told.is_empty() {
                *mine = told.clone().into_owned();
            }
        }
    }

    /// The tier that served it.
    pub(super) fn served_as(&mut self, tier: &Spelled<'_>) {
        self.tier = Some(tier.clone().into_owned());
    }

    /// Why it ended.
    pub(super) const fn ends(&mut self, reason: Reason, has_refused: bool) {
        self.end = End::of(reason, has_refused);
    }

    /// The status of the item that was under way at the end.
    pub(super) const fn last_status(&self) -> &'static str {
        match self.end {
            End::Complete => COMPLETE,
            End::Incomplete(_) => "incomplete",
        }
    }

    /// The name of the last event.
    pub(super) const fn last_event(&self) -> &'static str {
        match self.end {
            End::Complete => "response.completed",
            End::Incomplete(_) => "response.incomplete",
        }
    }

    /// Writes it with nothing in it yet.
    pub(super) fn begun(&self, json: &mut Members<'_>) {
        self.head(json, UNDER_WAY);
        json.array("output", |_| {});
        json.null("usage");
        rest(json);
    }

    /// Writes it with its output, which is the inside of an array.
    pub(super) fn whole(&self, json: &mut Members<'_>, output: &str, usage: Option<&Usage>) {
        self.head(json, self.end.status());
        if let End::Incomplete(reason) = self.end {
            json.object("incomplete_details", |json| json.text("reason", reason));
        }
        list(json, "output", output);
        match usage {
            Some(usage) => json.object("usage", |json| self::usage(json, usage)),
            None => json.null("usage"),
        }
        rest(json);
    }

    fn head(&self, json: &mut Members<'_>, status: &str) {
        json.spelled("id", &self.id);
        json.text("object", "response");
        json.number("created_at", self.created_at_unix_seconds);
        json.text("status", status);
        json.spelled("model", &self.model);
        if let Some(tier) = &self.tier {
            json.spelled("service_tier", tier);
        }
        json.null("error");
        if self.end == End::Complete {
            json.null("incomplete_details");
        }
    }
}

/// What callers' types require beside, and of which a translated answer has nothing to say (openai-python 1.109 and
/// 3.54).
fn rest(json: &mut Members<'_>) {
    json.bool("background", false);
    json.null("instructions");
    json.null("max_output_tokens");
    json.raw("metadata", "{}");
    json.bool("parallel_tool_calls", true);
    json.null("previous_response_id");
    json.raw("reasoning", "{\"effort\":null,\"summary\":null}");
    json.bool("store", false);
    json.null("temperature");
    json.raw("text", "{\"format\":{\"type\":\"text\"}}");
    json.text("tool_choice", "auto");
    json.raw("tools", "[]");
    json.null("top_p");
    json.text("truncation", "disabled");
    json.null("user");
}

/// Usage as `OpenAI` tells it: caches within the input, thoughts within the output. What is rarely there (sound, images,
/// prompts kept for long) is told where it is.
fn usage(json: &mut Members<'_>, usage: &Usage) {
    let total = usage.input_tokens.saturating_add(usage.output_tokens);
    json.number("input_tokens", usage.input_tokens);
    json.object("input_tokens_details", |json| {
        json.number("cached_tokens", usage.cached_input_tokens);
        json.number("cache_write_tokens", usage.cache_write_tokens);
        if let long @ 1.. = usage.cache_write_long_tokens {
            json.object("cache_write_tokens_details", |json| {
                let short = usage.cache_write_tokens.saturating_sub(long);
                json.number("ttl_30m_tokens", short);
                json.number("ttl_12h_tokens", long);
            });
        }
        some(json, "audio_tokens", usage.input_audio_tokens);
        some(json, "image_tokens", usage.input_image_tokens);
        some(json, "video_tokens", usage.input_video_tokens);
    });
    json.number("output_tokens", usage.output_tokens);
    json.object("output_tokens_details", |json| {
        json.number("reasoning_tokens", usage.reasoning_tokens);
        some(json, "audio_tokens", usage.output_audio_tokens);
        some(json, "image_tokens", usage.output_image_tokens);
    });
    json.number("total_tokens", total);
}

fn some(json: &mut Members<'_>, name: &str, count: u64) {
    if count > 0 {
        json.number(name, count);
    }
}
