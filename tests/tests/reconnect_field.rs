//! What other clients get wrong, one test for each fault that a client can have.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use sse_typed::{Data, ErrorKind, Reconnect, RequestBuilderExt, State, TypedSession};
use sse_typed_tests::seen::{Known, drain, good, next, texts, waits};
use sse_typed_tests::server::{ClosedPort, Script, Server, client, lock, ms, soon};

fn quick() -> Reconnect {
    Reconnect::default().delay(ms(1)).max_delay(ms(8)).server_retry(ms(1)..=ms(8))
}

async fn get(server: &Server) -> TypedSession<String> {
    soon(client().get(server.url("/")).sse().reconnect(quick()).connect()).await.unwrap().incoming()
}

/// What a session that reconnects makes of this.
async fn read(script: Script) -> Vec<Result<String, ErrorKind>> {
    texts(&mut get(&Server::scripted([script]).await).await).await
}

#[tokio::test]
async fn a_bom_makes_no_panic_and_is_dropped_on_each_connection() {
    let script = Script::events("\u{feff}data: 1\n\n\u{feff}data: not a field\n\n");
    let server = Server::scripted([script.clone(), script]).await;
    assert_eq!(texts(&mut get(&server).await).await, good(["1", "1"]));
}

#[tokio::test]
async fn a_malformed_byte_neither_stalls_the_stream_nor_ends_it_nor_is_told_at_each_poll() {
    let script = Script::events(&b"data: a\xffb\n\n: \xc3\n\ndata: \xe6\x97\n\n\xff: x\n\ndata: end\n\n"[..]);
    assert_eq!(read(script).await, good(["a\u{fffd}b", "\u{fffd}", "end"]));
}

#[tokio::test]
async fn a_stream_of_cr_or_crlf_has_events() {
    for end in ["\n", "\r", "\r\n"] {
        let bytes = "event: x\ndata: 1\ndata: 2\n\n: c\ndata: 3\n\n".replace('\n', end);
        assert_eq!(read(Script::events(bytes)).await, good(["1\n2", "3"]), "{end:?}");
    }
}

#[tokio::test]
async fn a_crlf_that_is_cut_is_one_line_end() {
    let text = "data: 1\r\ndata: 2\r\n\r\ndata: 3\r\n\r\n";
    for cut in 0..text.len() {
        let (before, after) = text.split_at(cut);
        assert_eq!(read(Script::events(before).sleep(ms(2)).send(after)).await, good(["1\n2", "3"]), "cut at {cut}");
    }
}

#[tokio::test]
async fn an_event_that_ends_in_cr_does_not_wait_for_the_next_byte() {
    let server = Server::scripted([Script::events("data: 1\r\r").hold()]).await;
    assert_eq!(next(&mut get(&server).await).await, "1");
}

#[tokio::test]
async fn a_retry_is_digits_counts_without_data_and_zero_is_no_hot_loop() {
    for (retry, delay) in [("retry: +5", 20), ("retry: 30", 30), ("retry: 0", 10)] {
        let server = Server::scripted([Script::events(format!("{retry}\n\n")), Script::stream()]).await;
        let policy = Reconnect::default().delay(ms(20)).server_retry(ms(10)..=ms(500));
        let session = client().get(server.url("/")).sse().reconnect(policy);
        let mut events = soon(session.connect()).await.unwrap().incoming();
        let waits = waits(events.handle());
        texts(&mut events).await;
        let [first, second] = lock(&waits)[..] else { panic!("two waits") };
        assert!(first.1 >= ms(delay) && first.1 <= ms(delay) * 5 / 4, "{retry}: {first:?}");
        assert!(second.1 >= ms(delay) * 2, "{retry}: {second:?}");
    }
}

#[tokio::test]
async fn a_line_of_4_mib_in_chunks_of_1_kib_and_40_000_events_in_one_chunk_are_read_in_passing() {
    let line = "x".repeat(4 << 20);
    let mut script = Script::chunked().chunk("data: ");
    for _ in 0..4 << 10 {
        script = script.chunk(&line[..1 << 10]);
    }
    assert_eq!(read(script.chunk("\n\n").last_chunk()).await, [Ok(line)]);
    let events = "data: x\n\n".repeat(40_000);
    assert_eq!(read(Script::chunked().chunk(&events).last_chunk()).await, vec![Ok("x".to_owned()); 40_000]);
}

#[tokio::test]
async fn a_line_without_end_does_not_take_all_memory() {
    let sent = Arc::default();
    let server = Server::scripted([Script::events("data: ").flood("x".repeat(64 << 10), &sent)]).await;
    assert_eq!(texts(&mut get(&server).await).await, [Err(ErrorKind::EventTooLarge)]);
    server.left(0).await;
    // The limit is 16 MiB; the rest lies in the sockets' buffers.
    assert!(*lock(&sent) < 64 << 20);
}

