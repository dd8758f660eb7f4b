//! A feed that survives its server: it resumes where it was, and shows its states as they change.
//!
//! `cargo run --example feed` serves a countdown on loopback that goes down after every third number.
//! `cargo run --example feed -- URL` reads a feed of your own, until Ctrl-C.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::http::HeaderMap;
use axum::response::sse::{Event, Sse};
use axum::routing::get;
use futures::{StreamExt, stream};
use sse_typed::{Reconnect, RequestBuilderExt, SseEvents, State};

#[derive(SseEvents)]
enum Feed {
    #[sse(event = "message", text)]
    Message(String),
    #[sse(done)]
    Liftoff,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = match std::env::args().nth(1) {
        Some(url) => url,
        None => countdown().await?,
    };
    let feed = reqwest::Client::new()
        .get(url)
        .sse()
        .reconnect(Reconnect::default().delay(Duration::from_millis(250)).max_attempts(8))
        .idle_timeout(Duration::from_secs(45))
        .retry_first_connect()
        .connect()
        .await?;

    let handle = feed.handle();
    tokio::spawn(async move {
        loop {
            match handle.state_changed().await {
                State::Closed => break eprintln!("  closed"),
                state => eprintln!("  {state:?}, at id {:?}", handle.last_event_id()),
            }
        }
    });

    let mut events = feed.incoming::<Feed>();
    while let Some(item) = events.next().await {
        match item {
            Ok(event) => match event.data {
                Feed::Message(text) => println!("{text}"),
                Feed::Liftoff => println!("liftoff"),
            },
            Err(error) if !error.is_final() => eprintln!("{error}"),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// A server that is up for a second, and down for half of one.
async fn countdown() -> std::io::Result<String> {
    let (address, mut server) = sse_typed_examples::serve_at(app(), ([127, 0, 0, 1], 0).into()).await?;
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            server.abort();
            tokio::time::sleep(Duration::from_millis(500)).await;
            match sse_typed_examples::serve_at(app(), address).await {
                Ok((_, restarted)) => server = restarted,
                Err(error) => break eprintln!("the server did not come up again: {error}"),
            }
        }
    });
    Ok(format!("http://{address}"))
}

/// Counts down from where the client was, and breaks off after three numbers.
fn app() -> Router {
    Router::new().route(
        "/",
        get(|headers: HeaderMap| async move {
            let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok()).unwrap_or(10_u32);
            let numbers = stream::iter((0..last).rev().take(3)).then(|number| async move {
                tokio::time::sleep(Duration::from_millis(300)).await;
                let event = Event::default().id(number.to_string()).data(number.to_string());
                Ok::<_, Infallible>(if number == 0 { event.event("liftoff") } else { event })
            });
            Sse::new(numbers)
        }),
    )
}
