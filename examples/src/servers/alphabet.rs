//! The server of `resume`.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use axum::Router;
use axum::http::HeaderMap;
use axum::response::sse::{Event, Sse};
use axum::routing::get;
use futures::{Stream, StreamExt, stream};

/// The alphabet, from behind the letter that the client has.
///
/// # Errors
/// When no port can be had.
pub async fn alphabet() -> io::Result<String> {
    crate::serve(Router::new().route("/", get(letters))).await
}

async fn letters(headers: HeaderMap) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok()).unwrap_or(0_usize);
    let letters = stream::iter(('a'..='z').enumerate().skip(last)).then(|(at, letter)| async move {
        tokio::time::sleep(Duration::from_millis(20)).await;
        Ok(Event::default().id((at + 1).to_string()).data(letter.to_string()))
    });
    Sse::new(letters)
}
