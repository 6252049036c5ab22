//! What a start without configuration tells: what to export, what is metered, what is missing.

use std::fmt::Write as _;

use quotah_adapters::{Dialect, ProviderKind};

use super::RunOptions;
use crate::config::resolved::{Config, Credential, Provider};
use crate::config::{Loaded, admin_token};

/// A start, with the addresses that were really bound.
#[derive(Debug, Clone, Copy)]
pub struct Banner<'a> {
    /// Base address of the data plane, such as `http://127.0.0.1:8080`.
    pub proxy: &'a str,
    /// Base address of the admin plane.
    pub admin: &'a str,
    /// How the program was started.
    pub options: &'a RunOptions,
    /// What was loaded.
    pub loaded: &'a Loaded,
}

/// The one line that says that both planes accept connections.
#[must_use]
pub fn ready_line(proxy: &str, admin: &str, pid: u32) -> String {
    format!("quotah ready proxy={proxy} admin={admin} pid={pid}")
}

impl Banner<'_> {
    /// The text, ending in a line break; empty when there is nothing that a configured start must know.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        let config = &self.loaded.config;
        if self.options.zero_config {
            self.addresses(config, &mut text);
        }
        if self.options.generated_token {
            let path = admin_token::path(&config.data_dir);
            line(
                &mut text,
                &format!("admin token   kept in {}", path.display()),
            );
            if let (true, Some(token)) = (self.options.show_token, config.admin.tokens.first()) {
                line(
                    &mut text,
                    &format!("              {}", token.token.expose()),
                );
            }
        }
        text
    }

    fn addresses(&self, config: &Config, text: &mut String) {
        line(
            text,
            "no quotah.toml: serving what the environment names (`quotah init` writes one)",
        );
        for (kind, export) in EXPORTS {
            if config.providers.iter().any(|p| serves(p, kind)) {
                line(text, &export.replace("{}", self.proxy));
            }
        }
        let is_named = |p: &&Provider| !EXPORTS.iter().any(|(kind, _)| *kind == &*p.name);
        let named: Vec<&str> = config
            .providers
            .iter()
            .filter(is_named)
            .map(|p| &*p.name)
            .collect();
        if !named.is_empty() {
            let (proxy, named) = (self.proxy, named.join(", "));
            line(
                text,
                &format!("by name       {proxy}/NAME in place of its own address: {named}"),
            );
        }
        line(text, &format!("admin plane   {}/metrics", self.admin));
        let metered: Vec<&str> = config.providers.iter().map(|p| &*p.name).collect();
        let prices = config.price_table.version();
        line(
            text,
            &format!("metered       {} (prices of {prices})", metered.join(", ")),
        );
        let missing = EXPORTS.iter().map(|(kind, _)| *kind);
        let missing: Vec<&str> = missing.filter(|kind| !metered.contains(kind)).collect();
        if !missing.is_empty() {
            line(
                text,
                &format!(
                    "missing       {}: no key in the environment",
                    missing.join(", ")
                ),
            );
        }
        let uses_own = |p: &Provider| !matches!(p.credential, Credential::Client);
        if !config.server.require_key && config.providers.iter().any(uses_own) {
            line(
                text,
                "keys          none asked for: anyone who reaches this address uses yours",
            );
        }
    }
}

/// Whether clients that are made for `kind` are served by `provider`: `OpenAI`'s by all that speak its dialect.
fn serves(provider: &Provider, kind: &str) -> bool {
    let is_alike = kind == ProviderKind::OPENAI.as_str() && provider.kind.speaks(Dialect::OpenAi);
    is_alike || provider.kind.as_str() == kind
}

fn line(text: &mut String, what: &str) {
    // Writing to a String cannot fail.
    writeln!(text, "  {what}").unwrap_or_default();
}

/// What to export for each kind's own SDKs, as they take it.
const EXPORTS: [(&str, &str); 3] = [
    ("openai", "export OPENAI_BASE_URL={}/v1"),
    ("anthropic", "export ANTHROPIC_BASE_URL={}"),
    ("gemini", "export GOOGLE_GEMINI_BASE_URL={}"),
];
