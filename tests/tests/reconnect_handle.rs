//! Sessions that are controlled from other tasks, and `next()` futures that are dropped.

use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use futures::stream::FusedStream as _;
use sse_typed::{Error, ErrorKind, Reconnect, RequestBuilderExt, SessionHandle, State, TypedSession};
use sse_typed_tests::seen::{Seen, good, next, texts, waits};
use sse_typed_tests::server::{Request, Script, Server, client, lock, ms, numbered, soon};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

const NEVER: Duration = ms(60 * 60 * 1000);

fn quick() -> Reconnect {
    Reconnect::default().delay(ms(1)).max_delay(ms(8)).server_retry(ms(1)..=ms(8))
}

async fn get(server: &Server, policy: Reconnect) -> TypedSession<String> {
    soon(client().get(server.url("/")).sse().reconnect(policy).connect()).await.unwrap().incoming()
}

async fn reach(handle: &SessionHandle, reached: impl Fn(State) -> bool) {
    soon(async {
        while !reached(handle.state()) {
            handle.state_changed().await;
        }
    })
    .await;
}

/// A task that reads a stream to its end, and returns it with what it read.
type Reading = JoinHandle<(TypedSession<String>, Vec<Result<String, Error>>)>;

/// Waits for the end of a stream in a task of its own, and keeps the session.
fn reading(mut events: TypedSession<String>) -> Reading {
    tokio::spawn(async move {
        let mut items = Vec::new();
        while let Some(item) = events.next().await {
            items.push(item.map(|event| event.data));
        }
        (events, items)
    })
}

/// Closes a session that another task reads, and sees that this is the end of it.
async fn close(handle: &SessionHandle, reading: Reading) {
    handle.close();
    let (mut events, items) = soon(reading).await.unwrap();
    assert!(items.iter().all(Result::is_ok), "it ends quietly: {items:?}");
    assert_eq!(handle.state(), State::Closed);
    assert_eq!(soon(handle.state_changed()).await, State::Closed);
    assert!(!handle.reconnect());
    assert!(events.is_terminated());
    assert_eq!(texts(&mut events).await, []);
    // Any number of times.
    handle.close();
    assert_eq!(texts(&mut events).await, []);
}

