//! Rolling restarts under load: no failed request, no cut stream.

mod load;

use std::thread;
use std::time::Duration;

use crate::faults::STREAMED;
use crate::harness::{Config, End, Quotah, Request, block_on, eventually, now, provider};
use load::Load;
use rustix::process::{Pid, Signal, kill_process};

/// Restarts by QUIT: the chassis takes about six seconds for each.
const QUITS: usize = 6;
/// Restarts by TERM, behind a switch.
const TERMS: usize = 14;

#[test]
fn quit_hands_the_sockets_to_a_successor_without_a_failed_request_or_a_cut_stream() {
    let provider = provider();
    let mut quotah = Config::toward(&provider).start();
    let mut family = Family(Vec::new());
    let load = Load::start(quotah.proxy_addr());
    let mut pid = quotah.pid();
    for round in 0..QUITS {
        load.grows_by(200);
        signal(pid, Signal::QUIT);
        let successor = eventually(&format!("a successor in round {round}"), || {
            ready_pids(&quotah.stderr()).get(round + 1).copied()
        });
        family.0.push(successor);
        eventually(&format!("the end of process {pid}"), || {
            has_ended(&mut quotah, pid, round)
        });
        pid = successor;
    }
    load.grows_by(200);
    let result = load.finish();
    result.assert_unhurt();
    assert!(!quotah.stderr().contains("panicked"), "{}", quotah.stderr());
    // Several processes wrote; one reader sees all of it.
    assert_settled(&quotah, result.complete());
    signal(pid, Signal::TERM);
    eventually("the end of the last process", || {
        (!is_alive(pid)).then_some(())
    });
}

#[test]
fn term_behind_a_switch_drains_without_a_failed_request_or_a_cut_stream() {
    let provider = provider();
    let mut old = Config::toward(&provider).start();
    let load = Load::start(old.proxy_addr());
    let mut booked = 0;
    for round in 0..TERMS {
        load.grows_by(100);
        let new = Config::toward(&provider).start();
        load.switch(new.proxy_addr());
        old.signal(Signal::TERM);
        let status = old.wait();
        assert_eq!(status.code(), Some(0), "round {round}");
        booked += settled_on_disk(&old);
        old = new;
    }
    let result = load.finish();
    result.assert_unhurt();
    booked += old.ledger().len();
    assert_eq!(booked, result.complete(), "everything is booked once");
}

#[test]
fn term_lets_requests_finish_and_ends_what_is_open_after_the_drain_time_with_an_error_event() {
    let provider = provider();
    let mut quotah = Config::toward(&provider)
        .server("drain_seconds = 4")
        .start();
    let mut short = quotah.connect();
    short.send(stream(0, "30", "10").bytes());
    let mut long: Vec<_> = (0..3)
        .map(|dialect| {
            let mut conn = quotah.connect();
            conn.send(stream(dialect, "2000", "20").bytes());
            conn
        })
        .collect();
    let mut silent = quotah.connect();
    silent.send(
        STREAMED[0]
            .request()
            .header("x-mock-hang", "before-head")
            .bytes(),
    );
    let all_asked = || (provider.requests_count() == 5).then_some(());
    eventually("five requests are under way", all_asked);
    let began = now();
    quotah.signal(Signal::TERM);
    assert_eq!(
        short.response().end,
        End::Whole,
        "a stream that ends in time is not cut"
    );
    for (dialect, conn) in long.iter_mut().enumerate() {
        let answer = conn.response();
        assert_eq!((answer.status, answer.end), (200, End::Cut));
        let text = answer.text();
        let last = text
            .lines()
            .rev()
            .find_map(|line| line.strip_prefix("data: "))
            .unwrap();
        let last = serde_json::from_str(last).unwrap();
        assert!(STREAMED[dialect].is_error(&last), "{last}");
    }
    assert_eq!(silent.response().status, 503);
    assert_eq!(quotah.wait().code(), Some(0));
    let took = began.elapsed();
    assert!(
        took >= Duration::from_secs(4) && took < Duration::from_secs(9),
        "{took:?}"
    );
    let outcomes = outcomes_on_disk(&quotah);
    let count = |outcome: &str| outcomes.iter().filter(|one| *one == outcome).count();
    assert_eq!(
        (count("ok"), count("interrupted"), outcomes.len()),
        (1, 4, 5),
        "{outcomes:?}"
    );
}

