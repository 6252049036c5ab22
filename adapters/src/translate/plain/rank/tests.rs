//! Rankings asked for in one dialect and made in another.

use serde_json::{Value, json};

use crate::translate::check::{answer, request, usage};
use crate::translate::{self, Form};

fn recorded(text: &str) -> String {
    let case: Value = serde_json::from_str(text).unwrap();
    case["response"]["body"].as_str().unwrap().to_owned()
}

#[test]
fn a_ranking_is_asked_for_in_the_other_dialect() {
    let asked = json!({"model": "m", "query": "q", "documents": ["a", "b"], "top_n": 1, "max_tokens_per_doc": 99});
    let sent = json!({"model": "sent-model", "query": "q", "documents": ["a", "b"], "top_n": 1});
    assert_eq!(request(Form::CohereRerank, &asked, Form::Rerank), sent);
    assert_eq!(request(Form::Rerank, &sent, Form::CohereRerank), sent);
    let asked = json!({"query": "q", "documents": [{"text": "a"}, "b"], "top_k": 1});
    assert_eq!(request(Form::Rerank, &asked, Form::CohereRerank), sent);
}

#[test]
fn what_has_no_place_is_named() {
    let asked = json!({"query": "q", "documents": [{"text": "a", "title": "t"}, {"text": "b"}, {"image": "c"}],
        "return_documents": true, "max_tokens_per_doc": 9, "rank_fields": ["title"]});
    let seen = translate::look(Form::Rerank, asked.to_string().as_bytes()).unwrap();
    let kind = translate::check::to(Form::CohereRerank).kind;
    let lost = seen
        .places
        .iter()
        .filter(|(feature, _)| Form::CohereRerank.fate(*feature, kind) == translate::Fate::Lost);
    let places: Vec<_> = lost.map(|(_, place)| place.as_str()).collect();
    assert_eq!(
        places,
        [
            "rank_fields",
            "return_documents",
            "documents[0]",
            "documents[2]"
        ]
    );
    let to = translate::check::to(Form::CohereRerank);
    let fault = translate::request(Form::Rerank, asked.to_string().as_bytes(), false, &to);
    assert!(
        fault.is_err(),
        "a document without a text cannot be left out"
    );
}

#[test]
fn recorded_rankings_keep_order_scores_and_usage() {
    let cohere = recorded(include_str!(
        "../../../../fixtures/cohere/rerank-search-units.json"
    ));
    assert_eq!(
        answer(Form::Rerank, Form::CohereRerank, &cohere).unwrap(),
        json!({"id": "9ca94863-3776-45e7-92fc-42a927df30cd", "model": "asked-for", "results": [
            {"index": 0, "relevance_score": 0.75809944}, {"index": 2, "relevance_score": 0.5515985}],
            "usage": {"search_units": 1}})
    );
    let common = recorded(include_str!(
        "../../../../fixtures/openrouter/rerank-reported-cost-usd.json"
    ));
    assert_eq!(
        answer(Form::CohereRerank, Form::Rerank, &common).unwrap(),
        json!({"id": "gen-rerank-1786406983-r7Duwy1aOVyb5oX9zh66", "results": [
            {"index": 1, "relevance_score": 0.828125}, {"index": 0, "relevance_score": 0.306640625}],
            "meta": {"api_version": {"version": "2"}, "billed_units": {"input_tokens": 17}}})
    );
    for (from, to, body) in [
        (Form::CohereRerank, Form::Rerank, cohere),
        (Form::Rerank, Form::CohereRerank, common),
    ] {
        let told = answer(to, from, &body).unwrap().to_string();
        assert_eq!(
            usage(to, told.as_bytes(), "application/json"),
            usage(from, body.as_bytes(), "application/json")
        );
    }
}

#[test]
fn an_answer_without_scores_is_not_read() {
    for body in [
        "{}",
        r#"{"results":[{"index":0}]}"#,
        r#"{"results":[1]}"#,
        "[]",
    ] {
        let fault = answer(Form::CohereRerank, Form::Rerank, body);
        assert_eq!(fault, Err(translate::AnswerFault::Unreadable), "{body}");
    }
}
