//! Servers that mean harm over HTTP/2, frame by frame: whatever they send, memory stays bounded, the processor rests, and
//! what comes out is a clear error or continued service. `SECURITY.md` names these tests.

use std::time::Duration;

use reqwest::Client;
use sse_typed::{ErrorKind, Reconnect, RequestBuilderExt, SessionBuilder};
use sse_typed_tests::cost::{Cost, elsewhere, measured};
use sse_typed_tests::http2::{
    ACK, Asked, Code, END_HEADERS, END_STREAM, FrameServer, Kind, PADDED, STREAM_HEAD, data, end, frame, go_away, head,
    no_content, reset,
};
use sse_typed_tests::seen::{good, texts};
use sse_typed_tests::server::{Script, http2_client, ms, soon};

const MIB: u64 = 1 << 20;

/// For a client that has little to do, on a slow machine.
const LITTLE: Duration = Duration::from_secs(5);

/// Longer than any of these takes: the timeout is for a server that is silent.
const PATIENT: Duration = Duration::from_secs(20);

/// The first stream on a connection.
const STREAM: u32 = 1;

/// How many frames are a flood.
const FLOOD: usize = 20_000;

/// An early hint: 103.
const HINT: &[u8] = b"\x08\x03103";

/// What came of a server's answer.
#[derive(Debug)]
struct Outcome {
    items: Vec<Result<String, ErrorKind>>,
    asked: Vec<Asked>,
    cost: Cost,
}

/// What `request` reads of a server that does this with the first request, and answers each further one with 204.
fn read(script: Script, request: impl FnOnce(Client, String) -> SessionBuilder) -> Outcome {
    let mut first = Some(script);
    let server = elsewhere(FrameServer::answering(move |asked| {
        first.take().unwrap_or_else(|| Script::new().send(no_content(asked.stream)))
    }));
    let ((items, asked), cost) = measured(async {
        let items = match soon(request(http2_client(), server.url("/")).connect()).await {
            Ok(session) => soon(texts(&mut session.incoming())).await,
            Err(error) => vec![Err(error.kind())],
        };
        (items, server.asked())
    });
    Outcome { items, asked, cost }
}

/// One request, which is never sent again.
fn once(script: Script, idle_timeout: Duration) -> Outcome {
    read(script, |client, url| client.post(url).sse().idle_timeout(idle_timeout))
}

/// One that is.
fn again(script: Script) -> Outcome {
    let quick = Reconnect::default().delay(ms(1)).max_delay(ms(5));
    read(script, |client, url| client.get(url).sse().reconnect(quick).idle_timeout(PATIENT))
}

/// A stream with an event and half of another, and then these frames.
fn half_and_then(frames: impl Into<Vec<u8>>) -> Script {
    let half = [head(STREAM), data(STREAM, "id: 1\ndata: 1\n\nid: 2\ndata: half")].concat();
    Script::new().send(half).send(frames.into())
}

/// These frames, and then a whole stream.
fn before_a_stream(frames: &[u8]) -> Script {
    let stream = [head(STREAM), data(STREAM, "data: 1\n\n"), end(STREAM)].concat();
    Script::new().send(frames.to_vec()).send(stream)
}

/// The rest of the event and of the stream.
fn rest() -> Vec<u8> {
    [data(STREAM, "\n\n"), end(STREAM)].concat()
}

fn trailers(block: &[u8]) -> Vec<u8> {
    frame(Kind::Headers, END_HEADERS | END_STREAM, STREAM, block)
}

fn costs_little(name: &str, outcome: &Outcome) {
    let Cost { memory, cpu, .. } = outcome.cost;
    assert!(memory < MIB, "{name}: {memory} bytes");
    assert!(cpu < LITTLE, "{name}: {cpu:?}");
}