#[tokio::test]
async fn a_limit_of_three_attempts_stops_after_three() {
    let port = ClosedPort::new();
    let calls = Arc::new(Mutex::new(0));
    let (url, counter) = (port.url("/"), calls.clone());
    let session = sse_typed::session(move |attempt| {
        *lock(&counter) += 1;
        let request = attempt.apply(client().get(&url));
        async move { Ok(request.send().await?) }
    });
    let session = session.reconnect(quick().max_attempts(3)).retry_first_connect();
    let error = soon(session.connect()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), *lock(&calls)), (ErrorKind::Connect, 3, 4));
}

#[tokio::test]
async fn an_event_without_an_id_does_not_make_the_next_id_empty() {
    let server =
        Server::scripted([Script::events("id: 1\ndata: 1\n\ndata: 2\n\n"), Script::events("data: 3\n\n")]).await;
    assert_eq!(texts(&mut get(&server).await).await, good(["1", "2", "3"]));
    assert_eq!(server.last_event_ids(), [None, Some("1".to_owned()), Some("1".to_owned())]);
}

#[tokio::test]
async fn an_id_that_is_no_legal_header_value_neither_ends_nor_panics_the_client() {
    for id in ["\u{1}", "a\u{7f}", "\u{1b}[31m", "a\u{8}b"] {
        let server =
            Server::scripted([Script::events(format!("id: {id}\ndata: 1\n\n")), Script::events("data: 2\n\n")]).await;
        let mut events = get(&server).await;
        assert_eq!(texts(&mut events).await, good(["1", "2"]), "{id:?}");
        assert_eq!(server.last_event_ids(), [None, None, None]);
        assert_eq!(*events.last_event_id(), id);
    }
}

#[tokio::test]
async fn a_stream_that_was_refused_may_be_polled_once_more() {
    let server = Server::scripted([Script::stream(), Script::status("404 Not Found", "")]).await;
    let mut events = get(&server).await;
    assert_eq!(soon(events.next()).await.unwrap().unwrap_err().status().unwrap(), 404);
    for _ in 0..10 {
        assert!(soon(events.next()).await.is_none());
    }
    assert_eq!(server.count(), 2);
}

#[tokio::test]
async fn a_healthy_stream_is_no_failed_attempt_and_a_bare_200_is_no_healthy_stream() {
    for (script, failed) in
        [(Script::events("data: x\n\n").sleep(ms(120)), false), (Script::stream().sleep(ms(30)), true)]
    {
        let server = Server::scripted(vec![script; 5]).await;
        let session = client().get(server.url("/")).sse().reconnect(quick().max_attempts(3));
        let mut events = soon(session.connect()).await.unwrap().incoming::<String>();
        let waits = waits(events.handle());
        let error = drain(&mut events).await.into_iter().find_map(Result::err);
        assert_eq!(error, failed.then_some(ErrorKind::Incomplete));
        let attempts: Vec<_> = lock(&waits).iter().map(|wait| wait.0).collect();
        assert_eq!(attempts, if failed { vec![1, 2, 3] } else { vec![1; 5] });
    }
}

#[tokio::test]
async fn a_204_does_not_loop() {
    for scripts in [vec![], vec![Script::events("data: 1\n\n")]] {
        let before = scripts.len();
        let server = Server::scripted(scripts).await;
        texts(&mut get(&server).await).await;
        tokio::time::sleep(ms(50)).await;
        assert_eq!(server.count(), before + 1);
    }
}

#[tokio::test]
async fn authorization_is_not_sent_on_to_another_origin() {
    let other = Server::scripted([Script::events("id: 1\ndata: 1\n\n"), Script::events("data: 2\n\n")]).await;
    let location = other.url("/feed");
    let mut left = 2;
    let server = Server::answering(move |_| {
        left -= 1;
        if left >= 0 { Script::redirect("307 Go", &location) } else { Script::no_content() }
    })
    .await;
    let request = client().get(server.url("/")).bearer_auth("secret").header("cookie", "secret");
    let session = request.sse().reconnect(quick()).last_event_id("0");
    let mut events = soon(session.connect()).await.unwrap().incoming();
    assert_eq!(texts(&mut events).await, good(["1", "2"]));
    for request in server.requests() {
        assert_eq!(request.header("authorization"), Some("Bearer secret"));
    }
    assert_eq!(other.count(), 2);
    for request in other.requests() {
        assert_eq!((request.header("authorization"), request.header("cookie")), (None, None));
        assert_eq!(request.header("accept"), Some("text/event-stream"));
        assert!(request.last_event_id().is_some());
    }
}

#[tokio::test]
async fn a_loop_with_a_question_mark_does_not_stop_at_a_reconnect() {
    async fn run(mut events: TypedSession<String>) -> Result<Vec<String>, sse_typed::Error> {
        let mut seen = Vec::new();
        while let Some(event) = events.try_next().await? {
            seen.push(event.data);
        }
        Ok(seen)
    }
    let server = Server::scripted([
        Script::events("data: 1\n\n"),
        Script::new(),
        Script::status("503 Busy", ""),
        Script::chunked().chunk("data: 2\n\n"),
        Script::events("data: 3\n\ndata"),
        Script::stream().reset(),
    ])
    .await;
    let events = get(&server).await;
    assert_eq!(soon(run(events)).await.unwrap(), ["1", "2", "3"]);
}

