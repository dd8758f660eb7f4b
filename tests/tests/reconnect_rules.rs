//! When a lost stream is got back, after which wait, and what is asked for then.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use axum::{Router, routing};
use http::{HeaderMap, Method, StatusCode};
use sse_typed::{
    DecodeErrors, Error, ErrorKind, Reconnect, RequestBuilderExt, SessionBuilder, SessionConfig, SseEvents, State,
    TypedSession,
};
use sse_typed_tests::seen::{Reply, Seen, drain, good, next, texts, waits};
use sse_typed_tests::server::{ClosedPort, Script, Served, Server, client, http2_client, lock, ms, numbered, soon};

/// The default policy at a pace for tests.
fn quick() -> Reconnect {
    Reconnect::default().delay(ms(1)).max_delay(ms(8)).server_retry(ms(1)..=ms(8))
}

async fn open(session: SessionBuilder) -> TypedSession<String> {
    soon(session.connect()).await.unwrap().incoming()
}

async fn get(server: &Server, policy: Reconnect) -> TypedSession<String> {
    open(client().get(server.url("/")).sse().reconnect(policy)).await
}

/// The last item, which is an error and all there is.
async fn last_error(events: &mut TypedSession<String>) -> Error {
    let error = soon(events.next()).await.unwrap().unwrap_err();
    assert!(error.is_final(), "{error:?}");
    assert!(soon(events.next()).await.is_none());
    error
}

/// Waits that begin at `first` and double, each with up to a quarter on top.
#[track_caller]
fn assert_doubling(waits: &[(u32, Duration)], first: Duration) {
    for (number, &(attempt, delay)) in (0..).zip(waits) {
        let base = first * 2_u32.pow(number);
        assert_eq!(attempt, number + 1, "{waits:?}");
        assert!(delay >= base && delay <= base + base / 4, "{waits:?}");
    }
}

#[tokio::test]
async fn the_last_event_id_is_that_of_the_last_blank_line_and_never_empty() {
    let steps = [
        ("data: no id\n\n", None),
        ("id: 7\ndata: an id\n\n", Some("7")),
        ("data: none again\n\n", Some("7")),
        (": a comment\n\n", Some("7")),
        ("", Some("7")),
        ("id: 8\n\n", Some("8")),
        ("id: 9\ndata: cut off", Some("8")),
        ("id: 9\ndata: cut off\n", Some("8")),
        ("id: 9", Some("8")),
        ("id: 9\n", Some("8")),
        ("id: a\0b\ndata: not an id\n\n", Some("8")),
        ("id: a\u{1}b\ndata: no header can hold it\n\n", None),
        ("data: it lives on\n\n", None),
        ("id: 10\ndata: and is replaced\n\n", Some("10")),
        ("id\ndata: reset\n\n", None),
        ("id:\ndata: reset again\n\n", None),
        ("id: é✓\ndata: more than ASCII\n\n", Some("é✓")),
        ("event: nobody listens\nid: 11\ndata: {\n\n", Some("11")),
    ];
    let server = Server::scripted(steps.map(|(bytes, _)| Script::events(bytes))).await;
    let mut events = get(&server, quick()).await;
    texts(&mut events).await;
    let mut expected = vec![None];
    expected.extend(steps.map(|(_, id)| id.map(str::to_owned)));
    assert_eq!(server.last_event_ids(), expected);
}

#[tokio::test]
async fn an_id_that_the_user_put_on_the_request_is_replaced_and_not_doubled() {
    let server = Server::scripted([Script::events("data: 1\n\n"), Script::events("id: 2\ndata: 2\n\n")]).await;
    let request = client().get(server.url("/")).header("Last-Event-ID", "1");
    let mut events = open(request.sse().reconnect(quick())).await;
    assert_eq!(texts(&mut events).await, good(["1", "2"]));
    let ids = server.last_event_ids();
    assert_eq!(ids.iter().map(|id| id.as_deref().unwrap()).collect::<Vec<_>>(), ["1", "1", "2"]);
    for request in server.requests() {
        assert_eq!(request.header("accept"), Some("text/event-stream"));
        assert_eq!(request.header("cache-control"), Some("no-cache"));
    }
}

