//! Servers that mean harm, over real sockets: whatever they send, memory stays bounded, the processor rests, and what
//! comes out is a clear error or continued service. `SECURITY.md` names these tests, limit by limit.

use std::io::Write as _;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use sse_typed::{
    Cbor, Data, Deserializer, Error, ErrorKind, Json, Reconnect, RequestBuilderExt, Session, SessionBuilder, SseEvents,
    TypedSession,
};
use sse_typed_tests::cost::{Cost, elsewhere, measured};
use sse_typed_tests::seen::{Seen, drain, good, next, texts};
use sse_typed_tests::server::{Request, Script, Server, client, lock, ms, soon};

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;

/// What a client, a connection and a session weigh beside what they read, generously.
const BASE: u64 = MIB;

/// For a client that has little to do, on a slow machine.
const LITTLE: Duration = Duration::from_secs(2);
/// For one that reads ten million bytes without optimizations.
const MUCH: Duration = Duration::from_secs(30);

fn scripted(scripts: impl IntoIterator<Item = Script> + Send + 'static) -> Server {
    let scripts: Vec<_> = scripts.into_iter().collect();
    elsewhere(Server::scripted(scripts))
}

fn answering(answer: impl FnMut(&Request) -> Script + Send + 'static) -> Server {
    elsewhere(Server::answering(answer))
}

fn quick() -> Reconnect {
    Reconnect::default().delay(ms(1)).max_delay(ms(5)).server_retry(ms(1)..=ms(5))
}

async fn open(session: SessionBuilder) -> Session {
    soon(session.connect()).await.expect("a stream")
}

/// Reads until an error, which is the last item.
async fn last_error<E: SseEvents<D>, D>(events: &mut TypedSession<E, D>) -> Error {
    loop {
        match soon(events.next()).await.expect("an error before the end") {
            Err(error) if error.is_final() => return error,
            Ok(_) | Err(_) => {}
        }
    }
}

/// Reads a stream that never ends: `head` once, and `again` for ever. Either until an error, or so many bytes of it.
fn flood(head: &'static str, again: &[u8], limit: usize, bytes: u64) -> (Option<ErrorKind>, Cost) {
    let sent = Arc::new(Mutex::new(0));
    let server = scripted([Script::events(head).flood(Bytes::copy_from_slice(again), &sent)]);
    measured(async move {
        let session = open(client().post(server.url("/")).sse().max_event_size(limit)).await;
        let mut events = session.incoming::<String>();
        let enough = async {
            while *lock(&sent) < bytes {
                tokio::time::sleep(ms(1)).await;
            }
        };
        let result = tokio::select! {
            error = last_error(&mut events) => Some(error.kind()),
            () = soon(enough) => None,
        };
        drop(events);
        soon(server.left(0)).await;
        result
    })
}

#[test]
fn a_line_without_end_is_an_error_and_never_held_whole() {
    let limit = 4 * MIB;
    let line = vec![b'x'; 64 << 10];
    for head in ["data: ", ": ", "id: ", "event: ", "retry: ", "unknown: ", ""] {
        let (error, cost) = flood(head, &line, usize::try_from(limit).unwrap(), u64::MAX);
        assert_eq!(error, Some(ErrorKind::EventTooLarge), "{head:?}");
        // A buffer that grows is there twice for a moment.
        cost.assert_within(2 * limit + BASE, LITTLE);
    }
}

#[test]
fn the_limit_on_an_event_holds_unless_it_is_set() {
    let (error, cost) = flood("data: ", &vec![b'x'; 64 << 10], 16 << 20, u64::MAX);
    let server = scripted([Script::events("data: ").flood(vec![b'x'; 64 << 10], &Arc::default())]);
    let (default_error, default_cost) = measured(async move {
        last_error(&mut open(client().post(server.url("/")).sse()).await.incoming::<String>()).await.kind()
    });
    assert_eq!((error, default_error), (Some(ErrorKind::EventTooLarge), ErrorKind::EventTooLarge));
    cost.assert_within(32 * MIB + BASE, MUCH);
    default_cost.assert_within(32 * MIB + BASE, MUCH);
}

#[test]
fn an_event_without_end_is_an_error_and_never_held_whole() {
    let limit = MIB;
    for line in ["data: x\n", "data\n", "event: x\n", "id: 7\n"] {
        let lines = line.repeat(8000);
        let (error, cost) = flood("", lines.as_bytes(), usize::try_from(limit).unwrap(), u64::MAX);
        assert_eq!(error, Some(ErrorKind::EventTooLarge), "{line:?}");
        cost.assert_within(2 * limit + BASE, LITTLE);
    }
}

