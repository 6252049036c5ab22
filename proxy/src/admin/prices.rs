//! `/admin/v1/prices`: the prices in force.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::{Caller, Shared};
use crate::prices;

pub(super) async fn list(_: Caller, State(shared): State<Shared>) -> Json<Value> {
    let config = (shared.state.config)();
    let items: Vec<Value> = config
        .price_table
        .rows()
        .flat_map(prices::lines)
        .map(|l| json!(l))
        .collect();
    Json(json!({ "version": config.price_table.version(), "items": items, "next": null }))
}
