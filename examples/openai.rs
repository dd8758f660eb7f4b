//! A model's answer as it is written: from the Responses API, and from Chat Completions.
//!
//! `cargo run --example openai` replays one of each.
//! `cargo run --example openai -- https://api.openai.com/v1` asks the API, with `OPENAI_API_KEY` and `OPENAI_MODEL`.

use serde_json::{Value, json};
use sse_typed::{Error, RequestBuilderExt, SseEvents};
use sse_typed_examples::{argument_or, recordings, show};

/// Of 58 events, those that matter here: the others are passed over.
#[derive(SseEvents)]
enum Answer {
    #[sse(event = "response.output_text.delta")]
    Text { delta: String },
    #[sse(event = "response.completed", alias = "response.incomplete", done)]
    Completed { response: Value },
    #[sse(event = "response.failed", alias = "error", error, done)]
    Failed(Value),
}

/// Chat names no events: an error is known by its key, and the end by a word.
#[derive(SseEvents)]
enum Chat {
    #[sse(event = "message")]
    Chunk { choices: Vec<Value> },
    #[sse(event = "message", key = "error", error, done)]
    Failed(Value),
    #[sse(event = "message", data = "[DONE]", done)]
    Done,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = argument_or(recordings::openai()).await?;
    // What the API has to say stands in the error: as the variant's type if it said so in the stream, else as text.
    ask(&url).await.map_err(|error| match (error.downcast_ref::<Value>(), error.body()) {
        (Some(reported), _) => format!("the model failed: {reported}").into(),
        (None, Some(body)) => format!("{error}: {body}").into(),
        (None, None) => error.into(),
    })
}

async fn ask(url: &str) -> Result<(), Error> {
    let key = std::env::var("OPENAI_API_KEY").unwrap_or_default();
    let model = std::env::var("OPENAI_MODEL").unwrap_or("gpt-5-mini".into());
    let post = |path, body| reqwest::Client::new().post(format!("{url}{path}")).bearer_auth(&key).json(&body).sse();
    let request = json!({ "model": model, "stream": true, "input": "What's SSE?" });
    let mut answer = post("/responses", request).connect().await?.incoming::<Answer>();
    while let Some(event) = answer.try_next().await? {
        match event.data {
            Answer::Text { delta } => show(&delta),
            Answer::Completed { response } => println!("\n[{} tokens]\n", response["usage"]["total_tokens"]),
            Answer::Failed(_) => unreachable!("it comes as an error"),
        }
    }
    let request = json!({ "model": model, "stream": true, "messages": [{ "role": "user", "content": "What's SSE?" }] });
    let mut answer = post("/chat/completions", request).connect().await?.incoming::<Chat>();
    while let Some(event) = answer.try_next().await? {
        if let Chat::Chunk { choices } = event.data {
            choices.iter().filter_map(|choice| choice["delta"]["content"].as_str()).for_each(show);
        }
    }
    println!("[done]"); // an answer that ends without it is an error
    Ok(())
}
