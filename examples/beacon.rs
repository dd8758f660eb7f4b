//! What an Ethereum beacon node sees: the topics one asks for are the names that the enum knows.
//!
//! `cargo run --example beacon` replays a few slots.
//! `cargo run --example beacon -- http://localhost:5052` follows a node of yours, until Ctrl-C.

use serde::{Deserialize, Deserializer, de::Error as _};
use sse_typed::{EventNames, Reconnect, RequestBuilderExt, SseEvents};
use sse_typed_examples::{argument_or, recordings};

#[derive(SseEvents)]
enum Topic {
    Head {
        #[serde(deserialize_with = "quoted")]
        slot: u64,
        block: String,
        #[serde(default)]
        epoch_transition: bool,
    },
    FinalizedCheckpoint {
        #[serde(deserialize_with = "quoted")]
        epoch: u64,
    },
    ChainReorg {
        #[serde(deserialize_with = "quoted")]
        slot: u64,
        #[serde(deserialize_with = "quoted")]
        depth: u64,
    },
    #[sse(comment)]
    Comment(String), // Lighthouse says so when it had to drop events
}

/// Numbers travel as text, since JavaScript's are too short for them.
fn quoted<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let node = argument_or(recordings::beacon()).await?;
    let topics = Topic::EVENT_NAMES.join(",");
    println!("{topics}");
    let mut events = reqwest::Client::new()
        .get(format!("{node}/eth/v1/events?topics={topics}"))
        .sse()
        .reconnect(Reconnect::default().max_attempts(20))
        .connect()
        .await?
        .incoming::<Topic>();
    while let Some(item) = events.next().await {
        match item.map(|event| event.data) {
            Ok(Topic::Head { slot, block, epoch_transition: false }) => println!("slot {slot}: {block}"),
            Ok(Topic::Head { slot, block, epoch_transition: true }) => println!("slot {slot}: {block}, a new epoch"),
            Ok(Topic::FinalizedCheckpoint { epoch }) => println!("epoch {epoch} is final"),
            Ok(Topic::ChainReorg { slot, depth }) => println!("slot {slot}: the last {depth} slots went another way"),
            Ok(Topic::Comment(text)) => println!("the node says: {text}"),
            Err(error) if !error.is_final() => println!("{error}, at {}", error.path().unwrap_or("its root")),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
