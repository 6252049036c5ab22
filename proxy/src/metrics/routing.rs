//! What routing did beside the straight way: fallbacks, hedges, mirrored requests.
//!
//! Deployments are named as in the configuration; what it does not know is `other`.

use super::Metrics;
use super::family::Counters;

/// The families.
#[derive(Debug)]
pub(super) struct Routing {
    pub(super) fallbacks: Counters,
    pub(super) hedges: Counters,
    pub(super) mirrored: Counters,
}

/// What became of a second attempt beside a slow one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HedgeResult {
    /// It answered first.
    Won,
    /// The first attempt did, or neither.
    Lost,
}

impl Metrics {
    /// A request went on from one deployment to the next. `reason` is an error class.
    pub fn fell_back(&self, from: &str, to: &str, reason: &'static str) {
        let counter = self.routing.fallbacks.child(&[from, to], &[reason]);
        counter.inc();
    }

    /// A slow attempt had a second one beside it, at `deployment`.
    pub fn hedged(&self, deployment: &str, result: HedgeResult) {
        let result = match result {
            HedgeResult::Won => "won",
            HedgeResult::Lost => "lost",
        };
        self.routing.hedges.child(&[deployment], &[result]).inc();
    }

    /// A copy of a request went to `deployment` and ended with one of the ledger's outcomes.
    pub fn mirrored(&self, deployment: &str, outcome: &'static str) {
        self.routing.mirrored.child(&[deployment], &[outcome]).inc();
    }
}

#[cfg(test)]
mod tests {
    use super::super::Shown;
    use super::*;

    #[test]
    fn fallbacks_hedges_and_mirrors_are_counted_by_deployment() {
        let metrics = Metrics::new("", "");
        metrics.fell_back("a/m", "b/m", "timeout");
        metrics.fell_back("a/m", "b/m", "timeout");
        metrics.hedged("b/m", HedgeResult::Won);
        metrics.hedged("b/m", HedgeResult::Lost);
        metrics.mirrored("c/m", "ok");
        let text = metrics.render(0, &Shown::default());
        for line in [
            r#"quotah_fallbacks_total{from="a/m",reason="timeout",to="b/m"} 2"#,
            r#"quotah_hedges_total{deployment="b/m",result="won"} 1"#,
            r#"quotah_hedges_total{deployment="b/m",result="lost"} 1"#,
            r#"quotah_mirrored_total{deployment="c/m",outcome="ok"} 1"#,
        ] {
            assert!(text.lines().any(|l| l == line), "no {line} in\n{text}");
        }
    }
}
