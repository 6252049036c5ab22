//! Requests: tools, and how to answer.

use serde_json::{Value, json};

use crate::facts::EffortLevel;
use crate::provider::ProviderKind;
use crate::translate::feature::{Fate, Feature};
use crate::translate::form::Form;
use crate::translate::generate::fate::fate;
use crate::translate::generate::read::read;
use crate::translate::generate::write;
use crate::translate::json::{Spelled, parse};
use crate::translate::request::{
    Part, Reasoning, Request, Role, Source, Tool, ToolCall, ToolChoice, ToolKind, ToolResult, Turn,
};
use crate::translate::shape::Seen;
use crate::translate::{To, Untranslatable};

fn written(
    request: &Request<'_>,
    kind: ProviderKind,
    model: &str,
) -> Result<Value, Untranslatable> {
    let to = To {
        form: Form::Generate,
        kind,
        model,
    };
    let text = write::write(request, &to)?;
    Ok(serde_json::from_str(&text).unwrap())
}

fn gemini(request: &Request<'_>) -> Value {
    written(request, ProviderKind::GEMINI, "gemini-3-pro").unwrap()
}

fn place(request: &Request<'_>, kind: ProviderKind) -> String {
    written(request, kind, "gemini-3-pro").unwrap_err().place
}

fn tool(name: &'static str, strict: Option<bool>) -> Tool<'static> {
    Tool {
        name: Spelled::of_plain(name),
        description: None,
        schema: None,
        strict,
        cache: None,
        kind: ToolKind::Function,
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn how_hard_to_think_is_said_as_the_model_takes_it() {
    let effort = |effort| Reasoning {
        effort: Some(effort),
        ..Reasoning::default()
    };
    let tokens = |tokens| Reasoning {
        tokens: Some(tokens),
        on: Some(true),
        shown: Some(true),
        ..Reasoning::default()
    };
    let off = Reasoning {
        on: Some(false),
        ..Reasoning::default()
    };
    let on = Reasoning {
        on: Some(true),
        ..Reasoning::default()
    };
    for (reasoning, model, config) in [
        (
            effort(EffortLevel::Low),
            "gemini-2.5-flash",
            json!({"thinkingBudget": 1024}),
        ),
        (
            effort(EffortLevel::Max),
            "gemini-2.5-flash",
            json!({"thinkingBudget": 24576}),
        ),
        (
            effort(EffortLevel::Max),
            "gemini-2.5-pro",
            json!({"thinkingBudget": 32768}),
        ),
        (off, "gemini-2.5-flash", json!({"thinkingBudget": 0})),
        (off, "gemini-2.5-pro", json!({"thinkingBudget": 128})),
        (
            off,
            "gemini-3-flash-preview",
            json!({"thinkingLevel": "MINIMAL"}),
        ),
        (
            off,
            "gemini-3.1-pro-preview",
            json!({"thinkingLevel": "LOW"}),
        ),
        (
            effort(EffortLevel::Medium),
            "gemini-3-pro-preview",
            json!({"thinkingLevel": "HIGH"}),
        ),
        (
            effort(EffortLevel::Medium),
            "gemini-4-argon",
            json!({"thinkingLevel": "MEDIUM"}),
        ),
        (
            effort(EffortLevel::XHigh),
            "gemini-4-argon",
            json!({"thinkingLevel": "HIGH"}),
        ),
        (
            tokens(2_000),
            "gemini-3.8-flash",
            json!({"thinkingLevel": "MEDIUM", "includeThoughts": true}),
        ),
        (
            tokens(2_000),
            "gemini-2.5-flash",
            json!({"thinkingBudget": 2000, "includeThoughts": true}),
        ),
        (on, "gemini-2.5-flash", json!({"thinkingBudget": -1})),
        (on, "gemini-3-pro", Value::Null),
    ] {
        let request = Request {
            reasoning: Some(reasoning),
            ..Request::default()
        };
        let told = written(&request, ProviderKind::GEMINI, model).unwrap();
        assert_eq!(
            told["generationConfig"]["thinkingConfig"], config,
            "{model} {reasoning:?}"
        );
    }
}

#[test]
fn which_tools_are_called_is_said_by_mode_and_names() {
    let names = || vec![Spelled::of_plain("f"), Spelled::of_plain("g")];
    let among = |must| ToolChoice::Among {
        names: names(),
        must,
    };
    for (choice, strict, config) in [
        (None, None, Value::Null),
        (None, Some(true), json!({"mode": "VALIDATED"})),
        (Some(ToolChoice::Auto), None, json!({"mode": "AUTO"})),
        (Some(ToolChoice::Never), None, json!({"mode": "NONE"})),
        (Some(ToolChoice::Some), Some(true), json!({"mode": "ANY"})),
        (
            Some(ToolChoice::Named(Spelled::of_plain("f"))),
            None,
            json!({"mode": "ANY", "allowedFunctionNames": ["f"]}),
        ),
        (
            Some(among(true)),
            None,
            json!({"mode": "ANY", "allowedFunctionNames": ["f", "g"]}),
        ),
        (
            Some(among(false)),
            None,
            json!({"mode": "VALIDATED", "allowedFunctionNames": ["f", "g"]}),
        ),
    ] {
        let request = Request {
            tools: vec![tool("f", strict), tool("g", None)],
            tool_choice: choice,
            ..Request::default()
        };
        let told = gemini(&request)["toolConfig"]["functionCallingConfig"].clone();
        assert_eq!(told, config);
    }
}

#[test]
fn what_gemini_would_refuse_is_told_with_its_place() {
    let stops = Request {
        stop: vec![Spelled::of_plain("x"); 6],
        ..Request::default()
    };
    assert_eq!(place(&stops, ProviderKind::GEMINI), "stop");
    for name in ["1f", "-f", "", "f g", "ä"] {
        let named = Request {
            tools: vec![tool("f.g-h:i", None), tool(name, None)],
            ..Request::default()
        };
        assert_eq!(place(&named, ProviderKind::GEMINI), "tools[1]", "{name}");
    }
    let labelled = Request {
        metadata: Some(r#"{"Team":"a"}"#),
        ..Request::default()
    };
    assert_eq!(place(&labelled, ProviderKind::VERTEX), "metadata");
    assert_eq!(gemini(&labelled)["labels"], Value::Null);
    let labelled = Request {
        metadata: Some(r#"{"team":"a"}"#),
        ..Request::default()
    };
    let told = written(&labelled, ProviderKind::VERTEX, "gemini-3-pro").unwrap();
    assert_eq!(told["labels"], json!({"team": "a"}));
}

fn turn(role: Role, parts: Vec<Part<'static>>) -> Turn<'static> {
    Turn { role, parts }
}

#[test]
fn calls_and_results_have_objects_and_names() {
    let call = |input| {
        Part::ToolCall(ToolCall {
            id: Spelled::of_plain("a"),
            name: Spelled::of_plain("f"),
            input: Spelled::of_owned(input),
            signature: None,
            cache: None,
            is_custom: false,
        })
    };
    let result = |id: &'static str, texts: &[&'static str]| {
        Part::ToolResult(ToolResult {
            id: Spelled::of_plain(id),
            name: None,
            parts: texts
                .iter()
                .map(|text| Part::text(Spelled::of_plain(text)))
                .collect(),
            is_error: false,
            cache: None,
        })
    };
    let asked = |call, result| Request {
        turns: vec![
            turn(Role::Assistant, vec![call]),
            turn(Role::User, vec![result]),
        ],
        ..Request::default()
    };
    let told = gemini(&asked(call(""), result("a", &["one", "two"])));
    assert_eq!(
        told["contents"][0]["parts"][0]["functionCall"]["args"],
        json!({})
    );
    assert_eq!(
        told["contents"][1]["parts"][0]["functionResponse"],
        json!({"id": "a", "name": "f", "response": {"result": "one\ntwo"}})
    );
    for (text, response) in [
        (r#"{"a":1.50}"#, json!({"a": 1.50})),
        (r#"{"result":"x"}"#, json!({"result": "{\"result\":\"x\"}"})),
        (r#"{"result":{}}"#, json!({"result": {}})),
        ("[1]", json!({"result": "[1]"})),
        ("{no", json!({"result": "{no"})),
        ("", json!({"result": ""})),
    ] {
        let told = gemini(&asked(call("{}"), result("a", &[text])));
        assert_eq!(
            told["contents"][1]["parts"][0]["functionResponse"]["response"],
            response
        );
    }
    assert_eq!(
        place(&asked(call("[1]"), result("a", &[])), ProviderKind::GEMINI),
        "turn 0"
    );
    assert_eq!(
        place(&asked(call("{}"), result("b", &[])), ProviderKind::GEMINI),
        "turn 1"
    );
}

#[test]
fn images_are_looked_at_as_closely_as_any_asks_for() {
    let image = |detail: Option<&'static str>, url| Part::Image {
        source: Source::Url {
            url: Spelled::of_plain(url),
            media_type: Spelled::default(),
        },
        detail: detail.map(Spelled::of_plain),
        cache: None,
    };
    let asked = |details: &[Option<&'static str>]| Request {
        turns: vec![turn(
            Role::User,
            details
                .iter()
                .map(|detail| image(*detail, "https://a.example/b.PNG?c=d.e"))
                .collect(),
        )],
        ..Request::default()
    };
    for (details, resolution) in [
        (&[Some("low")][..], json!("MEDIA_RESOLUTION_LOW")),
        (&[Some("low"), Some("high")], json!("MEDIA_RESOLUTION_HIGH")),
        (&[Some("low"), Some("auto")], Value::Null),
        (&[None], Value::Null),
    ] {
        let told = gemini(&asked(details));
        assert_eq!(told["generationConfig"]["mediaResolution"], resolution);
        let file = &told["contents"][0]["parts"][0]["fileData"];
        assert_eq!(file["mimeType"], "image/png");
    }
    let bare = Request {
        turns: vec![turn(Role::User, vec![image(None, "https://a.example/b")])],
        ..Request::default()
    };
    assert_eq!(place(&bare, ProviderKind::VERTEX), "turn 0");
    let file = &gemini(&bare)["contents"][0]["parts"][0]["fileData"];
    assert_eq!(*file, json!({"fileUri": "https://a.example/b"}));
}

#[test]
fn instructions_in_the_middle_are_said_at_the_beginning() {
    let text = |text| vec![Part::text(Spelled::of_plain(text))];
    let request = Request {
        system: text("one"),
        turns: vec![
            turn(Role::User, text("a")),
            turn(Role::System, text("two")),
            turn(Role::User, text("b")),
            turn(Role::Assistant, text("")),
        ],
        ..Request::default()
    };
    let told = gemini(&request);
    assert_eq!(
        told["systemInstruction"],
        json!({"parts": [{"text": "one"}, {"text": "two"}]})
    );
    assert_eq!(
        told["contents"],
        json!([{"role": "user", "parts": [{"text": "a"}, {"text": "b"}]}])
    );
}

#[test]
fn labels_are_known_on_vertex_alone() {
    assert_eq!(fate(Feature::Metadata, ProviderKind::GEMINI), Fate::Lost);
    assert!(matches!(
        fate(Feature::Metadata, ProviderKind::VERTEX),
        Fate::Adapted(_)
    ));
}

#[test]
fn what_a_function_gives_back_is_told_with_what_it_does() {
    let body = r#"{"contents":[],"tools":[{"functionDeclarations":[
        {"name":"a","description":"Weather","response_json_schema":{"type":"string"}},
        {"name":"b","response":{"type":"STRING"}},{"name":"c"}]}]}"#;
    let value = parse(body).unwrap();
    let request = read(&value, &mut Seen::default()).unwrap();
    let described: Vec<_> = request
        .tools
        .iter()
        .map(|tool| {
            tool.description
                .as_ref()
                .map(|text| text.plain().into_owned())
        })
        .collect();
    let returned = "It gives back what this JSON schema says: ";
    assert_eq!(
        described,
        [
            Some(format!("Weather\n\n{returned}{{\"type\":\"string\"}}")),
            Some(format!("{returned}{{\"type\":\"STRING\"}}")),
            None,
        ]
    );
}
