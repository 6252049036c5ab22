//! One client, any provider: a route's deployment that speaks another dialect is asked in its own, and answers in the
//! client's.

mod arrays;
mod beside;
mod elsewhere;
mod failures;
mod hedged;
mod lossy;
mod turns;
mod untold;
mod waits;

use quotah_bench::mock::{Directives, Mock, Script};
use serde_json::Value;

use crate::harness::{Config, Quotah, Request, Response, provider};

/// A caller: where it asks, with what, and how it reads the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Caller {
    Chat,
    Responses,
    Messages,
    Generate,
}

impl Caller {
    const ALL: [Self; 4] = [Self::Chat, Self::Responses, Self::Messages, Self::Generate];

    fn path(self, route: &str, streams: bool) -> String {
        match self {
            Self::Chat => "/v1/chat/completions".to_owned(),
            Self::Responses => "/v1/responses".to_owned(),
            Self::Messages => "/v1/messages".to_owned(),
            Self::Generate if streams => {
                format!("/v1beta/models/{route}:streamGenerateContent?alt=sse")
            }
            Self::Generate => format!("/v1beta/models/{route}:generateContent"),
        }
    }

    /// A plain question, with these further members.
    fn body(self, route: &str, streams: bool, more: &str) -> String {
        let stream = match (self, streams) {
            (Self::Generate, _) | (_, false) => "",
            (Self::Chat, true) => r#","stream":true,"stream_options":{"include_usage":true}"#,
            (_, true) => r#","stream":true"#,
        };
        let user = r#"[{"role":"user","content":"how many?"}]"#;
        match self {
            Self::Chat => format!(r#"{{"model":"{route}","messages":{user}{stream}{more}}}"#),
            Self::Responses => {
                format!(r#"{{"model":"{route}","store":false,"input":"how many?"{stream}{more}}}"#)
            }
            Self::Messages => {
                format!(r#"{{"model":"{route}","max_tokens":512,"messages":{user}{stream}{more}}}"#)
            }
            Self::Generate => {
                format!(
                    r#"{{"contents":[{{"role":"user","parts":[{{"text":"how many?"}}]}}]{more}}}"#
                )
            }
        }
    }

    fn ask(self, route: &str, streams: bool) -> Request {
        self.ask_with(route, streams, "")
    }

    fn ask_with(self, route: &str, streams: bool, more: &str) -> Request {
        Request::post(&self.path(route, streams), self.body(route, streams, more))
    }

    /// The text of a whole answer, or of a stream's events.
    fn text(self, answer: &Response, streams: bool) -> String {
        if !streams {
            let json = answer.json();
            let place = match self {
                Self::Chat => "/choices/0/message/content",
                Self::Responses => "/output/0/content/0/text",
                Self::Messages => "/content/0/text",
                Self::Generate => "/candidates/0/content/parts/0/text",
            };
            return text_at(&json, place);
        }
        let place = match self {
            Self::Chat => "/choices/0/delta/content",
            Self::Responses => "/delta",
            Self::Messages => "/delta/text",
            Self::Generate => "/candidates/0/content/parts/0/text",
        };
        events(answer)
            .iter()
            .map(|event| text_at(event, place))
            .collect()
    }

    /// Input and output tokens, as the caller's own SDK would read them.
    fn usage(self, answer: &Response, streams: bool) -> (u64, u64) {
        let last = |member: &str| {
            let told = |event: &Value| {
                let own = event
                    .get(member)
                    .or_else(|| event.get("response")?.get(member));
                own.filter(|usage| usage.is_object()).cloned()
            };
            let found = events(answer).iter().filter_map(told).next_back();
            found.unwrap_or_else(|| panic!("no {member} in {}", answer.text()))
        };
        let member = if self == Self::Generate {
            "usageMetadata"
        } else {
            "usage"
        };
        let usage = if streams {
            last(member)
        } else {
            answer.json()[member].clone()
        };
        let n = |name: &str| usage[name].as_u64().unwrap_or(0);
        match self {
            Self::Chat => (n("prompt_tokens"), n("completion_tokens")),
            Self::Responses => (n("input_tokens"), n("output_tokens")),
            Self::Messages => {
                let cached = n("cache_read_input_tokens") + n("cache_creation_input_tokens");
                (n("input_tokens") + cached, n("output_tokens"))
            }
            Self::Generate => (
                n("promptTokenCount"),
                n("candidatesTokenCount") + n("thoughtsTokenCount"),
            ),
        }
    }

    /// What its stream ends with.
    fn end(self) -> &'static str {
        match self {
            Self::Chat => "data: [DONE]\n\n",
            Self::Responses => "response.completed",
            Self::Messages => "message_stop",
            Self::Generate => "finishReason",
        }
    }
}

/// A deployment: its route's name, how it is configured, the path where it is asked, and the ledger's word for its
/// dialect.
struct Deployment {
    route: &'static str,
    row: &'static str,
    path: &'static str,
    dialect: &'static str,
    /// The caller that it needs no translation for.
    own: Caller,
}

const DEPLOYMENTS: [Deployment; 4] = [
    Deployment {
        route: "to-chat",
        row: r#"{ provider = "openai", model = "gpt-4o-mini", api = "chat" }"#,
        path: "/v1/chat/completions",
        dialect: "openai",
        own: Caller::Chat,
    },
    Deployment {
        route: "to-responses",
        row: r#"{ provider = "openai", model = "gpt-4o-mini", api = "responses" }"#,
        path: "/v1/responses",
        dialect: "openai",
        own: Caller::Responses,
    },
    Deployment {
        route: "to-anthropic",
        row: r#"{ provider = "anthropic", model = "claude-haiku-4-5" }"#,
        path: "/v1/messages",
        dialect: "anthropic",
        own: Caller::Messages,
    },
    Deployment {
        route: "to-gemini",
        row: r#"{ provider = "gemini", model = "gemini-2.5-flash", api = "own" }"#,
        path: "/v1beta/models/gemini-2.5-flash",
        dialect: "gemini",
        own: Caller::Generate,
    },
];

/// Every pair of a caller and a deployment that is translated for it.
fn pairs() -> impl Iterator<Item = (Caller, &'static Deployment)> {
    let all = Caller::ALL.into_iter();
    all.flat_map(|caller| {
        let others = DEPLOYMENTS.iter().filter(move |to| to.own != caller);
        others.map(move |to| (caller, to))
    })
}

/// A gateway with a route to each deployment, all of them at one mock provider.
fn gateway(more: &str) -> (Mock, Quotah) {
    let provider = provider();
    let quotah = config(&provider, more).start();
    (provider, quotah)
}

fn config(provider: &Mock, more: &str) -> Config {
    let routes = DEPLOYMENTS.iter().map(|to| {
        let Deployment { route, row, .. } = to;
        format!("[[models]]\nname = \"{route}\"\ndeployments = [{row}]\n")
    });
    let routes: Vec<String> = routes.collect();
    Config::toward(provider)
        .patient()
        .table(&routes.join("\n"))
        .table(more)
}

/// What the provider says from here on: so many chunks of [`SAID`] in streams, one in whole answers.
fn says(provider: &Mock, directives: Directives) {
    provider.set(Script::always(Directives {
        text_bytes: Some(SAID.len()),
        chunks: Some(CHUNKS),
        ..directives
    }));
}

const SAID: &str = "quota quota ";

const CHUNKS: u32 = 5;

fn said(streams: bool) -> String {
    SAID.repeat(if streams { CHUNKS as usize } else { 1 })
}

/// The data of a stream's events, as JSON; `[DONE]` left out.
fn events(answer: &Response) -> Vec<Value> {
    let text = answer.text();
    let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
    data.filter(|data| *data != "[DONE]")
        .map(|data| serde_json::from_str(data).unwrap_or_else(|e| panic!("{e} in {data}")))
        .collect()
}

fn text_at(json: &Value, place: &str) -> String {
    let text = json.pointer(place).and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}