#[tokio::test]
async fn the_servers_retry_is_in_force_at_once_though_its_block_never_ends() {
    for block in ["retry: 20\n\n", "retry: 20\n", "retry: 20\ndata: x", "retry: 99\nretry: 20\n", "retry:20\r\nid: 1"] {
        let server = Server::scripted([Script::events(block)]).await;
        let policy = Reconnect::default().delay(Duration::from_secs(9999)).server_retry(ms(1)..=ms(500));
        let mut events = get(&server, policy).await;
        let waits = waits(events.handle());
        texts(&mut events).await;
        assert_eq!(lock(&waits).len(), 1);
        assert_doubling(&lock(&waits), ms(20));
        assert_eq!(server.count(), 2);
    }
}

#[tokio::test]
async fn a_retry_that_is_no_number_changes_nothing() {
    for retry in ["retry: +1", "retry: -1", "retry: 1x", "retry:", "retry: 1.5", "retry: ½", "retry", " retry: 1"] {
        let server = Server::scripted([Script::events(format!("{retry}\n\n"))]).await;
        let policy = Reconnect::default().delay(ms(30)).server_retry(ms(1)..=ms(500));
        let mut events = get(&server, policy).await;
        let waits = waits(events.handle());
        texts(&mut events).await;
        assert_doubling(&lock(&waits), ms(30));
    }
}

#[tokio::test]
async fn the_servers_retry_is_kept_within_bounds() {
    let cases = [
        ("0", ms(10)..=ms(40), ms(10)),
        ("1", ms(10)..=ms(40), ms(10)),
        ("25", ms(10)..=ms(40), ms(25)),
        ("999999", ms(10)..=ms(40), ms(40)),
        ("99999999999999999999999999999999", ms(10)..=ms(40), ms(40)),
        ("1", ms(20)..=ms(20), ms(20)),
    ];
    for (retry, range, expected) in cases {
        let server = Server::scripted([Script::events(format!("retry: {retry}\n\n"))]).await;
        let mut events = get(&server, Reconnect::default().delay(ms(1)).server_retry(range)).await;
        let waits = waits(events.handle());
        texts(&mut events).await;
        assert_doubling(&lock(&waits), expected);
    }
    let server = Server::scripted([Script::events("retry: 0\n\n")]).await;
    let mut events = get(&server, Reconnect::default()).await;
    let waits = waits(events.handle());
    texts(&mut events).await;
    assert_doubling(&lock(&waits), ms(100));
}

#[tokio::test]
async fn a_server_that_accepts_and_closes_at_once_is_approached_ever_more_slowly() {
    for bytes in ["", ": hi\n\n", "retry: 2\n\n", "id: 1\n\n", "data: hello"] {
        let server = Server::scripted(vec![Script::events(bytes); 6]).await;
        let mut events = get(&server, Reconnect::default().delay(ms(2)).server_retry(ms(1)..=ms(9))).await;
        let waits = waits(events.handle());
        assert_eq!(texts(&mut events).await, []);
        assert_eq!(lock(&waits).len(), 6);
        assert_doubling(&lock(&waits), ms(2));
    }
}

#[tokio::test]
async fn a_server_that_says_hello_and_crashes_is_approached_ever_more_slowly() {
    let server = Server::scripted(vec![Script::events("data: hello\n\n"); 5]).await;
    // By default a connection is healthy once it has lasted as long as the delay before it.
    let mut events = get(&server, Reconnect::default().delay(ms(150))).await;
    let waits = waits(events.handle());
    assert_eq!(texts(&mut events).await, good(["hello"; 5]));
    // The first had no delay before it.
    assert_doubling(&lock(&waits), ms(150));
    assert_eq!(lock(&waits).len(), 5);
}

#[tokio::test]
async fn planned_ends_of_a_healthy_stream_do_not_make_the_wait_grow() {
    let script = Script::events("data: x\n\n").sleep(ms(200));
    let server = Server::scripted(vec![script; 8]).await;
    let mut events = get(&server, Reconnect::default().delay(ms(20)).max_attempts(1)).await;
    let waits = waits(events.handle());
    assert_eq!(texts(&mut events).await, good(["x"; 8]));
    for &(attempt, delay) in lock(&waits).iter() {
        assert_eq!(attempt, 1);
        assert!(delay >= ms(20) && delay <= ms(25), "{delay:?}");
    }
}

#[tokio::test]
async fn a_healthy_feed_that_ends_a_thousand_times_never_runs_out() {
    let mut left = 1000;
    let server = Server::answering(move |_| {
        left -= 1;
        if left >= 0 { Script::events(format!("id: {left}\ndata: x\n\n")) } else { Script::no_content() }
    })
    .await;
    let policy = quick().delay(Duration::ZERO).healthy_after(Duration::ZERO).max_attempts(1);
    let mut events = get(&server, policy).await;
    assert_eq!(texts(&mut events).await.len(), 1000);
    assert_eq!(server.count(), 1001);
}

