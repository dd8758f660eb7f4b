//! Many sessions, and one for long, against a server that restarts: each recovers, no event is lost or doubled, memory
//! stays as it was, and a server that comes back is not met by all at once.
//!
//! The long forms are run by name: `cargo test --test fleet -- --ignored --nocapture`.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use sse_typed::{Reconnect, RequestBuilderExt};
use sse_typed_tests::cost::{elsewhere, measured, resident};
use sse_typed_tests::seen::Reply;
use sse_typed_tests::server::{OnDrop, Script, Server, client, lock, ms, soon};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};

/// A feed of numbers: all its readers are sent the same ones, from the one after their last event ID on.
#[derive(Clone)]
struct Feed {
    address: SocketAddr,
    published: Arc<watch::Sender<Published>>,
    open: Arc<watch::Sender<usize>>,
    /// When each connection was accepted.
    accepted: Arc<Mutex<Vec<Instant>>>,
}

#[derive(Clone, Copy, Default)]
struct Published {
    last: u64,
    /// There will be no more.
    complete: bool,
}

impl Feed {
    /// A feed that has a number more each time that `pace` has passed.
    async fn new(pace: Duration) -> (Self, Running) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let feed = Self {
            address: listener.local_addr().unwrap(),
            published: Arc::new(watch::Sender::new(Published::default())),
            open: Arc::new(watch::Sender::new(0)),
            accepted: Arc::default(),
        };
        let published = feed.published.clone();
        tokio::spawn(async move {
            let mut ticks = tokio::time::interval(pace);
            while !published.borrow().complete {
                ticks.tick().await;
                published.send_modify(|published| published.last += u64::from(!published.complete));
            }
        });
        let running = feed.serve(listener);
        (feed, running)
    }

    async fn restart(self) -> Running {
        let listener = TcpListener::bind(self.address).await.unwrap();
        self.serve(listener)
    }

    fn serve(&self, listener: TcpListener) -> Running {
        let feed = self.clone();
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                lock(&feed.accepted).push(Instant::now());
                let feed = feed.clone();
                connections.spawn(async move { feed.serve_connection(socket).await });
                while connections.try_join_next().is_some() {}
            }
        });
        Running(task.abort_handle())
    }

    async fn serve_connection(&self, mut socket: TcpStream) -> Option<()> {
        // Whatever ends this while the client reads is a crash: RST.
        socket.set_zero_linger().ok()?;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            if socket.read_buf(&mut head).await.ok()? == 0 {
                return None;
            }
        }
        let head = String::from_utf8(head).ok()?;
        let mut ids = head.lines().filter_map(|line| line.strip_prefix("last-event-id: "));
        let mut sent: u64 = ids.next().map_or(0, |id| id.parse().expect("an id that was sent"));
        assert_eq!(ids.next(), None);
        let answer = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
        socket.write_all(answer.as_bytes()).await.ok()?;
        self.open.send_modify(|open| *open += 1);
        let _closed = OnDrop(|| self.open.send_modify(|open| *open -= 1));
        let mut published = self.published.subscribe();
        loop {
            let Published { last, complete } = *published.borrow_and_update();
            let mut events = (sent + 1..=last)
                .fold(String::new(), |text, number| text + &format!("id: {number}\ndata: {number}\n\n"));
            sent = last;
            if complete {
                events.push_str("data: [DONE]\n\n");
            }
            socket.write_all(events.as_bytes()).await.ok()?;
            if complete {
                // The client closes.
                while socket.read(&mut [0; 64]).await.ok()? > 0 {}
                return Some(());
            }
            published.changed().await.ok()?;
        }
    }
}

/// A server as long as it runs.
struct Running(AbortHandle);

impl Running {
    fn crash(self) {
        self.0.abort();
    }
}

struct Plan {
    sessions: usize,
    pace: Duration,
    policy: Reconnect,
    /// The first delay, and how much longer it may be: all come back within that.
    window: (Duration, Duration),
    /// How long the server runs before each crash, once all sessions are there.
    up: Duration,
    /// How long it is away, for each crash.
    down: Vec<Duration>,
}

