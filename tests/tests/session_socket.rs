//! What the server sees of a session: that it is left, and that it is slowed down.

use std::convert::Infallible;
use std::io;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::routing::{get, post};
use futures::stream::{self, StreamExt as _};
use sse_typed::{Data, Dispatch, Error, ErrorKind, Frame, Reconnect, RequestBuilderExt, Session, SseEvents, State};
use sse_typed_tests::seen::{Reply, assert_stops_while_nobody_polls, good, next, texts};
use sse_typed_tests::server::{
    EVENT, OnDrop, Script, Served, Server, client, endless, http2_client, ms, numbered, settled, soon,
};
use tokio::sync::watch;

async fn open(server: &Server) -> Session {
    soon(client().get(server.url("/")).sse().connect()).await.unwrap()
}

#[tokio::test]
async fn dropping_a_session_closes_its_socket() {
    let server = Server::scripted(vec![Script::events("data: 1\n\n").hold(); 4]).await;
    drop(open(&server).await);
    server.left(0).await;

    let mut events = open(&server).await.incoming::<String>();
    next(&mut events).await;
    let handle = events.handle();
    drop(events);
    server.left(1).await;
    assert_eq!(handle.state(), State::Closed);
    assert!(!handle.reconnect());
    assert_eq!(soon(handle.state_changed()).await, State::Closed);

    // In the middle of a read.
    let mut events = open(&server).await.incoming::<String>();
    next(&mut events).await;
    let reading = tokio::spawn(async move { events.next().await.is_none() });
    tokio::time::sleep(ms(20)).await;
    assert!(!server.was_left(2));
    reading.abort();
    server.left(2).await;

    let mut ahead = open(&server).await.incoming::<String>().read_ahead(8);
    assert_eq!(soon(ahead.next()).await.unwrap().unwrap().data, "1");
    drop(ahead);
    server.left(3).await;
    server.idle().await;
}

#[tokio::test]
async fn dropping_a_session_over_http_2_resets_its_stream_and_no_other() {
    let (server, dropped, _) = endless().await;
    let client = http2_client();
    let open = || async { soon(client.get(server.url("/")).sse().connect()).await.unwrap().incoming::<String>() };
    let (mut first, mut second, mut third) = (open().await, open().await, open().await);
    next(&mut first).await;
    next(&mut second).await;
    next(&mut third).await;
    drop(first);
    soon(dropped.subscribe().wait_for(|dropped| *dropped == 1)).await.unwrap();
    let handle = second.handle();
    handle.close();
    assert!(soon(second.next()).await.is_none());
    soon(dropped.subscribe().wait_for(|dropped| *dropped == 2)).await.unwrap();
    for _ in 0..1000 {
        next(&mut third).await;
    }
    assert_eq!(*dropped.borrow(), 2);
}

#[tokio::test]
async fn a_done_event_resets_the_stream_over_http_2_while_the_session_is_still_held() {
    let dropped = Arc::new(watch::Sender::new(0));
    let on_drop = dropped.clone();
    let router = Router::new().route(
        "/",
        get(move || {
            let on_drop = on_drop.clone();
            async move {
                let guard = OnDrop(move || on_drop.send_modify(|dropped| *dropped += 1));
                let body = stream::unfold((guard, false), |(guard, sent)| async move {
                    if sent {
                        std::future::pending::<()>().await;
                    }
                    Some((Ok::<_, Infallible>("data: [DONE]\n\n"), (guard, true)))
                });
                ([("content-type", "text/event-stream")], Body::from_stream(body))
            }
        }),
    );
    let server = Served::new(router).await;
    let session = soon(http2_client().get(server.url("/")).sse().connect()).await.unwrap();
    let mut events = session.incoming::<Reply>();
    assert_eq!(next(&mut events).await, Reply::Done);
    soon(dropped.subscribe().wait_for(|dropped| *dropped == 1)).await.unwrap();
    assert!(soon(events.next()).await.is_none());
}

#[tokio::test]
async fn a_server_that_writes_without_end_stops_while_nobody_polls() {
    let sent = Arc::default();
    let server = Server::scripted([Script::stream().flood(EVENT.repeat(100), &sent)]).await;
    let mut events = open(&server).await.incoming::<String>();
    next(&mut events).await;
    let before = assert_stops_while_nobody_polls(&mut events, &sent).await;
    let after = soon(settled(&sent)).await;
    assert!(after > before && after < 192 << 20, "{after} bytes");
}