#[tokio::test]
async fn jitter_is_always_there_and_only_upwards() {
    let server = Server::scripted(vec![Script::stream(); 30]).await;
    let mut events = get(&server, Reconnect::default().delay(ms(8)).max_delay(ms(8))).await;
    let waits = waits(events.handle());
    texts(&mut events).await;
    let waits: Vec<_> = lock(&waits).iter().map(|(_, delay)| *delay).collect();
    assert!(waits.iter().all(|delay| *delay >= ms(8) && *delay <= ms(10)), "{waits:?}");
    assert!(waits.iter().any(|delay| *delay != waits[0]), "{waits:?}");
}

#[tokio::test]
async fn three_attempts_against_a_closed_port_are_three_and_one_error() {
    let port = ClosedPort::new();
    let policy = quick().max_attempts(3);
    let asked = Arc::new(Mutex::new(Vec::new()));
    let noted = asked.clone();
    let counting = policy.retry_if(move |error| {
        lock(&noted).push((error.kind(), error.attempts()));
        None
    });
    let session = client().get(port.url("/")).sse().reconnect(counting).retry_first_connect();
    let error = soon(session.connect()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.status()), (ErrorKind::Connect, 3, None));
    assert!(error.is_final());
    assert!(std::error::Error::source(&error).is_some());
    assert!(error.to_string().contains("3 attempts"), "{error}");
    assert_eq!(lock(&asked).len(), 4, "the first, and three further ones");
}

#[tokio::test]
async fn when_attempts_run_out_the_error_says_the_last_cause_and_their_number() {
    let first = || Script::events("data: 1\n\n");
    let busy = || Script::status("503 Busy", "try later");
    let cases = [
        (vec![first(), Script::new(), Script::new(), Script::new()], ErrorKind::Connect, None),
        (vec![first(), Script::new(), busy(), busy()], ErrorKind::Status, Some(StatusCode::SERVICE_UNAVAILABLE)),
        (vec![first(), busy(), Script::stream(), Script::stream()], ErrorKind::Incomplete, None),
        (vec![first(), busy(), busy(), Script::chunked().send("5\r\n")], ErrorKind::Transport, None),
    ];
    for (scripts, kind, status) in cases {
        let server = Server::scripted(scripts).await;
        let mut events = get(&server, quick().max_attempts(3).healthy_after(Duration::MAX)).await;
        assert_eq!(next(&mut events).await, "1");
        let error = last_error(&mut events).await;
        assert_eq!((error.kind(), error.status(), error.attempts()), (kind, status, 3), "{error:?}");
        assert_eq!(error.body(), status.map(|_| "try later"));
        assert_eq!(server.count(), 4);
    }
}

