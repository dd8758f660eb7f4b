//! A feed that survives its server: it resumes where it was, and shows its states as they change.
//!
//! `cargo run --example feed` serves a countdown on loopback that goes down after every third number.
//! `cargo run --example feed -- URL` reads a feed of your own, until Ctrl-C.

use std::time::Duration;

use sse_typed::{Reconnect, RequestBuilderExt, SseEvents, State};
use sse_typed_examples::{argument_or, servers};

#[derive(SseEvents)]
enum Feed {
    #[sse(event = "message", text)]
    Message(String),
    #[sse(done)]
    Liftoff,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = argument_or(servers::countdown()).await?;
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
