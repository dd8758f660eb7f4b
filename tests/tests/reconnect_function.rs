//! Streams whose requests are made anew for each attempt: other credentials, another place, another method.

use std::io;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::FutureExt as _;
use http::StatusCode;
use reqwest::header::ACCEPT;
use sse_typed::{
    Attempt, BoxError, Error, ErrorKind, Reconnect, RequestBuilderExt as _, ServerSentEvent, SessionBuilder,
    SessionHandle, State, TypedSession,
};
use sse_typed_tests::seen::{good, next, texts};
use sse_typed_tests::server::{ClosedPort, Script, Server, client, lock, ms, soon};

fn quick() -> Reconnect {
    Reconnect::default().delay(ms(1)).max_delay(ms(8)).server_retry(ms(1)..=ms(8))
}

async fn open(session: SessionBuilder) -> TypedSession<String> {
    soon(session.connect()).await.unwrap().incoming()
}

/// Asks for `/` with what `attempt` adds.
fn plain(server: &Server) -> SessionBuilder {
    let url = server.url("/");
    sse_typed::session(move |attempt| {
        let request = attempt.apply(client().get(&url));
        async move { Ok(request.send().await?) }
    })
}

#[tokio::test]
async fn without_a_policy_a_request_function_is_called_once() {
    for policy in [None, Some(Reconnect::never())] {
        let server = Server::scripted([Script::events("data: 1\n\n"), Script::events("data: 2\n\n")]).await;
        let session = match policy {
            None => plain(&server),
            Some(policy) => plain(&server).reconnect(policy),
        };
        let mut events = open(session).await;
        assert!(!events.handle().reconnect());
        assert_eq!(texts(&mut events).await, good(["1"]));
        assert_eq!(server.count(), 1);
    }
}

#[tokio::test]
async fn a_policy_is_consent_enough_for_any_method() {
    let server = Server::scripted([Script::events("data: 1\n\n"), Script::events("data: 2\n\n")]).await;
    let url = server.url("/");
    let session = sse_typed::session(move |attempt| {
        let body = reqwest::Body::wrap_stream(futures::stream::iter([Ok::<_, io::Error>("prompt")]));
        let request = attempt.apply(client().post(&url).body(body));
        async move { Ok(request.send().await?) }
    });
    let mut events = open(session.reconnect(quick())).await;
    assert_eq!(texts(&mut events).await, good(["1", "2"]));
    assert_eq!(server.count(), 3);
    for request in server.requests() {
        assert_eq!((&*request.method, request.header("accept")), ("POST", Some("text/event-stream")));
        assert!(request.body.windows(6).any(|window| window == b"prompt"));
    }
}

#[tokio::test]
async fn apply_adds_what_is_missing_and_replaces_the_position() {
    let server = Server::scripted([Script::events("id: 2\ndata: 1\n\n"), Script::events("id\ndata: 2\n\n")]).await;
    let url = server.url("/");
    let session = sse_typed::session(move |attempt| {
        let request = client().get(&url).header(ACCEPT, "text/event-stream, application/json");
        let request = attempt.apply(request.header("Last-Event-ID", "stale"));
        async move { Ok(request.send().await?) }
    });
    let mut events = open(session.last_event_id("1").reconnect(quick())).await;
    assert_eq!(texts(&mut events).await, good(["1", "2"]));
    assert_eq!(server.last_event_ids(), [Some("1".to_owned()), Some("2".to_owned()), None]);
    for request in server.requests() {
        assert_eq!(request.header("accept"), Some("text/event-stream, application/json"));
        assert_eq!(request.header("cache-control"), Some("no-cache"));
    }
}

#[tokio::test]
async fn apply_lifts_the_total_timeout_of_the_client() {
    let script = Script::stream().drip("data: 1\n\ndata: 2\n\n", 9, ms(200));
    let server = Server::scripted([script]).await;
    let hasty = reqwest::Client::builder().no_proxy().timeout(ms(100)).build().unwrap();
    let url = server.url("/");
    let session = sse_typed::session(move |attempt| {
        let request = attempt.apply(hasty.get(&url));
        async move { Ok(request.send().await?) }
    });
    assert_eq!(texts(&mut open(session).await).await, good(["1", "2"]));
}

