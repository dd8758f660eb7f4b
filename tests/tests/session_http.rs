//! What a session asks for, and which answers it takes.

use std::io::Write as _;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures::FutureExt as _;
use http::{StatusCode, Version};
use reqwest::header::{ACCEPT, CACHE_CONTROL};
use sse_typed::{ErrorKind, Reconnect, RequestBuilderExt, Session, SessionBuilder, SessionConfig, State};
use sse_typed_tests::seen::{good, next, texts};
use sse_typed_tests::server::{ClosedPort, Script, Served, Server, client, http2_client, lock, ms, soon};
use tokio::sync::Notify;

async fn connect(session: SessionBuilder) -> Result<Session, sse_typed::Error> {
    soon(session.connect()).await
}

#[tokio::test]
async fn a_request_asks_for_an_event_stream_as_fresh_as_it_is() {
    let server = Server::scripted([Script::events("data: 1\n\n")]).await;
    let mut events =
        connect(client().get(server.url("/feed?a=b")).sse().reconnect(Reconnect::never())).await.unwrap().incoming();
    assert_eq!(texts(&mut events).await, good(["1"]));

    let [request] = &server.requests()[..] else { panic!("one request") };
    assert_eq!((&*request.method, &*request.path), ("GET", "/feed?a=b"));
    assert_eq!(request.header("accept"), Some("text/event-stream"));
    assert_eq!(request.header("cache-control"), Some("no-cache"));
    assert_eq!(request.last_event_id(), None);
}

#[tokio::test]
async fn headers_of_the_user_are_sent_as_they_are_and_once() {
    let server = Server::scripted([Script::events("")]).await;
    let request = client()
        .post(server.url("/"))
        .header(ACCEPT, "application/json, text/event-stream")
        .header(CACHE_CONTROL, "no-store")
        .body("prompt");
    connect(request.sse()).await.unwrap();

    let request = &server.requests()[0];
    assert_eq!(request.header("accept"), Some("application/json, text/event-stream"));
    assert_eq!(request.header("cache-control"), Some("no-store"));
    assert_eq!((&*request.method, &*request.body), ("POST", b"prompt".as_slice()));
}

#[tokio::test]
async fn the_last_event_id_is_sent_when_it_is_not_empty_and_can_be_sent() {
    let cases = [
        ("", None),
        ("7", Some("7")),
        ("[{\"topic\":\"x\",\"offset\":-1}]", Some("[{\"topic\":\"x\",\"offset\":-1}]")),
        ("tschüß", Some("tschüß")),
        ("a\tb", Some("a\tb")),
        ("a\u{1}b", None),
        ("a\u{7f}b", None),
        ("a\nx-forged: 1", None),
        ("a\rb", None),
        ("a\0b", None),
    ];
    for (id, sent) in cases {
        let server = Server::scripted([Script::events("data: 1\n\n")]).await;
        let session = client().post(server.url("/")).sse().last_event_id(id);
        let mut events = connect(session).await.unwrap().incoming();
        assert_eq!(texts(&mut events).await, good(["1"]), "{id:?}");
        assert_eq!(server.last_event_ids(), [sent.map(str::to_owned)], "{id:?}");
        assert_eq!(server.requests()[0].header("x-forged"), None);
        assert_eq!(*events.last_event_id(), id, "what was given lives on, whether it can be sent or not");
    }
}

#[tokio::test]
async fn a_last_event_id_on_the_request_is_the_seed_unless_the_session_has_one() {
    for (option, sent) in [("", "of the request"), ("of the session", "of the session")] {
        let server = Server::scripted([Script::events("data: 1\n\n")]).await;
        let request = client().post(server.url("/")).header("Last-Event-ID", "of the request");
        let session = connect(request.sse().last_event_id(option)).await.unwrap();
        assert_eq!(*session.last_event_id(), sent);
        assert_eq!(session.connection().unwrap().resumed_from(), &sent);
        assert_eq!(server.last_event_ids(), [Some(sent.to_owned())]);
    }
}

