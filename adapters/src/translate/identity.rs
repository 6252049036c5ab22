//! A request that goes into another dialect and back is the request that it was, as far as both dialects know it.

use proptest::prelude::*;

use super::check::to;
use super::feature::{Fate, Feature};
use super::form::Form;
use super::json::{Spelled, parse};
use super::request::{
    CacheMark, File, Format, Grammar, Part, Reasoning, Request, Role, Sampling, Source, Tier, Tool,
    ToolCall, ToolChoice, ToolKind, ToolResult, Turn,
};
use super::shape::Seen;
use crate::call::Dialect;
use crate::facts::EffortLevel;
use crate::provider::ProviderKind;

const FORMS: [Form; 4] = [Form::Chat, Form::Responses, Form::Messages, Form::Generate];

const SCHEMA: &str = r#"{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}"#;

/// What a request is made of: texts, and which of the features are in it.
#[derive(Debug, Clone)]
struct Spec {
    texts: Vec<String>,
    picks: u64,
}

fn spec() -> impl Strategy<Value = Spec> {
    let text = "[a-zäß日 \"\\\\\n{}]{1,12}";
    (prop::collection::vec(text, 8), any::<u64>()).prop_map(|(texts, picks)| Spec {
        // Texts of white space alone are refused by some, and left out for them.
        texts: texts.into_iter().map(|text| format!("x{text}")).collect(),
        picks,
    })
}

/// Which features a request may have between two forms.
struct Common<'s> {
    spec: &'s Spec,
    forms: [Form; 2],
    next: std::cell::Cell<u32>,
}

impl<'s> Common<'s> {
    /// Whether both carry it, and it is picked this time.
    fn has(&self, feature: Feature) -> bool {
        let bit = self.next.replace(self.next.get() + 1);
        let carries =
            |form: Form| form.fate(feature, ProviderKind::native(form.dialect())) == Fate::Carried;
        self.spec.picks >> (bit % 64) & 1 == 1 && self.forms.into_iter().all(carries)
    }

