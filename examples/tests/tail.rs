//! `tail` as a command: what it writes where, and how it ends.

mod support;

use std::convert::Infallible;
use std::io::{BufRead, BufReader};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use futures::stream;
use sse_typed_examples::{events, replay, serve};
use support::{Ran, ended, example, run};

/// Three events that differ in all that they can differ in; the server wants to be asked again soon.
const STREAM: &str = "retry: 100\nid: 7\nevent: price\ndata: {\"cents\": 420, \"big\": 18446744073709551616.50}\n\n\
                      : a comment\n\nevent: note\ndata: \u{1b}[31mred\ndata: two\n\ndata: null\n\n";

/// Runs `tail` beside the servers of this test.
async fn tail(arguments: &[&str]) -> Ran {
    let arguments: Vec<_> = arguments.iter().map(|&argument| argument.to_owned()).collect();
    tokio::task::spawn_blocking(move || run("tail", arguments)).await.expect("it ends")
}

/// What it writes of [`STREAM`], which has an end.
async fn stdout(arguments: &[&str]) -> String {
    let url = replay(STREAM).await.expect("a port");
    let Ran { code, stdout, stderr } = tail(&[&[&*url], arguments].concat()).await;
    assert_eq!(code, Some(0), "{stderr}");
    stdout
}

