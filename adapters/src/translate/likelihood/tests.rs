//! From every dialect that tells how likely tokens were to every one that asks. The shapes are the documented ones, since
//! no recorded exchange asks for it.

use serde_json::{Value, json};

use super::super::check::{self, folded, to};
use super::super::feature::{Fate, Feature};
use super::super::form::Form;
use super::super::json::parse;
use super::super::{To, look, request};
use super::*;
use crate::provider::ProviderKind;

const TELL: [Form; 4] = [
    Form::Chat,
    Form::Responses,
    Form::Generate,
    Form::OllamaChat,
];
const ASK: [Form; 3] = [Form::Chat, Form::Responses, Form::Generate];

const HI: &str = r#"{"token":"Hi","logprob":-0.250,"bytes":[72,105],"top_logprobs":[{"token":"Hi","logprob":-0.250,"bytes":[72,105]},{"token":"H\u00e9","logprob":-1.5e0,"bytes":null}]}"#;
const BANG: &str = r#"{"token":"!","logprob":-1e-05,"bytes":[33],"top_logprobs":[]}"#;

/// What Gemini tells of the same tokens.
fn gemini(tokens: &[&str]) -> String {
    let one = |token: &str| match token {
        HI => (
            r#"{"token":"Hi","tokenId":5,"logProbability":-0.250}"#,
            r#"{"candidates":[{"token":"Hi","logProbability":-0.250},{"token":"H\u00e9","logProbability":-1.5e0}]}"#,
        ),
        _ => (r#"{"token":"!","logProbability":-1e-05}"#, "{}"),
    };
    let list = |of: fn((&'static str, &'static str)) -> &'static str| {
        let told: Vec<_> = tokens.iter().map(|token| of(one(token))).collect();
        told.join(",")
    };
    format!(
        r#"{{"topCandidates":[{}],"chosenCandidates":[{}]}}"#,
        list(|(_, others)| others),
        list(|(said, _)| said)
    )
}

/// A whole answer that says `Hi!`.
fn whole(form: Form) -> String {
    let tokens = format!("{HI},{BANG}");
    match form {
        Form::Chat => format!(
            r#"{{"id":"a","model":"m","choices":[{{"index":0,"message":{{"role":"assistant","content":"Hi!"}},"logprobs":{{"content":[{tokens}],"refusal":null}},"finish_reason":"stop"}}]}}"#
        ),
        Form::Responses => format!(
            r#"{{"id":"a","model":"m","status":"completed","output":[{{"type":"message","id":"msg","role":"assistant","content":[{{"type":"output_text","text":"Hi!","annotations":[],"logprobs":[{tokens}]}}]}}]}}"#
        ),
        Form::Generate => format!(
            r#"{{"responseId":"a","modelVersion":"m","candidates":[{{"content":{{"role":"model","parts":[{{"text":"Hi!"}}]}},"finishReason":"STOP","logprobsResult":{}}}]}}"#,
            gemini(&[HI, BANG])
        ),
        _ => format!(
            r#"{{"model":"m","message":{{"role":"assistant","content":"Hi!"}},"done":true,"done_reason":"stop","logprobs":[{tokens}]}}"#
        ),
    }
}

/// The same as a stream of two pieces.
fn stream(form: Form) -> String {
    let pieces = [("Hi", HI), ("!", BANG)];
    let piece = |(text, token): (&str, &str)| match form {
        Form::Chat => format!(
            "data: {{\"id\":\"a\",\"model\":\"m\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{text}\"}},\"logprobs\":{{\"content\":[{token}]}},\"finish_reason\":null}}]}}\n\n"
        ),
        Form::Responses => format!(
            "data: {{\"type\":\"response.output_text.delta\",\"output_index\":0,\"content_index\":0,\"delta\":\"{text}\",\"logprobs\":[{token}]}}\n\n"
        ),
        Form::Generate => format!(
            "data: {{\"responseId\":\"a\",\"modelVersion\":\"m\",\"candidates\":[{{\"content\":{{\"parts\":[{{\"text\":\"{text}\"}}]}},\"logprobsResult\":{}}}]}}\n\n",
            gemini(&[token])
        ),
        _ => format!(
            "{{\"model\":\"m\",\"message\":{{\"role\":\"assistant\",\"content\":\"{text}\"}},\"done\":false,\"logprobs\":[{token}]}}\n"
        ),
    };
    let (before, behind) = match form {
        Form::Chat => (String::new(), "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n".to_owned()),
        Form::Responses => (
            "data: {\"type\":\"response.created\",\"response\":{\"id\":\"a\",\"model\":\"m\"}}\n\n".to_owned(),
            // All of it again, as it comes there.
            format!(
                "data: {{\"type\":\"response.output_text.done\",\"output_index\":0,\"content_index\":0,\"text\":\"Hi!\",\"logprobs\":[{HI},{BANG}]}}\n\ndata: {{\"type\":\"response.completed\",\"response\":{}}}\n\n",
                whole(form)
            ),
        ),
        Form::Generate => (String::new(), "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"\"}]},\"finishReason\":\"STOP\"}]}\n\n".to_owned()),
        _ => (String::new(), "{\"model\":\"m\",\"message\":{\"role\":\"assistant\",\"content\":\"\"},\"done\":true,\"done_reason\":\"stop\"}\n".to_owned()),
    };
    format!("{before}{}{}{behind}", piece(pieces[0]), piece(pieces[1]))
}