#[test]
fn what_is_no_event_is_read_past_for_ever_in_no_memory() {
    for line in [": ping\n", "retry: 5\n", "unknown: x\n", "\n", "event: x\n\n", "id: 7\n\n", "\r\r\n"] {
        let lines = line.repeat(64_000 / line.len());
        let (error, cost) = flood("", lines.as_bytes(), 1000, 4 * MIB);
        assert_eq!(error, None, "{line:?}");
        cost.assert_within(BASE, MUCH);
    }
}

#[test]
fn a_million_lines_that_are_no_event_are_followed_by_the_event_that_comes() {
    for line in ["retry: 1\n", "event: x\n\n", "id: 7\n\n", ":\n"] {
        let server = scripted([Script::events(line.repeat(1_000_000)).send("data: end\n\n")]);
        let (event, cost) =
            measured(
                async move { next(&mut open(client().post(server.url("/")).sse()).await.incoming::<String>()).await },
            );
        assert_eq!(event, "end");
        cost.assert_within(BASE, MUCH);
    }
}

#[test]
fn a_retry_however_often_it_comes_leaves_the_wait_within_bounds() {
    let server = scripted([Script::events("retry: 0\n".repeat(1000)), Script::events("data: 1\n\n")]);
    let started = Instant::now();
    let (event, cost) =
        measured(async move { next(&mut open(client().get(server.url("/")).sse()).await.incoming::<String>()).await });
    assert_eq!(event, "1");
    assert!(started.elapsed() >= ms(100), "the least that a server can set");
    cost.assert_within(BASE, LITTLE);
}

#[test]
fn a_head_of_64_kib_opens_the_stream_and_one_without_end_is_an_error() {
    let value = "v".repeat(64 << 10);
    let headers = format!("content-type: text/event-stream\r\nx-long: {value}\r\n");
    let server = scripted([Script::head("200 OK", &headers).send("data: 1\n\n")]);
    let (seen, cost) = measured(async move {
        let session = open(client().post(server.url("/")).sse()).await;
        let length = session.connection().unwrap().headers()["x-long"].len();
        (length, texts(&mut session.incoming()).await)
    });
    assert_eq!(seen, (64 << 10, good(["1"])));
    cost.assert_within(BASE, LITTLE);

    for again in ["v".repeat(8000), "a: b\r\n".repeat(1000)] {
        let script = Script::new().send("HTTP/1.1 200 OK\r\nx: ").flood(again.into_bytes(), &Arc::default());
        let server = scripted([script]);
        let (error, cost) =
            measured(async move { soon(client().get(server.url("/")).sse().connect()).await.unwrap_err() });
        assert_eq!(error.kind(), ErrorKind::Connect);
        cost.assert_within(2 * BASE, LITTLE);
    }
}

#[test]
fn a_response_that_never_starts_ends_with_the_idle_timeout_and_costs_nothing_until_then() {
    let hints = "HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n";
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n";
    for script in [
        Script::new().hold(),
        Script::new().send("HTTP/1.1 200 OK\r\n").hold(),
        // Bytes of a head that does not end are no life.
        Script::new().drip(head, 1, ms(20)).hold(),
        Script::new().drip(hints.repeat(100), hints.len(), ms(5)).hold(),
    ] {
        let server = scripted([script]);
        let (error, cost) = measured(async move {
            let session = client().post(server.url("/")).sse().idle_timeout(ms(300));
            soon(session.connect()).await.unwrap_err()
        });
        assert_eq!((error.kind(), error.is_final()), (ErrorKind::IdleTimeout, true));
        cost.assert_within(BASE, ms(250));
    }
}

#[test]
fn a_body_that_comes_byte_by_byte_is_read_and_costs_little() {
    let text = "id: 7\r\nevent: é\r\ndata: one\r\ndata: 日本\r\n\r\n: ping\r\n";
    let server = scripted([Script::stream().drip(text, 1, ms(3))]);
    let (items, cost) = measured(async move {
        let session = open(client().post(server.url("/")).sse().idle_timeout(Duration::from_secs(10))).await;
        texts(&mut session.incoming()).await
    });
    assert_eq!(items, good(["one\n日本"]));
    cost.assert_within(BASE, LITTLE);
}

