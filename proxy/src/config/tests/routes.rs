//! `[[models]]`: what routes come to, and what is said of wrong ones.

use std::time::Duration;

use quotah_adapters::translate::Api;
use quotah_policy::route::{Strategy, Weights};

use super::faults::faults;
use super::{inputs, load, loaded};
use crate::config::resolved::{FallbackOn, Hedge, Mirror, Model, RouteCache};

/// A row `f` with one deployment and `lines` beside it.
fn row(lines: &str) -> String {
    format!("[[models]]\nname = \"f\"\ndeployments = [{{ provider = \"openai\" }}]\n{lines}\n")
}

fn route(lines: &str) -> Model {
    loaded(&row(lines)).config.models.remove(0)
}

fn only_fault(text: &str) -> String {
    let mut found = faults(text);
    assert_eq!(found.len(), 1, "{text}\n{found:#?}");
    found.remove(0)
}

#[test]
fn a_row_alone_is_ordered_and_does_nothing_beside_it() {
    let model = route("");
    assert_eq!(model.strategy, Strategy::Ordered);
    assert_eq!(model.weights, Weights::default());
    assert_eq!(model.fallback_on, FallbackOn::default());
    assert_eq!((model.hedge, model.mirror, model.cache), (None, None, None));
    assert!(model.when.is_none() && model.session_header.is_none());
    let [deployment] = &*model.deployments else {
        panic!("{:?}", model.deployments)
    };
    assert_eq!((deployment.weight, deployment.context_tokens), (1, None));
    assert!(deployment.model.is_none() && deployment.when.is_none());
}

#[test]
fn every_way_of_choosing_is_taken_over_several_deployments() {
    for (word, strategy) in [
        ("ordered", Strategy::Ordered),
        ("weighted", Strategy::Weighted),
        ("fastest", Strategy::Fastest),
        ("cheapest", Strategy::Cheapest),
        ("balanced", Strategy::Balanced),
    ] {
        let text = format!(
            "[[models]]\nname = \"f\"\nroute = \"{word}\"\n\
             deployments = [{{ provider = \"openai\", model = \"a\", weight = 0 }}, \
             {{ provider = \"openai\", model = \"b\", weight = 1_000_000, context_tokens = 128_000 }}]\n"
        );
        let model = loaded(&text).config.models.remove(0);
        assert_eq!(model.strategy, strategy);
        let told: Vec<_> = model.deployments.iter().map(|d| d.weight).collect();
        assert_eq!(told, [0, 1_000_000]);
        assert_eq!(model.deployments[1].context_tokens, Some(128_000));
    }
}

#[test]
fn weights_that_are_written_are_all_that_count() {
    let weights = |text: &str| route(&format!("route = \"balanced\"\n{text}")).weights;
    assert_eq!(weights(""), Weights::default());
    let some = Weights {
        latency: 1,
        success: 0,
        cost: 1_000,
        breaker: 0,
        headroom: 0,
    };
    assert_eq!(weights("weights = { latency = 1, cost = 1_000 }"), some);
}

#[test]
fn refusals_hedges_mirrors_and_caches_arrive() {
    let model = route(
        "fallback_on = [\"content_filter\", \"context_overflow\"]\nhedge = { after_ms = 800 }\n\
         mirror = { provider = \"openai\", model = \"shadow\", share = \"0.05\" }\n\
         cache = { ttl = \"10m\", any_temperature = true }\nsession_header = \"X-Session\"",
    );
    assert!(model.fallback_on.content_filter && model.fallback_on.context_overflow);
    let after = Some(Duration::from_millis(800));
    assert_eq!(model.hedge, Some(Hedge { after }));
    let mirror = Mirror {
        provider: 0,
        model: Some("shadow".into()),
        share_ppm: 50_000,
    };
    assert_eq!(model.mirror, Some(mirror));
    let cache = RouteCache {
        ttl: Duration::from_secs(600),
        any_temperature: true,
    };
    assert_eq!(model.cache, Some(cache));
    let header = model.session_header.expect("a header");
    assert_eq!(header.as_str(), "x-session");
}

#[test]
fn what_is_only_switched_on_takes_its_figures_from_elsewhere() {
    let text = row("hedge = true\ncache = true\nfallback_on = \"content_filter\"");
    let model = loaded(&format!("{text}[cache]\nttl = \"2h\"\n"))
        .config
        .models
        .remove(0);
    assert_eq!(model.hedge, Some(Hedge { after: None }));
    assert_eq!(
        model.cache.expect("kept").ttl,
        Duration::from_secs(2 * 3_600)
    );
    assert_eq!(
        (
            model.fallback_on.content_filter,
            model.fallback_on.context_overflow
        ),
        (true, false)
    );
    let off = route("hedge = false\ncache = false");
    assert_eq!((off.hedge, off.cache), (None, None));
}

#[test]
fn a_share_is_exact_to_the_millionth_in_quotes_or_not() {
    for (share, ppm) in [("0.000001", 1), ("\"1\"", 1_000_000), ("0.333333", 333_333)] {
        let text = format!("mirror = {{ provider = \"openai\", share = {share} }}");
        assert_eq!(route(&text).mirror.expect(share).share_ppm, ppm);
    }
}

