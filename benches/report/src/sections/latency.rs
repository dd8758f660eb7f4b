//! What parsing and decoding add to the way of one event.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use bytes::Bytes;
use futures::{Stream, StreamExt as _};
use sse_typed::Session;

use super::{Mode, Section};
use crate::messages::{Decode, Message, Responses};
use crate::peers::Sink as _;
use crate::server::Server;
use crate::table::{Table, Target, number};

pub fn run(mode: Mode) -> Section {
    let mut section = Section {
        title: "Latency",
        about: "us from the moment at which a client has the bytes of an event to that at which its user has the value, \
                with one event every 5 ms (llm-responses), so that nothing is in a cache.",
        ..Section::default()
    };
    let server = Server::start();
    let (rounds, events) = if mode.quick { (2, 50) } else { (5, 200) };
    let url = server.paced("llm-responses", events);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut table = Table::new(["", "median", "99th percentile"]);
    let mut delays = [(); 3].map(|()| Vec::new());
    // In turns, as the machine is not the same all the time.
    for _ in 0..rounds {
        delays[0].extend(runtime.block_on(ours::<Responses>(url.clone())));
        delays[1].extend(runtime.block_on(sse_stream::<Responses>(url.clone())));
        delays[2].extend(runtime.block_on(eventsource_stream::<Responses>(url.clone())));
    }
    let names = ["sse-typed", "sse-stream, `match`, `from_str`", "eventsource-stream, `match`, `from_str`"];
    let [(median, high), ..] = std::array::from_fn::<_, 3, _>(|at| {
        let delays = &mut delays[at];
        delays.sort_by(f64::total_cmp);
        let (median, high) = (delays[delays.len() / 2], delays[delays.len() * 99 / 100]);
        table.row([names[at].to_owned(), number(median), number(high)]);
        (median, high)
    });
    section.tables.push((String::new(), table.to_markdown()));
    section.targets.push(Target::at_most("latency added by parse and decode, median", 7.0, median, " us"));
    section.targets.push(Target::at_most("latency added by parse and decode, 99th percentile", 15.0, high, " us"));
    section
}

/// When the last bytes came.
#[derive(Clone)]
struct Arrival {
    begun: Instant,
    nanoseconds: Arc<AtomicU64>,
}

impl Arrival {
    /// The body of a response, its chunks stamped.
    async fn of(url: String) -> (Self, impl Stream<Item = reqwest::Result<Bytes>> + Send + 'static) {
        let arrival = Self { begun: Instant::now(), nanoseconds: Arc::default() };
        let stamp = arrival.clone();
        let body = reqwest::get(url).await.expect("a response").bytes_stream();
        let body = body.inspect(move |_| stamp.nanoseconds.store(stamp.begun.elapsed().as_nanos() as u64, Relaxed));
        (arrival, body)
    }

    /// us since then.
    fn elapsed(&self) -> f64 {
        let now = self.begun.elapsed().as_nanos() as u64;
        (now - self.nanoseconds.load(Relaxed)) as f64 / 1e3
    }
}

async fn ours<M: Message>(url: String) -> Vec<f64> {
    let (arrival, body) = Arrival::of(url).await;
    let mut stream = Session::from_stream(body).incoming::<M>();
    let mut delays = Vec::new();
    while let Some(event) = stream.try_next().await.expect("all is well-formed") {
        delays.push(arrival.elapsed());
        std::hint::black_box(event);
    }
    delays
}

async fn sse_stream<M: Message>(url: String) -> Vec<f64> {
    let (arrival, body) = Arrival::of(url).await;
    let mut stream = sse_stream::SseByteStream::new(Box::pin(body));
    let (mut delays, mut decode) = (Vec::new(), Decode::<M>::default());
    while let Some(event) = stream.next().await {
        let event = event.expect("all is well-formed");
        decode.event(event.event.as_deref().unwrap_or("message"), event.data.as_deref().unwrap_or_default());
        delays.push(arrival.elapsed());
    }
    delays
}

async fn eventsource_stream<M: Message>(url: String) -> Vec<f64> {
    let (arrival, body) = Arrival::of(url).await;
    let mut stream = std::pin::pin!(eventsource_stream::EventStream::new(body));
    let (mut delays, mut decode) = (Vec::new(), Decode::<M>::default());
    while let Some(event) = stream.next().await {
        let event = event.expect("all is well-formed");
        decode.event(&event.event, &event.data);
        delays.push(arrival.elapsed());
    }
    delays
}
