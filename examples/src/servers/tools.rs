//! The server of `mcp`.

use std::io;

use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::Value;

use crate::events;

const INITIALIZED: &str = r#"{
  "jsonrpc": "2.0", "id": 1,
  "result": { "protocolVersion": "2025-11-25", "capabilities": { "tools": {} } }
}"#;

/// Greets with a value in JSON, answers a tool's call with a stream, up to the third event, and whoever comes back with what follows the one that
/// they have.
///
/// # Errors
/// When no port can be had.
pub async fn tools() -> io::Result<String> {
    let whole = include_str!("../../../tests/data/mcp.sse").replace("\r\n", "\n").replace("retry: 3000", "retry: 300");
    let (first, _) = whole.split_once("id: c02754f0:3").unwrap_or((&whole, ""));
    let first = first.to_owned();
    let answer = post(async move |Json(request): Json<Value>| match request["method"].as_str() {
        Some("initialize") => {
            ([("mcp-session-id", "s-1"), ("content-type", "application/json")], INITIALIZED).into_response()
        }
        Some("tools/call") => events(&first),
        _ => StatusCode::ACCEPTED.into_response(),
    });
    let resume = async move |headers: HeaderMap| {
        let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()).unwrap_or_default();
        let rest = whole.split_once(&format!("id: {last}\n")).and_then(|(_, rest)| rest.split_once("\n\n"));
        events(rest.unwrap_or_default().1)
    };
    crate::serve(Router::new().route("/", answer.get(resume))).await
}