#[test]
fn a_wrong_line_of_a_row_is_told_in_its_place() {
    for (line, said) in [
        (
            "rout = \"ordered\"",
            "7:1 unknown key `rout` in [[models]], did you mean `route`?",
        ),
        (
            "route = \"cheap\"",
            "7:9 `route` must be \"ordered\" or \"weighted\" or \"fastest\" or \"cheapest\" or \"balanced\"",
        ),
        (
            "weights = { cost = 1 }",
            "7:11 `weights` must be left out unless route = \"balanced\", which weighs",
        ),
        ("hedge = 1", "7:9 `hedge` must be true, false or a table"),
        (
            "hedge = { after_ms = 0 }",
            "7:22 `after_ms` must be a whole number from 1 to 600000",
        ),
        (
            "hedge = { after = 800 }",
            "7:11 unknown key `after` in `hedge` in [[models]], did you mean `after_ms`?",
        ),
        (
            "fallback_on = [\"content_filters\"]",
            "7:16 `fallback_on` must be a list of \"content_filter\", \"context_overflow\" (did you mean \"content_filter\"?)",
        ),
        (
            "mirror = { provider = \"opena\", share = 0.1 }",
            "7:23 no provider is named `opena`, did you mean `openai`?",
        ),
        (
            "mirror = { provider = \"openai\" }",
            "7:10 `mirror` in [[models]] needs `share`: how many requests are copied, such as 0.05",
        ),
        (
            "mirror = { provider = \"openai\", share = 0 }",
            "7:41 `share` must be a part from above 0 to 1 with at most 6 decimals",
        ),
        (
            "mirror = { provider = \"openai\", share = 1.5 }",
            "7:41 `share` must be a part from above 0 to 1",
        ),
        (
            "mirror = { provider = \"openai\", share = 0.0000001 }",
            "7:41 `share` must be a part",
        ),
        (
            "cache = { ttl = \"10 minutes\" }",
            "7:17 `ttl` must be a time from 1s to 3650d",
        ),
        (
            "cache = { any_temprature = true }",
            "7:11 unknown key `any_temprature` in `cache` in [[models]], did you mean `any_temperature`?",
        ),
        (
            "session_header = \"x session\"",
            "7:18 `session_header` must be a header's name",
        ),
    ] {
        let found = only_fault(&row(line));
        assert!(
            found.starts_with(said),
            "{line}\nexpected {said}\nfound    {found}"
        );
    }
}

#[test]
fn weights_must_weigh_something() {
    for (weights, said) in [
        (
            "{ cost = 0 }",
            "8:11 `weights` must be above 0 for at least one factor",
        ),
        (
            "{ cost = 1_001 }",
            "8:20 `cost` must be a whole number from 0 to 1000",
        ),
        (
            "{ cost = 1, latancy = 1 }",
            "8:23 unknown key `latancy` in `weights` in [[models]], did you mean `latency`?",
        ),
    ] {
        let text = row(&format!("route = \"balanced\"\nweights = {weights}"));
        assert_eq!(only_fault(&text), said);
    }
}

#[test]
fn a_wrong_deployment_is_told_in_its_place() {
    for (deployment, said) in [
        (
            "provider = \"openai\", weight = 1_000_001",
            "6:48 `weight` must be a whole number from 0 to 1000000",
        ),
        (
            "provider = \"openai\", wieght = 2",
            "6:39 unknown key `wieght` in `deployments` in [[models]], did you mean `weight`?",
        ),
        (
            "provider = \"openai\", context_tokens = 0",
            "6:56 `context_tokens` must be a whole number from 1 to 1000000000",
        ),
    ] {
        let text = format!("[[models]]\nname = \"f\"\ndeployments = [{{ {deployment} }}]\n");
        assert_eq!(only_fault(&text), said);
    }
}

#[test]
fn a_route_chooses_among_64_at_most_with_every_credential_counted() {
    let keys: Vec<String> = (0..16)
        .map(|at| format!("{{ name = \"k{at}\", api_key = \"s{at}\" }}"))
        .collect();
    let provider = format!(
        "[[providers]]\nkind = \"groq\"\ncredentials = [{}]\n",
        keys.join(", ")
    );
    let with = |deployments: usize, lone: usize| {
        let pooled = vec!["{ provider = \"groq\" }"; deployments].join(", ");
        let lone = ", { provider = \"openai\" }".repeat(lone);
        format!("{provider}[[models]]\nname = \"f\"\ndeployments = [{pooled}{lone}]\n")
    };
    let most = loaded(&with(4, 0)).config;
    assert_eq!(most.models[0].deployments.len(), 4);
    assert_eq!(
        only_fault(&with(4, 1)),
        "9:15 `deployments` must be at most 64, each with every credential of its provider: 65 are written"
    );
}

