//! Budgets, limits, guards and what belongs to them: what they come to, and what is said of wrong ones.

use std::time::Duration;

use quotah_policy::budget::Mode;
use quotah_policy::{Dimension, KeyForm, Money, Window};

use super::faults::faults;
use super::{Warning, loaded};
use quotah_policy::guard::{Action, Bound, Effort};
use quotah_policy::limit::LimitForm;

use crate::config::policy::ReservationSettings;

#[test]
fn a_budget_arrives_with_its_money_exact_whether_in_quotes_or_not() {
    let config = loaded(
        r#"
[server]
tags = ["feature"]
[[budgets]]
id = "research"
match = { team = "research", model = "claude-*", "tag.feature" = "search" }
per = "tag.feature"
limit_usd = 1_000.10
window = "quarter"
timezone = "Europe/Berlin"
mode = "soft"
alert_at = [0.5, "1.25"]
carry_over = true
raise_usd = "0.000000000001"
raise_until = 2026-12-01T00:00:00+01:00
[[budgets]]
id = "all"
limit_usd = "250"
"#,
    )
    .config;
    let [research, all] = &*config.budgets else {
        panic!("{:?}", config.budgets)
    };
    assert_eq!(research.limit, Money::parse_usd("1000.10").expect("money"));
    assert_eq!(research.selector.conditions().len(), 3);
    assert_eq!(research.per, Some(Dimension::Tag("feature".into())));
    assert_eq!(research.zone.name(), "Europe/Berlin");
    assert_eq!(
        (research.window, research.mode),
        (Window::Quarter, Mode::Soft)
    );
    let alerts: Vec<String> = research.alert_at.iter().map(ToString::to_string).collect();
    assert_eq!(
        (alerts, research.carry_over),
        (vec!["0.5".into(), "1.25".into()], true)
    );
    let shown = &config.redacted["budgets"][0];
    assert_eq!(
        (&shown["limit_usd"], &shown["match"]["team"]),
        (&"1000.10".into(), &"research".into())
    );
    let raise = research.raise.expect("a raise");
    assert_eq!(
        (raise.by.picos(), raise.until_unix_ms),
        (1, 1_796_079_600_000)
    );
    let alerts: Vec<String> = all.alert_at.iter().map(ToString::to_string).collect();
    assert_eq!(alerts, ["0.5", "0.8", "0.95", "1"]);
    assert_eq!(
        (all.window, all.mode, all.zone.name()),
        (Window::Month, Mode::Hard, "UTC")
    );
    assert!(all.selector.conditions().is_empty() && all.per.is_none() && all.raise.is_none());
}

#[test]
#[expect(clippy::too_many_lines, reason = "a whole configuration")]
fn limits_guards_and_reservations_arrive() {
    let config = loaded(
        r#"
[[limits]]
match = { provider = "openai" }
per = "key"
requests_per_minute = 600
tokens_per_minute = 1_000_000
[[limits]]
id = "night"
requests_per_hour = 10
requests_per_day = 100
concurrent = 64
concurrent_streams = 8
[[guards]]
match = { team = "interns" }
max_tokens = 4096
n = 1
n_action = "clamp"
reasoning_effort = "low"
reasoning_effort_action = "clamp"
reasoning_tokens = 0
reasoning_tokens_action = "clamp"
deny = ["tools", "images"]
body_bytes_max = "1MiB"
[reservation]
quantile = 0.9
headroom = 4
[key_defaults]
budget = { limit_usd = 5, window = "day" }
limits = { requests_per_minute = 60 }
expires = "90d"
"#,
    )
    .config;
    assert_eq!(&*config.limits[0].id, "limit-1");
    assert_eq!(config.limits[0].per, Some(Dimension::Key));
    let tokens = config.limits[0].caps.tokens_per_minute;
    assert_eq!(tokens.map(u64::from), Some(1_000_000));
    let night = LimitForm {
        id: "night".into(),
        requests_per_hour: Some(10),
        requests_per_day: Some(100),
        concurrent: Some(64),
        concurrent_streams: Some(8),
        ..LimitForm::default()
    };
    assert_eq!(config.limits[1], night.read().expect("a limit"));
    let guard = &config.guards[0];
    let clamp = |max| {
        Some(Bound {
            max,
            action: Action::Clamp,
        })
    };
    let refuse = Bound {
        max: 4_096,
        action: Action::Refuse,
    };
    assert_eq!(guard.max_tokens, Some(refuse));
    assert_eq!((&*guard.id, guard.answers), ("guard-1", clamp(1)));
    assert_eq!(guard.reasoning_tokens, clamp(0));
    let effort = Bound {
        max: Effort::Low,
        action: Action::Clamp,
    };
    assert_eq!(guard.effort, Some(effort));
    let denied: Vec<_> = guard.deny.names().collect();
    assert_eq!(denied, ["tools", "images"]);
    assert_eq!(guard.body_bytes_max, Some(1 << 20));
    let settings = ReservationSettings {
        prior_output_tokens: 1_024,
        quantile_per_mille: 900,
        headroom: 4,
    };
    assert_eq!(config.reservation, settings);
    let defaults = config.key_defaults;
    let budget = defaults.budget.clone().expect("a budget");
    assert_eq!((&*budget.limit_usd.0, &*budget.window), ("5", "day"));
    assert_eq!(
        defaults.limits.and_then(|l| l.requests_per_minute),
        Some(60)
    );
    assert_eq!(
        defaults.expires_after,
        Some(Duration::from_secs(90 * 86_400))
    );
}