#[test]
fn int_drains_like_term_and_an_idle_program_leaves_at_once() {
    let provider = provider();
    for stop in [Signal::TERM, Signal::INT] {
        let mut quotah = Config::toward(&provider).start();
        assert_eq!(quotah.send(&STREAMED[0].request()).status, 200);
        let began = now();
        quotah.signal(stop);
        assert_eq!(quotah.wait().code(), Some(0), "{stop:?}");
        assert!(
            began.elapsed() < Duration::from_secs(3),
            "{stop:?}: {:?}",
            began.elapsed()
        );
    }
}

#[test]
fn while_draining_answers_say_close_and_new_connections_are_refused() {
    let provider = provider();
    let quotah = Config::toward(&provider)
        .server("drain_seconds = 20")
        .start();
    let mut kept = quotah.connect();
    assert_eq!(
        kept.exchange(&stream(0, "1", "0")).header("connection"),
        None
    );
    let mut open = quotah.connect();
    open.send(stream(1, "100", "10").bytes());
    block_on(provider.wait_for(Duration::from_secs(20), |r| r.target.contains("messages")))
        .unwrap();
    quotah.signal(Signal::TERM);
    eventually("the listener is closed", || {
        std::net::TcpStream::connect(quotah.proxy_addr())
            .is_err()
            .then_some(())
    });
    let answer = kept.exchange(&stream(0, "1", "0"));
    assert_eq!(
        (answer.status, answer.header("connection")),
        (200, Some("close"))
    );
    assert_eq!(open.response().end, End::Whole);
}

fn stream(dialect: usize, chunks: &str, delay_ms: &str) -> Request {
    let request = STREAMED[dialect].request();
    request
        .header("x-mock-chunks", chunks)
        .header("x-mock-delay-ms", delay_ms)
}

/// Processes that no `Child` of ours stands for; killed when the test is over.
pub(crate) struct Family(pub(crate) Vec<u32>);

impl Drop for Family {
    fn drop(&mut self) {
        for pid in self.0.iter().filter(|pid| is_alive(**pid)) {
            signal(*pid, Signal::KILL);
        }
    }
}

pub(crate) fn signal(pid: u32, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    kill_process(pid, signal).unwrap();
}

/// The processes that said that they are ready, in order.
pub(crate) fn ready_pids(stderr: &str) -> Vec<u32> {
    let whole = &stderr[..stderr.rfind('\n').map_or(0, |end| end + 1)];
    let ready = whole.lines().filter(|line| line.contains("quotah ready "));
    ready
        .map(|line| {
            let whole = line.strip_prefix("quotah ready ");
            let pid = whole.and_then(|rest| rest.rsplit_once("pid=")?.1.parse().ok());
            pid.unwrap_or_else(|| panic!("a ready line that is not one line: {line:?}"))
        })
        .collect()
}

/// Whether a process is there and no corpse.
pub(crate) fn is_alive(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| {
        !stat
            .rsplit_once(')')
            .is_some_and(|(_, rest)| rest.starts_with(" Z"))
    })
}

/// The first process is our child, its successors are not.
fn has_ended(quotah: &mut Quotah, pid: u32, round: usize) -> Option<()> {
    if round > 0 {
        return (!is_alive(pid)).then_some(());
    }
    if is_alive(pid) {
        return None;
    }
    assert_eq!(quotah.wait().code(), Some(0));
    Some(())
}

fn assert_settled(quotah: &Quotah, complete: usize) {
    let entries = eventually("every answer in the ledger", || {
        let entries = quotah.ledger();
        (entries.len() >= complete).then_some(entries)
    });
    assert_eq!(entries.len(), complete);
    assert!(entries.iter().all(|entry| entry.str("outcome") == "ok"));
}

/// Outcomes in the ledger of a program that has ended.
fn outcomes_on_disk(quotah: &Quotah) -> Vec<String> {
    let export = quotah.cli(&["export", "--format", "jsonl"]);
    assert_eq!(export.code(), 0, "{}", export.stderr);
    let entry = |line| serde_json::from_str::<serde_json::Value>(line).unwrap();
    let outcome = |line| entry(line)["outcome"].as_str().unwrap().to_owned();
    export.stdout.lines().map(outcome).collect()
}

fn settled_on_disk(quotah: &Quotah) -> usize {
    let outcomes = outcomes_on_disk(quotah);
    assert!(
        outcomes.iter().all(|outcome| outcome == "ok"),
        "{outcomes:?}"
    );
    thread::yield_now();
    outcomes.len()
}