#[test]
fn an_event_in_chunks_of_one_byte_is_linear() {
    let length = 200_000;
    let chunks = ["6\r\ndata: \r\n", &"1\r\nx\r\n".repeat(length), "2\r\n\n\n\r\n0\r\n\r\n"].concat();
    let server = scripted([Script::chunked().send(chunks)]);
    let (items, cost) =
        measured(async move { texts(&mut open(client().post(server.url("/")).sse()).await.incoming()).await });
    assert_eq!(items, vec![Ok("x".repeat(length))]);
    // Also where they come so fast that many wait to be parsed.
    cost.assert_within(4 * BASE, MUCH);
}

#[test]
fn an_id_too_long_for_a_header_is_kept_and_not_sent_so_that_the_stream_comes_back() {
    for (length, is_sent) in [(8000, true), (8001, false), (1 << 20, false)] {
        let id = "i".repeat(length);
        let first = Script::events(format!("id: {id}\ndata: 1\n\n"));
        let mut connections = 0;
        // As servers do: nginx and Apache take 8 KiB for a line of the head.
        let server = answering(move |request| {
            connections += 1;
            match (connections, request.last_event_id().map_or(0, str::len)) {
                (_, 8170..) => Script::status("431 Request Header Fields Too Large", ""),
                (1, _) => first.clone(),
                (2, _) => Script::events("data: 2\n\n"),
                _ => Script::no_content(),
            }
        });
        let (ids, cost) = measured(async move {
            let session = open(client().get(server.url("/")).sse().reconnect(quick())).await;
            let mut events = session.incoming::<String>();
            let event = soon(events.next()).await.unwrap().unwrap();
            assert_eq!((event.id.len(), event.data), (length, "1".to_owned()));
            let event = soon(events.next()).await.unwrap().unwrap();
            assert_eq!((event.id.len(), event.data), (length, "2".to_owned()));
            assert_eq!(events.last_event_id().len(), length);
            server.last_event_ids()
        });
        assert!(ids == [None, is_sent.then_some(id)], "{length}");
        cost.assert_within(8 * MIB, LITTLE);
    }
}

#[test]
fn a_huge_id_costs_nothing_at_the_events_that_follow() {
    let id = format!("id: {}\n\n", "i".repeat(8 << 20));
    let server = scripted([Script::events(id).send("data\n\n".repeat(10_000))]);
    let (items, cost) =
        measured(async move { texts(&mut open(client().post(server.url("/")).sse()).await.incoming()).await });
    assert_eq!(items.len(), 10_000);
    // Three of the text: in hand, at the parser, and as the session's.
    cost.assert_within(32 * MIB, Duration::from_secs(1));
}

/// Every event, as it came.
#[derive(SseEvents)]
enum Any {
    #[sse(other)]
    Event(sse_typed::ServerSentEvent),
}

#[test]
fn a_huge_id_is_shared_by_the_events_that_are_kept() {
    let id = format!("id: {}\n\n", "i".repeat(1 << 20));
    let server = scripted([Script::events(id).send("data\n\n".repeat(1000))]);
    let (kept, cost) = measured(async move {
        let mut events = open(client().post(server.url("/")).sse()).await.incoming::<Any>();
        let mut kept = Vec::new();
        while let Some(event) = soon(events.try_next()).await.unwrap() {
            let Any::Event(event) = event.data;
            kept.push(event);
        }
        kept.len()
    });
    assert_eq!(kept, 1000);
    cost.assert_within(8 * MIB, LITTLE);
}

/// `head` and a gigabyte of `x`s, compressed.
fn gzip_bomb(head: &str) -> Vec<u8> {
    // What is flushed is on its own, so that it can be repeated.
    let flushed = |bytes: &[u8]| {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.flush().unwrap();
        std::mem::take(encoder.get_mut())
    };
    let start = b"\x1f\x8b\x08\0\0\0\0\0\0\xff";
    [&start[..], &flushed(head.as_bytes()), &flushed(&vec![b'x'; 1 << 20]).repeat(1024)].concat()
}

/// `data: ` and 64 MiB of `0`s, in 68 bytes.
const BROTLI_BOMB: [u8; 68] = [
    0xcf, 0xff, 0xff, 0x7f, 0xf8, 0x25, 0x41, 0x60, 0x74, 0x4a, 0x90, 0xcf, 0x0a, 0x01, 0x0b, 0x3c, 0x7b, 0xff, 0xbf,
    0xf0, 0xff, 0xff, 0x1f, 0x7e, 0x09, 0x80, 0x38, 0x2c, 0x00, 0xd0, 0xbd, 0xff, 0xe7, 0xff, 0xff, 0x3f, 0xfc, 0x12,
    0x00, 0x71, 0x58, 0x04, 0xa0, 0x7b, 0xff, 0xcf, 0xff, 0xff, 0x7f, 0xf8, 0x25, 0x00, 0xe2, 0xb0, 0x00, 0x40, 0xf7,
    0xfe, 0x3f, 0x0a, 0x00, 0xf0, 0x4b, 0x00, 0x04, 0x01, 0x01, 0x00,
];