#[tokio::test]
async fn no_attempt_is_made_where_none_is_allowed() {
    let server = Server::scripted([Script::events("data: 1\n\n")]).await;
    let mut events = get(&server, quick().max_attempts(0)).await;
    assert_eq!(texts(&mut events).await, [Ok("1".to_owned()), Err(ErrorKind::Incomplete)]);
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn attempts_end_with_the_time_that_is_allowed_for_them() {
    let port = ClosedPort::new();
    let policy = quick().max_elapsed(ms(100));
    let session = client().get(port.url("/")).sse().reconnect(policy).retry_first_connect();
    let error = soon(session.connect()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
    assert!(error.attempts() > 0 && error.attempts() < 100, "{}", error.attempts());
}

#[tokio::test]
async fn the_first_connection_is_retried_where_that_is_asked_for_and_else_not() {
    let scripts = || {
        vec![Script::status("503 Busy", ""), Script::new(), Script::status("500 Oh", ""), Script::events("data: 1\n\n")]
    };
    let server = Server::scripted(scripts()).await;
    let error = soon(client().get(server.url("/")).sse().reconnect(quick()).connect()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Status, 0));
    assert_eq!(server.count(), 1);

    let server = Server::scripted(scripts()).await;
    let session = client().get(server.url("/")).sse().reconnect(quick()).retry_first_connect();
    let mut events = open(session).await;
    assert_eq!(events.connection().unwrap().attempt(), 3);
    assert_eq!(texts(&mut events).await, good(["1"]));

    // A POST is not sent twice for that.
    let server = Server::scripted(scripts()).await;
    let session = client().post(server.url("/")).sse().reconnect(quick()).retry_first_connect();
    assert_eq!(soon(session.connect()).await.unwrap_err().kind(), ErrorKind::Status);
    assert_eq!(server.count(), 1);
}

const RETRIED: [u16; 8] = [408, 425, 429, 500, 502, 503, 504, 529];

/// Serves a stream, then the status that the path names, then 204.
async fn failing() -> Server {
    let mut asked = std::collections::HashMap::<String, u32>::new();
    Server::answering(move |request| {
        let times = asked.entry(request.path.clone()).or_default();
        *times += 1;
        match times {
            1 => Script::events("data: 1\n\n"),
            2 => Script::head(&format!("{} Whatever", &request.path[1..]), "content-length: 0\r\n"),
            _ => Script::no_content(),
        }
    })
    .await
}

#[tokio::test]
async fn a_status_is_retried_or_final_as_the_table_says() {
    let server = failing().await;
    let client = client();
    for status in (201..=599).filter(|status| *status != 204) {
        let before = server.count();
        let url = server.url(&format!("/{status}"));
        let mut events = open(client.get(url).sse().reconnect(quick())).await;
        assert_eq!(next(&mut events).await, "1");
        if RETRIED.contains(&status) {
            assert!(soon(events.next()).await.is_none(), "{status}");
        } else {
            let error = last_error(&mut events).await;
            assert_eq!((error.kind(), error.attempts()), (ErrorKind::Status, 1), "{status}");
            assert_eq!(error.status().unwrap().as_u16(), status);
        }
        assert_eq!(server.count() - before, if RETRIED.contains(&status) { 3 } else { 2 }, "{status}");
    }
}

#[tokio::test]
async fn the_users_decision_stands_over_the_table() {
    for status in [404, 401, 500, 503] {
        for decision in [None, Some(true), Some(false)] {
            let server = failing().await;
            let policy = quick().retry_if(move |error| error.status().and(decision));
            let mut events = open(client().get(server.url(&format!("/{status}"))).sse().reconnect(policy)).await;
            let items = texts(&mut events).await;
            let retried = decision.unwrap_or(status >= 500);
            assert_eq!(items.len(), if retried { 1 } else { 2 }, "{status} {decision:?}");
            assert_eq!(server.count(), if retried { 3 } else { 2 }, "{status} {decision:?}");
        }
    }
}

#[tokio::test]
async fn the_users_decision_ends_a_stream_as_its_end_would() {
    let cases = [
        (Script::events("data: 1\n\n"), None),
        (Script::events("data: 1\n\ndata: 2"), Some(ErrorKind::Incomplete)),
        (Script::chunked().chunk("data: 1\n\n"), Some(ErrorKind::Transport)),
    ];
    for (script, error) in cases {
        let server = Server::scripted([script]).await;
        let mut events = get(&server, quick().retry_if(|_| Some(false))).await;
        let mut expected = good(["1"]);
        expected.extend(error.map(Err));
        assert_eq!(texts(&mut events).await, expected);
        assert_eq!(server.count(), 1);
    }
}

#[tokio::test]
async fn a_wrong_content_type_and_too_large_an_event_are_final_unless_the_user_says_otherwise() {
    let page = || Script::head("200 OK", "content-type: text/html\r\n").send("<html>");
    let large = || Script::events(format!("data: {}\n\n", "x".repeat(2000)));
    for (script, kind) in [(page(), ErrorKind::ContentType), (large(), ErrorKind::EventTooLarge)] {
        for retried in [false, true] {
            let scripts = [Script::events("id: 1\ndata: 1\n\n"), script.clone(), Script::events("data: 2\n\n")];
            let server = Server::scripted(scripts).await;
            let policy = quick();
            let policy =
                if retried { policy.retry_if(move |error| (error.kind() == kind).then_some(true)) } else { policy };
            let session = client().get(server.url("/")).sse().reconnect(policy).max_event_size(1000);
            let items = texts(&mut open(session).await).await;
            if retried {
                assert_eq!(items, good(["1", "2"]));
                assert_eq!(server.last_event_ids()[1..], vec![Some("1".to_owned()); 3]);
            } else {
                assert_eq!(items, [Ok("1".to_owned()), Err(kind)]);
                assert_eq!(server.count(), 2);
            }
        }
    }
}

#[tokio::test]
async fn no_content_ends_a_stream_quietly_when_it_comes_later() {
    let server = Server::scripted([Script::events("data: 1\n\n"), Script::events("data: 2\n\n")]).await;
    let mut events = get(&server, quick()).await;
    assert_eq!(texts(&mut events).await, good(["1", "2"]));
    assert_eq!(events.handle().state(), State::Closed);
    tokio::time::sleep(ms(50)).await;
    assert_eq!(server.count(), 3);
}

#[tokio::test]
async fn get_reconnects_and_no_other_method_does_unless_it_may() {
    let methods = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS];
    let shared = SessionConfig::new().reconnect(quick());
    let forced = SessionConfig::new().reconnect(quick().any_method());
    for method in methods {
        for (config, may) in [(&shared, method == Method::GET), (&forced, true)] {
            let server = Server::scripted([Script::events("data: 1\n\n"), Script::events("data: 2\n\n")]).await;
            let request = client().request(method.clone(), server.url("/")).body("prompt");
            let mut events = open(request.sse().config(config.clone())).await;
            let handle = events.handle();
            assert_eq!(next(&mut events).await, "1");
            assert_eq!(texts(&mut events).await, if may { good(["2"]).clone() } else { vec![] }, "{method}");
            assert!(!handle.reconnect());
            assert_eq!(server.count(), if may { 3 } else { 1 }, "{method}");
            for request in server.requests() {
                assert_eq!((&*request.method, &*request.body), (method.as_str(), b"prompt".as_slice()));
            }
        }
        for script in
            [Script::events("data: 1\n\ndata"), Script::new(), Script::status("503 Busy", ""), Script::chunked()]
        {
            if method == Method::GET {
                continue;
            }
            let server = Server::scripted([script]).await;
            let session = client().request(method.clone(), server.url("/")).sse().config(shared.clone());
            if let Ok(session) = soon(session.retry_first_connect().connect()).await {
                assert!(!session.handle().reconnect());
                texts(&mut session.incoming()).await;
            }
            tokio::time::sleep(ms(20)).await;
            assert_eq!(server.count(), 1, "{method}");
        }
    }
}

