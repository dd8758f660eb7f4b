//! Servers on loopback: one that does to each connection exactly what a script says, and one for axum's routers.
//!
//! Knows nothing of `sse-typed`. A scripted server remembers each request, and when the client's side closed.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use bytes::Bytes;
use futures::stream;
use reqwest::Client;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use crate::listening::Listening;

/// How long a test waits for what must happen, on a machine that is busy with other things.
const PATIENCE: Duration = Duration::from_secs(30);

/// What `future` comes to.
///
/// # Panics
/// When it takes longer than any test should.
pub async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("took too long")
}

/// Milliseconds.
pub const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// Events of which each has its number as its id, and as its data behind this prefix.
pub fn numbered(numbers: RangeInclusive<usize>, prefix: &str) -> String {
    numbers.fold(String::new(), |text, number| text + &format!("id: {number}\ndata: {prefix}{number}\n\n"))
}

/// A client that talks to nobody else, with a connection of its own for each request.
///
/// # Panics
/// Where reqwest cannot build one.
pub fn client() -> Client {
    Client::builder().no_proxy().build().expect("a client")
}

/// The same over HTTP/2 with prior knowledge.
///
/// # Panics
/// Where reqwest cannot build one.
pub fn http2_client() -> Client {
    Client::builder().no_proxy().http2_prior_knowledge().build().expect("a client")
}

/// What is done to one connection, once its request has come.
#[derive(Clone, Debug, Default)]
pub struct Script(Vec<Step>);

#[derive(Clone, Debug)]
enum Step {
    Send(Bytes),
    Sleep(Duration),
    Await(Arc<Notify>),
    Flood(Bytes, Arc<Mutex<u64>>),
    Hold,
    Close,
    Reset,
}

impl Script {
    /// Closes at once: no response at all.
    pub fn new() -> Self {
        Self::default()
    }

    /// An event stream that ends with the connection.
    pub fn stream() -> Self {
        Self::head("200 OK", "content-type: text/event-stream\r\n")
    }

    /// An event stream that ends with the connection, and this of it.
    pub fn events(bytes: impl Into<Bytes>) -> Self {
        Self::stream().send(bytes)
    }

    /// An event stream in chunks, which has to be ended with [`last_chunk`](Self::last_chunk).
    pub fn chunked() -> Self {
        Self::head("200 OK", "content-type: text/event-stream\r\ntransfer-encoding: chunked\r\n")
    }

    /// 204.
    pub fn no_content() -> Self {
        Self::head("204 No Content", "")
    }

    /// A status with this body, as plain text.
    pub fn status(status: &str, body: &str) -> Self {
        Self::head(status, &format!("content-type: text/plain\r\ncontent-length: {}\r\n", body.len()))
            .send(body.to_owned())
    }

    /// A redirect.
    pub fn redirect(status: &str, location: &str) -> Self {
        Self::head(status, &format!("location: {location}\r\ncontent-length: 0\r\n"))
    }

    /// A status line and headers, each of which ends in CRLF. The connection is to be closed afterwards.
    pub fn head(status: &str, headers: &str) -> Self {
        Self::new().send(format!("HTTP/1.1 {status}\r\nconnection: close\r\n{headers}\r\n"))
    }

    /// Sends these bytes as they are.
    #[must_use]
    pub fn send(mut self, bytes: impl Into<Bytes>) -> Self {
        self.0.push(Step::Send(bytes.into()));
        self
    }

    /// Sends these bytes as a chunk.
    #[must_use]
    pub fn chunk(self, bytes: &str) -> Self {
        self.send(format!("{:x}\r\n{bytes}\r\n", bytes.len()))
    }

    /// Ends a body in chunks.
    #[must_use]
    pub fn last_chunk(self) -> Self {
        self.send("0\r\n\r\n")
    }

    /// Sends these bytes in pieces of `size`, and rests after each.
    #[must_use]
    pub fn drip(mut self, bytes: impl Into<Bytes>, size: usize, rest: Duration) -> Self {
        let mut bytes = bytes.into();
        while !bytes.is_empty() {
            let piece = bytes.split_to(size.min(bytes.len()));
            self = self.send(piece).sleep(rest);
        }
        self
    }

