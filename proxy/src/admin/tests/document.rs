//! `/openapi.json` says what the table says, and `docs/openapi.json` says the same.

use std::collections::BTreeSet;

use super::super::routes::TABLE;
use super::*;

#[test]
fn every_route_is_in_the_document_and_nothing_else() {
    let document = document();
    let paths = document["paths"].as_object().expect("paths");
    let described: BTreeSet<(String, String)> = paths
        .iter()
        .flat_map(|(path, operations)| {
            let verbs = operations.as_object().expect("operations").keys();
            verbs.map(move |verb| (path.clone(), verb.clone()))
        })
        .collect();
    let served: BTreeSet<(String, String)> = TABLE
        .iter()
        .map(|route| (route.path.to_owned(), route.verb.word().to_owned()))
        .collect();
    assert_eq!(described, served);
    assert_eq!(served.len(), TABLE.len(), "a route stands twice");
}

#[test]
fn every_operation_has_a_name_of_its_own_and_says_what_it_does() {
    let document = document();
    let operations = document["paths"].as_object().expect("paths").values();
    let operations: Vec<&Value> = operations
        .flat_map(|item| item.as_object().expect("operations").values())
        .collect();
    let names: BTreeSet<&str> = operations
        .iter()
        .map(|operation| operation["operationId"].as_str().expect("a name"))
        .collect();
    assert_eq!(names.len(), operations.len());
    for operation in operations {
        assert!(
            operation["summary"]
                .as_str()
                .is_some_and(|text| text.len() > 3),
            "{operation}"
        );
        let answers = operation["responses"].as_object().expect("answers");
        assert!(
            answers.keys().any(|status| status.starts_with('2')),
            "{operation}"
        );
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"#").skip(1) {
        let pointer = reference.split('"').next().unwrap_or_default();
        assert!(document.pointer(pointer).is_some(), "{pointer}");
    }
}

/// Run with `QUOTAH_BLESS=1` to write the file.
#[test]
fn the_document_in_docs_is_the_one_that_is_served() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/openapi.json");
    let served = format!("{:#}\n", document());
    if std::env::var_os("QUOTAH_BLESS").is_some() {
        std::fs::write(path, &served).expect("written");
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        kept == served,
        "docs/openapi.json is not what the code says: QUOTAH_BLESS=1 writes it"
    );
}

#[tokio::test]
async fn the_document_needs_no_token_on_this_machine() {
    let plane = plane();
    let (status, found) = plane.get(LOCAL, "/openapi.json", "").await;
    assert_eq!((status, found), (200, document()));
    assert_eq!(plane.get(STRANGER, "/openapi.json", "").await.0, 401);
}
