use serde_json::json;

use crate::translate::check;
use crate::translate::form::Form;

#[test]
fn a_turn_of_text_goes_in_and_out() {
    let asked = json!({
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "contents": [{"role": "user", "parts": [{"text": "Hi"}]}],
        "generationConfig": {"maxOutputTokens": 64, "temperature": 0.50}
    });
    assert_eq!(
        check::request(Form::Generate, &asked, Form::Generate),
        asked
    );
    let answer = r#"{"candidates":[{"content":{"parts":[{"text":"Ho"}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":1,"totalTokenCount":4},"modelVersion":"gemini-2.5-flash","responseId":"r1"}"#;
    let told = check::answer(Form::Generate, Form::Generate, answer).unwrap();
    assert_eq!(
        told,
        serde_json::from_str::<serde_json::Value>(answer).unwrap()
    );
}