fn compressed(status: &str, encoding: &str, body: impl Into<Bytes>) -> Script {
    Script::head(status, &format!("content-type: text/event-stream\r\ncontent-encoding: {encoding}\r\n")).send(body)
}

#[test]
fn a_compressed_bomb_is_stopped_by_the_limit_on_what_comes_out_of_it() {
    let limit = MIB;
    for (encoding, bomb, window) in [("gzip", gzip_bomb("data: "), 0), ("br", BROTLI_BOMB.to_vec(), 32 * MIB)] {
        let server = scripted([compressed("200 OK", encoding, bomb)]);
        let (error, cost) = measured(async move {
            let session = open(client().get(server.url("/")).sse().max_event_size(1 << 20)).await;
            last_error(&mut session.incoming::<String>()).await
        });
        assert_eq!(error.kind(), ErrorKind::EventTooLarge, "{encoding}");
        cost.assert_within(2 * limit + BASE + window, LITTLE);
    }
}

#[test]
fn a_compressed_refusal_is_kept_as_far_as_any() {
    let server = scripted([compressed("400 No", "gzip", gzip_bomb(""))]);
    let (error, cost) = measured(async move { soon(client().get(server.url("/")).sse().connect()).await.unwrap_err() });
    assert_eq!((error.status().unwrap().as_u16(), error.body().unwrap().len()), (400, 64 << 10));
    cost.assert_within(BASE, LITTLE);
}

#[test]
fn a_body_that_is_not_what_its_encoding_says_is_a_broken_connection() {
    for encoding in ["gzip", "br"] {
        let server = scripted([compressed("200 OK", encoding, "data: 1\n\n")]);
        let (items, cost) =
            measured(async move { texts(&mut open(client().post(server.url("/")).sse()).await.incoming()).await });
        assert_eq!(items, [Err(ErrorKind::Transport)], "{encoding}");
        cost.assert_within(BASE + 32 * MIB, LITTLE);
    }
}

#[test]
fn a_loop_of_redirects_is_an_error_after_ten() {
    let server = answering(|request| Script::redirect("307 Go", &format!("{}x", request.path)));
    let ((error, asked), cost) = measured(async move {
        let error = soon(client().get(server.url("/")).sse().connect()).await.unwrap_err();
        (error, server.count())
    });
    assert_eq!((error.kind(), error.to_string()), (ErrorKind::Request, "could not follow a redirect".to_owned()));
    assert_eq!(asked, 11);
    cost.assert_within(BASE, LITTLE);
}

#[test]
fn a_loop_of_redirects_in_place_of_a_stream_that_was_lost_is_its_end() {
    let mut requests = 0;
    let server = answering(move |request| {
        requests += 1;
        if requests == 1 { Script::events("data: 1\n\n") } else { Script::redirect("307 Go", &request.path) }
    });
    let ((kind, asked), cost) = measured(async move {
        let mut events = open(client().get(server.url("/")).sse().reconnect(quick())).await.incoming::<String>();
        assert_eq!(next(&mut events).await, "1");
        (last_error(&mut events).await.kind(), server.count())
    });
    assert_eq!((kind, asked), (ErrorKind::Request, 1 + 11));
    cost.assert_within(BASE, LITTLE);
}

