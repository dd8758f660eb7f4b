//! Servers that others wrote: each stream is read typed, cut in mid-stream, and resumed, every event once and in order.
//!
//! Those that are not installed are skipped: see `tests/servers/install`.

use std::convert::Infallible;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use axum::Router;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::routing::get;
use futures::stream;
use serde::Deserialize;
use sse_typed::{Reconnect, RequestBuilderExt, SseEvents};
use sse_typed_tests::server::{Served, client, ms, soon};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// How many numbers each server sends before the end.
const LAST: usize = 12;

#[derive(Debug, Deserialize)]
struct Number {
    number: usize,
    text: String,
}

#[derive(Debug, SseEvents)]
enum Feed {
    Tick(Number),
    Tock(Number),
    #[sse(done)]
    End(()),
    #[sse(comment)]
    Ping(String),
}

/// A server's process, which ends when this is dropped.
struct Process {
    child: Child,
    address: SocketAddr,
}

impl Process {
    /// Starts a program of `tests/servers` that prints its port; `None`, and a word about it, if it is not installed.
    fn start(directory: &str, installed: &str, program: &str, script: &str) -> Option<Self> {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("servers").join(directory);
        if !directory.join(installed).exists() {
            eprintln!("skipped: {installed} is not installed, see tests/servers/install");
            return None;
        }
        let program = if program == installed { directory.join(program) } else { program.into() };
        let mut child = Command::new(program).arg(directory.join(script)).stdout(Stdio::piped()).spawn().unwrap();
        let mut port = String::new();
        let read = BufReader::new(child.stdout.take().unwrap()).read_line(&mut port);
        let mut process = Self { child, address: ([127, 0, 0, 1], 0).into() };
        read.unwrap();
        process.address.set_port(port.trim().parse().expect("a port"));
        Some(process)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A way to a server of which each connection breaks after so many bytes of the answer, until there are no more cuts.
async fn relay(server: SocketAddr, cuts: Vec<usize>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut cuts = cuts.into_iter();
        while let Ok((mut near, _)) = listener.accept().await {
            let cut = cuts.next();
            tokio::spawn(async move {
                let mut far = TcpStream::connect(server).await.unwrap();
                let Some(mut left) = cut else { return drop(tokio::io::copy_bidirectional(&mut near, &mut far).await) };
                let mut buffer = [0; 1024];
                let length = near.read(&mut buffer).await.unwrap_or(0);
                let _ = far.write_all(&buffer[..length]).await;
                while left > 0 {
                    let length = left.min(buffer.len());
                    let Ok(length @ 1..) = far.read(&mut buffer[..length]).await else { break };
                    let _ = near.write_all(&buffer[..length]).await;
                    left -= length;
                }
            });
        }
    });
    address
}

/// Reads the stream whole and cut at several places, and gives the comments that came.
async fn assert_resumes(server: SocketAddr) -> Vec<String> {
    let mut comments = Vec::new();
    for cuts in [vec![], vec![450], vec![400, 520, 610, 700], (0..30).map(|step| 300 + step * 17).collect()] {
        let count = cuts.len() as u64;
        let url = format!("http://{}/", relay(server, cuts.clone()).await);
        let policy = Reconnect::default().delay(ms(5)).max_delay(ms(20)).server_retry(ms(1)..=ms(20));
        let session = client().get(url).sse().reconnect(policy).retry_first_connect();
        let mut events = soon(session.connect()).await.unwrap().incoming::<Feed>();
        let mut numbers = Vec::new();
        while let Some(event) = soon(events.try_next()).await.unwrap() {
            let (is_odd, number) = match event.data {
                Feed::Tick(number) => (true, number),
                Feed::Tock(number) => (false, number),
                Feed::Ping(comment) => {
                    comments.push(comment);
                    continue;
                }
                Feed::End(()) => break,
            };
            assert_eq!(number.text, "schön 🎉");
            assert_eq!((is_odd, event.id.to_string()), (number.number % 2 == 1, number.number.to_string()));
            numbers.push(number.number);
        }
        assert_eq!(numbers, (1..=LAST).collect::<Vec<_>>(), "cut at {cuts:?}");
        assert!(events.stats().reconnects >= count.min(1), "it was cut");
    }
    comments
}

#[tokio::test]
async fn sse_starlette_is_read_typed_and_resumed() {
    let python = "venv/bin/python";
    let Some(server) = Process::start("sse_starlette", python, python, "server.py") else { return };
    let comments = assert_resumes(server.address).await;
    assert!(!comments.is_empty());
    assert!(comments.iter().all(|comment| comment.starts_with("ping - ")), "{comments:?}");
}

#[tokio::test]
async fn better_sse_is_read_typed_and_resumed() {
    let Some(server) = Process::start("better_sse", "node_modules/better-sse", "node", "server.js") else { return };
    let comments = assert_resumes(server.address).await;
    assert!(!comments.is_empty());
    assert!(comments.iter().all(String::is_empty), "{comments:?}");
}

#[tokio::test]
async fn axums_own_streams_are_read_typed_and_resumed() {
    let feed = |headers: HeaderMap| async move {
        let after = headers.get("last-event-id").map_or(0, |id| id.to_str().unwrap().parse().unwrap());
        let events = stream::unfold(after + 1, |number: usize| async move {
            let event = match number {
                ..=LAST => Event::default()
                    .id(number.to_string())
                    .event(if number % 2 == 1 { "tick" } else { "tock" })
                    .retry(ms(20))
                    .data(format!("{{\n \"number\": {number},\n \"text\": \"schön 🎉\"\n}}")),
                _ => Event::default().event("end").data("null"),
            };
            tokio::time::sleep(ms(20)).await;
            (number <= LAST + 1).then_some((Ok::<_, Infallible>(event), number + 1))
        });
        Sse::new(events).keep_alive(KeepAlive::new().interval(ms(5)).text("alive"))
    };
    let server = Served::new(Router::new().route("/", get(feed))).await;
    let comments = assert_resumes(server.address()).await;
    assert!(!comments.is_empty());
    assert!(comments.iter().all(|comment| comment == "alive"), "{comments:?}");
}
