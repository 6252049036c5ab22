//! The figures to the millisecond, every order of events that a few thousand dice give, and many threads at once.

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;

use super::*;

/// 2026-11-21T12:00:00Z.
const NOON: u64 = 1_795_262_400_000;

fn breaker(form: BreakerForm) -> Arc<Breaker> {
    Arc::new(Breaker::new(form))
}

/// The default figures, without the ratio.
fn plain() -> Arc<Breaker> {
    breaker(BreakerForm {
        failure_ratio_per_mille: 0,
        ..BreakerForm::default()
    })
}

fn fail(breaker: &Arc<Breaker>, now_ms: u64) -> Option<BreakerChange> {
    breaker.enter(now_ms).ok()?.failed(now_ms)
}

fn succeed(breaker: &Arc<Breaker>, now_ms: u64) -> Option<BreakerChange> {
    breaker.enter(now_ms).ok()?.succeeded(now_ms)
}

/// Open since `NOON`.
fn opened() -> Arc<Breaker> {
    let breaker = plain();
    for _ in 0..4 {
        assert_eq!(fail(&breaker, NOON), None);
    }
    assert!(fail(&breaker, NOON).is_some());
    breaker
}

const UNTIL: u64 = NOON + 30_000;
const OPEN: BreakerState = BreakerState::Open { until_ms: UNTIL };
const FREE: BreakerState = BreakerState::HalfOpen { is_probing: false };
const PROBING: BreakerState = BreakerState::HalfOpen { is_probing: true };

#[test]
fn the_fifth_failure_opens_it_and_not_the_fourth() {
    let breaker = plain();
    for second in 0..4 {
        assert_eq!(fail(&breaker, NOON + second * 1_000), None);
        assert_eq!(breaker.look(NOON + second * 1_000), BreakerState::Closed);
    }
    let until_ms = NOON + 4_000 + 30_000;
    let to = BreakerState::Open { until_ms };
    let from = BreakerState::Closed;
    assert_eq!(
        fail(&breaker, NOON + 4_000),
        Some(BreakerChange { from, to })
    );
    assert_eq!(breaker.look(NOON + 4_000), to);
}

#[test]
fn five_failures_open_it_when_the_last_comes_within_a_window_of_the_first() {
    for (last, opens) in [
        (59_000, true),
        (59_999, true),
        (60_000, false),
        (61_000, false),
    ] {
        let breaker = plain();
        for at in [0, 15_000, 30_000, 45_000] {
            assert_eq!(fail(&breaker, NOON + at), None);
        }
        assert_eq!(fail(&breaker, NOON + last).is_some(), opens, "{last}");
    }
}

#[test]
fn failures_wear_off_one_by_one() {
    let breaker = plain();
    for at in [0, 15_000, 30_000, 45_000, 61_000] {
        assert_eq!(fail(&breaker, NOON + at), None);
    }
    // 15, 30, 45, 61 and 74.999 s: within a window again.
    assert!(fail(&breaker, NOON + 74_999).is_some());
}

#[test]
fn open_lets_nothing_through_until_the_last_millisecond() {
    let breaker = opened();
    for now in [NOON, NOON + 1, UNTIL - 1] {
        assert_eq!(
            breaker.enter(now).unwrap_err(),
            OpenUntil { until_ms: UNTIL }
        );
        assert_eq!(breaker.look(now), OPEN);
    }
    assert_eq!(breaker.look(UNTIL), FREE);
    assert!(breaker.enter(UNTIL).unwrap().is_probe());
}

#[test]
fn one_probe_goes_and_its_success_closes() {
    let breaker = opened();
    let probe = breaker.enter(UNTIL + 5).unwrap();
    assert_eq!(breaker.look(UNTIL + 5), PROBING);
    for now in [UNTIL + 5, UNTIL + 500_000] {
        let refused = breaker.enter(now).unwrap_err();
        assert_eq!(refused.until_ms, now + 1_000);
    }
    let change = probe.succeeded(UNTIL + 700).unwrap();
    assert_eq!((change.from, change.to), (PROBING, BreakerState::Closed));
    // Closed, it has forgotten: the fifth opens it again, not the first.
    for n in 0..4 {
        assert_eq!(fail(&breaker, UNTIL + 800 + n), None);
    }
    assert!(fail(&breaker, UNTIL + 900).is_some());
}

