//! What right configurations come to. Wrong ones are in `faults`.

mod clouds;
mod faults;
mod providers;
mod retry;
mod routes;
mod rules;
mod schema;

use std::time::Duration;

use crate::config::resolved::{Credential, Listen, LogFormat, Role};
use crate::config::tree::Source;
use crate::config::{
    ConfigError, Environment, Flags, Inputs, Loaded, STARTER, Warning, resolve_sources,
};

const PROVIDER: &str = "[[providers]]\nkind = \"openai\"\napi_key = \"sk-1\"\n";

fn inputs(variables: &[(&str, &str)]) -> Inputs {
    let env = Environment::from_pairs([("HOME", "/someone")].iter().chain(variables).copied());
    Inputs {
        env,
        ..Inputs::default()
    }
}

fn load(text: &str, inputs: &Inputs) -> Result<Loaded, Vec<ConfigError>> {
    let source = Source {
        path: "quotah.toml".into(),
        text: text.to_owned(),
    };
    resolve_sources(inputs, &[source])
}

fn loaded(text: &str) -> Loaded {
    load(&format!("{PROVIDER}{text}"), &inputs(&[])).unwrap_or_else(|e| panic!("{e:?}"))
}

#[test]
fn defaults_are_those_of_the_interface() {
    let config = loaded("").config;
    assert_eq!(
        config.server.listen,
        [Listen::Tcp(([127, 0, 0, 1], 8080).into())]
    );
    assert_eq!(
        config.admin.listen,
        Listen::Tcp(([127, 0, 0, 1], 8081).into())
    );
    assert_eq!(config.server.body_bytes_max, 64 << 20);
    assert_eq!(config.server.upload_bytes_max, 1 << 30);
    assert_eq!(config.server.upload_held_bytes_max, 256 << 10);
    assert_eq!(config.server.drain, Duration::from_secs(25));
    assert!(!config.server.require_key);
    assert_eq!(
        config.data_dir.to_str(),
        Some("/someone/.local/share/quotah")
    );
    assert_eq!(config.log.format, LogFormat::Json);
    assert_eq!(&*config.providers[0].base.authority, "api.openai.com");
}

#[test]
#[expect(clippy::too_many_lines, reason = "a whole configuration")]
fn everything_that_is_written_arrives() {
    let text = r#"
data_dir = "/data"
[server]
listen = ["[::1]:0", "unix:/run/q.sock"]
require_key = true
timeout_head_ms = 5_000
body_bytes_max = "1MB"
tags = ["feature"]
[[admin.tokens]]
name = "grafana"
token = "0123456789abcdef"
role = "viewer"
team = "research"
[[providers]]
name = "local"
kind = "openai-compatible"
base_url = "http://127.0.0.1:8000/v1/"
http = "2"
inject_usage = false
headers = { "x-team" = "a" }
[[models]]
name = "fast"
aliases = ["gpt-4o-mini"]
deployments = [{ provider = "local", model = "llama" }]
[[keys]]
id = "search"
key = "0123456789abcdef-key"
team = "research"
tags = { feature = "rank" }
models = ["gpt-*"]
providers = ["local"]
[[prices]]
provider = "local"
model = "llama"
input_usd_per_mtok = 0.10
output_usd_per_mtok = "0.30"
effective_from = 2026-01-01
[ledger]
segment_bytes = "16MiB"
retain_days = 30
[log]
format = "text"
filter = "debug"
access = false
"#;
    let config = load(text, &inputs(&[]))
        .unwrap_or_else(|e| panic!("{e:?}"))
        .config;
    assert_eq!(config.server.listen[1], Listen::Unix("/run/q.sock".into()));
    assert_eq!(config.server.timeout_head, Duration::from_secs(5));
    assert_eq!(config.server.body_bytes_max, 1_000_000);
    assert_eq!(config.admin.tokens[0].role, Role::Viewer);
    assert_eq!(config.admin.tokens[0].team.as_deref(), Some("research"));
    let provider = &config.providers[0];
    assert!(matches!(provider.credential, Credential::Client));
    assert_eq!(
        (
            provider.base.https,
            provider.base.port,
            &*provider.base.prefix
        ),
        (false, 8000, "")
    );
    assert_eq!(provider.headers[0].1, "a");
    assert_eq!(
        config.models[0].deployments[0].model.as_deref(),
        Some("llama")
    );
    assert_eq!(
        config.keys[0].tags,
        [("feature".to_owned(), "rank".to_owned())]
    );
    assert_eq!(config.prices[0].price.standard().listed().count(), 2);
    assert_eq!(
        config.ledger.retain_age,
        Some(Duration::from_secs(30 * 86_400))
    );
    assert!(!config.log.access);
}

