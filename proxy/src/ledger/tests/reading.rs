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