#[tokio::test]
async fn a_body_that_cannot_be_sent_again_is_refused_where_the_policy_would_before_anything_is_sent() {
    let body = || {
        let chunks = ["a", "b"].map(Ok::<_, std::io::Error>);
        reqwest::Body::wrap_stream(futures::stream::iter(chunks))
    };
    let server = Server::scripted([Script::events("data: 1\n\n"), Script::events("data: 1\n\n")]).await;
    let refused = [
        client().post(server.url("/")).body(body()).sse().reconnect(quick().any_method()),
        client().get(server.url("/")).body(body()).sse().reconnect(quick()),
        client().get(server.url("/")).body(body()).sse(),
    ];
    for session in refused {
        let error = soon(session.connect()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Request);
        assert!(error.to_string().contains("Reconnect::never()"), "{error}");
    }
    assert_eq!(server.count(), 0);
    let accepted = [
        client().post(server.url("/")).body(body()).sse().reconnect(quick()),
        client().get(server.url("/")).body(body()).sse().reconnect(Reconnect::never()),
    ];
    for session in accepted {
        assert_eq!(texts(&mut open(session).await).await, good(["1"]));
    }
    assert_eq!(server.count(), 2);
}

fn busy(retry_after: &str) -> Script {
    Script::head("503 Busy", &format!("retry-after: {retry_after}\r\ncontent-length: 0\r\n"))
}

#[tokio::test]
async fn retry_after_beats_the_wait_once() {
    let soon_after = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(3));
    for (value, at_least, at_most) in [("1", ms(1000), ms(1250)), (&*soon_after, ms(1), ms(3750))] {
        let server = Server::scripted([Script::stream(), busy(value), Script::stream()]).await;
        let mut events = get(&server, Reconnect::default().delay(ms(1)).server_retry(ms(1)..=ms(5))).await;
        let waits = waits(events.handle());
        assert_eq!(texts(&mut events).await, []);
        let waits: Vec<_> = lock(&waits).iter().map(|wait| wait.1).collect();
        let [first, asked, last] = waits[..] else { panic!("{waits:?}") };
        assert!(first < ms(2) && asked >= at_least && asked <= at_most && last < ms(6), "{waits:?}");
    }
}

#[tokio::test]
async fn retry_after_beyond_what_is_allowed_ends_the_stream_with_the_error() {
    let date = httpdate::fmt_http_date(SystemTime::now() + ms(2 * 60 * 60 * 1000));
    for value in ["601", "99999999999999999999", &*date] {
        let server = Server::scripted([Script::events("data: 1\n\n"), busy(value)]).await;
        let mut events = get(&server, quick()).await;
        assert_eq!(next(&mut events).await, "1");
        let error = last_error(&mut events).await;
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Status, 1));
        assert!(error.retry_after().unwrap() > ms(10 * 60 * 1000));
        assert_eq!(server.count(), 2);
    }
    let server = Server::scripted([Script::events("data: 1\n\n"), busy("2")]).await;
    let mut events = get(&server, quick().max_retry_after(ms(1999))).await;
    assert_eq!(texts(&mut events).await, [Ok("1".to_owned()), Err(ErrorKind::Status)]);
}