#[test]
fn a_failed_probe_opens_it_anew_for_the_whole_time() {
    let breaker = opened();
    let change = fail(&breaker, UNTIL + 250).unwrap();
    let until_ms = UNTIL + 250 + 30_000;
    assert_eq!(
        (change.from, change.to),
        (PROBING, BreakerState::Open { until_ms })
    );
    assert!(breaker.enter(until_ms - 1).is_err());
    assert!(breaker.enter(until_ms).unwrap().is_probe());
}

#[test]
fn a_probe_that_goes_without_a_word_leaves_its_seat() {
    let breaker = opened();
    drop(breaker.enter(UNTIL).unwrap());
    assert_eq!(breaker.look(UNTIL), FREE);
    let second = breaker.enter(UNTIL).unwrap();
    assert!(breaker.enter(UNTIL).is_err());
    assert!(second.succeeded(UNTIL).is_some());
}

#[test]
fn calls_without_a_verdict_count_nothing() {
    let breaker = plain();
    for _ in 0..100 {
        drop(breaker.enter(NOON).unwrap());
    }
    for _ in 0..4 {
        assert_eq!(fail(&breaker, NOON), None);
    }
    assert_eq!(breaker.look(NOON), BreakerState::Closed);
}

#[test]
fn verdicts_on_calls_from_before_a_change_move_nothing() {
    let breaker = plain();
    let [old_good, old_bad, older_good, older_bad] = [(); 4].map(|()| breaker.enter(NOON).unwrap());
    for _ in 0..5 {
        fail(&breaker, NOON);
    }
    assert_eq!(old_good.succeeded(NOON + 1), None);
    assert_eq!(old_bad.failed(NOON + 1), None);
    assert_eq!(breaker.look(NOON + 1), OPEN);

    let probe = breaker.enter(UNTIL).unwrap();
    assert_eq!(older_good.succeeded(UNTIL), None);
    assert_eq!(breaker.look(UNTIL), PROBING);
    assert!(probe.succeeded(UNTIL).is_some());
    for _ in 0..4 {
        assert_eq!(fail(&breaker, UNTIL), None);
    }
    assert_eq!(older_bad.failed(UNTIL), None);
    assert_eq!(breaker.look(UNTIL), BreakerState::Closed);
}

#[test]
fn a_few_failures_among_many_calls_do_not_open_it() {
    // 1000 calls within the window, `failed` of them; the last fails.
    let last_opens = |failed: u64| {
        let breaker = breaker(BreakerForm::default());
        for n in failed..1_000 {
            succeed(&breaker, NOON + n);
        }
        (1..failed).for_each(|n| assert_eq!(fail(&breaker, NOON + 2_000 + n), None));
        fail(&breaker, NOON + 4_000).is_some()
    };
    assert!(!last_opens(5));
    assert!(!last_opens(499));
    assert!(last_opens(500));
}

#[test]
fn successes_wear_off_with_the_window() {
    let breaker = breaker(BreakerForm::default());
    for _ in 0..1_000 {
        succeed(&breaker, NOON);
    }
    for n in 0..5 {
        assert_eq!(fail(&breaker, NOON + 50_000 + n), None);
    }
    // The window, and at most a twelfth of it more.
    assert!(fail(&breaker, NOON + 65_000).is_some());
}

#[test]
fn no_failures_are_too_many_where_none_were_asked_for() {
    let never = breaker(BreakerForm {
        failures: 0,
        ..BreakerForm::default()
    });
    for n in 0..1_000 {
        assert_eq!(fail(&never, NOON + n), None);
    }
    let first = breaker(BreakerForm {
        failures: 1,
        ..BreakerForm::default()
    });
    assert!(fail(&first, NOON).is_some());
}

