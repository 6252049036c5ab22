//! From an entity to what HTTP/1.1 writes, when, and how it ends. Pure.

use std::io::{self, Write};
use std::time::Duration;

use super::directives::{BadChunk, Cut, Directives, Framing, Hang};
use super::entity::{Entity, Step};

/// What one HTTP/1.1 connection does to answer one request.
#[derive(Debug)]
pub(super) struct Plan {
    /// The writes, in order.
    pub(super) steps: Vec<Step>,
    /// What happens after the last.
    pub(super) end: End,
}

/// What happens after the last write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The next request is read.
    KeepAlive,
    /// FIN.
    Close,
    /// RST.
    Reset,
    /// Nothing, until the client goes.
    Hang,
}

impl Entity {
    /// Frames the entity for HTTP/1.1 and applies what the directives do to the raw bytes.
    ///
    /// # Errors
    /// None is known to occur: everything is written to memory.
    pub(super) fn plan(&self, directives: &Directives, request: Asked) -> io::Result<Plan> {
        if let Some(raw) = &directives.raw {
            let whole = Step {
                pause: Duration::ZERO,
                bytes: raw.clone(),
                content_done: 0,
            };
            let head_bytes = raw
                .windows(HEAD_END.len())
                .position(|part| part == HEAD_END)
                .map_or(raw.len(), |place| place + HEAD_END.len());
            return Ok(spoil(vec![whole], End::Close, (directives, head_bytes)));
        }
        let framing = directives.framing.unwrap_or(if self.stream {
            Framing::Chunked
        } else {
            Framing::Length
        });
        let mut head = self.head(framing)?;
        let mut end = End::KeepAlive;
        if framing == Framing::Close || request == Asked::AndCloses {
            head.extend_from_slice(b"Connection: close\r\n");
            end = End::Close;
        }
        head.extend_from_slice(b"\r\n");
        let mut steps = match (request, framing) {
            (Asked::ForHead, _) => Vec::new(),
            (_, Framing::Chunked) => {
                let (steps, broken) = self.chunked(directives.bad_chunk)?;
                end = broken.unwrap_or(end);
                steps
            }
            _ => self.parts.clone(),
        };
        match directives.hang {
            Some(Hang::BeforeHead) => {
                return Ok(Plan {
                    steps: Vec::new(),
                    end: End::Hang,
                });
            }
            Some(Hang::AfterHead) => (steps, end) = (Vec::new(), End::Hang),
            Some(Hang::MidStream) => {
                steps.truncate(steps.len() / 2);
                end = End::Hang;
            }
            None => {}
        }
        let head_bytes = head.len();
        let head = Step {
            pause: Duration::ZERO,
            bytes: head.into(),
            content_done: 0,
        };
        steps.insert(0, head);
        if directives.split.is_none() {
            steps = coalesce(&steps);
        }
        Ok(spoil(steps, end, (directives, head_bytes)))
    }

    /// Status line and headers, without the blank line.
    fn head(&self, framing: Framing) -> io::Result<Vec<u8>> {
        let mut head = Vec::with_capacity(512);
        write!(head, "HTTP/1.1 {} {}\r\n", self.status, reason(self.status))?;
        for (name, value) in &self.headers {
            write!(head, "{name}: {value}\r\n")?;
        }
        match framing {
            Framing::Length => {
                let length: usize = self.parts.iter().map(|part| part.bytes.len()).sum();
                write!(head, "Content-Length: {length}\r\n")?;
            }
            Framing::Chunked => head.extend_from_slice(b"Transfer-Encoding: chunked\r\n"),
            Framing::Close => {}
        }
        Ok(head)
    }

