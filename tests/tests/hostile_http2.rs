//! Servers that mean harm over HTTP/2, frame by frame: whatever they send, memory stays bounded, the processor rests, and
//! what comes out is a clear error or continued service. `SECURITY.md` names these tests.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::any;
use futures::{StreamExt as _, stream};
use http::HeaderMap;
use reqwest::Client;
use sse_typed::{ErrorKind, Reconnect, RequestBuilderExt, SessionBuilder};
use sse_typed_tests::cost::{Cost, elsewhere, measured};
use sse_typed_tests::http2::{
    ACK, Asked, Code, END_HEADERS, END_STREAM, FrameServer, Kind, PADDED, STREAM_HEAD, data, end, frame, go_away, head,
    no_content, reset,
};
use sse_typed_tests::seen::{good, next, texts};
use sse_typed_tests::server::{OnDrop, Script, Served, http2_client, ms, numbered, soon};
use tokio::sync::{Notify, watch};

const MIB: u64 = 1 << 20;

/// What a client, a connection and a session weigh beside what they read, generously.
const BASE: u64 = MIB;
/// The same, and the thousands of frames that the client takes in before it hands on the first of them.
const BATCH: u64 = 16 * MIB;

/// For a client that has little to do, on a slow machine.
const LITTLE: Duration = Duration::from_secs(2);
/// For one that reads a hundred thousand frames without optimizations.
const MUCH: Duration = Duration::from_secs(30);

/// The first stream on a connection.
const STREAM: u32 = 1;

/// What came of a server's answer.
struct Outcome {
    items: Vec<Result<String, ErrorKind>>,
    asked: Vec<Asked>,
    cost: Cost,
}

/// Asks a server that answers the first request with this, and any further one with 204.
fn read(script: Script, request: impl FnOnce(&Client, String) -> SessionBuilder) -> Outcome {
    read_and_tell(script, request, &Notify::new())
}

/// The same, and tells when the first item was read.
fn read_and_tell(
    script: Script,
    request: impl FnOnce(&Client, String) -> SessionBuilder,
    was_read: &Notify,
) -> Outcome {
    let mut first = Some(script);
    let answer = move |asked: Asked| first.take().unwrap_or_else(|| sent(no_content(asked.stream)));
    ask(FrameServer::answering(answer), request, was_read)
}

fn ask(
    server: impl Future<Output = FrameServer> + Send + 'static,
    request: impl FnOnce(&Client, String) -> SessionBuilder,
    was_read: &Notify,
) -> Outcome {
    let server = elsewhere(server);
    let ((items, asked), cost) = measured(async {
        let mut items = Vec::new();
        match soon(request(&http2_client(), server.url("/")).connect()).await {
            Ok(session) => {
                let mut events = session.incoming();
                let first = soon(events.next()).await;
                items.extend(first.map(|item| item.map(|event| event.data).map_err(|error| error.kind())));
                was_read.notify_one();
                items.extend(texts(&mut events).await);
            }
            Err(error) => items.push(Err(error.kind())),
        }
        (items, server.asked())
    });
    Outcome { items, asked, cost }
}

/// Without a reconnect.
fn post(client: &Client, url: String) -> SessionBuilder {
    client.post(url).sse()
}

/// With reconnects.
fn get(client: &Client, url: String) -> SessionBuilder {
    client.get(url).sse().reconnect(Reconnect::default().delay(ms(1)).max_delay(ms(5)))
}

fn sent(frames: impl Into<Vec<u8>>) -> Script {
    Script::new().send(frames.into())
}

/// One event, half of another, and these frames.
fn cut_by(frames: impl Into<Vec<u8>>) -> Script {
    sent([head(STREAM), data(STREAM, "id: 1\ndata: 1\n\nid: 2\ndata: half")].concat()).send(frames.into())
}

/// These frames, and the rest of what [`cut_by`] begins.
fn rest_after(frames: impl Into<Vec<u8>>) -> Script {
    cut_by(frames).send(data(STREAM, "\n\n")).send(end(STREAM))
}

