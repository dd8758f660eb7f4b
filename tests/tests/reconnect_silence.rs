//! Connections on which nothing comes any more, and consumers that are only slow.

use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use futures::stream::{self, StreamExt as _};
use reqwest::Client;
use sse_typed::{ErrorKind, Reconnect, RequestBuilderExt, SessionBuilder, TypedSession};
use sse_typed_tests::seen::{good, next, texts};
use sse_typed_tests::server::{Script, Served, Server, Wire, client, http2_client, ms, soon};

/// Long enough for a busy machine to say something every few milliseconds.
const TIMEOUT: Duration = ms(400);

fn quick() -> Reconnect {
    Reconnect::default().delay(ms(1)).max_delay(ms(8)).server_retry(ms(1)..=ms(8))
}

async fn open(session: SessionBuilder) -> TypedSession<String> {
    soon(session.connect()).await.unwrap().incoming()
}

#[tokio::test]
async fn a_stream_on_which_no_byte_comes_is_left_and_resumed() {
    let server = Server::scripted([
        Script::events("id: 1\ndata: 1\n\n").hold(),
        Script::stream().hold(),
        Script::events("id: 2\ndata: 2\n\ndata: half an event is no event").hold(),
    ])
    .await;
    let mut events = open(client().get(server.url("/")).sse().reconnect(quick()).idle_timeout(TIMEOUT / 2)).await;
    assert_eq!(texts(&mut events).await, good(["1", "2"]));
    let ids: Vec<_> = server.last_event_ids().into_iter().map(Option::unwrap_or_default).collect();
    assert_eq!(ids, ["", "1", "1", "2"]);
    for request in 0..3 {
        server.left(request).await;
    }
    let times: Vec<_> = server.requests().iter().map(|request| request.at).collect();
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] >= TIMEOUT / 2), "not before the time has passed");
}

#[tokio::test]
async fn a_head_that_does_not_come_is_left_too() {
    let server = Server::scripted([
        Script::events("data: 1\n\n"),
        Script::new().hold(),
        Script::new().send("HTTP/1.1 200 OK\r\ncontent-type: text").hold(),
        Script::events("data: 2\n\n"),
    ])
    .await;
    let mut events = open(client().get(server.url("/")).sse().reconnect(quick()).idle_timeout(TIMEOUT)).await;
    assert_eq!(texts(&mut events).await, good(["1", "2"]));
    server.left(1).await;
    server.left(2).await;

    let server = Server::scripted([Script::new().hold()]).await;
    let error = soon(client().get(server.url("/")).sse().idle_timeout(ms(50)).connect()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.is_final()), (ErrorKind::IdleTimeout, 0, true));
    server.left(0).await;
}

