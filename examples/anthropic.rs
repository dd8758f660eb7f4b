//! An answer of Anthropic's Messages API: thinking, text and a tool's input, each as it is written.
//!
//! `cargo run --example anthropic` replays two: one that comes to its end, and one that the server breaks off.
//! `cargo run --example anthropic -- https://api.anthropic.com/v1/messages` asks the API, with `ANTHROPIC_API_KEY`.

use serde::Deserialize;
use serde_json::{Value, json};
use sse_typed::{Error, RequestBuilderExt, ServerSentEvent, SseEvents};
use sse_typed_examples::{recordings, show};

#[derive(SseEvents)]
#[sse(skip("ping", "content_block_stop"))]
enum Answer {
    /// With the model.
    MessageStart { message: Value },
    /// With the name, if it is a tool's input.
    ContentBlockStart { content_block: Value },
    /// With what has been written since.
    ContentBlockDelta { delta: Piece },
    /// With the number of tokens.
    MessageDelta { usage: Value },
    #[sse(done)]
    MessageStop, // a stream that ends without it is an error
    #[sse(error, done)]
    Error(Value), // under status 200, in the middle of an answer
    #[sse(other)]
    Unknown(ServerSentEvent), // the API is free to add events
}

#[derive(Deserialize)]
struct Piece {
    #[serde(default, alias = "thinking", alias = "partial_json")]
    text: String,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let urls = match std::env::args().nth(1) {
        Some(url) => vec![url],
        None => recordings::anthropic().await?,
    };
    for url in urls {
        if let Err(error) = print(&url).await {
            println!("\n[broken off: {}]", error.downcast::<Value>()?["error"]["message"]);
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
    let post = post.header("x-api-key", std::env::var("ANTHROPIC_API_KEY").unwrap_or_default());
    let mut answer = post.sse().connect().await?.incoming::<Answer>();
    while let Some(event) = answer.try_next().await? {
        match event.data {
            Answer::MessageStart { message } => show(&format!("[{}]", message["model"])),
            Answer::ContentBlockStart { content_block: block } => {
                show(&format!("\n{} ", block["name"].as_str().unwrap_or_default()));
            }
            Answer::ContentBlockDelta { delta } => show(&delta.text),
            Answer::MessageDelta { usage } => println!("\n[{} tokens]", usage["output_tokens"]),
            Answer::MessageStop => println!("[end]\n"),
            Answer::Unknown(event) => eprintln!("[passed over: {}]", event.event),
            Answer::Error(_) => unreachable!("it comes as an error"),
        }
    }
    Ok(())
}