#[test]
fn a_key_gets_what_it_is_made_without() {
    let text = "[key_defaults]\nbudget = { limit_usd = 5 }\nlimits = { concurrent = 1 }\nexpires = \"1d\"\n";
    let defaults = loaded(text).config.key_defaults;
    let mut form = KeyForm::default();
    defaults.fill(&mut form, 1_795_132_800_000);
    assert_eq!(form.expires_at.as_deref(), Some("2026-11-21T00:00:00Z"));
    assert_eq!(form.limits.and_then(|limits| limits.concurrent), Some(1));
    let filled = form.clone();
    let twice = "[key_defaults]\nbudget = { limit_usd = 6 }\nlimits = { concurrent = 2 }\nexpires = \"2d\"\n";
    loaded(twice).config.key_defaults.fill(&mut form, 0);
    assert_eq!(form, filled, "what it has is its own");
}

#[test]
fn nothing_is_limited_unless_it_is_said() {
    let config = loaded("").config;
    assert!(config.budgets.is_empty() && config.limits.is_empty() && config.guards.is_empty());
    assert_eq!(config.reservation, ReservationSettings::default());
    assert_eq!(config.key_defaults.budget, None);
    assert_eq!(config.server.memory_max, 1 << 30);
}

#[test]
fn every_fault_of_a_budget_is_told_in_its_place() {
    let found = faults(
        "[[budgets]]\nid = \"a b\"\nlimit_usd = 1e3\nwindow = \"fortnight\"\ntimezone = \"Mars\"\n\
         mode = \"firm\"\nalert_at = [0]\nraise_usd = 5\nlimt = 1\n",
    );
    let places: Vec<&str> = found.iter().filter_map(|f| f.split(' ').next()).collect();
    assert_eq!(
        places,
        [
            "5:6", "6:13", "7:10", "8:12", "9:8", "10:12", "11:13", "12:1"
        ]
    );
    assert_eq!(
        found[1],
        "6:13 `limit_usd`: an amount is plain digits with at most one point, not 'e'"
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn each_bad_rule_is_told_in_its_place() {
    for (text, said) in [
        (
            "[[budgets]]\nid = \"b\"\n",
            "4:1 [[budgets]] needs `limit_usd`: dollars, such as \"250.00\"",
        ),
        ("[[budgets]]\nlimit_usd = 1\n", "4:1 [[budgets]] needs `id`"),
        (
            "[[budgets]]\nid = \"key:b\"\nlimit_usd = 1\n",
            "5:6 `id` must be a name that does not begin with `key:`, which keys' own budgets do",
        ),
        (
            "[[budgets]]\nid = \"b\"\nlimit_usd = 1\n[[budgets]]\nid = \"b\"\nlimit_usd = 2\n",
            "8:6 budget `b` is defined twice",
        ),
        (
            "[[budgets]]\nid = \"b\"\nlimit_usd = 1\nmatch = { modle = \"m\" }\n",
            "7:11 \"modle\" is none of key, user, team, project, model, provider, tag.<name>, did you mean `model`?",
        ),
        (
            "[[budgets]]\nid = \"b\"\nlimit_usd = 1\nmatch = { \"tag.featur\" = \"m\" }\n[server]\ntags = [\"feature\"]\n",
            "7:11 no request carries the tag `featur`, did you mean `feature`?: name it in server.tags",
        ),
        (
            "[[budgets]]\nid = \"b\"\nlimit_usd = 1\nmatch = { provider = \"opena\" }\n",
            "7:22 no provider is named `opena`, did you mean `openai`?",
        ),
        (
            "[[budgets]]\nid = \"b\"\nlimit_usd = 1\nmatch = { team = \"\" }\n",
            "7:18 `team` must be a text that is not empty",
        ),
        (
            "[[budgets]]\nid = \"b\"\nlimit_usd = 1\nper = \"tag\"\n",
            "7:7 \"tag\" is none of",
        ),
        (
            "[[budgets]]\nid = \"b\"\nlimit_usd = 1\nraise_until = \"soon\"\n",
            "7:15 `raise_until` must be a time such as 2026-12-01T00:00:00Z, or a day (UTC)",
        ),
        (
            "[[budgets]]\nid = \"b\"\nlimit_usd = 1\nalert_at = 0.5\n",
            "7:12 `alert_at` must be a list of numbers",
        ),
        (
            "[[budgets]]\nid = \"b\"\nlimit_usd = 1\n[ledger]\nretain_days = 31\n",
            "4:1 a budget by the month counts what the ledger keeps, which is 31 days: \
             ledger.retain_days must be at least 32",
        ),
        (
            "[[budgets]]\nid = \"b\"\nlimit_usd = 1\nwindow = \"total\"\n[ledger]\nretain_days = 9999\n",
            "7:10 a budget by the total counts what the ledger keeps, which is 9999 days: \
             ledger.retain_days must be left out",
        ),
        (
            "[key_defaults]\nbudget = { limit_usd = 1, id = \"x\" }\n",
            "5:27 unknown key `id` in `budget` in [key_defaults]",
        ),
        (
            "[key_defaults]\nbudget = { limit_usd = 1, mode = \"x\" }\n",
            "5:34 `mode` must be \"hard\" or \"soft\", not \"x\"",
        ),
        (
            "[key_defaults]\nexpires = \"90\"\n",
            "5:11 `expires` must be a time from 1s to 3650d, such as \"90d\" or \"12h\"",
        ),
        (
            "[[limits]]\nper = \"key\"\n",
            "4:1 [[limits]] needs `requests_per_minute`: or another figure, or it limits nothing",
        ),
        (
            "[[limits]]\nrequests_per_minute = 0\n",
            "5:23 `requests_per_minute` must be a whole number from 1 to 1000000000",
        ),
        (
            "[[limits]]\nid = \"limit-2\"\nconcurrent = 1\n[[limits]]\nconcurrent = 2\n",
            "7:1 limit `limit-2` is defined twice",
        ),
        (
            "[[limits]]\nrequest_per_minute = 6\nconcurrent = 1\n",
            "5:1 unknown key `request_per_minute` in [[limits]], did you mean `requests_per_minute`?",
        ),
        (
            "[[guards]]\nmatch = { }\n",
            "4:1 [[guards]] needs `max_tokens`: or another bound, or it guards nothing",
        ),
        (
            "[[guards]]\nn = 0\n",
            "5:5 `n` must be a whole number from 1 to 1000000000",
        ),
        (
            "[[guards]]\nn = 1\nmax_tokens_action = \"clamp\"\n",
            "4:1 [[guards]] needs `max_tokens`: its action alone bounds nothing",
        ),
        (
            "[[guards]]\nmax_tokens = 5\nmax_tokens_action = \"cut\"\n",
            "6:21 `max_tokens_action` must be \"clamp\" or \"refuse\"",
        ),
        (
            "[[guards]]\nreasoning_effort = \"lo\"\n",
            "5:20 `reasoning_effort` must be one of none, minimal, low, medium, high, xhigh, max",
        ),
        (
            "[[guards]]\nmax_tokens = { max = 5 }\n",
            "5:14 `max_tokens` must be a whole number from 1 to 1000000000",
        ),
        (
            "[[keys]]\nid = \"k\"\nkey = \"0123456789abcdef\"\nguards = {}\n",
            "7:10 `guards` in [[keys]] needs `max_tokens`: or another bound, or it guards nothing",
        ),
        (
            "[[guards]]\ndeny = [\"tool\"]\n",
            "5:9 `deny` must be a list of \"tools\", \"server_tools\", \"images\", \"audio\", \"files\"",
        ),
        (
            "[reservation]\nquantile = 99\n",
            "5:12 `quantile` must be a part from 0.001 to 0.999, such as 0.99",
        ),
        (
            "[reservation]\nheadroom = 0\n",
            "5:12 `headroom` must be a whole number from 1 to 1000",
        ),
        (
            "[server]\nmemory_max = \"1MiB\"\n",
            "5:14 `memory_max` must be at least `body_bytes_max`, which is 64MiB",
        ),
        (
            "[server]\nmemory_max = 0\n",
            "5:14 `memory_max` must be a size from 1KiB to 16TiB, such as \"64MiB\"",
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
fn a_budget_of_a_key_bound_tag_needs_no_header() {
    let config = loaded(
        "[[keys]]\nid = \"k\"\nkey = \"0123456789abcdef\"\ntags = { cost_center = \"7\" }\n\
         [[budgets]]\nid = \"b\"\nlimit_usd = 1\nmatch = { \"tag.cost_center\" = \"7\" }\n",
    )
    .config;
    assert_eq!(config.budgets.len(), 1);
}

#[test]
fn a_hard_budget_that_nobody_must_be_counted_in_is_warned_of() {
    let avoidable = [Warning::Avoidable { budget: "b".into() }];
    for (rest, warned) in [
        ("match = { team = \"t\" }\n", true),
        ("match = { team = \"t\" }\nmode = \"soft\"\n", false),
        (
            "match = { team = \"t\" }\n[server]\nrequire_key = true\n",
            false,
        ),
        ("match = { model = \"m\" }\n", false),
        ("per = \"team\"\n", false),
    ] {
        let warnings = loaded(&format!("[[budgets]]\nid = \"b\"\nlimit_usd = 1\n{rest}")).warnings;
        assert_eq!(
            warnings.contains(&avoidable[0]),
            warned,
            "{rest} {warnings:?}"
        );
    }
    let text = "[[budgets]]\nid = \"b\"\nlimit_usd = 1\n[ledger]\nretain_bytes = \"1GiB\"\n";
    let warnings = loaded(text).warnings;
    assert_eq!(warnings, [Warning::ForgottenBySize { budget: "b".into() }]);
}