#[tokio::test]
async fn silence_is_the_last_item_where_the_request_may_not_be_sent_again() {
    let server = Server::scripted([Script::events("data: 1\n\n").hold()]).await;
    let mut events = open(client().post(server.url("/")).sse().idle_timeout(ms(100))).await;
    assert_eq!(texts(&mut events).await, [Ok("1".to_owned()), Err(ErrorKind::IdleTimeout)]);
    server.left(0).await;
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn silence_is_no_matter_unless_the_user_says_so() {
    let server = Server::scripted([Script::events("data: 1\n\n").sleep(ms(700)).send("data: 2\n\n")]).await;
    let mut events = open(client().get(server.url("/")).sse().reconnect(quick())).await;
    assert_eq!(texts(&mut events).await, good(["1", "2"]));
    assert_eq!(server.count(), 2);
}

#[tokio::test]
async fn comments_and_any_other_byte_are_life() {
    for life in [":\n", ": ping\n\n", "\n", "id: 1\n\n", "x", "retry: 5\n"] {
        let script = Script::stream().drip(life.repeat(24), life.len(), TIMEOUT / 8).send("\ndata: 1\n\n");
        let server = Server::scripted([script]).await;
        let began = Instant::now();
        let mut events = open(client().post(server.url("/")).sse().idle_timeout(TIMEOUT)).await;
        assert_eq!(texts(&mut events).await, good(["1"]), "{life:?}");
        assert!(began.elapsed() > TIMEOUT * 2);
    }
}

/// A stream that has something to say all the time, to a request that may not be sent again.
async fn chatty() -> (Server, TypedSession<String>) {
    let server = Server::scripted([Script::stream().drip("data: x\n\n".repeat(2000), 9, ms(5))]).await;
    let events = open(client().post(server.url("/")).sse().idle_timeout(TIMEOUT / 2)).await;
    (server, events)
}

#[tokio::test]
async fn a_handler_slower_than_the_timeout_sees_no_silence() {
    let (_server, mut events) = chatty().await;
    for _ in 0..4 {
        assert_eq!(next(&mut events).await, "x");
        tokio::time::sleep(TIMEOUT).await;
    }
}

#[tokio::test]
async fn a_handler_slower_than_the_timeout_inside_select_sees_no_silence() {
    // A silent server, so that somebody is waiting when the handler begins.
    for handler in [TIMEOUT / 4, TIMEOUT / 2, TIMEOUT * 5 / 8, TIMEOUT * 2] {
        let script = Script::events("data: x\n\n").sleep(ms(60)).drip("data: y\n\n".repeat(2000), 9, ms(5));
        let server = Server::scripted([script]).await;
        let mut events = open(client().post(server.url("/")).sse().idle_timeout(TIMEOUT / 2)).await;
        let mut ticks = tokio::time::interval(ms(20));
        let mut seen = 0;
        soon(async {
            for _ in 0..8 {
                tokio::select! {
                    item = events.next() => { item.unwrap().unwrap(); seen += 1; }
                    _ = ticks.tick() => tokio::time::sleep(handler).await,
                }
            }
        })
        .await;
        assert_eq!(next(&mut events).await.len(), 1, "{handler:?} {seen}");
    }
}

/// The server is on threads of its own, so that it goes on while the client's thread is blocked.
fn elsewhere() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

#[test]
fn a_handler_that_blocks_the_thread_sees_no_silence() {
    let elsewhere = elsewhere();
    let here = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let timeout = ms(100);
    // Just over the timeout, and far over it.
    for handler in [90, 99, 100, 101, 103, 105, 110, 115, 120, 124, 126, 130, 150, 199, 201, 250, 400].map(ms) {
        let script = Script::events("data: x\n\n").sleep(ms(40)).drip("data: y\n\n".repeat(500), 9, ms(5));
        let server = elsewhere.block_on(Server::scripted([script]));
        here.block_on(async {
            let mut events = open(client().post(server.url("/")).sse().idle_timeout(timeout)).await;
            assert_eq!(next(&mut events).await, "x");
            for round in 0..3 {
                // Somebody is waiting, and then does something else.
                tokio::select! {
                    biased;
                    item = events.next() => { item.unwrap().unwrap(); }
                    () = tokio::task::yield_now() => {}
                }
                std::thread::sleep(handler);
                match soon(events.next()).await.unwrap() {
                    Ok(event) => assert_eq!(event.data, "y"),
                    Err(error) => panic!("{error:?} after {handler:?} in round {round}"),
                }
            }
        });
    }
}

#[tokio::test]
async fn time_in_which_nobody_polls_does_not_count() {
    let server = Server::scripted([Script::events("data: 1\n\n").sleep(TIMEOUT * 3).send("data: 2\n\n").hold()]).await;
    let mut events = open(client().post(server.url("/")).sse().idle_timeout(TIMEOUT * 2)).await;
    assert_eq!(next(&mut events).await, "1");
    tokio::time::sleep(TIMEOUT * 5 / 2).await;
    assert_eq!(next(&mut events).await, "2", "the wait began with this call");
}

#[tokio::test]
async fn a_half_open_socket_is_noticed_and_left_over_http_1() {
    let server = Server::scripted([
        Script::stream().drip("id: 1\ndata: 1\n\n: alive\n\n".repeat(1000), 24, ms(20)),
        Script::events("id: 2\ndata: 2\n\n"),
    ])
    .await;
    let wire = Wire::to(server.address()).await;
    let mut events = open(client().get(wire.url("/")).sse().reconnect(quick()).idle_timeout(TIMEOUT)).await;
    assert_eq!(next(&mut events).await, "1");
    wire.cut();
    loop {
        match &*next(&mut events).await {
            "1" => assert_eq!(server.count(), 1),
            two => break assert_eq!(two, "2"),
        }
    }
    assert_eq!(texts(&mut events).await, []);
    assert_eq!((server.count(), wire.opened()), (3, 3));
    assert_eq!(server.last_event_ids()[1..], ["1", "2"].map(|id| Some(id.to_owned())));
}

/// An endless stream over HTTP/2: events numbered after the id that was asked for, one each 20 ms.
async fn numbers() -> Served {
    let router = Router::new().route(
        "/",
        get(|headers: http::HeaderMap| async move {
            let after = headers.get("last-event-id").map_or(0, |id| id.to_str().unwrap().parse().unwrap());
            let events = stream::iter(after + 1_u32..).then(|number| async move {
                tokio::time::sleep(ms(20)).await;
                Ok::<_, std::convert::Infallible>(format!("id: {number}\ndata: {number}\n\n"))
            });
            ([("content-type", "text/event-stream")], Body::from_stream(events))
        }),
    );
    Served::new(router).await
}

/// Reads some events, cuts the wire, and tells how the stream goes on: at the number after the last one, or not.
async fn over_a_wire_that_dies(wire: &Wire, events: &mut TypedSession<String>) -> Result<(), ErrorKind> {
    let mut expected = 1;
    let mut read = async |up_to: u32| {
        while expected <= up_to {
            let event = soon(events.next()).await.unwrap().map_err(|error| error.kind())?;
            assert_eq!(event.data, expected.to_string());
            expected += 1;
        }
        Ok(())
    };
    read(5).await?;
    wire.cut();
    read(60).await
}

fn patient() -> Reconnect {
    quick().max_attempts(2)
}

#[tokio::test]
async fn over_http_2_a_new_request_may_ride_on_the_dead_connection() {
    let server = numbers().await;
    let wire = Wire::to(server.address()).await;
    let mut events = open(http2_client().get(wire.url("/")).sse().reconnect(patient()).idle_timeout(TIMEOUT)).await;
    assert_eq!(over_a_wire_that_dies(&wire, &mut events).await, Err(ErrorKind::IdleTimeout));
    assert_eq!(wire.opened(), 1, "this is why there are cures");
}

#[tokio::test]
async fn keep_alive_of_the_client_frees_a_stream_from_a_dead_connection_over_http_2() {
    let server = numbers().await;
    let wire = Wire::to(server.address()).await;
    let client = Client::builder()
        .no_proxy()
        .http2_prior_knowledge()
        .http2_keep_alive_interval(TIMEOUT / 4)
        .http2_keep_alive_timeout(TIMEOUT / 4)
        .build()
        .unwrap();
    let session = client.get(wire.url("/")).sse().reconnect(patient()).idle_timeout(TIMEOUT * 2);
    let mut events = open(session).await;
    assert_eq!(over_a_wire_that_dies(&wire, &mut events).await, Ok(()));
    assert_eq!(wire.opened(), 2);
}

#[tokio::test]
async fn a_fresh_client_for_each_request_frees_a_stream_from_a_dead_connection_over_http_2() {
    let server = numbers().await;
    let wire = Wire::to(server.address()).await;
    let url = wire.url("/");
    let session = sse_typed::session(move |attempt| {
        let request = attempt.apply(http2_client().get(&url));
        async move { Ok(request.send().await?) }
    });
    let mut events = open(session.reconnect(patient()).idle_timeout(TIMEOUT)).await;
    assert_eq!(over_a_wire_that_dies(&wire, &mut events).await, Ok(()));
    assert_eq!(wire.opened(), 2);
}

#[tokio::test]
async fn a_stream_of_ones_own_may_have_an_idle_timeout_too() {
    let bytes = stream::iter([Ok::<_, std::io::Error>("data: 1\n\n")]).chain(stream::pending());
    let config = sse_typed::SessionConfig::new().idle_timeout(ms(50));
    let mut events = sse_typed::Session::from_stream(bytes).config(config).incoming::<String>();
    assert_eq!(texts(&mut events).await, [Ok("1".to_owned()), Err(ErrorKind::IdleTimeout)]);
}

#[tokio::test]
async fn a_timeout_of_next_to_nothing_passes_as_any_other() {
    for timeout in [0, 1, 2, 3, 4, 5, 8, 13].map(ms) {
        let bytes = stream::pending::<Result<&str, std::io::Error>>();
        let config = sse_typed::SessionConfig::new().idle_timeout(timeout);
        let mut events = sse_typed::Session::from_stream(bytes).config(config).incoming::<String>();
        assert_eq!(texts(&mut events).await, [Err(ErrorKind::IdleTimeout)], "{timeout:?}");

        let server = Server::scripted([Script::new().hold()]).await;
        let error = soon(client().get(server.url("/")).sse().idle_timeout(timeout).connect()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::IdleTimeout, "{timeout:?}");
    }
}

/// A stream of which nothing comes, and after which time its reader found that out, if it did within a day.
async fn found_out(timeout: u64, read: impl AsyncFnOnce(&mut TypedSession<String>)) -> Option<Duration> {
    let bytes = stream::pending::<Result<&str, std::io::Error>>();
    let config = sse_typed::SessionConfig::new().idle_timeout(ms(timeout));
    let mut events = sse_typed::Session::from_stream(bytes).config(config).incoming::<String>();
    let began = tokio::time::Instant::now();
    tokio::time::timeout(ms(24 * 3_600_000), read(&mut events)).await.ok().map(|()| began.elapsed())
}

#[tokio::test(start_paused = true)]
async fn silence_is_noticed_though_its_reader_has_something_else_to_do_now_and_then() {
    for (period, work, timeout) in [
        (60_000, 5_000, 45_000),
        (60_000, 5_000, 56_000),
        (60_000, 5_000, 58_000),
        (30_000, 3_000, 58_000),
        (15_000, 2_000, 44_000),
        (15_000, 2_000, 45_000),
        (10_000, 6_000, 45_000),
        (300, 250, 700),
        (300, 250, 1_040),
    ] {
        let found = found_out(timeout, async |events| {
            let mut ticks = tokio::time::interval(ms(period));
            loop {
                tokio::select! {
                    biased;
                    _ = ticks.tick() => tokio::time::sleep(ms(work)).await,
                    item = events.next() => break assert_eq!(item.unwrap().unwrap_err().kind(), ErrorKind::IdleTimeout),
                }
            }
        })
        .await;
        let found = found.unwrap_or_else(|| panic!("{period} {work} {timeout}: never"));
        // What part of the time it waits, it takes as much longer.
        let most = ms(timeout + period) * u32::try_from(period).unwrap() / u32::try_from(period - work).unwrap();
        assert!(found >= ms(timeout) && found <= most, "{period} {work} {timeout}: {found:?}, {most:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn silence_is_noticed_by_who_only_looks_in() {
    for rest in [1, 20, 99, 101, 250, 2_000] {
        let found = found_out(10_000, async |events| {
            while futures::FutureExt::now_or_never(events.next()).is_none() {
                tokio::time::sleep(ms(rest)).await;
            }
        })
        .await;
        let found = found.unwrap_or_else(|| panic!("looking in each {rest} ms: never"));
        assert!(found >= ms(9_900) && found <= ms(20_000), "looking in each {rest} ms: {found:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn one_long_absence_is_no_silence() {
    let found = found_out(10_000, async |events| {
        assert!(futures::FutureExt::now_or_never(events.next()).is_none());
        tokio::time::sleep(ms(1_000_000)).await;
        assert!(events.next().await.unwrap().is_err());
    })
    .await;
    // An eighth of the timeout is all that an absence counts for.
    assert!(found.unwrap() >= ms(1_000_000 + 8_700), "{found:?}");
}

#[tokio::test(start_paused = true)]
async fn an_empty_chunk_is_no_sign_of_life() {
    let bytes = stream::unfold((), |()| async {
        tokio::time::sleep(ms(100)).await;
        Some((Ok::<_, std::io::Error>(""), ()))
    });
    let config = sse_typed::SessionConfig::new().idle_timeout(ms(1_000));
    let mut events = sse_typed::Session::from_stream(bytes).config(config).incoming::<String>();
    assert_eq!(soon(events.next()).await.unwrap().unwrap_err().kind(), ErrorKind::IdleTimeout);
}

#[test]
fn bytes_that_came_in_time_are_no_silence_though_the_thread_was_busy_at_its_end() {
    let elsewhere = elsewhere();
    let timeout = ms(400);
    let runtimes: [fn() -> tokio::runtime::Runtime; 2] = [
        || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap(),
        || tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap(),
    ];
    for (runtime, spawned, stall) in [(0, false, 60), (0, true, 130), (1, true, 60), (1, true, 130), (1, false, 130)] {
        let runtime = runtimes[runtime]();
        for _ in 0..3 {
            let script =
                Script::events("data: 1\n\n").sleep(ms(365)).send(":\n").sleep(ms(150)).send("data: 2\n\n").hold();
            let server = elsewhere.block_on(Server::scripted([script]));
            let read = async move {
                let mut events = open(client().post(server.url("/")).sse().idle_timeout(timeout)).await;
                assert_eq!(next(&mut events).await, "1");
                for _ in 0..2 {
                    // Each thread that the runtime has is busy when the bytes come, and when the time is over.
                    tokio::spawn(async move {
                        tokio::time::sleep(ms(355)).await;
                        std::thread::sleep(ms(stall));
                    });
                }
                let item = soon(events.next()).await.unwrap();
                assert_eq!(item.map(|event| event.data).map_err(|error| error.kind()), Ok("2".to_owned()));
            };
            if spawned {
                runtime.block_on(async { soon(tokio::spawn(read)).await.unwrap() });
            } else {
                runtime.block_on(read);
            }
        }
    }
}

#[tokio::test]
async fn nothing_without_end_is_silence() {
    let bytes = stream::repeat_with(|| Ok::<_, std::io::Error>(""));
    let config = sse_typed::SessionConfig::new().idle_timeout(ms(100));
    let mut events = sse_typed::Session::from_stream(bytes).config(config).incoming::<String>();
    assert_eq!(soon(events.next()).await.unwrap().unwrap_err().kind(), ErrorKind::IdleTimeout);
}