#[tokio::test(flavor = "multi_thread")]
async fn people_read_name_id_age_and_data_without_colours_in_a_pipe() {
    let stdout = stdout(&[]).await;
    let without_age: Vec<_> = stdout
        .lines()
        .map(|line| {
            line.split_once("  +").map_or(line, |(line, age)| {
                assert!(age.ends_with(" s"), "{line}");
                line
            })
        })
        .collect();
    assert_eq!(
        without_age,
        [
            "price  id 7",
            "  {\"cents\": 420, \"big\": 18446744073709551616.50}",
            "",
            "note  id 7",
            "  \\u{1b}[31mred",
            "  two",
            "",
            "message  id 7",
            "  null",
            "",
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn colours_are_those_of_the_tool_and_never_of_the_server() {
    let url = replay(STREAM).await.expect("a port");
    let ran = tokio::task::spawn_blocking(move || {
        ended(example("tail").arg(url).env("CLICOLOR_FORCE", "1").spawn().expect("it can be run"))
    });
    let Ran { stdout, .. } = ran.await.expect("it ends");
    let lines: Vec<_> = stdout.lines().collect();
    assert!(lines[0].contains("\u{1b}[36mprice\u{1b}[0m"), "{stdout}");
    assert!(lines[1].contains("\u{1b}[34m\"cents\"\u{1b}[0m: \u{1b}[33m420\u{1b}[0m"), "{stdout}");
    assert_eq!(lines[4], "  \\u{1b}[31mred");
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_read_a_line_of_json_for_each_event() {
    assert_eq!(
        stdout(&["--json"]).await,
        concat!(
            r#"{"event":"price","id":"7","retry":100,"data":{"cents":420,"big":18446744073709551616.50}}"#,
            "\n",
            r#"{"event":"note","id":"7","data":"\u001b[31mred\ntwo"}"#,
            "\n",
            r#"{"event":"message","id":"7","data":null}"#,
            "\n",
        )
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_but_the_space_of_json_changes() {
    for json in [
        " [ ] ",
        "-0.0e+5",
        r#""a \" ] \\""#,
        r#"{ "b" : 1.000000000000000000001, "a" : [ 18446744073709551616 , { } ] , "a" : "\"]},:\\" }"#,
        r#"[[1,2],[],{"x":{"y":[true,false,null], "long enough for lines of its own, which takes a hundred columns": "日本 🙂"}}]"#,
    ] {
        let url = || async { replay(format!("retry: 100\ndata: {json}\n\n")).await.expect("a port") };
        let pretty = tail(&[&url().await]).await.stdout;
        let (_, pretty) = pretty.split_once('\n').expect("a line with the name");
        let line = tail(&[&url().await, "--json"]).await.stdout;
        let compact = line
            .trim_end()
            .strip_prefix(r#"{"event":"message","retry":100,"data":"#)
            .and_then(|line| line.strip_suffix('}'));
        assert_eq!(compact, Some(&*without_space(json)));
        assert_eq!(without_space(pretty), without_space(json), "{pretty}");
        assert!(pretty.lines().all(|line| line.chars().count() <= 110), "{pretty}");
    }
}

/// The same JSON, but for what stands between its strings.
fn without_space(json: &str) -> String {
    let (mut quoted, mut escaped) = (false, false);
    let kept = |&char: &char| {
        let keep = quoted || !char.is_ascii_whitespace();
        quoted ^= char == '"' && !escaped;
        escaped = char == '\\' && !escaped;
        keep
    };
    json.chars().filter(kept).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_json_is_text() {
    for text in ["{", "[1,]", "word", &"[".repeat(1000)] {
        let url = replay(format!("retry: 100\ndata: {text}\n\n")).await.expect("a port");
        assert_eq!(tail(&[&url]).await.stdout.lines().nth(1), Some(&*format!("  {text}")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_read_events_again_as_they_stood_on_the_wire() {
    assert_eq!(stdout(&["--raw", "--event", "note"]).await, "event: note\ndata: \u{1b}[31mred\ndata: two\nid: 7\n\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_events_of_the_names_asked_for_are_shown() {
    let names = |stdout: String| stdout.lines().map(|line| line[..14].to_owned()).collect::<Vec<_>>();
    assert_eq!(names(stdout(&["--json", "--event", "price"]).await), [r#"{"event":"pric"#]);
    let two = stdout(&["--json", "--event", "message", "--event", "note"]).await;
    assert_eq!(names(two), [r#"{"event":"note"#, r#"{"event":"mess"#]);
    assert_eq!(stdout(&["--event", "Price"]).await, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn states_reconnects_and_numbers_are_told_beside_the_events() {
    let url = replay(STREAM).await.expect("a port");
    let Ran { stdout, stderr, .. } = tail(&[&url, "--json", "--stats"]).await;
    assert_eq!(stdout.lines().count(), 3);
    let lines: Vec<_> = stderr.lines().collect();
    assert_eq!(lines[0], "open: 200 OK, HTTP/1.1");
    assert!(lines[1].starts_with("lost: the server ended it; attempt 1 in 0.1 s"), "{stderr}");
    assert!(lines[2].starts_with("events 3 ("), "{stderr}");
    assert!(lines[2].ends_with(", reconnects 0, last id 7"), "{stderr}");
    assert_eq!(lines.len(), 3, "{stderr}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_position_headers_and_a_body_go_with_the_request() {
    async fn echo(headers: HeaderMap, body: String) -> impl IntoResponse {
        let shown = |name: &str| headers.get(name).map_or("-", |value| value.to_str().unwrap_or("?")).to_owned();
        let names = ["last-event-id", "authorization", "x-two", "content-type", "user-agent"];
        events(&format!("data: {} {body}\n\n", names.map(shown).join(" ")))
    }
    let url = serve(Router::new().route("/", post(echo).get(echo))).await.expect("a port");
    let headers = ["-H", "Authorization: Bearer x:y", "--header", "X-Two:2"];
    let posted = tail(&[&[&*url, "--raw", "--since", "42", "--post", "{}"], &headers[..]].concat()).await;
    assert_eq!(posted.stdout, "data: 42 Bearer x:y 2 application/json sse-typed-tail/0.1.0 {}\nid: 42\n\n");
    assert_eq!(posted.code, Some(0), "a POST is not sent again");

    let text = ["-H", "content-type: text/plain", "-H", "User-Agent: me"];
    let posted = tail(&[&[&*url, "--raw", "--post", "hi"], &text[..]].concat()).await;
    assert_eq!(posted.stdout, "data: - - - text/plain me hi\n\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_lost_is_asked_for_after_the_last_id() {
    async fn count(headers: HeaderMap) -> axum::response::Response {
        match headers.get("last-event-id").map(HeaderValue::as_bytes) {
            None => events("retry: 100\nid: 1\ndata: one\n\n"),
            Some(b"1") => events("id: 2\ndata: two\n\n"),
            Some(_) => StatusCode::NO_CONTENT.into_response(),
        }
    }
    let url = serve(Router::new().route("/", get(count))).await.expect("a port");
    let Ran { code, stdout, stderr } = tail(&[&url, "--json"]).await;
    assert_eq!(code, Some(0));
    assert_eq!(
        stdout,
        "{\"event\":\"message\",\"id\":\"1\",\"retry\":100,\"data\":\"one\"}\n{\"event\":\"message\",\"id\":\"2\",\"data\":\"two\"}\n"
    );
    assert!(stderr.contains("open again: 200 OK, HTTP/1.1, after id 1\n"), "{stderr}");
}

/// Ends with 1, and with this line alone.
async fn fails(url: &str, line: &str) {
    let Ran { code, stdout, stderr } = tail(&[url]).await;
    assert_eq!((code, &*stdout, &*stderr), (Some(1), "", &*format!("error: {line}\n")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_one_line_with_what_the_server_said() {
    async fn missing() -> (StatusCode, &'static str) {
        (StatusCode::NOT_FOUND, "{\n  \"error\": \"no such stream\u{1b}[2J\"\n}\n")
    }
    let long = || async { (StatusCode::BAD_GATEWAY, "é".repeat(70_000)) };
    let app = Router::new()
        .route("/missing", get(missing))
        .route("/html", get(|| async { "hello" }))
        .route("/long", get(long));
    let url = serve(app).await.expect("a port");
    let said = r#"{ "error": "no such stream\u{1b}[2J" }"#;
    fails(&format!("{url}/missing"), &format!("the server refused the stream with status 404 Not Found: {said}")).await;
    let said = format!("{}…", "é".repeat(300));
    fails(&format!("{url}/long"), &format!("the server refused the stream with status 502 Bad Gateway: {said}")).await;
    let found = "the response's content type is not `text/event-stream`, but text/plain; charset=utf-8: hello";
    fails(&format!("{url}/html"), found).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_server_is_one_line() {
    let Ran { code, stdout, stderr } = tail(&["http://127.0.0.1:1/"]).await;
    assert_eq!((code, &*stdout, stderr.lines().count()), (Some(1), "", 1));
    assert!(stderr.starts_with("error: could not connect: ") && stderr.contains("refused"), "{stderr}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_breaks_off_is_an_error_where_none_follows() {
    let url =
        serve(Router::new().route("/", post(|| async { events("data: 1\n\ndata: half") }))).await.expect("a port");
    let Ran { code, stdout, stderr } = tail(&[&url, "--post", "", "--json"]).await;
    assert_eq!((code, &*stdout), (Some(1), "{\"event\":\"message\",\"data\":1}\n"));
    assert!(stderr.lines().last().is_some_and(|line| line.starts_with("error: the stream ended")), "{stderr}");
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_is_spoken() {
    // The server answers a handshake with an event stream, which it is told about.
    let url = replay(STREAM).await.expect("a port");
    let Ran { code, stderr, .. } = tail(&[&url.replace("http:", "https:")]).await;
    assert_eq!((code, stderr.lines().count()), (Some(1), 1));
    assert!(stderr.starts_with("error: could not connect: ") && !stderr.contains("scheme"), "{stderr}");
}

#[test]
fn without_a_url_it_says_how_it_is_used() {
    let Ran { code, stdout, stderr } = run("tail", [""; 0]);
    assert_eq!((code, &*stdout), (Some(2), ""));
    assert!(stderr.contains("Usage: tail [OPTIONS] <URL>"), "{stderr}");
}

#[test]
fn bad_arguments_are_told_in_a_line_that_names_them() {
    for (arguments, line) in [
        (
            &["localhost:80"][..],
            "error: invalid value 'localhost:80' for '<URL>': it has to begin with http:// or https://",
        ),
        (&["http://"], "error: invalid value 'http://' for '<URL>': empty host"),
        (&["http://x", "-H", "x"], "error: invalid value 'x' for '--header <NAME: VALUE>': a header is `Name: value`"),
        (
            &["http://x", "-H", "a b: c"],
            "error: invalid value 'a b: c' for '--header <NAME: VALUE>': that is no name of a header",
        ),
        (&["http://x", "--json", "--raw"], "error: the argument '--json' cannot be used with '--raw'"),
        (&["http://x", "--since"], "error: a value is required for '--since <ID>' but none was supplied"),
        (&["http://x", "--what"], "error: unexpected argument '--what' found"),
    ] {
        let Ran { code, stdout, stderr } = run("tail", arguments);
        assert_eq!((code, &*stdout, stderr.lines().next()), (Some(2), "", Some(line)), "{arguments:?}");
    }
}

/// A stream that does not end by itself.
async fn endless() -> String {
    async fn ticks() -> impl IntoResponse {
        let body = stream::unfold((), |()| async {
            tokio::time::sleep(Duration::from_millis(10)).await;
            Some((Ok::<_, Infallible>("data: tick\n\n"), ()))
        });
        ([("content-type", "text/event-stream")], Body::from_stream(body))
    }
    serve(Router::new().route("/", get(ticks))).await.expect("a port")
}

#[tokio::test(flavor = "multi_thread")]
async fn it_ends_quietly_when_nobody_reads_it_any_more() {
    for format in ["--json", "--raw", "--event=message"] {
        let url = endless().await;
        let ran = tokio::task::spawn_blocking(move || {
            let mut child = example("tail").args([&*url, format]).spawn().expect("it can be run");
            let mut line = String::new();
            BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
            assert!(!line.is_empty());
            ended(child)
        });
        let Ran { code, stderr, .. } = ran.await.expect("it ends");
        assert_eq!((code, &*stderr), (Some(0), "open: 200 OK, HTTP/1.1\n"), "{format}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_ends_quietly_when_nobody_reads_its_errors_either() {
    let url = replay("retry: 100\ndata: 1\n\n").await.expect("a port");
    let ran = tokio::task::spawn_blocking(move || {
        let mut child = example("tail").args([&*url, "--raw", "--stats"]).spawn().expect("it can be run");
        drop(child.stderr.take());
        ended(child)
    });
    let Ran { code, stdout, .. } = ran.await.expect("it ends");
    assert_eq!((code, &*stdout), (Some(0), "data: 1\nretry: 100\n\n"));
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn an_interrupt_ends_it_well() {
    let url = endless().await;
    let ran = tokio::task::spawn_blocking(move || {
        let mut child = example("tail").args([&*url, "--json", "--stats"]).spawn().expect("it can be run");
        let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
        stdout.read_line(&mut String::new()).expect("a line");
        interrupt(&child);
        std::io::copy(&mut stdout, &mut std::io::sink()).expect("it ends");
        ended(child)
    });
    let Ran { code, stderr, .. } = ran.await.expect("it ends");
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stderr.lines().last().is_some_and(|line| line.starts_with("events ")), "{stderr}");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn an_interrupt_ends_it_also_while_its_output_is_not_taken() {
    let url =
        serve(Router::new().route("/", get(async || events(&format!("data: {}\n\n", "x".repeat(1 << 20)))))).await;
    let url = url.expect("a port");
    let ran = tokio::task::spawn_blocking(move || {
        let mut child = example("tail").args([&*url, "--raw"]).spawn().expect("it can be run");
        let stdout = child.stdout.take();
        std::thread::sleep(Duration::from_millis(500));
        interrupt(&child);
        let ran = ended(child);
        drop(stdout);
        ran
    });
    assert_eq!(ran.await.expect("it ends").code, Some(0));
}

#[cfg(unix)]
fn interrupt(child: &std::process::Child) {
    let sent = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(sent.expect("kill is there").success());
}
