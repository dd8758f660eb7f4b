//! The server of `closure`.

use std::convert::Infallible;
use std::io;

use axum::Router;
use axum::response::sse::{Event, Sse};
use axum::routing::get;
use futures::stream;

/// Four transfers as `data: seal.json`, sealed by `seal`, the second of which was tampered with.
///
/// # Errors
/// When no port can be had.
pub async fn bank(seal: impl Fn(&str) -> String) -> io::Result<String> {
    let sealed = |name, json| Event::default().event(name).data(format!("{}.{json}", seal(json)));
    let stolen = seal(r#"{"account":"ada","cents":1}"#);
    let forged = format!(r#"{stolen}.{{"account":"eve","cents":1000000}}"#);
    let transfers = [
        sealed("deposit", r#"{"account":"ada","cents":1250}"#),
        Event::default().event("deposit").data(forged),
        sealed("statement", "[1250,-420]"),
        sealed("closed", "null"),
    ];
    let answer = async move || Sse::new(stream::iter(transfers.map(Ok::<_, Infallible>)));
    crate::serve(Router::new().route("/", get(answer))).await
}