async fn run(plan: Plan) {
    let pace = plan.pace;
    // Not in `elsewhere`'s way of waiting, which blocks: this thread has sessions to run.
    let (feed, mut running) = tokio::task::spawn_blocking(move || elsewhere(Feed::new(pace))).await.unwrap();
    let client = client();
    let mut sessions = JoinSet::new();
    for _ in 0..plan.sessions {
        let request = client.get(format!("http://{}/", feed.address));
        let session = request.sse().reconnect(plan.policy.clone()).retry_first_connect();
        sessions.spawn(async move {
            let mut events = session.connect().await.expect("a stream").incoming::<Reply>();
            let mut seen = 0_u64;
            while let Some(item) = events.next().await {
                match item.expect("no error").data {
                    Reply::Part(number) => {
                        assert_eq!(number, (seen + 1).to_string(), "the one after {seen}");
                        seen += 1;
                    }
                    Reply::Done => return (seen, events.stats().reconnects),
                }
            }
            panic!("the end before the last event");
        });
    }
    let all_open = |feed: &Feed| {
        let mut open = feed.open.subscribe();
        let sessions = plan.sessions;
        async move { drop(soon(open.wait_for(|open| *open == sessions)).await.expect("the feed lives")) }
    };
    all_open(&feed).await;
    let mut memory = Vec::new();
    for (round, down) in plan.down.iter().copied().enumerate() {
        tokio::time::sleep(plan.up).await;
        memory.extend(resident());
        lock(&feed.accepted).clear();
        running.crash();
        let crashed = Instant::now();
        tokio::time::sleep(down).await;
        let restarting = feed.clone();
        running = tokio::task::spawn_blocking(move || elsewhere(restarting.restart())).await.unwrap();
        all_open(&feed).await;
        let accepted: Vec<_> = lock(&feed.accepted).iter().map(|at| at.duration_since(crashed)).collect();
        assert_eq!(accepted.len(), plan.sessions, "each came back by one connection");
        let (delay, jitter) = plan.window;
        assert!(accepted.iter().all(|after| *after >= delay), "nobody is earlier than its delay");
        if down < delay {
            // Evenly spread, each tenth of the time would see a tenth of them.
            let bucket = |after: &Duration| after.saturating_sub(delay).as_nanos() * 10 / jitter.as_nanos();
            let mut buckets = vec![0_usize; 1 + usize::try_from(accepted.iter().map(bucket).max().unwrap()).unwrap()];
            for after in &accepted {
                buckets[usize::try_from(bucket(after)).unwrap()] += 1;
            }
            println!("restart {round}: came back by tenths of the jitter: {buckets:?}");
            assert!(buckets.iter().all(|count| *count <= plan.sessions / 2), "a burst: {buckets:?}");
        }
    }
    tokio::time::sleep(plan.up).await;
    memory.extend(resident());
    feed.published.send_modify(|published| published.complete = true);
    let last = feed.published.borrow().last;
    while let Some(session) = soon(sessions.join_next()).await {
        assert_eq!(session.expect("no panic"), (last, plan.down.len() as u64));
    }
    println!(
        "{} sessions, {last} events each; resident memory, MiB: {:?}",
        plan.sessions,
        memory.iter().map(|bytes| bytes >> 20).collect::<Vec<_>>()
    );
    // What an allocator keeps after the first restart it may keep.
    if let [_, second, .., end] = memory[..] {
        assert!(end <= second + second / 4 + (8 << 20), "memory grows: {memory:?}");
    }
}

#[tokio::test]
async fn three_hundred_sessions_recover_from_restarts_without_a_burst_and_lose_nothing() {
    run(Plan {
        sessions: 300,
        pace: ms(100),
        policy: Reconnect::default().delay(ms(700)).jitter(1.0).healthy_after(ms(500)),
        window: (ms(700), ms(700)),
        up: ms(600),
        down: vec![ms(200), ms(300), ms(1000)],
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes two minutes"]
async fn five_thousand_sessions_recover_from_restarts_without_a_burst_and_lose_nothing() {
    run(Plan {
        sessions: 5000,
        pace: Duration::from_secs(1),
        policy: Reconnect::default(),
        window: (Duration::from_secs(3), ms(750)),
        up: Duration::from_secs(8),
        down: [[ms(500), ms(1500)]; 4].concat(),
    })
    .await;
}

#[test]
#[ignore = "takes a minute"]
fn ten_million_events_on_one_session_leave_memory_flat() {
    let events = (0..1000).fold(String::new(), |text, number| {
        text + &format!("id: {number}\nevent: tick\ndata: {{\"number\":{number}}}\n\n: ping\n\n")
    });
    let server = elsewhere(Server::scripted([Script::stream().flood(Bytes::from(events), &Arc::default())]));
    let started = Instant::now();
    let (memory, cost) = measured(async move {
        let mut events = soon(client().get(server.url("/")).sse().connect()).await.unwrap().incoming::<String>();
        let mut memory = Vec::new();
        for number in 0..10_000_000_u32 {
            let event = events.try_next().await.unwrap().unwrap();
            assert_eq!(event.data.len(), 11 + (number % 1000).to_string().len(), "{}", event.data);
            if number % 1_000_000 == 999_999 {
                memory.extend(resident());
            }
        }
        memory
    });
    println!(
        "{:?}; resident memory, KiB: {:?}",
        started.elapsed(),
        memory.iter().map(|bytes| bytes >> 10).collect::<Vec<_>>()
    );
    cost.assert_within(2 << 20, Duration::from_secs(250));
    if let [first, .., last] = memory[..] {
        assert!(last <= first + (4 << 20), "memory grows: {memory:?}");
    }
}
