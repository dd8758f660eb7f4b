//! Streams as services send them, to be replayed: once each, beginning with the wish to be asked again soon, so that an
//! example which reconnects soon learns that there is no more.

use std::io;

use axum::Router;
use axum::routing::post;

use crate::{events, replay, serve};

/// An answer of the Responses API at `/responses`, and one of Chat Completions at `/chat/completions`.
///
/// # Errors
/// When no port can be had.
pub async fn openai() -> io::Result<String> {
    let responses = async || events(include_str!("../../tests/data/openai_responses.sse"));
    let chat = async || events(include_str!("../../tests/data/openai_chat.sse"));
    serve(Router::new().route("/responses", post(responses)).route("/chat/completions", post(chat))).await
}

/// Two answers of the Messages API: one that comes to its end, and one that does not.
///
/// # Errors
/// When no port can be had.
pub async fn anthropic() -> io::Result<Vec<String>> {
    Ok(vec![replay(include_str!("../../tests/data/anthropic.sse")).await?, replay(OVERLOADED).await?])
}

/// How an answer ends when there are too many to give.
const OVERLOADED: &str = r#"event: message_start
data: {"type":"message_start","message":{"model":"claude-synthetic-1"}}

event: error
data: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}

"#;

/// A few changes on Wikipedia and its sisters.
///
/// # Errors
/// When no port can be had.
pub async fn wikimedia() -> io::Result<String> {
    soon(include_str!("../../tests/data/wikimedia.sse")).await
}

/// A database whose credential expires.
///
/// # Errors
/// When no port can be had.
pub async fn firebase() -> io::Result<String> {
    replay(include_str!("../../tests/data/firebase.sse")).await
}

/// A few slots of a beacon chain.
///
/// # Errors
/// When no port can be had.
pub async fn beacon() -> io::Result<String> {
    soon(SLOTS).await
}

const SLOTS: &str = r#"event:head
data:{"slot":"9","block":"0x9a2f","state":"0x60d4","epoch_transition":false,"execution_optimistic":false}

event:head
data:{"slot":"10","block":"0x5e1c","state":"0x7b05","epoch_transition":true,"execution_optimistic":false}

event:chain_reorg
data:{"slot":"10","depth":"2","old_head_block":"0x5e1c","new_head_block":"0x77aa","epoch":"2"}

: error - dropped 37 messages

event:head
data:{"slot":"unknown","block":"0x0000"}

event:finalized_checkpoint
data:{"block":"0x9a2f","state":"0x60d4","epoch":"2","execution_optimistic":false}

"#;

/// A newspaper and two exchanges, in this order.
///
/// # Errors
/// When no port can be had.
pub async fn markets() -> io::Result<Vec<String>> {
    Ok(vec![soon(NEWS).await?, soon(TOKYO).await?, soon(LONDON).await?])
}

const NEWS: &str = "data: Ships are late\n\nevent: flash\ndata: Tea is dear\n\n";

const TOKYO: &str = r#"event: quote
data: {"symbol":"TEA","cents":1250}

event: closed
data:

"#;

const LONDON: &str = r#"event: quote
data: {"symbol":"CUP","cents":420}

event: quote
data: {"symbol":"CUP","cents":399}

event: closed
data:

"#;

/// Replays it to clients that come back soon when it is over.
async fn soon(stream: &str) -> io::Result<String> {
    replay(format!("retry: 500\n\n{stream}")).await
}