/// These frames so many times, and an event stream behind them.
fn flood(frame: &[u8], times: usize) -> Script {
    sent(frame.repeat(times)).send([head(STREAM), data(STREAM, "data: 1\n\n"), end(STREAM)].concat())
}

/// A header block that says 103, and a hint.
const EARLY_HINTS: &[u8] = b"\x08\x03103\0\x04link\x04</x>";

/// A header: `a: b`.
const FIELD: &[u8] = b"\0\x01a\x01b";

fn headers(flags: u8, stream: u32, block: &[u8]) -> Vec<u8> {
    frame(Kind::Headers, flags, stream, block)
}

#[test]
fn a_stream_that_is_broken_in_the_middle_of_an_event_goes_on_after_the_last_whole_one() {
    let promise = [&2_u32.to_be_bytes()[..], b"\x82\x84\x86\x41\x01a"].concat();
    // With the connection of the reconnect: 0 where only the stream is lost.
    let cases = [
        ("RST_STREAM: CANCEL", cut_by(reset(STREAM, Code::Cancel)), 0),
        ("RST_STREAM: INTERNAL_ERROR", cut_by(reset(STREAM, Code::Internal)), 0),
        ("RST_STREAM: REFUSED_STREAM", cut_by(reset(STREAM, Code::RefusedStream)), 0),
        ("RST_STREAM: ENHANCE_YOUR_CALM", cut_by(reset(STREAM, Code::EnhanceYourCalm)), 0),
        ("HEADERS without END_STREAM", rest_after(head(STREAM)), 0),
        ("103", rest_after(headers(END_HEADERS, STREAM, EARLY_HINTS)), 0),
        ("PRIORITY over itself", rest_after(frame(Kind::Priority, 0, STREAM, b"\0\0\0\x01\0")), 0),
        ("WINDOW_UPDATE of nothing", rest_after(frame(Kind::WindowUpdate, 0, STREAM, &[0; 4])), 1),
        ("WINDOW_UPDATE beyond all", rest_after(frame(Kind::WindowUpdate, 0, 0, b"\x7f\xff\xff\xff")), 1),
        ("GOAWAY: an error, of this stream", cut_by(go_away(0, Code::Internal)), 1),
        ("a frame that is too large", rest_after(data(STREAM, &"x".repeat((16 << 10) + 1))), 1),
        ("no frame at all", rest_after(b"\xff\xfeno frame".repeat(100)), 1),
        ("PUSH_PROMISE", rest_after(frame(Kind::PushPromise, END_HEADERS, STREAM, &promise)), 1),
        ("HEADERS of a stream of the server", rest_after(head(2)), 1),
        ("HEADERS of a stream that there is not", rest_after(head(3)), 1),
        ("DATA of no stream", rest_after(data(0, "x")), 1),
        ("DATA of a stream that there is not", rest_after(data(3, "x")), 1),
        ("RST_STREAM of no stream", rest_after(reset(0, Code::Cancel)), 1),
        ("RST_STREAM of a stream that there is not", rest_after(reset(3, Code::Cancel)), 1),
        ("SETTINGS of one byte", rest_after(frame(Kind::Settings, 0, 0, b"x")), 1),
        ("SETTINGS with frames of one byte", rest_after(frame(Kind::Settings, 0, 0, b"\0\x05\0\0\0\x01")), 1),
        ("PING of one byte", rest_after(frame(Kind::Ping, 0, 0, b"x")), 1),
        ("CONTINUATION of nothing", rest_after(frame(Kind::Continuation, 0, STREAM, FIELD)), 1),
        ("HEADERS that are not continued", rest_after(headers(0, STREAM, FIELD)), 1),
        ("HPACK that is none", rest_after(headers(END_HEADERS | END_STREAM, STREAM, &[0xff; 7])), 1),
        ("a name in upper case", rest_after(headers(END_HEADERS | END_STREAM, STREAM, b"\0\x01A\x01b")), 1),
        ("more padding than frame", rest_after(frame(Kind::Data, PADDED, STREAM, b"\xffx")), 1),
    ];
    for (case, script, connection) in cases {
        assert_lost_and_resumed(case, &script, connection, &Notify::new());
    }
}