    /// Sends nothing for this long.
    #[must_use]
    pub fn sleep(mut self, duration: Duration) -> Self {
        self.0.push(Step::Sleep(duration));
        self
    }

    /// Goes on once somebody calls `notify_one`.
    #[must_use]
    pub fn after(mut self, gate: &Arc<Notify>) -> Self {
        self.0.push(Step::Await(gate.clone()));
        self
    }

    /// Sends these bytes again and again, as long as they are taken, and counts them.
    #[must_use]
    pub fn flood(mut self, bytes: impl Into<Bytes>, sent: &Arc<Mutex<u64>>) -> Self {
        self.0.push(Step::Flood(bytes.into(), sent.clone()));
        self
    }

    /// Sends nothing more, and keeps the connection until the client closes it.
    #[must_use]
    pub fn hold(mut self) -> Self {
        self.0.push(Step::Hold);
        self
    }

    /// Closes the connection, also where a connection outlives its script.
    #[must_use]
    pub fn close(mut self) -> Self {
        self.0.push(Step::Close);
        self
    }

    /// Breaks the connection (RST).
    #[must_use]
    pub fn reset(mut self) -> Self {
        self.0.push(Step::Reset);
        self
    }
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Request {
    /// `GET`, …
    pub method: String,
    /// Path and query.
    pub path: String,
    /// In the order in which they came, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Empty where there was none.
    pub body: Vec<u8>,
    /// When it had come whole.
    pub at: Instant,
}

impl Request {
    /// The header's value.
    ///
    /// # Panics
    /// If it came more than once.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|header| header.0 == name).map(|header| &*header.1);
        let value = values.next();
        assert_eq!(values.next(), None, "{name} came twice");
        value
    }

    /// `Last-Event-ID`.
    pub fn last_event_id(&self) -> Option<&str> {
        self.header("last-event-id")
    }
}

/// A server that answers each connection with a script. It is gone when it is dropped, and its connections with it.
pub struct Server {
    listening: Listening,
    log: Arc<watch::Sender<Log>>,
}

#[derive(Default)]
struct Log {
    requests: Vec<Request>,
    /// By the number of the request: the client closed its side before the script was at its end.
    left: Vec<bool>,
    open: usize,
}

impl Server {
    /// The n-th connection gets the n-th script, any further one a 204.
    pub async fn scripted(scripts: impl IntoIterator<Item = Script>) -> Self {
        let mut scripts = scripts.into_iter().collect::<Vec<_>>().into_iter();
        Self::answering(move |_| scripts.next().unwrap_or_else(Script::no_content)).await
    }

    /// Each connection gets the script that this makes for its request.
    ///
    /// # Panics
    /// Where there is no loopback to listen on.
    pub async fn answering(answer: impl FnMut(&Request) -> Script + Send + 'static) -> Self {
        let log = Arc::new(watch::Sender::new(Log::default()));
        let answer: Answer = Arc::new(Mutex::new(answer));
        let connections = log.clone();
        let serve = move |socket| serve_connection(socket, connections.clone(), answer.clone());
        Self { listening: Listening::new(serve).await, log }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.listening.address()
    }

    /// The URL of a path, which begins with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address())
    }

    /// What was asked so far.
    pub fn requests(&self) -> Vec<Request> {
        self.log.borrow().requests.clone()
    }

    /// How many requests came so far.
    pub fn count(&self) -> usize {
        self.log.borrow().requests.len()
    }

    /// The last event ID of each request so far.
    pub fn last_event_ids(&self) -> Vec<Option<String>> {
        self.requests().iter().map(|request| request.last_event_id().map(str::to_owned)).collect()
    }

    /// Waits until this many requests have come.
    ///
    /// # Panics
    /// When it takes too long.
    pub async fn asked(&self, times: usize) {
        self.wait(|log| log.requests.len() >= times).await;
    }

    /// Waits until the client has closed the connection of this request, which is counted from 0.
    ///
    /// # Panics
    /// When it takes too long.
    pub async fn left(&self, request: usize) {
        self.wait(|log| log.left.get(request).is_some_and(|left| *left)).await;
    }

    /// Whether the client has closed the connection of this request, before the script was at its end.
    pub fn was_left(&self, request: usize) -> bool {
        self.log.borrow().left.get(request).is_some_and(|left| *left)
    }

    /// Waits until there is no connection.
    ///
    /// # Panics
    /// When it takes too long.
    pub async fn idle(&self) {
        self.wait(|log| log.open == 0).await;
    }

    async fn wait(&self, condition: impl FnMut(&Log) -> bool) {
        until(&self.log, condition).await;
    }
}

