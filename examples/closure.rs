//! A format that nobody else has, read through a closure: payloads that bear a seal, whose key only the program knows.
//!
//! `cargo run --example closure` serves a few of them, one of which was tampered with.
//! `cargo run --example closure -- URL KEY` reads a stream of yours, with `data: seal.json`.

use std::error::Error;
use std::hash::{DefaultHasher, Hash, Hasher};

use sse_typed::{RequestBuilderExt, SseEvents};
use sse_typed_examples::{argument_or, servers};

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
    let url = argument_or(servers::bank(|json| seal(KEY, json))).await?;
    let key = std::env::args().nth(2).unwrap_or_else(|| KEY.into());
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
