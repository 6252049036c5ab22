//! The meter reads the same in any cut, and nothing that it reads is beyond belief.
#![no_main]

use libfuzzer_sys::fuzz_target;
use quotah_adapters::{Asked, Dialect, Meter, Operation, Reading};
use quotah_fuzz::Input;
use quotah_policy::{TOKENS_MAX, Usage, UsageSource};

const CONTENT_TYPES: [&str; 6] = [
    "text/event-stream; charset=utf-8",
    "application/json",
    "",
    "application/problem+json",
    "audio/mpeg",
    "no type",
];

fuzz_target!(|data: &[u8]| {
    let Some(input) = Input::read(data) else {
        return;
    };
    let whole = read(&input, [input.body]);
    assert_eq!(read(&input, input.body.chunks(1)), whole, "byte by byte");
    assert_eq!(read(&input, input.pieces()), whole, "in pieces");
    believe(&whole, input.body.len() as u64);
});

fn read<'a>(input: &Input<'_>, pieces: impl IntoIterator<Item = &'a [u8]>) -> Reading {
    let pick = usize::from(input.pick);
    let (dialects, operations) = (Dialect::ALL.len(), Operation::ALL.len());
    let asked = Asked::native(
        Dialect::ALL[pick % dialects],
        Operation::ALL[pick / dialects % operations],
    );
    let content_type = CONTENT_TYPES[pick / dialects / operations % CONTENT_TYPES.len()];
    let mut meter = Meter::new(&asked, content_type.as_bytes());
    for piece in pieces {
        meter.feed(piece);
    }
    let so_far = meter.reading();
    assert_eq!(so_far.usage, meter.usage());
    assert_eq!(so_far.finished, meter.is_finished());
    assert_eq!(so_far.output_bytes, meter.output_bytes());
    let reading = meter.finish(input.seed & 1 == 0);
    assert!(reading.events >= so_far.events && reading.faults >= so_far.faults);
    reading
}

/// Holds a reading of `body_bytes` bytes to what its documentation says.
fn believe(reading: &Reading, body_bytes: u64) {
    assert!(reading.output_bytes <= body_bytes, "more output than body");
    assert!(reading.events <= body_bytes, "more events than bytes");
    assert_eq!(reading.usage.is_some(), reading.source != UsageSource::None);
    if reading.source == UsageSource::Provider {
        assert!(reading.input_reported && reading.output_reported);
    }
    for usage in reading
        .usage
        .iter()
        .chain(reading.extra_calls.iter().map(|call| &call.usage))
    {
        believe_usage(usage);
    }
    assert!(reading.extra_calls.len() <= 16);
    let names = [&reading.model, &reading.service_tier, &reading.response_id];
    let calls = reading.extra_calls.iter().map(|call| &call.model);
    assert!(
        names
            .into_iter()
            .chain(calls)
            .flatten()
            .all(|name| name.len() <= 128)
    );
    assert!(
        reading
            .extra_calls
            .iter()
            .all(|call| call.kind.len() <= 128)
    );
    let errors = reading
        .error
        .iter()
        .flat_map(|error| [&error.kind, &error.code]);
    assert!(errors.flatten().all(|name| name.len() <= 64));
}

fn believe_usage(usage: &Usage) {
    let part = |part: u64, whole: u64| assert!(part <= whole, "{usage:?}");
    part(usage.input_tokens, TOKENS_MAX);
    part(usage.output_tokens, TOKENS_MAX);
    part(usage.web_search_requests, TOKENS_MAX);
    for (_, count) in usage.units.listed() {
        part(count, TOKENS_MAX);
    }
    part(
        usage.cached_input_tokens + usage.cache_write_tokens,
        usage.input_tokens,
    );
    part(usage.cache_write_long_tokens, usage.cache_write_tokens);
    part(
        usage.input_audio_tokens + usage.input_image_tokens + usage.input_video_tokens,
        usage.input_tokens,
    );
    part(
        usage.cached_audio_tokens + usage.cached_image_tokens,
        usage.cached_input_tokens,
    );
    part(usage.cached_audio_tokens, usage.input_audio_tokens);
    part(usage.reasoning_tokens, usage.output_tokens);
    part(
        usage.output_audio_tokens + usage.output_image_tokens + usage.output_video_tokens,
        usage.output_tokens,
    );
}
