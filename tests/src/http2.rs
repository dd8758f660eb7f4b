//! A server that speaks HTTP/2 without TLS, frame by frame: any frame at any time, as no library would send it.
//!
//! Knows nothing of `sse-typed`. Frames are bytes, for a [`Script`] to send; RFC 9113 section 6 says what they mean.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::ReadHalf;
use tokio::sync::{mpsc, watch};

use crate::listening::Listening;
use crate::server::{End, Script, lock, play, until};

/// Types of frames.
#[expect(missing_docs, reason = "they are called as in RFC 9113")]
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    Data = 0,
    Headers = 1,
    Priority = 2,
    RstStream = 3,
    Settings = 4,
    PushPromise = 5,
    Ping = 6,
    GoAway = 7,
    WindowUpdate = 8,
    Continuation = 9,
    /// One that there is not.
    Unknown = 0xbe,
}

/// On DATA and HEADERS: nothing follows on the stream.
pub const END_STREAM: u8 = 1;
/// On SETTINGS and PING: an answer.
pub const ACK: u8 = 1;
/// On HEADERS, CONTINUATION and `PUSH_PROMISE`: the header block is whole.
pub const END_HEADERS: u8 = 4;
/// On DATA and HEADERS: the first byte tells how many at the end say nothing.
pub const PADDED: u8 = 8;

/// Error codes.
#[expect(missing_docs, reason = "they are called as in RFC 9113")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    NoError = 0,
    Protocol = 1,
    Internal = 2,
    RefusedStream = 7,
    Cancel = 8,
    EnhanceYourCalm = 11,
}

/// A header block: 200, `text/event-stream`, by the static table of HPACK.
pub const STREAM_HEAD: &[u8] = b"\x88\x0f\x10\x11text/event-stream";

/// `last-event-id`, by the Huffman code of HPACK and behind its length.
const LAST_EVENT_ID: &[u8] = b"\x89\xa0\x68\x4a\xc5\xee\x5a\x92\xb1\xa4";

/// A header block: 204.
const NO_CONTENT_HEAD: &[u8] = b"\x89";

/// Any frame.
///
/// # Panics
/// Where the payload is longer than a frame can say.
pub fn frame(kind: Kind, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a length").to_be_bytes();
    assert_eq!(length[0], 0, "24 bits");
    [&length[1..], &[kind as u8, flags], &stream.to_be_bytes(), payload].concat()
}

/// The head of an event stream.
pub fn head(stream: u32) -> Vec<u8> {
    frame(Kind::Headers, END_HEADERS, stream, STREAM_HEAD)
}

/// 204, and the end of the stream.
pub fn no_content(stream: u32) -> Vec<u8> {
    frame(Kind::Headers, END_HEADERS | END_STREAM, stream, NO_CONTENT_HEAD)
}

/// Part of the body.
pub fn data(stream: u32, text: &str) -> Vec<u8> {
    frame(Kind::Data, 0, stream, text.as_bytes())
}

/// The end of the body.
pub fn end(stream: u32) -> Vec<u8> {
    frame(Kind::Data, END_STREAM, stream, b"")
}

/// `RST_STREAM`.
pub fn reset(stream: u32, code: Code) -> Vec<u8> {
    frame(Kind::RstStream, 0, stream, &(code as u32).to_be_bytes())
}

/// GOAWAY: streams after the last are not answered.
pub fn go_away(last: u32, code: Code) -> Vec<u8> {
    frame(Kind::GoAway, 0, 0, &[last.to_be_bytes(), (code as u32).to_be_bytes()].concat())
}

/// A request as it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Counted from 0.
    pub connection: usize,
    /// The stream to answer on.
    pub stream: u32,
    /// `Last-Event-ID`, where it is 0, 1 or 2 and came for the first time on the connection.
    pub after: Option<u8>,
}

/// A server that answers each request with a script. A connection is there until the client or a script closes it.
pub struct FrameServer {
    listening: Listening,
    log: Arc<watch::Sender<Log>>,
}

#[derive(Default)]
struct Log {
    asked: Vec<Asked>,
    connections: usize,
    closed: usize,
    /// How many frames of each type the client sent, by its number.
    frames: [usize; 10],
}