/// Streams for the token in force, 401 for any other. The first token has expired after one stream.
fn guarded(tokens: &'static [&'static str]) -> impl FnMut(&sse_typed_tests::server::Request) -> Script + Send {
    let mut served = 0;
    move |request| {
        if served == tokens.len() {
            return Script::no_content();
        }
        if request.header("authorization") != Some(&format!("Bearer {}", tokens[served])) {
            return Script::status("401 Unauthorized", "expired");
        }
        served += 1;
        Script::events(format!("id: {served}\ndata: {served}\n\n"))
    }
}

#[tokio::test]
async fn a_token_that_expires_is_renewed_once_in_an_outage() {
    let server = Server::answering(guarded(&["one", "two", "three"])).await;
    let url = server.url("/");
    let mut tokens = ["one", "two", "three"].into_iter();
    let mut token = tokens.next().unwrap();
    let attempts = Arc::new(Mutex::new(Vec::new()));
    let noted = attempts.clone();
    let session = sse_typed::session(move |attempt| {
        if attempt.status() == Some(StatusCode::UNAUTHORIZED) {
            token = tokens.next().unwrap();
        }
        lock(&noted).push((attempt.number(), attempt.status().map(|status| status.as_u16()), attempt.error()));
        let request = attempt.apply(client().get(&url)).bearer_auth(token);
        async move { Ok(request.send().await?) }
    });
    let mut events = open(session.reconnect(quick().healthy_after(Duration::ZERO))).await;
    assert_eq!(texts(&mut events).await, good(["1", "2", "3"]));
    let ended = (1, None, Some(ErrorKind::Incomplete));
    let refused = (2, Some(401), Some(ErrorKind::Status));
    assert_eq!(*lock(&attempts), [(0, None, None), ended, refused, ended, refused, ended]);
    let ids: Vec<_> = server.last_event_ids().into_iter().map(Option::unwrap_or_default).collect();
    assert_eq!(ids, ["", "1", "1", "2", "2", "3"]);
}

#[tokio::test]
async fn an_attempt_knows_the_answer_to_the_one_before() {
    let refusal = Script::head("503 Busy", "x-node: two\r\ncontent-length: 5\r\n").send("later");
    let server = Server::scripted([Script::events("data: 1\n\n"), refusal, Script::events("data: 2\n\n")]).await;
    let url = server.url("/");
    let told = Arc::new(Mutex::new(Vec::new()));
    let noted = told.clone();
    let session = sse_typed::session(move |attempt| {
        let lost_to = attempt.clone().lost_to().map(|error| {
            let node = error.headers().map(|headers| headers["x-node"].to_str().unwrap().to_owned());
            (error.to_string(), node, error.body().map(str::to_owned), error.is_final())
        });
        lock(&noted).push(lost_to);
        let request = attempt.apply(client().get(&url));
        async move { Ok(request.send().await?) }
    });
    let mut events = open(session.reconnect(quick())).await;
    assert_eq!(texts(&mut events).await, good(["1", "2"]));
    let ended = || Some(("the server ended the stream".to_owned(), None, None, false));
    let refused = (
        "the server refused the stream with status 503 Service Unavailable".to_owned(),
        Some("two".into()),
        Some("later".into()),
        false,
    );
    assert_eq!(*lock(&told), [None, ended(), Some(refused), ended()]);
}

#[tokio::test]
async fn a_second_401_in_an_outage_is_final() {
    let server = Server::answering(guarded(&["one", "never"])).await;
    let url = server.url("/");
    let session = sse_typed::session(move |attempt| {
        let request = attempt.apply(client().get(&url)).bearer_auth("one");
        async move { Ok(request.send().await?) }
    });
    let mut events = open(session.reconnect(quick())).await;
    assert_eq!(next(&mut events).await, "1");
    let error = soon(events.next()).await.unwrap().unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Status, Some(StatusCode::UNAUTHORIZED)));
    assert_eq!((error.body(), error.attempts(), error.is_final()), (Some("expired"), 2, true));
    assert!(soon(events.next()).await.is_none());
    assert_eq!(server.count(), 3);
}

