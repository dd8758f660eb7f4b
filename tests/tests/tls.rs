//! The same over TLS, with certificates made here: streams, their loss and return, certificates that nobody knows, and
//! what is sent on when https redirects to http.

use std::convert::Infallible;
use std::error::Error as _;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use futures::stream::{self, StreamExt as _};
use http::Version;
use sse_typed::{Error, ErrorKind, Reconnect, RequestBuilderExt, Session, SessionBuilder, SseEvents};
use sse_typed_tests::http2::{FrameServer, Kind, data, head};
use sse_typed_tests::seen::{assert_stops_while_nobody_polls, good, next, texts};
use sse_typed_tests::server::{Request, Script, Served, Server, endless, lock, ms, numbered, soon};
use sse_typed_tests::tls::{Farewell, HOST, HTTP_1, HTTP_2, Identity, Tls};

const PROTOCOLS: [(&str, Version); 2] = [(HTTP_1, Version::HTTP_11), (HTTP_2, Version::HTTP_2)];

async fn connect(session: SessionBuilder) -> Session {
    soon(session.connect()).await.expect("a stream")
}

fn client(identity: &Identity) -> reqwest::Client {
    identity.trusted().build().unwrap()
}

fn quick() -> Reconnect {
    Reconnect::default().delay(ms(1)).max_delay(ms(5)).server_retry(ms(1)..=ms(5))
}

/// An error and all its causes.
fn whole(error: &Error) -> String {
    let mut text = format!("{error}\n{error:?}\n{error:#?}\n");
    let mut source = error.source();
    while let Some(cause) = source {
        writeln!(text, "{cause}\n{cause:?}").unwrap();
        source = cause.source();
    }
    text
}

/// Three events after the last event ID, and half of another; nine in all. Keeps the ids that it was asked after.
async fn feed() -> (Served, Arc<Mutex<Vec<usize>>>) {
    let asked_after = Arc::new(Mutex::new(Vec::new()));
    let ids = asked_after.clone();
    let router = Router::new().route(
        "/",
        get(move |headers: http::HeaderMap| {
            let last = headers.get("last-event-id").map_or(0, |id| id.to_str().unwrap().parse::<usize>().unwrap());
            lock(&ids).push(last);
            async move {
                if last == 9 {
                    return (http::StatusCode::NO_CONTENT, [("x-end", "yes")], Body::empty());
                }
                let text = numbered(last + 1..=last + 3, "event ") + "id: 77\ndata: half";
                let body = stream::iter([Ok::<_, Infallible>(text)]).chain(stream::pending());
                (http::StatusCode::OK, [("content-type", "text/event-stream")], Body::from_stream(body))
            }
        }),
    );
    (Served::new(router).await, asked_after)
}

#[derive(Debug, PartialEq, SseEvents)]
enum Market {
    Price(u32),
    #[sse(text)]
    Note(String),
}

#[tokio::test]
async fn a_typed_stream_opens_over_tls_with_http_1_and_with_http_2_as_the_server_chooses() {
    for (protocol, version) in PROTOCOLS {
        let router = Router::new().route(
            "/market",
            get(|| async {
                ([("content-type", "text/event-stream")], "event: price\ndata: 7\n\nevent: note\ndata: up\n\n")
            }),
        );
        let (server, identity) = (Served::new(router).await, Identity::new());
        let tls = Tls::before(server.address(), &identity, protocol, Farewell::Said).await;
        let request = client(&identity).get(tls.url("/market"));
        let mut events = connect(request.sse().reconnect(Reconnect::never())).await.incoming::<Market>();
        let connection = events.connection().unwrap();
        assert_eq!(connection.version(), version);
        assert_eq!((connection.url().scheme_str(), connection.url().path()), (Some("https"), "/market"));
        assert_eq!(next(&mut events).await, Market::Price(7));
        assert_eq!(next(&mut events).await, Market::Note("up".to_owned()));
        assert!(soon(events.next()).await.is_none());
    }
}

