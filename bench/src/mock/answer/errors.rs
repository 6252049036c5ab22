//! Errors in each dialect: as a whole answer, and in the middle of a stream.

use super::super::ask::Call;
use super::Piece;

/// Ends a stream after `count` content pieces with the dialect's error event.
pub(super) fn break_off(pieces: &mut Vec<Piece>, count: u32, call: Call) {
    let mut left = count;
    let place = pieces.iter().position(|piece| {
        let here = piece.content && left == 0;
        left = left.saturating_sub(u32::from(piece.content));
        here
    });
    pieces.truncate(place.unwrap_or(pieces.len()));
    let array_opens = if pieces.is_empty() { "[" } else { ",\r\n" };
    let body = error_body(call, 529);
    pieces.push(Piece::plain(match call {
        Call::Messages => format!("event: error\ndata: {body}\n\n"),
        Call::Responses => format!(
            "event: error\ndata: {{\"type\":\"error\",\"code\":\"server_error\",\"message\":\"mock\",\"param\":null,\"sequence_number\":{count}}}\n\n"
        ),
        Call::GenerateSse => format!("data: {body}\r\n\r\n"),
        Call::GenerateArray => format!("{array_opens}{body}]"),
        _ => format!("data: {body}\n\n"),
    }));
}

/// The dialect's error object.
pub(super) fn error_body(call: Call, status: u16) -> String {
    match call {
        Call::Messages | Call::CountTokens => format!(
            r#"{{"type":"error","error":{{"type":"{}","message":"mock says {status}"}},"request_id":"req_mock"}}"#,
            match status {
                400 => "invalid_request_error",
                401 => "authentication_error",
                429 => "rate_limit_error",
                529 => "overloaded_error",
                _ => "api_error",
            }
        ),
        Call::Generate
        | Call::GenerateSse
        | Call::GenerateArray
        | Call::Embed
        | Call::BatchEmbed
        | Call::GeminiCountTokens => format!(
            r#"{{"error":{{"code":{status},"message":"mock says {status}","status":"{}"}}}}"#,
            match status {
                400 => "INVALID_ARGUMENT",
                429 => "RESOURCE_EXHAUSTED",
                503 | 529 => "UNAVAILABLE",
                _ => "INTERNAL",
            }
        ),
        _ => format!(
            r#"{{"error":{{"message":"mock says {status}","type":"server_error","param":null,"code":"{}"}}}}"#,
            match status {
                401 => "invalid_api_key",
                429 => "rate_limit_exceeded",
                _ => "server_error",
            }
        ),
    }
}