#[tokio::test]
async fn a_401_at_first_is_an_error_of_connect_unless_that_is_retried() {
    for retried in [false, true] {
        let server = Server::answering(guarded(&["fresh"])).await;
        let url = server.url("/");
        let session = sse_typed::session(move |attempt| {
            let token = if attempt.status().is_some() { "fresh" } else { "stale" };
            let request = attempt.apply(client().get(&url)).bearer_auth(token);
            async move { Ok(request.send().await?) }
        });
        let session = session.reconnect(quick());
        if retried {
            assert_eq!(texts(&mut open(session.retry_first_connect()).await).await, good(["1"]));
        } else {
            assert_eq!(soon(session.connect()).await.unwrap_err().status(), Some(StatusCode::UNAUTHORIZED));
            assert_eq!(server.count(), 1);
        }
    }
}

#[tokio::test]
async fn a_cursor_goes_into_the_query_and_requests_to_another_url() {
    let servers = [
        Server::scripted([Script::events("id: a b\ndata: 1\n\n")]).await,
        Server::scripted([Script::events("id: c\ndata: 2\n\n")]).await,
        Server::scripted([]).await,
    ];
    let mut urls = servers.each_ref().map(|server| server.url("/events")).into_iter();
    let session = sse_typed::session(move |attempt| {
        let request = client().get(urls.next().unwrap()).query(&[("since", attempt.last_event_id())]);
        async move { Ok(request.send().await?) }
    });
    let mut events = open(session.reconnect(quick())).await;
    assert_eq!(texts(&mut events).await, good(["1", "2"]));
    let paths = servers.each_ref().map(|server| server.requests()[0].path.clone());
    assert_eq!(paths, ["/events?since=", "/events?since=a+b", "/events?since=c"]);
    assert_eq!(servers.each_ref().map(Server::count), [1, 1, 1]);
    assert_eq!(events.connection().unwrap().url().to_string(), servers[1].url("/events?since=a+b"));
}

#[tokio::test]
async fn the_answer_to_a_post_is_resumed_by_get_as_mcp_wants_it() {
    let server = Server::scripted([
        Script::events("id: 0\nretry: 2\ndata: \n\nid: 1\ndata: {\"progress\":1}\n\n"),
        Script::events("id: 2\ndata: {\"result\":2}\n\n"),
    ])
    .await;
    let url = server.url("/mcp");
    let session = sse_typed::session(move |attempt| {
        let request = match attempt.last_event_id() {
            "" => client().post(&url).header(ACCEPT, "application/json, text/event-stream").body("{\"call\":1}"),
            _ => client().get(&url),
        };
        let request = attempt.apply(request.header("mcp-session-id", "s1"));
        async move { Ok(request.send().await?) }
    });
    let mut events = open(session.reconnect(quick()).skip_empty_data()).await;
    assert_eq!(texts(&mut events).await, good(["{\"progress\":1}", "{\"result\":2}"]));
    let seen: Vec<_> = server
        .requests()
        .iter()
        .map(|it| (it.method.clone(), it.last_event_id().unwrap_or("none").to_owned(), it.body.len()))
        .collect();
    let expected = [("POST", "none", 10), ("GET", "1", 0), ("GET", "2", 0)];
    assert_eq!(seen, expected.map(|(method, id, body)| (method.to_owned(), id.to_owned(), body)));
    assert!(server.requests().iter().all(|request| request.header("mcp-session-id") == Some("s1")));
}

/// What a request function that fails like this at its second call makes of the stream.
async fn failing(
    fail: impl Fn(&Attempt) -> BoxError + Send + Sync + 'static,
    policy: Reconnect,
) -> (Vec<Error>, usize) {
    let server = Server::scripted([Script::events("data: 1\n\n"), Script::events("data: 2\n\n")]).await;
    let url = server.url("/");
    let mut calls = 0;
    let session = sse_typed::session(move |attempt| {
        calls += 1;
        let error = (calls == 2).then(|| fail(&attempt));
        let request = attempt.apply(client().get(&url));
        async move { if let Some(error) = error { Err(error) } else { Ok(request.send().await?) } }
    });
    let mut events = open(session.reconnect(policy)).await;
    let mut errors = Vec::new();
    while let Some(item) = soon(events.next()).await {
        errors.extend(item.err());
    }
    (errors, server.count())
}

