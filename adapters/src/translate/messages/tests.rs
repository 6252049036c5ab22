//! What callers and deployments of this dialect are held to.

mod recorded;
mod requests;
mod signatures;
mod streams;
mod thoughts;
mod written;

use serde_json::{Value, json};

use super::super::feature::{Fate, Feature};
use super::super::form::Form;
use super::super::{self as translate, To, Untranslatable, check};
use crate::provider::ProviderKind;

/// A caller's request as an Anthropic deployment of this model is asked it.
fn asked_of(model: &str, body: &Value) -> Result<Value, Untranslatable> {
    let to = To {
        model,
        ..check::to(Form::Messages)
    };
    let text = translate::request(Form::Messages, body.to_string().as_bytes(), false, &to)?;
    Ok(serde_json::from_str(&text.body).unwrap())
}

/// The least that can be asked, with more.
#[expect(clippy::needless_pass_by_value, reason = "what json! makes")]
fn least(more: Value) -> Value {
    let mut body = json!({"max_tokens": 4096, "messages": [user("hi")]});
    let members = more.as_object().unwrap().clone();
    body.as_object_mut().unwrap().extend(members);
    body
}

fn user(text: &str) -> Value {
    json!({"role": "user", "content": [{"type": "text", "text": text}]})
}

#[expect(clippy::needless_pass_by_value, reason = "what json! makes")]
fn assistant(content: Value) -> Value {
    json!({"role": "assistant", "content": content})
}

/// What a request asks for, with its places.
fn noted(body: &Value) -> Vec<(Feature, String)> {
    let seen = translate::look(Form::Messages, body.to_string().as_bytes());
    seen.unwrap().places
}

#[test]
fn every_feature_has_a_fate_and_what_is_not_known_is_lost() {
    for feature in Feature::ALL {
        let fate = Form::Messages.fate(*feature, ProviderKind::ANTHROPIC);
        if *feature == Feature::Unknown {
            assert_eq!(fate, Fate::Lost);
        }
    }
}
