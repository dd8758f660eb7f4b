//! The parsers, each driven the fastest way its API allows.

use std::future::Future;
use std::hint::black_box;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use eventsource_client::Client as _;
use futures::io::{AsyncBufRead, AsyncRead};
use futures::{Stream, StreamExt as _, TryStreamExt as _};
use launchdarkly_sdk_transport::{ByteStream, HttpTransport, ResponseFuture};
use reqwest_sse::EventSource as _;
use sse_typed::{Frame, Parser, Session};

use crate::profiles::{Chunks, Found};

/// Takes what a parser found. Generic, so that no parser pays for a call that another is spared.
pub trait Sink {
    fn event(&mut self, name: &str, data: &str);
    fn comment(&mut self) {}
}

/// Counts.
impl Sink for Found {
    #[inline]
    fn event(&mut self, name: &str, data: &str) {
        self.events += 1;
        self.name_bytes += name.len();
        self.data_bytes += data.len();
        black_box((name, data));
    }
}

/// A parser.
pub trait Peer {
    const NAME: &'static str;

    fn run(chunks: Chunks, sink: &mut impl Sink);
}

/// Runs `$run` for each parser, ours first, as the type `$Peer`.
#[macro_export]
macro_rules! for_each_peer {
    ($Peer:ident => $run:expr) => {
        [
            {
                type $Peer = $crate::peers::Ours;
                $run
            },
            {
                type $Peer = $crate::peers::SseStream;
                $run
            },
            {
                type $Peer = $crate::peers::SseCore;
                $run
            },
            {
                type $Peer = $crate::peers::Eventsrc;
                $run
            },
            {
                type $Peer = $crate::peers::Sseer;
                $run
            },
            {
                type $Peer = $crate::peers::SseParse;
                $run
            },
            {
                type $Peer = $crate::peers::EventsourceStream;
                $run
            },
            {
                type $Peer = $crate::peers::EventsourceClient;
                $run
            },
            {
                type $Peer = $crate::peers::ReqwestSse;
                $run
            },
            {
                type $Peer = $crate::peers::AsyncSse;
                $run
            },
        ]
    };
}

/// Polls a stream that is never pending until its end.
#[inline]
pub fn drain<S: Stream>(stream: S, mut take: impl FnMut(S::Item)) {
    let mut stream = pin!(stream);
    let mut cx = Context::from_waker(Waker::noop());
    while let Poll::Ready(Some(item)) = stream.as_mut().poll_next(&mut cx) {
        take(item);
    }
}

/// The result of a future that is never pending.
pub fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("all bytes are there"),
    }
}

pub struct Ours;

impl Peer for Ours {
    const NAME: &'static str = "sse-typed";

    #[inline(never)]
    fn run(chunks: Chunks, sink: &mut impl Sink) {
        parse(Parser::new(), chunks, sink);
    }
}

/// Ours, told to drop comments, as most others do anyway.
pub struct OursWithoutComments;

impl Peer for OursWithoutComments {
    const NAME: &'static str = "sse-typed";

    #[inline(never)]
    fn run(chunks: Chunks, sink: &mut impl Sink) {
        parse(Parser::new().without_comments(), chunks, sink);
    }
}

#[inline]
fn parse(mut parser: Parser, chunks: Chunks, sink: &mut impl Sink) {
    for chunk in chunks {
        parser.feed(chunk);
        while parser.advance().expect("no event is too large") {
            match parser.frame() {
                Some(Frame::Event(event)) => sink.event(event.event(), event.data()),
                Some(Frame::Comment(_)) => sink.comment(),
                _ => {}
            }
        }
    }
}

pub struct SseStream;

impl Peer for SseStream {
    const NAME: &'static str = "sse-stream";

    #[inline(never)]
    fn run(chunks: Chunks, sink: &mut impl Sink) {
        drain(sse_stream::SseByteStream::new(chunks), |item| {
            let sse = item.expect("all is well-formed");
            if let Some(data) = &sse.data {
                sink.event(sse.event.as_deref().unwrap_or("message"), data);
            }
        });
    }
}

pub struct SseCore;

impl Peer for SseCore {
    const NAME: &'static str = "sse-core";

    #[inline(never)]
    fn run(chunks: Chunks, sink: &mut impl Sink) {
        let limit = (16 << 20).try_into().expect("not zero");
        let mut decoder = sse_core::SseDecoder::with_limit(limit);
        for mut chunk in chunks {
            while let Some(item) = decoder.next(&mut chunk) {
                if let sse_core::SseEvent::Message(message) = item.expect("no event is too large") {
                    sink.event(&message.event, &message.data);
                }
            }
        }
    }
}

pub struct Eventsrc;

impl Peer for Eventsrc {
    const NAME: &'static str = "eventsrc";

    #[inline(never)]
    fn run(chunks: Chunks, sink: &mut impl Sink) {
        drain(eventsrc::EventStream::new(chunks), |item| {
            let event = item.expect("all is well-formed");
            sink.event(event.event(), event.data());
        });
    }
}

