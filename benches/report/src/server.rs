//! The servers on loopback, in a process of their own, so that its CPU time is not ours.
//!
//! Floods and paced streams are written to the socket as bytes made beforehand: the server is never the slower side.
//! Streams that stay open are hyper's, over HTTP/1.1 and HTTP/2.

use std::collections::HashMap;
use std::convert::Infallible;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt as _, stream};
use http_body_util::StreamBody;
use hyper::body::Frame;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;

use crate::profiles::{self, Profile};

/// The argument that makes the program a server.
pub const ARGUMENT: &str = "--serve";

/// How a stream is cut into HTTP chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    Event,
    Bytes(usize),
}

impl Framing {
    pub fn name(self) -> String {
        match self {
            Self::Event => "one HTTP chunk an event".into(),
            Self::Bytes(size) if size % 1024 == 0 => format!("{} KB chunks", size >> 10),
            Self::Bytes(size) => format!("{size} B chunks"),
        }
    }
}

/// A server process. Ends with this value.
pub struct Server {
    process: Child,
    raw: SocketAddr,
    hyper: SocketAddr,
}

impl Server {
    pub fn start() -> Self {
        let mut process = Command::new(std::env::current_exe().expect("the program's path"))
            .arg(ARGUMENT)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a server process");
        let mut lines = BufReader::new(process.stdout.take().expect("piped")).lines();
        let mut address = || lines.next().expect("a line").expect("UTF-8").parse().expect("an address");
        Self { raw: address(), hyper: address(), process }
    }

    /// This stream, `times` over, as fast as it is read.
    pub fn flood(&self, profile: &str, framing: Framing, times: usize) -> String {
        let size = match framing {
            Framing::Event => 0,
            Framing::Bytes(size) => size,
        };
        format!("http://{}/flood/{profile}/{size}/{times}", self.raw)
    }

    /// This many events, one every 5 ms.
    pub fn paced(&self, profile: &str, events: usize) -> String {
        format!("http://{}/paced/{profile}/0/{events}", self.raw)
    }

    /// One event, and nothing after it.
    pub fn idle(&self) -> String {
        format!("http://{}/", self.hyper)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Serves until the parent is gone.
pub fn serve() {
    let raw = TcpListener::bind("127.0.0.1:0").expect("a port");
    println!("{}", raw.local_addr().expect("bound"));
    thread::spawn(move || {
        let wires = Arc::new(Wires::default());
        for stream in raw.incoming().flatten() {
            let wires = wires.clone();
            // A client that goes away is no error.
            thread::spawn(move || drop(answer(stream, &wires)));
        }
    });
    thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(stay_open());
    });
    let _ = io::stdin().read_to_end(&mut Vec::new());
}

/// Streams as they are on the wire, each made once.
type Wires = Mutex<HashMap<(String, usize), Arc<Vec<Vec<u8>>>>>;

fn wire(wires: &Wires, name: &str, size: usize) -> Arc<Vec<Vec<u8>>> {
    let mut wires = wires.lock().expect("nothing panics with it");
    let wire = wires.entry((name.to_owned(), size)).or_insert_with(|| {
        let profile = by_name(name);
        let chunks: Vec<&[u8]> = match size {
            0 => split_events(&profile.bytes),
            size => profile.bytes.chunks(size).collect(),
        };
        let chunk = |chunk: &[u8]| [format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat();
        Arc::new(chunks.into_iter().map(chunk).collect())
    });
    wire.clone()
}

/// The profiles that are served.
fn by_name(name: &str) -> Profile {
    match name {
        "llm-responses" => profiles::llm_responses(),
        _ => profiles::llm_anthropic(),
    }
}

fn split_events(mut bytes: &[u8]) -> Vec<&[u8]> {
    let mut events = Vec::new();
    while let Some(at) = bytes.windows(2).position(|two| two == b"\n\n") {
        let (event, rest) = bytes.split_at(at + 2);
        events.push(event);
        bytes = rest;
    }
    events
}

fn answer(mut stream: TcpStream, wires: &Wires) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut head = BufReader::new(stream.try_clone()?);
    let mut request = String::new();
    head.read_line(&mut request)?;
    while head.read_line(&mut String::new())? > 2 {}
    let path: Vec<_> = request.split(['/', ' ']).skip(2).collect();
    let [kind, profile, size, times, ..] = path[..] else { return Ok(()) };
    let (size, times) = (size.parse().unwrap_or(0), times.parse().unwrap_or(0));
    let wire = wire(wires, profile, size);
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")?;
    if kind == "paced" {
        for chunk in wire.iter().cycle().take(times) {
            thread::sleep(Duration::from_millis(5));
            stream.write_all(chunk)?;
        }
    } else {
        let wire = wire.concat();
        for _ in 0..times {
            stream.write_all(&wire)?;
        }
    }
    stream.write_all(b"0\r\n\r\n")
}

/// A stream of one event, which then stays open.
async fn stay_open() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    println!("{}", listener.local_addr().expect("bound"));
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http2().max_concurrent_streams(100_000);
    let builder = Arc::new(builder);
    while let Ok((socket, _)) = listener.accept().await {
        let builder = builder.clone();
        tokio::spawn(async move {
            let service = service_fn(|_| async {
                let first = Bytes::from_static(b"event: content_block_stop\ndata: {\"index\":1}\n\n");
                let body = stream::once(async { Ok::<_, Infallible>(Frame::data(first)) }).chain(stream::pending());
                let response = http::Response::builder().header("content-type", "text/event-stream");
                response.body(StreamBody::new(body))
            });
            // A client that goes away is no error.
            let _ = builder.serve_connection(TokioIo::new(socket), service).await;
        });
    }
}
