//! An answer of Anthropic's Messages API: thinking, text and a tool's input, each as it is written.
//!
//! `cargo run --example anthropic` replays two: one that comes to its end, and one that the server breaks off.
//! `cargo run --example anthropic -- https://api.anthropic.com/v1/messages` asks the API, with `ANTHROPIC_API_KEY`.

use std::env::{args, var};

use serde::Deserialize;
use serde_json::{Value, json};
use sse_typed::{Error, ErrorKind, RequestBuilderExt, ServerSentEvent, SseEvents};
use sse_typed_examples::{replay, show};

#[derive(SseEvents)]
#[sse(skip("ping", "content_block_stop"))]
enum Answer {
    MessageStart {
        message: Value,
    },
    ContentBlockStart {
        content_block: Value,
    },
    ContentBlockDelta {
        delta: Piece,
    },
    MessageDelta {
        usage: Value,
    },
    #[sse(done)]
    MessageStop, // a stream that ends without it is an error
    #[sse(error, done)]
    Error(Value), // under status 200, in the middle of an answer
    #[sse(other)]
    Unknown(ServerSentEvent), // the API is free to add events
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Piece {
    TextDelta {
        text: String,
    },
    ThinkingDelta {
        thinking: String,
    },
    InputJsonDelta {
        partial_json: String,
    },
    #[serde(other)]
    Other,
}

/// How an answer ends when there are too many to give.
const OVERLOADED: &str = r#"event: message_start
data: {"type":"message_start","message":{"model":"claude-synthetic-1"}}

event: error
data: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}

"#;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let urls = match args().nth(1) {
        Some(url) => vec![url],
        None => vec![replay(include_str!("../tests/data/anthropic.sse")).await?, replay(OVERLOADED).await?],
    };
    for url in urls {
        match print(&url).await {
            Err(error) if error.kind() == ErrorKind::Event => {
                println!("\n[broken off: {}]", error.downcast::<Value>()?["error"]["message"]);
            }
            result => result?,
        }
    }
    Ok(())
}

async fn print(url: &str) -> Result<(), Error> {
    let request = json!({
        "model": "claude-sonnet-4-5", "max_tokens": 1024, "stream": true,
        "messages": [{ "role": "user", "content": "What is the weather in San Francisco?" }],
    });
    let post = reqwest::Client::new().post(url).header("anthropic-version", "2023-06-01").json(&request);
    let post = post.header("x-api-key", var("ANTHROPIC_API_KEY").unwrap_or_default());

    let mut answer = post.sse().connect().await?.incoming::<Answer>();
    while let Some(event) = answer.try_next().await? {
        match event.data {
            Answer::MessageStart { message } => show(&format!("[{}]", message["model"])),
            Answer::ContentBlockStart { content_block } => {
                show(&format!("\n{} ", content_block["name"].as_str().unwrap_or_default()));
            }
            Answer::ContentBlockDelta { delta } => match delta {
                Piece::TextDelta { text } | Piece::ThinkingDelta { thinking: text } => show(&text),
                Piece::InputJsonDelta { partial_json } => show(&partial_json),
                Piece::Other => {}
            },
            Answer::MessageDelta { usage } => println!("\n[{} tokens]", usage["output_tokens"]),
            Answer::MessageStop => println!("[end]\n"),
            Answer::Unknown(event) => eprintln!("[passed over: {}]", event.event),
            Answer::Error(_) => unreachable!("it comes as an error"),
        }
    }
    Ok(())
}