pub struct Sseer;

impl Peer for Sseer {
    const NAME: &'static str = "sseer";

    #[inline(never)]
    fn run(chunks: Chunks, sink: &mut impl Sink) {
        drain(sseer::event_stream::EventStream::new(chunks), |item| {
            let event = item.expect("all is well-formed");
            sink.event(&event.event, &event.data);
        });
    }
}

pub struct SseParse;

impl Peer for SseParse {
    const NAME: &'static str = "sse-parse";

    #[inline(never)]
    fn run(chunks: Chunks, sink: &mut impl Sink) {
        let mut parser = sse_parse::SseParser::new();
        for chunk in chunks {
            parser.feed(&chunk);
            while let Some(event) = parser.next_event() {
                sink.event(&event.event, &event.data);
            }
        }
    }
}

pub struct EventsourceStream;

impl Peer for EventsourceStream {
    const NAME: &'static str = "eventsource-stream";

    #[inline(never)]
    fn run(chunks: Chunks, sink: &mut impl Sink) {
        drain(eventsource_stream::EventStream::new(chunks), |item| {
            // One that took too long was given no further chunks, and calls it an error if its last one ends inside a character.
            // Whether all was found is looked at anyway.
            if let Ok(event) = item {
                sink.event(&event.event, &event.data);
            }
        });
    }
}

/// Its parser is private: it is driven by its client, over a transport that has the bytes at hand.
pub struct EventsourceClient;

impl Peer for EventsourceClient {
    const NAME: &'static str = "eventsource-client";

    #[inline(never)]
    fn run(chunks: Chunks, sink: &mut impl Sink) {
        let client = eventsource_client::ClientBuilder::for_url("http://localhost/")
            .expect("a URL")
            .reconnect(eventsource_client::ReconnectOptions::reconnect(false).build())
            .build_with_transport(InMemory(chunks));
        // The end of the stream is an error there.
        drain(client.stream().take_while(|item| std::future::ready(item.is_ok())), |item| match item {
            Ok(eventsource_client::SSE::Event(event)) => sink.event(&event.event_type, &event.data),
            Ok(eventsource_client::SSE::Comment(_)) => sink.comment(),
            _ => {}
        });
    }
}

#[derive(Clone)]
struct InMemory(Chunks);

impl HttpTransport for InMemory {
    fn request(&self, _: launchdarkly_sdk_transport::Request<Option<Bytes>>) -> ResponseFuture {
        let body: ByteStream = Box::pin(self.0.clone().map_err(|never| match never {}));
        Box::pin(std::future::ready(Ok(launchdarkly_sdk_transport::Response::new(body))))
    }
}

/// Reads nothing but responses of reqwest's: it gets one over the bytes at hand.
pub struct ReqwestSse;

impl Peer for ReqwestSse {
    const NAME: &'static str = "reqwest-sse";

    #[inline(never)]
    fn run(chunks: Chunks, sink: &mut impl Sink) {
        let response = http::Response::builder()
            .header("content-type", "text/event-stream")
            .body(reqwest::Body::wrap_stream(chunks))
            .expect("a response");
        let events = now(reqwest::Response::from(response).events()).expect("an event stream");
        drain(events, |item| {
            let event = item.expect("all is well-formed");
            sink.event(&event.event_type, &event.data);
        });
    }
}

pub struct AsyncSse;

impl Peer for AsyncSse {
    const NAME: &'static str = "async-sse";

    #[inline(never)]
    fn run(chunks: Chunks, sink: &mut impl Sink) {
        drain(async_sse::decode(Reader { chunks, chunk: Bytes::new() }), |item| {
            if let Ok(async_sse::Event::Message(message)) = item {
                sink.event(message.name(), std::str::from_utf8(message.data()).expect("all is UTF-8"));
            }
        });
    }
}

/// The chunks as a reader, without a copy.
struct Reader {
    chunks: Chunks,
    chunk: Bytes,
}

impl AsyncRead for Reader {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        let length = match self.as_mut().poll_fill_buf(cx)? {
            Poll::Ready(bytes) => {
                let length = bytes.len().min(into.len());
                into[..length].copy_from_slice(&bytes[..length]);
                length
            }
            Poll::Pending => return Poll::Pending,
        };
        self.consume(length);
        Poll::Ready(Ok(length))
    }
}

impl AsyncBufRead for Reader {
    fn poll_fill_buf(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let reader = self.get_mut();
        if reader.chunk.is_empty() {
            reader.chunk = Iterator::next(&mut reader.chunks).unwrap_or_default();
        }
        Poll::Ready(Ok(&reader.chunk))
    }

    fn consume(mut self: Pin<&mut Self>, length: usize) {
        drop(self.chunk.split_to(length));
    }
}

/// Our whole line, from chunks to typed items.
pub fn session(chunks: Chunks) -> Session {
    Session::from_stream(chunks)
}
