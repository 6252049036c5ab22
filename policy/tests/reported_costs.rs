//! What providers themselves said that recorded requests cost, against tokens times the price valid then.
//!
//! Each row is a recorded exchange: the classes that its answer reports, and the answer's own cost. Where the table
//! gives another figure, the row says why. Routers charge their vendor's list price; for days before the router's own
//! history begins, the row names the vendor.

use quotah_policy::{Date, Money, PriceTable, ServiceTier, Unit, Units, Usage};

/// Whether tokens and the price of the day give the provider's figure.
enum Is {
    /// To the last digit.
    Exact,
    /// Not: this many pico-dollars come out (none: no price), for this reason.
    Off(Option<i128>, &'static str),
}

struct Case {
    /// The number of the recording.
    recording: u16,
    provider: &'static str,
    model: &'static str,
    day: &'static str,
    usage: Usage,
    reported_usd: &'static str,
    is: Is,
}

const NOTHING: Usage = Usage {
    input_tokens: 0,
    cached_input_tokens: 0,
    cache_write_tokens: 0,
    cache_write_long_tokens: 0,
    output_tokens: 0,
    reasoning_tokens: 0,
    input_audio_tokens: 0,
    cached_audio_tokens: 0,
    output_audio_tokens: 0,
    input_image_tokens: 0,
    cached_image_tokens: 0,
    input_video_tokens: 0,
    output_image_tokens: 0,
    output_video_tokens: 0,
    web_search_requests: 0,
    units: Units::NONE,
};

const fn tokens(
    input_tokens: u64,
    cached: u64,
    written: u64,
    output: u64,
    reasoning: u64,
) -> Usage {
    Usage {
        input_tokens,
        cached_input_tokens: cached,
        cache_write_tokens: written,
        output_tokens: output,
        reasoning_tokens: reasoning,
        ..NOTHING
    }
}

const fn plain(input_tokens: u64, output_tokens: u64) -> Usage {
    tokens(input_tokens, 0, 0, output_tokens, 0)
}

const fn searched(usage: Usage, web_search_requests: u64) -> Usage {
    Usage {
        web_search_requests,
        ..usage
    }
}

const fn with(usage: Usage, unit: Unit) -> Usage {
    Usage {
        units: Units::NONE.with(unit, 1),
        ..usage
    }
}

const fn case(
    recording: u16,
    (provider, model, day): (&'static str, &'static str, &'static str),
    usage: Usage,
    reported_usd: &'static str,
    is: Is,
) -> Case {
    Case {
        recording,
        provider,
        model,
        day,
        usage,
        reported_usd,
        is,
    }
}

const GROK: (&str, &str, &str) = ("xai", "grok-4.3", "2026-08-10");
const SONNET: (&str, &str, &str) = (
    "openrouter",
    "anthropic/claude-4.6-sonnet-20260217",
    "2026-06-01",
);
const FLASH: (&str, &str, &str) = ("openrouter", "google/gemini-2.5-flash", "2026-06-01");

use Is::{Exact, Off};

#[rustfmt::skip]
const CASES: [Case; 30] = [
    case(198, ("openrouter", "moonshotai/kimi-k2", "2025-07-23"), plain(57, 17), "0.00007159", Exact),
    case(199, ("openrouter", "muse-spark-1.1", "2025-07-23"), plain(57, 17), "0.00007159",
        Off(None, "the answer of recording 198 under another model's name")),
    case(237, ("openrouter", "openai/gpt-5.2", "2026-08-19"), searched(tokens(16_924, 0, 0, 485, 449), 3), "0.066407",
        Off(Some(36_407_000_000), "three web searches at 0.01 USD, which the router's list does not price")),
    // BYOK: the router charges nothing, the vendor what `cost_details.upstream_inference_cost` says.
    case(238, ("openrouter", "openai/gpt-4o-mini", "2026-07-27"), plain(14, 7), "0.0000063", Exact),
    case(240, FLASH, plain(480, 33), "0.0002265", Exact),
    case(241, SONNET, tokens(2_572, 2_240, 329, 100, 0), "0.00341475", Exact),
    case(242, FLASH, plain(211, 15), "0.0001008", Exact),
    case(243, FLASH, plain(219, 21), "0.0001182", Exact),
    case(244, ("openrouter", "anthropic/claude-4.5-haiku-20251001", "2026-06-08"), plain(579, 41), "0.000784", Exact),
    case(245, ("openrouter", "anthropic/claude-haiku-4.5", "2026-08-10"), tokens(626, 0, 0, 106, 54), "0.001156", Exact),
    case(246, ("openrouter", "minimax/minimax-m2:free", "2026-06-01"), tokens(43, 0, 0, 10, 11), "0.00",
        Off(None, "a free variant, which has no list price")),
    case(247, ("openrouter", "x-ai/grok-4", "2025-09-01"), tokens(687, 679, 0, 187, 118), "0.00333825",
        Off(None, "gone from the router's list")),
    case(248, ("openrouter", "deepseek/deepseek-chat", "2026-10-20"), searched(plain(2_317, 53), 1), "0.0076509169",
        Off(Some(650_916_900), "one web search and 0.002 USD of the tool's own, which the router's list does not price")),
    case(249, ("openrouter", "openai/gpt-4.1-mini", "2026-06-01"), searched(plain(8_174, 30), 1), "0.0133176",
        Off(Some(3_317_600_000), "a web search at 0.01 USD, which the router's list does not price")),
    case(250, SONNET, plain(254, 5), "0.000837", Exact),
    case(251, ("openai", "text-embedding-3-small", "2026-08-19"), plain(7, 0), "0.00000014", Exact),
    case(252, ("gemini", "gemini-3.1-flash-lite-image", "2026-08-12"),
        Usage { output_image_tokens: 1_120, ..plain(1_125, 1_120) }, "0.03388125", Exact),
    case(253, ("openrouter", "rerank-2.5-lite", "2026-08-11"), plain(17, 0), "0.00000034",
        Off(None, "Voyage's model, which the router's list leaves out")),
    case(254, ("openai", "gpt-5.6-sol", "2026-08-01"), tokens(4_020, 0, 4_012, 5, 0), "0.025265", Exact),
    case(255, ("openrouter", "openai/gpt-oss-20b", "2026-06-01"), tokens(78, 0, 0, 37, 22), "0.0000113",
        Off(Some(7_442_000), "served by a vendor who charges 0.05 and 0.20, not the list's lowest price")),
    case(257, ("perplexity", "sonar-reasoning-pro", "2026-06-08"), with(plain(9, 9), Unit::RequestsLow), "0.00609", Exact),
    case(258, ("perplexity", "sonar", "2026-06-08"), with(plain(8, 5), Unit::RequestsLow), "0.00501",
        Off(Some(5_013_000_000), "the provider rounds each part of the cost to five decimals")),
    case(259, ("perplexity", "pplx-embed-v1-0.6b", "2026-08-10"), plain(3, 0), "0.000000012", Exact),
    case(281, ("xai", "grok-imagine-image", "2026-08-12"), Usage { units: Units::NONE.with(Unit::OutputImages, 1), ..NOTHING },
        "0.02", Exact),
    case(283, GROK, tokens(340, 320, 0, 108, 86), "0.000359", Exact),
    case(284, GROK, tokens(409, 192, 0, 144, 136), "0.00066965", Exact),
    case(285, GROK, tokens(475, 320, 0, 91, 59), "0.00048525", Exact),
    case(286, GROK, tokens(731, 576, 0, 109, 77), "0.00058145", Exact),
    case(287, GROK, tokens(289, 128, 0, 171, 163), "0.00065435", Exact),
    case(288, GROK, tokens(573, 448, 0, 125, 117), "0.00055835", Exact),
];

#[test]
fn costs_that_providers_report_come_out_of_tokens_and_the_price_of_the_day() {
    let table = PriceTable::builtin();
    let mut wrong = Vec::new();
    for case in CASES {
        let day = Date::parse(case.day).unwrap();
        let price = table.find(case.provider, case.model, day.unix_seconds());
        let cost = price.and_then(|price| price.charge(&case.usage, ServiceTier::Standard));
        let reported = Money::parse_usd(case.reported_usd).unwrap();
        let expected = match case.is {
            Exact => Some(reported),
            Off(picos, why) => {
                assert!(!why.is_empty());
                assert_ne!(picos, Some(reported.picos()));
                picos.map(Money::from_picos)
            }
        };
        if cost != expected {
            let cost = cost.map_or_else(|| "none".to_owned(), |cost| cost.to_string());
            wrong.push(format!(
                "{}: {cost} and not {}",
                case.recording, case.reported_usd
            ));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