#[test]
fn a_stream_that_breaks_inside_an_event_is_lost_and_resumed_after_the_event_before() {
    let oversized = frame(Kind::Data, 0, STREAM, &b"x".repeat(16_385));
    let promise = [&2_u32.to_be_bytes()[..], b"\x82\x84\x86\x41\x01a"].concat();
    let cases = [
        ("RST_STREAM, CANCEL", half_and_then(reset(STREAM, Code::Cancel))),
        ("RST_STREAM, INTERNAL_ERROR", half_and_then(reset(STREAM, Code::Internal))),
        ("RST_STREAM, REFUSED_STREAM", half_and_then(reset(STREAM, Code::RefusedStream))),
        ("RST_STREAM, ENHANCE_YOUR_CALM", half_and_then(reset(STREAM, Code::EnhanceYourCalm))),
        ("GOAWAY, and the end of the connection", half_and_then(go_away(STREAM, Code::NoError)).close()),
        ("the end of the connection", half_and_then([]).close()),
        ("a reset of the connection", half_and_then([]).reset()),
        ("a frame larger than allowed", half_and_then(oversized)),
        ("no frames at all", half_and_then(b"\xff\xfe garbage that is no frame".repeat(100))),
        ("a second head", half_and_then(head(STREAM))),
        ("a second head, and the rest", half_and_then([head(STREAM), rest()].concat())),
        ("an early hint in mid-stream", half_and_then(frame(Kind::Headers, END_HEADERS, STREAM, HINT))),
        ("a promise", half_and_then(frame(Kind::PushPromise, END_HEADERS, STREAM, &promise))),
        (
            "the head of a stream that nobody asked for",
            half_and_then(frame(Kind::Headers, END_HEADERS, 3, STREAM_HEAD)),
        ),
        ("data on no stream", half_and_then(data(0, "x"))),
        ("data on another stream", half_and_then(data(3, "x"))),
        ("a window that grows by 0", half_and_then(frame(Kind::WindowUpdate, 0, STREAM, &[0; 4]))),
        ("a window beyond its bounds", half_and_then(frame(Kind::WindowUpdate, 0, 0, &[0x7f, 0xff, 0xff, 0xff]))),
        ("SETTINGS of no length", half_and_then(frame(Kind::Settings, 0, 0, b"x"))),
        ("SETTINGS of no sense", half_and_then(frame(Kind::Settings, 0, 0, &[0, 5, 0, 0, 0, 1]))),
        ("PING of no length", half_and_then(frame(Kind::Ping, 0, 0, b"x"))),
        ("CONTINUATION of nothing", half_and_then(frame(Kind::Continuation, 0, STREAM, b"x"))),
        ("data inside of a head", half_and_then([frame(Kind::Headers, 0, STREAM, b"\0\x01a\x01b"), rest()].concat())),
        ("padding longer than its frame", half_and_then(frame(Kind::Data, PADDED, STREAM, b"\xffx"))),
        ("trailers that do not decode", half_and_then(trailers(&[0xff; 7]))),
        ("trailers in capitals", half_and_then(trailers(b"\0\x01A\x01b"))),
        ("RST_STREAM of no stream", half_and_then(reset(0, Code::Cancel))),
        ("RST_STREAM of another stream", half_and_then(reset(3, Code::Cancel))),
    ];
    for (name, script) in cases {
        let lost = once(script.clone(), PATIENT);
        assert_eq!(lost.items, [good(["1"]), vec![Err(ErrorKind::Transport)]].concat(), "{name}");
        assert_eq!(lost.asked.len(), 1, "{name}: a POST is not sent again");
        costs_little(name, &lost);

        let resumed = again(script);
        assert_eq!(resumed.items, good(["1"]), "{name}");
        let after: Vec<_> = resumed.asked.iter().map(|asked| asked.after).collect();
        assert_eq!(after, [None, Some(1)], "{name}");
        costs_little(name, &resumed);
    }
}

#[test]
fn a_stream_that_ends_in_order_inside_an_event_is_incomplete_where_it_is_not_resumed() {
    let cases = [
        ("END_STREAM", half_and_then(end(STREAM))),
        // Of this one, the client says that it is the end.
        ("RST_STREAM, NO_ERROR", half_and_then(reset(STREAM, Code::NoError))),
        ("trailers", half_and_then(trailers(b"\0\x01a\x01b"))),
        ("GOAWAY that leaves the stream out", half_and_then(go_away(0, Code::NoError))),
    ];
    for (name, script) in cases {
        let ended = once(script.clone(), PATIENT);
        assert_eq!(ended.items, [good(["1"]), vec![Err(ErrorKind::Incomplete)]].concat(), "{name}");
        costs_little(name, &ended);

        let resumed = again(script);
        assert_eq!(resumed.items, good(["1"]), "{name}");
        assert_eq!(resumed.asked.last().and_then(|asked| asked.after), Some(1), "{name}");
    }
}