/// The tokens of a whole answer: text, number, how many others.
fn told(form: Form, body: &str) -> Vec<(String, String, usize)> {
    let value = parse(body).unwrap();
    let answer = (form.serves().unwrap().read_answer)(&value).unwrap();
    summary(&answer.choices[0].tokens)
}

fn summary(tokens: &[Token<'_>]) -> Vec<(String, String, usize)> {
    let tokens = tokens.iter().map(|token| {
        let said = &token.said;
        (
            said.token.plain().into_owned(),
            said.logarithm.clone().into_owned(),
            token.others.len(),
        )
    });
    tokens.collect()
}

fn expected() -> Vec<(String, String, usize)> {
    vec![
        ("Hi".to_owned(), "-0.250".to_owned(), 2),
        ("!".to_owned(), "-1e-05".to_owned(), 0),
    ]
}

#[test]
fn a_stream_tells_what_the_whole_answer_does_in_every_dialect() {
    for form in TELL {
        let body = whole(form);
        let value = parse(&body).unwrap();
        let answer = (form.serves().unwrap().read_answer)(&value).unwrap();
        let streamed = folded(form, stream(form).as_bytes()).unwrap();
        assert_eq!(summary(&answer.choices[0].tokens), expected(), "{form:?}");
        assert_eq!(streamed.choices, answer.choices, "{form:?}");
    }
}

#[test]
fn every_caller_that_asks_gets_every_number_as_it_was_written_whole_and_streamed_in_any_cut() {
    for from in TELL {
        for caller in ASK.into_iter().filter(|caller| *caller != from) {
            let answer =
                super::super::answer(&check::caller(caller), from, whole(from).as_bytes(), None);
            let answer = answer.unwrap();
            assert_eq!(told(caller, &answer), expected(), "{from:?} to {caller:?}");
            let bytes = stream(from);
            let streamed = check::stream(caller, from, bytes.as_bytes(), &[usize::MAX]).unwrap();
            let cut = check::stream(caller, from, bytes.as_bytes(), &[1, 7]).unwrap();
            assert_eq!(cut, streamed, "{from:?} to {caller:?}");
            let read = folded(caller, streamed.as_bytes()).unwrap();
            let read = &read.choices[0];
            assert_eq!(summary(&read.tokens), expected(), "{streamed}");
            assert_eq!(read.parts.len(), 1, "{streamed}");
        }
    }
}

#[test]
fn likelihoods_stand_with_the_text_that_they_are_of() {
    for (caller, text) in [
        (Form::Chat, r#""delta":{"content":"!"}"#),
        (Form::Responses, r#""delta":"!""#),
        (Form::Generate, r#""text":"!""#),
    ] {
        let from = Form::OllamaChat;
        let told = check::stream(caller, from, stream(from).as_bytes(), &[usize::MAX]).unwrap();
        let event = told.lines().find(|line| line.contains(text)).unwrap();
        assert!(
            event.contains("-1e-05") && !event.contains("-0.250"),
            "{event}"
        );
    }
}

#[test]
fn a_token_whose_bytes_nobody_told_says_so_as_the_callers_types_have_it() {
    let from = Form::Generate;
    let chat = check::answer(Form::Chat, from, &whole(from)).unwrap();
    assert_eq!(
        chat["choices"][0]["logprobs"],
        json!({"content": [
            {"token": "Hi", "logprob": -0.25, "bytes": null, "top_logprobs": [
                {"token": "Hi", "logprob": -0.25, "bytes": null},
                {"token": "H\u{e9}", "logprob": -1.5, "bytes": null}]},
            {"token": "!", "logprob": -1e-05, "bytes": null, "top_logprobs": []}],
            "refusal": null})
    );
    let responses = check::answer(Form::Responses, from, &whole(from)).unwrap();
    let tokens = &responses["output"][0]["content"][0]["logprobs"];
    assert_eq!(
        tokens[1],
        json!({"token": "!", "logprob": -1e-05, "bytes": [], "top_logprobs": []})
    );
}

#[test]
fn what_comes_without_text_is_told_before_the_answer_ends() {
    let from = Form::Chat;
    let chunk =
        |inside: &str| format!("data: {{\"id\":\"a\",\"choices\":[{{\"index\":0,{inside}}}]}}\n\n");
    let bytes = [
        chunk(&format!(
            "\"delta\":{{\"content\":\"Hi\"}},\"logprobs\":{{\"content\":[{HI}]}}"
        )),
        chunk(&format!(
            "\"delta\":{{}},\"logprobs\":{{\"content\":[{BANG}]}}"
        )),
        chunk("\"delta\":{},\"finish_reason\":\"stop\""),
        "data: [DONE]\n\n".to_owned(),
    ]
    .concat();
    for caller in [Form::Responses, Form::Generate] {
        let told = check::stream(caller, from, bytes.as_bytes(), &[usize::MAX]).unwrap();
        let read = folded(caller, told.as_bytes()).unwrap();
        assert_eq!(summary(&read.choices[0].tokens), expected(), "{told}");
    }
}

#[test]
fn each_deployment_is_asked_in_its_own_words() {
    let chat = |count: u64| {
        json!({"model": "m", "messages": [{"role": "user", "content": "hi"}],
            "logprobs": true, "top_logprobs": count})
    };
    let responses = check::request(Form::Chat, &chat(2), Form::Responses);
    assert_eq!(responses["top_logprobs"], 2);
    let include = responses["include"].as_array().unwrap();
    assert!(include.contains(&json!("message.output_text.logprobs")));
    let gemini = check::request(Form::Chat, &chat(2), Form::Generate);
    let config = &gemini["generationConfig"];
    assert_eq!(
        (&config["responseLogprobs"], &config["logprobs"]),
        (&json!(true), &json!(2))
    );
    let ollama = check::request(Form::Chat, &chat(2), Form::OllamaChat);
    assert_eq!(
        (&ollama["logprobs"], &ollama["top_logprobs"]),
        (&json!(true), &json!(2))
    );
    // No others are asked for.
    let ollama = check::request(Form::Chat, &chat(0), Form::OllamaChat);
    assert_eq!(
        (&ollama["logprobs"], &ollama["top_logprobs"]),
        (&json!(true), &Value::Null)
    );
}

#[test]
fn responses_callers_ask_by_a_word_that_is_told_from_the_others() {
    let ask = |word: &str| json!({"model": "m", "input": "hi", "include": ["reasoning.encrypted_content", word]});
    let chat = check::request(
        Form::Responses,
        &ask("message.output_text.logprobs"),
        Form::Chat,
    );
    assert_eq!(
        (&chat["logprobs"], &chat["top_logprobs"]),
        (&json!(true), &Value::Null)
    );
    for (word, feature) in [
        ("message.output_text.logprobs", Feature::Logprobs),
        ("web_search_call.results", Feature::Include),
        ("something.new", Feature::Unknown),
    ] {
        let seen = look(Form::Responses, ask(word).to_string().as_bytes()).unwrap();
        assert_eq!(seen.places, [(feature, "include[1]".to_owned())]);
    }
}

#[test]
fn providers_that_tell_no_likelihoods_are_not_asked_for_them() {
    let body = r#"{"contents":[{"parts":[{"text":"hi"}]}],"generationConfig":{"responseLogprobs":true,"logprobs":3}}"#;
    for (name, tells) in [
        ("openai", true),
        ("vllm", true),
        ("together", false),
        ("mistral", false),
        ("groq", false),
    ] {
        let kind = name.parse::<ProviderKind>().unwrap();
        let fate = Form::Chat.fate(Feature::Logprobs, kind);
        assert_eq!(fate == Fate::Carried, tells, "{name}");
        let to = To {
            kind,
            ..to(Form::Chat)
        };
        let written = request(Form::Generate, body.as_bytes(), false, &to)
            .unwrap()
            .body;
        assert_eq!(written.contains("logprobs"), tells, "{written}");
    }
}