#[tokio::test]
async fn no_content_is_a_stream_that_has_ended() {
    let server = Server::scripted([]).await;
    let session = connect(client().get(server.url("/")).sse()).await.unwrap();
    assert_eq!(session.handle().state(), State::Closed);
    let mut events = session.incoming::<String>();
    assert_eq!(texts(&mut events).await, []);
    assert!(!events.handle().reconnect());
    tokio::time::sleep(ms(50)).await;
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn every_status_but_200_and_204_is_an_error_that_keeps_what_the_server_said() {
    let server = Server::answering(|request| {
        let status = &request.path[1..];
        let body = format!("{{\"why\":{status}}}");
        let length = if matches!(status, "205" | "304") { 0 } else { body.len() };
        let headers = format!("content-type: application/json\r\nx-why: {status}\r\ncontent-length: {length}\r\n");
        Script::head(&format!("{status} Whatever"), &headers).send(body.split_at(length).0.to_owned())
    })
    .await;
    let client = client();
    for status in (201..=599).filter(|status| *status != 204) {
        let error = connect(client.get(server.url(&format!("/{status}"))).sse()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Status, "{status}");
        assert_eq!(error.status().map(|status| status.as_u16()), Some(status));
        assert_eq!(error.headers().unwrap()["x-why"], status.to_string());
        let body = if matches!(status, 205 | 304) { String::new() } else { format!("{{\"why\":{status}}}") };
        assert_eq!(error.body(), Some(&*body));
        assert!(error.is_final());
        assert_eq!(error.attempts(), 0);
        assert!(error.to_string().contains(&status.to_string()), "{error}");
    }
    assert_eq!(server.count(), 398, "`connect` tries once");
}

#[tokio::test]
async fn an_error_keeps_64_kib_of_a_body_and_leaves_the_rest() {
    let sent = Arc::new(Mutex::new(0));
    for status in ["500 Internal Server Error", "200 OK"] {
        let script = Script::head(status, "content-type: text/html\r\n").flood("0123456789".repeat(1000), &sent);
        let server = Server::scripted([script]).await;
        let error = connect(client().get(server.url("/")).sse()).await.unwrap_err();
        let body = error.body().unwrap();
        assert_eq!(body.len(), 64 << 10);
        assert!(body.bytes().zip(b"0123456789".iter().cycle()).all(|(byte, expected)| byte == *expected));
        server.left(0).await;
    }
    assert!(*lock(&sent) < 64 << 20, "nobody reads what nobody keeps");
}

#[tokio::test]
async fn an_error_body_that_does_not_end_is_waited_for_only_so_long() {
    let script = Script::head("500 Oh", "content-type: text/plain\r\ncontent-length: 100\r\n").send("so far").hold();
    let server = Server::scripted([script]).await;
    let error = connect(client().get(server.url("/")).sse()).await.unwrap_err();
    assert_eq!((error.kind(), error.body()), (ErrorKind::Status, Some("so far")));
    server.left(0).await;
}

#[tokio::test]
async fn a_refusal_is_known_by_its_status_though_its_body_outlasts_the_idle_timeout() {
    let script =
        Script::head("404 Not Found", "content-type: text/plain\r\ncontent-length: 100\r\n").send("gone").hold();
    let server = Server::scripted([script]).await;
    let error = connect(client().get(server.url("/")).sse().idle_timeout(ms(200))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Status);
    assert_eq!((error.status(), error.body()), (Some(StatusCode::NOT_FOUND), Some("gone")));
}

#[tokio::test]
async fn a_page_with_status_200_is_an_error_with_the_page_in_it() {
    let page = "<html>log in</html>";
    let script = Script::head("200 OK", "content-type: text/html; charset=utf-8\r\n").send(page);
    let server = Server::scripted([script]).await;
    let error = connect(client().get(server.url("/")).sse()).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::ContentType, Some(StatusCode::OK)));
    assert_eq!(error.body(), Some(page));
    assert_eq!(error.headers().unwrap()["content-type"], "text/html; charset=utf-8");
    assert!(error.is_final());
}

