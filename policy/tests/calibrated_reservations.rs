//! Agents that allow themselves 128,000 output tokens and use 300, on a budget that could not hold two worst cases.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "what fails, fails the test"
)]

use std::sync::Arc;

use quotah_policy::budget::{
    Account, Ask, Balance, Budget, Charge, Mode, Part, Parts, Reservation, charge, reserve_share,
};
use quotah_policy::{
    Asked, Ceiling, Class, Expected, Experience, Live, Money, Most, Observed, Price, Rate,
    Selector, ServiceTier, Settings, Window, Zone,
};

const AGENTS: usize = 8;
const NOW: u64 = 1_795_240_000_000;
const INPUT_TOKENS: u64 = 250;
/// Four bytes of English a token.
const TOKEN_BYTES: u64 = 4;
const CHUNK_TOKENS: u64 = 5;

fn usd(text: &str) -> Money {
    Money::parse_usd(text).unwrap()
}

/// A budget of five dollars, a model at 20 dollars a million output tokens, and what has been learned of it.
struct World {
    budget: Arc<Budget>,
    account: Arc<Account>,
    price: Price,
    experience: Experience,
    random: u64,
}

/// A request under way.
struct Running {
    held: Reservation,
    expected: Expected,
    ceiling: Ceiling,
    /// The output that the model would give if nobody stopped it.
    wants_tokens: u64,
    cap: u64,
    live: Live,
    came_tokens: u64,
}

/// What became of a stream's chunk.
#[derive(PartialEq, Eq)]
enum Step {
    More,
    Ended,
    Cut,
}

impl World {
    fn new(seed: u64) -> Self {
        let budget = Budget {
            id: "agents".into(),
            selector: Selector::default(),
            per: None,
            limit: usd("5"),
            window: Window::Total,
            zone: Zone::utc(),
            mode: Mode::Hard,
            alert_at: Vec::new(),
            carry_over: false,
            raise: None,
        };
        let mtok = |usd| Rate::parse_usd_per_mtok(usd).unwrap();
        Self {
            account: Arc::new(Account::new("", &budget, NOW)),
            budget: Arc::new(budget),
            price: Price::new(mtok("4")).with(Class::Output, mtok("20")),
            experience: Experience::new(),
            random: seed,
        }
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.random = self
            .random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.random >> 33) % bound
    }

    /// About 300, from 200 to 400.
    fn usual_tokens(&mut self) -> u64 {
        200 + self.below(101) + self.below(101)
    }

    fn asked(stream: bool) -> Asked<'static> {
        Asked {
            key: "agent",
            model: "m",
            prompt_bytes: 900,
            body_bytes: 1_100,
            answers: 1,
            output_cap: Some(128_000),
            stream,
            has_output: true,
            ..Asked::default()
        }
    }

    fn part(&self) -> Parts {
        let part = Part::new(&self.budget, Arc::clone(&self.account), true);
        std::iter::once(part).collect()
    }

    fn balance(&self) -> Balance {
        self.account.balance(&self.budget, NOW)
    }

    /// What is neither spent nor ever will be as things stand.
    fn left(&self) -> Money {
        let balance = self.balance();
        balance.limit.saturating_sub(balance.spent)
    }

    /// Begins a request; `None` when it is refused.
    fn begin(&self, stream: bool, wants_tokens: u64) -> Option<Running> {
        let expected = self
            .experience
            .expect(&Self::asked(stream), &Settings::default());
        let ceiling = |input_tokens| {
            let most = Most {
                input_tokens,
                ..Most::default()
            };
            Ceiling::of(&self.price, ServiceTier::Standard, &most).unwrap()
        };
        let ceiling = ceiling(expected.input_likely);
        let ask = Ask {
            most: ceiling.cost(expected.output_hold),
            least: ceiling.cost(expected.output_least),
        };
        let held = reserve_share(self.part(), ask, NOW).ok()?;
        let affordable = ceiling.affordable_output(held.amount()).unwrap();
        Some(Running {
            held,
            ceiling,
            wants_tokens,
            cap: expected.cap_for(affordable).unwrap_or(u64::MAX),
            live: expected.live(),
            came_tokens: 0,
            expected,
        })
    }

    /// Books what came; the provider tells how much that was unless the stream was `cut`.
    fn settle(&self, running: Running, stream: bool, is_cut: bool) {
        let cost = running.cost();
        assert!(cost <= running.held.amount(), "a bill above what was held");
        if !is_cut {
            self.experience.observe(&Observed {
                asked: Self::asked(stream),
                input_tokens: INPUT_TOKENS,
                output_tokens: running.came_tokens,
                delivered_bytes: running.came_tokens * TOKEN_BYTES,
            });
        }
        let at_unix_ms = NOW;
        charge(&self.part(), running.held, Charge { cost, at_unix_ms });
        assert!(self.balance().room() >= Money::ZERO);
    }

    /// Serves a plain request whole.
    fn finish(&self, mut running: Running) {
        running.came_tokens = running.wants_tokens.min(running.cap);
        self.settle(running, false, false);
    }

    /// Serves plain answers by all agents, in any order, until a request is refused with none other under way.
    fn plain_until_spent(&mut self, mut tokens: impl FnMut(&mut Self) -> u64) -> Served {
        let mut agents: [Option<Running>; AGENTS] = [const { None }; AGENTS];
        let mut served = Served::default();
        loop {
            let agent = usize::try_from(self.below(AGENTS as u64)).unwrap();
            if let Some(running) = agents[agent].take() {
                served.whole += u32::from(running.wants_tokens <= running.cap);
                served.capped += u32::from(running.wants_tokens > running.cap);
                self.finish(running);
                continue;
            }
            let wants = tokens(self);
            agents[agent] = self.begin(false, wants);
            if agents[agent].is_none() {
                let left = self.left();
                served.left_at_refusal = served.left_at_refusal.max(left);
                if agents.iter().all(Option::is_none) {
                    return served;
                }
            }
        }
    }
}