    /// The parts as chunks, one of them broken if asked; then how the connection ends.
    fn chunked(&self, bad: Option<BadChunk>) -> io::Result<(Vec<Step>, Option<End>)> {
        let mut steps = Vec::with_capacity(self.parts.len());
        let middle = self.parts.len() / 2;
        let last = self.parts.len().saturating_sub(1);
        for (index, part) in self.parts.iter().enumerate() {
            let mut bytes = Vec::with_capacity(part.bytes.len() + 16);
            match bad.filter(|_| index == middle) {
                None | Some(BadChunk::Crlf) => write!(bytes, "{:x}\r\n", part.bytes.len())?,
                Some(BadChunk::Size) => bytes.extend_from_slice(b"zz\r\n"),
                Some(BadChunk::Huge) => bytes.extend_from_slice(b"ffffffffffffffffff\r\n"),
                Some(BadChunk::Negative) => bytes.extend_from_slice(b"-1\r\n"),
                Some(BadChunk::Truncated) => write!(bytes, "{:x}\r\n", part.bytes.len() + 1000)?,
            }
            bytes.extend_from_slice(&part.bytes);
            if bad.is_some() && index == middle {
                steps.push(Step {
                    bytes: bytes.into(),
                    ..part.clone()
                });
                if bad == Some(BadChunk::Truncated) {
                    return Ok((steps, Some(End::Close)));
                }
                continue;
            }
            bytes.extend_from_slice(b"\r\n");
            if index == last {
                bytes.extend_from_slice(b"0\r\n\r\n");
            }
            steps.push(Step {
                bytes: bytes.into(),
                ..part.clone()
            });
        }
        Ok((steps, bad.map(|_| End::Close)))
    }
}

/// What about the request shapes the answer's framing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// HEAD: no body.
    ForHead,
    /// The client will close.
    AndCloses,
    /// Nothing.
    Plainly,
}

/// Joins steps that nothing separates: one write for what may go at once.
fn coalesce(steps: &[Step]) -> Vec<Step> {
    let mut joined: Vec<(Duration, Vec<u8>, u32)> = Vec::with_capacity(steps.len());
    for step in steps {
        match joined.last_mut() {
            Some((_, bytes, content_done)) if step.pause.is_zero() => {
                bytes.extend_from_slice(&step.bytes);
                *content_done = step.content_done;
            }
            _ => joined.push((step.pause, step.bytes.to_vec(), step.content_done)),
        }
    }
    joined
        .into_iter()
        .map(|(pause, bytes, content_done)| Step {
            pause,
            bytes: bytes.into(),
            content_done,
        })
        .collect()
}

/// Applies what is said about the raw bytes: first delay, cut, drip.
fn spoil(
    mut steps: Vec<Step>,
    mut end: End,
    (directives, head_bytes): (&Directives, usize),
) -> Plan {
    let behind_head = directives
        .cut_body_at
        .map(|at| at.saturating_add(head_bytes));
    if let Some(mut left) = directives.cut_at.or(behind_head) {
        for index in 0..steps.len() {
            if steps[index].bytes.len() >= left {
                steps[index].bytes.truncate(left);
                steps.truncate(index + 1);
                end = match directives.cut {
                    Cut::Close => End::Close,
                    Cut::Reset => End::Reset,
                };
                break;
            }
            left -= steps[index].bytes.len();
        }
    } else if directives.cut == Cut::Reset {
        end = End::Reset;
    }
    if let Some(at_once) = directives.drip {
        steps = drip(&steps, at_once, directives.delay);
    }
    if let Some(first) = steps.first_mut() {
        first.pause += directives.first_delay;
    }
    Plan { steps, end }
}

/// The same bytes, `at_once` at a time.
fn drip(steps: &[Step], at_once: usize, delay: Duration) -> Vec<Step> {
    let mut drops = Vec::new();
    for step in steps {
        let mut rest = step.bytes.clone();
        while !rest.is_empty() {
            let bytes = rest.split_to(at_once.min(rest.len()));
            drops.push(Step {
                pause: delay,
                bytes,
                content_done: step.content_done,
            });
        }
    }
    drops
}

/// What a head ends with.
const HEAD_END: &[u8] = b"\r\n\r\n";

/// The reason phrase.
const fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        204 => "No Content",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        408 => "Request Timeout",
        422 => "Unprocessable Content",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        529 => "Overloaded",
        _ => "Mock",
    }
}

