//! An answer of Anthropic's Messages API: thinking, text and a tool's input, each as it is written.
//!
//! `cargo run --example anthropic` replays two: one that comes to its end, and one that the server breaks off.
//! `cargo run --example anthropic -- https://api.anthropic.com/v1/messages` asks the API, with `ANTHROPIC_API_KEY`.

use std::env::{args, var};

use serde::Deserialize;
use serde_json::{Value, json};
use sse_typed::{Error, ErrorKind, RequestBuilderExt, ServerSentEvent, SseEvents};

#[derive(SseEvents)]
#[sse(skip("ping", "content_block_stop"))]
enum Message {
    MessageStart {
        message: Value,
    },
    ContentBlockStart {
        content_block: Block,
    },
    ContentBlockDelta {
        delta: Delta,
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
enum Block {
    ToolUse {
        name: String,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Delta {
    ThinkingDelta {
        thinking: String,
    },
    TextDelta {
        text: String,
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
        None => vec![
            sse_typed_examples::replay(include_str!("../tests/data/anthropic.sse")).await?,
            sse_typed_examples::replay(OVERLOADED).await?,
        ],
    };
    for url in urls {
        match print(&url).await {
            Err(error) if error.kind() == ErrorKind::Event => {
                println!("[broken off: {}]", error.downcast::<Value>()?["error"]["message"]);
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

    let mut message = post.sse().connect().await?.incoming::<Message>();
    while let Some(event) = message.try_next().await? {
        match event.data {
            Message::MessageStart { message } => println!("[{}]", message["model"]),
            Message::ContentBlockStart { content_block: Block::ToolUse { name } } => print!("\n{name} "),
            Message::ContentBlockStart { content_block: Block::Other } => println!(),
            Message::ContentBlockDelta { delta } => match delta {
                Delta::ThinkingDelta { thinking: text } | Delta::TextDelta { text } => print!("{text}"),
                Delta::InputJsonDelta { partial_json } => print!("{partial_json}"),
                Delta::Other => {}
            },
            Message::MessageDelta { usage } => println!("\n[{} tokens]", usage["output_tokens"]),
            Message::MessageStop => println!("[end]\n"),
            Message::Unknown(event) => eprintln!("passed over {}", event.event),
            Message::Error(_) => unreachable!("it comes as an error"),
        }
    }
    Ok(())
}