/// How plain requests fared.
#[derive(Debug, Default)]
struct Served {
    whole: u32,
    capped: u32,
    /// What was not spent when the first one was refused.
    left_at_refusal: Money,
}

impl Running {
    /// What the provider bills for what came.
    fn cost(&self) -> Money {
        let input = i128::from(INPUT_TOKENS) * 4_000_000;
        Money::from_picos(input + i128::from(self.came_tokens) * 20_000_000)
    }

    /// A chunk of a stream comes; more is set aside when it and one more are not paid for.
    fn chunk(&mut self) -> Step {
        let tokens = CHUNK_TOKENS.min(self.wants_tokens - self.came_tokens);
        self.came_tokens += tokens;
        self.live.arrived(tokens * TOKEN_BYTES);
        assert!(
            self.cost() <= self.held.amount(),
            "more came than is paid for"
        );
        if self.came_tokens == self.wants_tokens {
            return Step::Ended;
        }
        let bytes = self.came_tokens * TOKEN_BYTES;
        let paid = self.ceiling.affordable_output(self.held.amount()).unwrap();
        if bytes <= self.live.bytes_for(paid) {
            return Step::More;
        }
        let missing = |tokens| {
            let cost = self.ceiling.cost(tokens);
            cost.saturating_sub(self.held.amount()).max(Money::ZERO)
        };
        let next = self.live.tokens_with_next(bytes);
        let ask = Ask {
            most: missing(next + self.expected.output_hold),
            least: missing(next),
        };
        match self.held.raise(ask, NOW) {
            Ok(_) => Step::More,
            Err(_) => Step::Cut,
        }
    }
}

/// Twenty calls one after the other.
fn experienced(seed: u64, stream: bool) -> World {
    let mut world = World::new(seed);
    for _ in 0..20 {
        let wants = world.usual_tokens();
        let mut running = world.begin(false, wants).unwrap();
        running.came_tokens = wants;
        world.settle(running, stream, false);
    }
    world
}

#[test]
fn eight_agents_are_served_until_cents_are_left() {
    for seed in 1..=20 {
        let mut world = experienced(seed, false);
        let served = world.plain_until_spent(World::usual_tokens);
        assert!(served.left_at_refusal <= usd("0.07"), "{served:?}");
        assert_eq!(served.capped, 0, "an answer was cut short");
        // A call costs 0.7 cents.
        assert!((680..=710).contains(&served.whole), "{served:?}");
        assert!(world.left() < usd("0.0085"), "{} left", world.left());
    }
}

#[test]
fn plain_answers_that_grow_are_capped_and_the_budget_holds() {
    for seed in 1..=20 {
        let mut world = experienced(seed, false);
        let first = world.begin(false, 20_000).unwrap();
        assert!(
            first.cap < 3_600,
            "eight times what is usual: {}",
            first.cap
        );
        world.finish(first);
        let served = world.plain_until_spent(|_| 20_000);
        // Learned at once: what is usual now costs 40 cents.
        assert!(served.whole >= 10, "{served:?}");
        assert!(world.left() < usd("0.44"), "{} left", world.left());
        let balance = world.balance();
        assert!(balance.spent <= balance.limit);
        assert_eq!(balance.reserved, Money::ZERO);
    }
}

#[test]
fn streams_that_grow_raise_what_they_hold_until_they_are_cut() {
    for seed in 1..=5 {
        let mut world = experienced(seed, true);
        let spent = world.balance().spent;
        let mut agents: Vec<Running> = (0..AGENTS)
            .map(|_| world.begin(true, 40_000).unwrap())
            .collect();
        let mut cut = 0;
        while !agents.is_empty() {
            let agent = usize::try_from(world.below(agents.len() as u64)).unwrap();
            match agents[agent].chunk() {
                Step::More => assert!(world.balance().room() >= Money::ZERO),
                Step::Ended => world.settle(agents.swap_remove(agent), true, false),
                Step::Cut => {
                    world.settle(agents.swap_remove(agent), true, true);
                    cut += 1;
                }
            }
        }
        assert!(cut > 0, "8 x 40,000 tokens are 6.40 USD");
        let balance = world.balance();
        assert_eq!(balance.reserved, Money::ZERO);
        assert!(spent < balance.spent && balance.spent <= balance.limit);
        // Nothing was cut while there was money for it.
        assert!(world.left() < usd("0.45"), "{} left", world.left());
    }
}
