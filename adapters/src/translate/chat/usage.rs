//! What was used, in the dialect's figures: caches inside the prompt, reasoning inside the completion.

use quotah_policy::Usage;

use crate::translate::json::Members;

/// Writes `usage`. What the dialect has no figure for is in the totals all the same.
pub(super) fn usage(json: &mut Members<'_>, usage: &Usage) {
    json.object("usage", |json| {
        let (input, output) = (usage.input_tokens, usage.output_tokens);
        json.number("prompt_tokens", input);
        json.number("completion_tokens", output);
        json.number("total_tokens", input.saturating_add(output));
        json.object("prompt_tokens_details", |json| {
            json.number("cached_tokens", usage.cached_input_tokens);
            some(json, "cache_write_tokens", usage.cache_write_tokens);
            if usage.cache_write_long_tokens > 0 {
                // The dialect's name for what is written for longer than usual, and priced so; Anthropic's is an hour.
                json.object("cache_write_tokens_details", |json| {
                    json.number("ttl_12h_tokens", usage.cache_write_long_tokens);
                });
            }
            let (audio, image) = (usage.cached_audio_tokens, usage.cached_image_tokens);
            if audio > 0 || image > 0 {
                json.object("cached_tokens_details", |json| {
                    some(json, "audio_tokens", audio);
                    some(json, "image_tokens", image);
                });
            }
            some(json, "audio_tokens", usage.input_audio_tokens);
            some(json, "image_tokens", usage.input_image_tokens);
            some(json, "video_tokens", usage.input_video_tokens);
        });
        json.object("completion_tokens_details", |json| {
            json.number("reasoning_tokens", usage.reasoning_tokens);
            some(json, "audio_tokens", usage.output_audio_tokens);
            some(json, "image_tokens", usage.output_image_tokens);
            some(json, "video_tokens", usage.output_video_tokens);
        });
        if usage.web_search_requests > 0 {
            // As OpenRouter tells it.
            json.object("server_tool_use", |json| {
                json.number("web_search_requests", usage.web_search_requests);
            });
        }
    });
}

fn some(json: &mut Members<'_>, name: &str, tokens: u64) {
    if tokens > 0 {
        json.number(name, tokens);
    }
}
