//! nginx between a session and its server: what it holds back, when it cuts, and that nothing is lost by it.
//!
//! Skipped where nginx is not installed: see `tests/servers/install`.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Instant;

use flate2::read::GzDecoder;
use http::Version;
use reqwest::RequestBuilder;
use sse_typed::{Reconnect, RequestBuilderExt, TypedSession};
use sse_typed_tests::seen::{Reply, next};
use sse_typed_tests::server::{Request, Script, Server, client, http2_client, ms, numbered, soon};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Notify;

/// The program: on `PATH`, or where systems have it for root alone.
static NGINX: LazyLock<Option<&str>> = LazyLock::new(|| {
    ["nginx", "/usr/sbin/nginx", "/usr/local/sbin/nginx"].into_iter().find(|program| {
        let version = Command::new(program).args(["-e", "stderr", "-v"]).stderr(Stdio::null()).status();
        version.is_ok_and(|status| status.success())
    })
});

/// An nginx of its own, with all its files in a directory of its own. It ends, and they go, when this is dropped.
struct Nginx {
    program: &'static str,
    master: Child,
    directory: PathBuf,
    ports: Ports,
}

/// Where it speaks HTTP/1.1, and where HTTP/2 with prior knowledge.
#[derive(Clone, Copy)]
struct Ports {
    http_1: u16,
    http_2: u16,
}

impl Ports {
    fn free() -> Self {
        let [http_1, http_2] = [(), ()].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        let port = |listener: TcpListener| listener.local_addr().unwrap().port();
        Self { http_1: port(http_1), http_2: port(http_2) }
    }
}

const VERSIONS: [Version; 2] = [Version::HTTP_11, Version::HTTP_2];

impl Nginx {
    /// One in front of this server, with these directives; `None`, and a word about it, where there is no nginx.
    async fn before(server: &Server, directives: &str) -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let Some(program) = *NGINX else {
            eprintln!("skipped: no nginx (1.19.5 or newer) is installed, see tests/servers/install");
            return None;
        };
        for _ in 0..5 {
            let name = format!("sse-typed-nginx-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
            let directory = std::env::temp_dir().join(name);
            std::fs::create_dir_all(&directory).unwrap();
            let ports = Ports::free();
            std::fs::write(directory.join("nginx.conf"), configuration(ports, server, directives)).unwrap();
            let master = command(program, &directory).stderr(Stdio::null()).spawn().unwrap();
            let mut nginx = Self { program, master, directory, ports };
            if soon(nginx.listens()).await {
                return Some(nginx);
            }
            // Another has taken the port.
            eprintln!("{}", std::fs::read_to_string(nginx.directory.join("error.log")).unwrap_or_default());
        }
        panic!("nginx does not start");
    }

    /// Waits until it does, or has ended.
    async fn listens(&mut self) -> bool {
        while self.master.try_wait().unwrap().is_none() {
            // It writes its id once it listens.
            if std::fs::read_to_string(self.directory.join("pid")).is_ok_and(|id| id.ends_with('\n')) {
                return true;
            }
            tokio::time::sleep(ms(5)).await;
        }
        false
    }

    fn reload(&self) {
        assert!(self.command().args(["-s", "reload"]).status().unwrap().success());
    }

    fn command(&self) -> Command {
        command(self.program, &self.directory)
    }

