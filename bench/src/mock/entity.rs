//! From an answer and its directives to the parts of its entity, before any HTTP version's framing. Pure.

use std::io;
use std::time::Duration;

use bytes::Bytes;

use super::answer::Answer;
use super::directives::Directives;
use super::encode::encode;
use super::record::Tokens;

/// Cuts, encodes and times an answer's entity.
///
/// # Errors
/// What an encoder said; none is known to occur.
pub(super) fn entity(answer: &Answer, directives: &Directives) -> io::Result<Entity> {
    let content = answer.pieces.iter().filter(|piece| piece.content).count();
    let mut headers: Vec<(String, String)> = answer
        .headers
        .iter()
        .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
        .collect();
    // Who tells of a limit tells of all that there are.
    let is_limit = |name: &str| name.contains("ratelimit");
    if directives.headers.iter().any(|(n, _)| is_limit(n)) {
        headers.retain(|(n, _)| !is_limit(n));
    }
    for (name, value) in &directives.headers {
        headers.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
        headers.push((name.clone(), value.clone()));
    }
    let mut pieces: Vec<Bytes> = match (&directives.body, directives.bomb_bytes) {
        (Some(body), _) => vec![body.clone()],
        (None, Some(length)) => vec![Bytes::from(vec![0; length])],
        (None, None) => answer
            .pieces
            .iter()
            .map(|piece| piece.bytes.clone())
            .collect(),
    };
    if let Some(encoding) = directives.encoding {
        pieces = encode(encoding, &pieces)?;
        headers.push(("Content-Encoding".to_owned(), encoding.token().to_owned()));
    }
    let mut parts = Vec::with_capacity(pieces.len());
    let mut content_done = 0;
    for (index, piece) in pieces.iter().enumerate() {
        let at_once = directives.split.unwrap_or(usize::MAX);
        let mut pause = if index == 0 {
            Duration::ZERO
        } else {
            directives.delay
        };
        let mut rest = piece.clone();
        while rest.len() > at_once {
            parts.push(Step {
                pause,
                bytes: rest.split_to(at_once),
                content_done,
            });
            pause = Duration::ZERO;
        }
        content_done += u32::from(answer.pieces.get(index).is_some_and(|piece| piece.content));
        parts.push(Step {
            pause,
            bytes: rest,
            content_done,
        });
    }
    Ok(Entity {
        status: answer.status,
        headers,
        parts,
        stream: answer.stream,
        billing: Billing {
            whole: answer.tokens,
            content: u32::try_from(content).unwrap_or(u32::MAX),
        },
    })
}

/// An entity in the parts that are sent, with its headers, before any HTTP version's framing.
#[derive(Debug)]
pub(super) struct Entity {
    /// The status.
    pub(super) status: u16,
    /// Every header but those of framing.
    pub(super) headers: Vec<(String, String)>,
    /// The entity's parts in order.
    pub(super) parts: Vec<Step>,
    /// Whether it is a stream.
    pub(super) stream: bool,
    /// What it is billed as.
    pub(super) billing: Billing,
}

/// Bytes that go out in one write, after a pause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    /// Silence before it.
    pub(super) pause: Duration,
    /// The bytes.
    pub(super) bytes: Bytes,
    /// Content pieces of the answer that are out once this is.
    pub(super) content_done: u32,
}

/// What an answer is billed as.
#[derive(Debug, Clone, Copy)]
pub(super) struct Billing {
    /// Delivered whole.
    pub(super) whole: Tokens,
    /// Content pieces in it.
    content: u32,
}

impl Billing {
    /// What is billed when the client left after `done` content pieces.
    pub(super) fn partial(self, done: u32) -> Tokens {
        let (done, content) = (u64::from(done), u64::from(self.content));
        if content == 0 {
            return self.whole;
        }
        let share = |tokens: u64| tokens * done.min(content) / content;
        Tokens {
            output: share(self.whole.output),
            reasoning: share(self.whole.reasoning),
            ..self.whole
        }
    }
}

impl Entity {
    /// The whole entity, as it was to be sent.
    pub(super) fn bytes(&self) -> Bytes {
        match self.parts.as_slice() {
            [one] => one.bytes.clone(),
            parts => parts
                .iter()
                .flat_map(|part| part.bytes.iter().copied())
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_that_left_early_is_billed_what_was_out() {
        let billing = Billing {
            whole: Tokens {
                input: 10,
                output: 100,
                ..Tokens::default()
            },
            content: 10,
        };
        assert_eq!(billing.partial(3).output, 30);
        assert_eq!(billing.partial(3).input, 10);
    }
}
