//! Bytes of request bodies in memory: counted as they come, given back when a body is let go.

use prometheus::IntGauge;

/// What is in memory of one body, for as long as this lives.
#[derive(Debug)]
pub struct Held {
    all: IntGauge,
    bytes: i64,
}

impl Held {
    pub(super) fn new(all: &IntGauge) -> Self {
        Self {
            all: all.clone(),
            bytes: 0,
        }
    }

    /// Counts so many bytes more, and gives how many there are of all bodies.
    ///
    /// Of bodies that grow at once, the one that is counted last sees them all. If none goes on that sees more than a
    /// bound, the bound holds.
    pub fn grow(&mut self, bytes: usize) -> u64 {
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        self.bytes = self.bytes.saturating_add(bytes);
        self.all.add(bytes);
        self.all()
    }

    /// How many there are of all bodies, bytes.
    #[must_use]
    pub fn all(&self) -> u64 {
        u64::try_from(self.all.get()).unwrap_or(0)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.all.sub(self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_let_go_is_given_back() {
        let gauge = IntGauge::new("held", "for a test").expect("a good name");
        let (mut one, mut other) = (Held::new(&gauge), Held::new(&gauge));
        assert_eq!((one.grow(3), other.grow(4), one.grow(5)), (3, 7, 12));
        drop(one);
        assert_eq!(other.all(), 4);
        drop(other);
        assert_eq!(gauge.get(), 0);
    }
}
