//! Servers that others wrote: each stream is read typed, cut in mid-stream, and resumed, every event once and in order.
//!
//! Those that are not installed are skipped: see `tests/servers/install`.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::routing::get;
use futures::stream;
use serde::Deserialize;
use sse_typed::{Reconnect, RequestBuilderExt, SseEvents};
use sse_typed_tests::server::{Served, client, ms, soon};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};

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

/// A server's process, which is killed when this is dropped.
struct Process {
    _child: Child,
    address: SocketAddr,
}

impl Process {
    /// Starts a program of `tests/servers` that prints its port; `None`, and a word about it, if it is not installed.
    async fn start(directory: &str, installed: &str, program: &str, script: &str) -> Option<Self> {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("servers").join(directory);
        if !directory.join(installed).exists() {
            eprintln!("skipped: {installed} is not installed, see tests/servers/install");
            return None;
        }
        let path = if program == installed { directory.join(program) } else { program.into() };
        let mut command = Command::new(path);
        command.arg(directory.join(script)).stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
        let Ok(mut child) = command.spawn() else {
            eprintln!("skipped: {program} does not start, see tests/servers/install");
            return None;
        };
        let mut port = String::new();
        soon(BufReader::new(child.stdout.take().unwrap()).read_line(&mut port)).await.unwrap();
        let port: u16 = port.trim().parse().expect("it prints its port");
        Some(Self { _child: child, address: ([127, 0, 0, 1], port).into() })
    }
}

/// Where a connection breaks.
#[derive(Clone, Copy, Debug)]
enum Cut {
    /// In the midst of the response's head.
    Head,
    /// After so many bytes of the body.
    Body(usize),
}

/// A way to a server of which the n-th connection breaks at the n-th cut; later ones live. Counts the connections.
async fn relay(server: SocketAddr, cuts: Vec<Cut>) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            let cut = cuts.get(counted.fetch_add(1, Ordering::Relaxed)).copied();
            tokio::spawn(pass(near, server, cut));
        }
    });
    (address, count)
}

async fn pass(mut near: TcpStream, server: SocketAddr, cut: Option<Cut>) -> std::io::Result<()> {
    let mut far = BufReader::new(TcpStream::connect(server).await?);
    let Some(cut) = cut else {
        tokio::io::copy_bidirectional(&mut near, &mut far).await?;
        return Ok(());
    };
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(near.read_u8().await?);
    }
    far.write_all(&request).await?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(far.read_u8().await?);
    }
    match cut {
        Cut::Head => near.write_all(&head[..head.len() / 2]).await,
        Cut::Body(length) => {
            near.write_all(&head).await?;
            tokio::io::copy(&mut far.take(length as u64), &mut near).await.map(drop)
        }
    }
}

/// Reads the stream whole and cut at several places, and gives the comments that came.
async fn assert_resumes(server: SocketAddr) -> Vec<String> {
    use Cut::{Body, Head};
    // An event is no shorter than 60 bytes, so that each of these comes before the end, whatever comments come between.
    let lists = [
        vec![],
        vec![Body(250)],
        vec![Head, Body(120), Body(200), Head, Head, Body(20), Body(310)],
        (0..30).map(|step| Body(step * 3)).collect(),
    ];
    let mut comments = Vec::new();
    for cuts in lists {
        let (address, connections) = relay(server, cuts.clone()).await;
        let policy = Reconnect::default().delay(ms(5)).max_delay(ms(20)).server_retry(ms(1)..=ms(20));
        let session = client().get(format!("http://{address}/")).sse().reconnect(policy).retry_first_connect();
        let mut events = soon(session.connect()).await.unwrap().incoming::<Feed>();
        // Comments without end are no end.
        let numbers = soon(async {
            let mut numbers = Vec::new();
            loop {
                let event = events.next().await.expect("an event before the end").unwrap();
                let (is_odd, number) = match event.data {
                    Feed::Tick(number) => (true, number),
                    Feed::Tock(number) => (false, number),
                    Feed::Ping(comment) => {
                        comments.push(comment);
                        continue;
                    }
                    Feed::End(()) => break numbers,
                };
                assert_eq!(number.text, "schön 🎉");
                assert_eq!((is_odd, event.id.to_string()), (number.number % 2 == 1, number.number.to_string()));
                numbers.push(number.number);
            }
        })
        .await;
        assert_eq!(numbers, (1..=LAST).collect::<Vec<_>>(), "cut at {cuts:?}");
        assert!(soon(events.next()).await.is_none());
        // A connection that brought no head is none.
        let lost = cuts.iter().filter(|cut| matches!(cut, Body(_))).count();
        assert_eq!(events.stats().reconnects, lost as u64, "cut at {cuts:?}");
        assert_eq!(connections.load(Ordering::Relaxed), cuts.len() + 1, "cut at {cuts:?}");
    }
    comments
}

/// Checks how the server writes its first event, and what that one's data is read as; gives all that it writes.
async fn assert_first_event(server: SocketAddr, written: &str, data: &str) -> String {
    let url = format!("http://{server}/");
    let text = soon(async {
        let mut response = client().get(&url).send().await.unwrap();
        let mut bytes = Vec::new();
        // Only the last event has it.
        while !bytes.windows(4).any(|bytes| bytes == b"null") {
            bytes.extend(response.chunk().await.unwrap().expect("the last event"));
        }
        String::from_utf8(bytes).unwrap()
    })
    .await;
    assert!(text.contains(written), "{text:?}");
    let mut events = soon(client().get(&url).sse().connect()).await.unwrap().incoming::<String>();
    assert_eq!(soon(events.next()).await.unwrap().unwrap().data, data);
    text
}

#[tokio::test]
async fn sse_starlette_is_read_typed_and_resumed() {
    let python = "venv/bin/python";
    let Some(server) = Process::start("sse_starlette", python, python, "server.py").await else { return };
    let data = ["{", r#" "number": 1,"#, r#" "text": "sch\u00f6n \ud83c\udf89""#, "}"];
    let written = format!("id: 1\r\nevent: tick\r\ndata: {}\r\nretry: 20\r\n\r\n", data.join("\r\ndata: "));
    let text = assert_first_event(server.address, &written, &data.join("\n")).await;
    assert!(text.contains("\r\n\r\n: ping - "), "{text:?}");
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count(), "each line ends in CRLF");

    let comments = assert_resumes(server.address).await;
    assert!(!comments.is_empty());
    assert!(comments.iter().all(|comment| comment.starts_with("ping - ")), "{comments:?}");
}

#[tokio::test]
async fn better_sse_is_read_typed_and_resumed() {
    let package = "node_modules/better-sse";
    let Some(server) = Process::start("better_sse", package, "node", "server.js").await else { return };
    let data = r#"{"number":1,"text":"schön 🎉"}"#;
    let text = assert_first_event(server.address, &format!("event:tick\nid:1\ndata:{data}\n\n"), data).await;
    assert!(text.starts_with("retry:20\n\n"), "{text:?}");
    assert!(text.contains("\n\n:\n\n"), "{text:?}");

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
    let data = ["{", r#" "number": 1,"#, r#" "text": "schön 🎉""#, "}"];
    let written = format!("id: 1\nevent: tick\nretry: 20\ndata: {}\n\n", data.join("\ndata: "));
    let text = assert_first_event(server.address(), &written, &data.join("\n")).await;
    assert!(text.contains("\n\n: alive\n\n"), "{text:?}");

    let comments = assert_resumes(server.address()).await;
    assert!(!comments.is_empty());
    assert!(comments.iter().all(|comment| comment == "alive"), "{comments:?}");
}
