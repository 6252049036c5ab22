use serde_json::{Value, json};

use crate::translate::Form;
use crate::translate::check::{self, caller, folded};

#[test]
fn a_turn_of_text_goes_there_and_back() {
    let body = json!({"model": "m", "input": "hi"});
    let written = check::request(Form::Responses, &body, Form::Responses);
    assert_eq!(written["input"][0]["content"], "hi");
    assert_eq!(written["store"], false);
    let _ = (caller(Form::Chat), folded, Value::Null);
}
