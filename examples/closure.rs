//! A format that nobody else has, read through a closure: payloads that bear a seal, whose key only the program knows.
//!
//! `cargo run --example closure` serves a few of them, one of which was tampered with.
//! `cargo run --example closure -- URL KEY` reads a stream of yours, with `data: seal.json`.

use std::convert::Infallible;
use std::error::Error;
use std::hash::{DefaultHasher, Hash, Hasher};

use axum::Router;
use axum::response::sse::{Event, Sse};
use axum::routing::get;
use futures::stream;
use sse_typed::{RequestBuilderExt, SseEvents};

#[derive(SseEvents)]
enum Transfer {
    Deposit {
        account: String,
        cents: u64,
    },
    Statement(Vec<i64>), // the closure knows no types, and reads each of them
    #[sse(done)]
    Closed,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let url = match arguments.next() {
        Some(url) => url,
        None => sse_typed_examples::serve(Router::new().route("/", get(bank))).await?,
    };
    let key = arguments.next().unwrap_or_else(|| KEY.into());
    let session = reqwest::Client::new().get(url).sse().deserialize_with(move |data, target| {
        let (found, json) = data.split_once('.').ok_or("it bears no seal")?;
        if seal(&key, json) != found {
            return Err("the seal is broken".into());
        }
        target.fill(&mut serde_json::Deserializer::from_str(json))
    });

    let mut transfers = session.connect().await?.incoming::<Transfer>();
    while let Some(item) = transfers.next().await {
        match item.map(|event| event.data) {
            Ok(Transfer::Deposit { account, cents }) => println!("{cents} for {account}"),
            Ok(Transfer::Statement(cents)) => println!("{} in all", cents.iter().sum::<i64>()),
            Ok(Transfer::Closed) => println!("closed"),
            Err(error) if !error.is_final() => {
                println!("{error}: {}", error.source().map(ToString::to_string).unwrap_or_default());
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

const KEY: &str = "for show";

/// For show as well: a program would take an HMAC.
fn seal(key: &str, json: &str) -> String {
    let mut hasher = DefaultHasher::new();
    (key, json).hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

async fn bank() -> Sse<impl futures::Stream<Item = Result<Event, Infallible>>> {
    let sealed = |name, json| Event::default().event(name).data(format!("{}.{json}", seal(KEY, json)));
    let forged = format!("{}.{}", seal(KEY, r#"{"account":"ada","cents":1}"#), r#"{"account":"eve","cents":1000000}"#);
    Sse::new(stream::iter([
        Ok(sealed("deposit", r#"{"account":"ada","cents":1250}"#)),
        Ok(Event::default().event("deposit").data(forged)),
        Ok(sealed("statement", "[1250,-420]")),
        Ok(sealed("closed", "null")),
    ]))
}