#[tokio::test]
async fn a_content_type_is_taken_by_its_essence_in_any_case() {
    let cases = [
        ("text/event-stream", true),
        ("text/event-stream;charset=utf-8", true),
        ("text/event-stream ; charset=UTF-8", true),
        ("Text/Event-Stream", true),
        ("text/event-stream; charset=iso-8859-1; x=y", true),
        ("text/event-streams", false),
        ("text/event", false),
        ("text/plain", false),
        ("text/plain; x=text/event-stream", false),
        ("application/json", false),
        ("application/x-ndjson", false),
        ("", false),
    ];
    for (content_type, opens) in cases {
        for any in [false, true] {
            let head = Script::head("200 OK", &format!("content-type: {content_type}\r\n"));
            let server = Server::scripted([head.send("data: 1\n\n")]).await;
            let session = client().post(server.url("/")).sse();
            let session = if any { session.any_content_type() } else { session };
            match connect(session).await {
                Ok(session) if opens || any => assert_eq!(texts(&mut session.incoming()).await, good(["1"])),
                Err(error) if !opens && !any => assert_eq!(error.kind(), ErrorKind::ContentType),
                other => panic!("{content_type:?}, any: {any}: {other:?}"),
            }
        }
    }
}

#[tokio::test]
async fn a_stream_without_a_content_type_opens_if_any_will_do() {
    let script = Script::head("200 OK", "").send("data: 1\n\n");
    let server = Server::scripted([script.clone(), script]).await;
    let error = connect(client().post(server.url("/")).sse()).await.unwrap_err();
    assert_eq!((error.kind(), error.body()), (ErrorKind::ContentType, Some("data: 1\n\n")));
    let session = connect(client().post(server.url("/")).sse().any_content_type()).await.unwrap();
    assert_eq!(texts(&mut session.incoming()).await, good(["1"]));
}

#[tokio::test]
async fn an_encoding_that_the_client_did_not_undo_is_an_error() {
    let plain = reqwest::Client::builder().no_proxy().gzip(false).brotli(false).build().unwrap();
    let encodings = ["gzip", "br", "zstd", "deflate", "x-own", "identity, br", "identity\r\ncontent-encoding: br"];
    for encoding in encodings {
        let headers = format!("content-type: text/event-stream\r\ncontent-encoding: {encoding}\r\n");
        let script = Script::head("200 OK", &headers).send(&b"\x1f\x8b\x08"[..]);
        let server = Server::scripted([script.clone(), script]).await;
        let strict = connect(plain.get(server.url("/")).sse()).await.unwrap_err();
        let lenient = connect(plain.get(server.url("/")).sse().any_content_type()).await.unwrap_err();
        for error in [strict, lenient] {
            assert_eq!((error.kind(), error.status()), (ErrorKind::ContentType, Some(StatusCode::OK)), "{encoding}");
            assert!(error.to_string().contains("compressed"), "{error}");
        }
    }
    for encoding in ["identity", "Identity, identity", "", "identity\r\ncontent-encoding: identity"] {
        let headers = format!("content-type: text/event-stream\r\ncontent-encoding: {encoding}\r\n");
        let server = Server::scripted([Script::head("200 OK", &headers).send("data: 1\n\n")]).await;
        let session = connect(plain.post(server.url("/")).sse()).await.unwrap();
        assert_eq!(texts(&mut session.incoming()).await, good(["1"]), "{encoding:?}");
    }
}

