//! What a session makes of an open stream: items, errors about one event, and its end.

use std::collections::HashMap;
use std::error::Error as _;
use std::fmt::Debug;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::executor::block_on;
use futures::stream::{self, FusedStream, StreamExt as _};
use serde::Deserialize;
use sse_typed::{
    Attempt, Connection, Data, DecodeErrors, Deserializer, Dispatch, Error, ErrorKind, Frame, Json, ReadAhead,
    Reconnect, RequestBuilderExt, Session, SessionBuilder, SessionConfig, SessionHandle, SseEvents, State,
    TypedSession,
};
use sse_typed_tests::seen::{Known, Reply, Seen, drain, good, next, texts};
use sse_typed_tests::server::{Script, Server, client, ms, soon};
use static_assertions::{assert_impl_all, assert_not_impl_any};

/// A session over these chunks.
fn over<const N: usize>(chunks: [&'static str; N]) -> Session {
    Session::from_stream(stream::iter(chunks.map(Ok::<_, io::Error>)))
}

/// A session that does not reconnect, over a server that does this.
async fn post(script: Script, options: impl FnOnce(SessionBuilder) -> SessionBuilder) -> (Session, Server) {
    let server = Server::scripted([script]).await;
    let session = soon(options(client().post(server.url("/")).sse()).connect()).await.unwrap();
    (session, server)
}

fn part(text: &str) -> Reply {
    Reply::Part(text.to_owned())
}

// What users hold is as free to move between threads as what they put into it.
assert_impl_all!(Session: Send, Sync, Unpin);
assert_impl_all!(TypedSession<String>: Send, Sync, Unpin, FusedStream);
// Events are made on the way out, so a session does not care whether they can be sent.
assert_impl_all!(TypedSession<*const u8>: Send, Sync, Unpin);
assert_impl_all!(Session<std::cell::Cell<u8>>: Send);
assert_not_impl_any!(Session<std::cell::Cell<u8>>: Sync);
assert_not_impl_any!(Session<std::rc::Rc<u8>>: Send, Sync);
assert_impl_all!(SessionBuilder: Send);
assert_impl_all!(SessionHandle: Send, Sync, Clone, Unpin);
assert_impl_all!(SessionConfig: Send, Sync, Clone);
assert_impl_all!(Reconnect: Send, Sync, Clone);
assert_impl_all!(Connection: Send, Sync, Clone);
assert_impl_all!(Attempt: Send, Sync, Clone);
assert_impl_all!(Error: Send, Sync, std::error::Error);
assert_impl_all!(ReadAhead<String>: Send, Unpin);

#[test]
fn futures_of_a_session_are_send() {
    fn is_send(_: &impl Send) {}
    is_send(&client().get("http://localhost/").sse().connect());
    let mut session = over([]);
    is_send(&session.next::<Known>());
    let handle = session.handle();
    is_send(&handle.state_changed());
    let mut events = session.incoming::<Data<Vec<u8>>>();
    is_send(&events.next());
    is_send(&events.try_next());
}

#[test]
fn an_error_is_one_pointer_in_size() {
    assert_eq!(size_of::<Error>(), size_of::<usize>());
}

#[test]
fn bytes_from_anywhere_are_a_session_without_any_runtime() {
    let session = over(["id: 1\nda", "ta: one\n\ndata: t", "wo\r\n\r", "\ndata: cut off"]);
    assert!(session.connection().is_none());
    let handle = session.handle();
    assert!(!handle.reconnect());
    let mut events = session.incoming::<String>();
    let items = block_on(events.by_ref().collect::<Vec<_>>());
    let data: Vec<_> = items.iter().filter_map(|item| Some(&*item.as_ref().ok()?.data)).collect();
    assert_eq!(data, ["one", "two"]);
    let error = items[2].as_ref().unwrap_err();
    assert_eq!((error.kind(), error.is_final()), (ErrorKind::Incomplete, true));
    assert!(events.is_terminated());
    assert_eq!(*events.last_event_id(), "1");
    assert_eq!((handle.state(), &*handle.last_event_id()), (State::Closed, "1"));
    assert_eq!(block_on(handle.state_changed()), State::Closed);
    assert!(block_on(events.next()).is_none());
}

#[test]
fn an_error_of_the_byte_stream_is_a_broken_connection_with_that_error_as_its_cause() {
    let chunks = [Ok("data: 1\n\ndata: 2"), Err(io::Error::other("the cable")), Ok("\n\n")];
    let mut events = Session::from_stream(stream::iter(chunks)).incoming::<String>();
    assert_eq!(block_on(events.next()).unwrap().unwrap().data, "1");
    let error = block_on(events.next()).unwrap().unwrap_err();
    assert_eq!((error.kind(), error.is_final()), (ErrorKind::Transport, true));
    assert_eq!(error.source().unwrap().to_string(), "the cable");
    assert!(block_on(events.next()).is_none());
}

#[test]
fn the_type_of_events_changes_in_mid_stream() {
    let mut session = over(["event: hello\ndata: Ada\n\nevent: n\ndata: 1\n\nevent: n\ndata: 2\n\ndata: three\n\n"]);
    let hello = block_on(session.next::<String>()).unwrap().unwrap();
    assert_eq!((&*hello.event, &*hello.data), ("hello", "Ada"));
    assert_eq!(*block_on(session.next::<Data<u8>>()).unwrap().unwrap().data, 1);
    let mut numbers = session.incoming::<Data<u8>>();
    assert_eq!(*block_on(numbers.next()).unwrap().unwrap().data, 2);
    let mut rest = numbers.into_session().incoming::<String>();
    assert_eq!(block_on(rest.next()).unwrap().unwrap().data, "three");
    assert!(block_on(rest.next()).is_none());
}

#[test]
fn an_item_has_the_name_of_its_event_whatever_type_takes_it() {
    /// By hand, without a word of names.
    struct Anything;

    impl<D> SseEvents<D> for Anything {
        fn from_frame(_: Frame<'_>, _: &D) -> Result<Dispatch<Self>, Error> {
            Ok(Dispatch::value(Self))
        }
    }

    fn names<E: SseEvents<Json>>() -> Vec<(String, Option<u128>)> {
        let bytes =
            "data: 1\n\nevent: message\ndata: 2\n\nevent\ndata: 3\n\nretry: 250\nevent: tick\ndata: 4\n\ndata: 5\n\n";
        let items = over([bytes]).incoming::<E>().map(|item| item.unwrap());
        block_on(items.map(|item| (item.event.into_owned(), item.retry.map(|time| time.as_millis()))).collect())
    }

    let mut expected =
        ["message", "message", "message", "tick", "message"].map(|name| (name.to_owned(), None)).to_vec();
    expected[3].1 = Some(250);
    assert_eq!(names::<Data<u8>>(), expected);
    assert_eq!(names::<String>(), expected);
    // The `retry:` line is an item of its own here, which is no event.
    expected.insert(3, (String::new(), None));
    assert_eq!(names::<Anything>(), expected);
}

#[test]
fn options_and_the_deserializer_may_come_after_the_stream() {
    let config = SessionConfig::new().unterminated_event().skip_empty_data();
    let session = over(["data\n\ndata: 0x1f\n\ndata: 0x20"]).config(config);
    let session = session.deserialize_with(|data, target| {
        let number = u8::from_str_radix(data.trim_start_matches("0x"), 16)?;
        target.fill(&mut serde_json::Deserializer::from_str(&number.to_string()))
    });
    let numbers = session.incoming::<Data<u8>>().map(|item| *item.unwrap().data);
    assert_eq!(block_on(numbers.collect::<Vec<_>>()), [31, 32]);
}

#[tokio::test]
async fn after_a_done_event_no_type_reads_anything_and_the_server_is_left() {
    let script = Script::events("data: 1\n\ndata: [DONE]\n\ndata: after\n\n").hold();
    let (session, server) = post(script, |session| session).await;
    let mut reply = session.incoming::<Reply>();
    let handle = reply.handle();
    assert_eq!(drain(&mut reply).await, [Ok(part("1")), Ok(Reply::Done)]);
    assert_eq!(handle.state(), State::Closed);
    server.left(0).await;
    let mut session = reply.into_session();
    assert!(soon(session.next::<String>()).await.is_none());
    assert!(soon(session.next::<Seen>()).await.is_none());
    assert_eq!(texts(&mut session.incoming()).await, []);
}

#[tokio::test]
async fn a_done_event_ends_a_stream_that_would_reconnect() {
    let server = Server::scripted([Script::events("data: 1\n\ndata: [DONE]\n\n")]).await;
    let policy = Reconnect::default().delay(ms(1));
    let session = soon(client().get(server.url("/")).sse().reconnect(policy).connect()).await.unwrap();
    assert_eq!(drain(&mut session.incoming::<Reply>()).await, [Ok(part("1")), Ok(Reply::Done)]);
    tokio::time::sleep(ms(50)).await;
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn an_end_before_the_done_event_is_an_error() {
    for script in [Script::events("data: 1\n\n"), Script::chunked().chunk("data: 1\n\n").last_chunk()] {
        let (session, _server) = post(script, |session| session).await;
        let mut reply = session.incoming::<Reply>();
        assert_eq!(drain(&mut reply).await, [Ok(part("1")), Err(ErrorKind::Incomplete)]);
    }
    // Where nothing is to end the stream, its end is just that.
    let (session, _server) = post(Script::events("data: 1\n\n"), |session| session).await;
    assert_eq!(texts(&mut session.incoming()).await, good(["1"]));
}

#[tokio::test]
async fn an_end_within_an_event_is_an_error_and_what_lies_between_events_is_not() {
    let cut = [
        ("data: 1\n\ndata:", true),
        ("data: 1\n\ndata: 2", true),
        ("data: 1\n\ndata: 2\n", true),
        ("data: 1\n\ndata: 2\r", true),
        ("data: 1\n\ndata: 2\nid: 3\n", true),
        ("data: 1\n\ndata\n", true),
        ("data: 1\n\n", false),
        ("data: 1\n\n\n\n", false),
        ("data: 1\n\n: bye", false),
        ("data: 1\n\n: bye\n", false),
        ("data: 1\n\nid: 3\n", false),
        ("data: 1\n\nretry: 10\n", false),
    ];
    for (bytes, is_cut) in cut {
        let (session, _server) = post(Script::events(bytes), |session| session).await;
        let mut expected = good(["1"]);
        expected.extend(is_cut.then_some(Err(ErrorKind::Incomplete)));
        assert_eq!(texts(&mut session.incoming()).await, expected, "{bytes:?}");
    }
}

#[tokio::test]
async fn a_body_that_is_broken_off_is_an_error_after_all_that_came() {
    let headers = "content-type: text/event-stream\r\n";
    let cases = [
        ("a chunked body without its last chunk", Script::chunked().chunk("data: 1\n\n")),
        ("a chunk that is not all there", Script::chunked().chunk("data: 1\n\n").send("ff\r\ndata: 2\n\n")),
        ("no chunk size", Script::chunked().chunk("data: 1\n\n").send("zz\r\n")),
        (
            "less than the content length",
            Script::head("200 OK", &format!("{headers}content-length: 99\r\n")).send("data: 1\n\n"),
        ),
        ("a reset", Script::events("data: 1\n\n").sleep(ms(100)).reset()),
    ];
    for (case, script) in cases {
        let (session, _server) = post(script, |session| session).await;
        let mut events = session.incoming::<String>();
        let items = texts(&mut events).await;
        assert_eq!(items.first(), Some(&Ok("1".to_owned())), "{case}");
        assert_eq!(items.last(), Some(&Err(ErrorKind::Transport)), "{case}");
    }
}

#[tokio::test]
async fn headers_and_nothing_else_is_a_stream_without_events() {
    for script in [
        Script::stream(),
        Script::chunked().last_chunk(),
        Script::head("200 OK", "content-type: text/event-stream\r\ncontent-length: 0\r\n"),
    ] {
        let (session, _server) = post(script, |session| session).await;
        assert_eq!(texts(&mut session.incoming()).await, []);
    }
    let (session, _server) = post(Script::chunked(), |session| session).await;
    assert_eq!(texts(&mut session.incoming()).await, [Err(ErrorKind::Transport)]);
}

#[tokio::test]
async fn a_character_may_be_cut_anywhere() {
    let text = "data: 日本語 🦀 é\n\n".as_bytes();
    for size in 1..5 {
        let (session, _server) = post(Script::stream().drip(text, size, ms(1)), |session| session).await;
        assert_eq!(texts(&mut session.incoming()).await, good(["日本語 🦀 é"]), "in pieces of {size}");
    }
    for cut in 1..text.len() {
        // Chunks of HTTP stay apart where the network may join bytes.
        let chunk = |bytes: &[u8]| [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat();
        let script = Script::chunked().send(chunk(&text[..cut])).sleep(ms(1)).send(chunk(&text[cut..])).last_chunk();
        let (session, _server) = post(script, |session| session).await;
        assert_eq!(texts(&mut session.incoming()).await, good(["日本語 🦀 é"]), "cut at {cut}");
    }
    // The other half never comes.
    let script = Script::events(&b"data: 1\n\ndata: \xe6\x97"[..]);
    let (session, _server) = post(script, SessionBuilder::unterminated_event).await;
    assert_eq!(texts(&mut session.incoming()).await, good(["1", "\u{fffd}"]));
}

#[tokio::test]
async fn an_event_that_does_not_decode_is_an_item_is_skipped_or_is_the_last() {
    let bytes = "event: price\ndata: {\"cents\": 1}\n\nevent: price\nid: 2\ndata: {\"items\": [{}]}\n\nevent: price\ndata: {\"cents\": 3}\n\n";
    let read = |policy| async move {
        let script = Script::events(bytes).hold();
        let (session, server) = post(script, |session| session.decode_errors(policy)).await;
        (session.incoming::<Data<HashMap<String, u64>>>(), server)
    };
    let cents = |n: u64| Data(HashMap::from([("cents".to_owned(), n)]));

    let (mut events, _server) = read(DecodeErrors::Yield).await;
    assert_eq!(next(&mut events).await, cents(1));
    let error = soon(events.next()).await.unwrap().unwrap_err();
    assert_eq!((error.kind(), error.is_final()), (ErrorKind::Decode, false));
    assert_eq!(error.path(), Some("items"));
    let event = error.event().unwrap();
    assert_eq!((&*event.event, &*event.data, &*event.id), ("price", "{\"items\": [{}]}", "2"));
    assert!(error.to_string().contains("`price`"), "{error}");
    assert!(error.to_string().contains("`HashMap<String, u64>`"), "{error}");
    assert!(error.source().unwrap().to_string().contains("expected u64"));
    assert_eq!(next(&mut events).await, cents(3));

    let (mut events, _server) = read(DecodeErrors::Skip).await;
    assert_eq!(next(&mut events).await, cents(1));
    assert_eq!(next(&mut events).await, cents(3));
    assert_eq!(*events.last_event_id(), "2", "what is passed over counts");

    let (mut events, server) = read(DecodeErrors::Stop).await;
    assert_eq!(next(&mut events).await, cents(1));
    let error = soon(events.next()).await.unwrap().unwrap_err();
    assert_eq!((error.kind(), error.is_final()), (ErrorKind::Decode, true));
    assert!(soon(events.next()).await.is_none());
    server.left(0).await;
}

type Options = fn(SessionBuilder) -> SessionBuilder;

#[tokio::test]
async fn empty_data_unfinished_events_and_events_without_data_are_taken_where_that_is_asked_for() {
    let bytes = "id: 0\nretry: 3000\ndata: \n\ndata\n\nevent: complete\n\ndata: 1\n\ndata: last";
    let cases: [(Options, Vec<Result<String, ErrorKind>>); 5] = [
        (|it| it, [good(["", "", "1"]), vec![Err(ErrorKind::Incomplete)]].concat()),
        (SessionBuilder::skip_empty_data, [good(["1"]), vec![Err(ErrorKind::Incomplete)]].concat()),
        (SessionBuilder::unterminated_event, good(["", "", "1", "last"])),
        (SessionBuilder::events_without_data, [good(["", "", "", "1"]), vec![Err(ErrorKind::Incomplete)]].concat()),
        (|it| it.unterminated_event().skip_empty_data(), good(["1", "last"])),
    ];
    for (number, (options, expected)) in cases.into_iter().enumerate() {
        let (session, _server) = post(Script::events(bytes), options).await;
        let mut events = session.incoming();
        assert_eq!(texts(&mut events).await, expected, "case {number}");
        assert_eq!(*events.last_event_id(), "0");
    }
}

#[tokio::test]
async fn an_event_named_complete_without_data_is_seen_by_its_name() {
    let script = Script::events("event: next\ndata: 1\n\nevent: complete\n\n");
    let (session, _server) = post(script, SessionBuilder::events_without_data).await;
    let mut events = session.incoming::<String>();
    for (name, data) in [("next", "1"), ("complete", "")] {
        let event = soon(events.next()).await.unwrap().unwrap();
        assert_eq!((&*event.event, &*event.data), (name, data));
    }
    assert!(soon(events.next()).await.is_none());
}

#[test]
fn an_event_that_ends_the_stream_does_so_though_its_data_is_empty_and_such_are_skipped() {
    #[derive(Debug, PartialEq, SseEvents)]
    enum Task {
        #[sse(event = "message")]
        Part(u8),
        Ping,
        #[sse(done)]
        Complete,
    }
    for (options, end) in [
        (SessionConfig::new().skip_empty_data(), "event: complete\ndata:\n\n"),
        (SessionConfig::new().skip_empty_data().events_without_data(), "event: complete\n\n"),
    ] {
        let start = "id: 7\ndata:\n\ndata: 1\n\nevent: ping\ndata:\n\n";
        let mut tasks = over([start, end, "data: 2\n\n"]).config(options).incoming::<Task>();
        let seen: Vec<_> = block_on(tasks.by_ref().map(|item| item.unwrap().data).collect());
        assert_eq!(seen, [Task::Part(1), Task::Complete]);
        assert_eq!((tasks.stats().events, tasks.stats().skipped), (4, 2));
    }
}

#[test]
fn an_error_that_ends_the_stream_does_so_too_and_each_event_is_read_once() {
    static READ: AtomicUsize = AtomicUsize::new(0);
    #[derive(Debug, PartialEq, SseEvents)]
    enum Failing {
        #[sse(event = "message", with = counted)]
        Part(usize),
        #[sse(error, done)]
        Failed,
    }
    fn counted(data: &str) -> Result<usize, std::num::ParseIntError> {
        READ.fetch_add(1, Ordering::Relaxed);
        data.parse()
    }
    let bytes = "data:\n\ndata: 1\n\nevent: failed\ndata:\n\ndata: 2\n\n";
    let mut items = over([bytes]).config(SessionConfig::new().skip_empty_data()).incoming::<Failing>();
    assert_eq!(block_on(items.next()).unwrap().unwrap().data, Failing::Part(1));
    let error = block_on(items.next()).unwrap().unwrap_err();
    assert_eq!((error.kind(), error.is_final()), (ErrorKind::Event, true));
    assert!(block_on(items.next()).is_none());
    assert_eq!(READ.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn an_unknown_event_is_passed_over_and_counts() {
    let script =
        Script::events("event: keepalive\nid: 1\ndata: {\n\nevent: known\ndata: x\n\nevent: new\nid: 2\ndata\n\n");
    let (session, _server) = post(script, |session| session).await;
    let mut events = session.incoming::<Known>();
    assert_eq!(drain(&mut events).await, [Ok(Known("x".to_owned()))]);
    assert_eq!(*events.last_event_id(), "2");
}

#[tokio::test]
async fn all_frames_come_in_order_to_a_type_that_takes_them() {
    let script = Script::events(": hi\nretry: 5\n:\ndata: 1\n\nretry: +5\nretry: 12x\n: bye\n\n");
    let (session, _server) = post(script, |session| session).await;
    let mut events = session.incoming::<Seen>();
    let frames: Vec<_> = drain(&mut events).await.into_iter().map(|item| format!("{:?}", item.unwrap())).collect();
    assert!(frames[0].starts_with("Opened(Connection"), "{frames:?}");
    let expected = [r#"Comment("hi")"#, "Retry(5ms)", r#"Comment("")"#, r#"Event("1")"#, r#"Comment("bye")"#];
    assert_eq!(frames[1..], expected);
}

#[tokio::test]
async fn too_large_an_event_ends_the_stream_and_is_never_held_whole() {
    for line in ["data: 1234567890\n", "data: x", ": comment ", "id: 1234567890", "event: much\n"] {
        let sent = std::sync::Arc::default();
        let script = Script::events("data: 1\n\n").flood(line, &sent);
        let (session, server) = post(script, |session| session.max_event_size(1000)).await;
        let mut events = session.incoming::<String>();
        let expected = match line {
            // Ever another name for the same event: nothing grows.
            "event: much\n" => {
                assert_eq!(next(&mut events).await, "1");
                drop(events);
                server.left(0).await;
                continue;
            }
            _ => vec![Ok("1".to_owned()), Err(ErrorKind::EventTooLarge)],
        };
        assert_eq!(texts(&mut events).await, expected, "{line:?}");
        server.left(0).await;
    }
}

#[tokio::test]
async fn the_limit_is_met_exactly_by_an_event_of_its_size() {
    let event = |size: usize| format!("data: {}\n\n", "x".repeat(size));
    for (size, fits) in [(900, true), (2000, false)] {
        let (session, _server) = post(Script::events(event(size)), |session| session.max_event_size(1000)).await;
        let items = texts(&mut session.incoming()).await;
        assert_eq!(items, if fits { vec![Ok("x".repeat(size))] } else { vec![Err(ErrorKind::EventTooLarge)] });
    }
}

/// What must not be seen in any text about a stream.
const SECRETS: [&str; 6] =
    ["s3cret-path", "s3cret-query", "s3cret-user", "s3cret-header", "s3cret-data", "s3cret-sent"];

#[track_caller]
fn tells_no_secret(what: &str, text: &str) {
    for secret in SECRETS {
        assert!(!text.contains(secret), "{what} tells {secret}: {text}");
    }
}

#[track_caller]
fn error_tells_no_secret(what: &str, error: &Error) {
    tells_no_secret(what, &format!("{error} {error:?} {error:#?}"));
    // The cause of a decode error is the format's own message, which may quote what it could not read.
    let mut cause = if error.kind() == ErrorKind::Decode { None } else { error.source() };
    while let Some(error) = cause {
        tells_no_secret(what, &format!("{error} {error:?} {error:#?}"));
        cause = error.source();
    }
}

fn with_secrets(url: &str) -> reqwest::RequestBuilder {
    let url = url.replace("http://", "http://s3cret-user:s3cret-user@");
    client().post(format!("{url}/s3cret-path?token=s3cret-query")).header("authorization", "s3cret-sent")
}

#[tokio::test]
async fn no_error_shows_a_url_a_header_value_or_data() {
    let secret_headers = "content-type: text/event-stream\r\nx-token: s3cret-header\r\n";
    let refused = Script::head("403 No", &format!("{secret_headers}location: /s3cret-path\r\n")).send("s3cret-data");
    let wrong_type = Script::head("200 OK", "content-type: s3cret-header\r\n").send("s3cret-data");
    for script in [
        refused,
        wrong_type,
        Script::new(),
        Script::new().reset(),
        Script::new().send("s3cret-header s3cret-data\r\n\r\n"),
        Script::redirect("307 Go", "http://s3cret-path.invalid:1/s3cret-query"),
        Script::redirect("307 Go", "http://[s3cret-path"),
        Script::redirect("307 Go", "ftp://s3cret-path/"),
    ] {
        let server = Server::scripted([script]).await;
        let request = with_secrets(&server.url(""));
        if let Err(error) = soon(request.sse().connect()).await {
            error_tells_no_secret("connect", &error);
        }
    }
    let loops = Server::answering(|_| Script::redirect("307 Go", "/s3cret-path?s3cret-query")).await;
    let error = soon(with_secrets(&loops.url("")).sse().connect()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Request);
    error_tells_no_secret("redirects", &error);

    let port = sse_typed_tests::server::ClosedPort::new();
    error_tells_no_secret("closed port", &soon(with_secrets(&port.url("")).sse().connect()).await.unwrap_err());
    for url in ["http://s3cret-user@[s3cret-path", "s3cret-path", "http://s3cret-path.invalid/"] {
        error_tells_no_secret("bad url", &soon(client().post(url).sse().connect()).await.unwrap_err());
    }
    let header = client().post("http://localhost/").header("x", "s3cret-sent\n");
    error_tells_no_secret("bad header", &soon(header.sse().connect()).await.unwrap_err());

    let bodies = [
        ("not json", "data: {\"s3cret-data\n\n"),
        ("no number", "data: \"s3cret-data\"\n\n"),
        ("cut off", "data: s3cret-data"),
        ("too large", "data: s3cret-data-s3cret-data-s3cret-data-s3cret-data-s3cret-data-s3cret-data\n\n"),
    ];
    for (what, bytes) in bodies {
        let server = Server::scripted([Script::head("200 OK", secret_headers).send(bytes)]).await;
        let session = with_secrets(&server.url("")).sse().max_event_size(40).connect();
        let error = soon(soon(session).await.unwrap().incoming::<Data<u8>>().next()).await.unwrap().unwrap_err();
        error_tells_no_secret(what, &error);
    }
    let script = Script::head("200 OK", &format!("{secret_headers}transfer-encoding: chunked\r\n")).send("s3cret-data");
    let server = Server::scripted([script]).await;
    let mut events = soon(with_secrets(&server.url("")).sse().connect()).await.unwrap().incoming::<String>();
    error_tells_no_secret("broken body", &soon(events.next()).await.unwrap().unwrap_err());
}

#[tokio::test]
async fn nothing_that_can_be_printed_shows_a_url_a_header_value_or_data() {
    fn shown(what: &str, value: &impl Debug) {
        tells_no_secret(what, &format!("{value:?} {value:#?}"));
    }
    let head = Script::head("200 OK", "content-type: text/event-stream\r\nx-token: s3cret-header\r\n");
    let script = head.send("id: s3cret-data\ndata: s3cret-data\n\n").hold();
    let server = Server::scripted([script.clone(), script]).await;

    let builder = with_secrets(&server.url("")).sse().last_event_id("s3cret-sent");
    shown("SessionBuilder", &builder);
    let session = soon(builder.connect()).await.unwrap();
    shown("Session", &session);
    shown("Connection", session.connection().unwrap());
    let mut events = session.incoming::<String>();
    assert_eq!(next(&mut events).await, "s3cret-data");
    shown("TypedSession", &events);
    shown("SessionHandle", &events.handle());
    shown("ReadAhead", &events.read_ahead(1));

    let url = server.url("");
    let session = sse_typed::session(move |attempt| {
        shown("Attempt", &attempt);
        let request = attempt.apply(with_secrets(&url));
        async move { Ok(request.send().await?) }
    });
    shown("SessionBuilder of a function", &session);
    shown("Session", &soon(session.last_event_id("s3cret-sent").connect()).await.unwrap());
}

#[tokio::test]
async fn an_error_says_what_happened_in_a_sentence_without_its_cause() {
    let (session, _server) = post(Script::chunked().chunk("data: x\n\n"), |session| session).await;
    let mut events = session.incoming::<Data<u8>>();
    for kind in [ErrorKind::Decode, ErrorKind::Transport] {
        let error = soon(events.next()).await.unwrap().unwrap_err();
        assert_eq!(error.kind(), kind);
        let sentence = error.to_string();
        assert!(sentence.starts_with(char::is_lowercase) && !sentence.ends_with('.'), "{sentence}");
        assert!(!sentence.contains(&error.source().unwrap().to_string()), "{sentence}");
    }
}

#[derive(Debug, Deserialize)]
struct Overloaded {
    retry_in: u64,
}

/// An event named `error` as an error with its payload in the cause, through the public interface alone.
#[derive(Debug, PartialEq)]
struct Fallible(String);

impl<D: Deserializer<Overloaded>> SseEvents<D> for Fallible {
    fn from_frame(frame: Frame<'_>, deserializer: &D) -> Result<Dispatch<Self>, Error> {
        match frame {
            Frame::Event(event) if event.event() == "error" => {
                let overloaded = event.to_owned().decode::<Overloaded>(deserializer)?;
                Ok(Dispatch::value(Self(format!("again in {}", overloaded.retry_in))).named("error").done())
            }
            Frame::Event(event) => Ok(Dispatch::value(Self(event.data().to_owned()))),
            _ => Ok(Dispatch::skip()),
        }
    }
}

#[test]
fn a_type_by_hand_may_name_end_and_refuse() {
    let session =
        over(["data: 1\n\nevent: error\ndata: no json\n\nevent: error\ndata: {\"retry_in\": 3}\n\ndata: 2\n\n"]);
    let mut events = session.deserializer(Json).incoming::<Fallible>();
    assert_eq!(block_on(events.next()).unwrap().unwrap().data, Fallible("1".to_owned()));
    let error = block_on(events.next()).unwrap().unwrap_err();
    assert_eq!((error.kind(), error.is_final()), (ErrorKind::Decode, false));
    let last = block_on(events.next()).unwrap().unwrap();
    assert_eq!((&*last.event, last.data), ("error", Fallible("again in 3".to_owned())));
    assert!(block_on(events.next()).is_none());
}