#[test]
fn a_connection_that_is_closed_in_the_middle_of_an_event_is_lost_and_another_resumes() {
    // Closing may take along what the client has not read.
    let was_read = Arc::new(Notify::new());
    let late = |frames: Vec<u8>| cut_by("").after(&was_read).send(frames);
    for (case, script) in [
        ("closed", late(vec![]).close()),
        ("broken", late(vec![]).reset()),
        ("GOAWAY, and closed", late(go_away(STREAM, Code::NoError)).close()),
        ("GOAWAY: an error, and closed", late(go_away(STREAM, Code::Internal)).close()),
    ] {
        assert_lost_and_resumed(case, &script, 1, &was_read);
    }
}

/// Checks what comes of [`cut_by`]: with the connection of the reconnect.
fn assert_lost_and_resumed(case: &str, script: &Script, connection: usize, was_read: &Notify) {
    let lost = read_and_tell(script.clone(), post, was_read);
    assert_eq!(lost.items, [Ok("1".to_owned()), Err(ErrorKind::Transport)], "{case}");
    lost.cost.assert_within(BASE, LITTLE);
    let resumed = read_and_tell(script.clone(), get, was_read);
    assert_eq!((resumed.items, resumed.asked.len()), (good(["1"]), 2), "{case}");
    assert_eq!((resumed.asked[1].connection, resumed.asked[1].after), (connection, Some(1)), "{case}");
    resumed.cost.assert_within(BASE, LITTLE);
}

#[test]
fn an_end_that_is_said_without_an_error_is_too_early_in_the_middle_of_an_event_and_regular_between_two() {
    let ends = [
        ("END_STREAM", end(STREAM), 0),
        ("RST_STREAM: NO_ERROR", reset(STREAM, Code::NoError), 0),
        ("trailers", headers(END_HEADERS | END_STREAM, STREAM, FIELD), 0),
        ("GOAWAY of this stream", go_away(0, Code::NoError), 1),
    ];
    for (case, end, connection) in ends {
        let half = read(cut_by(end.clone()), post);
        assert_eq!(half.items, [Ok("1".to_owned()), Err(ErrorKind::Incomplete)], "{case}");
        let whole = cut_by(data(STREAM, "\n\n")).send(end.clone());
        assert_eq!(read(whole.clone(), post).items, good(["1", "half"]), "{case}");
        for (script, items, id) in [(cut_by(end), good(["1"]), 1), (whole, good(["1", "half"]), 2)] {
            let resumed = read(script, get);
            assert_eq!((resumed.items, resumed.asked.len()), (items, 2), "{case}");
            assert_eq!((resumed.asked[1].connection, resumed.asked[1].after), (connection, Some(id)), "{case}");
        }
    }
}

#[test]
fn frames_that_are_allowed_change_nothing() {
    let padded = frame(Kind::Data, PADDED, STREAM, &[&[255], &[0; 255][..]].concat());
    let cases = [
        ("PING: an answer to nothing", rest_after(frame(Kind::Ping, ACK, 0, b"12345678")), 0),
        ("a frame of an unknown type", rest_after(frame(Kind::Unknown, 0xff, 0, &[7; 16 << 10])), 0),
        ("DATA of padding alone", rest_after(padded), 0),
        ("DATA of nothing", rest_after(data(STREAM, "")), 0),
        ("PRIORITY", rest_after(frame(Kind::Priority, 0, STREAM, b"\0\0\0\0\0")), 0),
        // The stream goes on to its end, and the next is another connection's.
        ("GOAWAY", rest_after(go_away(STREAM, Code::NoError)), 1),
        ("GOAWAY: an error", rest_after(go_away(STREAM, Code::Protocol)), 1),
    ];
    for (case, script, connection) in cases {
        let whole = read(script.clone(), post);
        assert_eq!(whole.items, good(["1", "half"]), "{case}");
        whole.cost.assert_within(BASE, LITTLE);
        let resumed = read(script, get);
        assert_eq!((resumed.items, resumed.asked.len()), (good(["1", "half"]), 2), "{case}");
        assert_eq!((resumed.asked[1].connection, resumed.asked[1].after), (connection, Some(2)), "{case}");
    }
}