#[tokio::test]
async fn an_error_of_the_function_is_final_and_kept_unless_the_policy_decides_otherwise() {
    let fail = |_: &Attempt| BoxError::from(io::Error::other("no token"));
    let (errors, asked) = failing(fail, quick()).await;
    assert_eq!((errors.len(), asked), (1, 1));
    assert_eq!((errors[0].kind(), errors[0].is_final()), (ErrorKind::Request, true));
    let cause = std::error::Error::source(&errors[0]).unwrap();
    assert_eq!(cause.downcast_ref::<io::Error>().unwrap().to_string(), "no token");

    let policy = quick().retry_if(|error| (error.kind() == ErrorKind::Request).then_some(true));
    let (errors, asked) = failing(fail, policy).await;
    assert_eq!((errors.len(), asked), (0, 3));
}

#[tokio::test]
async fn an_error_of_the_client_counts_as_what_it_says() {
    let closed = ClosedPort::new();
    let url = closed.url("/");
    let refused = soon(client().get(&url).send()).await.unwrap_err();
    assert!(refused.is_connect());
    let mut refused = Some(refused);
    let refused = Mutex::new(move || refused.take().unwrap());
    let (errors, asked) = failing(move |_| (*lock(&refused))().into(), quick()).await;
    assert_eq!((errors.len(), asked), (0, 3), "no connection is tried again");

    let (errors, asked) = failing(|_| client().get("no url").build().unwrap_err().into(), quick()).await;
    assert_eq!((errors.len(), asked, errors[0].kind()), (1, 1, ErrorKind::Request));
}

/// An error of middleware's, as a function may have it.
#[derive(Debug)]
struct Wrapped(reqwest::Error);

impl std::fmt::Display for Wrapped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "middleware: {}", self.0)
    }
}

impl std::error::Error for Wrapped {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

#[tokio::test]
async fn so_does_one_that_middleware_has_wrapped_and_its_url_is_not_shown() {
    let url = ClosedPort::new().url("/feed?key=secret");
    let refused = Mutex::new(Some(soon(client().get(&url).send()).await.unwrap_err()));
    let (errors, asked) = failing(move |_| Wrapped(lock(&refused).take().unwrap()).into(), quick()).await;
    assert_eq!((errors.len(), asked), (0, 3), "no connection is tried again");

    let wraps: [fn(reqwest::Error) -> BoxError; 4] = [
        |error| Wrapped(error).into(),
        |error| io::Error::other(error).into(),
        |error| Arc::new(error).into(),
        |error| Box::<dyn std::error::Error + Send + Sync>::from(Box::new(error)),
    ];
    for wrap in wraps {
        let url = url.clone();
        let session = sse_typed::session(move |_| {
            let response = client().get(&url).send();
            async move { response.await.map_err(wrap) }
        });
        let error = soon(session.connect()).await.unwrap_err();
        assert_eq!((error.kind(), &*error.to_string()), (ErrorKind::Connect, "could not connect"));
        let told = format!("{error:?}");
        assert!(!told.contains("secret") && !told.contains("feed"), "{told}");
        // It is the user's own, as it was.
        let cause = std::error::Error::source(&error).unwrap();
        let is_kept = cause.is::<Wrapped>() || cause.is::<io::Error>() || cause.is::<Arc<reqwest::Error>>();
        assert!(is_kept || cause.is::<Box<reqwest::Error>>(), "{told}");
    }

    // One that was no failure to connect.
    let server = Server::answering(|_| Script::status("200 OK", "no JSON")).await;
    let url = server.url("/token");
    let session = sse_typed::session(move |_| {
        let response = client().get(&url).send();
        async { Err(response.await?.json::<u32>().await.unwrap_err().into()) }
    });
    let error = soon(session.connect()).await.unwrap_err();
    assert_eq!((error.kind(), &*error.to_string()), (ErrorKind::Request, "could not make the request"));
}

#[tokio::test]
async fn a_connection_of_another_client_counts_as_one() {
    for (kind, expected) in [
        (io::ErrorKind::ConnectionRefused, ErrorKind::Connect),
        (io::ErrorKind::TimedOut, ErrorKind::Connect),
        (io::ErrorKind::NotFound, ErrorKind::Request),
    ] {
        let session = sse_typed::session(move |_| async move { Err(io::Error::from(kind).into()) });
        assert_eq!(soon(session.connect()).await.unwrap_err().kind(), expected);
    }
}

#[tokio::test]
async fn a_status_inside_an_error_of_the_users_own_is_still_that_status() {
    let server = Server::answering(|_| Script::status("503 Busy", "")).await;
    let url = server.url("/?key=secret");
    let session = sse_typed::session(move |_| {
        let response = client().get(&url).send();
        async { Ok(response.await.and_then(reqwest::Response::error_for_status).map_err(Wrapped)?) }
    });
    let error = soon(session.connect()).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Status, Some(StatusCode::SERVICE_UNAVAILABLE)));
    assert!(std::error::Error::source(&error).unwrap().is::<Wrapped>());
    assert!(!format!("{error:?}").contains("secret"));

    let bytes =
        futures::stream::iter([Err::<&str, _>(Wrapped(soon(client().get("http://[").send()).await.unwrap_err()))]);
    let mut events = sse_typed::Session::from_stream(bytes).incoming::<String>();
    let error = soon(events.next()).await.unwrap().unwrap_err();
    assert!(std::error::Error::source(&error).unwrap().is::<Wrapped>());
}