#[tokio::test]
async fn retry_after_means_something_on_429_503_and_529_only() {
    for (status, counts) in [(429, true), (503, true), (529, true), (500, false), (502, false), (408, false)] {
        let script = Script::head(&format!("{status} No"), "retry-after: 3600\r\ncontent-length: 0\r\n");
        let server = Server::scripted([Script::events("data: 1\n\n"), script]).await;
        let mut events = get(&server, quick()).await;
        assert_eq!(texts(&mut events).await.len(), if counts { 2 } else { 1 }, "{status}");
        assert_eq!(server.count(), if counts { 2 } else { 3 }, "{status}");
    }
}

#[tokio::test]
async fn retry_after_zero_cannot_make_a_hot_loop() {
    for value in ["0", "Sun, 06 Nov 1994 08:49:37 GMT"] {
        let mut scripts = vec![Script::events("data: 1\n\n")];
        scripts.extend(vec![busy(value); 6]);
        let server = Server::scripted(scripts).await;
        let mut events = get(&server, Reconnect::default().delay(ms(20)).server_retry(ms(20)..=ms(40))).await;
        let waits = waits(events.handle());
        assert_eq!(texts(&mut events).await, good(["1"]));
        assert_eq!(lock(&waits).len(), 7);
        assert!(lock(&waits).iter().all(|(_, delay)| *delay >= ms(20)), "{:?}", lock(&waits));
    }
}

#[tokio::test]
async fn events_that_were_received_are_yielded_before_the_session_reconnects() {
    let text = numbered(0..=99, "");
    let ends = [
        Script::events(text.clone()),
        Script::chunked().chunk(&text).last_chunk(),
        Script::chunked().chunk(&text).send("broken"),
        Script::events(text.clone()).sleep(ms(100)).reset(),
    ];
    for script in ends {
        let server = Server::scripted([script]).await;
        let mut events = get(&server, quick()).await;
        for n in 0..100 {
            assert_eq!(next(&mut events).await, n.to_string());
            assert_eq!(server.count(), 1);
            if n % 10 == 0 {
                tokio::time::sleep(ms(2)).await;
            }
        }
        assert!(soon(events.next()).await.is_none());
        assert_eq!(server.last_event_ids(), [None, Some("99".to_owned())]);
    }
}

/// Serves the events after the one that was asked for, and ends for good after the last.
fn replay(request: &sse_typed_tests::server::Request) -> String {
    let after = request.last_event_id().map_or(0, |id| id.parse().unwrap());
    numbered(after + 1..=3, "é")
}

#[tokio::test]
async fn the_same_events_are_yielded_wherever_the_server_cuts() {
    let whole = numbered(1..=3, "é");
    for cut in 0..=whole.len() {
        let mut is_first = true;
        let server = Server::answering(move |request| {
            let rest = replay(request);
            if std::mem::take(&mut is_first) {
                Script::events(rest.as_bytes()[..cut].to_vec())
            } else if rest.is_empty() {
                Script::no_content()
            } else {
                Script::events(rest)
            }
        })
        .await;
        let mut events = get(&server, quick()).await;
        assert_eq!(texts(&mut events).await, good(["é1", "é2", "é3"]), "cut at {cut}");
    }
}

