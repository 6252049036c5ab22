//! `/openapi.json`: the admin plane described, made from the table of routes and the types they use.
//!
//! The document is `OpenAPI` 3.1. `docs/openapi.json` is the same document; a test holds it to the code.

mod faces;
pub(super) mod operations;
mod sample;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use utoipa::openapi::path::ParameterIn;
use utoipa::{IntoParams, PartialSchema as _, ToSchema};

use super::access::{Access, Scope};
use super::problem::FieldError;
use super::routes::{Route, TABLE, Verb};

pub(super) async fn show() -> Response {
    static TEXT: LazyLock<String> = LazyLock::new(|| document().to_string());
    let kind = HeaderValue::from_static("application/json");
    ([(header::CONTENT_TYPE, kind)], TEXT.as_str()).into_response()
}

/// The whole document.
#[must_use]
pub fn document() -> Value {
    let mut paths = BTreeMap::<&str, Map<String, Value>>::new();
    let mut schemas = BTreeMap::new();
    for route in TABLE {
        let doc = (route.say)(Doc::of(route));
        schemas.extend(doc.schemas.clone());
        let operations = paths.entry(route.path).or_default();
        operations.insert(route.verb.word().to_owned(), doc.finish());
    }
    schemas.insert("Problem".to_owned(), problem());
    schemas.insert("FieldError".to_owned(), json!(FieldError::schema()));
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Quotah's admin plane",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": { "token": {
                "type": "http",
                "scheme": "bearer",
                "description": "An admin token: `admin.token`, or one of `[[admin.tokens]]`.",
            } },
        },
    })
}

const ABOUT: &str = "Errors are problem documents (RFC 9457). Times are RFC 3339 in UTC, money is a decimal string \
    `…_usd` beside an integer `…_nanousd`. Lists take `limit` and `cursor`; writes take `If-Match`, and `POST` \
    takes `Idempotency-Key`. A token of one team sees that team alone: what belongs to others looks as if it were \
    not there.";

/// What is said of one operation.
pub(super) struct Doc {
    operation: Map<String, Value>,
    parameters: Vec<Value>,
    responses: Map<String, Value>,
    schemas: BTreeMap<String, Value>,
}

impl Doc {
    /// What the table says: tag, role, scope, parameters in the path, refusals.
    fn of(route: &Route) -> Self {
        let noun = route.path.trim_start_matches("/admin/v1/");
        let noun = noun.trim_start_matches('/').split('/').next();
        let mut operation = Map::new();
        operation.insert("operationId".to_owned(), id(route).into());
        operation.insert("tags".to_owned(), json!([noun]));
        let names = route.path.split(['{', '}']).skip(1).step_by(2);
        let parameters = names.map(path_parameter).collect();
        let security = match route.access {
            Access::Open => json!([]),
            Access::Local => json!([{}, { "token": [] }]),
            _ => json!([{ "token": [] }]),
        };
        operation.insert("security".to_owned(), security);
        if let Some(role) = route.access.role() {
            operation.insert("x-quotah-role".to_owned(), role.as_str().into());
        }
        let scope = match route.scope {
            Scope::Any => "any",
            Scope::Team => "team",
            Scope::Whole => "whole",
        };
        operation.insert("x-quotah-scope".to_owned(), scope.into());
        let mut doc = Self {
            operation,
            parameters,
            responses: refusals(route),
            schemas: BTreeMap::new(),
        };
        if route.verb == Verb::Post {
            doc.header(
                "Idempotency-Key",
                "Sent again within a day, the same answer is given again.",
            );
        }
        doc
    }

    /// In one line.
    pub(super) fn says(mut self, summary: &str) -> Self {
        self.operation.insert("summary".to_owned(), summary.into());
        self
    }

    /// At length.
    pub(super) fn explains(mut self, description: &str) -> Self {
        let description = description.into();
        self.operation.insert("description".to_owned(), description);
        self
    }

    /// Takes these in its query.
    pub(super) fn query<T: IntoParams>(mut self) -> Self {
        let parameters = T::into_params(|| Some(ParameterIn::Query));
        self.parameters.extend(parameters.iter().map(|p| json!(p)));
        self
    }

    /// Takes `If-Match`; answers with an `ETag`.
    pub(super) fn conditional(mut self) -> Self {
        self.header(
            "If-Match",
            "The `ETag` that is to be changed; another one in force is 412.",
        );
        self.refusal(412);
        self
    }

    /// Takes a body of JSON.
    pub(super) fn takes<T: ToSchema>(mut self, example: &Value) -> Self {
        let schema = self.schema::<T>();
        self.body(&schema, example)
    }

    /// Takes a body of JSON like `example`.
    pub(super) fn takes_like(self, example: &Value) -> Self {
        self.body(&sample::schema(example), example)
    }

    fn body(mut self, schema: &Value, example: &Value) -> Self {
        let body = json!({
            "required": true,
            "content": { "application/json": { "schema": schema, "example": example } },
        });
        self.operation.insert("requestBody".to_owned(), body);
        for status in [409, 413, 422] {
            self.refusal(status);
        }
        self
    }