#[tokio::test]
async fn a_token_that_breaks_off_on_its_way_is_asked_for_again() {
    for late in [false, true] {
        let head = "content-type: application/json\r\ncontent-length: 50\r\n";
        let mut tokens = 0;
        let server = Server::answering(move |request| match (&*request.path, request.last_event_id()) {
            ("/token", _) => {
                tokens += 1;
                let script = Script::head("200 OK", if tokens == 2 { head } else { "content-length: 3\r\n" });
                if tokens == 2 && late { script.send("\"ab").hold() } else { script.send("\"a\"") }
            }
            (_, None) => Script::events("id: 1\ndata: 1\n\n"),
            (_, Some("1")) => Script::events("id: 2\ndata: 2\n\n"),
            _ => Script::no_content(),
        })
        .await;
        let (token, url) = (server.url("/token"), server.url("/"));
        let session = sse_typed::session(move |attempt| {
            let token = client().get(&token);
            let token = if late { token.timeout(ms(200)) } else { token }.send();
            let request = client().get(&url);
            async move {
                let token: String = token.await?.json().await?;
                Ok(attempt.apply(request.bearer_auth(token)).send().await?)
            }
        });
        let mut events = open(session.reconnect(quick())).await;
        assert_eq!(texts(&mut events).await, good(["1", "2"]), "late: {late}");
    }
}

#[tokio::test]
async fn what_happened_before_there_was_a_response_is_told_apart() {
    let server = Server::answering(|request| match &*request.path {
        "/hangs-up" => Script::new(),
        _ => Script::new().hold(),
    })
    .await;
    let said = async |request: reqwest::RequestBuilder| {
        let error = soon(request.sse().connect()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Connect);
        error.to_string()
    };
    assert_eq!(said(client().get(ClosedPort::new().url("/"))).await, "could not connect");
    let broke = said(client().get(server.url("/hangs-up"))).await;
    assert_eq!(broke, "the connection broke before there was a response");
    let late = said(client().get(server.url("/hangs")).timeout(ms(100))).await;
    assert_eq!(late, "no response came in the time that the request allows");
}

#[tokio::test]
async fn an_error_of_another_session_is_final_here() {
    let fail = |_: &Attempt| {
        let event = ServerSentEvent::new("price", "no number".to_owned());
        BoxError::from(event.json::<u32>().unwrap_err())
    };
    let (errors, asked) = failing(fail, quick()).await;
    assert_eq!((errors.len(), asked), (1, 1));
    assert_eq!((errors[0].kind(), errors[0].is_final()), (ErrorKind::Decode, true));
}

#[tokio::test]
async fn a_function_that_panics_ends_the_stream() {
    for in_its_future in [false, true] {
        let server = Server::scripted([Script::events("data: 1\n\n")]).await;
        let url = server.url("/");
        let session = sse_typed::session(move |attempt| {
            assert!(in_its_future || attempt.number() == 0, "here");
            let request = attempt.apply(client().get(&url));
            async move {
                assert!(attempt.number() == 0, "there");
                Ok(request.send().await?)
            }
        });
        let mut events = open(session.reconnect(quick())).await;
        let handle = events.handle();
        assert_eq!(next(&mut events).await, "1");
        assert!(soon(AssertUnwindSafe(events.next()).catch_unwind()).await.is_err());
        for _ in 0..3 {
            assert!(soon(events.next()).await.is_none());
            assert_eq!(handle.state(), State::Closed);
        }
        assert_eq!(server.count(), 1);
    }
}