#[tokio::test]
async fn a_stream_that_is_cut_goes_on_after_its_last_event_however_the_connection_ended() {
    for (protocol, version) in PROTOCOLS {
        for farewell in [Farewell::Said, Farewell::Unsaid] {
            let ((server, asked_after), identity) = (feed().await, Identity::new());
            let tls = Tls::before(server.address(), &identity, protocol, farewell).await;
            let session = client(&identity).get(tls.url("/")).sse().reconnect(quick());
            let mut events = connect(session).await.incoming::<String>();
            for n in 1..=9 {
                assert_eq!(next(&mut events).await, format!("event {n}"), "{version:?}, {farewell:?}");
                assert_eq!(events.connection().unwrap().version(), version);
                if n % 3 == 0 {
                    tls.cut();
                }
            }
            assert!(soon(events.next()).await.is_none());
            assert_eq!(*lock(&asked_after), [0, 3, 6, 9], "{version:?}, {farewell:?}");
            assert_eq!((tls.attempts(), events.stats().reconnects), (4, 2));
        }
    }
}

#[tokio::test]
async fn a_cut_is_noticed_over_tls_where_without_it_a_body_without_length_would_just_end() {
    let (whole, half) = (Script::events("data: 1\n\n"), Script::events("data: 1\n\ndata: 2"));
    let chunked = Script::chunked().chunk("data: 1\n\n");
    let cases = [
        (whole.clone(), Farewell::Said, None),
        (whole, Farewell::Unsaid, Some(ErrorKind::Transport)),
        (half.clone(), Farewell::Said, Some(ErrorKind::Incomplete)),
        (half, Farewell::Unsaid, Some(ErrorKind::Transport)),
        (chunked.clone(), Farewell::Said, Some(ErrorKind::Transport)),
        (chunked.clone(), Farewell::Unsaid, Some(ErrorKind::Transport)),
        (chunked.last_chunk(), Farewell::Unsaid, None),
    ];
    for (number, (script, farewell, error)) in cases.into_iter().enumerate() {
        let (server, identity) = (Server::scripted([script]).await, Identity::new());
        let tls = Tls::before(server.address(), &identity, HTTP_1, farewell).await;
        let session = connect(client(&identity).post(tls.url("/")).sse()).await;
        let mut expected = good(["1"]);
        expected.extend(error.map(Err));
        assert_eq!(texts(&mut session.incoming()).await, expected, "case {number}");
    }
}

#[tokio::test]
async fn a_cut_over_http_2_is_noticed_also_where_it_is_said() {
    for farewell in [Farewell::Said, Farewell::Unsaid] {
        let identity = Identity::new();
        let (server, _) = feed().await;
        let tls = Tls::before(server.address(), &identity, HTTP_2, farewell).await;
        let session = client(&identity).get(tls.url("/")).sse().reconnect(Reconnect::never());
        let mut events = connect(session).await.incoming::<String>();
        for n in 1..=3 {
            assert_eq!(next(&mut events).await, format!("event {n}"));
        }
        tls.cut();
        assert_eq!(texts(&mut events).await, [Err(ErrorKind::Transport)]);
    }
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_is_no_connection_and_its_cause_tells_why_and_not_where() {
    let (identity, other) = (Identity::new(), Identity::new());
    for (protocol, _) in PROTOCOLS {
        let server = Server::scripted([]).await;
        let tls = Tls::before(server.address(), &identity, protocol, Farewell::Said).await;
        let session = client(&other).get(tls.url("/secret-path?token=secret")).sse().reconnect(quick());
        let error = soon(session.connect()).await.unwrap_err();
        assert_eq!((error.kind(), error.is_final(), error.attempts()), (ErrorKind::Connect, true, 0));
        assert_eq!(error.to_string(), "could not connect");
        let text = whole(&error);
        assert!(text.contains("invalid peer certificate"), "{text}");
        assert!(!text.contains("secret") && !text.contains("://"), "{text}");
        assert_eq!((server.count(), tls.attempts()), (0, 1), "nothing is asked, and not again");
    }
}

#[tokio::test]
async fn a_certificate_for_another_name_is_not_trusted_either() {
    let identity = Identity::new();
    let server = Server::scripted([]).await;
    let tls = Tls::before(server.address(), &identity, HTTP_1, Farewell::Said).await;
    let url = tls.url("/").replace("127.0.0.1", "localhost");
    let client = identity.trusted().resolve("localhost", tls.address()).build().unwrap();
    let error = soon(client.get(url).sse().connect()).await.unwrap_err();
    assert_eq!((error.kind(), server.count()), (ErrorKind::Connect, 0));
    let text = whole(&error);
    assert!(text.contains("not valid for name"), "{text}");
}

#[tokio::test]
async fn where_the_first_connection_may_be_tried_again_so_is_one_that_is_not_trusted() {
    let (identity, other) = (Identity::new(), Identity::new());
    let server = Server::scripted([]).await;
    let tls = Tls::before(server.address(), &identity, HTTP_1, Farewell::Said).await;
    let session = client(&other).get(tls.url("/")).sse().retry_first_connect();
    let error = soon(session.reconnect(quick().max_attempts(3)).connect()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), tls.attempts()), (ErrorKind::Connect, 3, 4));
    assert_eq!(error.to_string(), "gave up after 3 attempts: could not connect");
}

