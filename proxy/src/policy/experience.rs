//! What requests are expected to use, by what others like them used.

use std::sync::atomic::Ordering;

use quotah_policy::{Asked, Expected, Observed, Settings};

use super::Policy;
use crate::config::resolved::Config;
use crate::ledger::{Entry, Metered};

impl Policy {
    /// What the request of `entry` is expected to use.
    pub(crate) fn expect(&self, entry: &Entry, asked: Asked<'_>, config: &Config) -> Expected {
        let reservation = &config.reservation;
        let settings = Settings {
            prior_output_tokens: reservation.prior_output_tokens,
            quantile_per_mille: reservation.quantile_per_mille,
            headroom: reservation.headroom.into(),
            ..Settings::default()
        };
        self.experience.expect(&of(entry, asked), &settings)
    }

    /// Learns from what it used, if its provider told.
    pub(crate) fn learn(&self, entry: &Entry, asked: Asked<'_>) {
        if entry.usage_source() != Metered::Provider {
            return;
        }
        self.experience.observe(&Observed {
            asked: of(entry, asked),
            input_tokens: entry.input_tokens,
            output_tokens: entry.output_tokens,
            delivered_bytes: entry.output_bytes,
        });
        self.has_learned.store(true, Ordering::Relaxed);
    }
}

fn of<'a>(entry: &'a Entry, asked: Asked<'_>) -> Asked<'a> {
    Asked {
        key: &entry.key,
        model: &entry.model_sent,
        prompt_bytes: asked.prompt_bytes,
        body_bytes: asked.body_bytes,
        media: asked.media,
        has_tools: asked.has_tools,
        refers_elsewhere: asked.refers_elsewhere,
        answers: asked.answers,
        output_cap: asked.output_cap,
        reasoning_tokens: asked.reasoning_tokens,
        stream: asked.stream,
        has_output: asked.has_output,
    }
}
