//! Gemini's `generateContent`, its streams, embeddings and `countTokens`.

use super::super::ask::Call;
use super::usage::Counts;
use super::{Piece, Scene};

/// The entity of an answer.
pub(super) fn pieces(scene: &Scene<'_>) -> Vec<Piece> {
    let one = |text| vec![Piece::plain(text)];
    match scene.ask.call {
        Call::GenerateSse => stream(scene, |chunk| format!("data: {chunk}\r\n\r\n")),
        Call::GenerateArray => array(scene),
        Call::Embed => one(embedding(
            scene,
            r#""embedding":{"values":[0.013168523,-1e-07]}"#,
        )),
        Call::BatchEmbed => one(embedding(
            scene,
            r#""embeddings":[{"values":[0.013168523,-1e-07]}]"#,
        )),
        Call::GeminiCountTokens => one(format!(
            r#"{{"totalTokens":{0},"promptTokensDetails":[{{"modality":"TEXT","tokenCount":{0}}}]}}"#,
            scene.tokens.input
        )),
        _ => one(chunk(scene, scene.tokens.output, Last::Yes)),
    }
}

/// Whether a chunk is the last.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    Yes,
    No,
}

/// One answer object; usage is in every chunk, cumulative.
fn chunk(scene: &Scene<'_>, output: u64, last: Last) -> String {
    let Scene {
        model, odd, text, ..
    } = scene;
    let finish = match (last, scene.at_ceiling()) {
        (Last::No, _) => "",
        (Last::Yes, true) => r#","finishReason":"MAX_TOKENS""#,
        (Last::Yes, false) => r#","finishReason":"STOP""#,
    };
    let usage = usage(scene, output);
    format!(
        r#"{{{odd}"candidates":[{{"content":{{"parts":[{{"text":"{text}"}}],"role":"model"}}{finish},"index":0}}]{usage},"modelVersion":{model},"responseId":"mock"}}"#
    )
}

/// The chunks of a stream, each framed by `frame`.
fn stream(scene: &Scene<'_>, frame: impl Fn(String) -> String) -> Vec<Piece> {
    let chunks = u64::from(scene.chunks.max(1));
    (1..=chunks)
        .map(|n| {
            let last = if n == chunks { Last::Yes } else { Last::No };
            let output = scene.tokens.output * n / chunks;
            Piece::content(frame(chunk(scene, output, last)))
        })
        .collect()
}

/// Without `alt=sse` the chunks are elements of one JSON array that arrive piecemeal.
fn array(scene: &Scene<'_>) -> Vec<Piece> {
    let mut pieces = stream(scene, |chunk| chunk);
    for (index, piece) in pieces.iter_mut().enumerate() {
        let before: &[u8] = if index == 0 { b"[" } else { b",\r\n" };
        piece.bytes = [before, &piece.bytes].concat().into();
    }
    pieces.push(Piece::plain("\n]".to_owned()));
    pieces
}

/// Thoughts stand beside the candidates here, so the output is split in two.
fn usage(scene: &Scene<'_>, output: u64) -> String {
    let tokens = scene.tokens;
    let thoughts = tokens.reasoning.min(output);
    scene.usage("usageMetadata", |counts: &Counts| {
        format!(
            r#""promptTokenCount":{},"cachedContentTokenCount":{},"candidatesTokenCount":{},"thoughtsTokenCount":{},"totalTokenCount":{},"promptTokensDetails":[{{"modality":"TEXT","tokenCount":{}}}]"#,
            counts.of(tokens.input),
            counts.of(tokens.cached),
            counts.of(output - thoughts),
            counts.of(thoughts),
            counts.of(tokens.input + output),
            counts.of(tokens.input),
        )
    })
}

/// embedContent spells its details `promptTokenDetails`.
fn embedding(scene: &Scene<'_>, values: &str) -> String {
    let Scene { odd, tokens, .. } = scene;
    let usage = scene.usage("usageMetadata", |counts| {
        let input = counts.of(tokens.input);
        format!(
            r#""promptTokenCount":{input},"totalTokenCount":{input},"promptTokenDetails":[{{"modality":"TEXT","tokenCount":{input}}}]"#
        )
    });
    format!("{{{odd}{values}{usage}}}")
}
