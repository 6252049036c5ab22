//! `OpenAI`'s chat, completions, responses, embeddings and models.

use super::super::ask::Call;
use super::usage::Counts;
use super::{Piece, Scene};

/// The entity of an answer.
pub(super) fn pieces(scene: &Scene<'_>) -> Vec<Piece> {
    match (scene.ask.call, scene.ask.stream) {
        (Call::Responses, false) => {
            vec![Piece::plain(response(
                scene,
                "completed",
                &usage_responses(scene),
            ))]
        }
        (Call::Responses, true) => responses_stream(scene),
        (Call::Embeddings, _) => vec![Piece::plain(embeddings(scene))],
        (Call::Models, _) => vec![Piece::plain(models(scene))],
        (_, false) => vec![Piece::plain(completion(scene))],
        (_, true) => completion_stream(scene),
    }
}

/// A plain chat or legacy completion.
fn completion(scene: &Scene<'_>) -> String {
    let Scene {
        model, odd, text, ..
    } = scene;
    let finish = finish(scene);
    let usage = usage_completions(scene);
    if scene.ask.call == Call::Completions {
        return format!(
            r#"{{{odd}"id":"cmpl-mock","object":"text_completion","created":1763683200,"model":{model},"choices":[{{"text":"{text}","index":0,"logprobs":null,"finish_reason":"{finish}"}}]{usage}}}"#
        );
    }
    format!(
        r#"{{{odd}"id":"chatcmpl-mock","object":"chat.completion","created":1763683200,"model":{model},"choices":[{{"index":0,"message":{{"role":"assistant","content":"{text}","refusal":null,"annotations":[]}},"logprobs":null,"finish_reason":"{finish}"}}]{usage},"service_tier":"default","system_fingerprint":"fp_mock"}}"#
    )
}

