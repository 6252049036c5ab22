//! What choosing a deployment costs: the choice, and what candidates are made from.
//!
//! `cargo bench -p quotah-bench --bench routing`. The aim is under 2 µs for choosing among 20 candidates by any
//! strategy, with their records, prices and warm caches looked up, and no allocation.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark: it prints, and what is not as it should be ends it"
)]

use std::fmt::Write as _;
use std::hint::black_box;
use std::path::Path;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use quotah::config::{self, Flags, Inputs};
use quotah::gateway::admission::Admission;
use quotah_policy::route::{
    Availability, CANDIDATES_MAX, Candidate, Choice, Expect, RateSheet, Scored, Strategy,
    UnitRates, Weights, choose, effective_cost,
};
use quotah_policy::warmth::Held;
use quotah_policy::{
    Class, Heard, Money, PrefixHashes, Price, Rate, Track, TrackView, Warm, Warmth,
};

const DEPLOYMENTS: u8 = 20;

/// Some time in 2026, in unix milliseconds.
const NOW_MS: u64 = 1_795_255_200_000;

/// What stands in memory between requests.
struct World {
    tracks: Vec<Track>,
    sheets: Vec<RateSheet>,
    warmth: Warmth,
    hashes: PrefixHashes,
}

fn routing(criterion: &mut Criterion) {
    let world = World::new();
    choices(criterion, &world);
    parts(criterion, &world);
    allocations(&world);
    picks(criterion);
}

/// The gateway's own pick: every deployment looked at as the line does for a request, and the choice recorded.
fn picks(criterion: &mut Criterion) {
    let dir = tempfile::tempdir().unwrap();
    let mut group = criterion.benchmark_group("pick among 20");
    for strategy in Strategy::ALL {
        let admission = gateway(dir.path(), strategy.as_str());
        let body = r#"{"model":"m","messages":[{"role":"user","content":"hello"}]}"#;
        let mut request = http::Request::new(body.as_bytes().to_vec());
        *request.method_mut() = http::Method::POST;
        *request.uri_mut() = "/v1/chat/completions".parse().unwrap();
        let sample = admission.sample(&request).unwrap();
        let caller = admission.identify(request.headers()).unwrap();
        let id = BenchmarkId::from_parameter(strategy.as_str());
        group.bench_function(id, |bencher| {
            bencher.iter(|| sample.pick(black_box(&caller)).unwrap());
        });
        let counted = allocation_counter::measure(|| {
            black_box(sample.pick(&caller).unwrap());
        });
        println!(
            "pick, {}: {} allocations",
            strategy.as_str(),
            counted.count_total
        );
    }
    group.finish();
}

/// A gateway with a route over twenty deployments, two of them behind each of ten providers.
fn gateway(dir: &Path, strategy: &str) -> Admission {
    let mut toml = format!(
        "data_dir = {:?}\n",
        dir.join(strategy).display().to_string()
    );
    let mut deployments = Vec::new();
    for n in 0..DEPLOYMENTS / 2 {
        write!(
            toml,
            "[[providers]]\nname = \"p{n}\"\nkind = \"openai\"\nbase_url = \"http://127.0.0.1:9\"\napi_key = \"sk-{n}\"\n"
        )
        .unwrap();
        deployments.extend(
            ["gpt-4o-mini", "gpt-4o"]
                .map(|model| format!("{{ provider = \"p{n}\", model = \"{model}\" }}")),
        );
    }
    write!(
        toml,
        "[[models]]\nname = \"m\"\nroute = \"{strategy}\"\ndeployments = [{}]\n",
        deployments.join(", ")
    )
    .unwrap();
    let file = dir.join(format!("{strategy}.toml"));
    std::fs::write(&file, toml).unwrap();
    let inputs = Inputs {
        flags: Flags {
            config: Some(file),
            ..Flags::default()
        },
        ..Inputs::default()
    };
    Admission::open(config::load(&inputs).unwrap().config).unwrap()
}

/// The choice alone, by each strategy.
fn choices(criterion: &mut Criterion, world: &World) {
    let mut group = criterion.benchmark_group("choose among 20");
    let candidates = world.candidates();
    for strategy in Strategy::ALL {
        let id = BenchmarkId::from_parameter(strategy.as_str());
        group.bench_function(id, |bencher| {
            let mut dice = 0_u64;
            bencher.iter(|| {
                dice = dice.wrapping_add(0x9E37_79B9_7F4A_7C15);
                chosen(strategy, black_box(&candidates), dice)
            });
        });
    }
    group.finish();
}

