//! Several streams in one loop, each with events of its own, until all have ended or Ctrl-C closes them.
//!
//! `cargo run --example select` serves a newspaper and two exchanges itself.
//! `cargo run --example select -- NEWS EXCHANGE..` reads streams of yours.

use std::time::Duration;

use futures::StreamExt;
use futures::stream::SelectAll;
use sse_typed::{RequestBuilderExt, SessionConfig, SessionHandle, SseEvents};
use sse_typed_examples::recordings;

#[derive(SseEvents)]
enum News {
    #[sse(event = "message", alias = "flash", text)]
    Headline(String),
}

#[derive(SseEvents)]
enum Exchange {
    /// The last price.
    Quote { symbol: String, cents: u32 },
    #[sse(done)]
    Closed,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let urls = match std::env::args().skip(1).collect::<Vec<_>>() {
        urls if urls.is_empty() => recordings::markets().await?,
        urls => urls,
    };
    let client = reqwest::Client::new();
    let config = SessionConfig::new().idle_timeout(Duration::from_secs(45));

    let mut news = client.get(&urls[0]).sse().config(config.clone()).connect().await?.incoming::<News>();
    let mut handles = vec![news.handle()];
    let mut exchanges = SelectAll::new(); // streams of one type are one stream
    for url in &urls[1..] {
        let session = client.get(url).sse().config(config.clone()).connect().await?;
        handles.push(session.handle());
        exchanges.push(session.incoming::<Exchange>());
    }
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            handles.iter().for_each(SessionHandle::close);
        }
    });

    loop {
        // Whichever comes first: what the other future has read by then is not lost with it.
        tokio::select! {
            Some(item) = news.next() => match item?.data {
                News::Headline(text) => println!("news: {text}"),
            },
            Some(item) = exchanges.next() => match item?.data {
                Exchange::Quote { symbol, cents } => println!("{symbol} {}.{:02}", cents / 100, cents % 100),
                Exchange::Closed => println!("an exchange closes"),
            },
            else => break,
        }
    }
    println!("all is quiet, after {} headlines", news.stats().events);
    Ok(())
}
