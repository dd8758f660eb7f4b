//! What an open stream costs on which nothing happens.

use std::process::Command;
use std::time::Duration;

use futures::StreamExt as _;
use sse_typed::{Reconnect, RequestBuilderExt as _};

use super::{Mode, Section};
use crate::alloc;
use crate::messages::Anthropic;
use crate::server::Server;
use crate::table::{Table, Target};

/// The argument that makes the program hold sessions and tell what they cost.
pub const ARGUMENT: &str = "--hold";

const CLIENTS: [&str; 7] =
    ["reqwest", "sse-typed", "sse-typed, GET kept", "read_ahead", "reqwest-eventsource", "sse-reqwest-client", "sseer"];

pub fn run(mode: Mode) -> Section {
    let mut section = Section {
        title: "At rest",
        about: "Bytes of heap of one open session that has read an event and waits for the next, over those of reqwest's \
                `Response` in the same place; in brackets with the value's own size, wherever its user keeps it. `GET kept` has its request at hand to reconnect, \
                the others do not reconnect where that can be chosen. Each number is from a process of its own.",
        ..Section::default()
    };
    let server = Server::start();
    let counts: &[usize] = if mode.quick { &[200] } else { &[1000, 5000] };
    let columns: Vec<_> =
        ["HTTP/1.1", "HTTP/2"].iter().flat_map(|http| counts.iter().map(move |n| (*http, *n))).collect();
    let heads = columns.iter().map(|(http, sessions)| format!("{http}, {sessions} sessions"));
    let mut table = Table::new(std::iter::once(String::new()).chain(heads));
    let bare: Vec<_> = columns.iter().map(|&(http, sessions)| hold_apart(&server, "reqwest", http, sessions)).collect();
    let show = |cost: Cost| format!("{:.0} ({:.0})", cost.heap, cost.heap + cost.value);
    table.row(std::iter::once("reqwest, in all".to_owned()).chain(bare.iter().map(|cost| show(*cost))));
    for client in &CLIENTS[1..] {
        let mut cells = vec![(*client).to_owned()];
        for (&(http, sessions), bare) in columns.iter().zip(&bare) {
            let cost = hold_apart(&server, client, http, sessions);
            let over = Cost { heap: cost.heap - bare.heap, value: cost.value - bare.value };
            cells.push(show(over));
            let goal = match *client {
                "sse-typed" => 512.0,
                "read_ahead" => 512.0 + 2048.0,
                _ => continue,
            };
            let what = format!("at rest, {client}, {http}, {sessions} sessions: heap over reqwest's own");
            section.targets.push(Target::at_most(what, goal, over.heap, " B"));
            let what =
                format!("at rest, {client}, {http}, {sessions} sessions: the same, the value's own size included");
            section.targets.push(Target::at_most(what, goal, over.heap + over.value, " B"));
        }
        table.row(cells);
    }
    section.tables.push((String::new(), table.to_markdown()));
    section
}

/// What one session costs.
#[derive(Clone, Copy)]
struct Cost {
    heap: f64,
    /// The size of the value that stands for it.
    value: f64,
}

fn hold_apart(server: &Server, client: &str, http: &str, sessions: usize) -> Cost {
    let program = std::env::current_exe().expect("the program's path");
    let output = Command::new(program)
        .args([ARGUMENT, &server.idle(), client, http, &sessions.to_string()])
        .output()
        .expect("a process");
    let text = String::from_utf8_lossy(&output.stdout);
    let mut numbers = text.split_whitespace().map(str::parse);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(heap)), Some(Ok(value))) => Cost { heap, value },
        _ => panic!("{client}: {text}{}", String::from_utf8_lossy(&output.stderr)),
    }
}

/// Holds sessions and prints the heap of each.
pub fn hold(arguments: &[String]) {
    let [url, client, http, sessions] = arguments else { panic!("{arguments:?}") };
    let sessions = sessions.parse().expect("a number");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let cost = runtime.block_on(async {
        match client.as_str() {
            "reqwest" => {
                hold_each(sessions, new_client(http), async |client| {
                    let mut response = client.get(url).send().await.expect("a response");
                    response.chunk().await.expect("a chunk");
                    response
                })
                .await
            }
            "sse-typed" | "sse-typed, GET kept" => {
                let policy = if client == "sse-typed" { Reconnect::never() } else { Reconnect::default() };
                hold_each(sessions, new_client(http), async |client| {
                    let request = client.get(url).sse().reconnect(policy.clone());
                    let mut events = request.connect().await.expect("a stream").incoming::<Anthropic>();
                    events.try_next().await.expect("an event");
                    // To wait for the next is what an idle session does.
                    assert!(futures::poll!(std::pin::pin!(events.next())).is_pending());
                    events
                })
                .await
            }
            "read_ahead" => {
                hold_each(sessions, new_client(http), async |client| {
                    let request = client.get(url).sse().reconnect(Reconnect::never());
                    let mut events = request.connect().await.expect("a stream").incoming::<Anthropic>().read_ahead(16);
                    events.try_next().await.expect("an event");
                    events
                })
                .await
            }
            "reqwest-eventsource" => {
                let mut client = reqwest_012::Client::builder();
                if http == "HTTP/2" {
                    client = client.http2_prior_knowledge();
                }
                hold_each(sessions, client.build().expect("a client"), async |client| {
                    let mut events = reqwest_eventsource::EventSource::new(client.get(url)).expect("a request");
                    events.by_ref().take(2).for_each(async |_| {}).await;
                    assert!(futures::poll!(events.next()).is_pending());
                    events
                })
                .await
            }
            "sse-reqwest-client" => {
                hold_each(sessions, new_client(http), async |client| {
                    let mut events = sse_reqwest_client::EventSource::new(client.get(url));
                    events.by_ref().take(2).for_each(async |_| {}).await;
                    assert!(futures::poll!(events.next()).is_pending());
                    events
                })
                .await
            }
            "sseer" => {
                hold_each(sessions, new_client(http), async |client| {
                    let mut events = Box::pin(sseer::reqwest::EventSource::new(client.get(url)).expect("a request"));
                    events.by_ref().take(2).for_each(async |_| {}).await;
                    assert!(futures::poll!(events.next()).is_pending());
                    events
                })
                .await
            }
            other => panic!("no client is called {other}"),
        }
    });
    println!("{} {}", cost.heap, cost.value);
}

fn new_client(http: &str) -> reqwest::Client {
    let client = reqwest::Client::builder();
    if http == "HTTP/2" { client.http2_prior_knowledge() } else { client }.build().expect("a client")
}

/// Opens so many, one after the other, and returns what each costs once all is quiet.
async fn hold_each<C, S>(sessions: usize, client: C, open: impl AsyncFn(&C) -> S) -> Cost {
    // The first one makes what all share.
    let _first = open(&client).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    alloc::start();
    let mut held = Vec::with_capacity(sessions);
    for _ in 0..sessions {
        held.push(open(&client).await);
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let value = size_of::<S>() as f64;
    let heap = alloc::stop().held as f64 / sessions as f64 - value;
    drop(held);
    Cost { heap, value }
}
