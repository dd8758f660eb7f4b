//! Servers that answer a request with one value in JSON where they might have sent a stream.

use reqwest::header::ACCEPT;
use serde::Deserialize;
use sse_typed::{
    Data, ErrorKind, Reconnect, RequestBuilderExt, Session, SessionBuilder, SessionConfig, SseEvents, State,
};
use sse_typed_tests::seen::{Reply, Seen, drain, good, next, texts};
use sse_typed_tests::server::{Script, Server, client, ms, soon};

async fn connect(session: SessionBuilder) -> Result<Session, sse_typed::Error> {
    soon(session.connect()).await
}

fn quick() -> Reconnect {
    Reconnect::default().delay(ms(1)).max_delay(ms(8)).server_retry(ms(1)..=ms(8))
}

fn json(body: &str) -> Script {
    Script::head("200 OK", &format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len()))
        .send(body.to_owned())
}

const PRETTY: &str = "{\r\n  \"jsonrpc\": \"2.0\",\n  \"id\": 1,\r\t\"result\": {\"text\": \"tschüß\\n日本\"}\n}\n";

#[derive(Debug, Deserialize, PartialEq)]
struct Answer {
    text: String,
}

#[derive(Debug, PartialEq, SseEvents)]
enum Message {
    #[sse(event = "message", key = "method")]
    Call { method: String },
    #[sse(event = "message", key = "result", done)]
    Result { result: Answer },
}

fn answer() -> Answer {
    Answer { text: "tschüß\n日本".into() }
}

#[tokio::test]
async fn a_type_reads_an_answer_that_comes_either_way() {
    let stream = "data: {\"method\": \"progress\"}\n\ndata: {\"result\": {\"text\": \"tschüß\\n日本\"}}\n\n";
    for (script, expected) in [
        (json(PRETTY), vec![Ok(Message::Result { result: answer() })]),
        (
            Script::events(stream),
            vec![Ok(Message::Call { method: "progress".into() }), Ok(Message::Result { result: answer() })],
        ),
    ] {
        let server = Server::scripted([script]).await;
        let request = client().post(server.url("/mcp")).body("{}");
        let session = connect(request.sse().json_as_event()).await.unwrap();
        assert_eq!(drain(&mut session.incoming::<Message>()).await, expected);
        let [request] = &server.requests()[..] else { panic!("one request") };
        assert_eq!(request.header("accept"), Some("text/event-stream, application/json"));
    }
}

#[tokio::test]
async fn it_is_the_same_event_however_its_bytes_are_cut() {
    let expected = PRETTY.replace(['\r', '\n'], " ");
    for size in [1, 2, 3, 7, 16] {
        let script =
            Script::head("200 OK", "Content-Type: Application/JSON; charset=utf-8\r\n").drip(PRETTY, size, ms(0));
        let server = Server::scripted([script]).await;
        let session = connect(client().get(server.url("/")).sse().json_as_event()).await.unwrap();
        let mut events = session.incoming::<Seen>();
        let handle = events.handle();
        assert!(matches!(next(&mut events).await, Seen::Opened(connection) if connection.status() == 200));
        assert_eq!(handle.state(), State::Open);
        let event = soon(events.next()).await.unwrap().unwrap();
        assert!(matches!(&event.data, Seen::Event(data) if *data == expected), "{event:?}");
        assert_eq!((&*event.event, &*event.id, event.retry), ("message", "", None));
        assert!(soon(events.next()).await.is_none());
        assert_eq!(handle.state(), State::Closed);
        assert_eq!((events.stats().bytes, events.stats().events), (PRETTY.len() as u64, 1));
        server.idle().await;
        assert_eq!(server.count(), 1, "the whole of it has come: a GET is not sent again");
    }
}

#[tokio::test]
async fn it_is_wanted_or_an_error() {
    let server = Server::answering(|_| json("{\"result\": {\"text\": \"\"}}")).await;
    let request = || client().get(server.url("/"));
    let error = connect(request().sse()).await.unwrap_err();
    assert_eq!((error.kind(), error.body()), (ErrorKind::ContentType, Some("{\"result\": {\"text\": \"\"}}")));
    // Shared, over a request's own `Accept`, and where any type will do.
    let config = SessionConfig::new().json_as_event().any_content_type();
    let request = request().header(ACCEPT, "application/json;q=0.9, text/event-stream");
    let mut events = connect(request.sse().config(config)).await.unwrap().incoming::<Data<serde_json::Value>>();
    assert_eq!(next(&mut events).await["result"]["text"], "");
    assert!(soon(events.next()).await.is_none());
    assert_eq!(server.requests()[1].header("accept"), Some("application/json;q=0.9, text/event-stream"));
}

