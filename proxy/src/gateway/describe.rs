//! Who asks for what: a request in the ledger's words, as far as each stage knows.

use std::net::IpAddr;

use http::{HeaderMap, header, request};
use quotah_adapters::Facts;

use super::choose::Order;
use super::fetched::Name;
use super::identify::Identity;
use super::parse::Target;
use super::record::Booking;
use super::settle::{Evidence, asked_units};
use crate::ledger::{Tag, USER_AGENT_BYTES_MAX};

/// Longest model name kept, bytes.
const MODEL_BYTES_MAX: usize = 256;
/// Longest value kept of a header of ours, bytes.
const VALUE_BYTES_MAX: usize = 128;

/// Writes down who asks: what the key binds wins over what the request's headers say.
pub(crate) fn describe(
    booking: &mut Booking,
    identity: &Identity,
    head: &request::Parts,
    peer: Option<IpAddr>,
) {
    let headers = &head.headers;
    let text =
        |value: &Option<std::sync::Arc<str>>| value.as_deref().unwrap_or_default().to_owned();
    let mut tags = tags(headers, &booking.snapshot.config.server.tags);
    for (name, value) in &identity.tags {
        tags.retain(|tag| tag.name != *name);
        tags.push(Tag {
            name: name.clone(),
            value: value.clone(),
        });
    }
    tags.sort_by(|a, b| a.name.cmp(&b.name));
    let project = tags
        .iter()
        .find(|tag| tag.name == "project")
        .map(|tag| tag.value.clone());
    let entry = &mut booking.entry;
    entry.key = identity.key.to_string();
    entry.team = text(&identity.team);
    entry.user = text(&identity.user);
    if entry.user.is_empty() {
        entry.user = short(headers, "x-quotah-user", VALUE_BYTES_MAX);
    }
    entry.project = identity
        .project
        .as_deref()
        .map(str::to_owned)
        .or(project)
        .unwrap_or_default();
    entry.tags = tags;
    entry.client_request_id = short(headers, "x-quotah-request-id", VALUE_BYTES_MAX);
    entry.user_agent = short(headers, header::USER_AGENT.as_str(), USER_AGENT_BYTES_MAX);
    entry.client_ip = peer.map(|ip| ip.to_string()).unwrap_or_default();
}

/// Writes down what is asked for, as far as the path tells.
pub(crate) fn describe_call(booking: &mut Booking, target: &Target) {
    target
        .dialect
        .as_str()
        .clone_into(&mut booking.entry.dialect);
    target
        .operation
        .as_str()
        .clone_into(&mut booking.entry.operation);
}

/// And as far as the body tells.
pub(crate) fn describe_body(booking: &mut Booking, target: &Target, facts: &Facts) {
    let entry = &mut booking.entry;
    // A name longer than any model's is not worth its place on disk.
    entry.model_asked = cut(target.model(facts).unwrap_or_default(), MODEL_BYTES_MAX).to_owned();
    entry.stream = target.streams(facts);
    entry.request_bytes = facts.body_bytes as u64;
}

/// And where it goes.
pub(crate) fn describe_order(booking: &mut Booking, target: &Target, facts: &Facts, order: &Order) {
    let provider = &order.upstream.config;
    let entry = &mut booking.entry;
    entry.model_sent = order.model_sent.to_string();
    entry.provider = provider.name.to_string();
    entry.deployment = order.health.deployment();
    entry.route = order.route.name.to_string();
    entry.translated_to.clear();
    entry.dropped.clear();
    if let Some(translation) = order.words.translation() {
        let dialect = translation.way.to.dialect();
        dialect.as_str().clone_into(&mut entry.translated_to);
        entry.dropped.clone_from(&translation.dropped);
    }
    booking.credential.clear();
    if !provider.credentials_more.is_empty() {
        booking
            .credential
            .push_str(&order.upstream.credential_label);
    }
    booking.provider_kind = provider.kind.as_str();
    booking.evidence = Evidence {
        operation: Some(target.operation),
        prompt_bytes: facts.prompt_bytes as u64,
        fetches: Name::of_results(target.operation, &provider.name, target.path()),
        units: asked_units(target.operation, facts),
        sent: false,
        accepted: false,
    };
    booking.metrics = booking.state.deployment_metrics(&booking.snapshot, order);
}

/// The tags that the configuration names, out of `x-quotah-tags: project=x,feature=y`.
fn tags(headers: &HeaderMap, kept: &[String]) -> Vec<Tag> {
    let text = headers
        .get("x-quotah-tags")
        .and_then(|value| value.to_str().ok());
    let Some(text) = text else { return Vec::new() };
    let mut tags: Vec<Tag> = Vec::new();
    for pair in text.split(',') {
        let Some((name, value)) = pair.split_once('=') else {
            continue;
        };
        let (name, value) = (name.trim(), value.trim());
        let known = name == "project" || kept.iter().any(|kept| kept == name);
        let value = cut(value, VALUE_BYTES_MAX);
        if known && !value.is_empty() && !tags.iter().any(|tag| tag.name == name) {
            tags.push(Tag {
                name: name.to_owned(),
                value: value.to_owned(),
            });
        }
    }
    tags
}

fn short(headers: &HeaderMap, name: &str, bytes_max: usize) -> String {
    let value = headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    cut(value, bytes_max).to_owned()
}

fn cut(text: &str, bytes_max: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes_max))
        .unwrap_or_default()
}
