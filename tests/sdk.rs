//! The unmodified client libraries through Quotah: what they raise, what they read, and that every token
//! is the same on the SDK's side, in the ledger, in the metrics and in the provider's own books.

mod budget;
mod providers;
mod translated;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use quotah_bench::mock::{Mock, Tokens};
use serde_json::Value;

use crate::harness::{
    Config, Entry, Quotah, Rates, cost_of, provider, served, target_dir, tokens_of, workspace,
};

#[test]
fn openai_passes_and_every_token_is_on_all_books() {
    passes(&Library {
        script: "with_openai.py",
        environment: "sdk-venv",
        ..OPENAI
    });
}

#[test]
fn openai_of_a_major_version_back_passes_and_every_token_is_on_all_books() {
    passes(&Library {
        environment: "sdk-venv-older",
        ..OPENAI
    });
}

#[test]
fn anthropic_passes_and_every_token_is_on_all_books() {
    passes(&ANTHROPIC);
}

#[test]
fn anthropic_of_a_major_version_back_passes_and_every_token_is_on_all_books() {
    passes(&Library {
        environment: "sdk-venv-older",
        ..ANTHROPIC
    });
}

#[test]
fn google_genai_passes_and_every_token_is_on_all_books() {
    passes(&GOOGLE_GENAI);
}

/// A client library, and how its users point it at a gateway.
struct Library {
    script: &'static str,
    environment: &'static str,
    provider: &'static str,
    /// The variables of base URL and key, and what the library wants behind the host.
    base_url: (&'static str, &'static str),
    key: &'static str,
    /// Published prices of the models that the script names.
    rates: &'static [(&'static str, Rates)],
    /// Calls that cost something; in their order the provider's requests are theirs.
    metered_calls: usize,
    /// The class that an unknown key and a forbidden model raise.
    refusals: [&'static str; 2],
}

const OPENAI: Library = Library {
    script: "with_openai.py",
    environment: "sdk-venv",
    provider: "openai",
    base_url: ("OPENAI_BASE_URL", "/v1"),
    key: "OPENAI_API_KEY",
    rates: &[
        ("gpt-4o-mini", rates(150_000, 75_000, 0, 600_000)),
        ("gpt-3.5-turbo-instruct", rates(1_500_000, 0, 0, 2_000_000)),
        ("text-embedding-3-small", rates(20_000, 0, 0, 0)),
    ],
    metered_calls: 9,
    refusals: ["AuthenticationError", "PermissionDeniedError"],
};

const ANTHROPIC: Library = Library {
    script: "with_anthropic.py",
    environment: "sdk-venv",
    provider: "anthropic",
    base_url: ("ANTHROPIC_BASE_URL", ""),
    key: "ANTHROPIC_API_KEY",
    rates: &[(
        "claude-haiku-4-5",
        rates(1_000_000, 100_000, 1_250_000, 5_000_000),
    )],
    metered_calls: 3,
    refusals: ["AuthenticationError", "PermissionDeniedError"],
};

const GOOGLE_GENAI: Library = Library {
    script: "with_google_genai.py",
    environment: "sdk-venv",
    provider: "gemini",
    base_url: ("GOOGLE_GEMINI_BASE_URL", ""),
    key: "GEMINI_API_KEY",
    rates: &[
        ("gemini-2.5-flash", rates(300_000, 30_000, 0, 2_500_000)),
        ("gemini-embedding-001", rates(150_000, 0, 0, 0)),
    ],
    metered_calls: 4,
    refusals: ["ClientError", "ClientError"],
};

const fn rates(input: u64, cached: u64, cache_write: u64, output: u64) -> Rates {
    Rates {
        input,
        cached,
        cache_write,
        output,
    }
}

/// The key that the script is given; its provider's own is another.
const KEY: &str = "sk-virtual-key-of-the-sdk-tests";

fn passes(library: &Library) {
    let provider = provider();
    let allowed: Vec<_> = library
        .rates
        .iter()
        .map(|(model, _)| format!("{model:?}"))
        .collect();
    let quotah = Config::toward(&provider)
        .server("require_key = true")
        .key(
            "sdk",
            KEY,
            &format!("team = \"clients\"\nmodels = [{}]", allowed.join(", ")),
        )
        .start();
    let calls = run(library, &quotah);
    errors_reach_the_caller(library, &calls);
    let entries = quotah.ledger_of(provider.requests().len() + 1);
    let sent: Vec<Entry> = entries
        .iter()
        .filter(|entry| entry.str("outcome") != "refused")
        .cloned()
        .collect();
    each_call_is_booked_as_billed(library, &provider, &sent, &calls);
    metrics_say_the_same(library, &quotah, &sent);
    assert!(
        entries
            .iter()
            .all(|entry| entry.str("key") == "sdk" && entry.str("team") == "clients")
    );
    for request in provider.requests() {
        assert!(
            !String::from_utf8_lossy(&request.head).contains(KEY),
            "the key went upstream"
        );
    }
}

/// Runs the script against the gateway; its JSON lines.
fn run(library: &Library, quotah: &Quotah) -> Vec<Value> {
    let (variable, tail) = library.base_url;
    let base_url = format!("{}{tail}", quotah.proxy_url());
    let variables = [(variable, &*base_url), (library.key, KEY)];
    script(library.environment, library.script, &variables)
}