#[tokio::test]
async fn a_certificate_that_is_exchanged_while_a_session_reconnects_is_no_hot_loop_and_no_end() {
    let (identity, other) = (Identity::new(), Identity::new());
    for (protocol, _) in PROTOCOLS {
        let (server, asked_after) = feed().await;
        let tls = Tls::before(server.address(), &identity, protocol, Farewell::Said).await;
        let policy = || Reconnect::default().delay(ms(20)).max_delay(ms(80)).jitter(0.0);
        let client = client(&identity);
        let mut events = connect(client.get(tls.url("/")).sse().reconnect(policy())).await.incoming::<String>();
        let limited = client.get(tls.url("/")).sse().reconnect(policy().max_attempts(4));
        let mut limited = connect(limited).await.incoming::<String>();
        for n in 1..=3 {
            assert_eq!(next(&mut events).await, format!("event {n}"));
            assert_eq!(next(&mut limited).await, format!("event {n}"));
        }
        let before = tls.attempts();
        tls.show(&other);
        tls.cut();
        let started = std::time::Instant::now();
        assert_eq!(texts(&mut limited).await, [Err(ErrorKind::Connect)]);
        assert!(started.elapsed() >= ms(20 + 40 + 80 + 80), "each wait was kept");
        assert_eq!(tls.attempts() - before, 4);
        // The other goes on once the certificate is back.
        let reading = tokio::spawn(async move { next(&mut events).await });
        tokio::time::sleep(ms(100)).await;
        tls.show(&identity);
        assert_eq!(soon(reading).await.unwrap(), "event 4");
        assert_eq!(lock(&asked_after).last(), Some(&3));
    }
}

#[tokio::test]
async fn dropping_a_session_over_tls_closes_its_connection_or_resets_its_stream() {
    let identity = Identity::new();
    let server = Server::scripted([Script::events("data: 1\n\n").hold()]).await;
    let tls = Tls::before(server.address(), &identity, HTTP_1, Farewell::Said).await;
    let mut events = connect(client(&identity).get(tls.url("/")).sse()).await.incoming::<String>();
    next(&mut events).await;
    drop(events);
    server.left(0).await;
    server.idle().await;

    let server =
        FrameServer::answering(|asked| Script::new().send(head(asked.stream)).send(data(asked.stream, "data: 1\n\n")));
    let server = server.await;
    let tls = Tls::before(server.address(), &identity, HTTP_2, Farewell::Said).await;
    let client = client(&identity);
    let mut first = connect(client.get(tls.url("/")).sse()).await.incoming::<String>();
    let mut second = connect(client.get(tls.url("/")).sse()).await.incoming::<String>();
    next(&mut first).await;
    next(&mut second).await;
    drop(first);
    server.received(Kind::RstStream, 1).await;
    second.handle().close();
    assert!(soon(second.next()).await.is_none());
    server.received(Kind::RstStream, 2).await;
    assert_eq!((server.connections(), tls.attempts()), (1, 1));
    drop((second, client));
    server.left(1).await;
}

#[tokio::test]
async fn a_server_over_tls_that_writes_without_end_stops_while_nobody_polls() {
    for (protocol, _) in PROTOCOLS {
        let (identity, (server, dropped, sent)) = (Identity::new(), endless().await);
        let tls = Tls::before(server.address(), &identity, protocol, Farewell::Said).await;
        let mut events = connect(client(&identity).get(tls.url("/")).sse()).await.incoming::<String>();
        next(&mut events).await;
        assert_stops_while_nobody_polls(&mut events, &sent).await;
        drop(events);
        soon(dropped.subscribe().wait_for(|dropped| *dropped == 1)).await.unwrap();
    }
}