#[tokio::test]
async fn closing_ends_a_session_that_reads() {
    let server = Server::scripted([Script::events("data: 1\n\n").hold()]).await;
    let events = get(&server, quick()).await;
    let handle = events.handle();
    let reading = reading(events);
    tokio::time::sleep(ms(20)).await;
    assert!(!server.was_left(0));
    close(&handle, reading).await;
    server.left(0).await;
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn closing_ends_a_session_that_waits() {
    let server = Server::scripted([Script::events("data: 1\n\n")]).await;
    let events = get(&server, quick().delay(NEVER)).await;
    let handle = events.handle();
    let reading = reading(events);
    reach(&handle, |state| matches!(state, State::Waiting { attempt: 1, .. })).await;
    close(&handle, reading).await;
    server.idle().await;
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn closing_ends_a_session_that_connects() {
    let head = Script::head("503 Busy", "content-length: 9\r\n").send("why").hold();
    for script in [Script::new().hold(), Script::new().send("HTTP/1.1 2").hold(), head] {
        let server = Server::scripted([Script::events("data: 1\n\n"), script]).await;
        let events = get(&server, quick()).await;
        let handle = events.handle();
        let reading = reading(events);
        server.asked(2).await;
        assert_eq!(handle.state(), State::Connecting { attempt: 1 });
        close(&handle, reading).await;
        server.left(1).await;
        assert_eq!(server.count(), 2);
    }
}

#[tokio::test]
async fn closing_drops_what_was_received_and_not_yet_yielded() {
    let server = Server::scripted([Script::events("id: 1\ndata: 1\n\nid: 2\ndata: 2\n\n").hold()]).await;
    let mut events = get(&server, quick()).await;
    let handle = events.handle();
    assert_eq!(next(&mut events).await, "1");
    handle.close();
    assert_eq!(texts(&mut events).await, []);
    assert_eq!((&**events.last_event_id(), &*handle.last_event_id()), ("1", "1"), "what was not yielded is asked for");
    server.left(0).await;

    let server = Server::scripted([Script::events("data: 1\n\n").hold()]).await;
    let mut events = get(&server, quick()).await;
    events.handle().close();
    assert_eq!(texts(&mut events).await, []);
    server.left(0).await;
}

#[tokio::test]
async fn closing_one_session_leaves_others_alone() {
    let server = Server::scripted(vec![Script::events("data: 1\n\n").hold(); 2]).await;
    let (first, mut second) = (get(&server, quick()).await, get(&server, quick()).await);
    first.handle().clone().close();
    assert_eq!(texts(&mut { first }).await, []);
    server.left(0).await;
    assert_eq!(next(&mut second).await, "1");
    assert_eq!(second.handle().state(), State::Open);
    assert!(!server.was_left(1));
}

#[tokio::test]
async fn a_handle_reconnects_a_session_that_reads_and_it_comes_back_with_the_id() {
    let server = Server::scripted([
        Script::events("id: 1\ndata: 1\n\nid: 9\ndata: cut").hold(),
        Script::events("id: 2\ndata: 2\n\n").hold(),
    ])
    .await;
    // No wait: it would take an hour.
    let mut events = get(&server, quick().delay(NEVER)).await;
    let handle = events.handle();
    assert_eq!(next(&mut events).await, "1");
    let reader = tokio::spawn(async move {
        let event = next(&mut events).await;
        (events, event)
    });
    tokio::time::sleep(ms(20)).await;
    assert!(handle.reconnect());
    server.left(0).await;
    let (events, event) = soon(reader).await.unwrap();
    assert_eq!(event, "2");
    assert_eq!(server.last_event_ids(), [None, Some("1".to_owned())]);
    assert_eq!(events.connection().unwrap().attempt(), 1);
    assert_eq!(handle.state(), State::Open);
}

#[tokio::test]
async fn events_that_were_received_are_yielded_before_a_handle_reconnects() {
    let server = Server::scripted([
        Script::events("id: 1\ndata: 1\n\nid: 2\ndata: 2\n\nid: 3\ndata: 3\n\n").hold(),
        Script::events("id: 4\ndata: 4\n\n").hold(),
    ])
    .await;
    let mut events = get(&server, quick()).await;
    assert_eq!(next(&mut events).await, "1");
    assert!(events.handle().reconnect());
    for expected in ["2", "3", "4"] {
        assert_eq!(next(&mut events).await, expected);
    }
    assert_eq!(server.last_event_ids(), [None, Some("3".to_owned())]);
}

#[tokio::test]
async fn a_handle_cuts_a_wait_short() {
    let server = Server::scripted([Script::events("data: 1\n\n"), Script::events("data: 2\n\n").hold()]).await;
    let mut events = get(&server, quick().delay(NEVER)).await;
    let handle = events.handle();
    assert_eq!(next(&mut events).await, "1");
    let reader = tokio::spawn(async move { next(&mut events).await });
    reach(&handle, |state| matches!(state, State::Waiting { .. })).await;
    assert!(handle.reconnect());
    assert_eq!(soon(reader).await.unwrap(), "2");
    assert_eq!(server.count(), 2);
}

#[tokio::test]
async fn a_handle_replaces_a_request_that_hangs() {
    let server = Server::scripted([
        Script::events("id: 1\ndata: 1\n\n"),
        Script::new().hold(),
        Script::events("data: 2\n\n").hold(),
    ])
    .await;
    let mut events = get(&server, quick()).await;
    let handle = events.handle();
    assert_eq!(next(&mut events).await, "1");
    let reader = tokio::spawn(async move { next(&mut events).await });
    server.asked(2).await;
    assert!(handle.reconnect());
    assert_eq!(soon(reader).await.unwrap(), "2");
    server.left(1).await;
    assert_eq!(server.last_event_ids()[1..], vec![Some("1".to_owned()); 2]);
}

#[tokio::test]
async fn a_handle_does_not_reconnect_what_may_not_be_sent_again() {
    let server = Server::scripted(vec![Script::events("data: 1\n\n").sleep(ms(50)).send("data: 2\n\n"); 3]).await;
    let sessions = [
        client().post(server.url("/")).sse().reconnect(quick()),
        client().get(server.url("/")).sse().reconnect(Reconnect::never()),
    ];
    for session in sessions {
        let mut events = soon(session.connect()).await.unwrap().incoming();
        let handle = events.handle();
        assert!(!handle.reconnect());
        assert_eq!(next(&mut events).await, "1");
        assert!(!handle.reconnect());
        assert_eq!(texts(&mut events).await, good(["2"]));
        assert!(!handle.reconnect());
    }
    assert_eq!(server.count(), 2);
}

#[tokio::test]
async fn closing_wins_over_reconnecting() {
    for order in [true, false] {
        let server = Server::scripted([Script::events("data: 1\n\n").hold()]).await;
        let mut events = get(&server, quick()).await;
        let handle = events.handle();
        if order {
            handle.close();
        }
        handle.reconnect();
        handle.close();
        assert_eq!(texts(&mut events).await, []);
        server.left(0).await;
        assert_eq!(server.count(), 1);
    }
}

#[tokio::test]
async fn every_handle_ends_up_at_the_latest_state() {
    let server = Server::scripted([
        Script::events("data: 1\n\n"),
        Script::status("503 Busy", ""),
        Script::events("data: 2\n\n").sleep(ms(30)),
        Script::new(),
    ])
    .await;
    let mut events = get(&server, quick()).await;
    let handle = events.handle();
    assert_eq!(handle.state(), State::Open);
    let watchers: Vec<_> = (0..8_u64)
        .map(|number| {
            let handle = if number % 2 == 0 { handle.clone() } else { events.handle() };
            tokio::spawn(async move {
                let mut states = Vec::new();
                while states.last() != Some(&State::Closed) {
                    // A future that is dropped loses nothing.
                    if let Ok(state) = tokio::time::timeout(ms(number), handle.state_changed()).await {
                        assert_ne!(states.last(), Some(&state));
                        states.push(state);
                    }
                }
                states
            })
        })
        .collect();
    let waits = waits(events.handle());
    assert_eq!(texts(&mut events).await, good(["1", "2"]));
    for watcher in watchers {
        assert_eq!(soon(watcher).await.unwrap().last(), Some(&State::Closed));
    }
    let attempts: Vec<_> = lock(&waits).iter().map(|wait| wait.0).collect();
    assert_eq!(attempts[..2], [1, 2]);
    assert_eq!(handle.state(), State::Closed);
}

#[tokio::test]
async fn a_handle_tells_the_last_event_id_as_it_advances() {
    let server = Server::scripted([Script::events("id: 1\ndata: 1\n\nid: 2\ndata: 2\n\nid: 3\n\n").hold()]).await;
    let session = client().get(server.url("/")).sse().last_event_id("0").connect();
    let mut events = soon(session).await.unwrap().incoming::<String>();
    let handle = events.handle();
    assert_eq!(handle.last_event_id(), "0");
    for id in ["1", "2"] {
        let event = soon(events.next()).await.unwrap().unwrap();
        assert_eq!(event.id, id);
        assert_eq!((handle.last_event_id(), events.last_event_id()), (event.id.clone(), &event.id));
    }
}

#[tokio::test]
async fn a_session_that_is_dropped_is_closed_for_its_handles() {
    let server = Server::scripted([Script::stream().hold()]).await;
    let events = get(&server, quick()).await;
    let handle = events.handle();
    let watcher = {
        let handle = handle.clone();
        tokio::spawn(async move { handle.state_changed().await })
    };
    tokio::time::sleep(ms(10)).await;
    drop(events);
    assert_eq!(soon(watcher).await.unwrap(), State::Closed);
    handle.close();
    assert!(!handle.reconnect());
    server.left(0).await;
}

const LAST: usize = 200;

/// Serves what follows the id that was asked for, in pieces that cut events and characters, a few events at a time.
fn replay(request: &Request) -> Script {
    let after = request.last_event_id().map_or(0, |id| id.parse().unwrap());
    if after == LAST {
        return Script::no_content();
    }
    let text = numbered(after + 1..=LAST.min(after + 37), "日本 ");
    Script::stream().drip(format!("{text}: ping\nid: 999\ndata: ha"), 61, ms(1))
}

#[tokio::test]
async fn a_next_that_is_dropped_at_any_point_loses_nothing() {
    let server = Server::answering(replay).await;
    let mut events = get(&server, quick()).await;
    let mut numbers = Vec::new();
    let mut dropped = 0;
    soon(async {
        loop {
            // Polled once, then dropped: whatever it waits for, it is interrupted there.
            let polled = {
                let mut next = pin!(events.next());
                std::future::poll_fn(|cx| Poll::Ready(next.as_mut().poll(cx))).await
            };
            match polled {
                Poll::Ready(Some(item)) => numbers.push(item.unwrap().data),
                Poll::Ready(None) => break,
                Poll::Pending => {
                    dropped += 1;
                    tokio::task::yield_now().await;
                }
            }
        }
    })
    .await;
    assert_eq!(numbers, (1..=LAST).map(|n| format!("日本 {n}")).collect::<Vec<_>>());
    assert!(dropped > 10, "{dropped}");
}

#[tokio::test]
async fn a_next_inside_select_loses_nothing() {
    let server = Server::answering(replay).await;
    let mut events = get(&server, quick()).await;
    let mut numbers = Vec::new();
    let mut ticks = tokio::time::interval(Duration::from_micros(500));
    soon(async {
        loop {
            tokio::select! {
                item = events.next() => match item {
                    Some(item) => numbers.push(item.unwrap().data),
                    None => break,
                },
                _ = ticks.tick() => {}
                () = tokio::time::sleep(ms(1)) => {}
            }
        }
    })
    .await;
    assert_eq!(numbers, (1..=LAST).map(|n| format!("日本 {n}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_session_whose_type_changes_at_each_item_loses_nothing() {
    let server = Server::answering(replay).await;
    let mut session = soon(client().get(server.url("/")).sse().reconnect(quick()).connect()).await.unwrap();
    let mut numbers = Vec::new();
    loop {
        let Some(item) = soon(session.next::<String>()).await else { break };
        numbers.push(item.unwrap().data);
        let Some(item) = soon(session.next::<Seen>()).await else { break };
        if let Seen::Event(data) = item.unwrap().data {
            numbers.push(data);
        }
    }
    assert_eq!(numbers, (1..=LAST).map(|n| format!("日本 {n}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn the_task_that_waits_may_be_another_each_time() {
    let server = Server::answering(replay).await;
    let mut events = get(&server, quick()).await;
    let handle = events.handle();
    for expected in 1..=100 {
        let reader = tokio::spawn(async move {
            let event = next(&mut events).await;
            (events, event)
        });
        let (returned, event) = soon(reader).await.unwrap();
        events = returned;
        assert_eq!(event, format!("日本 {expected}"));
    }
    let reading = reading(events);
    handle.close();
    soon(reading).await.unwrap();
}

#[tokio::test]
async fn a_handle_says_why_there_is_no_stream() {
    let go_on = Arc::new(Notify::new());
    let busy = Script::head("503 Busy", "x-node: two\r\ncontent-length: 5\r\n").send("later");
    let server = Server::scripted([
        Script::events("data: 1\n\n"),
        busy,
        Script::new()
            .after(&go_on)
            .send("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: 2\n\n")
            .hold(),
    ])
    .await;
    let events = get(&server, quick().delay(ms(20)).max_delay(ms(20)).server_retry(ms(20)..=ms(20))).await;
    let handle = events.handle();
    assert!(handle.lost_to().is_none());
    let reading = reading(events);

    reach(&handle, |state| matches!(state, State::Waiting { attempt: 1, .. })).await;
    let why = handle.lost_to().unwrap();
    assert_eq!((why.kind(), why.is_final(), why.attempts()), (ErrorKind::Incomplete, false, 0));
    assert_eq!(why.to_string(), "the server ended the stream");
    reach(&handle, |state| matches!(state, State::Waiting { attempt: 2, .. })).await;
    let refusal = |why: &Error| {
        let node = why.headers().unwrap()["x-node"].to_str().unwrap().to_owned();
        assert_eq!(
            (why.status(), why.body(), &*node),
            (Some(http::StatusCode::SERVICE_UNAVAILABLE), Some("later"), "two")
        );
        assert_eq!((why.is_final(), why.attempts()), (false, 1));
    };
    refusal(&handle.lost_to().unwrap());
    reach(&handle, |state| state == State::Connecting { attempt: 2 }).await;
    refusal(&handle.lost_to().unwrap());
    go_on.notify_one();
    reach(&handle, |state| state == State::Open).await;
    assert!(handle.lost_to().is_none());

    close(&handle, reading).await;
    assert!(handle.lost_to().is_none());
    // What was told of before is still its holder's.
    assert_eq!(why.kind(), ErrorKind::Incomplete);
}

#[tokio::test]
async fn who_gives_a_stream_up_has_lost_it_to_nothing() {
    let server = Server::scripted([Script::events("data: 1\n\n").hold(), Script::new().hold()]).await;
    let mut events = get(&server, quick()).await;
    let handle = events.handle();
    assert_eq!(next(&mut events).await, "1");
    assert!(handle.reconnect());
    let reading = reading(events);
    reach(&handle, |state| state == State::Connecting { attempt: 1 }).await;
    assert!(handle.lost_to().is_none());
    close(&handle, reading).await;
}

#[tokio::test]
async fn a_handle_knows_the_connection_and_the_counters_also_of_what_is_read_ahead() {
    let server = Server::scripted([
        Script::head("200 OK", "content-type: text/event-stream\r\nx-node: one\r\n").send(": hi\n\ndata: 1\n\n"),
        Script::head("200 OK", "content-type: text/event-stream\r\nx-node: two\r\n")
            .send("data: 2\n\ndata: 3\n\n")
            .hold(),
    ])
    .await;
    let events = get(&server, quick()).await;
    let first = events.handle();
    assert_eq!(first.connection().unwrap().headers()["x-node"], "one");
    assert_eq!(first.stats(), events.stats());
    let mut ahead = events.read_ahead(8);
    for expected in ["1", "2", "3"] {
        assert_eq!(soon(ahead.next()).await.unwrap().unwrap().data, expected);
    }
    for handle in [first, ahead.handle()] {
        let settled = async {
            while handle.stats().events < 3 {
                tokio::task::yield_now().await;
            }
        };
        soon(settled).await;
        let stats = handle.stats();
        assert_eq!((stats.bytes, stats.events, stats.comments, stats.reconnects), (6 + 3 * 9, 3, 1, 1));
        let connection = handle.connection().unwrap();
        assert_eq!((&connection.headers()["x-node"], connection.attempt()), (&"two".parse().unwrap(), 1));
    }
    let handle = ahead.handle();
    drop(ahead);
    server.left(1).await;
    reach(&handle, |state| state == State::Closed).await;
    assert_eq!((handle.stats().events, handle.connection().is_some()), (3, true));
}

/// Asks for `reconnect` at each event, and again a little later, or at each wait; how many requests that came to.
async fn pressed(reply: Script, press: impl Fn(SessionHandle)) -> usize {
    let server = Server::answering(move |_| reply.clone()).await;
    let policy = Reconnect::default().delay(ms(1)).max_attempts(2);
    let session = client().get(server.url("/")).sse().reconnect(policy);
    let Ok(session) = soon(session.connect()).await else { return server.count() };
    let mut events = session.incoming::<String>();
    press(events.handle());
    let _ = tokio::time::timeout(ms(1000), async {
        while let Some(Ok(_)) = events.next().await {
            press(events.handle());
        }
    })
    .await;
    server.count()
}

#[tokio::test]
async fn however_often_it_is_asked_for_open_streams_are_replaced_at_their_pace() {
    let count = pressed(Script::events("data: 1\n\n").hold(), |handle| {
        handle.reconnect();
        tokio::spawn(async move {
            tokio::time::sleep(ms(2)).await;
            handle.reconnect();
        });
    })
    .await;
    assert!((2..=13).contains(&count), "{count} in a second");
}

#[tokio::test]
async fn a_server_that_is_slow_to_answer_is_reached_all_the_same() {
    let count = pressed(Script::new().sleep(ms(30)).send(EVENT_STREAM_HEAD).send("data: 1\n\n").hold(), |handle| {
        tokio::spawn(async move {
            for _ in 0..100 {
                tokio::time::sleep(ms(5)).await;
                handle.reconnect();
            }
        });
    })
    .await;
    assert!((2..=13).contains(&count), "{count} in a second");
}

const EVENT_STREAM_HEAD: &str = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: text/event-stream\r\n\r\n";

#[tokio::test]
async fn what_a_handle_asks_for_while_a_session_waits_is_no_failed_attempt() {
    let mut requests = 0;
    let server = Server::answering(move |_| {
        requests += 1;
        match requests {
            1 => Script::events("data: 1\n\n"),
            2..=6 => Script::status("503 Busy", ""),
            _ => Script::events("data: 2\n\n").hold(),
        }
    })
    .await;
    let policy = Reconnect::default().delay(ms(60_000)).max_attempts(2).server_retry(ms(10)..=ms(60_000));
    let mut events = get(&server, policy).await;
    let handle = events.handle();
    tokio::spawn({
        let handle = handle.clone();
        async move {
            loop {
                match handle.state_changed().await {
                    State::Waiting { delay, .. } if delay > ms(1000) => assert!(handle.reconnect()),
                    State::Closed => break,
                    _ => {}
                }
            }
        }
    });
    assert_eq!(next(&mut events).await, "1");
    assert_eq!(next(&mut events).await, "2");
    assert_eq!(server.count(), 7);
}

#[tokio::test]
async fn a_handle_does_not_keep_the_waker_of_a_session_that_is_gone() {
    struct Woken;
    impl std::task::Wake for Woken {
        fn wake(self: Arc<Self>) {}
    }
    let server = Server::scripted([Script::events("data: 1\n\n").hold()]).await;
    let mut events = get(&server, quick()).await;
    let handle = events.handle();
    assert_eq!(next(&mut events).await, "1");
    let woken = Arc::new(Woken);
    let waker = woken.clone().into();
    let mut context = std::task::Context::from_waker(&waker);
    assert!(pin!(events.next()).poll(&mut context).is_pending());
    drop(waker);
    assert!(Arc::strong_count(&woken) > 1);
    drop(events);
    server.left(0).await;
    assert_eq!(Arc::strong_count(&woken), 1);
    drop(handle);
}

#[tokio::test]
async fn what_is_asked_for_while_an_attempt_is_young_happens_though_it_fails() {
    let refusal = Script::head("503 Busy", "content-length: 10\r\n").send("ab").hold();
    for failing in [Script::new().sleep(ms(60)), Script::new().sleep(ms(60)).send("HTTP/1.1 503 Busy\r\n\r\n"), refusal]
    {
        let server =
            Server::scripted([Script::events("data: 1\n\n"), failing, Script::events("data: 2\n\n").hold()]).await;
        let policy = Reconnect::default().delay(ms(60_000)).server_retry(ms(100)..=ms(60_000));
        let mut events = get(&server, policy).await;
        let handle = events.handle();
        assert_eq!(next(&mut events).await, "1");
        let reader = tokio::spawn(async move { next(&mut events).await });
        reach(&handle, |state| matches!(state, State::Waiting { attempt: 1, .. })).await;
        assert!(handle.reconnect());
        server.asked(2).await;
        // Before it has failed.
        tokio::time::sleep(ms(10)).await;
        assert!(handle.reconnect());
        assert_eq!(soon(reader).await.unwrap(), "2");
        assert_eq!(server.count(), 3);
    }
}
