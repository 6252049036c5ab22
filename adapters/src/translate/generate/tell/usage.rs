//! Usage in Gemini's terms.

use quotah_policy::Usage;

use crate::translate::json::{Members, Spelled};

/// Writes `usageMetadata`: what is cached lies inside the prompt, thoughts beside the candidates. Writes to a cache have
/// no place here and are counted in the prompt; searches have one in Google's own words for them alone and are not told.
pub(super) fn metadata(usage: Option<&Usage>, tier: Option<&Spelled<'_>>, json: &mut Members<'_>) {
    let Some(usage) = usage else { return };
    let candidates = usage.output_tokens.saturating_sub(usage.reasoning_tokens);
    let total = usage.input_tokens.saturating_add(usage.output_tokens);
    json.object("usageMetadata", |json| {
        json.number("promptTokenCount", usage.input_tokens);
        if usage.cached_input_tokens > 0 {
            json.number("cachedContentTokenCount", usage.cached_input_tokens);
        }
        json.number("candidatesTokenCount", candidates);
        if usage.reasoning_tokens > 0 {
            json.number("thoughtsTokenCount", usage.reasoning_tokens);
        }
        json.number("totalTokenCount", total);
        details(
            "promptTokensDetails",
            usage.input_tokens,
            [
                ("AUDIO", usage.input_audio_tokens),
                ("IMAGE", usage.input_image_tokens),
                ("VIDEO", usage.input_video_tokens),
            ],
            json,
        );
        details(
            "cacheTokensDetails",
            usage.cached_input_tokens,
            [
                ("AUDIO", usage.cached_audio_tokens),
                ("IMAGE", usage.cached_image_tokens),
                ("VIDEO", 0),
            ],
            json,
        );
        details(
            "candidatesTokensDetails",
            candidates,
            [
                ("AUDIO", usage.output_audio_tokens),
                ("IMAGE", usage.output_image_tokens),
                ("VIDEO", usage.output_video_tokens),
            ],
            json,
        );
        if let Some(tier) = tier.and_then(tier_of) {
            json.text("serviceTier", tier);
        }
    });
}

/// Which of the tokens were no text, where any were; the rest was text.
fn details(name: &str, all: u64, kinds: [(&str, u64); 3], json: &mut Members<'_>) {
    let media = kinds
        .iter()
        .fold(0, |sum: u64, (_, tokens)| sum.saturating_add(*tokens));
    if media == 0 {
        return;
    }
    json.array(name, |items| {
        let text = ("TEXT", all.saturating_sub(media));
        for (modality, tokens) in std::iter::once(text).chain(kinds) {
            if tokens > 0 {
                items.object(|json| {
                    json.text("modality", modality);
                    json.number("tokenCount", tokens);
                });
            }
        }
    });
}

fn tier_of(tier: &Spelled<'_>) -> Option<&'static str> {
    match &*tier.plain() {
        "standard" | "default" => Some("standard"),
        "flex" => Some("flex"),
        "priority" => Some("priority"),
        _ => None,
    }
}
