//! Who asked: what a key binds wins over what a header says; ids lead from an answer to its entry.

use crate::harness::{Config, Request, provider};

const BODY: &str = r#"{"model":"gpt-4o-mini"}"#;

const MESSAGE: &str = r#"{"model":"claude-haiku-4-5"}"#;

#[test]
fn what_the_key_binds_wins_and_headers_fill_what_it_leaves_open() {
    let provider = provider();
    let quotah = Config::toward(&provider)
        .server("tags = [\"feature\", \"tier\"]")
        .key(
            "bound",
            "sk-virtual-bound-0001",
            "team = \"research\"\nuser = \"robot\"\nproject = \"apollo\"\ntags = { tier = \"gold\" }",
        )
        .key("open", "sk-virtual-open-00001", "")
        .start();
    let entry_of = |key: &str| {
        let request = Request::post("/v1/chat/completions", BODY)
            .bearer(key)
            .header(
                "x-quotah-tags",
                "project=mine,feature=search,tier=tin,unknown=x",
            )
            .header("x-quotah-user", "alice")
            .header("user-agent", "tests/1");
        quotah.entry(&quotah.send(&request))
    };
    let bound = entry_of("sk-virtual-bound-0001");
    let who = ["key", "team", "user", "project"];
    assert_eq!(
        who.map(|field| bound.str(field)),
        ["bound", "research", "robot", "apollo"]
    );
    assert_eq!(bound.0["tags"]["tier"], "gold");
    assert_eq!(bound.0["tags"]["feature"], "search");
    let open = entry_of("sk-virtual-open-00001");
    assert_eq!(
        who.map(|field| open.str(field)),
        ["open", "", "alice", "mine"]
    );
    assert_eq!(open.0["tags"]["tier"], "tin");
    assert!(
        open.0["tags"].get("unknown").is_none(),
        "only configured tags: {}",
        open.0
    );
    assert_eq!(
        (open.str("user_agent"), open.str("client_ip")),
        ("tests/1", "127.0.0.1")
    );
    let stranger = entry_of("sk-of-the-provider-itself");
    assert_eq!(stranger.str("key"), "anonymous");
    for request in provider.requests() {
        let ours = request
            .headers
            .iter()
            .find(|(name, _)| name.starts_with("x-quotah"));
        assert_eq!(ours, None, "read by us, and nobody else's business");
    }
}

#[test]
fn a_key_is_known_in_every_place_where_a_client_puts_it() {
    let provider = provider();
    let quotah = Config::toward(&provider)
        .server("require_key = true")
        .key("k", KEY, "")
        .start();
    let places = [
        Request::post("/v1/chat/completions", BODY).bearer(KEY),
        Request::post("/v1/messages", MESSAGE).header("x-api-key", KEY),
        Request::post("/v1/messages", MESSAGE).bearer(KEY),
        Request::post("/v1beta/models/gemini-2.5-flash:generateContent", "{}")
            .header("x-goog-api-key", KEY),
        Request::post(
            &format!("/v1beta/models/gemini-2.5-flash:generateContent?key={KEY}&x=1"),
            "{}",
        ),
        Request::post("/v1/chat/completions", BODY).header("api-key", KEY),
    ];
    for request in &places {
        let response = quotah.send(request);
        assert_eq!(response.status, 200, "{request:?}: {}", response.text());
        assert_eq!(quotah.entry(&response).str("key"), "k");
    }
    let own = ["sk-test-openai", "sk-test-anthropic", "sk-test-gemini"];
    for request in provider.requests() {
        let seen = format!(
            "{} {}",
            request.target,
            String::from_utf8_lossy(&request.head)
        );
        assert!(!seen.contains(KEY), "{seen}");
        assert_eq!(
            own.iter().filter(|key| seen.contains(*key)).count(),
            1,
            "{seen}"
        );
    }
    let log = quotah.stderr();
    assert!(!log.contains(KEY) && !log.contains("sk-test-"), "{log}");
}

#[test]
fn the_id_on_the_answer_is_the_entrys_and_the_clients_own_is_kept_beside_it() {
    let provider = provider();
    let quotah = Config::toward(&provider).start();
    let request =
        Request::post("/v1/chat/completions", BODY).header("x-quotah-request-id", "job-17/step 3");
    let response = quotah.send(&request);
    let entry = quotah.entry(&response);
    assert_eq!(
        Some(entry.str("id")),
        response.header("x-quotah-request-id")
    );
    assert_eq!(entry.str("client_request_id"), "job-17/step 3");
    assert_eq!(entry.str("id").len(), 36);
    assert_eq!(&entry.str("id")[14..15], "7", "a UUID of version 7");
    assert_eq!(
        response.header("x-request-id"),
        Some("req_mock"),
        "the provider's own stays"
    );
    assert_eq!(response.header("x-quotah-attempts"), Some("1"));
    let attempts = entry.0["attempts"].as_array().expect("a list");
    assert_eq!((attempts.len(), &attempts[0]["status"]), (1, &200.into()));
}

/// A virtual key.
const KEY: &str = "sk-virtual-key-everywhere-1";
