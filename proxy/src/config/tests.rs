//! Tables of configurations: what is wrong in each and where, and what the right ones come to.

use std::time::Duration;

use super::resolved::{Credential, Listen, LogFormat, Role};
use super::tree::Source;
use super::{ConfigError, Environment, Flags, Inputs, Loaded, STARTER, Warning, resolve_sources};

const PROVIDER: &str = "[[providers]]\nkind = \"openai\"\napi_key = \"sk-1\"\n";

fn inputs(variables: &[(&str, &str)]) -> Inputs {
    let env = Environment::from_pairs([("HOME", "/home/me")].iter().chain(variables).copied());
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

/// `line:column message` of every fault, for a text that follows a good provider (3 lines).
fn faults(text: &str) -> Vec<String> {
    let errors = load(&format!("{PROVIDER}{text}"), &inputs(&[])).expect_err(text);
    let line = |e: ConfigError| {
        let at =
            e.at.map(|at| format!("{}:{} ", at.line, at.column))
                .unwrap_or_default();
        format!("{at}{}", e.problem)
    };
    errors.into_iter().map(line).collect()
}

#[test]
fn a_fault_is_shown_with_its_file_line_column_and_text() {
    let errors = load(
        "[server]\n  lisen = \"127.0.0.1:1\"\n",
        &inputs(&[("OPENAI_API_KEY", "k")]),
    );
    let shown = errors.expect_err("a fault")[0].to_string();
    let expected = "\
error: unknown key `lisen` in [server], did you mean `listen`?
 --> quotah.toml:2:3
  |
2 |   lisen = \"127.0.0.1:1\"
  |   ^^^^^";
    assert_eq!(shown, expected);
}

#[test]
fn each_bad_setting_is_told_in_its_place() {
    for (text, said) in [
        (
            "[sever]\n",
            "4:2 unknown key `sever` in the configuration, did you mean `server`?",
        ),
        (
            "[server]\nlisten = 8080\n",
            "5:10 `listen` must be a text in quotes",
        ),
        (
            "[server]\nlisten = \"example.com:80\"\n",
            "5:10 `listen` must be an IP address with a port such as 127.0.0.1:8080, localhost:8080, or unix:/path",
        ),
        (
            "[server]\nlisten = \"0.0.0.0:80\"\n",
            "5:10 0.0.0.0:80 can be reached from other machines and no key is required: set \
             server.require_key = true, or server.allow_unauthenticated = true if that is meant",
        ),
        (
            "[server]\nrequire_key = \"yes\"\n",
            "5:15 `require_key` must be true or false",
        ),
        (
            "[server]\ndrain_seconds = -1\n",
            "5:17 `drain_seconds` must be a whole number from 0 to 3600",
        ),
        (
            "[server]\ndrain_seconds = 2.5\n",
            "5:17 `drain_seconds` must be a whole number from 0 to 3600",
        ),
        (
            "[server]\nbody_bytes_max = \"64 megs\"\n",
            "5:18 `body_bytes_max` must be a size from 1KiB to 1GiB, such as \"64MiB\"",
        ),
        (
            "[server]\non_client_disconnect = \"stop\"\n",
            "5:24 `on_client_disconnect` must be \"cancel\" or \"drain\"",
        ),
        (
            "[server]\ntls = { cert = \"c.pem\" }\n",
            "5:7 `tls` in [server] needs `key`",
        ),
        (
            "[admin]\ntoken = \"short\"\n",
            "5:9 `token` must be at least 16 visible ASCII characters",
        ),
        (
            "[[admin.tokens]]\nname = \"g\"\ntoken = \"0123456789abcdef\"\nrole = \"root\"\n",
            "7:8 `role` must be \"viewer\" or \"operator\" or \"admin\"",
        ),
        (
            "[[providers]]\nkind = \"opnai\"\napi_key = \"k\"\n",
            "5:8 `kind` must be one of openai, anthropic, gemini, openai-compatible (did you mean \"openai\"?)",
        ),
        (
            "[[providers]]\nkind = \"mistral\"\napi_key = \"k\"\n",
            "5:8 provider kind \"mistral\" is not in this version of Quotah",
        ),
        (
            "[[providers]]\nkind = \"anthropic\"\n",
            "4:1 [[providers]] needs `api_key`: or write credential = \"client\" to pass on what clients send",
        ),
        (
            "[[providers]]\nkind = \"openai-compatible\"\n",
            "4:1 [[providers]] needs `base_url`: this kind has no address of its own",
        ),
        (
            "[[providers]]\nkind = \"openai\"\napi_key = \"k\"\n",
            "4:1 provider `openai` is defined twice",
        ),
        (
            "[[providers]]\nname = \"v1\"\nkind = \"openai\"\napi_key = \"k\"\n",
            "5:8 `name` must be at most 64 letters, digits, `_`, `-`, `.`, and not a version such as \"v1\"",
        ),
        (
            "[[providers]]\nname = \"b\"\nkind = \"openai\"\napi_key = \"k\"\nbase_url = \"https://u:p@h\"\n",
            "8:12 `base_url` must be an address without a user name or password",
        ),
        (
            "[[providers]]\nname = \"b\"\nkind = \"openai\"\napi_key = \"${NOPE}\"\n",
            "7:11 environment variable NOPE is not set",
        ),
        (
            "[[providers]]\nname = \"b\"\nkind = \"openai\"\napi_key = \"\"\n",
            "7:11 `api_key` must be visible ASCII characters, at least one",
        ),
        (
            "[[providers]]\nname = \"b\"\nkind = \"openai\"\napi_key = \"k\"\nheaders = { host = \"x\" }\n",
            "8:13 `host` must be a header name other than those that Quotah sets",
        ),
        (
            "[[models]]\nname = \"fast\"\ndeployments = [{ provider = \"opena\" }]\n",
            "6:29 no provider is named `opena`, did you mean `openai`?",
        ),
        (
            "[[models]]\nname = \"fast\"\n",
            "4:1 [[models]] needs `deployments`: at least one { provider = \"…\", model = \"…\" }",
        ),
        (
            "[[models]]\nname = \"fast\"\naliases = [\"fast\"]\ndeployments = [{ provider = \"openai\" }]\n",
            "6:12 model `fast` is defined twice",
        ),
        (
            "[[models]]\nname = \"f\"\nroute = \"cheapest\"\n\
             deployments = [{ provider = \"openai\" }, { provider = \"openai\", model = \"x\" }]\n",
            "6:9 route = \"cheapest\" over several deployments is not in this version of Quotah",
        ),
        (
            "[[keys]]\nid = \"a\"\nkey = \"short\"\n",
            "6:7 `key` must be at least 16 visible ASCII characters",
        ),
        (
            "[[keys]]\nid = \"anonymous\"\nkey = \"0123456789abcdef\"\n",
            "5:6 `id` must be letters, digits, `_`, `-`, `.`, and not \"anonymous\"",
        ),
        (
            "[[prices]]\nprovider = \"openai\"\nmodel = \"m\"\ninput_usd_per_mtok = 0.1234567\n",
            "7:22 `input_usd_per_mtok` must be an exact decimal number: ",
        ),
        (
            "[[prices]]\nprovider = \"openai\"\nmodel = \"m\"\n",
            "4:1 [[prices]] needs `input_usd_per_mtok`",
        ),
        (
            "[[prices]]\nprovider = \"openai\"\nmodel = \"m\"\ninput_usd_per_mtok = 1\neffective_from = 2026-02-30\n",
            "8:18 ",
        ),
        (
            "[[budgets]]\nid = \"b\"\n",
            "4:3 [[budgets]] is not in this version of Quotah",
        ),
        (
            "[retry]\nattempts_max = 3\n",
            "4:2 [retry] is not in this version of Quotah",
        ),
        (
            "[metrics]\ngenai = true\n",
            "5:1 `genai` in [metrics] is not in this version of Quotah",
        ),
        (
            "[log]\nfilter = \"a=b=c\"\n",
            "5:10 `filter` must be filter directives such as \"info\" or \"warn,quotah=debug\"",
        ),
        ("[server\n", "4:8 not valid TOML: "),
        (
            "[server]\nlisten = \"a\"\nlisten = \"b\"\n",
            "6:1 not valid TOML: ",
        ),
    ] {
        let found = faults(text);
        assert_eq!(found.len(), 1, "{text}\n{found:#?}");
        assert!(
            found[0].starts_with(said),
            "{text}\nexpected {said}\nfound    {}",
            found[0]
        );
    }
}

#[test]
fn all_faults_are_told_at_once_in_the_order_of_the_file() {
    let found =
        faults("[server]\nrequire_key = 1\nlisen = \"\"\n[log]\nformat = \"xml\"\n[cache]\n");
    let places: Vec<&str> = found.iter().filter_map(|f| f.split(' ').next()).collect();
    assert_eq!(places, ["5:15", "6:1", "8:10", "9:2"]);
}

#[test]
fn no_fault_shows_a_secret() {
    let text = "[[providers]]\nname = \"x\"\nkind = \"openai\"\napi_key = \"sk-hidden\u{7}\"\n\
                [[keys]]\nid = \"a\"\nkey = \"hidden-hidden hidden\"\n";
    for error in load(text, &inputs(&[])).expect_err("faults") {
        assert!(!error.to_string().contains("hidden"), "{error}");
        assert!(!format!("{error:?}").contains("hidden"), "{error:?}");
    }
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
    assert_eq!(config.server.drain, Duration::from_secs(25));
    assert!(!config.server.require_key);
    assert_eq!(
        config.data_dir.to_str(),
        Some("/home/me/.local/share/quotah")
    );
    assert_eq!(config.log.format, LogFormat::Json);
    assert_eq!(&*config.providers[0].base.authority, "api.openai.com");
}

#[test]
fn everything_that_is_written_arrives() {
    let config = loaded(
        r#"
data_dir = "/data"
"#,
    );
    drop(config);
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
    assert_eq!(shown, ["openai api.openai.com", "gemini gw.test/gemini"]);
    assert_eq!(
        loaded.warnings,
        [
            Warning::OwnAddress {
                variable: "OPENAI_BASE_URL"
            },
            Warning::NotYet {
                variable: "MISTRAL_API_KEY"
            },
        ]
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
        ("ANTHROPIC_API_KEY", "a"),
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