#[cfg(test)]
mod tests {
    use super::super::answer::answer;
    use super::super::ask::Ask;
    use super::super::entity::entity;
    use super::*;

    const STREAM: &str = r#"{"model":"m","stream":true}"#;

    fn plan_of(body: &str, directives: &Directives) -> Plan {
        let ask = Ask::read("/v1/chat/completions", body.as_bytes());
        let answer = answer(&ask, directives);
        entity(&answer, directives)
            .unwrap()
            .plan(directives, Asked::Plainly)
            .unwrap()
    }

    fn raw(plan: &Plan) -> Vec<u8> {
        plan.steps.iter().flat_map(|s| s.bytes.to_vec()).collect()
    }

    #[test]
    fn a_plain_answer_is_one_write() {
        let plan = plan_of("{}", &Directives::default());
        assert_eq!((plan.steps.len(), plan.end), (1, End::KeepAlive));
        let text = String::from_utf8(raw(&plan)).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(
            head.contains(&format!("\r\nContent-Length: {}", body.len())),
            "{head}"
        );
    }

    #[test]
    fn with_a_delay_each_event_is_a_write_of_its_own() {
        let delay = Duration::from_millis(3);
        let directives = Directives {
            delay,
            chunks: Some(10),
            ..Directives::default()
        };
        let plan = plan_of(STREAM, &directives);
        // Role, ten deltas, finish and [DONE]; the head goes with the first.
        assert_eq!(plan.steps.len(), 13);
        assert!(plan.steps[1..].iter().all(|step| step.pause == delay));
        assert_eq!(plan.steps[12].content_done, 10);
    }

    #[test]
    fn splitting_and_dripping_change_no_byte_of_the_entity() {
        let whole = raw(&plan_of(STREAM, &Directives::default()));
        let dripped = plan_of(
            STREAM,
            &Directives {
                drip: Some(1),
                ..Directives::default()
            },
        );
        assert_eq!(dripped.steps.len(), whole.len());
        assert_eq!(raw(&dripped), whole);
        let split = plan_of(
            STREAM,
            &Directives {
                split: Some(1),
                ..Directives::default()
            },
        );
        assert!(
            split.steps[1..]
                .iter()
                .all(|s| s.bytes.starts_with(b"1\r\n"))
        );
    }

    #[test]
    fn a_cut_answer_is_a_prefix_of_the_whole_one_at_every_byte() {
        let whole = raw(&plan_of(STREAM, &Directives::default()));
        for at in 0..whole.len() {
            let cut = plan_of(
                STREAM,
                &Directives {
                    cut_at: Some(at),
                    ..Directives::default()
                },
            );
            assert_eq!(
                (raw(&cut).as_slice(), cut.end),
                (&whole[..at], End::Close),
                "at {at}"
            );
        }
    }

    #[test]
    fn an_answer_cut_behind_its_head_is_a_head_whatever_its_framing() {
        for body in ["{}", STREAM] {
            for kept in [0, 7] {
                let cut = plan_of(
                    body,
                    &Directives {
                        cut_body_at: Some(kept),
                        ..Directives::default()
                    },
                );
                let text = String::from_utf8(raw(&cut)).unwrap();
                let (_, rest) = text.split_once("\r\n\r\n").unwrap();
                assert_eq!((rest.len(), cut.end), (kept, End::Close), "{text}");
            }
        }
    }

    #[test]
    fn bad_chunks_are_bad_and_end_the_connection() {
        for (bad, shown) in [
            (BadChunk::Size, "\r\nzz\r\n"),
            (BadChunk::Huge, "\r\nffffffffffffffffff\r\n"),
            (BadChunk::Negative, "\r\n-1\r\n"),
        ] {
            let plan = plan_of(
                STREAM,
                &Directives {
                    bad_chunk: Some(bad),
                    ..Directives::default()
                },
            );
            let text = String::from_utf8(raw(&plan)).unwrap();
            assert!(
                text.contains(shown) && plan.end == End::Close,
                "{bad:?}: {text}"
            );
        }
    }
}
