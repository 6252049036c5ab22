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
                401 => "authentication_error",
                403 => "permission_error",
                404 => "not_found_error",
                413 => "request_too_large",
                429 => "rate_limit_error",
                529 => "overloaded_error",
                400..=499 => "invalid_request_error",
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
                401 => "UNAUTHENTICATED",
                403 => "PERMISSION_DENIED",
                404 => "NOT_FOUND",
                429 => "RESOURCE_EXHAUSTED",
                400..=499 => "INVALID_ARGUMENT",
                503 | 529 => "UNAVAILABLE",
                504 => "DEADLINE_EXCEEDED",
                _ => "INTERNAL",
            }
        ),
        _ => {
            let (kind, code) = match status {
                401 => ("invalid_request_error", "\"invalid_api_key\""),
                404 => ("invalid_request_error", "\"model_not_found\""),
                429 => ("requests", "\"rate_limit_exceeded\""),
                400..=499 => ("invalid_request_error", "null"),
                _ => ("server_error", "\"server_error\""),
            };
            format!(
                r#"{{"error":{{"message":"mock says {status}","type":"{kind}","param":null,"code":{code}}}}}"#
            )
        }
    }
}
