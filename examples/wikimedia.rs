//! What is being edited on Wikipedia and its sisters, as it happens: a feed that never ends.
//!
//! `cargo run --example wikimedia` replays a few changes.
//! `cargo run --example wikimedia -- https://stream.wikimedia.org/v2/stream/recentchange` shows them all, until Ctrl-C.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use sse_typed::{Connection, RequestBuilderExt, SseEvents};
use sse_typed_examples::{argument_or, recordings};

/// Events have no names here: the `type` in their data tells what they are.
#[derive(SseEvents)]
#[sse(tag = "type", skip("categorize"))]
enum RecentChange {
    Edit(Change),
    New(Change),
    Log(Change),
    #[sse(error)]
    Error(Value),
    #[sse(open)]
    Open(Connection), // at the beginning, and after each gap
    #[sse(other)]
    Other, // a type they have invented since
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Change {
    meta: Value,
    title: String,
    user: String,
    length: Value,
    log_type: String,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = argument_or(recordings::wikimedia()).await?;
    // They ask every program to say what it is, cut each connection after 15 minutes, and know where it was by its id.
    let client = reqwest::Client::builder().user_agent("sse-typed-example/0.1").build()?;
    let feed = client.get(url).sse().idle_timeout(Duration::from_secs(60)).connect().await?;
    let mut changes = feed.incoming::<RecentChange>();
    while let Some(item) = changes.next().await {
        match item.map(|event| event.data) {
            Ok(RecentChange::Edit(change) | RecentChange::New(change)) if change.meta["domain"] == "canary" => {}
            Ok(RecentChange::Edit(Change { meta, title, user, length, .. })) => {
                let size = |at| length[at].as_i64().unwrap_or_default();
                println!("{:<24} {:>+8} {title} ({user})", domain(&meta), size("new") - size("old"));
            }
            Ok(RecentChange::New(new)) => println!("{:<24} {:>8} {}", domain(&new.meta), "new", new.title),
            Ok(RecentChange::Log(log)) => println!("{:<24} {:>8} {}", domain(&log.meta), log.log_type, log.title),
            Ok(RecentChange::Open(at)) => eprintln!("[open, attempt {}]", at.attempt()),
            Ok(RecentChange::Other | RecentChange::Error(_)) => {}
            Err(error) if !error.is_final() => eprintln!("[{error}]"),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn domain(meta: &Value) -> &str {
    meta["domain"].as_str().unwrap_or_default()
}