/// Waits until what is told fulfils this.
pub(crate) async fn until<T>(told: &watch::Sender<T>, condition: impl FnMut(&T) -> bool) {
    let mut told = told.subscribe();
    soon(told.wait_for(condition)).await.expect("the server lives");
}

type Answer = Arc<Mutex<dyn FnMut(&Request) -> Script + Send>>;

async fn serve_connection(mut socket: TcpStream, log: Arc<watch::Sender<Log>>, answer: Answer) {
    log.send_modify(|log| log.open += 1);
    let _closed = OnDrop(|| log.send_modify(|log| log.open -= 1));
    let _ = socket.set_nodelay(true);
    let Some(request) = read_request(&mut socket).await else { return };
    // The script first: who sees the request logged may expect what making the script has done.
    let script = lock(&answer)(&request);
    let mut number = 0;
    log.send_modify(|log| {
        number = log.requests.len();
        log.requests.push(request);
        log.left.push(false);
    });
    let (mut reader, mut writer) = socket.split();
    let end = tokio::select! {
        biased;
        end = play(script, &mut writer) => end,
        () = client_closes(&mut reader) => End::Left,
    };
    match end {
        End::Done | End::Close => {
            let _ = writer.shutdown().await;
        }
        End::Reset => {
            let _ = socket.set_zero_linger();
            drop(socket);
        }
        End::Left => log.send_modify(|log| log.left[number] = true),
    }
}

/// How a script came to its end.
pub(crate) enum End {
    Done,
    Close,
    Reset,
    Left,
}

pub(crate) async fn play(script: Script, writer: &mut WriteHalf<'_>) -> End {
    for step in script.0 {
        match step {
            Step::Send(bytes) => {
                if writer.write_all(&bytes).await.is_err() {
                    return End::Left;
                }
            }
            Step::Sleep(duration) => tokio::time::sleep(duration).await,
            Step::Await(gate) => gate.notified().await,
            Step::Flood(bytes, sent) => {
                let mut at = 0;
                while let Ok(count) = writer.write(&bytes[at..]).await {
                    *lock(&sent) += count as u64;
                    at = (at + count) % bytes.len();
                }
                return End::Left;
            }
            Step::Hold => std::future::pending().await,
            Step::Close => return End::Close,
            Step::Reset => return End::Reset,
        }
    }
    End::Done
}

async fn client_closes(reader: &mut ReadHalf<'_>) {
    let mut buffer = [0; 1024];
    while reader.read(&mut buffer).await.is_ok_and(|count| count > 0) {}
}

