//! Usage in Anthropic's terms: caches beside the input, thinking within the output.

use quotah_policy::Usage;

use super::super::json::Members;

/// Writes `usage`, so that a meter of this dialect reads the same figures; what nothing is known of is told as nothing.
pub(super) fn write(json: &mut Members<'_>, usage: Option<&Usage>, tier: Option<&str>) {
    let usage = usage.copied().unwrap_or_default();
    let cached = usage.cached_input_tokens;
    let written = usage.cache_write_tokens;
    let beside = usage.input_tokens.saturating_sub(cached);
    let long = usage.cache_write_long_tokens;
    json.object("usage", |json| {
        json.number("input_tokens", beside.saturating_sub(written));
        json.number("cache_creation_input_tokens", written);
        json.number("cache_read_input_tokens", cached);
        json.object("cache_creation", |json| {
            json.number("ephemeral_5m_input_tokens", written.saturating_sub(long));
            json.number("ephemeral_1h_input_tokens", long);
        });
        json.number("output_tokens", usage.output_tokens);
        if usage.reasoning_tokens > 0 {
            json.object("output_tokens_details", |json| {
                json.number("thinking_tokens", usage.reasoning_tokens);
            });
        }
        if usage.web_search_requests > 0 {
            json.object("server_tool_use", |json| {
                json.number("web_search_requests", usage.web_search_requests);
                json.number("web_fetch_requests", 0);
            });
        }
        if let Some(tier) = tier {
            json.text("service_tier", tier);
        }
    });
}
