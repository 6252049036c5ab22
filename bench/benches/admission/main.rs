//! What admission costs: identifying the caller, guards, limits, what the request may cost, budgets, giving back.
//!
//! `cargo bench -p quotah-bench --bench admission`. It is the gateway's own code on a gateway's own state; only the
//! intent is not written. The aim is under 3 µs for all of it, with 5 hard budgets that match and 10,000 accounts,
//! however many keys there are and however many budgets and limits that do not match.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark: it prints, has a clock, and what is not as it should be ends it"
)]

mod world;

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use quotah::registry::{Actor, Guarded};
use quotah_policy::VirtualKey;
use world::{Size, World, admit};

const SMALL: Size = Size {
    keys: 10,
    others: 10,
};
const MANY_KEYS: Size = Size {
    keys: 100_000,
    others: 10,
};
const MANY_RULES: Size = Size {
    keys: 100_000,
    others: 10_000,
};

fn admission(criterion: &mut Criterion) {
    let small = scratch();
    let mut world = World::open(small.path(), SMALL).unwrap();
    one_caller(criterion, &mut world, SMALL);
    allocations(&mut world);
    drop(world);

    let many = scratch();
    let mut world = World::open(many.path(), MANY_KEYS).unwrap();
    one_caller(criterion, &mut world, MANY_KEYS);
    let mut world = world.reopen(MANY_RULES).unwrap();
    one_caller(criterion, &mut world, MANY_RULES);
    all_callers(criterion, &mut world, MANY_RULES);
    parts(criterion, &mut world);
    two_threads(criterion, &world);
    registry(world, many.path());
}

/// One caller again and again.
fn one_caller(criterion: &mut Criterion, world: &mut World, size: Size) {
    let mut group = criterion.benchmark_group("admission");
    group.bench_function(BenchmarkId::new("one caller", shown(size)), |bencher| {
        bencher.iter(|| {
            let caller = world.admission.identify(black_box(&world.callers[0]));
            admit(&mut world.sample, &caller.unwrap()).unwrap();
        });
    });
    group.finish();
}

/// Each time another caller, so another key, account and cell: what a cache has forgotten costs too.
fn all_callers(criterion: &mut Criterion, world: &mut World, size: Size) {
    let mut group = criterion.benchmark_group("admission");
    let mut callers = world.callers.iter().cycle();
    group.bench_function(BenchmarkId::new("10000 callers", shown(size)), |bencher| {
        bencher.iter(|| {
            let caller = world.admission.identify(callers.next().unwrap());
            admit(&mut world.sample, &caller.unwrap()).unwrap();
        });
    });
    group.finish();
}

fn parts(criterion: &mut Criterion, world: &mut World) {
    let mut group = criterion.benchmark_group("admission parts");
    let headers = &world.callers[0];
    group.bench_function("identify", |bencher| {
        bencher.iter(|| world.admission.identify(black_box(headers)).unwrap());
    });
    let caller = world.admission.identify(headers).unwrap();
    world.sample.set_caller(&caller);
    group.bench_function("guards limits quote budgets", |bencher| {
        bencher.iter(|| world.sample.hold(black_box(&caller)).unwrap());
    });
    group.bench_function("quote", |bencher| {
        bencher.iter(|| black_box(&world.sample).quote().unwrap());
    });
    group.finish();
}

/// Two threads on the same accounts and cells. What is told is each thread's time for one request.
fn two_threads(criterion: &mut Criterion, world: &World) {
    let mut group = criterion.benchmark_group("admission");
    let mut samples = [world.another().unwrap(), world.another().unwrap()];
    group.bench_function("two threads", |bencher| {
        bencher.iter_custom(|count| {
            let began = Instant::now();
            std::thread::scope(|threads| {
                for sample in &mut samples {
                    threads.spawn(move || {
                        for _ in 0..count {
                            let caller = world.admission.identify(&world.callers[0]);
                            admit(sample, &caller.unwrap()).unwrap();
                        }
                    });
                }
            });
            began.elapsed()
        });
    });
    group.finish();
}

/// How often memory is asked for on the way: never, where a plain answer is asked for.
fn allocations(world: &mut World) {
    let counted = allocation_counter::measure(|| {
        for headers in &world.callers {
            let caller = world.admission.identify(headers).unwrap();
            admit(&mut world.sample, &caller).unwrap();
        }
    });
    let each = counted.count_total / world.callers.len() as u64;
    println!("admission: {each} allocations each");
}

/// How long a registry of many keys takes to open, and a revocation to act.
fn registry(world: World, dir: &Path) {
    let headers = world.callers[1].clone();
    let key = headers["authorization"].to_str().unwrap();
    let key = VirtualKey::parse(key.trim_start_matches("Bearer ")).unwrap();
    let began = Instant::now();
    let registry = world.admission.registry();
    let actor = Actor::default();
    registry
        .revoke_key(&actor, key.id().as_str(), Guarded(None))
        .unwrap();
    assert!(
        world.admission.identify(&headers).is_err(),
        "revoked at once"
    );
    println!("registry: a revocation acts after {:?}", began.elapsed());
    drop(world);
    let took = (0..3).map(|_| opened(dir)).min().unwrap();
    println!("registry: gateway with 100000 keys open in {took:?}");
}

fn opened(dir: &Path) -> Duration {
    let began = Instant::now();
    let admission = world::open(dir, MANY_KEYS).unwrap();
    let took = began.elapsed();
    drop(admission);
    took
}

/// In memory where there is such a place: 100,000 keys are as many syncs.
fn scratch() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() {
        tempfile::tempdir_in(memory).unwrap()
    } else {
        tempfile::tempdir().unwrap()
    }
}

fn shown(size: Size) -> String {
    format!("{} keys {} others", size.keys, size.others)
}

criterion_group!(benches, admission);
criterion_main!(benches);