/// A server that sends who asks over https to the same host and port, over http. What was asked there, and there.
async fn downgrade(
    status: &'static str,
    client: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder,
) -> (Result<Session, Error>, Vec<Request>) {
    let identity = Identity::new();
    let address = Arc::new(Mutex::new(String::new()));
    let http = address.clone();
    let server = Server::answering(move |request| match &*request.path {
        "/plain?token=secret-query" => Script::events("data: 1\n\n"),
        _ => Script::head(
            status,
            &format!(
                "location: {}\r\nset-cookie: open=1\r\nset-cookie: safe=1; Secure\r\ncontent-length: 0\r\n",
                lock(&http)
            ),
        ),
    })
    .await;
    let tls = Tls::before(server.address(), &identity, HTTP_1, Farewell::Said).await;
    // What clients do for the names of loopback, they do not do for others.
    let url = |path| tls.url(path).replace("127.0.0.1", HOST);
    *lock(&address) = url("/plain?token=secret-query").replace("https", "http");
    let url = url("/feed?token=secret-query").replace("https://", "https://user:secret-password@");
    let request = client(identity.trusted().resolve(HOST, tls.address()))
        .build()
        .unwrap()
        .post(url)
        .header("x-api-key", "secret-key")
        .header("cookie", "own=secret-cookie")
        .body("secret-body");
    let result = soon(request.sse().last_event_id("secret-id").connect()).await;
    (result, server.requests())
}

#[tokio::test]
async fn a_redirect_from_https_to_http_is_followed_in_the_clear_without_credentials_that_are_known_as_such() {
    for status in ["301 Go", "302 Go", "303 Go", "307 Go", "308 Go"] {
        let (result, requests) = downgrade(status, |client| client).await;
        assert_eq!(result.unwrap().connection().unwrap().url().scheme_str(), Some("http"));
        let [to, on] = &requests[..] else { panic!("{requests:?}") };
        assert_eq!(to.header("cookie"), Some("own=secret-cookie"));
        assert!(to.header("authorization").unwrap().starts_with("Basic "));
        // In the clear, where anybody on the way reads it.
        let kept = status.starts_with("307") || status.starts_with("308");
        assert_eq!((&*on.method, &*on.body), if kept { ("POST", &b"secret-body"[..]) } else { ("GET", &b""[..]) });
        assert_eq!(on.header("x-api-key"), Some("secret-key"));
        assert_eq!(on.last_event_id(), Some("secret-id"));
        for absent in ["authorization", "cookie", "referer"] {
            assert_eq!(on.header(absent), None, "{status}");
        }
        let mut names: Vec<_> = on.headers.iter().map(|(name, _)| &**name).collect();
        names.retain(|name| !["content-length", "accept-encoding"].contains(name));
        names.sort_unstable();
        assert_eq!(names, ["accept", "cache-control", "host", "last-event-id", "x-api-key"]);
    }
}

#[tokio::test]
async fn a_cookie_store_sends_on_from_https_to_http_what_is_not_marked_secure() {
    let (result, requests) = downgrade("307 Go", |client| client.cookie_store(true)).await;
    result.unwrap();
    assert_eq!(requests[1].header("cookie"), Some("open=1"));
}

#[tokio::test]
async fn where_only_https_is_allowed_a_redirect_to_http_sends_nothing() {
    for status in ["301 Go", "307 Go"] {
        let (result, requests) = downgrade(status, |client| client.https_only(true)).await;
        let error = result.unwrap_err();
        assert_eq!((error.kind(), error.is_final()), (ErrorKind::Request, true));
        assert_eq!(error.to_string(), "could not follow a redirect");
        let text = whole(&error);
        assert!(text.contains("scheme is not allowed"), "{text}");
        assert!(!text.contains("secret") && !text.contains("://"), "{text}");
        assert_eq!(requests.len(), 1);
    }
}

#[tokio::test]
async fn a_redirect_from_https_to_https_tells_the_query_in_its_referer_unless_that_is_off() {
    for referer in [true, false] {
        let (identity, other) = (Identity::new(), Server::scripted([]).await);
        let there = Tls::before(other.address(), &identity, HTTP_1, Farewell::Said).await;
        let server = Server::scripted([Script::redirect("307 Go", &there.url("/"))]).await;
        let here = Tls::before(server.address(), &identity, HTTP_1, Farewell::Said).await;
        let client = identity.trusted().https_only(true).referer(referer).build().unwrap();
        connect(client.get(here.url("/?token=secret")).bearer_auth("secret").sse()).await;
        let request = other.requests().remove(0);
        assert_eq!(request.header("referer"), referer.then(|| here.url("/?token=secret")).as_deref());
        assert_eq!(request.header("authorization"), None);
    }
}
