//! Ten thousand numbered events from a server that does whatever a server may do. Each is yielded once, in order.
//!
//! The server's moods come from a seed, which is printed: `SSE_TORTURE_SEED=17 cargo test --test reconnect_torture`.

use std::time::{Duration, SystemTime};

use sse_typed::{Reconnect, RequestBuilderExt, TypedSession};
use sse_typed_tests::server::{Request, Script, Server, client, ms};

/// Numbers that look random and are the same for the same seed (`SplitMix64`).
struct Random(u64);

impl Random {
    fn from_environment() -> Self {
        let seed = std::env::var("SSE_TORTURE_SEED").map_or_else(
            |_| {
                let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
                now.as_secs() << 30 | u64::from(now.subsec_nanos())
            },
            |seed| seed.parse().expect("a number in SSE_TORTURE_SEED"),
        );
        println!("SSE_TORTURE_SEED={seed}");
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Below `end`.
    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())].clone()
    }
}

fn data(number: usize) -> String {
    format!("{number} 日本 é 🦀")
}

/// What a server that is in this mood does with the request. The stream ends for good after event `last`.
fn mood(random: &mut Random, request: &Request, last: usize) -> Script {
    let after: usize = request.last_event_id().map_or(0, |id| id.parse().expect("an id that was sent"));
    if after == last {
        return Script::no_content();
    }
    let first = request.last_event_id().is_none();
    match random.below(if first { 1 } else { 24 }) {
        1 => return Script::status(random.pick(&["500 Oh", "502 Bad", "503 Busy", "504 Late", "429 Many"]), "later"),
        2 => return Script::head("503 Busy", "retry-after: 0\r\ncontent-length: 5\r\n").send("la"),
        3 => return Script::new(),
        4 => return Script::new().reset(),
        5 => return Script::new().send("HTTP/1.1 200 O"),
        6 => return Script::stream(),
        7 if random.below(4) == 0 => return Script::new().hold(),
        _ => {}
    }
    let end = random.pick(&["\n", "\n", "\r\n", "\r"]);
    let mut text = String::new();
    if random.below(8) == 0 {
        text.push('\u{feff}');
    }
    let upto = last.min(after + 1 + random.below(400));
    for number in after + 1..=upto {
        let before = match random.below(12) {
            0 => ": ping\n\n".to_owned(),
            1 => format!("retry: {}\n", random.pick(&["0", "1", "3", "99999999999999999999", "+1", ""])),
            2 => ":\n".to_owned(),
            3 => "event: named\n".to_owned(),
            _ => String::new(),
        };
        let event = match random.below(3) {
            0 => format!("id: {number}\ndata: {}\n\n", data(number)),
            1 => format!("data:{}\nid:{number}\n\n", data(number)),
            _ => format!("id: wrong\ndata: {}\nid: {number}\nunknown: x\n\n", data(number)),
        };
        text.extend([before, event]);
    }
    let whole = text.replace('\n', end).into_bytes();
    // What follows is cut somewhere; what is cut anywhere comes again.
    let half = format!("id: {}\ndata: {}\n\n", upto + 1, data(upto + 1)).replace('\n', end).into_bytes();
    let cut = random.below(half.len() - end.len());
    let ends_between = random.below(3) == 0;
    let bytes = if ends_between || upto == last { whole } else { [whole, half[..cut].to_vec()].concat() };
    let (size, rest) = random.pick(&[(1 << 20, 0), (1 << 20, 0), (1460, 0), (333, 0), (4096, 1), (1009, 1)]);
    let chunked = random.below(3) == 0;
    let mut script = if chunked { Script::chunked() } else { Script::stream() };
    for piece in bytes.chunks(size) {
        if chunked {
            script = script.send([format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat());
        } else {
            script = script.send(piece.to_vec());
        }
        if rest > 0 {
            script = script.sleep(ms(rest));
        }
    }
    match random.below(12) {
        0 => script.sleep(ms(1)).reset(),
        1 => script.reset(),
        2 => script.hold(),
        3 if chunked => script.send("ff\r\n"),
        _ if chunked => script.last_chunk(),
        _ => script,
    }
}

async fn tortured(last: usize) -> (Server, TypedSession<String>) {
    let mut random = Random::from_environment();
    let server = Server::answering(move |request| mood(&mut random, request, last)).await;
    let policy = Reconnect::default().delay(ms(1)).max_delay(ms(5)).server_retry(ms(1)..=ms(5));
    let session = client().get(server.url("/")).sse().reconnect(policy).idle_timeout(ms(250));
    let events = session.connect().await.unwrap().incoming();
    (server, events)
}

/// Takes all events, and looks at each.
async fn check(
    last: usize,
    mut next: impl AsyncFnMut() -> Option<Result<sse_typed::ServerSentEvent, sse_typed::Error>>,
) {
    let all = async {
        for number in 1..=last {
            let event = next().await.expect("an event").expect("no error");
            assert_eq!((&*event.id, event.data), (&*number.to_string(), data(number)));
        }
        assert!(next().await.is_none());
    };
    tokio::time::timeout(Duration::from_secs(50), all).await.expect("took too long");
}

#[tokio::test]
async fn ten_thousand_events_are_yielded_once_each_and_in_order() {
    let (server, mut events) = tortured(10_000).await;
    check(10_000, async || events.next().await).await;
    println!("{} requests", server.count());
    assert!(server.count() > 20);
    server.idle().await;
}

#[tokio::test]
async fn they_are_while_each_next_is_dropped_again_and_again() {
    let (_server, mut events) = tortured(3000).await;
    check(3000, async || {
        loop {
            tokio::select! {
                item = events.next() => return item,
                () = tokio::task::yield_now() => {}
                () = tokio::time::sleep(Duration::from_micros(100)) => {}
            }
        }
    })
    .await;
}

#[tokio::test]
async fn they_are_while_a_handle_reconnects_again_and_again() {
    let (_server, mut events) = tortured(3000).await;
    let handle = events.handle();
    let impatient = tokio::spawn(async move {
        loop {
            tokio::time::sleep(ms(7)).await;
            if !handle.reconnect() {
                break;
            }
        }
    });
    check(3000, async || events.next().await).await;
    impatient.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn they_are_when_they_are_read_ahead() {
    let (_server, events) = tortured(3000).await;
    let mut ahead = events.read_ahead(64);
    check(3000, async || ahead.next().await).await;
}