#[test]
fn flags_beat_the_environment_which_beats_the_file() {
    let text = format!("{PROVIDER}[server]\nlisten = \"127.0.0.1:1\"\n");
    let mut inputs = inputs(&[
        ("QUOTAH_LISTEN", "127.0.0.1:2"),
        ("QUOTAH_DATA_DIR", "/env"),
    ]);
    let port = |inputs: &Inputs| load(&text, inputs).expect("good").config.server.listen;
    assert_eq!(port(&inputs), [Listen::Tcp(([127, 0, 0, 1], 2).into())]);
    inputs.flags = Flags {
        listen: Some("127.0.0.1:3".into()),
        ..Flags::default()
    };
    assert_eq!(port(&inputs), [Listen::Tcp(([127, 0, 0, 1], 3).into())]);
    inputs.flags.listen = Some("nonsense".into());
    let errors = load(&text, &inputs).expect_err("a fault");
    assert!(
        errors[0]
            .to_string()
            .starts_with("error: --listen: must be an IP address"),
        "{errors:?}"
    );
}

#[test]
fn a_server_of_ones_own_is_found_by_its_address_alone_however_that_is_written() {
    for (host, expected) in [
        ("http://127.0.0.1:11434", "127.0.0.1:11434"),
        ("http://gpu:8000/", "gpu:8000"),
        ("0.0.0.0:11434", "127.0.0.1:11434"),
        ("0.0.0.0", "127.0.0.1:11434"),
        (":5000", "127.0.0.1:5000"),
        ("gpu", "gpu:11434"),
        ("[::1]", "[::1]:11434"),
        ("[::]:5000", "[::1]:5000"),
    ] {
        let variables = [("MISTRAL_API_KEY", "x"), ("OLLAMA_HOST", host)];
        let loaded = resolve_sources(&inputs(&variables), &[]).unwrap();
        let found = loaded.config.providers.iter();
        let found: Vec<_> = found.map(|p| (&*p.name, &*p.base.authority)).collect();
        assert!(found.contains(&("ollama", expected)), "{host}: {found:?}");
        assert!(found.contains(&("mistral", "api.mistral.ai")));
        let ollama = loaded
            .config
            .providers
            .iter()
            .find(|p| &*p.name == "ollama");
        assert_eq!(ollama.map(|p| &p.credential), Some(&Credential::Client));
    }
    let variables = [("VLLM_BASE_URL", "http://gpu:8000/v1")];
    let loaded = resolve_sources(&inputs(&variables), &[]).unwrap();
    assert_eq!(&*loaded.config.providers[0].base.authority, "gpu:8000");
}

#[test]
fn the_environment_alone_is_a_configuration() {
    let env = inputs(&[
        ("OPENAI_API_KEY", "sk-1"),
        ("OPENAI_BASE_URL", "http://localhost:8080/v1"),
        ("GOOGLE_API_KEY", "g"),
        ("GEMINI_BASE_URL", "https://gw.test/gemini/v1beta"),
        ("MISTRAL_API_KEY", "m"),
    ]);
    let loaded = resolve_sources(&env, &[]).expect("good");
    let shown: Vec<String> = loaded
        .config
        .providers
        .iter()
        .map(|p| format!("{} {}{}", p.name, p.base.authority, p.base.prefix))
        .collect();
    assert_eq!(
        shown,
        [
            "openai api.openai.com",
            "gemini gw.test/gemini",
            "mistral api.mistral.ai"
        ]
    );
    assert_eq!(
        loaded.warnings,
        [Warning::OwnAddress {
            variable: "OPENAI_BASE_URL"
        }]
    );
    assert!(!loaded.config.redacted.to_string().contains("sk-1"));
    let errors = resolve_sources(&inputs(&[]), &[]).expect_err("nothing to serve");
    assert!(
        errors[0]
            .to_string()
            .starts_with("error: no provider: set OPENAI_API_KEY")
    );
}

