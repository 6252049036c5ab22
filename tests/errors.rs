//! Each provider's errors, as it words them, are booked under one class and pass unchanged.

use quotah_bench::mock::{Directives, Options, Rule, Script};

use crate::harness::{Config, Request, provider, provider_of};

/// A provider's answer, and the class that it is booked under.
struct Case {
    name: &'static str,
    kind: &'static str,
    path: &'static str,
    asked: &'static str,
    status: u16,
    header: Option<(&'static str, &'static str)>,
    body: &'static str,
    class: &'static str,
}

const CHAT: &str = r#"{"model":"m","messages":[{"role":"user","content":"hello"}]}"#;
const STREAM: &str = r#"{"model":"m","stream":true,"messages":[]}"#;

const CASES: [Case; 10] = [
    Case {
        name: "no-money",
        kind: "openai",
        path: "/v1/chat/completions",
        asked: CHAT,
        status: 429,
        header: None,
        body: r#"{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}"#,
        class: "quota_exhausted",
    },
    Case {
        name: "overloaded",
        kind: "anthropic",
        path: "/v1/messages",
        asked: CHAT,
        status: 529,
        header: None,
        body: r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
        class: "overloaded",
    },
    Case {
        name: "in-stream",
        kind: "anthropic",
        path: "/v1/messages",
        asked: STREAM,
        status: 200,
        header: None,
        body: "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n",
        class: "overloaded",
    },
    Case {
        name: "groq-stream",
        kind: "groq",
        path: "/v1/chat/completions",
        asked: STREAM,
        status: 200,
        header: None,
        body: "event: error\ndata: {\"error\":{\"message\":\"Tool choice is required\",\"type\":\"invalid_request_error\",\"code\":\"tool_use_failed\",\"failed_generation\":\"\",\"status_code\":400}}\n\n",
        class: "bad_request",
    },
    Case {
        name: "out-of-money",
        kind: "openai",
        path: "/v1/responses",
        asked: r#"{"model":"m","stream":true,"input":"x"}"#,
        status: 200,
        header: None,
        body: "event: response.failed\ndata: {\"type\":\"response.failed\",\"sequence_number\":2,\"response\":{\"id\":\"resp_1\",\"status\":\"failed\",\"error\":{\"code\":\"insufficient_quota\",\"message\":\"You exceeded\"},\"usage\":null}}\n\n",
        class: "quota_exhausted",
    },
    Case {
        name: "filtered",
        kind: "azure",
        path: "/v1/chat/completions",
        asked: CHAT,
        status: 400,
        header: None,
        body: r#"{"error":{"message":"The response was filtered","type":null,"param":"prompt","code":"content_filter","status":400,"innererror":{"code":"ResponsibleAIPolicyViolation"}}}"#,
        class: "content_filtered",
    },
    Case {
        name: "bad-key",
        kind: "gemini",
        path: "/v1beta/models/m:generateContent",
        asked: r#"{"contents":[{"parts":[{"text":"hello"}]}]}"#,
        status: 400,
        header: None,
        body: r#"{"error":{"code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID"}]}}"#,
        class: "bad_credential",
    },
    Case {
        name: "string-error",
        kind: "xai",
        path: "/v1/chat/completions",
        asked: CHAT,
        status: 400,
        header: None,
        body: r#"{"code":"invalid-argument","error":"Incorrect API key provided. You can obtain an API key from https://console.x.ai."}"#,
        class: "bad_credential",
    },
    Case {
        name: "too-long",
        kind: "openai-compatible",
        path: "/v1/chat/completions",
        asked: CHAT,
        status: 400,
        header: None,
        body: r#"{"error":{"message":"This model's maximum context length is 8192 tokens.","type":"invalid_request_error","param":null,"code":null}}"#,
        class: "context_overflow",
    },
    Case {
        name: "typed-by-header",
        kind: "bedrock",
        path: "/model/m/converse",
        asked: r#"{"messages":[{"role":"user","content":[{"text":"hello"}]}]}"#,
        status: 403,
        header: Some((
            "x-amzn-errortype",
            "ExpiredTokenException:http://internal.amazon.com/coral/",
        )),
        body: r#"{"message":"The security token included in the request is expired"}"#,
        class: "bad_credential",
    },
];

#[test]
fn every_providers_error_has_its_class_in_the_books_and_passes_as_it_is() {
    let script = CASES.iter().fold(Script::default(), |script, case| {
        let header = case.header.map(|(n, v)| (n.to_owned(), v.to_owned()));
        script.then(Rule {
            path: format!("/{}/", case.name),
            directives: Directives {
                status: (case.status != 200).then_some(case.status),
                headers: header.into_iter().collect(),
                body: Some(case.body.into()),
                ..Directives::default()
            },
            ..Rule::default()
        })
    });
    let provider = provider_of(Options::default(), script);
    let config = CASES.iter().fold(Config::empty(), |config, case| {
        let url = format!("{}/{}", provider.url(), case.name);
        config.provider(case.name, case.kind, &url, "")
    });
    let quotah = config.start();
    for case in &CASES {
        let target = format!("/{}{}", case.name, case.path);
        let labels = [("provider", case.name), ("result", case.class)];
        let answer = quotah.send(&Request::post(&target, case.asked));
        assert_eq!(
            answer.status,
            case.status,
            "{}: {}",
            case.name,
            answer.text()
        );
        assert_eq!(answer.text(), case.body, "{}", case.name);
        let entry = quotah.entry(&answer);
        let attempt = &entry.0["attempts"][0];
        assert_eq!(
            attempt["error_class"], case.class,
            "{}: {}",
            case.name, entry.0
        );
        assert_eq!(entry.str("outcome"), "upstream_error", "{}", case.name);
        let counted = quotah.metric("quotah_attempts_total", &labels);
        assert!(
            (counted - 1.0).abs() < 0.1,
            "{}: counted {counted} times",
            case.name
        );
    }
}

#[test]
fn an_attempt_is_counted_once_and_as_ok_where_its_answer_was() {
    let provider = provider();
    let quotah = Config::toward(&provider).start();
    for body in [CHAT, STREAM] {
        let body = body.replace("\"m\"", "\"gpt-4o-mini\"");
        quotah.entry(&quotah.post("/v1/chat/completions", &body));
    }
    let cut = Request::post(
        "/v1/chat/completions",
        r#"{"model":"gpt-4o-mini","stream":true}"#,
    )
    .header("x-mock-cut-at", "1500");
    quotah.entry(&quotah.send(&cut));
    let counted = |result| quotah.metric("quotah_attempts_total", &[("result", result)]);
    let all = quotah.metric("quotah_attempts_total", &[]);
    assert!(
        (counted("ok") - 2.0).abs() < 0.1,
        "{}",
        quotah.metrics().text()
    );
    assert!((all - 3.0).abs() < 0.1, "{}", quotah.metrics().text());
}
