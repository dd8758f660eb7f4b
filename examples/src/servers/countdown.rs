//! The server of `feed`.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use axum::Router;
use axum::http::HeaderMap;
use axum::response::sse::{Event, Sse};
use axum::routing::get;
use futures::{Stream, StreamExt, stream};
use tokio::time::sleep;

/// A countdown whose server is up for a second, and down for half of one.
///
/// # Errors
/// When no port can be had.
pub async fn countdown() -> io::Result<String> {
    let app = Router::new().route("/", get(numbers));
    let (address, mut server) = crate::serve_at(app.clone(), ([127, 0, 0, 1], 0).into()).await?;
    tokio::spawn(async move {
        loop {
            sleep(Duration::from_secs(1)).await;
            server.abort();
            sleep(Duration::from_millis(500)).await;
            match crate::serve_at(app.clone(), address).await {
                Ok((_, restarted)) => server = restarted,
                Err(error) => break eprintln!("the server did not come up again: {error}"),
            }
        }
    });
    Ok(format!("http://{address}"))
}

/// Counts down from where the client was, and breaks off after three numbers.
async fn numbers(headers: HeaderMap) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok()).unwrap_or(10_u32);
    let numbers = stream::iter((0..last).rev().take(3)).then(|number| async move {
        sleep(Duration::from_millis(300)).await;
        let event = Event::default().id(number.to_string()).data(number.to_string());
        Ok(if number == 0 { event.event("liftoff") } else { event })
    });
    Sse::new(numbers)
}
