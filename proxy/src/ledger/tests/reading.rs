//! Entries themselves, page by page and one by one.

use super::*;

#[test]
fn pages_go_from_the_newest_to_the_oldest_without_gaps_or_doubles() {
    let dir = dir();
    let (ledger, _) = open_with(&dir, small(), Hooks::new(clock()));
    for number in 0..300 {
        ledger.append_intent(&intent(number));
        ledger.append_entry(&entry(number));
    }
    let (reader, mut after, mut seen) = (ledger.reader(), None, Vec::new());
    loop {
        let page = reader
            .page(&Conditions::default(), after, 7)
            .expect("reads");
        seen.extend(page.items.iter().map(|entry| entry.output_tokens));
        // The ledger grows between pages; what is new is not for this reader.
        ledger.append_entry(&entry(1_000 + seen.len() as u64));
        let Some(next) = page.next else { break };
        after = Some(next.to_string().parse().expect("is ours"));
    }
    assert_eq!(seen, (0..300).rev().collect::<Vec<_>>());
}

#[test]
fn an_entry_is_found_in_a_file_whose_stamp_lags_behind_the_requests_clock() {
    let dir = dir();
    let (ledger, _) = open(&dir);
    ledger.append_intent(&intent(42));
    ledger.append_entry(&entry(42));
    let stamp = SystemTime::UNIX_EPOCH + Duration::from_millis(AT + 42 - 10);
    for segment in segments(&dir) {
        let file = OpenOptions::new()
            .append(true)
            .open(segment)
            .expect("opens");
        file.set_modified(stamp).expect("stamped");
    }
    let found = ledger.reader().find(id(42)).expect("reads");
    assert_eq!(found, Some(entry(42)));
}

#[test]
fn entries_are_found_by_id_and_by_condition() {
    let dir = dir();
    let (ledger, _) = open_with(&dir, small(), Hooks::new(clock()));
    for number in 0..100 {
        let team = format!("t{}", number % 10);
        ledger.append_entry(&Entry {
            team,
            ..entry(number)
        });
    }
    let reader = ledger.reader();
    assert_eq!(
        reader.find(id(42)).expect("reads"),
        Some(Entry {
            team: "t2".into(),
            ..entry(42)
        })
    );
    assert_eq!(reader.find(id(4_200)).expect("reads"), None);
    let conditions = Conditions {
        team: Some("t3".into()),
        from_ms: Some(AT + 50),
        model: Some("gpt".into()),
        ..Conditions::default()
    };
    let page = reader.page(&conditions, None, 100).expect("reads");
    let found: Vec<_> = page.items.iter().map(|entry| entry.output_tokens).collect();
    assert_eq!(found, [93, 83, 73, 63, 53]);
    let offline = Reader::new(dir.path().to_owned())
        .usage(&everything())
        .expect("reads");
    assert_eq!(offline, ledger.usage(&everything()));
}

#[test]
fn a_cursor_that_is_none_of_ours_is_refused_and_a_forged_one_is_harmless() {
    for text in ["", "1", "1-2", "x-2-3", "1-2-3-4"] {
        assert!(text.parse::<Cursor>().is_err(), "{text}");
    }
    let dir = dir();
    let (ledger, _) = open(&dir);
    ledger.append_entry(&entry(1));
    let name = series::list(dir.path()).expect("lists").segments[0];
    for before in 0..400 {
        let cursor = format!("{}-{:x}-{before}", name.sequence, name.writer);
        let cursor = cursor.parse().expect("parses");
        ledger
            .reader()
            .page(&Conditions::default(), Some(cursor), 10)
            .expect("reads");
    }
}

#[test]
fn adjustments_and_events_are_listed_by_themselves_and_events_go_on_from_an_id() {
    use super::spending::{adjustment, event};
    let dir = dir();
    let (ledger, _) = open_with(&dir, small(), Hooks::new(clock()));
    for number in 0..200 {
        ledger.append_entry(&entry(number));
        if number % 10 == 0 {
            ledger.append_event(&event(1_000 + number));
            ledger.append_adjustment(&adjustment(2_000 + number, number as i64));
        }
    }
    // Of a kind that this version does not know.
    assert_eq!(
        ledger.inner.log.append(200, &event(9)),
        Ok(Appended::Written)
    );
    let reader = ledger.reader();
    let (mut after, mut seen) = (None, Vec::new());
    loop {
        let page = reader.adjustments(after, 3, |adjustment| adjustment.budget == "research");
        let page = page.expect("reads");
        seen.extend(
            page.items
                .iter()
                .map(|adjustment| adjustment.amount_picousd),
        );
        let Some(next) = page.next else { break };
        after = Some(next);
    }
    assert_eq!(seen, (0..20).rev().map(|n| n * 10).collect::<Vec<_>>());
    let newest = reader.events(None, 1, |_| true).expect("reads").items;
    assert_eq!(newest, [event(1_190)]);
    let none = reader.events(None, 1, |_| false).expect("reads");
    assert_eq!((none.items.len(), none.next), (0, None));
    let later = reader.events_after(id(1_150), 3).expect("reads");
    assert_eq!(later, [event(1_160), event(1_170), event(1_180)]);
    assert_eq!(reader.events_after(id(1_190), 3).expect("reads"), []);
    let entries = reader.page(&Conditions::default(), None, 1_000);
    assert_eq!(entries.expect("reads").items.len(), 200);
    drop(ledger);
    let (ledger, recovery) = open(&dir);
    assert_eq!((requests(&ledger), recovery.damaged.len()), (200, 0));
}

#[test]
fn a_page_of_a_rare_sort_ends_somewhere_and_goes_on_there() {
    use super::spending::event;
    let dir = dir();
    let (ledger, _) = open(&dir);
    ledger.append_event(&event(1));
    let bulk = Entry {
        user_agent: "x".repeat(60_000),
        ..Entry::default()
    };
    for number in 0..PAGE_BYTES_MAX / 60_000 + 50 {
        let mut entry = bulk.clone();
        entry.set_id(id(number));
        ledger.append_entry(&entry);
    }
    let first = ledger.reader().events(None, 10, |_| true).expect("reads");
    assert_eq!(first.items, []);
    let rest = ledger.reader().events(first.next, 10, |_| true);
    assert_eq!(rest.expect("reads").items, [event(1)]);
    assert!(first.next.is_some());
}