#[tokio::test]
async fn any_json_will_do_and_nothing_else() {
    for (content_type, taken) in [
        ("application/json", true),
        ("application/problem+json", true),
        ("Application/VND.api+JSON;v=1", true),
        ("application/jsonl", false),
        ("application/x-ndjson", false),
        ("text/json-seq", false),
        ("text/html", false),
    ] {
        let script = Script::head("200 OK", &format!("content-type: {content_type}\r\n")).send("1");
        let server = Server::scripted([script]).await;
        let session = connect(client().get(server.url("/")).sse().json_as_event()).await;
        match session {
            Ok(session) if taken => assert_eq!(texts(&mut session.incoming()).await, good(["1"]), "{content_type}"),
            Err(error) if !taken => assert_eq!(error.kind(), ErrorKind::ContentType, "{content_type}"),
            other => panic!("{content_type}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn it_lacks_no_done_event() {
    let server = Server::scripted([json("[]")]).await;
    let session = connect(client().get(server.url("/")).sse().json_as_event()).await.unwrap();
    assert_eq!(drain(&mut session.incoming::<Reply>()).await, [Ok(Reply::Part("[]".into()))]);
}

#[tokio::test]
async fn one_that_breaks_off_is_no_event_and_is_asked_for_again() {
    let cut = Script::head("200 OK", "content-type: application/json\r\ncontent-length: 9\r\n").send("{\"a\":");
    let server = Server::scripted([cut.clone(), Script::events("data: 1\n\n"), cut, json("{}")]).await;
    let session = connect(client().get(server.url("/")).sse().json_as_event().reconnect(quick())).await.unwrap();
    let mut events = session.incoming();
    assert_eq!(texts(&mut events).await, good(["1", "{}"]));
    assert_eq!((server.count(), events.stats().reconnects), (4, 3));

    let cut = Script::head("200 OK", "content-type: application/json\r\ncontent-length: 9\r\n").send("{\"a\":");
    let server = Server::scripted([cut]).await;
    let session = connect(client().post(server.url("/")).sse().json_as_event()).await.unwrap();
    assert_eq!(texts(&mut session.incoming()).await, [Err(ErrorKind::Transport)]);
}

#[tokio::test]
async fn limits_hold_for_it_too() {
    let server = Server::answering(|_| json(&format!("[{}]", " ".repeat(4096)))).await;
    let session = connect(client().get(server.url("/")).sse().json_as_event().max_event_size(4096)).await.unwrap();
    assert_eq!(texts(&mut session.incoming()).await, [Err(ErrorKind::EventTooLarge)]);
    let hanging = Script::head("200 OK", "content-type: application/json\r\n").send("[").hold();
    let server = Server::scripted([hanging]).await;
    let session = client().post(server.url("/")).sse().json_as_event().idle_timeout(ms(50));
    assert_eq!(texts(&mut connect(session).await.unwrap().incoming()).await, [Err(ErrorKind::IdleTimeout)]);
}

#[tokio::test]
async fn a_body_of_nothing_is_an_event_of_nothing() {
    for skip in [false, true] {
        let server = Server::scripted([json("")]).await;
        let session = client().post(server.url("/")).sse().json_as_event();
        let session = connect(if skip { session.skip_empty_data() } else { session }).await.unwrap();
        let expected = if skip { vec![] } else { good([""]) };
        assert_eq!(texts(&mut session.incoming()).await, expected);
    }
}

#[tokio::test]
async fn a_request_function_asks_for_it_as_well() {
    let server = Server::scripted([Script::events("id: 7\ndata: 1\n\n"), json("2")]).await;
    let url = server.url("/");
    let session = sse_typed::session(move |attempt| {
        let response = attempt.apply(client().get(&url)).send();
        async { Ok(response.await?) }
    });
    let mut events = connect(session.json_as_event().reconnect(quick())).await.unwrap().incoming::<String>();
    assert_eq!(next(&mut events).await, "1");
    let event = soon(events.next()).await.unwrap().unwrap();
    assert_eq!((&*event.data, &*event.id), ("2", "7"));
    assert!(soon(events.next()).await.is_none());
    for request in server.requests() {
        assert_eq!(request.header("accept"), Some("text/event-stream, application/json"));
    }
}

#[tokio::test]
async fn options_may_be_set_afterwards_too() {
    let server = Server::scripted([json("  {\"a\": 1}")]).await;
    let session = connect(client().get(server.url("/")).sse().json_as_event()).await.unwrap();
    let mut events = session.config(SessionConfig::new().max_event_size(1 << 10)).incoming();
    assert_eq!(texts(&mut events).await, good(["  {\"a\": 1}"]));
}