#[test]
fn frames_that_say_nothing_of_the_stream_change_nothing() {
    let padded = frame(Kind::Data, PADDED, STREAM, &[&[255][..], b"\n\n", &[0; 255]].concat());
    let cases = [
        ("trailers", [data(STREAM, "\n\n"), trailers(b"\0\x01a\x01b")].concat()),
        ("an answer to no PING", [frame(Kind::Ping, ACK, 0, b"12345678"), rest()].concat()),
        ("a type that there is not", [frame(Kind::Unknown, 0xff, 0, &[7; 16_384]), rest()].concat()),
        ("all the padding there can be", [padded, end(STREAM)].concat()),
    ];
    for (name, frames) in cases {
        let outcome = once(half_and_then(frames), PATIENT);
        assert_eq!(outcome.items, good(["1", "half"]), "{name}");
        costs_little(name, &outcome);
    }
}

#[test]
fn a_stream_goes_on_after_a_goaway_and_the_next_is_asked_for_on_another_connection() {
    let outcome = again(half_and_then([go_away(STREAM, Code::NoError), rest()].concat()));
    assert_eq!(outcome.items, good(["1", "half"]));
    let asked: Vec<_> = outcome.asked.iter().map(|asked| (asked.connection, asked.after)).collect();
    assert_eq!(asked, [(0, None), (1, Some(2))]);
}

#[test]
fn a_request_that_is_answered_with_no_stream_is_an_error_that_says_so() {
    let silent = ms(300);
    let script = |frames: &[u8]| Script::new().send(frames.to_vec());
    let cases = [
        ("RST_STREAM, CANCEL", script(&reset(STREAM, Code::Cancel)), ErrorKind::Connect),
        ("RST_STREAM, NO_ERROR", script(&reset(STREAM, Code::NoError)), ErrorKind::Connect),
        ("GOAWAY with an error", script(&go_away(0, Code::Internal)), ErrorKind::Connect),
        ("HTTP/1.1", script(b"HTTP/1.1 400 Bad Request\r\n\r\n"), ErrorKind::Connect),
        (
            "a head without a status",
            script(&frame(Kind::Headers, END_HEADERS, STREAM, &STREAM_HEAD[1..])),
            ErrorKind::Connect,
        ),
        ("data before the head", before_a_stream(&data(STREAM, "x")), ErrorKind::Connect),
        (
            "a hint that does not decode",
            script(&frame(Kind::Headers, END_HEADERS, STREAM, b"\x08\x03103\0\x04link")),
            ErrorKind::Connect,
        ),
        ("101", script(&frame(Kind::Headers, END_HEADERS, STREAM, b"\x08\x03101")), ErrorKind::IdleTimeout),
        ("nothing", Script::new(), ErrorKind::IdleTimeout),
    ];
    for (name, script, expected) in cases {
        let outcome = once(script, silent);
        assert_eq!(outcome.items, [Err(expected)], "{name}");
        assert_eq!(outcome.asked.len(), 1, "{name}");
        costs_little(name, &outcome);
    }
}

#[test]
fn a_request_that_was_surely_not_seen_to_is_sent_again_by_the_client_itself() {
    for (name, frames) in [
        ("RST_STREAM, REFUSED_STREAM", reset(STREAM, Code::RefusedStream)),
        ("GOAWAY that leaves the stream out", go_away(0, Code::NoError)),
    ] {
        let outcome = once(Script::new().send(frames), PATIENT);
        assert_eq!((outcome.items, outcome.asked.len()), (vec![], 2), "{name}");
    }
}