#[tokio::test]
async fn a_compressed_stream_comes_event_by_event_where_the_client_undoes_it() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    let mut piece = |text: &str| {
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.flush().unwrap();
        std::mem::take(encoder.get_mut())
    };
    let gate = Arc::new(Notify::new());
    let headers = "content-type: text/event-stream\r\ncontent-encoding: gzip\r\n";
    let script = Script::head("200 OK", headers).send(piece("data: one\n\n")).after(&gate).send(piece("data: two\n\n"));
    let script = script.send(encoder.finish().unwrap());
    let server = Server::scripted([script]).await;
    let mut events = connect(client().post(server.url("/")).sse()).await.unwrap().incoming::<String>();
    assert_eq!(next(&mut events).await, "one");
    gate.notify_one();
    assert_eq!(texts(&mut events).await, good(["two"]));
    assert!(server.requests()[0].header("accept-encoding").unwrap().contains("gzip"));
}

#[tokio::test]
async fn a_stream_opens_over_http_1_and_over_http_2() {
    let router = Router::new().route(
        "/",
        get(|headers: http::HeaderMap| async move {
            let accept = headers["accept"].to_str().unwrap().to_owned();
            let cache = headers["cache-control"].to_str().unwrap().to_owned();
            ([("content-type", "text/event-stream")], Body::from(format!("data: {accept}, {cache}\n\n")))
        }),
    );
    let server = Served::new(router).await;
    for (client, version) in [(client(), Version::HTTP_11), (http2_client(), Version::HTTP_2)] {
        let session = connect(client.get(server.url("/")).sse().reconnect(Reconnect::never())).await.unwrap();
        let connection = session.connection().unwrap().clone();
        assert_eq!((connection.status(), connection.version()), (StatusCode::OK, version));
        assert_eq!(texts(&mut session.incoming()).await, good(["text/event-stream, no-cache"]));
    }
}

#[tokio::test]
async fn a_connection_tells_what_was_answered_and_from_where() {
    let server = Server::scripted([
        Script::redirect("302 Found", "/there?x=1"),
        Script::head("200 OK", "content-type: text/event-stream\r\nx-generation-id: g1\r\n").send("data: 1\n\n"),
    ])
    .await;
    let session = connect(client().get(server.url("/here")).sse().reconnect(Reconnect::never())).await.unwrap();
    let mut events = session.incoming::<String>();
    assert_eq!(texts(&mut events).await, good(["1"]));
    let connection = events.connection().expect("the last, also after the end");
    assert_eq!(connection.headers()["x-generation-id"], "g1");
    assert_eq!(connection.url().to_string(), server.url("/there?x=1"));
    assert_eq!((connection.attempt(), &**connection.resumed_from()), (0, ""));
}

#[tokio::test]
async fn a_total_timeout_of_the_client_neither_cuts_a_stream_nor_bounds_its_opening() {
    let script = Script::new().sleep(ms(300)).send("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n");
    let script = script.drip("data: 1\n\ndata: 2\n\ndata: 3\n\n", 9, ms(150));
    let server = Server::scripted([script]).await;
    let hasty = reqwest::Client::builder().no_proxy().timeout(ms(100)).build().unwrap();
    let session = connect(hasty.get(server.url("/")).sse().reconnect(Reconnect::never())).await.unwrap();
    assert_eq!(texts(&mut session.incoming()).await, good(["1", "2", "3"]));
}

#[tokio::test]
async fn a_total_timeout_on_the_request_is_the_users_word() {
    let server = Server::scripted([Script::events("data: 1\n\n").hold(), Script::new().hold()]).await;
    let request = client().post(server.url("/")).timeout(ms(400));
    let mut events = connect(request.sse()).await.unwrap().incoming::<String>();
    assert_eq!(texts(&mut events).await, [Ok("1".to_owned()), Err(ErrorKind::Transport)]);
    server.left(0).await;

    let error = connect(client().post(server.url("/")).timeout(ms(50)).sse()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
}

#[tokio::test]
async fn where_nobody_answers_connect_says_so_at_once() {
    let port = ClosedPort::new();
    let error = connect(client().get(port.url("/")).sse()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.status()), (ErrorKind::Connect, 0, None));
    assert!(error.is_final());
    assert!(std::error::Error::source(&error).is_some());

    for script in [Script::new(), Script::new().reset(), Script::new().send("nonsense\r\n\r\n")] {
        let server = Server::scripted([script]).await;
        let error = connect(client().get(server.url("/")).sse()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Connect, "{error:?}");
        assert_eq!(server.count(), 1);
    }
}