#[test]
fn a_connection_that_is_given_up_and_kept_open_is_silence() {
    let script = cut_by(go_away(STREAM, Code::Internal)).hold();
    let silent = read(script.clone(), |client, url| post(client, url).idle_timeout(ms(300)));
    assert_eq!(silent.items, [Ok("1".to_owned()), Err(ErrorKind::IdleTimeout)]);
    silent.cost.assert_within(BASE, ms(250));
    let resumed = read(script, |client, url| get(client, url).idle_timeout(ms(300)));
    assert_eq!((resumed.items, resumed.asked.len()), (good(["1"]), 2));
    assert_eq!((resumed.asked[1].connection, resumed.asked[1].after), (1, Some(1)));
}

#[test]
fn an_answer_that_is_none_is_no_connection() {
    // An entry of 4,002 bytes in the table, and 10,000 references to it.
    let mut bomb = [STREAM_HEAD, b"\x40\x01a\x7f\xa1\x1e", &vec![b'v'; 4000]].concat();
    bomb.extend([0xbe; 10_000]);
    let fields = frame(Kind::Continuation, 0, STREAM, &FIELD.repeat(3000)).repeat(1000);
    let cases = [
        ("RST_STREAM: CANCEL", sent(reset(STREAM, Code::Cancel))),
        ("RST_STREAM: NO_ERROR", sent(reset(STREAM, Code::NoError))),
        ("GOAWAY: an error", sent(go_away(0, Code::Internal))),
        ("HTTP/1.1", sent("HTTP/1.1 400 Bad Request\r\n\r\n")),
        ("DATA before HEADERS", sent(data(STREAM, "data: 1\n\n"))),
        ("HEADERS without a status", sent(headers(END_HEADERS, STREAM, &STREAM_HEAD[1..]))),
        ("HEADERS without end", sent(headers(0, STREAM, STREAM_HEAD)).send(fields)),
        (
            "CONTINUATION of nothing without end",
            sent(headers(0, STREAM, STREAM_HEAD)).send(frame(Kind::Continuation, 0, STREAM, b"").repeat(100_000)),
        ),
        ("HPACK that unfolds to 40 MB", sent(headers(END_HEADERS, STREAM, &bomb))),
        ("RST_STREAM of other streams, by the thousand", sent(reset(3, Code::Cancel).repeat(100_000))),
    ];
    for (case, script) in cases {
        let refused = read(script, get);
        assert_eq!((refused.items, refused.asked.len()), (vec![Err(ErrorKind::Connect)], 1), "{case}");
        refused.cost.assert_within(BASE, LITTLE);
    }
    for greeting in ["", "HTTP/1.1 400 Bad Request\r\n\r\n", "\0\0\0\0\0\0\0\0\0"] {
        let server = FrameServer::greeting(sent(greeting).close(), |_| Script::new());
        let refused = ask(server, get, &Notify::new());
        assert_eq!(refused.items, [Err(ErrorKind::Connect)], "{greeting:?}");
        refused.cost.assert_within(BASE, LITTLE);
    }
}

#[test]
fn a_server_that_refuses_every_stream_is_asked_a_few_times_and_not_for_ever() {
    for (case, refusal) in [
        ("RST_STREAM", (|stream| reset(stream, Code::RefusedStream)) as fn(u32) -> Vec<u8>),
        ("GOAWAY", |_| go_away(0, Code::NoError)),
    ] {
        let refused = ask(FrameServer::answering(move |asked| sent(refusal(asked.stream))), get, &Notify::new());
        assert_eq!(refused.items, [Err(ErrorKind::Connect)], "{case}");
        assert!(refused.asked.len() <= 10, "{case}: {}", refused.asked.len());
        refused.cost.assert_within(BASE, LITTLE);
    }
}