fn parts(criterion: &mut Criterion, world: &World) {
    let mut group = criterion.benchmark_group("routing parts");
    group.bench_function("track views of 20", |bencher| {
        bencher.iter(|| world.views());
    });
    group.bench_function("unit rates of 20", |bencher| {
        bencher.iter(|| world.rates());
    });
    let rates = world.rates();
    let warm = world.warm();
    let views = world.views();
    group.bench_function("effective costs of 20", |bencher| {
        bencher.iter(|| costs(black_box(&rates), &views, &warm));
    });
    group.bench_function("warmth find", |bencher| bencher.iter(|| world.warm()));
    group.bench_function("everything by cheapest", |bencher| {
        bencher.iter(|| chosen(Strategy::Cheapest, &world.candidates(), 1));
    });
    let track = &world.tracks[0];
    group.bench_function("track note", |bencher| {
        bencher.iter(|| track.note(black_box(&answer(3)), NOW_MS));
    });
    group.bench_function("warmth note of 256 KiB", |bencher| {
        bencher.iter(|| world.warmth.note(3, &world.hashes, HELD, NOW_MS));
    });
    let body = body();
    for kib in [16, 256] {
        let body = &body[..kib << 10];
        let id = BenchmarkId::new("prefix hashes", format!("{kib} KiB"));
        group.bench_function(id, |bencher| {
            bencher.iter(|| PrefixHashes::of(black_box(body).chunks(15_000), 7));
        });
    }
    group.finish();
}

/// How often memory is asked for on the way: never.
fn allocations(world: &World) {
    let counted = allocation_counter::measure(|| {
        for strategy in Strategy::ALL {
            black_box(chosen(strategy, &world.candidates(), 1));
        }
    });
    println!("routing: {} allocations", counted.count_total);
    assert_eq!(counted.count_total, 0);
}

impl World {
    fn new() -> Self {
        let warmth = Warmth::new();
        for n in 0..60_000_u64 {
            let session = PrefixHashes::session(&n.to_le_bytes(), 7);
            warmth.note(n % 20, &session, HELD, NOW_MS);
        }
        let body = body();
        let hashes = PrefixHashes::of([&body[..]], 7);
        let begun = PrefixHashes::of([&body[..20_000]], 7);
        warmth.note(4, &begun, HELD, NOW_MS);
        warmth.note(9, &begun, HELD, NOW_MS);
        let tracks = (0..DEPLOYMENTS).map(|deployment| {
            let track = Track::new();
            (0..100).for_each(|_| track.note(&answer(deployment), NOW_MS));
            track
        });
        Self {
            tracks: tracks.collect(),
            sheets: (0..DEPLOYMENTS).map(sheet).collect(),
            warmth,
            hashes,
        }
    }

    fn warm(&self) -> Warm {
        self.warmth.find(black_box(&self.hashes), NOW_MS)
    }

    fn views(&self) -> [TrackView; DEPLOYMENTS as usize] {
        std::array::from_fn(|at| self.tracks[at].view(NOW_MS))
    }

    fn rates(&self) -> [UnitRates; DEPLOYMENTS as usize] {
        std::array::from_fn(|at| self.sheets[at].rates(black_box(12_000)))
    }

    /// Candidates as a gateway makes them for a request.
    fn candidates(&self) -> [Candidate; DEPLOYMENTS as usize] {
        let views = self.views();
        let costs = costs(&self.rates(), &views, &self.warm());
        std::array::from_fn(|at| Candidate {
            rank: u8::try_from(at).unwrap(),
            weight: 1,
            availability: match at {
                3 => Availability::HalfOpen,
                5 => Availability::Open { until_ms: NOW_MS },
                _ => Availability::Ready,
            },
            cost: Some(costs[at]),
            first_byte_us: views[at].first_byte_us,
            success_ten_thousandths: views[at].success_ten_thousandths,
            headroom_ten_thousandths: Some(8_000),
            is_translated: false,
            in_flight: 3,
        })
    }
}

fn chosen(strategy: Strategy, candidates: &[Candidate], dice: u64) -> Option<Choice> {
    let mut scored = [Scored::default(); CANDIDATES_MAX];
    let weights = Weights::default();
    let choice = choose(strategy, &weights, candidates, &mut scored, dice);
    black_box(&scored);
    choice
}

fn costs(
    rates: &[UnitRates; DEPLOYMENTS as usize],
    views: &[TrackView; DEPLOYMENTS as usize],
    warm: &Warm,
) -> [Money; DEPLOYMENTS as usize] {
    std::array::from_fn(|at| {
        let expect = Expect {
            input_tokens: 12_000,
            output_tokens: views[at].output_tokens.unwrap_or(0),
            cached_share_ten_thousandths: views[at].cached_share_ten_thousandths.unwrap_or(0),
        };
        let warm_tokens = warm.tokens(u64::try_from(at).unwrap());
        effective_cost(&rates[at], &expect.with_warm_tokens(warm_tokens))
    })
}

fn answer(deployment: u8) -> Heard {
    Heard {
        ok: true,
        first_byte_us: Some(300_000 + 1_000 * u64::from(deployment)),
        input_tokens: 12_000,
        cached_input_tokens: 100 * u64::from(deployment),
        output_tokens: 400 + u64::from(deployment),
    }
}

fn sheet(deployment: u8) -> RateSheet {
    let picos = |base: u64| Rate::from_picos(base + 1_000 * u64::from(deployment));
    let price = Price::new(picos(3_000_000))
        .with(Class::CachedInput, picos(300_000))
        .with(Class::Output, picos(15_000_000));
    RateSheet::of(&price).unwrap()
}

fn body() -> Vec<u8> {
    (0..300 << 10).map(|n: u32| n.to_le_bytes()[0]).collect()
}

const HELD: Held = Held {
    tokens: 4_000,
    ttl_ms: 300_000,
};

criterion_group!(benches, routing);
criterion_main!(benches);
