//! Why a request went where it went: what was known of each candidate, and one sentence made of it.

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::{usd, word};
use crate::ledger::entry::{Decision, Weighed, nanousd};

impl Serialize for Decision {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("strategy", &self.strategy)?;
        map.serialize_entry("because", &self.because())?;
        map.serialize_entry("candidates", &self.candidates)?;
        map.end()
    }
}

impl Serialize for Weighed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("deployment", &self.deployment)?;
        map.serialize_entry("credential", &word(&self.credential))?;
        map.serialize_entry("state", &self.state)?;
        map.serialize_entry("chosen", &self.chosen)?;
        map.serialize_entry("score", &share(self.score))?;
        map.serialize_entry("factors", &Factors(self))?;
        let cost = self.expected_picousd;
        map.serialize_entry("expected_usd", &cost.map(|pico| usd(pico.into())))?;
        map.serialize_entry("expected_nanousd", &cost.map(nanousd))?;
        let first_byte_ms = self.first_byte_us.map(|us| us / 1_000);
        map.serialize_entry("first_byte_ms", &first_byte_ms)?;
        map.serialize_entry("warm_tokens", &self.warm_tokens)?;
        map.serialize_entry("cached_share", &self.cached_share.map(share))?;
        map.serialize_entry("translated_to", &word(&self.translated_to))?;
        map.serialize_entry("lost", &self.lost)?;
        map.end()
    }
}

/// What spoke for a candidate, each from 0 to 1; the best has 1.
struct Factors<'a>(&'a Weighed);

impl Serialize for Factors<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(weighed) = self;
        let mut map = serializer.serialize_map(Some(5))?;
        map.serialize_entry("latency", &share(weighed.latency))?;
        map.serialize_entry("success", &share(weighed.success))?;
        map.serialize_entry("cost", &share(weighed.cost))?;
        map.serialize_entry("breaker", &share(weighed.breaker))?;
        map.serialize_entry("headroom", &share(weighed.headroom))?;
        map.end()
    }
}

impl Decision {
    /// Why the chosen one was chosen, in one sentence: by what, among how many, and what kept the others out.
    #[must_use]
    pub fn because(&self) -> String {
        let could = |candidate: &&Weighed| matches!(&*candidate.state, "ready" | "half_open");
        let ready = self.candidates.iter().filter(could).count();
        let chosen = self.candidates.iter().find(|candidate| candidate.chosen);
        let mut sentence = match (chosen, ready) {
            (None, _) => "none could be called".to_owned(),
            (Some(_), 0 | 1) => "the only one that could be called".to_owned(),
            (Some(_), _) => format!("{} {ready} that could be called", self.by()),
        };
        if chosen.is_some_and(|chosen| chosen.state == "half_open") {
            sentence.push_str(", as the probe of its breaker");
        }
        let out: Vec<&Weighed> = self.candidates.iter().filter(|c| !could(c)).collect();
        for (place, candidate) in out.iter().take(OUT_NAMED_MAX).enumerate() {
            sentence.push_str(if place == 0 { "; " } else { ", " });
            sentence.push_str(&self.name(candidate));
            sentence.push(' ');
            sentence.push_str(kept_out_by(&candidate.state));
        }
        let unnamed = out.len().saturating_sub(OUT_NAMED_MAX);
        if unnamed > 0 {
            sentence.push_str(&format!(", and {unnamed} more could not"));
        }
        sentence
    }

    /// What the strategy goes by.
    fn by(&self) -> &'static str {
        match &*self.strategy {
            "ordered" => "the first of",
            "weighted" => "by lot among",
            "fastest" => "the fastest of",
            "cheapest" => "the cheapest of",
            "balanced" => "the best score of",
            _ => "one of",
        }
    }

    /// A candidate's name, with its credential where its deployment has several.
    fn name(&self, of: &Weighed) -> String {
        let mut same = self
            .candidates
            .iter()
            .filter(|c| c.deployment == of.deployment);
        if same.nth(1).is_some() && !of.credential.is_empty() {
            return format!("{} ({})", of.deployment, of.credential);
        }
        of.deployment.clone()
    }
}

/// Why a candidate could not be called, by its state.
fn kept_out_by(state: &str) -> &str {
    match state {
        "open" => "was open",
        "cooling" => "was cooling down",
        "full" => "had no headroom for it",
        "not_allowed" => "was not for it",
        "tried" => "had been tried",
        "too_small" => "had too small a context for it",
        "unsayable" => "could not be asked all of it",
        _ => "could not be called",
    }
}

/// Candidates that a sentence names among those that could not be called.
const OUT_NAMED_MAX: usize = 3;

/// A number of ten thousand as a decimal from 0 to 1. Its shortest form is exact: it has at most four digits.
pub(crate) fn share(of_ten_thousand: u32) -> f64 {
    f64::from(of_ten_thousand) / 10_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(deployment: &str, state: &str, chosen: bool) -> Weighed {
        Weighed {
            deployment: deployment.to_owned(),
            state: state.to_owned(),
            chosen,
            ..Weighed::default()
        }
    }

    fn decision(strategy: &str, candidates: Vec<Weighed>) -> Decision {
        Decision {
            strategy: strategy.to_owned(),
            candidates,
        }
    }

    #[test]
    fn a_decision_says_in_a_sentence_what_it_went_by_and_who_was_kept_out() {
        let three = vec![
            candidate("groq/llama", "open", false),
            candidate("openai/gpt", "ready", false),
            candidate("azure/gpt", "ready", true),
        ];
        let said = "the cheapest of 2 that could be called; groq/llama was open";
        assert_eq!(decision("cheapest", three).because(), said);
        let alone = vec![candidate("openai/gpt", "half_open", true)];
        let said = "the only one that could be called, as the probe of its breaker";
        assert_eq!(decision("ordered", alone).because(), said);
        let none = vec![candidate("openai/gpt", "full", false)];
        let said = "none could be called; openai/gpt had no headroom for it";
        assert_eq!(decision("ordered", none).because(), said);
    }

    #[test]
    fn of_many_that_were_kept_out_three_are_named_with_the_credential_where_there_are_several() {
        let mut many: Vec<Weighed> = (0..5)
            .map(|number| Weighed {
                credential: format!("k{number}"),
                ..candidate("p/m", "cooling", false)
            })
            .collect();
        many.push(candidate("q/m", "ready", true));
        let said = "the only one that could be called; p/m (k0) was cooling down, p/m (k1) was cooling down, \
                    p/m (k2) was cooling down, and 2 more could not";
        assert_eq!(decision("weighted", many).because(), said);
    }

    #[test]
    fn factors_are_decimals_of_four_digits_and_money_is_exact() {
        let weighed = Weighed {
            score: 8_301,
            latency: 5_000,
            success: 10_000,
            expected_picousd: Some(1_234_500),
            first_byte_us: Some(120_999),
            cached_share: Some(25),
            translated_to: "anthropic".to_owned(),
            lost: vec!["n".to_owned()],
            ..candidate("p/m", "ready", true)
        };
        let text = serde_json::to_string(&weighed).expect("serializes");
        let wanted = concat!(
            r#"{"deployment":"p/m","credential":null,"state":"ready","chosen":true,"score":0.8301,"#,
            r#""factors":{"latency":0.5,"success":1.0,"cost":0.0,"breaker":0.0,"headroom":0.0},"#,
            r#""expected_usd":"0.0000012345","expected_nanousd":1235,"first_byte_ms":120,"#,
            r#""warm_tokens":0,"cached_share":0.0025,"translated_to":"anthropic","lost":["n"]}"#
        );
        assert_eq!(text, wanted);
    }
}