#[test]
fn a_response_that_never_starts_ends_with_the_idle_timeout_and_costs_nothing_until_then() {
    let ping = frame(Kind::Ping, 0, 0, b"12345678");
    let early = headers(END_HEADERS, STREAM, EARLY_HINTS);
    for (case, script) in [
        ("nothing", Script::new().hold()),
        ("101", sent(headers(END_HEADERS, STREAM, b"\x08\x03101")).hold()),
        ("PING", Script::new().drip(ping.repeat(100), ping.len(), ms(5)).hold()),
        ("103", Script::new().drip(early.repeat(100), early.len(), ms(5)).hold()),
    ] {
        let silent = read(script, |client, url| get(client, url).idle_timeout(ms(300)));
        assert_eq!((silent.items, silent.asked.len()), (vec![Err(ErrorKind::IdleTimeout)], 1), "{case}");
        silent.cost.assert_within(BASE, ms(250));
    }
}

#[test]
fn frames_without_a_byte_of_the_body_are_no_sign_of_life() {
    for (case, frame) in [
        ("DATA", data(STREAM, "")),
        ("PING", frame(Kind::Ping, 0, 0, b"12345678")),
        ("unknown", frame(Kind::Unknown, 0, STREAM, b"x")),
    ] {
        let drip =
            sent(head(STREAM)).drip(frame.repeat(60), frame.len(), ms(50)).send(data(STREAM, "data: late\n\n")).hold();
        let silent = read(drip, |client, url| post(client, url).idle_timeout(ms(300)));
        assert_eq!(silent.items, [Err(ErrorKind::IdleTimeout)], "{case}");
        silent.cost.assert_within(BASE, ms(250));
    }
}

#[test]
fn floods_of_frames_are_read_past_and_the_stream_comes() {
    let settings = frame(Kind::Settings, 0, 0, &b"\0\x04\0\x01\0\0".repeat(2700));
    let long_hint = [b"\x08\x03103\0\x04link\x7f\xa1\x1e", &[b'v'; 4000][..]].concat();
    for (case, frame, times, memory) in [
        ("SETTINGS", frame(Kind::Settings, 0, 0, b""), 50_000, BASE),
        ("SETTINGS, each of 2,700", settings, 100, BASE),
        ("PING", frame(Kind::Ping, 0, 0, b"12345678"), 50_000, BASE),
        ("WINDOW_UPDATE of the connection", frame(Kind::WindowUpdate, 0, 0, b"\0\0\0\x01"), 50_000, BASE),
        ("WINDOW_UPDATE of the stream", frame(Kind::WindowUpdate, 0, STREAM, b"\0\0\0\x01"), 50_000, BASE),
        ("PRIORITY", frame(Kind::Priority, 0, 3, b"\0\0\0\0\0"), 50_000, BASE),
        ("unknown", frame(Kind::Unknown, 0, 0, b""), 50_000, BASE),
        ("unknown, each of 16 KiB", frame(Kind::Unknown, 0, 0, &[7; 16 << 10]), 500, BASE),
        ("GOAWAY", go_away(STREAM, Code::NoError), 50_000, BASE),
        ("103, each of 4 KB", headers(END_HEADERS, STREAM, &long_hint), 2000, BATCH),
    ] {
        let outcome = read(flood(&frame, times), post);
        assert_eq!(outcome.items, good(["1"]), "{case}");
        outcome.cost.assert_within(memory, MUCH);
    }
}

#[test]
fn hints_cost_no_more_memory_the_longer_they_come() {
    let early = headers(END_HEADERS, STREAM, EARLY_HINTS);
    for times in [50_000, 150_000] {
        let outcome = read(flood(&early, times), post);
        assert_eq!(outcome.items, good(["1"]));
        outcome.cost.assert_within(BATCH, MUCH);
    }
}

#[test]
fn floods_of_frames_with_next_to_nothing_of_the_body_end_the_connection() {
    let padding = frame(Kind::Data, PADDED, STREAM, &[&[255], &[0; 255][..]].concat());
    for (case, frame, times, memory) in
        [("DATA of nothing", data(STREAM, ""), 100_000, BASE), ("DATA of padding", padding, 20_000, BASE)]
    {
        let outcome = read(sent(head(STREAM)).send(frame.repeat(times)), post);
        assert_eq!(outcome.items, [Err(ErrorKind::Transport)], "{case}");
        outcome.cost.assert_within(memory, MUCH);
    }
}

