//! Every recorded exchange through the real program, however its answer is cut: the same bytes at the client, the
//! provider's own figures in the ledger.

pub(crate) mod case;
pub(crate) mod server;

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use self::case::{Case, cases};
use self::server::{Cuts, Server};
use crate::harness::{Config, Conn, Quotah, now};

/// Random cuts of each answer. `QUOTAH_REPLAY_EVERY_CUT=2048` also cuts answers of up to so many bytes in two at every
/// byte: 140,000 exchanges more. (The meter itself is held to every cut of every answer by the adapters' own test.)
const RANDOM_CUTS: u64 = 200;

/// What the ledger says of an answer, wherever it was cut. (Not `response_bytes`: an answer is booked with the byte that
/// completes it for its reader, and line ends may follow.)
const METERED: [&str; 21] = [
    "outcome",
    "status",
    "usage_source",
    "model_answered",
    "service_tier",
    "input_tokens",
    "cached_input_tokens",
    "cache_write_tokens",
    "cache_write_long_tokens",
    "output_tokens",
    "reasoning_tokens",
    "input_audio_tokens",
    "cached_audio_tokens",
    "output_audio_tokens",
    "input_image_tokens",
    "output_image_tokens",
    "input_video_tokens",
    "web_search_requests",
    "units",
    "cost_picousd",
    "cost_source",
];

#[test]
fn every_recorded_answer_arrives_to_the_byte_and_is_booked_to_the_token_in_any_cut() {
    let cases = Arc::new(cases());
    assert!(cases.len() >= 280, "{} recordings found", cases.len());
    let server = Server::start(Arc::clone(&cases));
    let quotah = toward(&cases, &server);
    let began = now();
    let asked: Vec<_> = std::thread::scope(|scope| {
        let work: Vec<_> = (0..WORKERS)
            .map(|worker| {
                let (cases, quotah) = (&cases, &quotah);
                scope.spawn(move || {
                    let mut conn = quotah.connect();
                    let own = (0..cases.len()).filter(|index| index % WORKERS == worker);
                    own.flat_map(|index| replay(&mut conn, quotah, &cases[index], index))
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        work.into_iter()
            .flat_map(|thread| thread.join().expect("no replay panics"))
            .collect()
    });
    eprintln!("{} exchanges in {:?}", asked.len(), began.elapsed());
    let wrong: Vec<_> = asked.iter().filter_map(|r| r.wrong.as_deref()).collect();
    let few = &wrong[..wrong.len().min(60)];
    assert!(
        wrong.is_empty(),
        "{} differ\n{}",
        wrong.len(),
        few.join("\n")
    );
    let booked: HashMap<String, Value> = quotah
        .ledger_of(asked.len())
        .into_iter()
        .map(|entry| (entry.str("id").to_owned(), entry.0))
        .collect();
    let mut whole: HashMap<usize, &Value> = HashMap::new();
    let mut wrong = Vec::new();
    for Replayed {
        index, cuts, id, ..
    } in &asked
    {
        let case = &cases[*index];
        let entry = booked
            .get(id)
            .unwrap_or_else(|| panic!("{}: no entry", case.name));
        if *cuts == Cuts::None {
            wrong.extend(case.mismatches(entry));
            whole.insert(*index, entry);
            continue;
        }
        let expected = whole[index];
        for field in METERED {
            if entry[field] != expected[field] {
                let (found, expected) = (&entry[field], &expected[field]);
                wrong.push(format!(
                    "{} {cuts:?}: {field} {found}, whole {expected}",
                    case.name
                ));
            }
        }
    }
    wrong.truncate(60);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Clients at once; each keeps its connection.
const WORKERS: usize = 4;

/// Every provider that was recorded, at the replaying server.
fn toward(cases: &[Case], server: &Server) -> Quotah {
    let mut kinds: Vec<&str> = cases.iter().map(|case| &*case.provider).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let config = kinds.into_iter().fold(Config::empty(), |config, kind| {
        config.provider(kind, kind, &server.url(), "")
    });
    config.table("[log]\naccess = false").start()
}

/// One answer, fetched in one cut.
struct Replayed {
    index: usize,
    cuts: Cuts,
    /// Of the ledger entry.
    id: String,
    /// Where it differs from what was recorded.
    wrong: Option<String>,
}

/// Asks for one recorded answer in every cut, and holds each to the recorded bytes.
fn replay(conn: &mut Conn, quotah: &Quotah, case: &Case, index: usize) -> Vec<Replayed> {
    let every_cut = std::env::var("QUOTAH_REPLAY_EVERY_CUT").ok();
    let up_to = every_cut.and_then(|bytes| bytes.parse().ok()).unwrap_or(0);
    let is_cut = case.answer.len() <= up_to;
    let in_two = 1..if is_cut { case.answer.len() } else { 1 };
    let cuts = [Cuts::None, Cuts::EveryByte]
        .into_iter()
        .chain((0..RANDOM_CUTS).map(Cuts::Random))
        .chain(in_two.map(Cuts::At));
    cuts.map(|cuts| {
        conn.send(case.request(index, cuts).bytes());
        let response = conn.try_response().unwrap_or_else(|| {
            *conn = quotah.connect();
            conn.send(case.request(index, cuts).bytes());
            conn.response()
        });
        let is_same = response.status == case.status && response.body == case.answer;
        let id = response.header("x-quotah-request-id").unwrap_or_default();
        let wrong = (!is_same).then(|| {
            let (name, said) = (&case.name, response.text());
            format!("{name} {cuts:?}: {} {said:.300}", response.status)
        });
        Replayed {
            index,
            cuts,
            id: id.to_owned(),
            wrong,
        }
    })
    .collect()
}