#[tokio::test]
async fn a_server_over_http_2_that_writes_without_end_stops_while_nobody_polls() {
    let (server, _, sent) = endless().await;
    let session = soon(http2_client().get(server.url("/")).sse().connect()).await.unwrap();
    let mut events = session.incoming::<String>();
    next(&mut events).await;
    assert_stops_while_nobody_polls(&mut events, &sent).await;
}

#[tokio::test]
async fn reading_ahead_yields_the_same_items_in_the_same_order() {
    let text = numbered(0..=499, "");
    for ahead in [0, 1, 7, usize::MAX] {
        let script = Script::stream().drip(text.clone(), 777, ms(0)).send("data: half");
        let server = Server::scripted([script]).await;
        let session = client().get(server.url("/")).sse().reconnect(Reconnect::never()).connect();
        let mut events = soon(session).await.unwrap().incoming::<String>().read_ahead(ahead);
        for n in 0..500 {
            let event = soon(events.next()).await.unwrap().unwrap();
            assert_eq!((event.data, &*event.id), (n.to_string(), &*n.to_string()), "{ahead} ahead");
        }
        let error = soon(events.try_next()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Incomplete);
        for _ in 0..3 {
            assert!(soon(events.next()).await.is_none());
        }
        assert_eq!(soon(events.handle().state_changed()).await, State::Closed);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_waits_gets_all_that_was_read_ahead_though_nothing_follows() {
    for (ahead, count) in [1, 5, 64].into_iter().flat_map(|ahead| (1..=40).map(move |count| (ahead, count))) {
        for chunks in [vec![numbered(0..=count - 1, "")], (0..count).map(|n| numbered(n..=n, "")).collect()] {
            let (sender, bytes) = futures::channel::mpsc::unbounded();
            let mut events = Session::from_stream(bytes).incoming::<String>().read_ahead(ahead);
            let reading = tokio::spawn(async move {
                for n in 0..count {
                    let event = soon(events.next()).await.unwrap().unwrap();
                    assert_eq!(event.data, n.to_string(), "of {count}, {ahead} ahead");
                }
            });
            tokio::task::yield_now().await;
            for chunk in chunks {
                sender.unbounded_send(Ok::<_, io::Error>(chunk)).unwrap();
            }
            soon(reading).await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_waits_gets_what_was_read_ahead_while_the_next_item_takes_its_time() {
    let (seen, first) = std::sync::mpsc::channel();
    let first = Mutex::new(first);
    let bytes = stream::iter([Ok::<_, io::Error>("data: 1\n\ndata: 2\n\n")]).chain(stream::pending());
    let session = Session::from_stream(bytes).deserialize_with(move |data, target| {
        if data == "1" {
            // So that the consumer waits.
            std::thread::sleep(ms(20));
        } else {
            first.lock().unwrap().recv_timeout(ms(5000))?;
        }
        target.fill(&mut serde_json::Deserializer::from_str(data))
    });
    let mut events = session.incoming::<Data<u8>>().read_ahead(8);
    // Not in a task: tokio has one that is woken run next where the one that woke it runs.
    assert_eq!(*soon(events.next()).await.unwrap().unwrap().data, 1);
    seen.send(()).unwrap();
    assert_eq!(*soon(events.next()).await.unwrap().unwrap().data, 2);
}

#[tokio::test]
async fn reading_ahead_goes_as_far_as_it_was_told_and_no_further() {
    let text = numbered(0..=499, "");
    for ahead in [1, 2, 16] {
        let server = Server::scripted([Script::events(text.clone()).hold()]).await;
        let mut events = open(&server).await.incoming::<String>().read_ahead(ahead);
        let handle = events.handle();
        let reached = |id: usize| {
            let handle = handle.clone();
            async move {
                while *handle.last_event_id() != *id.to_string() {
                    tokio::time::sleep(ms(1)).await;
                }
            }
        };
        soon(reached(ahead - 1)).await;
        tokio::time::sleep(ms(30)).await;
        assert_eq!(*handle.last_event_id(), *(ahead - 1).to_string());
        for taken in 1..=50 {
            assert_eq!(soon(events.next()).await.unwrap().unwrap().data, (taken - 1).to_string());
            soon(reached(ahead - 1 + taken)).await;
        }
        tokio::time::sleep(ms(30)).await;
        assert_eq!(*handle.last_event_id(), *(ahead + 49).to_string());
    }
}

#[tokio::test]
async fn back_pressure_reaches_the_server_through_what_is_read_ahead() {
    let sent = Arc::default();
    let server = Server::scripted([Script::stream().flood(EVENT.repeat(100), &sent)]).await;
    let mut events = open(&server).await.incoming::<String>().read_ahead(16);
    assert!(soon(events.next()).await.unwrap().is_ok());
    let before = soon(settled(&sent)).await;
    assert!(before < 64 << 20, "{before} bytes");
    // At once, though there is no room and nobody takes an item.
    events.handle().close();
    server.left(0).await;
    // What was read is still yielded: then the end.
    let mut rest = 0;
    while let Some(item) = soon(events.next()).await {
        assert!(item.is_ok());
        rest += 1;
    }
    assert!(rest <= 16, "{rest} events");
}

/// A type that panics, as a deserializer of the user's may.
#[derive(Debug)]
struct Panics;

impl<D> SseEvents<D> for Panics {
    fn from_frame(frame: Frame<'_>, _: &D) -> Result<Dispatch<Self>, Error> {
        match frame {
            Frame::Event(event) if event.data() == "2" => panic!("cannot read 2"),
            Frame::Event(_) => Ok(Dispatch::value(Self)),
            _ => Ok(Dispatch::skip()),
        }
    }
}

#[tokio::test]
async fn a_panic_on_the_way_to_an_item_reaches_the_consumer_also_where_it_is_read_ahead() {
    let script = Script::events("data: 1\n\ndata: 2\n\ndata: 3\n\n").hold();
    for ahead in [false, true] {
        let server = Server::scripted([script.clone()]).await;
        let mut events = open(&server).await.incoming::<Panics>();
        let consumer = tokio::spawn(async move {
            if ahead {
                let mut events = events.read_ahead(8);
                while events.next().await.is_some() {}
            } else {
                while events.next().await.is_some() {}
            }
        });
        let panic = soon(consumer).await.expect_err("a quiet end would look like one of the stream").into_panic();
        assert_eq!(panic.downcast_ref(), Some(&"cannot read 2"), "{ahead}");
        server.left(0).await;
    }
}

#[tokio::test]
async fn a_stream_over_http_2_that_the_server_breaks_is_broken_and_one_that_it_ends_has_ended() {
    for breaks in [true, false] {
        let router = Router::new().route(
            "/",
            post(move || async move {
                let end = breaks.then(|| Err(std::io::Error::other("out of luck")));
                let pieces = [Ok("data: 1\n\n"), Ok("data: 2\n\n")].into_iter().chain(end);
                let body = stream::iter(pieces).then(|piece| async {
                    tokio::time::sleep(ms(50)).await;
                    piece
                });
                ([("content-type", "text/event-stream")], Body::from_stream(body))
            }),
        );
        let server = Served::new(router).await;
        let session = soon(http2_client().post(server.url("/")).sse().connect()).await.unwrap();
        let mut expected = good(["1", "2"]);
        expected.extend(breaks.then_some(Err(ErrorKind::Transport)));
        assert_eq!(texts(&mut session.incoming()).await, expected);
    }
}

#[tokio::test]
async fn early_hints_and_trailers_are_no_part_of_the_stream() {
    let hints = "HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n";
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    let script = Script::new().send(hints).send(head).chunk("data: 1\n\n").send("0\r\nx-checksum: data\r\n\r\n");
    let server = Server::scripted([script]).await;
    let session = soon(client().post(server.url("/")).sse().connect()).await.unwrap();
    assert_eq!(texts(&mut session.incoming()).await, good(["1"]));
}

#[test]
fn a_runtime_that_ends_is_no_end_of_what_it_read_ahead() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let mut events = runtime.block_on(async {
        let bytes = stream::iter([Ok::<_, io::Error>("data: 1\n\n")]).chain(stream::pending());
        let mut events = Session::from_stream(bytes).incoming::<Reply>().read_ahead(4);
        assert_eq!(soon(events.next()).await.unwrap().unwrap().data, Reply::Part("1".into()));
        events
    });
    let handle = events.handle();
    runtime.shutdown_timeout(ms(10_000));
    let elsewhere = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    elsewhere.block_on(async {
        let error = soon(events.next()).await.unwrap().unwrap_err();
        assert_eq!((error.kind(), error.is_final()), (ErrorKind::Transport, true));
        assert!(soon(events.next()).await.is_none());
    });
    assert_eq!(handle.state(), State::Closed);
}
