//! Configurations for the program under test, as TOML text.

use std::fmt::Write as _;

use quotah_bench::mock::Mock;

use super::quotah::Quotah;

/// A configuration file in the making: tables may be added in any order, each as TOML text.
#[derive(Debug, Clone, Default)]
pub(crate) struct Config {
    server: String,
    tables: String,
}

/// The token of role `admin` that every configuration has.
pub(crate) const ADMIN_TOKEN: &str = "test-admin-token-0123456789";

impl Config {
    /// Nothing but free ports on loopback and the admin token.
    pub(crate) fn empty() -> Self {
        Self::default()
    }

    /// The three dialects, all toward one mock provider, each with a credential of its own.
    pub(crate) fn toward(provider: &Mock) -> Self {
        let url = provider.url();
        let kinds = ["openai", "anthropic", "gemini"];
        kinds.iter().fold(Self::empty(), |config, kind| {
            config.provider(kind, kind, &url, "")
        })
    }

    /// One more provider; `more` is further lines of its table. Its key is `sk-test-NAME`.
    pub(crate) fn provider(self, name: &str, kind: &str, base_url: &str, more: &str) -> Self {
        self.table(&format!(
            "[[providers]]\nname = \"{name}\"\nkind = \"{kind}\"\nbase_url = \"{base_url}\"\n\
             api_key = \"sk-test-{name}\"\n{more}"
        ))
    }

    /// One more virtual key, `secret`, of this id; `more` is further lines of its table.
    pub(crate) fn key(self, id: &str, secret: &str, more: &str) -> Self {
        self.table(&format!(
            "[[keys]]\nid = \"{id}\"\nkey = \"{secret}\"\n{more}"
        ))
    }

    /// A model that leads to one deployment.
    pub(crate) fn model(self, name: &str, provider: &str, model: &str) -> Self {
        self.table(&format!(
            "[[models]]\nname = \"{name}\"\n\
             deployments = [{{ provider = \"{provider}\", model = \"{model}\" }}]"
        ))
    }

    /// A route over `provider/model` pairs in this order; `more` is further lines of its row.
    pub(crate) fn route(self, name: &str, more: &str, deployments: &[&str]) -> Self {
        let deployments: Vec<String> = deployments
            .iter()
            .map(|deployment| {
                let (provider, model) = deployment.split_once('/').expect("provider/model");
                format!("{{ provider = \"{provider}\", model = \"{model}\" }}")
            })
            .collect();
        self.table(&format!(
            "[[models]]\nname = \"{name}\"\n{more}\ndeployments = [{}]",
            deployments.join(", ")
        ))
    }

    /// Every failure is met anew, however many there were: no breaker, no cool-down of ours, no want of retries.
    pub(crate) fn patient(self) -> Self {
        self.table(PATIENT)
    }

    /// A line of `[server]`.
    pub(crate) fn server(mut self, line: &str) -> Self {
        self.server.push_str(line);
        self.server.push('\n');
        self
    }

    /// Any further table.
    pub(crate) fn table(mut self, toml: &str) -> Self {
        self.tables.push_str(toml);
        self.tables.push_str("\n\n");
        self
    }

    /// The further tables alone, for a drop-in.
    pub(crate) fn tables(&self) -> &str {
        &self.tables
    }

    /// The file's text.
    pub(crate) fn toml(&self) -> String {
        let mut toml = String::new();
        // Addresses that a test sets itself win over the free ports.
        let free = |lines: &str| {
            if lines.contains("listen =") {
                ""
            } else {
                FREE_PORT
            }
        };
        let parts = [("server", "", &*self.server), ("admin", ADMIN, "")];
        for (table, own, lines) in parts {
            write!(toml, "[{table}]\n{}{own}{lines}\n", free(lines)).expect("a string takes it");
        }
        toml + &self.tables
    }

    /// Starts the program with this configuration, in a directory of its own.
    pub(crate) fn start(self) -> Quotah {
        Quotah::start(&self)
    }
}

const PATIENT: &str = "[breaker]\nfailures = 0\n\n[retry]\nbudget_min_per_second = 10000\n\
                       cooldown_ms = 0\ncooldown_quota_ms = 0";

const FREE_PORT: &str = "listen = \"127.0.0.1:0\"\n";

const ADMIN: &str = "token = \"test-admin-token-0123456789\"\n";