#[tokio::test]
async fn each_connection_is_shown_to_a_type_that_asks_for_it() {
    let server = Server::scripted([
        Script::events("id: 1\ndata: 1\n\n"),
        Script::status("503 Busy", ""),
        Script::events("id: 2\ndata: 2\n\n"),
        Script::stream(),
    ])
    .await;
    let policy = quick().healthy_after(Duration::ZERO);
    let session = client().get(server.url("/")).sse().last_event_id("0").reconnect(policy);
    let mut events = soon(session.connect()).await.unwrap().incoming::<Seen>();
    let shown: Vec<_> = drain(&mut events)
        .await
        .into_iter()
        .map(|item| match item.unwrap() {
            Seen::Opened(connection) => format!("{}: after {}", connection.attempt(), connection.resumed_from()),
            Seen::Event(data) => data,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(shown, ["0: after 0", "1", "2: after 1", "2", "1: after 2"]);
}

#[tokio::test]
async fn an_answer_with_an_end_of_its_own_is_fetched_until_it_comes() {
    let server = Server::scripted([
        Script::events("id: 1\ndata: 1\n\ndata: cut"),
        Script::new(),
        Script::events("id: 2\ndata: 2\n\n"),
        Script::events("data: [DONE]\n\n").hold(),
    ])
    .await;
    let session = client().get(server.url("/")).sse().reconnect(quick());
    let mut events = soon(session.connect()).await.unwrap().incoming::<Reply>();
    let part = |text: &str| Ok(Reply::Part(text.to_owned()));
    assert_eq!(drain(&mut events).await, [part("1"), part("2"), Ok(Reply::Done)]);
    server.left(3).await;
    assert_eq!(server.count(), 4);
}

#[tokio::test]
async fn a_browser_takes_any_status_but_200_as_final() {
    let server = failing().await;
    for status in [201, 301, 400, 401, 404, 408, 425, 429, 500, 502, 503, 504, 529] {
        let url = server.url(&format!("/{status}"));
        let policy = Reconnect::event_source().delay(ms(1));
        let mut events = open(client().get(url).sse().reconnect(policy)).await;
        assert_eq!(texts(&mut events).await, [Ok("1".to_owned()), Err(ErrorKind::Status)], "{status}");
    }
    assert_eq!(server.count(), 26);
}

#[tokio::test]
async fn a_browser_waits_as_long_each_time() {
    let mut scripts = vec![Script::events("retry: 5\n\n")];
    scripts.extend(vec![Script::new(); 6]);
    let server = Server::scripted(scripts).await;
    let mut events = get(&server, Reconnect::event_source().delay(ms(1)).server_retry(ms(1)..=ms(100))).await;
    let waits = waits(events.handle());
    assert_eq!(texts(&mut events).await, []);
    let expected: Vec<_> = (1..=7).map(|attempt| (attempt, ms(5))).collect();
    assert_eq!(*lock(&waits), expected);
}

#[tokio::test]
async fn a_browser_follows_redirects_from_the_first_url_each_time_and_keeps_its_cookies() {
    let mut visits = 0;
    let server = Server::answering(move |request| match &*request.path {
        "/feed" => {
            visits += 1;
            if visits == 4 { Script::no_content() } else { Script::redirect("302 Found", &format!("/feed/{visits}")) }
        }
        path => {
            let cookie = format!("content-type: text/event-stream\r\nset-cookie: visit={}\r\n", &path[6..]);
            Script::head("200 OK", &cookie).send("data: x\n\n")
        }
    })
    .await;
    let browser = reqwest::Client::builder().no_proxy().cookie_store(true).build().unwrap();
    let session = browser.get(server.url("/feed")).sse().reconnect(Reconnect::event_source().delay(ms(1)));
    assert_eq!(texts(&mut open(session).await).await, good(["x", "x", "x"]));
    let seen: Vec<_> = server
        .requests()
        .iter()
        .map(|request| (request.path.clone(), request.header("cookie").unwrap_or("none").to_owned()))
        .collect();
    let expected = [
        ("/feed", "none"),
        ("/feed/1", "none"),
        ("/feed", "visit=1"),
        ("/feed/2", "visit=1"),
        ("/feed", "visit=2"),
        ("/feed/3", "visit=2"),
        ("/feed", "visit=3"),
    ];
    assert_eq!(seen, expected.map(|(path, cookie)| (path.to_owned(), cookie.to_owned())));
}

#[tokio::test]
async fn a_feed_of_axums_resumes_over_http_1_and_http_2_on_connections_that_are_kept() {
    let router = Router::new().route(
        "/",
        routing::get(|headers: HeaderMap| async move {
            let after: usize = headers.get("last-event-id").map_or(0, |id| id.to_str().unwrap().parse().unwrap());
            let status = if after == 300 { StatusCode::NO_CONTENT } else { StatusCode::OK };
            let events = numbered(after + 1..=300.min(after + 7), "");
            (status, [("content-type", "text/event-stream")], events)
        }),
    );
    let server = Served::new(router).await;
    for client in [client(), http2_client()] {
        let session = client.get(server.url("/")).sse().reconnect(quick().healthy_after(Duration::ZERO));
        let numbers = texts(&mut open(session).await).await;
        assert_eq!(numbers, (1..=300).map(|number| Ok(number.to_string())).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn no_number_is_too_large_or_too_small() {
    let extreme = Reconnect::default()
        .delay(Duration::MAX)
        .max_delay(Duration::MAX)
        .server_retry(Duration::MAX..=Duration::ZERO)
        .healthy_after(Duration::MAX)
        .max_retry_after(Duration::MAX)
        .max_elapsed(Duration::MAX)
        .max_attempts(u32::MAX);
    for jitter in [f64::INFINITY, f64::NAN, -1.0, f64::MAX] {
        let refused = Script::head("503 Busy", "retry-after: 99999999999999999999\r\ncontent-length: 0\r\n");
        let server =
            Server::scripted([Script::events("retry: 5\ndata: 1\n\n"), refused, Script::stream().hold()]).await;
        let session = client().get(server.url("/")).sse().reconnect(extreme.clone().jitter(jitter));
        let session = session.idle_timeout(Duration::MAX).max_event_size(usize::MAX);
        let mut events = open(session).await;
        let handle = events.handle();
        let reader = tokio::spawn(async move { texts(&mut events).await });
        for attempt in 1..=2 {
            soon(async {
                while !matches!(handle.state(), State::Waiting { attempt: number, .. } if number == attempt) {
                    handle.state_changed().await;
                }
            })
            .await;
            assert!(handle.reconnect());
        }
        server.asked(3).await;
        handle.close();
        assert_eq!(soon(reader).await.unwrap(), good(["1"]));
    }
    let server = Server::scripted([Script::events("data\n\n"), Script::events("data:1\n\n")]).await;
    for expected in [Ok(String::new()), Err(ErrorKind::EventTooLarge)] {
        let session =
            client().post(server.url("/")).sse().max_event_size(4).idle_timeout(Duration::from_nanos(u64::MAX));
        assert_eq!(texts(&mut open(session).await).await, [expected]);
    }
}

#[tokio::test]
async fn where_there_is_no_more_before_the_event_that_should_end_it_a_stream_is_incomplete() {
    let server = Server::scripted([Script::events("data: 1\n\n")]).await;
    let mut reply =
        open(client().get(server.url("/")).sse().reconnect(quick())).await.into_session().incoming::<Reply>();
    assert_eq!(next(&mut reply).await, Reply::Part("1".into()));
    let error = soon(reply.next()).await.unwrap().unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.is_final()), (ErrorKind::Incomplete, 1, true));
    assert!(soon(reply.next()).await.is_none());
    assert_eq!(server.count(), 2);
    // There was none.
    let server = Server::scripted([]).await;
    let mut reply =
        open(client().get(server.url("/")).sse().reconnect(quick())).await.into_session().incoming::<Reply>();
    assert_eq!(drain(&mut reply).await, []);
}

#[tokio::test]
async fn never_is_never_whatever_the_method() {
    for policy in [Reconnect::never().any_method(), Reconnect::default().any_method().max_attempts(0)] {
        let server = Server::scripted([Script::events("data: 1\n\n"), Script::events("data: 2\n\n")]).await;
        let mut events = open(client().post(server.url("/")).sse().reconnect(policy)).await;
        assert_eq!(next(&mut events).await, "1");
        while soon(events.next()).await.is_some() {}
        assert_eq!(server.count(), 1);
    }
    let server = Server::scripted([Script::events("data: 1\n\n")]).await;
    let mut events = open(client().post(server.url("/")).sse().reconnect(Reconnect::never().any_method())).await;
    assert!(!events.handle().reconnect());
    assert_eq!(texts(&mut events).await, good(["1"]));
}

/// What an end that cannot be read makes of a GET that reconnects.
#[derive(Debug, PartialEq, SseEvents)]
enum Told {
    Tick(u32),
    #[sse(done)]
    Bye {
        reason: String,
    },
}

#[tokio::test]
async fn a_stream_whose_end_cannot_be_read_is_over_and_not_asked_for_again() {
    for (policy, error) in [
        (DecodeErrors::Yield, ErrorKind::Decode),
        (DecodeErrors::Stop, ErrorKind::Decode),
        // Without an error, what came would look complete.
        (DecodeErrors::Skip, ErrorKind::Incomplete),
    ] {
        let server = Server::answering(|_| Script::events("event: tick\ndata: 1\n\nevent: bye\ndata: {}\n\n")).await;
        let session = client().get(server.url("/")).sse().reconnect(quick()).decode_errors(policy);
        let mut events = soon(session.connect()).await.unwrap().incoming::<Told>();
        assert_eq!(drain(&mut events).await, [Ok(Told::Tick(1)), Err(error)]);
        assert_eq!((server.count(), events.stats().decode_errors), (1, 1));
    }
}