#[test]
fn a_redirect_to_another_origin_is_sent_what_the_guide_says_and_nothing_else() {
    for status in ["301 Go", "302 Go", "303 Go", "307 Go", "308 Go"] {
        let other = scripted([Script::no_content(), Script::no_content()]);
        let location = other.url("/elsewhere");
        let redirect = Script::redirect(status, &location);
        let server = scripted([redirect.clone(), redirect]);
        let (method, body) =
            if status.starts_with("307") || status.starts_with("308") { ("POST", "secret-body") } else { ("GET", "") };
        let ((to, on), _) = measured(async move {
            let url = server.url("/feed?token=secret-query").replace("http://", "http://user:secret-password@");
            let request = client()
                .post(url)
                .header("cookie", "secret-cookie")
                .header("x-api-key", "secret-key")
                .body("secret-body");
            open(request.sse().last_event_id("secret-id")).await;
            (server.requests().remove(0), other.requests().remove(0))
        });
        // Where the user wants it.
        assert_eq!((&*to.method, &*to.path, &*to.body), ("POST", "/feed?token=secret-query", &b"secret-body"[..]));
        assert!(to.header("authorization").unwrap().starts_with("Basic "));
        assert_eq!(to.header("cookie"), Some("secret-cookie"));
        assert_eq!(to.header("x-api-key"), Some("secret-key"));
        assert_eq!(to.last_event_id(), Some("secret-id"));
        // Where the server wants it.
        assert_eq!((&*on.method, &*on.path), (method, "/elsewhere"), "{status}");
        assert_eq!(String::from_utf8_lossy(&on.body), body);
        assert_eq!((on.header("authorization"), on.header("cookie")), (None, None));
        assert_eq!(on.header("x-api-key"), Some("secret-key"));
        assert_eq!(on.last_event_id(), Some("secret-id"));
        let referer = on.header("referer").unwrap();
        assert!(referer.ends_with("/feed?token=secret-query") && !referer.contains("secret-password"), "{referer}");
        let mut names: Vec<_> = on.headers.iter().map(|(name, _)| &**name).collect();
        names.retain(|name| !["content-length", "accept-encoding"].contains(name));
        names.sort_unstable();
        assert_eq!(names, ["accept", "cache-control", "host", "last-event-id", "referer", "x-api-key"]);
    }
}

#[test]
fn where_redirects_are_not_followed_nothing_is_sent_on() {
    let other = scripted([]);
    let server = scripted([Script::redirect("307 Go", &other.url("/"))]);
    let ((error, asked), _) = measured(async move {
        let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let error = soon(client.get(server.url("/")).header("x-api-key", "secret").sse().connect()).await.unwrap_err();
        (error, other.count())
    });
    assert_eq!((error.kind(), error.status().unwrap().as_u16(), asked), (ErrorKind::Status, 307, 0));
    assert!(error.headers().unwrap().contains_key("location"));
}

#[test]
fn data_nested_without_end_is_an_error_of_that_event() {
    let json = "[".repeat(1 << 20);
    // Arrays of one element, each in the one before.
    let cbor = "gYGB".repeat(1 << 18);
    let server = scripted([json, cbor].map(|data| Script::events(format!("data: {data}\n\ndata: 1\n\n"))));
    let (kinds, cost) = measured(async move {
        let url = server.url("/");
        let json = drain(&mut open(client().post(&url).sse()).await.incoming::<Data<serde_json::Value>>()).await;
        let session = soon(client().post(&url).sse().deserializer(Cbor::default()).connect()).await.unwrap();
        let cbor = drain(&mut session.incoming::<Data<ciborium::Value>>()).await;
        (json.into_iter().map(Result::err).collect::<Vec<_>>(), cbor.into_iter().map(Result::err).collect::<Vec<_>>())
    });
    assert_eq!(kinds, (vec![Some(ErrorKind::Decode), None], vec![Some(ErrorKind::Decode), Some(ErrorKind::Decode)]));
    cost.assert_within(8 * MIB, LITTLE);
}

#[test]
fn lengths_that_data_only_claims_to_have_are_not_allocated() {
    let longest = u64::MAX.to_be_bytes();
    let claims = [0x5b_u8, 0x7b, 0x9b, 0xbb].map(|kind| {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode([&[kind][..], &longest, b"abc"].concat())
    });
    let ((), cost) = measured(async move {
        for claim in claims {
            let value: Result<ciborium::Value, _> = Cbor::default().deserialize(&claim);
            let bytes: Result<Vec<u8>, _> = Cbor::default().deserialize(&claim);
            let text: Result<String, _> = Cbor::default().deserialize(&claim);
            assert!(value.is_err() && bytes.is_err() && text.is_err());
            let path = Deserializer::<Vec<u64>>::path(&Cbor::default(), &claim);
            assert!(path.is_none_or(|path| path.len() < 64));
        }
        assert!(Deserializer::<u8>::deserialize(&Json, "1e999999999").is_err());
    });
    cost.assert_within(4 * BASE, LITTLE);
}

#[test]
fn frames_of_any_kind_by_the_hundred_thousand_are_as_cheap_where_all_are_wanted() {
    let lines = "retry: 7\n: ping\nid: 1\ndata: x\n\n".repeat(100_000);
    let server = scripted([Script::events(lines)]);
    let (count, cost) = measured(async move {
        let mut events = open(client().post(server.url("/")).sse()).await.incoming::<Seen>();
        let mut count = 0;
        while soon(events.try_next()).await.unwrap().is_some() {
            count += 1;
        }
        count
    });
    assert_eq!(count, 1 + 3 * 100_000);
    cost.assert_within(BASE + 16 * KIB, MUCH);
}
