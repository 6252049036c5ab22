//! What the admin plane says, in forms that tests ask.

use serde_json::Value;

use super::money::picousd;

/// A ledger entry as the admin plane shows it.
#[derive(Debug, Clone)]
pub(crate) struct Entry(pub(crate) Value);

impl Entry {
    /// A number that must be there.
    pub(crate) fn u64(&self, field: &str) -> u64 {
        self.0[field]
            .as_u64()
            .unwrap_or_else(|| panic!("no number {field:?} in {}", self.0))
    }

    /// A text; empty when it is null or absent.
    pub(crate) fn str(&self, field: &str) -> &str {
        self.0[field].as_str().unwrap_or_default()
    }

    pub(crate) fn bool(&self, field: &str) -> bool {
        self.0[field]
            .as_bool()
            .unwrap_or_else(|| panic!("no boolean {field:?} in {}", self.0))
    }

    /// Input, cached, written to the cache, output, reasoning: as the mock counts them.
    pub(crate) fn tokens(&self) -> quotah_bench::mock::Tokens {
        quotah_bench::mock::Tokens {
            input: self.u64("input_tokens"),
            cached: self.u64("cached_input_tokens"),
            cache_write: self.u64("cache_write_tokens"),
            output: self.u64("output_tokens"),
            reasoning: self.u64("reasoning_tokens"),
        }
    }
}

/// The samples of one look at `/metrics`.
#[derive(Debug, Clone)]
pub(crate) struct Samples {
    text: String,
}

impl Samples {
    pub(crate) fn parse(text: &str) -> Self {
        Self {
            text: text.to_owned(),
        }
    }

    /// Everything as it was sent.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Name and labels of each sample, and its value as written.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let samples = self.text.lines().filter(|line| !line.starts_with('#'));
        samples.filter_map(|line| line.rsplit_once(' '))
    }

    /// The sum over a metric's samples that have all these labels; 0 when there is none.
    pub(crate) fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let values = self.values(name, labels).into_iter();
        values
            .map(|value| value.parse::<f64>().unwrap_or(f64::NAN))
            .sum()
    }

    /// The same for dollars, exactly: 10⁻¹² USD.
    pub(crate) fn picousd(&self, name: &str, labels: &[(&str, &str)]) -> u64 {
        self.values(name, labels).into_iter().map(picousd).sum()
    }

    /// The values, as written, of a metric's samples that have all these labels.
    fn values(&self, name: &str, labels: &[(&str, &str)]) -> Vec<&str> {
        let wanted: Vec<String> = labels.iter().map(|(k, v)| format!("{k}=\"{v}\"")).collect();
        let matching = self.iter().filter(|(sample, _)| {
            let (found, rest) = sample.split_once('{').unwrap_or((sample, ""));
            found == name && wanted.iter().all(|label| rest.contains(label))
        });
        matching.map(|(_, value)| value).collect()
    }

    /// How many series of a metric there are.
    pub(crate) fn series(&self, name: &str) -> usize {
        let is_it = |sample: &str| sample.split('{').next() == Some(name);
        self.iter().filter(|(sample, _)| is_it(sample)).count()
    }
}
