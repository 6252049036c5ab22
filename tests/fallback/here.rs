//! Answers that another provider would give as well: they pass, unless the route says otherwise.

use quotah_bench::mock::{Directives, Script};

use super::{Pair, assert_good, attempts, chat, status};
use crate::faults::{Call, PLAIN};
use crate::harness::{Config, End, provider, served};

#[test]
fn what_the_client_did_wrong_is_not_tried_elsewhere() {
    let pair = Pair::patient();
    for code in [400, 404, 422] {
        pair.first_answers(status(code));
        let answer = pair.quotah.send(&chat("m"));
        assert_eq!((answer.status, answer.end), (code, End::Whole));
        assert_eq!(answer.header("x-quotah-attempts"), Some("1"), "{code}");
        assert_eq!(answer.header("x-quotah-provider"), Some("first"), "{code}");
        assert_eq!(answer.body, served(&pair.first, 1)[0].answer, "{code}");
        assert!(pair.second.requests().is_empty(), "{code}");
        assert_eq!(attempts(&pair.quotah.entry(&answer)).len(), 1, "{code}");
    }
}

#[test]
fn a_clients_own_credential_that_is_refused_is_its_own_to_mend() {
    let (first, second) = (provider(), provider());
    let own = |name: &str, url: &str| {
        format!(
            "[[providers]]\nname = \"{name}\"\nkind = \"openai\"\nbase_url = \"{url}\"\ncredential = \"client\""
        )
    };
    let quotah = Config::empty()
        .table(&own("first", &first.url()))
        .table(&own("second", &second.url()))
        .route("m", "", &["first/m", "second/m"])
        .patient()
        .start();
    first.set(Script::always(status(401)));
    let answer = quotah.send(&chat("m").bearer("sk-of-the-client"));
    assert_eq!(answer.status, 401, "{}", answer.text());
    let seen = served(&first, 1);
    assert_eq!(
        seen[0].header("authorization"),
        Some("Bearer sk-of-the-client")
    );
    assert_eq!(answer.body, seen[0].answer);
    assert!(second.requests().is_empty());
}

/// A provider's words for one cause, by dialect.
struct Worded {
    dialect: &'static str,
    cause: &'static str,
    body: &'static str,
}

/// Recorded or documented; the classes' own tests name where.
const WORDED: [Worded; 5] = [
    Worded {
        dialect: "openai",
        cause: "context_overflow",
        body: r#"{"error": {"message": "Your input exceeds the context window of this model.", "type": "invalid_request_error", "param": "input", "code": "context_length_exceeded"}}"#,
    },
    Worded {
        dialect: "anthropic",
        cause: "context_overflow",
        body: r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 9 tokens > 8 maximum"}}"#,
    },
    Worded {
        dialect: "gemini",
        cause: "context_overflow",
        body: r#"{"error": {"code": 400, "message": "The input token count (1250074) exceeds the maximum number of tokens allowed (1048576).", "status": "INVALID_ARGUMENT"}}"#,
    },
    Worded {
        dialect: "openai",
        cause: "content_filter",
        body: r#"{"error":{"code":"content_filter","message":"held back","innererror":{"code":"ResponsibleAIPolicyViolation"}}}"#,
    },
    Worded {
        dialect: "anthropic",
        cause: "content_filter",
        body: r#"{"type":"error","error":{"type":"invalid_request_error","message":"Output blocked by content filtering policy"}}"#,
    },
];

#[test]
fn filters_and_overlong_prompts_are_tried_elsewhere_only_where_the_route_says_so() {
    for said in ["", "content_filter", "context_overflow"] {
        for worded in &WORDED {
            let call = PLAIN
                .iter()
                .find(|call| call.dialect == worded.dialect)
                .unwrap();
            refused_in_words(*call, said, worded);
        }
    }
}

fn refused_in_words(call: Call, said: &str, worded: &Worded) {
    let (first, second) = (provider(), provider());
    let more = if said.is_empty() {
        String::new()
    } else {
        format!("fallback_on = [\"{said}\"]")
    };
    let deployments = ["first", "second"].map(|name| format!("{name}/{}", call.model));
    let quotah = Config::empty()
        .provider("first", call.dialect, &first.url(), "")
        .provider("second", call.dialect, &second.url(), "")
        .route(
            call.model,
            &more,
            &deployments.each_ref().map(|text| &**text),
        )
        .patient()
        .start();
    first.set(Script::always(Directives {
        body: Some(worded.body.into()),
        ..status(400)
    }));
    let what = format!("{} {} with {said:?}", worded.dialect, worded.cause);
    let answer = quotah.send(&call.request());
    if said == worded.cause {
        assert_good(&answer, "2", &what);
        assert_eq!(served(&second, 1)[0].body, call.body, "{what}");
    } else {
        assert_eq!(answer.status, 400, "{what}");
        assert_eq!(answer.text(), worded.body, "{what}");
        assert!(second.requests().is_empty(), "{what}");
    }
    let tried = attempts(&quotah.entry(&answer));
    let class = worded.cause.replace("content_filter", "content_filtered");
    assert_eq!(tried[0], ("first".to_owned(), 400, class), "{what}");
}
