//! The server of `quickstart`.

use std::convert::Infallible;
use std::io;

use axum::Router;
use axum::response::sse::{Event, Sse};
use axum::routing::{MethodRouter, get};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use futures::stream;
use serde_json::{Value, json};

/// The same events three times: at `/json`, at `/cbor`, and at `/sealed` as JSON in base64.
///
/// # Errors
/// When no port can be had.
pub async fn shop() -> io::Result<String> {
    let app = Router::new()
        .route("/json", events(|payload| payload.to_string()))
        .route("/cbor", events(|payload| BASE64_STANDARD.encode(cbor(&payload))))
        .route("/sealed", events(|payload| BASE64_STANDARD.encode(payload.to_string())));
    crate::serve(app).await
}

/// A stream of two events and a goodbye, whose payloads `write` turns into text.
fn events(write: fn(Value) -> String) -> MethodRouter {
    get(move || async move {
        let event = |name: &str, payload| Ok::<_, Infallible>(Event::default().event(name).data(write(payload)));
        Sse::new(stream::iter([
            event("customer", json!({ "id": 1, "name": "Ada" })),
            event("product", json!({ "id": 7, "prices": [420, 399] })),
            event("goodbye", Value::Null),
        ]))
    })
}

fn cbor(payload: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    // A `Vec` takes all that is written to it.
    let _ = ciborium::into_writer(payload, &mut bytes);
    bytes
}