#[tokio::test]
async fn a_policy_that_panics_ends_the_stream() {
    let server = Server::scripted([Script::events("data: 1\n\n")]).await;
    let mut events = open(plain(&server).reconnect(quick().retry_if(|_| panic!("here")))).await;
    assert_eq!(next(&mut events).await, "1");
    assert!(soon(AssertUnwindSafe(events.next()).catch_unwind()).await.is_err());
    assert!(soon(events.next()).await.is_none());
}

/// A session whose request function asks for a reconnect itself, each time but the first.
async fn asking_itself(server: &Server, policy: Reconnect) -> TypedSession<String> {
    let url = server.url("/");
    let shared = Arc::new(Mutex::new(None::<SessionHandle>));
    let handle = shared.clone();
    let session = sse_typed::session(move |attempt| {
        if let Some(handle) = &*lock(&handle) {
            handle.reconnect();
        }
        let request = attempt.apply(client().get(&url));
        async move { Ok(request.send().await?) }
    });
    let events = open(session.reconnect(policy)).await;
    *lock(&shared) = Some(events.handle());
    events
}

#[tokio::test]
async fn a_policy_that_panics_at_a_silence_ends_the_stream() {
    let server = Server::scripted([Script::events("data: 1\n\n"), Script::new().hold()]).await;
    let policy = quick().retry_if(|error| if error.kind() == ErrorKind::IdleTimeout { panic!("here") } else { None });
    let mut events = open(plain(&server).reconnect(policy).idle_timeout(ms(50))).await;
    assert_eq!(next(&mut events).await, "1");
    assert!(soon(AssertUnwindSafe(events.next()).catch_unwind()).await.is_err());
    assert!(soon(events.next()).await.is_none());
}

#[tokio::test]
async fn a_body_that_panics_ends_the_stream() {
    let session = sse_typed::session(|_| async {
        let chunks = futures::stream::unfold(0, |number| async move {
            assert!(number < 1, "here");
            Some((Ok::<_, io::Error>("data: 1\n\n"), number + 1))
        });
        let response = http::Response::builder().header("content-type", "text/event-stream");
        let body = reqwest::Body::wrap_stream(Box::pin(chunks));
        Ok(reqwest::Response::from(response.body(body)?))
    });
    let mut events = open(session.reconnect(quick())).await;
    assert_eq!(next(&mut events).await, "1");
    assert!(soon(AssertUnwindSafe(events.next()).catch_unwind()).await.is_err());
    assert!(soon(events.next()).await.is_none());
}

#[tokio::test]
async fn a_function_that_asks_for_a_reconnect_itself_is_called_no_more_often_for_it() {
    let server = Server::answering(|request| match request.last_event_id() {
        None => Script::events("id: 1\ndata: 1\n\n"),
        Some("1") => Script::events("id: 2\ndata: 2\n\n"),
        Some(_) => Script::no_content(),
    })
    .await;
    let mut events = asking_itself(&server, Reconnect::default().delay(ms(1)).max_delay(ms(8))).await;
    assert_eq!(texts(&mut events).await, good(["1", "2"]));
    assert_eq!(server.count(), 3);
}

#[tokio::test]
async fn nor_does_it_keep_other_tasks_from_running_where_it_may_ask_at_any_time() {
    let server = Server::scripted([Script::events("data: 1\n\n")]).await;
    let mut events = asking_itself(&server, quick().server_retry(Duration::ZERO..=ms(8))).await;
    assert_eq!(next(&mut events).await, "1");
    // Whatever comes of it.
    let _ = tokio::time::timeout(ms(50), events.next()).await;
}

#[tokio::test]
async fn a_position_that_the_function_has_itself_is_sent_until_the_stream_has_one() {
    let server = Server::scripted([
        Script::events("data: 1\n\n"),
        Script::events("id: 7\ndata: 2\n\n"),
        Script::events("id\ndata: 3\n\n"),
    ])
    .await;
    let url = server.url("/");
    let session = sse_typed::session(move |attempt| {
        let request = attempt.apply(client().get(&url).header("Last-Event-ID", "saved"));
        async move { Ok(request.send().await?) }
    });
    let mut events = open(session.reconnect(quick())).await;
    assert_eq!(texts(&mut events).await, good(["1", "2", "3"]));
    let saved = Some("saved".to_owned());
    assert_eq!(server.last_event_ids(), [saved.clone(), saved, Some("7".to_owned()), None]);
}

