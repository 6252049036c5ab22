//! The unmodified client libraries, served by deployments that speak another dialect: what their users read, send back
//! and catch is what a deployment of their own dialect gives them.
//!
//! The deployments (`deployments/`) refuse what the real ones refuse, by the types of the providers' own libraries and
//! by the rules that these cannot say; they sign their thoughts and know their signatures again.

mod custom;
mod deployments;
mod mixed;
mod recorded;

use serde_json::{Value, json};

use self::deployments::Deployments;
use crate::harness::Quotah;

#[test]
fn openais_chat_is_served_by_anthropic() {
    serves(&CHAT, &SONNET);
}

#[test]
fn openais_chat_is_served_by_an_anthropic_model_that_thinks_as_it_sees_fit() {
    serves(&CHAT, &OPUS);
}

#[test]
fn openais_chat_is_served_by_gemini() {
    serves(&CHAT, &GEMINI);
}

#[test]
fn openais_chat_is_served_by_a_gemini_that_gives_calls_no_ids() {
    serves(&CHAT, &GEMINI_2);
}

#[test]
fn openais_responses_are_served_by_anthropic() {
    serves(&RESPONSES, &SONNET);
}

#[test]
fn openais_responses_are_served_by_gemini() {
    serves(&RESPONSES, &GEMINI);
}

#[test]
fn openais_responses_are_served_by_chat() {
    serves(&RESPONSES, &GPT_IN_CHAT);
}

#[test]
fn anthropics_messages_are_served_by_openais_responses() {
    serves(&MESSAGES, &GPT);
}

#[test]
fn anthropics_messages_are_served_by_openais_chat() {
    serves(&MESSAGES, &GPT_IN_CHAT);
}

#[test]
fn anthropics_messages_are_served_by_gemini() {
    serves(&MESSAGES, &GEMINI);
}

#[test]
fn google_genai_is_served_by_openais_responses() {
    serves(&GENERATE, &GPT);
}

#[test]
fn google_genai_is_served_by_openais_chat() {
    serves(&GENERATE, &GPT_IN_CHAT);
}

#[test]
fn google_genai_is_served_by_anthropic() {
    serves(&GENERATE, &SONNET);
}

#[test]
fn each_library_is_served_by_its_own_deployment() {
    for (caller, own) in [
        (&CHAT, &GPT_IN_CHAT),
        (&RESPONSES, &GPT),
        (&MESSAGES, &SONNET),
        (&GENERATE, &GEMINI),
    ] {
        serves(caller, own);
    }
}

