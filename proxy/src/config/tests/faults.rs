//! A table of wrong configurations: what is said of each, and where.

use super::{ConfigError, PROVIDER, inputs, load};

/// `line:column message` of every fault, for a text that follows a good provider (3 lines).
pub(super) fn faults(text: &str) -> Vec<String> {
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
#[expect(clippy::too_many_lines, reason = "a table")]
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
            "[[admin.tokens]]\nname = \"g\"\ntoken = \"0123456789abcdef\"\n\
             [[admin.tokens]]\nname = \"g\"\ntoken = \"fedcba9876543210\"\n",
            "8:8 admin token `g` is defined twice",
        ),
        (
            "[admin]\ntoken = \"0123456789abcdef\"\n\
             [[admin.tokens]]\nname = \"admin\"\ntoken = \"fedcba9876543210\"\n",
            "7:8 admin token `admin` is defined twice",
        ),
        (
            "[admin]\ntoken = \"0123456789abcdef\"\n\
             [[admin.tokens]]\nname = \"g\"\ntoken = \"0123456789abcdef\"\n",
            "8:9 `token` must be a token that no other row has",
        ),
        (
            "[admin]\ntoken = \"sk-qh-0123456789abcdef\"\n",
            "5:9 `token` must be at least 16 visible ASCII characters, and no virtual key",
        ),
        (
            "[[providers]]\nkind = \"opnai\"\napi_key = \"k\"\n",
            "5:8 `kind` must be one of openai, anthropic, gemini, vertex, azure, bedrock, cohere, ollama, custom, mistral, groq, openrouter, deepseek, xai, together, fireworks, perplexity, cerebras, huggingface, alibaba, zai, crusoe, vllm, openai-compatible (did you mean \"openai\"?)",
        ),
        (
            "[[providers]]\nkind = \"custom\"\nbase_url = \"https://acme.test\"\napi_key = \"k\"\n",
            "4:1 [[providers]] needs `adapter`: what its requests and answers look like",
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
        ("[jwt]\n", "4:2 [jwt] is not in this version of Quotah"),
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
    let found = faults("[server]\nrequire_key = 1\nlisen = \"\"\n[log]\nformat = \"xml\"\n[jwt]\n");
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