async fn read_request(socket: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let head_ends = loop {
        if let Some(at) = find(&bytes, b"\r\n\r\n") {
            break at;
        }
        if socket.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let mut body = bytes.split_off(head_ends + 4);
    let head = String::from_utf8_lossy(&bytes);
    let mut lines = head.split_terminator("\r\n");
    let mut request_line = lines.next()?.split(' ');
    let (method, path) = (request_line.next()?.to_owned(), request_line.next()?.to_owned());
    let headers: Vec<_> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let header = |wanted: &str| headers.iter().find(|(name, _)| name == wanted).map(|(_, value)| &**value);
    let is_chunked = header("transfer-encoding") == Some("chunked");
    let length = header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    while if is_chunked { !body.ends_with(b"0\r\n\r\n") } else { body.len() < length } {
        if socket.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    Some(Request { method, path, headers, body, at: Instant::now() })
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

/// A port at which nobody listens, for as long as this lives.
pub struct ClosedPort(TcpSocket);

impl ClosedPort {
    /// One that is nobody else's.
    ///
    /// # Panics
    /// Where there is no loopback.
    pub fn new() -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind(([127, 0, 0, 1], 0).into()).expect("a port");
        Self(socket)
    }

    /// The URL of a path, which begins with a slash.
    ///
    /// # Panics
    /// Never.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.0.local_addr().expect("an address"))
    }
}

impl Default for ClosedPort {
    fn default() -> Self {
        Self::new()
    }
}

/// A router that is served over HTTP/1.1, and HTTP/2 with prior knowledge, until this is dropped.
pub struct Served {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Served {
    /// Serves it.
    ///
    /// # Panics
    /// Where there is no loopback to listen on.
    pub async fn new(router: Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let task = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Self { address, task }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of a path, which begins with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// An event of 98 bytes.
pub const EVENT: &str =
    "data: 0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567\n\n";

/// A server of a stream without end: how many bodies have been dropped, and how many bytes were asked for.
///
/// # Panics
/// Where there is no loopback to listen on.
pub async fn endless() -> (Served, Arc<watch::Sender<usize>>, Arc<Mutex<u64>>) {
    let dropped = Arc::new(watch::Sender::new(0));
    let sent = Arc::new(Mutex::new(0));
    let (on_drop, counter) = (dropped.clone(), sent.clone());
    let router = Router::new().route(
        "/",
        get(move || {
            let (on_drop, counter) = (on_drop.clone(), counter.clone());
            async move {
                let guard = OnDrop(move || on_drop.send_modify(|dropped| *dropped += 1));
                let body = stream::unfold((guard, counter), |(guard, counter)| async move {
                    let piece = Bytes::from(EVENT.repeat(100));
                    *lock(&counter) += piece.len() as u64;
                    Some((Ok::<_, Infallible>(piece), (guard, counter)))
                });
                ([("content-type", "text/event-stream")], Body::from_stream(body))
            }
        }),
    );
    (Served::new(router).await, dropped, sent)
}

/// Waits until a count stands still, and returns it.
pub async fn settled(count: &Mutex<u64>) -> u64 {
    let mut last = *lock(count);
    loop {
        tokio::time::sleep(ms(300)).await;
        let now = *lock(count);
        if now == last && now > 0 {
            return now;
        }
        last = now;
    }
}

/// A way to another server that can go dead: nothing passes any more, and nobody is told (a half-open connection).
pub struct Wire {
    listening: Listening,
    cut: Arc<watch::Sender<u64>>,
    opened: Arc<watch::Sender<u64>>,
}

impl Wire {
    /// A way to the server at this address.
    ///
    /// # Panics
    /// Where there is no loopback to listen on.
    pub async fn to(server: SocketAddr) -> Self {
        let cut = Arc::new(watch::Sender::new(0));
        let opened = Arc::new(watch::Sender::new(0));
        let (cuts, openings) = (cut.clone(), opened.clone());
        let pass = move |mut near: TcpStream| {
            let mut number = 0;
            openings.send_modify(|opened| {
                *opened += 1;
                number = *opened;
            });
            let mut cut = cuts.subscribe();
            async move {
                let Ok(mut far) = TcpStream::connect(server).await else { return };
                let is_cut = async { drop(cut.wait_for(|cut| *cut >= number).await) };
                tokio::select! {
                    _ = tokio::io::copy_bidirectional(&mut near, &mut far) => return,
                    () = is_cut => {}
                }
                // Both sockets stay, and nothing passes.
                std::future::pending::<()>().await;
            }
        };
        Self { listening: Listening::new(pass).await, cut, opened }
    }

    /// All connections that there are go dead. Later ones live.
    pub fn cut(&self) {
        let opened = self.opened();
        self.cut.send_replace(opened);
    }

    /// How many connections there have been.
    pub fn opened(&self) -> u64 {
        *self.opened.borrow()
    }

    /// The URL of a path, which begins with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.listening.address())
    }
}

/// Does something when it is dropped: to see that a body was.
pub struct OnDrop<F: FnMut()>(pub F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        self.0();
    }
}

/// A lock that outlives a test's panic.
pub fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