/// A library, and the words in which it tells things.
struct Caller {
    script: &'static str,
    /// What an answer's end is called: at its end, for calls, at the cap.
    ends: [&'static str; 3],
    /// For each failure of [`FAILURES`]: class, status and code as its users see them.
    failures: [(&'static str, u16, &'static str); 8],
    /// The class and the code of a stream that fails.
    broken: (&'static str, &'static str),
    /// What stands in the message where a prompt is too long, by which some libraries' users know it.
    overflow: &'static str,
}

/// A deployment.
struct Deployment {
    provider: &'static str,
    model: &'static str,
    /// Further members of the deployment in the row.
    more: &'static str,
    /// In which dialect it is asked, as `deployments` calls it.
    dialect: &'static str,
    /// Whether it tells its thoughts, and wants them back.
    thinks: bool,
}

const CHAT: Caller = Caller {
    script: "translated_chat.py",
    ends: ["stop", "tool_calls", "length"],
    failures: OPENAIS_FAILURES,
    broken: ("APIError", "server_is_overloaded"),
    overflow: "",
};

const RESPONSES: Caller = Caller {
    script: "translated_responses.py",
    ends: ["completed", "completed", "incomplete max_output_tokens"],
    failures: OPENAIS_FAILURES,
    broken: ("APIError", "server_is_overloaded"),
    overflow: "",
};

const MESSAGES: Caller = Caller {
    script: "translated_messages.py",
    ends: ["end_turn", "tool_use", "max_tokens"],
    failures: [
        ("AuthenticationError", 401, "authentication_error"),
        ("PermissionDeniedError", 403, "permission_error"),
        ("NotFoundError", 404, "not_found_error"),
        ("BadRequestError", 400, "invalid_request_error"),
        ("OverloadedError", 529, "overloaded_error"),
        ("BadRequestError", 400, "invalid_request_error"),
        ("InternalServerError", 500, "api_error"),
        ("RateLimitError", 429, "rate_limit_error"),
    ],
    broken: ("APIStatusError", "overloaded_error"),
    overflow: "prompt is too long",
};

const GENERATE: Caller = Caller {
    script: "translated_generate.py",
    ends: ["STOP", "STOP", "MAX_TOKENS"],
    failures: [
        ("ClientError", 401, "UNAUTHENTICATED"),
        ("ClientError", 403, "PERMISSION_DENIED"),
        ("ClientError", 404, "NOT_FOUND"),
        ("ClientError", 400, "INVALID_ARGUMENT"),
        ("ServerError", 503, "UNAVAILABLE"),
        ("ClientError", 400, "INVALID_ARGUMENT"),
        ("ServerError", 500, "INTERNAL"),
        ("ClientError", 429, "RESOURCE_EXHAUSTED"),
    ],
    broken: ("ServerError", "UNAVAILABLE"),
    overflow: "exceeds the maximum number of tokens",
};

const OPENAIS_FAILURES: [(&str, u16, &str); 8] = [
    ("AuthenticationError", 401, "invalid_api_key"),
    ("PermissionDeniedError", 403, ""),
    ("NotFoundError", 404, "model_not_found"),
    ("BadRequestError", 400, "context_length_exceeded"),
    ("InternalServerError", 503, ""),
    ("BadRequestError", 400, ""),
    ("InternalServerError", 500, ""),
    ("RateLimitError", 429, "rate_limit_exceeded"),
];

/// What `scenes.py` can be asked to fail by.
const FAILURES: [&str; 8] = [
    "401",
    "403",
    "404",
    "context",
    "overloaded",
    "invalid",
    "server",
    "429",
];

const SONNET: Deployment = Deployment {
    provider: "anthropic",
    model: "claude-sonnet-4-5",
    more: "",
    dialect: "messages",
    thinks: true,
};

const OPUS: Deployment = Deployment {
    model: "claude-opus-5-5",
    ..SONNET
};

const GEMINI: Deployment = Deployment {
    provider: "gemini",
    model: "gemini-3.6-flash",
    // It understands OpenAI's chat as well, though not for every model.
    more: ", api = \"own\"",
    dialect: "generate",
    thinks: true,
};

const GEMINI_2: Deployment = Deployment {
    model: "gemini-2.5-flash",
    ..GEMINI
};

const GPT: Deployment = Deployment {
    provider: "openai",
    model: "gpt-5.6",
    more: "",
    dialect: "responses",
    thinks: true,
};

const GPT_IN_CHAT: Deployment = Deployment {
    provider: "openai",
    model: "gpt-5.6",
    more: ", api = \"chat\"",
    dialect: "chat",
    thinks: false,
};

/// Everything that the script does, through a row that leads to this deployment alone.
fn serves(caller: &Caller, deployment: &Deployment) {
    let deployments = Deployments::start();
    let quotah = deployments
        .config()
        .table(&row("any", &[deployment]))
        .start();
    let thinks = if deployment.thinks { "yes" } else { "no" };
    let told = Told(run(
        caller,
        &quotah,
        &[("MODEL", "any"), ("THINKS", thinks)],
    ));
    nothing_broke_a_rule(&deployments, deployment);
    if deployment.dialect == "responses" && caller.script != RESPONSES.script {
        nothing_is_kept(&deployments);
    }
    told.plain(caller);
    for name in ["whole", "streamed"] {
        told.conversation(name, caller, deployment);
    }
    told.rest(caller);
    told.failures(caller);
    usage_is_the_ledgers(&told, &quotah);
}

/// A row of this name over these deployments in order.
fn row(name: &str, deployments: &[&Deployment]) -> String {
    let each = |one: &&Deployment| {
        let Deployment {
            provider,
            model,
            more,
            ..
        } = one;
        format!("{{ provider = \"{provider}\", model = \"{model}\"{more} }}")
    };
    let deployments: Vec<String> = deployments.iter().map(each).collect();
    let all = deployments.join(", ");
    format!("[[models]]\nname = \"{name}\"\nroute = \"ordered\"\ndeployments = [{all}]")
}

/// Runs a caller's script against the gateway; its JSON lines.
fn run(caller: &Caller, quotah: &Quotah, more: &[(&str, &str)]) -> Vec<Value> {
    let url = quotah.proxy_url();
    let openai_url = format!("{url}/v1");
    let mut variables = vec![
        ("OPENAI_BASE_URL", &*openai_url),
        ("OPENAI_API_KEY", "sk-none"),
        ("ANTHROPIC_BASE_URL", url),
        ("ANTHROPIC_API_KEY", "sk-none"),
        ("GOOGLE_GEMINI_BASE_URL", url),
        ("GEMINI_API_KEY", "none"),
    ];
    variables.extend_from_slice(more);
    super::script("sdk-venv", caller.script, &variables)
}

/// The deployment was asked in its own dialect, and refused nothing.
fn nothing_broke_a_rule(deployments: &Deployments, deployment: &Deployment) {
    let seen = deployments.seen();
    assert!(seen.len() > 20, "{} requests", seen.len());
    for request in seen {
        assert_eq!(request["broken"], json!([]), "{request}");
        assert_eq!(request["dialect"], deployment.dialect, "{request}");
    }
}

/// Callers whose dialect keeps nothing do not have their prompts kept by OpenAI, which is its default.
fn nothing_is_kept(deployments: &Deployments) {
    for request in deployments.seen() {
        assert_eq!(request["body"]["store"], false, "{request}");
    }
}

/// Each usage that the library read is one that the ledger has, in the order of the calls.
fn usage_is_the_ledgers(told: &Told, quotah: &Quotah) {
    let entries = quotah.ledger();
    let mut entries = entries.iter();
    for call in told.0.iter().filter(|call| call["usage"].is_object()) {
        let is_it = |entry: &&crate::harness::Entry| {
            let tokens = entry.tokens();
            [
                ("input", tokens.input),
                ("cached", tokens.cached),
                ("output", tokens.output),
                ("reasoning", tokens.reasoning),
            ]
            .iter()
            .all(|(class, count)| call["usage"].get(class).is_none_or(|told| told == count))
        };
        assert!(entries.any(|entry| is_it(&entry)), "{call}");
        assert_eq!(call["usage"]["input"], 43, "{call}");
        assert_eq!(call["usage"]["cached"], 11, "{call}");
        assert_eq!(call["usage"]["output"], 29, "{call}");
    }
}

/// What a script told, line by line.
struct Told(Vec<Value>);

impl Told {
    fn line(&self, call: &str) -> &Value {
        let found = self.0.iter().find(|line| line["call"] == call);
        found.unwrap_or_else(|| panic!("no {call:?} in {:?}", self.0))
    }