#[test]
fn what_it_remembers_is_bounded() {
    let breaker = breaker(BreakerForm {
        failures: u32::MAX,
        window_ms: u64::MAX,
        ..BreakerForm::default()
    });
    (1..100).for_each(|_| assert_eq!(fail(&breaker, NOON), None));
    assert!(fail(&breaker, NOON).is_some());
    assert!(lock(&breaker.inner).failures.capacity() <= 128);
}

#[test]
fn new_figures_keep_the_state() {
    let breaker = plain();
    for _ in 0..3 {
        assert_eq!(fail(&breaker, NOON), None);
    }
    let mut form = BreakerForm {
        failures: 4,
        open_ms: 1_000,
        ..BreakerForm::default()
    };
    assert_eq!(breaker.reform(form, NOON), None);
    assert!(fail(&breaker, NOON).is_some());
    form.open_ms = 60_000;
    assert_eq!(breaker.reform(form, NOON), None);
    assert_eq!(
        breaker.look(NOON),
        BreakerState::Open {
            until_ms: NOON + 1_000
        }
    );
    form.failures = 0;
    let closed = breaker.reform(form, NOON).unwrap();
    assert_eq!(closed.to, BreakerState::Closed);
    assert_eq!(breaker.reform(form, NOON), None);
}

#[test]
fn a_health_check_closes_what_may_be_tried_and_fails_like_a_call() {
    let breaker = opened();
    assert_eq!(breaker.note_probe_from_outside(true, UNTIL - 1), None);
    assert_eq!(breaker.note_probe_from_outside(false, UNTIL - 1), None);
    assert_eq!(breaker.look(UNTIL - 1), OPEN);
    let again = breaker.note_probe_from_outside(false, UNTIL).unwrap();
    assert_eq!(again.from, FREE);

    let probe = breaker.enter(UNTIL + 30_000).unwrap();
    assert_eq!(breaker.note_probe_from_outside(false, UNTIL + 30_000), None);
    let closed = breaker
        .note_probe_from_outside(true, UNTIL + 30_000)
        .unwrap();
    assert_eq!((closed.from, closed.to), (PROBING, BreakerState::Closed));
    assert_eq!(probe.failed(UNTIL + 30_001), None);

    for _ in 0..4 {
        assert_eq!(breaker.note_probe_from_outside(false, UNTIL + 40_000), None);
    }
    assert!(
        breaker
            .note_probe_from_outside(false, UNTIL + 40_000)
            .is_some()
    );
}

#[test]
fn of_a_hundred_threads_at_half_open_one_gets_through() {
    for _ in 0..20 {
        let (breaker, start) = (opened(), Barrier::new(100));
        let through = AtomicUsize::new(0);
        // Held until all have asked: a seat that was left could be taken again.
        let held = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            for _ in 0..100 {
                scope.spawn(|| {
                    start.wait();
                    if let Ok(permit) = breaker.enter(UNTIL) {
                        through.fetch_add(1, Ordering::Relaxed);
                        lock(&held).push(permit);
                    }
                });
            }
        });
        assert_eq!(through.load(Ordering::Relaxed), 1);
        assert!(lock(&held).pop().unwrap().succeeded(UNTIL).is_some());
    }
}

#[derive(Debug, Clone)]
enum Event {
    Pass(u64),
    Enter,
    Succeed(usize),
    Fail(usize),
    Leave(usize),
    Check(bool),
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let one = prop_oneof![
        3 => (0..2_000_u64).prop_map(Event::Pass),
        6 => Just(Event::Enter),
        2 => any::<usize>().prop_map(Event::Succeed),
        4 => any::<usize>().prop_map(Event::Fail),
        1 => any::<usize>().prop_map(Event::Leave),
        1 => any::<bool>().prop_map(Event::Check),
    ];
    prop::collection::vec(one, 1..300)
}

