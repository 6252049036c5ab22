//! The file holds what was written, whoever wrote it and however they died; and shows no more than it may.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;

use quotah_policy::{KeyForm, KeyStatus};
use serde_json::json;
use tempfile::TempDir;

use super::*;

fn open(dir: &TempDir) -> Registry {
    Registry::open(dir.path(), None, Arc::new(NoFollower)).expect("open")
}

fn file(dir: &TempDir) -> PathBuf {
    dir_of(dir.path()).join(log::FILE)
}

fn actor() -> Actor {
    Actor {
        name: "tests".to_owned(),
        role: "admin".to_owned(),
        ..Actor::default()
    }
}

fn named(name: &str) -> KeyForm {
    KeyForm {
        name: Some(name.to_owned()),
        ..KeyForm::default()
    }
}

fn patch(text: &str) -> Box<serde_json::value::RawValue> {
    serde_json::value::RawValue::from_string(text.to_owned()).expect("JSON")
}

#[test]
fn what_was_written_is_read_again_and_nobody_else_can() {
    let dir = TempDir::new().expect("a directory");
    let registry = open(&dir);
    let made = registry.create_key(&actor(), named("a")).expect("made");
    let id = made.held.record.id.to_string();
    registry
        .patch_key(&actor(), &id, &patch(r#"{"team":"t"}"#), Guarded(Some(1)))
        .expect("patched");
    registry
        .create_rule(
            &actor(),
            (RuleKind::Budget, "b"),
            &json!({"limit_usd": "1"}),
        )
        .expect("made");
    let again = open(&dir);
    let held = again.key(&id).expect("there");
    assert_eq!(held.record.team.as_deref(), Some("t"));
    assert_eq!(held.revision, 2);
    let rules = again.rules(RuleKind::Budget);
    assert_eq!(rules[0].form.get(), r#"{"limit_usd":"1"}"#);
    let health = again.verify().expect("read");
    assert_eq!((health.records, health.faults), (3, Vec::new()));
    let mode = |path: PathBuf| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!(mode(file(&dir)), 0o600);
    assert_eq!(mode(dir_of(dir.path())), 0o700);
    assert_eq!(mode(dir_of(dir.path()).join("pepper")), 0o600);
}

#[test]
fn the_rest_of_a_line_whose_writer_died_is_cut_off() {
    let dir = TempDir::new().expect("a directory");
    let first = open(&dir);
    let made = first.create_key(&actor(), named("a")).expect("made");
    let whole = fs::read(file(&dir)).expect("read");
    let mut torn = OpenOptions::new()
        .append(true)
        .open(file(&dir))
        .expect("open");
    torn.write_all(&whole[..whole.len() / 2]).expect("written");
    let second = open(&dir);
    assert_eq!(second.health().records, 1);
    first.catch_up().expect("read");
    second
        .revoke_key(&actor(), made.held.record.id.as_str(), Guarded(None))
        .expect("revoked");
    first.catch_up().expect("read");
    let health = first.health();
    assert_eq!((health.records, health.faults), (2, Vec::new()));
    let held = first.key(made.held.record.id.as_str()).expect("there");
    assert_eq!(held.record.status(clock::unix_ms()), KeyStatus::Revoked);
}

#[test]
fn a_line_that_was_changed_dropped_or_moved_is_told() {
    let dir = TempDir::new().expect("a directory");
    let registry = open(&dir);
    for name in ["first", "second", "third"] {
        registry.create_key(&actor(), named(name)).expect("made");
    }
    let text = fs::read_to_string(file(&dir)).expect("read");
    let lines: Vec<&str> = text.lines().collect();
    let changed = text.replacen("second", "SECOND", 1);
    let dropped = [lines[0], lines[2], ""].join("\n");
    let moved = [lines[1], lines[0], lines[2], ""].join("\n");
    let spoilt = [lines[0], "{\"seq\":2}", lines[2], ""].join("\n");
    for (text, record, keys) in [
        (changed, 2, 3),
        (dropped, 2, 2),
        (moved, 1, 3),
        (spoilt, 2, 2),
    ] {
        fs::write(file(&dir), &text).expect("written");
        let again = open(&dir);
        let faults = again.health().faults;
        assert_eq!(faults[0].record, record, "{faults:?}");
        assert_eq!(again.keys(None, 9, |_| true).len(), keys);
        // It goes on all the same.
        again.create_key(&actor(), named("fourth")).expect("made");
        assert_eq!(open(&dir).keys(None, 9, |_| true).len(), keys + 1);
    }
}

#[test]
fn writers_in_many_threads_and_openings_keep_one_chain() {
    let dir = TempDir::new().expect("a directory");
    let writers = 4;
    let each = 25;
    std::thread::scope(|scope| {
        for writer in 0..writers {
            let dir = &dir;
            scope.spawn(move || {
                let registry = open(dir);
                for count in 0..each {
                    let name = named(&format!("{writer}-{count}"));
                    registry.create_key(&actor(), name).expect("made");
                }
            });
        }
    });
    let health = open(&dir).health();
    assert_eq!(
        (health.records, health.faults),
        (writers * each, Vec::new())
    );
}

#[test]
fn who_looked_at_an_older_revision_changes_nothing() {
    let dir = TempDir::new().expect("a directory");
    let (one, other) = (open(&dir), open(&dir));
    let id = one
        .create_key(&actor(), named("a"))
        .expect("made")
        .held
        .record
        .id;
    let id = id.as_str();
    other
        .patch_key(&actor(), id, &patch(r#"{"name":"b"}"#), Guarded(Some(1)))
        .expect("patched");
    let said = one.patch_key(&actor(), id, &patch(r#"{"name":"c"}"#), Guarded(Some(1)));
    assert!(matches!(said, Err(RegistryError::Stale(_))), "{said:?}");
    // What changes nothing writes nothing.
    one.patch_key(&actor(), id, &patch(r#"{"name":"b"}"#), Guarded(None))
        .expect("nothing to do");
    assert_eq!(one.health().records, 2);
    one.delete_key(&actor(), id, Guarded(Some(2)))
        .expect("deleted");
    let form = KeyForm {
        id: Some(id.to_owned()),
        ..KeyForm::default()
    };
    let said = other.create_key(&actor(), form);
    assert!(matches!(said, Err(RegistryError::Exists(_))), "{said:?}");
}

#[test]
fn a_caller_of_one_team_sees_no_other_and_writes_no_other_s_name() {
    let dir = TempDir::new().expect("a directory");
    let registry = open(&dir);
    let own = Actor {
        team: Some("a".to_owned()),
        ..actor()
    };
    let made = registry.create_key(&own, named("x")).expect("made");
    assert_eq!(made.held.record.team.as_deref(), Some("a"));
    let foreign = registry
        .create_key(&actor(), named("y"))
        .expect("made")
        .held
        .record
        .id;
    let said = registry
        .revoke_key(&own, foreign.as_str(), Guarded(None))
        .expect_err("refused");
    let unknown = registry
        .revoke_key(&own, "zzzzzzzzzzzz", Guarded(None))
        .expect_err("refused");
    let said = said.to_string().replace(foreign.as_str(), "zzzzzzzzzzzz");
    assert_eq!(said, unknown.to_string());
    for text in [r#"{"team":"b"}"#, r#"{"team":null}"#] {
        let id = made.held.record.id;
        let said = registry.patch_key(&own, id.as_str(), &patch(text), Guarded(None));
        assert!(matches!(said, Err(RegistryError::OtherTeam(_))), "{said:?}");
    }
}

#[test]
fn the_audit_trail_is_newest_first_and_shows_no_hash_of_a_secret() {
    let dir = TempDir::new().expect("a directory");
    let registry = open(&dir);
    let made = registry.create_key(&actor(), named("a")).expect("made");
    let id = made.held.record.id;
    let rotated = registry
        .rotate_key(&actor(), id.as_str(), 60_000, Guarded(None))
        .expect("rotated");
    registry
        .note(&actor(), "reload", "", &json!({"changed": true}))
        .expect("noted");
    let all = registry.audit(None, 10).expect("read");
    let actions: Vec<_> = all.iter().map(|record| &*record.action).collect();
    assert_eq!(actions, ["reload", "key.rotate", "key.create"]);
    assert_eq!(all[1].prev_hash, all[2].hash);
    let page = registry.audit(Some(3), 1).expect("read");
    assert_eq!((page.len(), page[0].seq), (1, 2));
    let shown = format!("{:?}", all.iter().map(Record::shown).collect::<Vec<_>>());
    assert!(
        shown.contains("created_at_unix_ms") && !shown.contains("digest"),
        "{shown}"
    );
    let debug = format!("{all:?} {:?} {rotated:?}", registry.pepper());
    let whole = fs::read_to_string(file(&dir)).expect("read");
    for secret in [made.secret.expose(), rotated.secret.expose()] {
        let secret = &secret[secret.len() - 49..];
        assert!(!whole.contains(secret) && !debug.contains(secret));
    }
}

#[test]
fn when_a_key_was_used_last_outlives_its_changes_and_the_process() {
    use std::sync::atomic::Ordering;

    let dir = TempDir::new().expect("a directory");
    let registry = open(&dir);
    let made = registry.create_key(&actor(), named("a")).expect("made");
    made.held.last_used_unix_ms.store(42, Ordering::Relaxed);
    let id = made.held.record.id.to_string();
    let held = registry.patch_key(&actor(), &id, &patch(r#"{"name":"b"}"#), Guarded(None));
    let used = |held: &HeldKey| held.last_used_unix_ms.load(Ordering::Relaxed);
    assert_eq!(used(&held.expect("patched")), 42);
    registry.flush();
    assert_eq!(used(&open(&dir).key(&id).expect("there")), 42);
}

#[test]
fn lines_longer_than_may_be_are_refused_and_passed_over() {
    let dir = TempDir::new().expect("a directory");
    let registry = open(&dir);
    let long = "x".repeat(LINE_BYTES_MAX);
    let said = registry.note(&actor(), "long", "", &long);
    assert!(
        matches!(said, Err(RegistryError::TooLong { .. })),
        "{said:?}"
    );
    let mut file = OpenOptions::new()
        .append(true)
        .open(file(&dir))
        .expect("open");
    writeln!(file, "{long}{long}").expect("written");
    registry.catch_up().expect("read");
    assert!(!registry.health().faults.is_empty());
    registry.create_key(&actor(), named("a")).expect("made");
    assert_eq!(open(&dir).keys(None, 9, |_| true).len(), 1);
}

#[test]
fn what_another_process_changed_is_told_once_and_what_this_one_did_is_not() {
    #[derive(Debug, Default)]
    struct Heard(Mutex<Vec<String>>);

    impl Follower for Heard {
        fn key(&self, _: KeyId, _: Option<&Arc<HeldKey>>, _: bool) {}

        fn rule(&self, _: RuleKind, _: &str, _: Option<&Arc<Rule>>, _: bool) {}

        fn elsewhere(&self, change: &Elsewhere<'_>) {
            let team = change.team.as_deref().unwrap_or("-");
            self.0.lock().push(format!("{} {team}", change.action));
        }
    }

    let dir = TempDir::new().expect("a directory");
    let other = open(&dir);
    other.create_key(&actor(), named("before")).expect("made");
    let heard = Arc::<Heard>::default();
    let follower = Arc::clone(&heard) as Arc<dyn Follower>;
    let registry = Registry::open(dir.path(), None, follower).expect("open");
    let of_team = KeyForm {
        team: Some("a".to_owned()),
        ..KeyForm::default()
    };
    let made = other.create_key(&actor(), of_team).expect("made");
    let rule = json!({ "limit_usd": "1", "match": { "team": "a" } });
    let name = (RuleKind::Budget, "b");
    other.create_rule(&actor(), name, &rule).expect("made");
    // Reads on before it writes.
    registry.create_key(&actor(), named("own")).expect("made");
    other.note(&actor(), "reload", "", &()).expect("noted");
    let id = made.held.record.id;
    other
        .delete_key(&actor(), id.as_str(), Guarded(None))
        .expect("deleted");
    registry.catch_up().expect("read");
    let told = ["key.create a", "budget.create a", "key.delete a"];
    assert_eq!(*heard.0.lock(), told);
}
