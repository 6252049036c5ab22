//! What a mock is told beforehand: which requests are answered otherwise, and how often.

use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;

use super::directives::Directives;
use super::limit::RequestLimit;
use super::request::Request;

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
    /// A header's value contains this, such as a credential; empty matches everything.
    pub bearing: String,
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

    /// How a request is answered; uses up one time of the rule that matched.
    pub(super) fn directives(&self, request: &Request) -> Directives {
        let directives = self.by_rule(request);
        match &self.limit {
            Some(limit) => limit.count(directives),
            None => directives,
        }
    }

    fn by_rule(&self, request: &Request) -> Directives {
        for (rule, left) in &self.rules {
            if !rule.matches(request) {
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

impl Rule {
    fn matches(&self, request: &Request) -> bool {
        let target = request.target.as_str();
        let path = target.split('?').next().unwrap_or(target);
        let bearing = self.bearing.as_bytes();
        let bears = |(_, value): &(Bytes, Bytes)| memchr::memmem::find(value, bearing).is_some();
        path.contains(&self.path) && (bearing.is_empty() || request.headers.iter().any(bears))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(target: &str, key: &'static str) -> Request {
        Request {
            head: Bytes::new(),
            method: "POST".to_owned(),
            target: target.to_owned(),
            headers: vec![(
                Bytes::from_static(b"x-api-key"),
                Bytes::from_static(key.as_bytes()),
            )],
            body: Bytes::new(),
            chunked: false,
            close: false,
        }
    }

    #[test]
    fn a_rule_with_a_count_runs_out_and_the_next_takes_over() {
        let status = |status| Directives {
            status: Some(status),
            ..Directives::default()
        };
        let script = Script::first(2, status(500)).then(Rule {
            path: "/messages".to_owned(),
            directives: status(529),
            ..Rule::default()
        });
        let seen: Vec<_> = ["/v1/a", "/v1/a", "/v1/a", "/v1/messages?beta=1"]
            .map(|target| script.directives(&request(target, "")).status)
            .into();
        assert_eq!(seen, [Some(500), Some(500), None, Some(529)]);
    }

    #[test]
    fn a_rule_may_be_for_one_credential() {
        let script = Script::default().then(Rule {
            bearing: "key-b".to_owned(),
            directives: Directives {
                status: Some(429),
                ..Directives::default()
            },
            ..Rule::default()
        });
        let seen = ["key-a", "key-b"].map(|key| script.directives(&request("/v1/a", key)).status);
        assert_eq!(seen, [None, Some(429)]);
    }
}