/// What the outside knows of a breaker, from nothing but its answers.
struct Seen {
    breaker: Arc<Breaker>,
    now_ms: u64,
    /// Permits with the number of changes that had been told when they were given.
    held: Vec<(u32, Permit)>,
    changes: u32,
    open_until_ms: Option<u64>,
}

impl Seen {
    fn step(&mut self, event: &Event) {
        let change = match *event {
            Event::Pass(ms) => {
                self.now_ms += ms;
                None
            }
            Event::Enter => {
                self.enter();
                None
            }
            Event::Check(ok) => self.breaker.note_probe_from_outside(ok, self.now_ms),
            Event::Succeed(_) | Event::Fail(_) | Event::Leave(_) if self.held.is_empty() => None,
            Event::Succeed(which) => self.tell(which, Permit::succeeded),
            Event::Fail(which) => self.tell(which, Permit::failed),
            Event::Leave(which) => self.tell(which, |_, _| None),
        };
        if let Some(change) = change {
            self.changes += 1;
            self.open_until_ms = match change.to {
                BreakerState::Open { until_ms } => Some(until_ms),
                BreakerState::Closed | BreakerState::HalfOpen { .. } => None,
            };
        }
    }

    fn enter(&mut self) {
        let is_open = self.open_until_ms.is_some_and(|until| self.now_ms < until);
        let probing = (self.held.iter()).any(|(at, one)| *at == self.changes && one.is_probe());
        match self.breaker.enter(self.now_ms) {
            Ok(permit) => {
                assert!(!is_open, "let through while open");
                assert!(!probing, "let through beside a probe");
                assert_eq!(permit.is_probe(), self.open_until_ms.is_some());
                self.held.push((self.changes, permit));
            }
            Err(OpenUntil { until_ms }) => {
                assert!(is_open || probing, "refused without a reason");
                assert!(until_ms > self.now_ms);
            }
        }
    }

    fn tell(
        &mut self,
        which: usize,
        verdict: impl Fn(Permit, u64) -> Option<BreakerChange>,
    ) -> Option<BreakerChange> {
        let (at, permit) = self.held.swap_remove(which % self.held.len());
        let before = self.breaker.look(self.now_ms);
        let was_probe = permit.is_probe();
        let change = verdict(permit, self.now_ms);
        if at != self.changes {
            assert_eq!(change, None, "an old call changed it");
            assert_eq!(self.breaker.look(self.now_ms), before);
        }
        if was_probe && at == self.changes && change.is_none() {
            assert_eq!(self.breaker.look(self.now_ms), FREE);
        }
        change
    }
}

proptest! {
    #[test]
    fn there_are_never_two_probes_and_open_stays_open_until_its_time(
        events in events(), failures in 1..4_u32, ratio in 0..=1_000_u16,
    ) {
        let form = BreakerForm {
            failures,
            window_ms: 5_000,
            open_ms: 3_000,
            failure_ratio_per_mille: ratio,
        };
        let mut seen = Seen {
            breaker: breaker(form),
            now_ms: NOON,
            held: Vec::new(),
            changes: 0,
            open_until_ms: None,
        };
        for event in &events {
            seen.step(event);
        }
    }

    #[test]
    fn without_a_ratio_it_opens_exactly_when_n_failures_lie_within_a_window(
        pauses in prop::collection::vec(0..30_000_u64, 1..40), failures in 1..8_u32,
    ) {
        let breaker = breaker(BreakerForm { failures, failure_ratio_per_mille: 0, ..BreakerForm::default() });
        let (mut now, mut times) = (NOON, Vec::new());
        for pause in pauses {
            now += pause;
            times.push(now);
            let within = times.iter().filter(|at| now - **at < 60_000).count();
            let opens = within >= usize::try_from(failures).unwrap();
            prop_assert_eq!(fail(&breaker, now).is_some(), opens);
            if opens {
                break;
            }
        }
    }
}