impl FrameServer {
    /// Answers each request with the script that this makes for it, one after another on a connection.
    ///
    /// # Panics
    /// Where there is no loopback to listen on.
    pub async fn answering(answer: impl FnMut(Asked) -> Script + Send + 'static) -> Self {
        Self::greeting(Script::new().send(frame(Kind::Settings, 0, 0, b"")), answer).await
    }

    /// The same, and this at the beginning of each connection, in place of SETTINGS.
    ///
    /// # Panics
    /// Where there is no loopback to listen on.
    pub async fn greeting(greeting: Script, answer: impl FnMut(Asked) -> Script + Send + 'static) -> Self {
        let log = Arc::new(watch::Sender::new(Log::default()));
        let answer: Answer = Arc::new(Mutex::new(answer));
        let connections = log.clone();
        let serve = move |socket| serve(socket, greeting.clone(), connections.clone(), answer.clone());
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
    pub fn asked(&self) -> Vec<Asked> {
        self.log.borrow().asked.clone()
    }

    /// How many connections there have been.
    pub fn connections(&self) -> usize {
        self.log.borrow().connections
    }

    /// Waits until the client has sent so many frames of this type.
    ///
    /// # Panics
    /// When it takes too long.
    pub async fn received(&self, kind: Kind, times: usize) {
        self.wait(|log| log.frames[kind as usize] >= times).await;
    }

    /// Waits until the client has closed so many connections.
    ///
    /// # Panics
    /// When it takes too long.
    pub async fn left(&self, times: usize) {
        self.wait(|log| log.closed >= times).await;
    }

    async fn wait(&self, condition: impl FnMut(&Log) -> bool) {
        until(&self.log, condition).await;
    }
}

type Answer = Arc<Mutex<dyn FnMut(Asked) -> Script + Send>>;

async fn serve(mut socket: TcpStream, greeting: Script, log: Arc<watch::Sender<Log>>, answer: Answer) {
    let _ = socket.set_nodelay(true);
    let mut connection = 0;
    log.send_modify(|log| {
        connection = log.connections;
        log.connections += 1;
    });
    let (reader, mut writer) = socket.split();
    let (ask, mut asked) = mpsc::unbounded_channel();
    let answering = async {
        let mut end = play(greeting, &mut writer).await;
        while let End::Done = end {
            let Some((stream, after)) = asked.recv().await else { return End::Left };
            let asked = Asked { connection, stream, after };
            // The script first: who sees the request logged may expect what making the script has done.
            let script = lock(&answer)(asked);
            log.send_modify(|log| log.asked.push(asked));
            end = play(script, &mut writer).await;
        }
        end
    };
    let end = tokio::select! {
        end = answering => end,
        () = read_frames(reader, &log, &ask) => End::Left,
    };
    match end {
        End::Done | End::Close => {
            let _ = socket.shutdown().await;
        }
        End::Reset => {
            let _ = socket.set_zero_linger();
        }
        End::Left => log.send_modify(|log| log.closed += 1),
    }
}

/// Takes in what the client sends until it closes its side, and tells of each request's stream.
async fn read_frames(
    mut reader: ReadHalf<'_>,
    log: &watch::Sender<Log>,
    ask: &mpsc::UnboundedSender<(u32, Option<u8>)>,
) {
    let mut preface = [0; 24];
    if reader.read_exact(&mut preface).await.is_err() {
        return;
    }
    let mut head = [0; 9];
    let mut payload = Vec::new();
    while reader.read_exact(&mut head).await.is_ok() {
        let [high, middle, low, kind, _, id @ ..] = head;
        payload.resize(u32::from_be_bytes([0, high, middle, low]) as usize, 0);
        if reader.read_exact(&mut payload).await.is_err() {
            return;
        }
        log.send_modify(|log| {
            if let Some(count) = log.frames.get_mut(usize::from(kind)) {
                *count += 1;
            }
        });
        if kind == Kind::Headers as u8 {
            let _ = ask.send((u32::from_be_bytes(id), last_event_id(&payload)));
        }
    }
}

/// The last event ID in a header block, if it is one of those that take five bits.
fn last_event_id(block: &[u8]) -> Option<u8> {
    let at = block.windows(LAST_EVENT_ID.len()).position(|window| window == LAST_EVENT_ID)?;
    match block[at + LAST_EVENT_ID.len()..] {
        [0x81, code, ..] if code >> 3 <= 2 => Some(code >> 3),
        _ => None,
    }
}