#[test]
fn drop_ins_join_lists_and_override_values() {
    let dir = tempfile::tempdir().expect("a directory");
    let write =
        |name: &str, text: &str| std::fs::write(dir.path().join(name), text).expect("written");
    std::fs::create_dir(dir.path().join("conf.d")).expect("made");
    write(
        "quotah.toml",
        &format!("{PROVIDER}[server]\nlisten = \"127.0.0.1:1\"\nrequire_key = true\n"),
    );
    write("conf.d/20-b.toml", "[server]\nlisten = \"127.0.0.1:2\"\n");
    write(
        "conf.d/10-a.toml",
        "[[keys]]\nid = \"a\"\nkey = \"0123456789abcdef\"\n",
    );
    write("conf.d/ignored.txt", "not toml");
    let mut inputs = inputs(&[]);
    inputs.flags.config = Some(dir.path().join("quotah.toml"));
    let loaded = super::load(&inputs).unwrap_or_else(|e| panic!("{e:?}"));
    assert_eq!(loaded.files.len(), 3);
    assert_eq!(
        loaded.config.server.listen,
        [Listen::Tcp(([127, 0, 0, 1], 2).into())]
    );
    assert_eq!(
        (loaded.config.keys.len(), loaded.config.server.require_key),
        (1, true)
    );
    write("conf.d/10-a.toml", "[[keys]]\nid = 7\n");
    let errors = super::load(&inputs).expect_err("a fault");
    let at = errors[1].at.as_ref().expect("a place");
    assert!(
        at.path.ends_with("conf.d/10-a.toml") && at.line == 2,
        "{at:?}"
    );
}

#[test]
fn the_starter_is_a_configuration_and_so_is_all_that_it_comments_out() {
    let env = inputs(&[
        ("OPENAI_API_KEY", "o"),
        ("ANTHROPIC_API_KEY", "a"),
        ("AZURE_OPENAI_API_KEY", "z"),
        ("GROQ_KEY_A", "ga"),
        ("GROQ_KEY_B", "gb"),
        ("SEARCH_KEY", "0123456789abcdef"),
        ("QUOTAH_ADMIN_TOKEN", "0123456789abcdef"),
    ]);
    load(STARTER, &env).unwrap_or_else(|e| panic!("{e:?}"));
    let whole: String = STARTER
        .lines()
        .map(|line| {
            line.strip_prefix("# ")
                .filter(|l| l.contains('=') || l.starts_with('['))
                .unwrap_or(line)
        })
        .filter(|line| !line.contains("/run/secrets"))
        .map(|line| format!("{line}\n"))
        .collect();
    let whole = whole.replace(
        "kind = \"gemini\"\n",
        "kind = \"gemini\"\ncredential = \"client\"\n",
    );
    load(&whole, &env).unwrap_or_else(|e| panic!("{e:#?}\n{whole}"));
}

#[test]
fn the_redacted_configuration_has_no_secret_in_it() {
    let text = "[admin]\ntoken = \"topsecret-topsecret\"\n[[providers]]\nkind = \"openai\"\n\
                api_key = \"topsecret\"\nheaders = { x = \"topsecret\" }\n\
                [[keys]]\nid = \"a\"\nkey = \"topsecret-topsecret\"\nteam = \"t\"\n";
    let config = load(text, &inputs(&[]))
        .unwrap_or_else(|e| panic!("{e:?}"))
        .config;
    let shown = config.redacted.to_string();
    assert!(
        !shown.contains("topsecret") && shown.contains(r#""team":"t""#),
        "{shown}"
    );
    assert!(!format!("{config:?}").contains("topsecret"));
}

#[test]
fn a_changed_file_changes_the_digest() {
    let digest = |text: &str| loaded(text).config.digest;
    assert_eq!(digest(""), digest(""));
    assert_ne!(digest(""), digest("# a comment\n"));
    assert_eq!(digest("").len(), 16);
}