    /// Answers with JSON of a type.
    pub(super) fn gives<T: ToSchema>(self, status: u16, said: &str) -> Self {
        let mut doc = self;
        let schema = doc.schema::<T>();
        let content = json!({ "application/json": { "schema": schema } });
        doc.answer(status, said, Some(content))
    }

    /// Answers with JSON like `sample`, a value that the code itself makes.
    pub(super) fn gives_like(self, status: u16, said: &str, sample: &Value) -> Self {
        let schema = sample::schema(sample);
        let content = json!({ "application/json": { "schema": schema, "example": sample } });
        self.answer(status, said, Some(content))
    }

    /// Answers with something else than JSON.
    pub(super) fn gives_text(self, status: u16, said: &str, media: &str) -> Self {
        let content = json!({ media: { "schema": { "type": "string" } } });
        self.answer(status, said, Some(content))
    }

    /// Answers without a body.
    pub(super) fn gives_nothing(self, said: &str) -> Self {
        self.answer(204, said, None)
    }

    fn answer(mut self, status: u16, said: &str, content: Option<Value>) -> Self {
        let mut answer = json!({ "description": said });
        if let Some(content) = content {
            let answers = self.responses.get_mut(&status.to_string());
            // Two media types of one status are one answer.
            if let Some(Value::Object(known)) = answers.and_then(|known| known.get_mut("content")) {
                known.extend(content.as_object().cloned().unwrap_or_default());
                return self;
            }
            answer["content"] = content;
        }
        self.responses.insert(status.to_string(), answer);
        self
    }

    /// May be refused so.
    fn refusal(&mut self, status: u16) {
        self.responses.insert(status.to_string(), refused(status));
    }

    fn header(&mut self, name: &str, said: &str) {
        let schema = json!({ "type": "string" });
        let header = json!({ "name": name, "in": "header", "description": said, "schema": schema });
        self.parameters.push(header);
    }

    /// A reference to a type's schema, which joins the document with all that it refers to.
    fn schema<T: ToSchema>(&mut self) -> Value {
        let mut others = Vec::new();
        T::schemas(&mut others);
        self.schemas.extend(
            others
                .into_iter()
                .map(|(name, schema)| (name, json!(schema))),
        );
        let name = T::name().into_owned();
        let reference = json!({ "$ref": format!("#/components/schemas/{name}") });
        self.schemas.insert(name, json!(T::schema()));
        reference
    }

    /// The operation as the document has it.
    fn finish(mut self) -> Value {
        let parameters = self.parameters.into();
        self.operation.insert("parameters".to_owned(), parameters);
        let responses = self.responses.into();
        self.operation.insert("responses".to_owned(), responses);
        self.operation.into()
    }
}

fn id(route: &Route) -> String {
    let path = route.path.trim_start_matches("/admin/v1");
    let words = path.split(|c: char| !c.is_ascii_alphanumeric());
    let words = words.filter(|word| !word.is_empty());
    words.fold(route.verb.word().to_owned(), |id, word| {
        format!("{id}_{word}")
    })
}

fn path_parameter(name: &str) -> Value {
    json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } })
}

/// What may be refused on a route, whatever it does.
fn refusals(route: &Route) -> Map<String, Value> {
    let mut statuses = Vec::new();
    if route.access != Access::Open {
        statuses.extend([401, 403, 429]);
    }
    if route.path.contains('{') {
        statuses.push(404);
    }
    if !route.path.contains('{') && route.path.starts_with("/admin/") && !route.verb.writes() {
        statuses.push(400);
    }
    let refusals = statuses.into_iter();
    refusals
        .map(|status| (status.to_string(), refused(status)))
        .collect()
}

fn refused(status: u16) -> Value {
    let said = match status {
        400 => "A parameter cannot be read.",
        401 => "No token, or one that is not known.",
        403 => "The token's role or team does not allow it.",
        404 => "There is no such thing, or none that the token's team may know of.",
        409 => "It is there already, stands in the configuration, or is still under way.",
        412 => "It has changed since: see `If-Match`.",
        413 => "The body is longer than 64 KiB.",
        422 => "A field of the body is wrong: see `errors`.",
        _ => "Too many wrong tokens from this address.",
    };
    let schema = json!({ "$ref": "#/components/schemas/Problem" });
    json!({ "description": said, "content": { "application/problem+json": { "schema": schema } } })
}

fn problem() -> Value {
    json!({
        "type": "object",
        "description": "What went wrong: RFC 9457.",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": { "type": "string", "example": "about:blank" },
            "title": { "type": "string", "example": "Unprocessable Entity" },
            "status": { "type": "integer", "example": 422 },
            "detail": { "type": "string", "example": "a field of the body is wrong" },
            "errors": {
                "type": "array",
                "items": { "anyOf": [
                    { "$ref": "#/components/schemas/FieldError" },
                    { "type": "string" },
                ] },
            },
        },
    })
}

impl Verb {
    /// As `OpenAPI` writes it.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Post => "post",
            Self::Patch => "patch",
            Self::Delete => "delete",
        }
    }
}