#[tokio::test]
async fn a_status_that_the_function_makes_an_error_of_is_still_that_status() {
    // `error_for_status` is what many write without thinking.
    for (status, requests, error) in [("503 Busy", 3, None), ("404 Gone", 2, Some(404))] {
        let server = Server::scripted([Script::events("data: 1\n\n"), Script::status(status, "")]).await;
        let url = server.url("/");
        let session = sse_typed::session(move |attempt| {
            let request = attempt.apply(client().get(&url));
            async move { Ok(request.send().await?.error_for_status()?) }
        });
        let mut events = open(session.reconnect(quick())).await;
        assert_eq!(next(&mut events).await, "1");
        let last = soon(events.next()).await;
        assert_eq!(last.map(|item| item.unwrap_err().status().unwrap().as_u16()), error, "{status}");
        assert_eq!(server.count(), requests, "{status}");
    }
}

#[tokio::test]
async fn a_function_that_hangs_is_left_after_the_idle_timeout() {
    let server = Server::scripted([Script::events("data: 1\n\n")]).await;
    let url = server.url("/");
    let mut calls = 0;
    let session = sse_typed::session(move |attempt| {
        calls += 1;
        let hangs = calls == 2;
        let request = attempt.apply(client().get(&url));
        async move {
            if hangs {
                std::future::pending::<()>().await;
            }
            Ok(request.send().await?)
        }
    });
    let mut events = open(session.reconnect(quick()).idle_timeout(ms(200))).await;
    assert_eq!(texts(&mut events).await, good(["1"]));
    assert_eq!(server.count(), 2);
}

#[tokio::test]
async fn attempts_are_counted_from_one_in_each_outage() {
    let numbers = Arc::new(Mutex::new(Vec::new()));
    let server = Server::scripted([
        Script::events("data: 1\n\n"),
        Script::new(),
        Script::status("500 Oh", ""),
        Script::events("data: 2\n\n"),
        Script::stream(),
    ])
    .await;
    let (url, noted) = (server.url("/"), numbers.clone());
    let session = sse_typed::session(move |attempt| {
        lock(&noted).push(attempt.number());
        let request = attempt.apply(client().get(&url));
        async move { Ok(request.send().await?) }
    });
    let mut events = open(session.reconnect(quick().healthy_after(Duration::ZERO))).await;
    assert_eq!(texts(&mut events).await, good(["1", "2"]));
    assert_eq!(*lock(&numbers), [0, 1, 2, 3, 1, 2]);
}

#[tokio::test]
async fn an_event_may_call_for_another_request_with_fresh_credentials() {
    // The server goes on saying that it is alive, and nothing else.
    let revoked =
        Script::events("id: 1\ndata: 1\n\ndata: auth_revoked\n\n").drip(": alive\n\n".repeat(2000), 9, ms(10));
    let server = Server::scripted([revoked, Script::events("id: 2\ndata: 2\n\n")]).await;
    let (url, token) = (server.url("/"), Arc::new(Mutex::new("stale")));
    let current = token.clone();
    let session = sse_typed::session(move |attempt| {
        let request = attempt.apply(client().get(&url)).bearer_auth(*lock(&current));
        async move { Ok(request.send().await?) }
    });
    let mut events = open(session.reconnect(quick())).await;
    let handle = events.handle();
    assert_eq!(next(&mut events).await, "1");
    assert_eq!(next(&mut events).await, "auth_revoked");
    *lock(&token) = "fresh";
    assert!(handle.reconnect());
    assert_eq!(texts(&mut events).await, good(["2"]));
    server.left(0).await;
    let asked: Vec<_> = server.requests().iter().map(|it| it.header("authorization").unwrap().to_owned()).collect();
    assert_eq!(asked, ["Bearer stale", "Bearer fresh", "Bearer fresh"]);
    assert_eq!(server.last_event_ids()[1..], ["1", "2"].map(|id| Some(id.to_owned())));
}
