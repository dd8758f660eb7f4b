//! What must not end up in a log: URLs with their credentials and queries, header values, data. Looked for in `Debug`
//! and `Display` of every public type, in the whole chain of causes, and in what goes to `tracing`.

use std::cell::RefCell;
use std::collections::HashMap;
use std::error::Error as _;
use std::fmt::{Debug, Write as _};
use std::io::Write;
use std::sync::{Arc, LazyLock, Mutex};

use futures::FutureExt as _;
use sse_typed::{
    Cbor, Closure, Data, DecodeErrors, Error, ErrorKind, Frame, Json, Parser, Reconnect, RequestBuilderExt, Session,
    SessionBuilder, SessionConfig, SseEvents,
};
use sse_typed_tests::seen::{Known, drain, next};
use sse_typed_tests::server::{ClosedPort, Request, Script, Server, client, lock, ms, soon};
use tracing_subscriber::fmt::format::FmtSpan;

/// Part of every secret, and of nothing else.
const SECRET: &str = "hunter2";

#[track_caller]
fn assert_silent(text: &str) {
    assert!(!text.contains(SECRET), "{text}");
}

/// `Debug` in both forms.
#[track_caller]
fn assert_debug_silent(value: &impl Debug) {
    assert_silent(&format!("{value:?}\n{value:#?}"));
}

/// All that an error says, its causes included.
#[track_caller]
fn assert_error_silent(error: &Error) {
    let mut text = format!("{error}\n{error:?}\n{error:#?}\n");
    let mut source = error.source();
    while let Some(cause) = source {
        writeln!(text, "{cause}\n{cause:?}").unwrap();
        source = cause.source();
    }
    assert_silent(&text);
}

/// A request that is full of secrets.
fn request(server: &str) -> SessionBuilder {
    let url = server.replace("http://", &format!("http://user-{SECRET}:password-{SECRET}@"));
    client()
        .get(format!("{url}?token={SECRET}#{SECRET}"))
        .header("x-api-key", SECRET)
        .header("cookie", format!("session={SECRET}"))
        .sse()
        .last_event_id(format!("id-{SECRET}"))
        .reconnect(Reconnect::default().delay(ms(1)).max_delay(ms(1)).max_attempts(2))
}

/// The head of an answer that is full of secrets.
fn answer(status: &str) -> Script {
    Script::head(
        status,
        &format!("content-type: text/event-stream\r\nset-cookie: {SECRET}\r\nlocation: /{SECRET}?x={SECRET}\r\n"),
    )
}

async fn serve(scripts: impl IntoIterator<Item = Script>) -> Server {
    Server::scripted(scripts).await
}

