//! A Firebase Realtime Database in step with its server: a tree, and what changes in it.
//!
//! `cargo run --example firebase` replays a session in which the credential expires.
//! `cargo run --example firebase -- https://YOURS.firebaseio.com/path.json` follows a database, until Ctrl-C, with a token
//! from the file `FIREBASE_TOKEN_FILE` if it is not public.

use std::io;
use std::time::Duration;

use serde_json::{Map, Value};
use sse_typed::{Reconnect, SseEvents};
use sse_typed_examples::{argument_or, node_at, recordings};

#[derive(SseEvents)]
#[sse(skip("keep-alive"))]
enum Change {
    /// What is at the path is this from now on,
    Put { path: String, data: Value },
    /// or some of what is in it.
    Patch { path: String, data: Map<String, Value> },
    /// The stream stays open, and is silent from here on.
    AuthRevoked,
    #[sse(error, done)]
    Cancel, // the rules do not allow to read this any more
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = argument_or(recordings::firebase()).await?;
    // Each attempt has a token of its own, so that one which has expired is not sent again.
    let client = reqwest::Client::new();
    let session = sse_typed::session(move |attempt| {
        let (client, url) = (client.clone(), url.clone());
        async move { Ok(attempt.apply(client.get(url).query(&[("auth", fresh_token().await?)])).send().await?) }
    });
    // A connection that has been silent for longer than two keep-alives is dead.
    let session = session.reconnect(Reconnect::default().max_attempts(8)).idle_timeout(Duration::from_secs(75));
    let mut changes = session.connect().await?.incoming::<Change>();
    let handle = changes.handle();
    let mut tree = Value::Null;
    while let Some(event) = changes.try_next().await? {
        match event.data {
            Change::Put { path, data } => {
                println!("put {path}");
                *node_at(&mut tree, &path) = data;
            }
            Change::Patch { path, data } => {
                for (name, data) in data {
                    println!("patch {path}/{name}");
                    *node_at(&mut tree, &format!("{path}/{name}")) = data;
                }
            }
            Change::AuthRevoked => println!("the credential has expired: reconnecting, {}", handle.reconnect()),
            Change::Cancel => unreachable!("it comes as an error"),
        }
    }
    println!("{} posts", tree["posts"].as_object().map_or(0, Map::len));
    Ok(())
}

/// What a program would ask Google for; here, a file that some other program renews.
async fn fresh_token() -> io::Result<Option<String>> {
    let Ok(file) = std::env::var("FIREBASE_TOKEN_FILE") else { return Ok(None) };
    Ok(Some(tokio::fs::read_to_string(file).await?.trim().to_owned()))
}