    /// Asks for its page.
    fn get(&self, version: Version) -> RequestBuilder {
        let (client, port) = match version {
            Version::HTTP_2 => (http2_client(), self.ports.http_2),
            _ => (client(), self.ports.http_1),
        };
        client.get(format!("http://127.0.0.1:{port}/"))
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // A signal to the master alone would leave its workers behind.
        let _ = self.command().args(["-s", "stop"]).stderr(Stdio::null()).status();
        let started = Instant::now();
        while matches!(self.master.try_wait(), Ok(None)) && started.elapsed() < ms(5_000) {
            std::thread::sleep(ms(5));
        }
        let _ = self.master.kill();
        let _ = self.master.wait();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

fn command(program: &str, directory: &PathBuf) -> Command {
    let mut command = Command::new(program);
    command.arg("-p").arg(directory).args(["-c", "nginx.conf", "-e", "error.log"]);
    command
}

fn configuration(ports: Ports, server: &Server, directives: &str) -> String {
    let (Ports { http_1, http_2 }, upstream) = (ports, server.address());
    format!(
        "daemon off; worker_processes 1; pid pid; error_log error.log; worker_shutdown_timeout 200ms;
        events {{ worker_connections 64; }}
        http {{
            access_log off;
            client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi;
            scgi_temp_path scgi;
            server {{
                listen 127.0.0.1:{http_1}; listen 127.0.0.1:{http_2} http2;
                location / {{ proxy_pass http://{upstream}; {directives} }}
            }}
        }}"
    )
}

async fn read(nginx: &Nginx, version: Version) -> TypedSession<Reply> {
    let policy = Reconnect::default().delay(ms(20)).max_delay(ms(100));
    let session = nginx.get(version).sse().reconnect(policy).retry_first_connect();
    let session = soon(session.connect()).await.unwrap();
    assert_eq!(session.connection().unwrap().version(), version);
    session.incoming()
}

/// Checks that these events come, and after the last of them the end.
async fn assert_rest(events: &mut TypedSession<Reply>, numbers: std::ops::RangeInclusive<usize>) {
    for number in numbers {
        assert_eq!(next(events).await, Reply::Part(number.to_string()));
    }
    assert_end(events).await;
}

async fn assert_end(events: &mut TypedSession<Reply>) {
    assert_eq!(next(events).await, Reply::Done);
    assert!(soon(events.next()).await.is_none());
}

fn last_number(request: &Request) -> usize {
    request.last_event_id().map_or(0, |id| id.parse().unwrap())
}

/// A server that sends three events to each request, and is quiet then; after nine it is done.
async fn in_threes() -> Server {
    Server::answering(|request| match last_number(request) {
        9 => Script::events(DONE),
        last => Script::events(numbered(last + 1..=last + 3, "")).hold(),
    })
    .await
}

const DONE: &str = "data: [DONE]\n\n";

#[tokio::test]
async fn events_come_one_by_one_where_buffering_is_off_or_the_server_says_so() {
    for version in VERSIONS {
        let stream = "content-type: text/event-stream\r\n";
        let unbuffered = "content-type: text/event-stream\r\nx-accel-buffering: no\r\n";
        for (directives, headers) in [("proxy_buffering off;", stream), ("", unbuffered)] {
            let gate = Arc::new(Notify::new());
            let script = Script::head("200 OK", headers).send(numbered(1..=1, "")).after(&gate);
            let server = Server::scripted([script.send(numbered(2..=2, "")).after(&gate).send(DONE)]).await;
            let Some(nginx) = Nginx::before(&server, directives).await else { return };
            let mut events = read(&nginx, version).await;
            for number in 1..=2 {
                // The server sends the next one only once this one has come.
                assert_eq!(next(&mut events).await, Reply::Part(number.to_string()));
                gate.notify_one();
            }
            assert_end(&mut events).await;
        }
    }
}

#[tokio::test]
async fn a_buffer_holds_small_events_until_the_server_is_done_and_loses_none() {
    for version in VERSIONS {
        let gate = Arc::new(Notify::new());
        let script = Script::events(numbered(1..=3, "")).after(&gate).send(numbered(4..=4, "")).send(DONE);
        let server = Server::scripted([script]).await;
        let Some(nginx) = Nginx::before(&server, "").await else { return };
        let first = async {
            let mut events = read(&nginx, version).await;
            let first = next(&mut events).await;
            (events, first)
        };
        tokio::pin!(first);
        assert!(tokio::time::timeout(ms(300), &mut first).await.is_err(), "it holds them");
        gate.notify_one();
        let (mut events, first) = soon(first).await;
        assert_eq!(first, Reply::Part("1".into()));
        assert_rest(&mut events, 2..=4).await;
        assert_eq!(server.count(), 1);
    }
}

#[tokio::test]
async fn a_read_timeout_cuts_a_quiet_stream_which_goes_on_where_it_was() {
    for version in VERSIONS {
        let server = in_threes().await;
        let Some(nginx) = Nginx::before(&server, "proxy_buffering off; proxy_read_timeout 300ms;").await else {
            return;
        };
        assert_rest(&mut read(&nginx, version).await, 1..=9).await;
        let ids = [None, Some("3"), Some("6"), Some("9")];
        assert_eq!(server.last_event_ids(), ids.map(|id| id.map(str::to_owned)));
    }
}

#[tokio::test]
async fn comments_keep_a_quiet_stream_open_beyond_the_read_timeout() {
    for version in VERSIONS {
        let script = Script::events(numbered(1..=1, "")).drip(": ping\n\n".repeat(15), 8, ms(100));
        let server = Server::scripted([script.send(numbered(2..=2, "")).send(DONE)]).await;
        let Some(nginx) = Nginx::before(&server, "proxy_buffering off; proxy_read_timeout 1s;").await else { return };
        assert_rest(&mut read(&nginx, version).await, 1..=2).await;
        assert_eq!(server.count(), 1);
    }
}

#[tokio::test]
async fn a_reload_in_mid_stream_loses_and_doubles_nothing() {
    for version in VERSIONS {
        let server = in_threes().await;
        let Some(nginx) = Nginx::before(&server, "proxy_buffering off;").await else { return };
        let mut events = read(&nginx, version).await;
        for number in 1..=9 {
            assert_eq!(next(&mut events).await, Reply::Part(number.to_string()));
            if number % 3 == 0 {
                nginx.reload();
            }
        }
        assert_end(&mut events).await;
        assert_eq!(server.count(), 4);
    }
}

#[tokio::test]
async fn a_bad_gateway_is_tried_again_until_the_server_is_back() {
    for version in VERSIONS {
        let mut connections = 0;
        let server = Server::answering(move |request| {
            connections += 1;
            match (connections, last_number(request)) {
                // No response at all, which nginx answers with 502 and a page.
                (1 | 3 | 4, _) => Script::new(),
                (_, 0) => Script::events(numbered(1..=2, "")),
                (_, last) => Script::events(numbered(last + 1..=4, "")).send(DONE),
            }
        })
        .await;
        let Some(nginx) = Nginx::before(&server, "").await else { return };
        let error = soon(nginx.get(version).sse().connect()).await.unwrap_err();
        assert_eq!(error.status().map(|status| status.as_u16()), Some(502));
        assert!(error.body().unwrap().contains("nginx"));
        assert_rest(&mut read(&nginx, version).await, 1..=4).await;
        assert_eq!(server.count(), 5);
    }
}

#[tokio::test]
async fn events_that_nginx_compresses_come_one_by_one() {
    let gate = Arc::new(Notify::new());
    let script = Script::events(numbered(1..=1, "")).after(&gate).send(numbered(2..=2, "")).after(&gate).send(DONE);
    let whole = numbered(1..=2, "") + DONE;
    let server = Server::scripted([script, Script::events(whole.clone())]).await;
    let directives = "proxy_buffering off; gzip on; gzip_types text/event-stream; gzip_proxied any; gzip_min_length 0;
        gzip_http_version 1.0;";
    let Some(nginx) = Nginx::before(&server, directives).await else { return };
    let mut events = read(&nginx, Version::HTTP_11).await;
    for number in 1..=2 {
        assert_eq!(next(&mut events).await, Reply::Part(number.to_string()));
        gate.notify_one();
    }
    assert_end(&mut events).await;
    assert!(server.requests()[0].header("accept-encoding").unwrap().contains("gzip"));

    let response = soon(raw_response(&nginx)).await;
    let body = response.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap() + 4;
    let head = String::from_utf8_lossy(&response[..body]).to_ascii_lowercase();
    assert!(head.contains("\r\ncontent-encoding: gzip\r\n"), "{head}");
    assert_eq!(std::io::read_to_string(GzDecoder::new(&response[body..])).unwrap(), whole);
}

/// What comes, byte by byte, where gzip is asked for and chunks are not (HTTP/1.0).
async fn raw_response(nginx: &Nginx) -> Vec<u8> {
    let mut socket = TcpStream::connect(("127.0.0.1", nginx.ports.http_1)).await.unwrap();
    socket.write_all(b"GET / HTTP/1.0\r\naccept-encoding: gzip\r\n\r\n").await.unwrap();
    let mut response = Vec::new();
    socket.read_to_end(&mut response).await.unwrap();
    response
}

#[tokio::test]
async fn the_longest_id_that_is_sent_is_no_longer_than_nginx_takes_by_default() {
    for version in VERSIONS {
        // It takes lines of 8,192 bytes (`large_client_header_buffers 4 8k`): ids of 8,175.
        for length in [1_000, 7_900, 7_990, 8_000] {
            let id = "i".repeat(length);
            let first = Script::events(format!("id: {id}\ndata: 1\n\n"));
            let server = Server::scripted([first, Script::events("data: 2\n\n").send(DONE)]).await;
            let Some(nginx) = Nginx::before(&server, "").await else { return };
            assert_rest(&mut read(&nginx, version).await, 1..=2).await;
            assert_eq!(server.last_event_ids(), [None, Some(id)]);
        }
    }
}
