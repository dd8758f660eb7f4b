//! A tool call over MCP's Streamable HTTP (2025-11-25): asked for with POST, taken up with GET where it broke off.
//!
//! `cargo run --example mcp` calls a tool of a server of its own, which hangs up in the middle of the answer.
//! `cargo run --example mcp -- URL TOOL` calls one of yours. A server may answer with JSON in place of a stream: that is a
//! stream of one event here.

use std::time::Duration;

use reqwest::RequestBuilder;
use reqwest::header::{HeaderMap, HeaderValue};
use serde_json::{Value, json};
use sse_typed::{Error, Reconnect, Session, SseEvents};
use sse_typed_examples::{argument_or, servers};

/// JSON-RPC: what a message is, its keys tell.
#[derive(SseEvents)]
enum Message {
    #[sse(event = "message", data = "", skip)]
    Priming, // brings an id before there is anything to say
    #[sse(event = "message", key = "method")]
    Call { method: String, params: Option<Value> },
    #[sse(event = "message", key = "error", error, done)]
    Failed(Value),
    #[sse(event = "message", key = "result", done)]
    Result { result: Value },
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = argument_or(servers::tools()).await?;
    let client = json!({ "name": "sse-typed", "version": "0.1" });
    let hello = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client });
    let session = call(&url, HeaderMap::new(), "initialize", hello).await?;
    // What each request from here on has to say; the server's session is in the head of this response.
    let mut headers = HeaderMap::new();
    headers.insert("mcp-protocol-version", HeaderValue::from_static("2025-11-25"));
    if let Some(id) = session.connection().and_then(|connection| connection.headers().get("mcp-session-id")) {
        headers.insert("mcp-session-id", id.clone());
    }
    print(session).await?;

    let ready = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    request(reqwest::Client::new().post(&url).json(&ready), &headers).send().await?.error_for_status()?;
    let tool = std::env::args().nth(2).unwrap_or_else(|| "inventory".into());
    print(call(&url, headers, "tools/call", json!({ "name": tool, "arguments": {} })).await?).await?;
    Ok(())
}

/// Asks once, and resumes as often as it takes: a second POST would be a second call.
async fn call(url: &str, headers: HeaderMap, method: &str, params: Value) -> Result<Session, Error> {
    let (client, url) = (reqwest::Client::new(), url.to_owned());
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let session = sse_typed::session(move |attempt| {
        let post_or_get = if attempt.number() == 0 { client.post(&url).json(&body) } else { client.get(&url) };
        let response = attempt.apply(request(post_or_get, &headers)).send();
        // Without an id, GET would open the stream of what the server says by itself.
        let is_lost = attempt.number() > 0 && attempt.last_event_id().is_empty();
        async move { if is_lost { Err("the answer broke off and cannot be taken up".into()) } else { Ok(response.await?) } }
    });
    // A server may end its stream after each answer: with an event, that is no failed attempt.
    let policy = Reconnect::default().healthy_after(Duration::ZERO).max_attempts(5);
    session.json_as_event().reconnect(policy).idle_timeout(Duration::from_secs(60)).connect().await
}

fn request(request: RequestBuilder, headers: &HeaderMap) -> RequestBuilder {
    request.headers(headers.clone()).header("accept", "application/json, text/event-stream")
}

async fn print(session: Session) -> Result<(), Error> {
    let mut messages = session.incoming::<Message>();
    while let Some(event) = messages.try_next().await? {
        match event.data {
            Message::Call { method, params } => println!("{} {method} {}", event.id, params.unwrap_or_default()),
            Message::Result { result } => println!("{} result of {} bytes", event.id, result.to_string().len()),
            Message::Priming | Message::Failed(_) => unreachable!("one is skipped, the other an error"),
        }
    }
    println!("reconnects: {}\n", messages.stats().reconnects);
    Ok(())
}