    /// A text of several lines, with quotes and signs from everywhere, whole and in both kinds of stream.
    fn plain(&self, caller: &Caller) {
        for call in ["plain", "stream", "stream, helped"] {
            let line = self.line(call);
            assert_eq!(line["text"], GREETING, "{line}");
            if !line["finish"].is_null() {
                assert_eq!(line["finish"], caller.ends[0], "{line}");
            }
        }
        assert_eq!(self.line("plain")["id"], true);
    }

    /// Two prompts, each with calls and their results: the deployment saw every thought of its own again, in place.
    fn conversation(&self, name: &str, caller: &Caller, deployment: &Deployment) {
        let paris = json!(["get_weather", {"city": "Paris", "in": "°C"}]);
        let zurich = json!(["get_weather", {"city": "Zürich", "in": "°C"}]);
        let seen = |count: u8| if deployment.thinks { count } else { 0 };
        // Gemini tells thoughts to whom asks to see them, for which chat has no words.
        let is_chat = caller.script == CHAT.script;
        let is_gemini = deployment.provider == GEMINI.provider;
        let both = "get_weather: 21° in Paris; get_weather: 21° in Zürich";
        let turns = [
            ("0: calls", json!([paris, zurich]), None),
            (
                "0: results",
                json!([]),
                Some(format!("{both} [{} seen]", seen(1))),
            ),
            ("1: calls", json!([zurich]), None),
            (
                "1: results",
                json!([]),
                Some(format!("get_weather: 21° in Zürich [{} seen]", seen(3))),
            ),
        ];
        for (at, (turn, calls, text)) in turns.into_iter().enumerate() {
            let line = self.line(&format!("{name} {turn}"));
            assert_eq!(line["calls"], calls, "{line}");
            let said = line["text"].as_str().filter(|text| !text.is_empty());
            assert_eq!(said, text.as_deref(), "{line}");
            assert_eq!(
                line["finish"],
                caller.ends[usize::from(text.is_none())],
                "{line}"
            );
            let thought = format!("Thought {at}: «let me see», she said.\n");
            let thought = Some(thought).filter(|_| deployment.thinks && !(is_chat && is_gemini));
            assert_eq!(line["thought"].as_str(), thought.as_deref(), "{line}");
        }
    }

    /// An image, a schema, the cap, functions that the library calls by itself.
    fn rest(&self, caller: &Caller) {
        assert_eq!(self.line("image")["text"], "image/png 497790947d466676");
        for schema in self.0.iter().filter(|line| line["degrees"].is_u64()) {
            assert_eq!(
                (&schema["city"], &schema["degrees"]),
                (&"Zürich".into(), &21.into())
            );
        }
        let length = self.line("length");
        assert_eq!(length["text"], "On and on and", "{length}");
        assert_eq!(length["finish"], caller.ends[2], "{length}");
    }

    /// Every failure is of the class that the library's users catch, with the code that they look at.
    fn failures(&self, caller: &Caller) {
        for (cause, (class, status, code)) in FAILURES.into_iter().zip(caller.failures) {
            for call in [format!("fail {cause}"), format!("fail {cause}, streamed")] {
                let line = self.line(&call);
                assert_eq!(
                    (&line["error"], &line["status"]),
                    (&class.into(), &status.into()),
                    "{line}"
                );
                if !code.is_empty() {
                    assert_eq!(line["code"], code, "{line}");
                }
                if cause == "context" {
                    let message = line["message"].as_str().unwrap_or_default();
                    assert!(message.contains(caller.overflow), "{line}");
                }
                if cause == "429" && line.get("retry_after").is_some() {
                    assert_eq!(line["retry_after"], "7", "{line}");
                }
            }
        }
        let line = self.line("broken off");
        assert_eq!(line["text"], "This far and no", "{line}");
        assert_eq!(
            (&line["error"], &line["code"]),
            (&caller.broken.0.into(), &caller.broken.1.into()),
            "{line}"
        );
    }
}

const GREETING: &str = "Hello, Ünïcödé 😀! \"Quoted\", back\\slashed,\nand on a line of its own. As asked: Be brief. [0 seen]";