#[tokio::test]
async fn a_request_that_cannot_be_built_is_an_error_of_connect() {
    let requests = [
        client().get("no url at all"),
        client().get("http://"),
        client().get("http://localhost/").header("x", "a\nb"),
        client().get("http://localhost/").header("not a name", "x"),
    ];
    for request in requests {
        let error = connect(request.sse()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Request);
        assert!(error.is_final());
    }
}

#[tokio::test]
async fn a_response_in_hand_becomes_a_session_or_an_error() {
    let server = Server::scripted([
        Script::events("id: 1\ndata: 1\n\n"),
        Script::no_content(),
        Script::status("503 Busy", "later"),
        Script::head("200 OK", "content-type: text/html\r\n"),
        Script::head("200 OK", "content-type: text/event-stream\r\ncontent-encoding: br\r\n"),
    ])
    .await;
    let plain = reqwest::Client::builder().no_proxy().gzip(false).brotli(false).build().unwrap();
    let response = || async { soon(plain.get(server.url("/")).send()).await.unwrap() };

    let session = Session::from_response(response().await).unwrap();
    assert_eq!(session.connection().unwrap().status(), StatusCode::OK);
    assert!(!session.handle().reconnect(), "it does not know the request");
    let mut events = session.incoming();
    assert_eq!(texts(&mut events).await, good(["1"]));
    assert_eq!(*events.last_event_id(), "1");

    let session = Session::from_response(response().await).unwrap();
    assert_eq!(session.handle().state(), State::Closed);
    assert_eq!(texts(&mut session.incoming()).await, []);

    let error = Session::from_response(response().await).unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Status, Some(StatusCode::SERVICE_UNAVAILABLE)));
    assert_eq!(error.body(), None, "it is not read");
    for _ in 0..2 {
        assert_eq!(Session::from_response(response().await).unwrap_err().kind(), ErrorKind::ContentType);
    }
    assert_eq!(server.count(), 5);
}

#[tokio::test]
async fn a_configuration_replaces_all_options_and_is_shared_by_requests() {
    let head = || Script::head("200 OK", "content-type: text/plain\r\n").send("data: 1\n\ndata: 2");
    let server = Server::scripted([head(), head(), head()]).await;
    let config = SessionConfig::new().any_content_type().unterminated_event();
    for _ in 0..2 {
        let session = connect(client().post(server.url("/")).sse().config(config.clone())).await.unwrap();
        assert_eq!(texts(&mut session.incoming()).await, good(["1", "2"]));
    }
    let session = client().post(server.url("/")).sse().any_content_type().config(SessionConfig::default());
    assert_eq!(connect(session).await.unwrap_err().kind(), ErrorKind::ContentType);
}

#[tokio::test]
async fn bytes_are_shown_as_they_come_and_before_they_are_read() {
    let server = Server::scripted([
        Script::events("\u{feff}: hi\r\ndata: 1\r\n\r\nevent: cut").close(),
        Script::status("503 Busy", "not shown"),
        Script::head("200 OK", "content-type: application/json\r\n").send("[1,\n2]"),
    ])
    .await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let shown = seen.clone();
    let config = SessionConfig::new()
        .reconnect(Reconnect::default().delay(ms(1)).server_retry(ms(1)..=ms(1)))
        .json_as_event()
        .inspect_bytes(move |bytes| lock(&shown).extend_from_slice(bytes));
    let mut events = connect(client().get(server.url("/")).sse().config(config)).await.unwrap().incoming();
    assert_eq!(lock(&seen).len(), 0);
    assert_eq!(next::<String, _>(&mut events).await, "1");
    assert!(lock(&seen).starts_with("\u{feff}: hi\r\ndata: 1\r\n\r\n".as_bytes()));
    assert_eq!(texts(&mut events).await, good(["[1, 2]"]));
    assert_eq!(*lock(&seen), "\u{feff}: hi\r\ndata: 1\r\n\r\nevent: cut[1,\n2]".as_bytes());
    assert_eq!(events.stats().bytes, lock(&seen).len() as u64);
}

