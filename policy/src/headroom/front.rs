//! What several answers of unknown order say of one limit: the least of it, for as long as each of them holds.

/// What is left, until it is all back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Left {
    pub(super) remaining: u64,
    pub(super) until_ms: u64,
}

/// The least that was said, in two steps: `near`, and from its reset on `far`.
///
/// Two suffice for answers from both sides of a window's end: the last of the old one ("0, back in a second") must
/// not be forgotten, and must not hide what the new one said ("40, back in a minute").
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Front {
    near: Option<Left>,
    /// More is left than in `near`, and it is back later.
    far: Option<Left>,
}

impl Front {
    /// Takes in what one more answer says. What was back before `now_ms` counts no more.
    ///
    /// A third step is joined with the one whose reset is nearest, to the less of both until the later of both.
    pub(super) fn add(&mut self, said: Left, now_ms: u64) {
        let mut held = [self.near, self.far]
            .into_iter()
            .flatten()
            .filter(|left| now_ms < left.until_ms);
        let (near, far) = match (held.next(), held.next()) {
            (None, _) => (said, None),
            (Some(near), None) => in_order(near, said),
            (Some(near), Some(far)) => {
                let apart = |left: Left| left.until_ms.abs_diff(said.until_ms);
                if apart(near) < apart(far) {
                    in_order(near.with(said), far)
                } else {
                    in_order(near, far.with(said))
                }
            }
        };
        *self = Self {
            near: Some(near),
            far,
        };
    }

    /// What is in force.
    pub(super) fn at(&self, now_ms: u64) -> Option<Left> {
        self.in_force(now_ms).next()
    }

    /// What is in force and what will be.
    pub(super) fn in_force(&self, now_ms: u64) -> impl Iterator<Item = Left> {
        let steps = [self.near, self.far].into_iter().flatten();
        steps.filter(move |left| now_ms < left.until_ms)
    }

    /// When the last that was said is over; 0 when nothing was.
    pub(super) fn until_ms(&self) -> u64 {
        let last = self.far.or(self.near);
        last.map_or(0, |left| left.until_ms)
    }
}

impl Left {
    /// What holds if either is true.
    fn with(self, other: Self) -> Self {
        Self {
            remaining: self.remaining.min(other.remaining),
            until_ms: self.until_ms.max(other.until_ms),
        }
    }
}

/// Both as steps: one alone where it has less and is back later.
fn in_order(one: Left, other: Left) -> (Left, Option<Left>) {
    let (near, far) = if one.until_ms <= other.until_ms {
        (one, other)
    } else {
        (other, one)
    };
    if far.remaining <= near.remaining {
        (far, None)
    } else {
        (near, Some(far))
    }
}
