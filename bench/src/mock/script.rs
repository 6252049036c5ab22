//! What a mock is told beforehand: which requests are answered otherwise, and how often.

use std::sync::Arc;

use parking_lot::Mutex;

use super::directives::Directives;
use super::limit::RequestLimit;

/// Rules tried in order; a request that none matches gets the believable answer.
#[derive(Debug, Default)]
pub struct Script {
    /// The rules, with how often each may still be used.
    rules: Vec<(Rule, Mutex<Option<u32>>)>,
    limit: Option<Arc<RequestLimit>>,
}

/// Which requests are answered otherwise.
#[derive(Debug, Clone, Default)]
pub struct Rule {
    /// The path contains this; empty matches everything.
    pub path: String,
    /// Only this many times; `None` is always.
    pub times: Option<u32>,
    /// How they are answered.
    pub directives: Directives,
}

impl Script {
    /// Answers everything by `directives`.
    #[must_use]
    pub fn always(directives: Directives) -> Self {
        Self::default().then(Rule {
            directives,
            ..Rule::default()
        })
    }

    /// Answers the first `times` requests by `directives`, the rest believably.
    #[must_use]
    pub fn first(times: u32, directives: Directives) -> Self {
        Self::default().then(Rule {
            times: Some(times),
            directives,
            ..Rule::default()
        })
    }

    /// The same script with one more rule, tried after the others.
    #[must_use]
    pub fn then(mut self, rule: Rule) -> Self {
        let left = Mutex::new(rule.times);
        self.rules.push((rule, left));
        self
    }

    /// The same script under a rate limit of the provider's own.
    #[must_use]
    pub fn limited(mut self, limit: Arc<RequestLimit>) -> Self {
        self.limit = Some(limit);
        self
    }

    /// How a request with this target is answered; uses up one time of the rule that matched.
    pub(super) fn directives(&self, target: &str) -> Directives {
        let directives = self.by_rule(target);
        match &self.limit {
            Some(limit) => limit.count(directives),
            None => directives,
        }
    }

    fn by_rule(&self, target: &str) -> Directives {
        let path = target.split('?').next().unwrap_or(target);
        for (rule, left) in &self.rules {
            if !path.contains(&rule.path) {
                continue;
            }
            match &mut *left.lock() {
                None => {}
                Some(0) => continue,
                Some(left) => *left -= 1,
            }
            return rule.directives.clone();
        }
        Directives::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_with_a_count_runs_out_and_the_next_takes_over() {
        let status = |status| Directives {
            status: Some(status),
            ..Directives::default()
        };
        let script = Script::first(2, status(500)).then(Rule {
            path: "/messages".to_owned(),
            times: None,
            directives: status(529),
        });
        let seen: Vec<_> = ["/v1/a", "/v1/a", "/v1/a", "/v1/messages?beta=1"]
            .map(|target| script.directives(target).status)
            .into();
        assert_eq!(seen, [Some(500), Some(500), None, Some(529)]);
    }
}