#[test]
fn a_name_taken_without_condition_leaves_nothing_to_rows_below() {
    let text = row("aliases = [\"g\"]")
        + "[[models]]\nname = \"g\"\ndeployments = [{ provider = \"openai\" }]\n";
    assert_eq!(
        only_fault(&text),
        "9:8 model `g` is defined twice: a row above has no `when`, so no request comes to this one"
    );
}

#[test]
fn conditions_arrive_and_let_rows_share_a_name() {
    let row = |when: &str| {
        format!(
            "[[models]]\nname = \"f\"\n{when}\ndeployments = [{{ provider = \"openai\", when = \"!stream\" }}]\n"
        )
    };
    let (gold, silver) = (
        row("when = 'tags.tier == \"gold\"'"),
        row("when = 'team == \"a\"'"),
    );
    for text in [
        [&*gold, &*silver, &*row("")].concat(),
        [&*gold, &*silver].concat(),
    ] {
        let models = loaded(&text).config.models;
        let first = models[0].when.as_ref().expect("a condition");
        assert_eq!(first.text(), "tags.tier == \"gold\"");
        let deployment = models[1].deployments[0].when.as_ref();
        assert_eq!(deployment.expect("a condition").text(), "!stream");
        assert!(models.get(2).is_none_or(|model| model.when.is_none()));
    }
    let unreached = [&*gold, &*row(""), &*silver].concat();
    assert_eq!(
        only_fault(&unreached),
        "13:8 model `f` is defined twice: a row above has no `when`, so no request comes to this one"
    );
}

#[test]
fn a_wrong_condition_is_told_in_its_place() {
    for (line, said, meant) in [
        (
            "when = 'teem == \"a\"'",
            "7:8 `when`: unknown variable \"teem\"",
            ", did you mean `team`?",
        ),
        ("when = 'team =='", "7:8 `when`: line 1, column ", ""),
        ("when = 'team'", "7:8 `when`: says ", ""),
        (
            "when = ''",
            "7:8 `when` must be a text that is not empty",
            "",
        ),
        ("when = true", "7:8 `when` must be a text in quotes", ""),
    ] {
        let found = only_fault(&row(line));
        assert!(
            found.starts_with(said) && found.ends_with(meant),
            "{line}\nexpected {said}\nfound    {found}"
        );
    }
}

#[test]
fn what_the_guide_shows_is_a_configuration() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/routing.md");
    let guide = std::fs::read_to_string(path).expect("is there");
    let blocks = guide.split("```toml\n").skip(1);
    let blocks = blocks.filter_map(|rest| rest.split("```").next());
    let providers = ["openai", "groq", "anthropic", "gemini"]
        .map(|kind| format!("[[providers]]\nkind = \"{kind}\"\napi_key = \"k\"\n"))
        .concat();
    let keys = [("OPENAI_KEY_A", "a"), ("OPENAI_KEY_B", "b")];
    let mut seen = 0;
    for block in blocks {
        let text = if block.contains("[[providers]]") {
            block.to_owned()
        } else if block.starts_with('[') {
            format!("{providers}{block}")
        } else {
            format!("{providers}{}", row(block))
        };
        load(&text, &inputs(&keys)).unwrap_or_else(|e| panic!("{e:?}\n{text}"));
        seen += 1;
    }
    assert_eq!(seen, 6);
}

#[test]
fn what_is_lost_in_translation_may_be_left_out_in_a_row_or_at_one_deployment() {
    for (row, deployment, lossy) in [
        ("", "", false),
        ("lossy = true", "", true),
        ("lossy = true", ", lossy = false", false),
        ("", ", lossy = true", true),
    ] {
        let text = format!(
            "[[models]]\nname = \"f\"\n{row}\ndeployments = [{{ provider = \"openai\"{deployment} }}]\n"
        );
        let model = loaded(&text).config.models.remove(0);
        assert_eq!(model.deployments[0].lossy, lossy, "{row}{deployment}");
        assert_eq!(model.deployments[0].api, None);
    }
}

#[test]
fn a_deployment_of_openais_dialect_may_say_in_which_of_two_ways_it_is_asked() {
    for (word, api) in [
        ("chat", Api::Chat),
        ("responses", Api::Responses),
        ("own", Api::Own),
    ] {
        let text = format!(
            "[[models]]\nname = \"f\"\ndeployments = [{{ provider = \"openai\", api = \"{word}\" }}]\n"
        );
        let model = loaded(&text).config.models.remove(0);
        assert_eq!(model.deployments[0].api, Some(api));
    }
}

#[test]
fn a_provider_without_openais_dialect_is_asked_in_its_own_alone() {
    let row = |api: &str| {
        format!(
            "[[providers]]\nkind = \"anthropic\"\napi_key = \"sk-test\"\n\n[[models]]\nname = \"f\"\n\
             deployments = [{{ provider = \"anthropic\", api = \"{api}\" }}]\n"
        )
    };
    let said = only_fault(&row("chat"));
    let wanted =
        "`api` must be left out, or \"own\", for a provider that does not speak OpenAI's dialect";
    assert!(said.ends_with(wanted), "{said}");
    let model = loaded(&row("own")).config.models.remove(0);
    assert_eq!(model.deployments[0].api, Some(Api::Own));
}