/// A streamed chat or legacy completion: usage comes in a chunk of its own, when it was asked for.
fn completion_stream(scene: &Scene<'_>) -> Vec<Piece> {
    let Scene {
        model, odd, text, ..
    } = scene;
    let chat = scene.ask.call == Call::Chat;
    let (id, object) = if chat {
        ("chatcmpl-mock", "chat.completion.chunk")
    } else {
        ("cmpl-mock", "text_completion")
    };
    let null_usage = if scene.ask.include_usage {
        ",\"usage\":null"
    } else {
        ""
    };
    let start = format!(
        r#"data: {{{odd}"id":"{id}","object":"{object}","created":1763683200,"model":{model},"service_tier":"default","system_fingerprint":"fp_mock","choices":"#
    );
    let chunk = |choice: &str, pad: &str| format!("{start}[{choice}]{null_usage}{pad}}}\n\n");
    let mut pieces = Vec::with_capacity(scene.chunks as usize + 4);
    if chat {
        let opening = r#"{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}"#;
        pieces.push(Piece::plain(chunk(opening, "")));
    }
    let delta = if chat {
        format!(
            r#"{{"index":0,"delta":{{"content":"{text}"}},"logprobs":null,"finish_reason":null}}"#
        )
    } else {
        format!(r#"{{"text":"{text}","index":0,"logprobs":null,"finish_reason":null}}"#)
    };
    for index in 0..scene.chunks {
        // Real deltas carry random padding; its length changes from one to the next.
        let pad = format!(
            ",\"obfuscation\":\"{}\"",
            &"mN4kQ2pLx9"[..(index % 10) as usize]
        );
        pieces.push(Piece::content(chunk(&delta, &pad)));
    }
    let finish = finish(scene);
    let last = if chat {
        format!(r#"{{"index":0,"delta":{{}},"logprobs":null,"finish_reason":"{finish}"}}"#)
    } else {
        format!(r#"{{"text":"","index":0,"logprobs":null,"finish_reason":"{finish}"}}"#)
    };
    pieces.push(Piece::plain(chunk(&last, "")));
    if scene.ask.include_usage {
        let usage = usage_completions(scene);
        if !usage.is_empty() {
            pieces.push(Piece::plain(format!("{start}[]{usage}}}\n\n")));
        }
    }
    pieces.push(Piece::plain("data: [DONE]\n\n".to_owned()));
    pieces
}

/// The response object of the responses API.
fn response(scene: &Scene<'_>, status: &str, usage: &str) -> String {
    let Scene {
        model, odd, text, ..
    } = scene;
    let text = text.repeat(if scene.ask.stream {
        scene.chunks as usize
    } else {
        1
    });
    let output = if status == "completed" {
        format!(
            r#"{{"id":"msg_mock","type":"message","status":"completed","content":[{{"type":"output_text","annotations":[],"logprobs":[],"text":"{text}"}}],"role":"assistant"}}"#
        )
    } else {
        String::new()
    };
    format!(
        r#"{{{odd}"id":"resp_mock","object":"response","created_at":1763683200,"status":"{status}","background":false,"error":null,"incomplete_details":null,"instructions":null,"max_output_tokens":null,"model":{model},"output":[{output}],"parallel_tool_calls":true,"previous_response_id":null,"reasoning":{{"effort":null,"summary":null}},"service_tier":"default","store":true,"temperature":1.0,"text":{{"format":{{"type":"text"}}}},"tool_choice":"auto","tools":[],"top_p":1.0,"truncation":"disabled"{usage},"user":null,"metadata":{{}}}}"#
    )
}

/// A streamed response: named events with sequence numbers, usage in the last, no `[DONE]`.
fn responses_stream(scene: &Scene<'_>) -> Vec<Piece> {
    let text = &scene.text;
    let mut sequence = 0;
    let mut event = |kind: &str, members: &str| {
        let event = format!(
            "event: {kind}\ndata: {{\"type\":\"{kind}\",\"sequence_number\":{sequence},{members}}}\n\n"
        );
        sequence += 1;
        event
    };
    let pending = response(scene, "in_progress", ",\"usage\":null");
    let item = r#"{"id":"msg_mock","type":"message","status":"in_progress","content":[],"role":"assistant"}"#;
    let place = r#""item_id":"msg_mock","output_index":0,"content_index":0"#;
    let mut pieces = vec![
        Piece::plain(event(
            "response.created",
            &format!("\"response\":{pending}"),
        )),
        Piece::plain(event(
            "response.in_progress",
            &format!("\"response\":{pending}"),
        )),
        Piece::plain(event(
            "response.output_item.added",
            &format!("\"output_index\":0,\"item\":{item}"),
        )),
        Piece::plain(event(
            "response.content_part.added",
            &format!(
                r#"{place},"part":{{"type":"output_text","annotations":[],"logprobs":[],"text":""}}"#
            ),
        )),
    ];
    for _ in 0..scene.chunks {
        let members = format!(r#"{place},"delta":"{text}","logprobs":[],"obfuscation":"aB3""#);
        pieces.push(Piece::content(event(
            "response.output_text.delta",
            &members,
        )));
    }
    let whole = text.repeat(scene.chunks as usize);
    let done = response(scene, "completed", &usage_responses(scene));
    pieces.extend([
        Piece::plain(event(
            "response.output_text.done",
            &format!(r#"{place},"text":"{whole}","logprobs":[]"#),
        )),
        Piece::plain(event(
            "response.content_part.done",
            &format!(
                r#"{place},"part":{{"type":"output_text","annotations":[],"logprobs":[],"text":"{whole}"}}"#
            ),
        )),
        Piece::plain(event(
            "response.output_item.done",
            &format!(
                r#""output_index":0,"item":{{"id":"msg_mock","type":"message","status":"completed","content":[{{"type":"output_text","annotations":[],"logprobs":[],"text":"{whole}"}}],"role":"assistant"}}"#
            ),
        )),
        Piece::plain(event("response.completed", &format!("\"response\":{done}"))),
    ]);
    pieces
}

fn embeddings(scene: &Scene<'_>) -> String {
    let Scene {
        model, odd, tokens, ..
    } = scene;
    let usage = scene.usage("usage", |counts| {
        let input = counts.of(tokens.input);
        format!(r#""prompt_tokens":{input},"total_tokens":{input}"#)
    });
    format!(
        r#"{{{odd}"object":"list","data":[{{"object":"embedding","index":0,"embedding":[0.0023064255,-0.009327292,1e-07]}}],"model":{model}{usage}}}"#
    )
}

fn models(scene: &Scene<'_>) -> String {
    format!(
        r#"{{{}"object":"list","data":[{{"id":"gpt-4o-mini","object":"model","created":1721172741,"owned_by":"system"}}],"has_more":false}}"#,
        scene.odd
    )
}

const fn finish_of(at_ceiling: bool) -> &'static str {
    if at_ceiling { "length" } else { "stop" }
}

fn finish(scene: &Scene<'_>) -> &'static str {
    finish_of(scene.at_ceiling())
}

fn usage_completions(scene: &Scene<'_>) -> String {
    let tokens = scene.tokens;
    let details = scene.ask.call == Call::Chat;
    scene.usage("usage", |counts: &Counts| {
        let mut members = format!(
            r#""prompt_tokens":{},"completion_tokens":{},"total_tokens":{}"#,
            counts.of(tokens.input),
            counts.of(tokens.output),
            counts.of(tokens.input + tokens.output),
        );
        if details {
            members.push_str(&format!(
                r#","prompt_tokens_details":{{"cached_tokens":{},"audio_tokens":0}},"completion_tokens_details":{{"reasoning_tokens":{},"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}"#,
                counts.of(tokens.cached),
                counts.of(tokens.reasoning),
            ));
        }
        members
    })
}

fn usage_responses(scene: &Scene<'_>) -> String {
    let tokens = scene.tokens;
    scene.usage("usage", |counts| {
        format!(
            r#""input_tokens":{},"input_tokens_details":{{"cached_tokens":{}}},"output_tokens":{},"output_tokens_details":{{"reasoning_tokens":{}}},"total_tokens":{}"#,
            counts.of(tokens.input),
            counts.of(tokens.cached),
            counts.of(tokens.output),
            counts.of(tokens.reasoning),
            counts.of(tokens.input + tokens.output),
        )
    })
}
