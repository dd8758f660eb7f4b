//! A model's answer as it is written: from the Responses API, and from Chat Completions.
//!
//! `cargo run --example openai` replays one of each.
//! `cargo run --example openai -- https://api.openai.com/v1` asks the API, with `OPENAI_API_KEY` and `OPENAI_MODEL`.

use std::env::{args, var};

use serde::Deserialize;
use serde_json::{Value, json};
use sse_typed::{Error, RequestBuilderExt, SseEvents};
use sse_typed_examples::{replay, show};

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
    Chunk { choices: Vec<Choice> },
    #[sse(event = "message", key = "error", error, done)]
    Failed(Value),
    #[sse(event = "message", data = "[DONE]", done)]
    Done,
}

#[derive(Deserialize)]
struct Choice {
    delta: Delta,
}

#[derive(Deserialize)]
struct Delta {
    content: Option<String>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (responses, chat) = match args().nth(1) {
        Some(url) => (format!("{url}/responses"), format!("{url}/chat/completions")),
        None => (
            replay(include_str!("../tests/data/openai_responses.sse")).await?,
            replay(include_str!("../tests/data/openai_chat.sse")).await?,
        ),
    };
    // What the API has to say stands in the error: as the variant's type if it said so in the stream, else as text.
    ask(&responses, &chat).await.map_err(|error| match (error.downcast_ref::<Value>(), error.body()) {
        (Some(reported), _) => format!("the model failed: {reported}").into(),
        (None, Some(body)) => format!("{error}: {body}").into(),
        (None, None) => error.into(),
    })
}

async fn ask(responses: &str, chat: &str) -> Result<(), Error> {
    let (key, model) = (var("OPENAI_API_KEY").unwrap_or_default(), var("OPENAI_MODEL").unwrap_or("gpt-5-mini".into()));
    let prompt = "What are server-sent events?";
    let post = |url, body: Value| reqwest::Client::new().post(url).bearer_auth(&key).json(&body).sse();

    let request = json!({ "model": model, "stream": true, "input": prompt });
    let mut answer = post(responses, request).connect().await?.incoming::<Answer>();
    while let Some(event) = answer.try_next().await? {
        match event.data {
            Answer::Text { delta } => show(&delta),
            Answer::Completed { response } => println!("\n[{} tokens]\n", response["usage"]["total_tokens"]),
            Answer::Failed(_) => unreachable!("it comes as an error"),
        }
    }

    let request = json!({ "model": model, "stream": true, "messages": [{ "role": "user", "content": prompt }] });
    let mut answer = post(chat, request).connect().await?.incoming::<Chat>();
    while let Some(event) = answer.try_next().await? {
        match event.data {
            Chat::Chunk { choices } => {
                choices.into_iter().filter_map(|choice| choice.delta.content).for_each(|text| show(&text));
            }
            Chat::Done => println!("[done]"),
            Chat::Failed(_) => unreachable!("it comes as an error"),
        }
    }
    Ok(())
}
