//! Tools that take text, in both dialects of OpenAI's.

use serde_json::json;

use super::deployments::Deployments;
use super::{Caller, Deployment, GPT, GPT_IN_CHAT, RESPONSES, SONNET, Told, row, run};

#[test]
fn a_tool_that_takes_text_is_called_in_either_dialect_of_openais() {
    let in_responses = Deployment {
        more: ", api = \"responses\"",
        ..GPT
    };
    for deployment in [&GPT_IN_CHAT, &in_responses] {
        let deployments = Deployments::start();
        let quotah = deployments
            .config()
            .table(&row("any", &[deployment]))
            .table(&row("elsewhere", &[&SONNET]))
            .start();
        let told = Told(run(&CUSTOM, &quotah, &[("MODEL", "any"), ("THINKS", "no")]));
        for request in deployments.seen() {
            assert_eq!(request["broken"], json!([]), "{request}");
            assert_eq!(request["dialect"], deployment.dialect, "{request}");
        }
        for caller in ["chat", "responses", "chat, streamed", "responses, streamed"] {
            let calls = told.line(&format!("{caller} calls"));
            assert_eq!(
                calls["calls"],
                json!([["custom", PATCH], ["function", null]]),
                "{calls}"
            );
            let results = told.line(&format!("{caller} results"));
            assert_eq!(
                results["text"], "apply_patch: Done!; get_weather: Done! [0 seen]",
                "{results}"
            );
        }
        let refused = told.line("elsewhere")["message"].as_str().unwrap();
        assert!(refused.contains("tools[0]"), "{refused}");
        assert!(refused.contains("anthropic"), "{refused}");
    }
}

const CUSTOM: Caller = Caller {
    script: "translated_custom.py",
    ..RESPONSES
};

/// What `scenes.py` calls it with.
const PATCH: &str = "*** Begin Patch\n-say \"hello\"\n+say \"héllo 😀\"\\n\t*** End Patch\n";
