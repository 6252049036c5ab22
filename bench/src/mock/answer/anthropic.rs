//! Anthropic's messages and `count_tokens`.

use super::super::ask::Call;
use super::usage::Counts;
use super::{Piece, Scene};

/// The entity of an answer.
pub(super) fn pieces(scene: &Scene<'_>) -> Vec<Piece> {
    if scene.ask.call == Call::CountTokens {
        return vec![Piece::plain(format!(
            "{{\"input_tokens\":{}}}",
            scene.tokens.input
        ))];
    }
    if scene.ask.stream {
        stream(scene)
    } else {
        vec![Piece::plain(message(scene))]
    }
}

fn message(scene: &Scene<'_>) -> String {
    let Scene {
        model, odd, text, ..
    } = scene;
    let stop = stop_reason(scene);
    let usage = usage(scene, scene.tokens.output);
    format!(
        r#"{{{odd}"id":"msg_mock","type":"message","role":"assistant","model":{model},"content":[{{"type":"text","text":"{text}"}}],"stop_reason":"{stop}","stop_sequence":null{usage}}}"#
    )
}

/// Events in Anthropic's order. The padding spaces before a closing brace are real: 163 of 168 recorded
/// streams have them.
fn stream(scene: &Scene<'_>) -> Vec<Piece> {
    let Scene {
        model, odd, text, ..
    } = scene;
    let event = |kind: &str, members: &str| {
        format!("event: {kind}\ndata: {{\"type\":\"{kind}\"{members}}}\n\n")
    };
    let start_usage = usage(scene, 1);
    let mut pieces = vec![
        Piece::plain(event(
            "message_start",
            &format!(
                r#",{odd}"message":{{"id":"msg_mock","type":"message","role":"assistant","model":{model},"content":[],"stop_reason":null,"stop_sequence":null{start_usage}}}   "#
            ),
        )),
        Piece::plain(event(
            "content_block_start",
            r#","index":0,"content_block":{"type":"text","text":""} "#,
        )),
        Piece::plain(event("ping", "")),
    ];
    for index in 0..scene.chunks {
        let pad = " ".repeat((index % 12) as usize);
        let members = format!(r#","index":0,"delta":{{"type":"text_delta","text":"{text}"}}{pad}"#);
        pieces.push(Piece::content(event("content_block_delta", &members)));
    }
    let stop = stop_reason(scene);
    let output = scene.tokens.output;
    let last_usage = scene.usage("usage", |counts| {
        format!("\"output_tokens\":{}", counts.of(output))
    });
    pieces.extend([
        Piece::plain(event("content_block_stop", ",\"index\":0")),
        Piece::plain(event(
            "message_delta",
            &format!(
                r#","delta":{{"stop_reason":"{stop}","stop_sequence":null}}{last_usage}      "#
            ),
        )),
        Piece::plain(event("message_stop", " ")),
    ]);
    pieces
}

fn stop_reason(scene: &Scene<'_>) -> &'static str {
    if scene.at_ceiling() {
        "max_tokens"
    } else {
        "end_turn"
    }
}

/// Input excludes both caches here.
fn usage(scene: &Scene<'_>, output: u64) -> String {
    let tokens = scene.tokens;
    scene.usage("usage", |counts: &Counts| {
        format!(
            r#""input_tokens":{},"cache_creation_input_tokens":{},"cache_read_input_tokens":{},"cache_creation":{{"ephemeral_5m_input_tokens":{},"ephemeral_1h_input_tokens":0}},"output_tokens":{},"service_tier":"standard""#,
            counts.of(tokens.input - tokens.cached - tokens.cache_write),
            counts.of(tokens.cache_write),
            counts.of(tokens.cached),
            counts.of(tokens.cache_write),
            counts.of(output),
        )
    })
}
