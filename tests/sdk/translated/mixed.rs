//! A conversation that one provider begins, another one carries on, and the first one ends: each gets its own
//! signatures and nobody else's, and the one that speaks the caller's own dialect gets no mark of ours.

use super::deployments::Deployments;
use super::{CHAT, Caller, Deployment, GEMINI, GENERATE, GPT, GPT_IN_CHAT, MESSAGES, RESPONSES};
use super::{SONNET, row, run};

#[test]
fn anthropics_messages_go_from_gemini_to_anthropic_and_back() {
    goes_there_and_back(&MESSAGES, &GEMINI, &SONNET);
}

#[test]
fn openais_responses_go_from_anthropic_to_openai_and_back() {
    goes_there_and_back(&RESPONSES, &SONNET, &GPT);
}

#[test]
fn openais_chat_goes_from_gemini_to_openai_and_back() {
    goes_there_and_back(&CHAT, &GEMINI, &GPT_IN_CHAT);
}

#[test]
fn google_genai_goes_from_openai_to_gemini_and_back() {
    goes_there_and_back(&GENERATE, &GPT, &GEMINI);
}

/// Two conversations of four requests, whose second the first deployment is too busy for.
fn goes_there_and_back(caller: &Caller, first: &Deployment, own: &Deployment) {
    let deployments = Deployments::start();
    let quotah = deployments
        .config()
        .table(&row("any", &[first, own]))
        .start();
    let down = deployments.down(first.dialect);
    let variables = [("MODEL", "any"), ("THINKS", "yes"), ("DOWN", &*down)];
    let told = run(caller, &quotah, &variables);
    let zurich = "get_weather: 21° in Zürich";
    let texts = [
        format!("get_weather: 21° in Paris; {zurich} [0 seen]"),
        format!("{zurich} [2 seen]"),
    ];
    let said = told.iter().filter_map(|line| line["text"].as_str());
    let said: Vec<_> = said.filter(|text| !text.is_empty()).collect();
    assert_eq!(said, [&texts[0], &texts[1], &texts[0], &texts[1]]);
    let seen = deployments.seen();
    let places: Vec<_> = seen.iter().map(|request| &request["dialect"]).collect();
    let round = [first.dialect, own.dialect, first.dialect, first.dialect];
    assert_eq!(places, [round, round].concat());
    for request in &seen {
        assert_eq!(request["broken"], serde_json::json!([]), "{request}");
    }
    // The one in the middle answered to a body of the caller's own making.
    for entry in quotah.ledger() {
        let is_own = entry.str("provider") == own.provider;
        assert_eq!(entry.str("translated_to").is_empty(), is_own, "{}", entry.0);
    }
}