#[test]
fn floods_of_frames_that_say_nothing_are_read_past() {
    let cases = [
        ("SETTINGS", frame(Kind::Settings, 0, 0, b"").repeat(FLOOD)),
        ("SETTINGS of many", frame(Kind::Settings, 0, 0, &[0, 4, 0, 1, 0, 0].repeat(2700)).repeat(100)),
        ("WINDOW_UPDATE of the connection", frame(Kind::WindowUpdate, 0, 0, b"\0\0\0\x01").repeat(FLOOD)),
        ("WINDOW_UPDATE of the stream", frame(Kind::WindowUpdate, 0, STREAM, b"\0\0\0\x01").repeat(FLOOD)),
        ("PRIORITY", frame(Kind::Priority, 0, STREAM + 2, b"\0\0\0\0\0").repeat(FLOOD)),
        ("types that there are not", frame(Kind::Unknown, 0, 0, b"").repeat(FLOOD)),
        ("large ones of them", frame(Kind::Unknown, 0, 0, &[7; 16_384]).repeat(500)),
        ("GOAWAY", go_away(STREAM, Code::NoError).repeat(FLOOD)),
        ("a few early hints", frame(Kind::Headers, END_HEADERS, STREAM, HINT).repeat(10)),
    ];
    for (name, flood) in cases {
        let outcome = once(before_a_stream(&flood), PATIENT);
        assert_eq!(outcome.items, good(["1"]), "{name}");
        costs_little(name, &outcome);
    }
}

#[test]
fn floods_that_would_have_to_be_held_end_the_connection() {
    // A header of 127 bytes, again and again.
    let block = [b"\0\x01a\x7f\x81\x7f", &[b'v'; 16_384 - 6][..]].concat();
    let begun = |frames: Vec<u8>| [frame(Kind::Headers, 0, STREAM, b""), frames].concat();
    let endless_head = begun(frame(Kind::Continuation, 0, STREAM, &block).repeat(1000));
    let endless_nothing = begun(frame(Kind::Continuation, 0, STREAM, b"").repeat(FLOOD));
    // 4 KB that stay in the table, and a byte for each time that they are told.
    let mut bomb = [STREAM_HEAD, b"\x40\x01a\x7f\xa1\x1e"].concat();
    bomb.extend([b'v'; 0x7f + 0x21 + 0x1e * 128]);
    bomb.resize(16_000, 0xbe);
    let bomb = frame(Kind::Headers, END_HEADERS, STREAM, &bomb);
    for (name, flood) in [
        ("a head without end", endless_head),
        ("a head of nothing without end", endless_nothing),
        ("a head that unfolds", bomb),
        ("RST_STREAM of streams that there are not", reset(3, Code::Cancel).repeat(FLOOD)),
    ] {
        let outcome = once(before_a_stream(&flood), PATIENT);
        assert_eq!(outcome.items, [Err(ErrorKind::Connect)], "{name}");
        costs_little(name, &outcome);
    }
    let padding = frame(Kind::Data, PADDED, STREAM, &[&[255][..], &[0; 255]].concat());
    for (name, flood) in
        [("DATA of nothing", data(STREAM, "").repeat(FLOOD)), ("DATA of padding", padding.repeat(FLOOD))]
    {
        let outcome = once(Script::new().send(head(STREAM)).send(flood), PATIENT);
        assert_eq!(outcome.items, [Err(ErrorKind::Transport)], "{name}");
        costs_little(name, &outcome);
    }
}

#[test]
fn more_small_frames_than_are_read_end_the_connection_in_bounded_memory() {
    let outcome = once(Script::new().send(head(STREAM)).send(data(STREAM, "\n").repeat(200_000)), PATIENT);
    assert_eq!(outcome.items, [Err(ErrorKind::Transport)]);
    assert!(outcome.cost.memory < 16 * MIB, "{} bytes", outcome.cost.memory);
    assert!(outcome.cost.cpu < LITTLE, "{:?}", outcome.cost.cpu);
}

#[test]
fn hints_without_end_are_held_in_bounded_memory_until_the_idle_timeout() {
    let held = |hints| {
        let outcome = once(Script::new().send(frame(Kind::Headers, END_HEADERS, STREAM, HINT).repeat(hints)), ms(300));
        assert_eq!(outcome.items, [Err(ErrorKind::IdleTimeout)]);
        assert!(outcome.cost.cpu < LITTLE, "{:?}", outcome.cost.cpu);
        outcome.cost.memory
    };
    let (some, many) = (held(30_000), held(90_000));
    assert!(many < 16 * MIB && many < some + 8 * MIB, "{some} bytes, then {many}");
}