#[tokio::test]
async fn an_accept_header_of_the_user_is_not_sent_twice() {
    let server = Server::scripted([Script::stream(), Script::stream()]).await;
    let request = client().get(server.url("/")).header("accept", "text/event-stream, */*;q=0.1");
    texts(&mut soon(request.sse().reconnect(quick()).connect()).await.unwrap().incoming()).await;
    assert_eq!(server.count(), 3);
    for request in server.requests() {
        assert_eq!(request.header("accept"), Some("text/event-stream, */*;q=0.1"));
    }
}

#[tokio::test]
async fn heartbeats_are_no_events_once_an_id_was_seen() {
    let script = Script::events("id: 7\ndata: 1\n\n: ping\n\n:\n\n:thump\n:thump\nevent: x\ndata: 2\n\n: ping\n\n");
    assert_eq!(read(script).await, good(["1", "2"]));
}

#[tokio::test]
async fn a_broken_connection_does_not_look_like_a_clean_end() {
    for (script, kind) in [
        (Script::chunked().chunk("data: 1\n\n"), ErrorKind::Transport),
        (Script::events("data: 1\n\n").sleep(ms(100)).reset(), ErrorKind::Transport),
        (Script::events("data: 1\n\ndata: 2"), ErrorKind::Incomplete),
    ] {
        let server = Server::scripted([script]).await;
        let mut events = soon(client().post(server.url("/")).sse().connect()).await.unwrap().incoming();
        assert_eq!(texts(&mut events).await, [Ok("1".to_owned()), Err(kind)]);
    }
}

#[tokio::test]
async fn a_401_and_a_404_are_not_tried_again() {
    for status in ["401 Unauthorized", "404 Not Found"] {
        let server = Server::scripted([Script::events("data: 1\n\n"), Script::status(status, "")]).await;
        assert_eq!(texts(&mut get(&server).await).await, [Ok("1".to_owned()), Err(ErrorKind::Status)]);
        assert_eq!(server.count(), 2);
    }
}

#[tokio::test]
async fn data_of_a_wrong_type_is_an_error_and_not_the_end() {
    let script = Script::events("data: 1\n\ndata: null\n\ndata: \"x\"\n\ndata: {\n\ndata: 2\n\n");
    let server = Server::scripted([script]).await;
    let session = client().get(server.url("/")).sse().reconnect(quick());
    let mut events = soon(session.connect()).await.unwrap().incoming::<Data<u8>>();
    let bad = || Err(ErrorKind::Decode);
    assert_eq!(drain(&mut events).await, [Ok(Data(1)), bad(), bad(), bad(), Ok(Data(2))]);
}

#[tokio::test]
async fn a_post_is_not_replayed() {
    let ends = [
        Script::events("data: 1\n\n"),
        Script::events("data: 1\n\ndata: 2"),
        Script::events("retry: 0\n\n"),
        Script::chunked(),
        Script::stream().reset(),
        Script::stream().hold(),
    ];
    for script in ends {
        let server = Server::scripted([script]).await;
        let session = client().post(server.url("/")).body("prompt").sse().reconnect(quick()).idle_timeout(ms(100));
        texts(&mut soon(session.connect()).await.unwrap().incoming()).await;
        tokio::time::sleep(ms(30)).await;
        assert_eq!(server.count(), 1);
    }
}

#[tokio::test]
async fn close_closes_the_socket_before_anything_is_dropped() {
    let server = Server::scripted([Script::events("data: 1\n\n").hold()]).await;
    let mut events = get(&server).await;
    assert_eq!(next(&mut events).await, "1");
    events.handle().close();
    assert!(soon(events.next()).await.is_none());
    server.left(0).await;
    assert_eq!(events.handle().state(), State::Closed);
    drop(events);
}

#[tokio::test]
async fn an_undocumented_event_does_not_kill_the_stream() {
    let script =
        Script::events("event: known\ndata: 1\n\nevent: keepalive\ndata: {\"not\": \n\nevent: known\ndata: 2\n\n");
    let server = Server::scripted([script]).await;
    let session = client().get(server.url("/")).sse().reconnect(quick());
    let mut events = soon(session.connect()).await.unwrap().incoming::<Known>();
    assert_eq!(drain(&mut events).await, ["1", "2"].map(|data| Ok(Known(data.to_owned()))));
}

#[tokio::test]
async fn an_outage_in_which_nothing_answers_is_left_as_soon_as_something_does() {
    let mut scripts = vec![Script::events("id: 1\ndata: 1\n\n")];
    scripts.extend(vec![Script::new(); 10]);
    scripts.push(Script::events("data: 2\n\n"));
    let server = Server::scripted(scripts).await;
    let mut events = get(&server).await;
    let waits = waits(events.handle());
    assert_eq!(texts(&mut events).await, good(["1", "2"]));
    assert!(lock(&waits).iter().all(|(_, delay)| *delay <= Duration::from_millis(10)));
    assert_eq!(server.count(), 13);
}