thread_local! {
    static TOLD: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Each test begins with this. One subscriber serves all of them, and is there before anything is told: a place that
/// tells something while a subscriber is being set is never asked again.
fn listen() {
    static SUBSCRIBED: LazyLock<()> = LazyLock::new(|| {
        tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_span_events(FmtSpan::FULL)
            .with_ansi(false)
            .with_writer(|| Told)
            .init();
    });
    LazyLock::force(&SUBSCRIBED);
}

/// What was told to `tracing` on this thread, which runs one test: the lines that are ours.
fn told() -> String {
    let text = TOLD.with_borrow(|told| String::from_utf8(told.clone()).unwrap());
    text.lines().filter(|line| line.contains("sse_typed")).fold(String::new(), |text, line| text + line + "\n")
}

struct Told;

impl Write for Told {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        TOLD.with_borrow_mut(|told| told.write(bytes))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Ends in each of the ways in which a session can end; each must be silent about what it knows.
async fn every_error() -> Vec<Error> {
    let mut errors = Vec::new();
    let mut at_connect = Vec::new();
    for status in ["301 Moved", "400 Bad", "401 Who", "403 No", "404 None", "418 Tea"] {
        at_connect.push(answer(status).send(SECRET));
    }
    at_connect.push(Script::head("200 OK", &format!("content-type: text/{SECRET}\r\n")).send(SECRET));
    at_connect.push(Script::head("200 OK", &format!("content-encoding: {SECRET}\r\n")).send(SECRET));
    at_connect.push(Script::head("200 OK", ""));
    at_connect.push(Script::redirect("302 Go", &format!("http://user:{SECRET}@[::bad/{SECRET}")));
    at_connect.push(Script::redirect("302 Go", &format!("ftp://user:{SECRET}@localhost/{SECRET}?{SECRET}")));
    at_connect.push(Script::new().send(format!("HTTP/1.1 200 {SECRET}\r\n{SECRET}")));
    at_connect.push(Script::new().send(format!("{SECRET}\r\n\r\n")));
    at_connect.push(Script::new().reset());
    for script in at_connect {
        let server = Server::answering(move |_| script.clone()).await;
        errors.push(soon(request(&server.url("/")).connect()).await.expect_err("no stream"));
    }
    let closed = ClosedPort::new();
    errors.push(soon(request(&closed.url("/")).retry_first_connect().connect()).await.expect_err("no stream"));
    let loops = Server::answering(|request: &Request| Script::redirect("307 Go", &request.path)).await;
    errors.push(soon(request(&loops.url("/")).connect()).await.expect_err("no stream"));
    let slow = serve([Script::new().hold()]).await;
    let session = request(&slow.url("/")).idle_timeout(ms(50)).reconnect(Reconnect::never());
    errors.push(soon(session.connect()).await.expect_err("no stream"));
    for url in
        [format!("nothing://user:{SECRET}@host/?{SECRET}"), format!("{SECRET} no url"), format!("http://[{SECRET}]/")]
    {
        errors.push(soon(client().get(url).sse().connect()).await.expect_err("no stream"));
    }
    let unsendable = client().get(closed.url("/")).header("x-api-key", format!("{SECRET}\n"));
    errors.push(soon(unsendable.sse().connect()).await.expect_err("no stream"));
    let https = reqwest::Client::builder().no_proxy().https_only(true).build().unwrap();
    errors.push(soon(https.get(closed.url(&format!("/?{SECRET}"))).sse().connect()).await.expect_err("no stream"));
    let proxy = reqwest::Proxy::all(closed.url("").replace("http://", &format!("http://user:{SECRET}@"))).unwrap();
    let proxied = reqwest::Client::builder().proxy(proxy).build().unwrap();
    errors.push(soon(proxied.get(closed.url("/")).sse().connect()).await.expect_err("no stream"));
    let body = reqwest::Body::wrap_stream(futures::stream::iter([Ok::<_, std::io::Error>(SECRET)]));
    let session = client().get(closed.url("/")).body(body).sse().reconnect(Reconnect::default().any_method());
    errors.push(soon(session.connect()).await.expect_err("no stream"));
    // Through a request function, where the client's own errors come as they are.
    for url in [closed.url(&format!("/?{SECRET}")), format!("nothing://user:{SECRET}@host/?{SECRET}")] {
        let client = client();
        let session = sse_typed::session(move |attempt| {
            let request = attempt.apply(client.get(&url).header("x-api-key", SECRET));
            async move { Ok(request.send().await?.error_for_status()?) }
        });
        errors.push(soon(session.connect()).await.expect_err("no stream"));
    }
    let refusing = serve([answer("403 No")]).await;
    let (url, client) = (refusing.url(&format!("/?{SECRET}")), client());
    let session = sse_typed::session(move |attempt| {
        let request = attempt.apply(client.get(&url));
        async move { Ok(request.send().await?.error_for_status()?) }
    });
    errors.push(soon(session.connect()).await.expect_err("no stream"));

    let data = format!("data: {SECRET}\n\n");
    for (script, limit) in [
        (answer("200 OK").send(data.clone()).reset(), 1000),
        (answer("200 OK").send(format!("{data}data: {SECRET}")), 1000),
        (answer("200 OK").send(data.clone()).hold(), 1000),
        (answer("200 OK").send(data.clone()), 3),
        (Script::chunked().send(format!("5\r\n{SECRET}")), 1000),
        (Script::head("200 OK", "content-type: text/event-stream\r\ncontent-encoding: gzip\r\n").send(SECRET), 1000),
        (Script::chunked().send(format!("{SECRET}\r\n")), 1000),
    ] {
        let server = serve([script]).await;
        let session = request(&server.url("/")).reconnect(Reconnect::never()).idle_timeout(ms(100));
        let session = soon(session.max_event_size(limit).connect()).await.unwrap();
        let mut events = session.incoming::<String>();
        while let Some(item) = soon(events.next()).await {
            errors.extend(item.err());
        }
    }
    // Lost, and not got back.
    let server = serve([answer("200 OK"), answer("503 Busy").send(SECRET), answer("503 Busy").send(SECRET)]).await;
    let mut events = soon(request(&server.url("/")).connect()).await.unwrap().incoming::<String>();
    errors.push(soon(events.next()).await.unwrap().unwrap_err());
    errors
}

#[tokio::test]
async fn no_error_shows_a_url_a_header_value_or_data_nor_does_any_of_its_causes() {
    listen();
    let errors = every_error().await;
    for error in &errors {
        assert_error_silent(error);
    }
    let kinds: Vec<_> = errors.iter().map(Error::kind).collect();
    for kind in [
        ErrorKind::Request,
        ErrorKind::Connect,
        ErrorKind::Status,
        ErrorKind::ContentType,
        ErrorKind::Transport,
        ErrorKind::IdleTimeout,
        ErrorKind::EventTooLarge,
        ErrorKind::Incomplete,
    ] {
        assert!(kinds.contains(&kind), "{kind:?} is not among {kinds:?}");
    }
}

#[tokio::test]
async fn what_an_error_does_not_show_is_behind_its_accessors() {
    listen();
    let server = serve([answer("403 No").send(SECRET)]).await;
    let error = soon(request(&server.url("/")).connect()).await.unwrap_err();
    assert_eq!((error.body(), &error.headers().unwrap()["set-cookie"]), (Some(SECRET), &SECRET.parse().unwrap()));
}

/// Events of every way to fail.
#[derive(Debug, SseEvents)]
#[sse(deny_unknown)]
#[expect(dead_code, reason = "what is in them is not looked at")]
enum Strict {
    Number(u32),
    #[sse(text)]
    Text(u32),
    Map(HashMap<String, u32>),
    #[sse(error)]
    Failed(HashMap<String, String>),
}

#[tokio::test]
async fn no_error_of_an_event_shows_its_data_id_or_keys() {
    listen();
    let stream = format!(
        "id: {SECRET}\nevent: number\ndata: \"{SECRET}\"\n\n\
         event: text\ndata: {SECRET}\n\n\
         event: map\ndata: {{\"{SECRET}\": \"{SECRET}\"}}\n\n\
         event: failed\ndata: {{\"{SECRET}\": \"{SECRET}\"}}\n\n\
         event: unknown\ndata: {SECRET}\n\n"
    );
    let bytes = futures::stream::iter([Ok::<_, std::io::Error>(stream)]);
    let mut events = Session::from_stream(bytes).incoming::<Strict>();
    let mut errors = Vec::new();
    while let Some(item) = events.next().await {
        errors.extend(item.err());
    }
    let kinds: Vec<_> = errors.iter().map(Error::kind).collect();
    let decode = ErrorKind::Decode;
    assert_eq!(kinds, [decode, decode, decode, ErrorKind::Event, decode]);
    for error in &errors {
        assert_debug_silent(error);
        assert_silent(&error.to_string());
        assert!(error.event().unwrap().data.contains(SECRET), "it is there for who asks");
    }
    // A key of a map is data as well.
    assert_eq!(errors[2].path(), Some(SECRET));
}

#[tokio::test]
async fn an_error_shows_as_much_of_a_name_as_one_wants_to_read() {
    listen();
    let stream = format!("event: {}\u{1b}\ndata: 1\n\n", "n".repeat(1 << 20));
    let bytes = futures::stream::iter([Ok::<_, std::io::Error>(stream)]);
    let error = Session::from_stream(bytes).incoming::<Strict>().next().await.unwrap().unwrap_err();
    for text in [error.to_string(), format!("{error:?}"), format!("{error:#?}")] {
        assert!(text.len() < 1000 && !text.contains('\u{1b}'), "{} bytes", text.len());
    }
}

/// What the session has seen of its connections, and what it was asked for with.
#[derive(Debug, SseEvents)]
#[expect(dead_code, reason = "what is in them is shown")]
enum Opened {
    #[sse(open)]
    Open(sse_typed::Connection),
}

#[tokio::test]
async fn no_other_public_type_shows_any_of_it() {
    listen();
    let server = serve([answer("200 OK").send(format!("id: {SECRET}\ndata: {SECRET}\n\n")).hold()]).await;
    let attempts = Arc::new(Mutex::new(Vec::new()));
    let builder = request(&server.url("/"));
    assert_debug_silent(&builder);
    let session = soon(builder.connect()).await.unwrap();
    assert_debug_silent(&session);
    assert_debug_silent(&session.connection());
    let mut opened = session.incoming::<Opened>();
    let connection = next(&mut opened).await;
    assert_debug_silent(&connection);
    assert_debug_silent(&Frame::Open(opened.connection().unwrap()));
    let mut events = opened.into_session().incoming::<String>();
    assert_eq!(next(&mut events).await, SECRET);
    assert_debug_silent(&events);
    assert_debug_silent(&events.handle());
    assert_debug_silent(&events.handle().state());
    assert_debug_silent(&events.stats());
    assert_debug_silent(&events.next().now_or_never().is_none());
    assert_debug_silent(&events.read_ahead(1));

    let again = serve([answer("200 OK")]).await;
    let (url, seen) = (again.url("/"), attempts.clone());
    let function = sse_typed::session(move |attempt| {
        lock(&seen).push(attempt.clone());
        let request = attempt.apply(client().get(&url));
        async move { Ok(request.send().await?) }
    });
    let function = function.last_event_id(SECRET);
    assert_debug_silent(&function);
    soon(function.connect()).await.unwrap();
    let attempts = lock(&attempts);
    assert_eq!(attempts[0].last_event_id(), SECRET);
    assert_debug_silent(&*attempts);

    let mut parser = Parser::with_last_event_id(SECRET);
    parser.feed(format!("id: {SECRET}\ndata: {SECRET}\n\n"));
    assert!(parser.advance().unwrap());
    assert_debug_silent(&parser);
    assert_debug_silent(&SessionConfig::new().reconnect(Reconnect::default().retry_if(|_| Some(true))));
    assert_debug_silent(&(Json, Cbor::default(), DecodeErrors::Stop, Closure::new(|_, _| Err(SECRET.into()))));
}

#[tokio::test]
async fn tracing_is_told_neither_credentials_nor_query_header_values_or_data() {
    listen();
    for error in every_error().await {
        tracing::info!(target: "sse_typed", %error, ?error);
    }
    let stream = format!("id: {SECRET}\nevent: known\ndata: {SECRET}\n\n: {SECRET}\nevent: other\ndata: {SECRET}\n\n");
    let server = serve([answer("200 OK").send(stream), answer("503 Busy"), Script::no_content()]).await;
    let mut events = soon(request(&server.url("/path")).connect()).await.unwrap().incoming::<Known>();
    assert_eq!(drain(&mut events).await, [Ok(Known(SECRET.to_owned()))]);
    let text = told();
    assert_silent(&text);
    let shown = format!("url={}", server.url("/path"));
    assert!(text.contains(&shown) || text.contains(&format!("url=\"{}\"", server.url("/path"))), "{text}");
    assert!(text.contains("the stream is open") && text.contains("reconnecting"), "{text}");
}

#[tokio::test]
async fn tracing_is_told_of_an_id_that_cannot_be_sent() {
    listen();
    for (id, expected) in [
        ("7", ""),
        ("a\u{1}b", "the last event ID is no legal header value"),
        (&*"i".repeat(8001), "the last event ID is too long for a header"),
    ] {
        let before = told();
        let events = Script::events(format!("id: {id}\ndata: 1\n\n"));
        let server = serve([events, Script::no_content()]).await;
        let session = client().get(server.url("/")).sse().reconnect(Reconnect::default().delay(ms(1)));
        drain(&mut soon(session.connect()).await.unwrap().incoming::<String>()).await;
        let text = told()[before.len()..].to_owned();
        let warnings: Vec<_> = text.lines().filter(|line| line.contains("WARN")).collect();
        assert_eq!(warnings.len(), usize::from(!expected.is_empty()), "{text}");
        assert!(warnings.iter().all(|warning| warning.contains(expected) && warning.len() < 1000), "{text}");
    }
}

#[tokio::test]
async fn tracing_is_told_of_a_name_that_no_variant_has_once() {
    listen();
    let stream = "event: one\ndata: 1\n\nevent: known\ndata: 1\n\nevent: two\ndata: 2\n\n".repeat(3);
    let server = serve([Script::events(stream.clone()), Script::events(stream), Script::no_content()]).await;
    let session = client().get(server.url("/")).sse().reconnect(Reconnect::default().delay(ms(1)));
    let mut events = soon(session.connect()).await.unwrap().incoming::<Known>();
    drain(&mut events).await;
    let text = told();
    let told: Vec<_> = text.lines().filter(|line| line.contains("no variant has")).collect();
    assert_eq!(told.len(), 2, "{text}");
    assert!(told[0].contains("one") && told[1].contains("two"), "{text}");
}

#[test]
fn tracing_is_told_of_some_names_and_shortly_however_many_and_long_they_are() {
    listen();
    let names = (0..200_u32).map(|number| {
        let name = format!("{number}{}", "n".repeat(100_000));
        Ok::<_, std::io::Error>(format!("event: {name}\ndata: 1\n\n"))
    });
    let bytes = futures::stream::iter(names);
    let (skipped, cost) = sse_typed_tests::cost::measured(async move {
        let mut events = Session::from_stream(bytes).incoming::<Known>();
        assert!(events.next().await.is_none());
        events.stats().skipped
    });
    let text = told();
    assert_eq!(skipped, 200);
    assert!(text.lines().filter(|line| line.contains("no variant has")).count() <= 64);
    assert!(text.len() < 64_000, "{} bytes told", text.len());
    cost.assert_within(2 << 20, std::time::Duration::from_secs(5));
}

/// Not of the session, but of what a user reads with it.
#[tokio::test]
async fn events_themselves_are_shown_whole() {
    listen();
    let bytes = futures::stream::iter([Ok::<_, std::io::Error>(format!("data: \"{SECRET}\"\n\n"))]);
    let event = Session::from_stream(bytes).incoming::<Data<String>>().next().await.unwrap().unwrap();
    assert!(format!("{event:?}").contains(SECRET));
}
