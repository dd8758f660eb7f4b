//! What is being edited on Wikipedia and its sisters, as it happens: a feed that never ends.
//!
//! `cargo run --example wikimedia` replays a few changes.
//! `cargo run --example wikimedia -- https://stream.wikimedia.org/v2/stream/recentchange` shows them all, until Ctrl-C.

use std::time::Duration;

use serde::Deserialize;
use sse_typed::{Connection, Reconnect, RequestBuilderExt, SseEvents};

/// Events have no names here: the `type` in their data tells what they are.
#[derive(SseEvents)]
#[sse(tag = "type", skip("categorize"))]
enum RecentChange {
    Edit {
        #[serde(flatten)]
        page: Page,
        length: Option<Length>,
    },
    New(Page),
    Log {
        #[serde(flatten)]
        page: Page,
        log_type: String,
    },
    #[sse(error)]
    Error(serde_json::Value),
    #[sse(open)]
    Open(Connection), // at the beginning, and after each gap
    #[sse(other)]
    Other, // a type they have invented since
}

#[derive(Deserialize)]
struct Page {
    meta: Meta,
    #[serde(default)]
    title: String,
    #[serde(default)]
    user: String,
}

#[derive(Deserialize)]
struct Meta {
    domain: String,
}

#[derive(Deserialize)]
struct Length {
    old: i64,
    new: i64,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = match std::env::args().nth(1) {
        Some(url) => url,
        None => sse_typed_examples::replay(include_str!("../tests/data/wikimedia.sse")).await?,
    };
    // They ask every program to say what it is, cut each connection after 15 minutes, and know where it was by its id.
    let client = reqwest::Client::builder().user_agent("sse-typed-example/0.1").build()?;
    let feed = client
        .get(url)
        .sse()
        .reconnect(Reconnect::default().delay(Duration::from_millis(500)))
        .idle_timeout(Duration::from_secs(60));

    let mut changes = feed.connect().await?.incoming::<RecentChange>();
    while let Some(item) = changes.next().await {
        match item.map(|event| event.data) {
            // Made by themselves, to see that the feed is alive.
            Ok(RecentChange::Edit { page, .. } | RecentChange::New(page)) if page.meta.domain == "canary" => {}
            Ok(RecentChange::Edit { page, length }) => {
                let change = length.map_or(0, |length| length.new - length.old);
                println!("{:<24} {:>+8} {} ({})", page.meta.domain, change, page.title, page.user);
            }
            Ok(RecentChange::New(page)) => println!("{:<24} {:>8} {}", page.meta.domain, "new", page.title),
            Ok(RecentChange::Log { page, log_type }) => {
                println!("{:<24} {log_type:>8} {}", page.meta.domain, page.title);
            }
            Ok(RecentChange::Open(at)) => eprintln!("[open, attempt {}]", at.attempt()),
            Ok(RecentChange::Other | RecentChange::Error(_)) => {}
            Err(error) if !error.is_final() => eprintln!("[{error}]"),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