#[tokio::test]
async fn they_are_shown_of_a_stream_without_requests_too() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let shown = seen.clone();
    let config = SessionConfig::new().inspect_bytes(move |bytes| lock(&shown).push(bytes.len()));
    let bytes = futures::stream::iter([Ok::<_, std::io::Error>("data: "), Ok(""), Ok("1\n\n")]);
    let mut events = Session::from_stream(bytes).config(config).incoming();
    assert_eq!(texts(&mut events).await, good(["1"]));
    assert_eq!(*lock(&seen), [6, 3]);
}

#[tokio::test]
async fn nothing_is_sent_before_connect_and_a_connect_that_is_dropped_leaves() {
    let server = Server::scripted([Script::new().hold()]).await;
    let builder = client().get(server.url("/")).sse();
    tokio::time::sleep(ms(30)).await;
    assert_eq!(server.count(), 0);
    let connecting = tokio::spawn(builder.connect());
    server.asked(1).await;
    connecting.abort();
    server.left(0).await;
}

#[tokio::test]
async fn connect_returns_with_the_head_and_does_not_wait_for_events() {
    let server = Server::scripted([Script::stream().hold()]).await;
    let began = Instant::now();
    let session = connect(client().get(server.url("/")).sse()).await.unwrap();
    assert_eq!(session.handle().state(), State::Open);
    assert!(began.elapsed() < std::time::Duration::from_secs(20));
    drop(session);
    server.left(0).await;
}

#[tokio::test]
async fn an_error_of_connect_tells_how_long_the_server_wants_to_be_left_alone() {
    for (status, told) in [(429, true), (503, true), (529, true), (500, false), (403, false)] {
        let head = Script::head(&format!("{status} No"), "retry-after: 7\r\ncontent-length: 0\r\n");
        let server = Server::scripted([head]).await;
        let error = connect(client().post(server.url("/")).sse()).await.unwrap_err();
        assert_eq!(error.retry_after(), told.then_some(ms(7000)), "{status}");
    }
}

#[tokio::test]
async fn who_looks_at_bytes_and_panics_ends_the_stream() {
    let shown = std::sync::atomic::AtomicU32::new(0);
    let config = SessionConfig::new().inspect_bytes(move |_| {
        assert_ne!(shown.fetch_add(1, std::sync::atomic::Ordering::Relaxed), 1, "here");
    });
    let bytes = futures::stream::iter(["data: 1\n\n", "data: 2\n\n", "data: 3\n\n"].map(Ok::<_, std::io::Error>));
    let mut events = Session::from_stream(bytes).config(config).incoming::<String>();
    assert_eq!(next(&mut events).await, "1");
    assert!(AssertUnwindSafe(events.next()).catch_unwind().await.is_err());
    assert_eq!(texts(&mut events).await, []);
}

#[tokio::test]
async fn a_stream_of_bytes_that_panics_is_over() {
    let bytes = futures::stream::unfold(0, |number| async move {
        assert!(number < 1, "here");
        Some((Ok::<_, std::io::Error>("data: 1\n\n"), number + 1))
    });
    let mut events = Session::from_stream(Box::pin(bytes)).incoming::<String>();
    let handle = events.handle();
    assert_eq!(next(&mut events).await, "1");
    assert!(AssertUnwindSafe(events.next()).catch_unwind().await.is_err());
    assert_eq!(texts(&mut events).await, []);
    assert_eq!(handle.state(), State::Closed);
}