    fn text(&self, at: usize) -> Spelled<'s> {
        Spelled::of_plain(&self.spec.texts[at])
    }

    fn request(&self) -> Request<'s> {
        let user = |parts| Turn {
            role: Role::User,
            parts,
        };
        let mut turns = vec![user(vec![Part::text(self.text(1))])];
        let mut request = Request::default();
        if self.has(Feature::Tools) {
            self.tools(&mut request, &mut turns);
        } else {
            turns.push(Turn {
                role: Role::Assistant,
                parts: vec![Part::text(self.text(2))],
            });
        }
        turns.push(user(self.last()));
        request.turns = turns;
        if self.spec.picks & 1 == 1 {
            request.system = vec![Part::text(self.text(0))];
        }
        request.stream = self.spec.picks & 2 == 2;
        self.settings(&mut request);
        request
    }

    fn tools(&self, request: &mut Request<'s>, turns: &mut Vec<Turn<'s>>) {
        let calls = if self.spec.picks & 4 == 4 { 2 } else { 1 };
        request.tools = vec![self.tool("look_up"), self.tool("other")];
        let ids = ["call_1", "call_2"];
        let call = |id| {
            Part::ToolCall(ToolCall {
                id: Spelled::of_plain(id),
                name: Spelled::of_plain("look_up"),
                input: Spelled::of_owned(r#"{"a":"b \"c\"","n":1.50}"#),
                signature: None,
                cache: None,
                is_custom: false,
            })
        };
        let result = |id| {
            Part::ToolResult(ToolResult {
                id: Spelled::of_plain(id),
                name: None,
                parts: vec![Part::text(self.text(4))],
                is_error: false,
                cache: None,
            })
        };
        let is_custom = self.has(Feature::CustomTools);
        if is_custom {
            request.tools.push(Tool {
                schema: None,
                kind: ToolKind::Custom(self.has(Feature::CustomTools).then(|| Grammar {
                    syntax: Spelled::of_plain("lark"),
                    definition: self.text(7),
                })),
                ..self.tool("patch")
            });
        }
        let mut said: Vec<Part<'s>> = Vec::new();
        if self.spec.picks & 8 == 8 {
            said.push(Part::text(self.text(2)));
        }
        said.extend(ids[..calls].iter().map(|id| call(*id)));
        let mut results: Vec<_> = ids[..calls].iter().map(|id| result(*id)).collect();
        if is_custom {
            said.push(Part::ToolCall(ToolCall {
                id: Spelled::of_plain("call_3"),
                name: Spelled::of_plain("patch"),
                input: self.text(3),
                signature: None,
                cache: None,
                is_custom,
            }));
            results.push(result("call_3"));
        }
        turns.push(Turn {
            role: Role::Assistant,
            parts: said,
        });
        turns.push(Turn {
            role: Role::User,
            parts: results,
        });
        turns.push(Turn {
            role: Role::Assistant,
            parts: vec![Part::text(self.text(5))],
        });
        self.choice(request, if is_custom { "patch" } else { "other" });
    }

    fn tool(&self, name: &'static str) -> Tool<'s> {
        Tool {
            name: Spelled::of_plain(name),
            description: Some(self.text(3)),
            schema: Some(SCHEMA),
            strict: None,
            cache: None,
            kind: ToolKind::Function,
        }
    }

    /// How tools are called, with the one that may be called alone.
    fn choice(&self, request: &mut Request<'s>, named: &'static str) {
        if self.has(Feature::ToolChoiceNamed) {
            request.tool_choice = Some(ToolChoice::Named(Spelled::of_plain(named)));
        } else if self.has(Feature::ToolChoice) {
            request.tool_choice = Some(ToolChoice::Some);
        }
        if self.has(Feature::ParallelToolsOff) {
            request.parallel_tools = Some(false);
            request.tool_choice.get_or_insert(ToolChoice::Auto);
        }
    }

    /// What the last turn says: text, maybe a picture and a document before it.
    fn last(&self) -> Vec<Part<'s>> {
        let mut parts = Vec::new();
        let data = |media_type| Source::Data {
            media_type: Spelled::of_plain(media_type),
            base64: Spelled::of_plain("iVBORw0KGgo="),
        };
        if self.has(Feature::ImageData) {
            parts.push(Part::Image {
                source: data("image/png"),
                detail: None,
                cache: None,
            });
        }
        if self.has(Feature::ImageUrl) {
            parts.push(Part::Image {
                source: Source::Url {
                    url: Spelled::of_plain("https://example.com/a.png"),
                    media_type: Spelled::default(),
                },
                detail: None,
                cache: None,
            });
        }
        // Some want every document to have a name, so that one without would come back with one.
        if self.has(Feature::FileData) && self.has(Feature::FileName) {
            parts.push(Part::File(File {
                context: None,
                cites: false,
                source: data("application/pdf"),
                name: Some(Spelled::of_plain("a.pdf")),
                cache: None,
            }));
        }
        if self.has(Feature::AudioInput) {
            parts.push(Part::Audio {
                data: Spelled::of_plain("UklGRg=="),
                media_type: Spelled::of_plain("audio/wav"),
            });
        }
        if self.has(Feature::FileOfOpenAi) {
            parts.push(Part::File(File {
                context: None,
                cites: false,
                source: Source::OpenAi(Spelled::of_plain("file-1")),
                name: None,
                cache: None,
            }));
        }
        parts.push(Part::Text {
            text: self.text(6),
            citations: Vec::new(),
            cache: self.has(Feature::CacheMarks).then_some(CacheMark::Usual),
        });
        parts
    }

    fn settings(&self, request: &mut Request<'s>) {
        let number = |feature, digits: &'static str| self.has(feature).then_some(digits);
        request.sampling = Sampling {
            temperature: number(Feature::Temperature, "0.25"),
            top_p: number(Feature::TopP, "0.90"),
            top_k: number(Feature::TopK, "40"),
            min_p: number(Feature::MinP, "0.05"),
            seed: number(Feature::Seed, "7"),
            presence_penalty: number(Feature::PresencePenalty, "0.5"),
            frequency_penalty: number(Feature::FrequencyPenalty, "-0.5"),
            logprobs: self.has(Feature::Logprobs).then_some(2),
        };
        // Anthropic's requests always have a cap.
        request.output_max = Some(512);
        if self.has(Feature::Stop) {
            request.stop = vec![Spelled::of_plain("END"), self.text(7)];
        }
        if self.has(Feature::ManyAnswers) {
            request.answers = Some(2);
        }
        if self.has(Feature::JsonSchema) {
            request.format = Some(Format::Schema {
                name: Some(Spelled::of_plain("shape")),
                description: None,
                schema: SCHEMA,
                strict: None,
            });
        }
        if self.has(Feature::ReasoningEffort) {
            request.reasoning = Some(Reasoning {
                effort: Some(EffortLevel::Low),
                ..Reasoning::default()
            });
        }
        if self.has(Feature::Verbosity) {
            request.verbosity = Some(Spelled::of_plain("low"));
        }
        if self.has(Feature::User) {
            request.user = Some(Spelled::of_plain("user-1"));
            let is_openai = |form: Form| form.dialect() == Dialect::OpenAi;
            if self.forms.into_iter().all(is_openai) {
                request.safety_identifier = Some(self.text(5));
                request.store = self.spec.picks & 16 == 16;
                request.metadata = request.store.then_some(r#"{"k":"v"}"#);
            }
        }
        if self.has(Feature::ServiceTier) {
            request.service_tier = Some(Tier::Priority);
        }
        if self.has(Feature::CacheKey) {
            request.cache_key = Some(Spelled::of_plain("key-1"));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_request_comes_back_as_it_was_from_every_other_dialect(spec in spec()) {
        for a in FORMS {
            for b in FORMS {
                let both = [a, b].into_iter().all(|form| form.asks().is_some() && form.is_served());
                if a == b || !both {
                    continue;
                }
                let common = Common { spec: &spec, forms: [a, b], next: 2.into() };
                let begun = (a.serves().unwrap().write)(&common.request(), &to(a)).unwrap();
                let there = super::request(a, begun.as_bytes(), spec.picks & 2 == 2, &to(b)).unwrap().body;
                let back = super::request(b, there.as_bytes(), spec.picks & 2 == 2, &to(a)).unwrap().body;
                let read = |text: &str| format!("{:#?}", neutral(a, text));
                prop_assert_eq!(read(&begun), read(&back), "{:?} to {:?}:\n{}\n{}\n{}", a, b, begun, there, back);
            }
        }
    }
}

/// A request as it is read, without what only one form tells.
fn neutral(form: Form, text: &str) -> Request<'_> {
    let value = parse(text).unwrap();
    let mut request = (form.asks().unwrap().read)(&value, &mut Seen::default()).unwrap();
    if let Some(Format::Schema { name, strict, .. }) = &mut request.format {
        (*name, *strict) = (None, None);
    }
    for tool in &mut request.tools {
        tool.strict = None;
    }
    for part in request.turns.iter_mut().flat_map(|turn| &mut turn.parts) {
        match part {
            Part::ToolResult(result) => result.name = None,
            // What an address leads to is guessed where a dialect wants to be told.
            Part::Image {
                source: Source::Url { media_type, .. },
                ..
            } => *media_type = Spelled::default(),
            _ => {}
        }
    }
    request
}
