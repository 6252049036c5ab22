//! What keys are made of, and what becomes of them.

use serde_json::value::RawValue;

use super::*;

const NOW: u64 = 1_795_132_800_000; // 2026-11-20T00:00:00Z

fn create(form: &str) -> Result<KeyRecord, KeyError> {
    let id = KeyId::parse("k3v9x0a1b2c4").unwrap();
    KeyRecord::create(KeyForm::from_json(form)?, id, KeyDigest([7; 32]), NOW)
}

fn patched(key: &KeyRecord, patch: &str) -> Result<KeyRecord, KeyError> {
    key.patched(&RawValue::from_string(patch.to_owned()).unwrap())
}

const WHOLE: &str = r#"{
    "name": "ci", "team": "research", "user": "u", "project": "p", "tags": {"feature": "search"},
    "models": ["gpt-*"], "providers": ["openai"], "operations": ["chat"], "networks": ["10.0.0.0/8"],
    "expires_at": "2026-12-01", "budget": {"limit_usd": 25.10, "window": "day"},
    "limits": {"requests_per_minute": 600}, "guards": {"max_tokens": 100}
}"#;

#[test]
fn a_record_reads_back_as_itself_and_money_as_it_was_written() {
    let key = create(WHOLE).unwrap();
    assert_eq!(key.expires_at_unix_ms, Some(1_796_083_200_000));
    assert_eq!(key.budget.as_ref().unwrap().limit_usd.0, "25.10");
    let text = serde_json::to_string(&key).unwrap();
    assert_eq!(serde_json::from_str::<KeyRecord>(&text).unwrap(), key);
    assert_eq!(key.prefix(), "sk-qh-k3v9x0a1b2c4");
    assert!(!format!("{key:?}").contains("0707"), "no digest in Debug");
}

#[test]
fn a_key_without_words_is_a_short_record() {
    let text = serde_json::to_string(&create("{}").unwrap()).unwrap();
    let digest = "07".repeat(32);
    let whole = format!(
        r#"{{"id":"k3v9x0a1b2c4","created_at_unix_ms":1795132800000,"secrets":[{{"digest":"{digest}"}}]}}"#
    );
    assert_eq!(text, whole);
}

#[test]
fn every_word_that_means_nothing_is_told_with_its_field() {
    for (form, field) in [
        (r#"{"name": ""}"#, "name"),
        (r#"{"team": "a\u0007b"}"#, "team"),
        (r#"{"tags": {"a b": "x"}}"#, "tags"),
        (r#"{"networks": ["10.0.0.0/40"]}"#, "networks"),
        (r#"{"expires_at": "tomorrow"}"#, "expires_at"),
        (r#"{"expires_at": "2026-11-20"}"#, "expires_at"),
        (r#"{"budget": {"limit_usd": "x"}}"#, "budget"),
        (
            r#"{"budget": {"limit_usd": "1", "window": "fortnight"}}"#,
            "budget",
        ),
        (r#"{"limits": {"concurrent": 0}}"#, "limits"),
        (r#"{"guards": []}"#, "guards"),
        (r#"{"modles": []}"#, ""),
        (r#"{"models": "x"}"#, ""),
        (r#"{"budget": {"limit_usd": "1", "per": "user"}}"#, ""),
    ] {
        let fault = create(form).expect_err(form);
        assert_eq!(fault.field(), field, "{form}: {fault}");
    }
    let many = serde_json::json!({ "models": vec!["m"; 257] }).to_string();
    assert_eq!(create(&many).unwrap_err().field(), "models");
}

#[test]
fn a_patch_changes_what_it_names_and_takes_away_what_is_null() {
    let key = create(WHOLE).unwrap();
    let patch = r#"{"name": "cd", "user": null, "tags": {"x": "1"}, "budget": {"limit_usd": 0.3}, "expires_at": null}"#;
    let after = patched(&key, patch).unwrap();
    assert_eq!(after.name.as_deref(), Some("cd"));
    assert_eq!(
        (after.user.as_deref(), after.expires_at_unix_ms),
        (None, None)
    );
    assert_eq!(after.tags.len(), 2);
    let budget = after.budget.as_ref().unwrap();
    assert_eq!((&*budget.limit_usd.0, &*budget.window), ("0.3", "day"));
    assert_eq!((&after.team, &after.secrets), (&key.team, &key.secrets));
    assert_eq!(patched(&key, "{}").unwrap(), key);
    for (patch, field) in [
        (r#"{"id": "zzzzzzzzzzzz"}"#, "id"),
        (r#"{"budget": {"limit": 1}}"#, ""),
        ("[]", ""),
        ("null", ""),
    ] {
        assert_eq!(
            patched(&key, patch).expect_err(patch).field(),
            field,
            "{patch}"
        );
    }
}

#[test]
fn rotation_keeps_the_last_secret_for_a_while_and_no_older_one() {
    let key = create("{}").unwrap();
    let once = key.rotated(KeyDigest([8; 32]), 1_000, NOW);
    assert_eq!(once.status(NOW), KeyStatus::Rotating);
    assert_eq!(once.status(NOW + 1_000), KeyStatus::Active);
    let twice = once.rotated(KeyDigest([9; 32]), 500, NOW + 1);
    let digests: Vec<_> = twice
        .secrets
        .iter()
        .map(|secret| secret.digest.0[0])
        .collect();
    assert_eq!(digests, [9, 8]);
    assert_eq!(twice.secrets[1].until_unix_ms, Some(NOW + 501));
    assert_eq!(twice.rotated(KeyDigest([1; 32]), 0, NOW).secrets.len(), 1);
}

#[test]
fn what_is_revoked_stays_so_and_wins_over_what_has_expired() {
    let key = create(r#"{"expires_at": "2026-11-21"}"#).unwrap();
    let end = key.expires_at_unix_ms.unwrap();
    assert_eq!(key.status(end - 1), KeyStatus::Active);
    assert_eq!(key.status(end), KeyStatus::Expired);
    let revoked = key.revoked(NOW + 5).revoked(NOW + 9);
    assert_eq!(revoked.revoked_at_unix_ms, Some(NOW + 5));
    assert_eq!(revoked.status(end), KeyStatus::Revoked);
}

#[test]
fn an_own_budget_is_named_after_its_key() {
    let key = create(WHOLE).unwrap();
    let budget = key.budget.unwrap().read(key.id.as_str()).unwrap();
    assert_eq!(&*budget.id, "key:k3v9x0a1b2c4");
    assert_eq!(budget.limit.to_string(), "25.10");
}

#[test]
fn a_key_s_id_is_found_without_reading_its_secret() {
    let id = KeyId::parse("k3v9x0a1b2c4").unwrap();
    let text = VirtualKey::compose(id, [5; 32]).expose();
    assert_eq!(KeyId::of_key(text.as_bytes()), Some(id));
    for wrong in [
        &text[1..],
        &text.replace("k3", "k4"),
        "sk-qh-k3v9x0a1b2c4",
        "",
    ] {
        assert_eq!(KeyId::of_key(wrong.as_bytes()), None, "{wrong}");
    }
}