/// Runs a script of `tests/sdk` with these variables; its JSON lines.
pub(crate) fn script(environment: &str, name: &str, variables: &[(&str, &str)]) -> Vec<Value> {
    let python = environments().join(environment).join("bin/python");
    // A client that waits for ever is a failure too.
    let output = Command::new("timeout")
        .arg("60")
        .arg(python)
        .arg(workspace().join("tests/sdk").join(name))
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .envs(variables.iter().copied())
        .output()
        .expect("python starts");
    let (told, complaint) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{told}{complaint}");
    let line = |line: &str| serde_json::from_str(line).expect("a JSON line");
    told.lines().map(line).collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The environments' directory, filled once.
pub(crate) fn environments() -> PathBuf {
    static FILLED: OnceLock<()> = OnceLock::new();
    FILLED.get_or_init(|| {
        let setup = workspace().join("tests/sdk/setup");
        let status = Command::new(setup)
            .env("CARGO_TARGET_DIR", target_dir())
            .status();
        assert!(
            status.expect("bash starts").success(),
            "the libraries cannot be installed"
        );
    });
    target_dir()
}

/// The provider's errors raise what they raise without a gateway; Quotah's own what their users catch.
fn errors_reach_the_caller(library: &Library, calls: &[Value]) {
    let by_call: BTreeMap<&str, &Value> = calls
        .iter()
        .map(|call| (call["call"].as_str().unwrap_or_default(), call))
        .collect();
    for (name, call) in &by_call {
        if let Some(status) = name.strip_prefix("provider says ") {
            assert_eq!(call["status"].to_string(), status, "{call}");
        }
    }
    assert_eq!(by_call["unknown key"]["error"], library.refusals[0]);
    assert_eq!(by_call["unknown key"]["status"], 401);
    assert_eq!(by_call["model not allowed"]["error"], library.refusals[1]);
    assert_eq!(by_call["model not allowed"]["status"], 403);
    if let Some(call) = by_call.get("provider breaks a stream off") {
        assert!(!call["error"].is_null(), "a broken stream looked whole");
    }
}

/// Request by request: the ledger has what the provider billed and what the SDK was told, at the published price.
fn each_call_is_booked_as_billed(
    library: &Library,
    provider: &Mock,
    sent: &[Entry],
    calls: &[Value],
) {
    let requests = served(provider, sent.len());
    assert_eq!(sent.len(), requests.len(), "each request once");
    let whole = sent
        .iter()
        .zip(&requests)
        .filter(|(entry, _)| entry.str("outcome") == "ok");
    let mut metered = 0;
    for (entry, request) in whole {
        assert_eq!(entry.tokens(), request.billed, "{}", entry.0);
        if request.billed == Tokens::default() {
            continue;
        }
        metered += 1;
        assert_eq!(entry.str("usage_source"), "provider", "{}", entry.0);
        let model = entry.str("model_sent");
        let (_, rates) = library
            .rates
            .iter()
            .find(|(name, _)| *name == model)
            .expect("priced");
        assert_eq!(
            entry.u64("cost_picousd"),
            rates.picousd(request.billed),
            "{}",
            entry.0
        );
    }
    assert_eq!(metered, library.metered_calls);
    let seen_by_client = calls.iter().filter(|call| call["usage"].is_object());
    for call in seen_by_client {
        let count = |class: &str| call["usage"][class].as_u64().unwrap_or(0);
        let tokens = Tokens {
            input: count("input"),
            cached: count("cached"),
            cache_write: count("cache_write"),
            output: count("output"),
            reasoning: count("reasoning"),
        };
        assert!(sent.iter().any(|entry| entry.tokens() == tokens), "{call}");
    }
    for call in calls
        .iter()
        .filter(|call| call["chunks_without_choice"].is_u64())
    {
        let asked = u64::from(call["usage"].is_object());
        assert_eq!(call["chunks_without_choice"], asked, "{call}");
    }
}

/// The counters are the sums of the entries, to the token and to the pico-dollar.
fn metrics_say_the_same(library: &Library, quotah: &Quotah, sent: &[Entry]) {
    let metrics = quotah.metrics();
    for (model, _) in library.rates {
        let of_model: Vec<_> = sent
            .iter()
            .filter(|entry| entry.str("model_sent") == *model)
            .collect();
        let tokens = tokens_of(of_model.iter().copied());
        let classes = [
            ("input", tokens.input),
            ("cached_input", tokens.cached),
            ("cache_write", tokens.cache_write),
            ("output", tokens.output),
            ("reasoning", tokens.reasoning),
        ];
        let whose = [("provider", library.provider), ("model", *model)];
        for (class, count) in classes {
            let labels = [whose[0], whose[1], ("type", class)];
            let counted = metrics.sum("quotah_tokens_total", &labels);
            #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
            let count = count as f64;
            assert!(
                (counted - count).abs() < 0.5,
                "{model} {class}: {counted} for {count}"
            );
        }
        let cost = metrics.picousd("quotah_cost_usd_total", &whose);
        assert_eq!(cost, cost_of(of_model.iter().copied()), "{model}");
    }
}