/// How many events there are.
const EVENTS: usize = 40_000;

/// All events after the last event ID, each in a DATA frame of its own. How many streams were dropped.
fn small_frames() -> (Served, Arc<watch::Sender<usize>>) {
    let dropped = Arc::new(watch::Sender::new(0));
    let on_drop = dropped.clone();
    let answer = move |headers: HeaderMap| {
        let last = headers.get("last-event-id").map_or(0, |id| id.to_str().unwrap().parse::<usize>().unwrap());
        let on_drop = on_drop.clone();
        let guard = OnDrop(move || on_drop.send_modify(|dropped| *dropped += 1));
        let events = stream::iter(last + 1..=EVENTS).map(move |number| {
            let _ = &guard;
            Ok::<_, Infallible>(numbered(number..=number, "event "))
        });
        // The first ends with its connection alone.
        let rest = if last == 0 { stream::pending().left_stream() } else { stream::empty().right_stream() };
        let status = if last == EVENTS { 204 } else { 200 };
        let head = (http::StatusCode::from_u16(status).unwrap(), [("content-type", "text/event-stream")]);
        async move { (head.0, head.1, Body::from_stream(events.chain(rest))) }
    };
    let quiet = || async {
        let hello = stream::iter([Ok::<_, Infallible>("data: hello\n\n")]);
        ([("content-type", "text/event-stream")], Body::from_stream(hello.chain(stream::pending())))
    };
    (elsewhere(Served::new(Router::new().route("/", any(answer)).route("/quiet", any(quiet)))), dropped)
}

#[test]
fn small_events_that_nobody_reads_may_cost_the_connection_and_no_event_where_it_reconnects() {
    let (server, dropped) = small_frames();
    let ((seen, reconnects), cost) = measured(async move {
        let mut events = soon(get(&http2_client(), server.url("/")).connect()).await.unwrap().incoming::<String>();
        assert_eq!(next(&mut events).await, "event 1");
        soon(dropped.subscribe().wait_for(|dropped| *dropped >= 1)).await.unwrap();
        (texts(&mut events).await, events.stats().reconnects)
    });
    assert_eq!(seen.len(), EVENTS - 1);
    for (item, number) in seen.into_iter().zip(2..) {
        assert_eq!(item, Ok(format!("event {number}")));
    }
    assert!(reconnects >= 1);
    cost.assert_within(BATCH, MUCH);
}

#[test]
fn small_events_that_nobody_reads_are_the_end_of_a_stream_that_does_not_reconnect() {
    let (server, dropped) = small_frames();
    let (seen, cost) = measured(async move {
        let mut events = soon(post(&http2_client(), server.url("/")).connect()).await.unwrap().incoming::<String>();
        assert_eq!(next(&mut events).await, "event 1");
        soon(dropped.subscribe().wait_for(|dropped| *dropped >= 1)).await.unwrap();
        texts(&mut events).await
    });
    let (last, seen) = seen.split_last().unwrap();
    assert_eq!(*last, Err(ErrorKind::Transport));
    for (item, number) in seen.iter().zip(2..) {
        assert_eq!(*item, Ok(format!("event {number}")));
    }
    cost.assert_within(BATCH, MUCH);
}

#[test]
fn small_events_that_nobody_reads_cost_also_the_other_streams_of_their_connection() {
    let (server, dropped) = small_frames();
    let (reconnects, cost) = measured(async move {
        let client = http2_client();
        let mut quiet = soon(get(&client, server.url("/quiet")).connect()).await.unwrap().incoming::<String>();
        assert_eq!(next(&mut quiet).await, "hello");
        let unread = soon(get(&client, server.url("/")).connect()).await.unwrap();
        soon(dropped.subscribe().wait_for(|dropped| *dropped >= 1)).await.unwrap();
        assert_eq!(next(&mut quiet).await, "hello");
        drop(unread);
        quiet.stats().reconnects
    });
    assert_eq!(reconnects, 1);
    cost.assert_within(BATCH, MUCH);
}
