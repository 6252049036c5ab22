//! The stream of events as a listener reads it.

use axum::body::BodyDataStream;
use futures_util::StreamExt as _;
use serde_json::json;

use super::*;
use crate::events::{Event, EventKind};

struct Reader(BodyDataStream);

impl Reader {
    async fn open(plane: &Plane, token: &str, last: Option<&str>) -> Self {
        let mut request = asked("GET", "/admin/v1/events", token, "");
        let headers = request.headers_mut();
        headers.insert("accept", "text/event-stream".parse().expect("a value"));
        if let Some(last) = last {
            headers.insert("last-event-id", last.parse().expect("a value"));
        }
        let response = plane.call(LOCAL, request).await;
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let mut reader = Self(response.into_body().into_data_stream());
        assert_eq!(reader.next().await, ": quotah\nretry: 3000\n\n");
        reader
    }

    async fn next(&mut self) -> String {
        let piece = self.0.next().await.expect("a piece").expect("whole");
        String::from_utf8(piece.to_vec()).expect("text")
    }
}

fn tell(plane: &Plane, team: Option<&str>, number: u32) {
    let event = Event::new(EventKind::Key, team, &json!({ "n": number }));
    plane.state.events.publish(event);
}

#[tokio::test]
async fn a_listener_hears_what_happens_and_can_come_back() {
    let plane = plane();
    let mut reader = Reader::open(&plane, "viewer", None).await;
    tell(&plane, None, 1);
    assert_eq!(
        reader.next().await,
        "id: 1-1\nevent: key\ndata: {\"n\":1}\n\n"
    );
    drop(reader);
    tell(&plane, None, 2);
    let mut back = Reader::open(&plane, "viewer", Some("1-1")).await;
    assert_eq!(
        back.next().await,
        "id: 1-2\nevent: key\ndata: {\"n\":2}\n\n"
    );
    let mut other = Reader::open(&plane, "viewer", Some("9-1")).await;
    assert_eq!(
        other.next().await,
        "event: gap\ndata: {\"missed\":null}\n\n"
    );
    assert!(other.next().await.starts_with("id: 1-1\n"));
}

#[tokio::test]
async fn a_team_hears_of_its_own_alone() {
    let plane = plane();
    let mut reader = Reader::open(&plane, "team-viewer", None).await;
    for (team, number) in [(None, 1), (Some("sales"), 2), (Some("research"), 3)] {
        tell(&plane, team, number);
    }
    assert_eq!(
        reader.next().await,
        "id: 1-3\nevent: key\ndata: {\"n\":3}\n\n"
    );
    let (_, latest) = plane.get(LOCAL, "/admin/v1/events", "team-viewer").await;
    let items = latest["items"].as_array().expect("a list");
    assert_eq!((items.len(), &items[0]["data"]["n"]), (1, &3.into()));
}

#[tokio::test]
async fn who_reads_too_slowly_is_told_and_goes_on() {
    let plane = plane();
    let mut reader = Reader::open(&plane, "viewer", None).await;
    for number in 0..1_100 {
        tell(&plane, None, number);
    }
    assert_eq!(reader.next().await, "event: gap\ndata: {\"missed\":76}\n\n");
    assert!(reader.next().await.starts_with("id: 1-77\n"));
}
