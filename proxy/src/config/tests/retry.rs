//! `[retry]`, `[breaker]` and `[cache]`: what they come to, and what is said of wrong ones.

use std::time::Duration;

use quotah_policy::{BreakerForm, RetryForm};

use super::faults::faults;
use super::loaded;
use crate::config::resolved::{CacheSettings, RetrySettings};

#[test]
fn without_a_word_the_figures_are_those_of_the_interface() {
    for text in ["", "[retry]\n[breaker]\n[cache]\n"] {
        let config = loaded(text).config;
        let RetrySettings {
            form,
            same_deployment_max,
            hold,
            cooldown,
            cooldown_quota,
        } = config.retry;
        assert_eq!(
            (
                form.attempts_max,
                form.budget_ratio_per_mille,
                form.budget_min_per_second
            ),
            (3, 200, 10)
        );
        assert_eq!(
            (form.backoff_ms, form.backoff_max_ms, same_deployment_max),
            (100, 2_000, 1)
        );
        let millis = [hold, cooldown, cooldown_quota].map(|span| span.as_millis());
        assert_eq!(millis, [500, 5_000, 60_000]);
        let BreakerForm {
            failures,
            window_ms,
            open_ms,
            failure_ratio_per_mille,
        } = config.breaker;
        assert_eq!(
            (failures, window_ms, open_ms, failure_ratio_per_mille),
            (5, 60_000, 30_000, 500)
        );
        let cache = CacheSettings {
            bytes_max: 256 << 20,
            ttl: Duration::from_secs(3_600),
            answer_bytes_max: 4 << 20,
        };
        assert_eq!(config.cache, cache);
    }
}

#[test]
fn every_figure_that_is_written_arrives() {
    let config = loaded(
        "[retry]\nattempts_max = 10\nbudget_ratio = \"0.05\"\nbudget_min_per_second = 0\n\
         backoff_ms = 0\nbackoff_max_ms = 60_000\nsame_deployment_max = 2\nhold_ms = 0\n\
         cooldown_ms = 1\ncooldown_quota_ms = 86_400_000\n\
         [breaker]\nfailures = 0\nwindow_s = 1\nopen_s = 3_600\nfailure_ratio = 0\n\
         [cache]\nbytes_max = \"1MiB\"\nttl = \"30s\"\nanswer_bytes_max = 4096\n",
    )
    .config;
    let retry = RetrySettings {
        form: RetryForm {
            attempts_max: 10,
            budget_ratio_per_mille: 50,
            budget_min_per_second: 0,
            backoff_ms: 0,
            backoff_max_ms: 60_000,
        },
        same_deployment_max: 2,
        hold: Duration::ZERO,
        cooldown: Duration::from_millis(1),
        cooldown_quota: Duration::from_secs(86_400),
    };
    assert_eq!(config.retry, retry);
    let breaker = BreakerForm {
        failures: 0,
        window_ms: 1_000,
        open_ms: 3_600_000,
        failure_ratio_per_mille: 0,
    };
    assert_eq!(config.breaker, breaker);
    let cache = CacheSettings {
        bytes_max: 1 << 20,
        ttl: Duration::from_secs(30),
        answer_bytes_max: 4_096,
    };
    assert_eq!(config.cache, cache);
}

#[test]
fn a_small_cache_keeps_answers_as_large_as_itself() {
    let cache = loaded("[cache]\nbytes_max = \"1MiB\"\n").config.cache;
    assert_eq!(cache.answer_bytes_max, 1 << 20);
}

#[test]
fn a_wrong_figure_of_retries_is_told_in_its_place() {
    for (text, said) in [
        (
            "[retry]\nattempts_max = 0\n",
            "5:16 `attempts_max` must be a whole number from 1 to 10",
        ),
        (
            "[retry]\nattempts = 3\n",
            "5:1 unknown key `attempts` in [retry], did you mean `attempts_max`?",
        ),
        (
            "[retry]\nbudget_ratio = 1.1\n",
            "5:16 `budget_ratio` must be a part from 0 to 1 with at most 3 decimals",
        ),
        (
            "[retry]\nbudget_min_per_second = 10_001\n",
            "5:25 `budget_min_per_second` must be a whole number from 0 to 10000",
        ),
        (
            "[retry]\nbackoff_ms = 3_000\n",
            "5:14 `backoff_ms` must be at most `backoff_max_ms`, which is 2000",
        ),
        (
            "[retry]\nbackoff_max_ms = 50\n",
            "5:18 `backoff_max_ms` must be at least `backoff_ms`, which is 100",
        ),
        (
            "[retry]\nbackoff_max_ms = 60_001\n",
            "5:18 `backoff_max_ms` must be a whole number from 0 to 60000",
        ),
        (
            "[retry]\nsame_deployment_max = 11\n",
            "5:23 `same_deployment_max` must be a whole number from 1 to 10",
        ),
        (
            "[retry]\nhold_ms = 10_001\n",
            "5:11 `hold_ms` must be a whole number from 0 to 10000",
        ),
        (
            "[retry]\ncooldown_ms = -1\n",
            "5:15 `cooldown_ms` must be a whole number from 0 to 3600000",
        ),
        (
            "[retry]\ncooldown_quota_ms = 86_400_001\n",
            "5:21 `cooldown_quota_ms` must be a whole number from 0 to 86400000",
        ),
    ] {
        assert_eq!(faults(text), [said], "{text}");
    }
}

#[test]
fn a_wrong_figure_of_breakers_and_caches_is_told_in_its_place() {
    for (text, said) in [
        (
            "[breaker]\nfailures = 101\n",
            "5:12 `failures` must be a whole number from 0 to 100",
        ),
        (
            "[breaker]\nwindow_s = 0\n",
            "5:12 `window_s` must be a whole number from 1 to 3600",
        ),
        (
            "[breaker]\nopen_s = \"30s\"\n",
            "5:10 `open_s` must be a whole number from 1 to 3600",
        ),
        (
            "[breaker]\nopen_ms = 30\n",
            "5:1 unknown key `open_ms` in [breaker], did you mean `open_s`?",
        ),
        (
            "[breaker]\nfailure_ratio = 0.0005\n",
            "5:17 `failure_ratio` must be a part from 0 to 1 with at most 3 decimals",
        ),
        (
            "[cache]\nbytes_max = 1\n",
            "5:13 `bytes_max` must be a size from 1KiB to 1TiB, such as \"64MiB\"",
        ),
        ("[cache]\nttl = 60\n", "5:7 `ttl` must be a text in quotes"),
        (
            "[cache]\nbytes_max = \"1MiB\"\nanswer_bytes_max = \"2MiB\"\n",
            "6:20 `answer_bytes_max` must be at most `bytes_max`, which is 1MiB",
        ),
        (
            "[cache]\nbyte_max = 1\n",
            "5:1 unknown key `byte_max` in [cache], did you mean `bytes_max`?",
        ),
    ] {
        assert_eq!(faults(text), [said], "{text}");
    }
}
