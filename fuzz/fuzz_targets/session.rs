//! A session whose server answers anything: `Retry-After`, ids and `retry:` of any form, streams cut anywhere. Time is
//! paused, so every wait is seen. It never spins, never sleeps past its cap, sends no id that is no header, and ends.

#![no_main]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use sse_typed::{Reconnect, ServerSentEvent, SessionConfig, State};
use tokio::time::Instant;

#[derive(Arbitrary, Debug)]
struct Input {
    last_event_id: String,
    unterminated_event: bool,
    idle_timeout: bool,
    retry_first_connect: bool,
    answers: Vec<Answer>,
}

#[derive(Arbitrary, Debug)]
struct Answer {
    status: Status,
    retry_after: Option<RetryAfter>,
    chunks: Vec<Vec<u8>>,
    /// An event with this id and these lines, as bytes alone seldom make one.
    event: Option<(String, String)>,
    ends: Ends,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Status {
    Ok,
    Refused,
    Unauthorized,
    TooMany,
    Unavailable,
    Any(u16),
    NoConnection,
}

#[derive(Arbitrary, Clone, Debug)]
enum RetryAfter {
    Seconds(u64),
    Text(String),
    Bytes(Vec<u8>),
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Ends {
    Regularly,
    Broken,
    Never,
}

impl Answer {
    fn response(self) -> Result<reqwest::Response, sse_typed::BoxError> {
        let status = match self.status {
            Status::Ok => 200,
            Status::Refused => 403,
            Status::Unauthorized => 401,
            Status::TooMany => 429,
            Status::Unavailable => 503,
            Status::Any(status) => status % 900 + 100,
            Status::NoConnection => return Err("no connection".into()),
        };
        let mut response = http::Response::builder().status(status).header("content-type", "text/event-stream");
        let retry_after = self.retry_after.map(|value| match value {
            RetryAfter::Seconds(seconds) => seconds.to_string().into_bytes(),
            RetryAfter::Text(text) => text.into_bytes(),
            RetryAfter::Bytes(bytes) => bytes,
        });
        if let Some(value) = retry_after.and_then(|value| http::HeaderValue::from_bytes(&value).ok()) {
            response = response.header("retry-after", value);
        }
        let event = self.event.map(|(id, data)| format!("id: {id}\ndata: {data}\n\n").into_bytes());
        let chunks = self.chunks.into_iter().chain(event).map(Ok::<_, std::io::Error>);
        let end: Vec<_> = match self.ends {
            Ends::Broken => vec![Err(std::io::Error::other("broken"))],
            Ends::Regularly | Ends::Never => Vec::new(),
        };
        let stream = futures::stream::iter(chunks.chain(end));
        let body = if matches!(self.ends, Ends::Never) {
            reqwest::Body::wrap_stream(futures::StreamExt::chain(stream, futures::stream::pending()))
        } else {
            reqwest::Body::wrap_stream(stream)
        };
        Ok(response.body(body).expect("a response").into())
    }
}

/// The most that the default policy waits: ten minutes by `Retry-After`, and a quarter of them as jitter.
const LONGEST_WAIT: Duration = Duration::from_secs(750);
/// The least, which a server sets with `retry: 0`.
const SHORTEST_WAIT: Duration = Duration::from_millis(100);
const SILENCE: Duration = Duration::from_secs(30);

fuzz_target!(|input: Input| {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(run(input));
});

async fn run(input: Input) {
    let count = input.answers.len();
    let mut answers: VecDeque<_> = input.answers.into();
    // A stream that never ends is left after a silence only.
    if !input.idle_timeout {
        answers.iter_mut().filter(|answer| matches!(answer.ends, Ends::Never)).for_each(|answer| {
            answer.ends = Ends::Regularly;
        });
    }
    let attempts = Arc::new(Mutex::new(Vec::new()));
    let (noted, client) = (attempts.clone(), reqwest::Client::new());
    let session = sse_typed::session(move |attempt| {
        noted.lock().unwrap().push(Instant::now());
        let request = attempt.apply(client.get("http://localhost/")).build().expect("a request");
        let mut ids = request.headers().get_all("last-event-id").iter();
        match (ids.next(), attempt.last_event_id()) {
            (Some(sent), id) => assert!(sent.as_bytes() == id.as_bytes() && !id.is_empty() && id.len() <= 8000),
            (None, id) => {
                assert!(id.is_empty() || id.len() > 8000 || http::HeaderValue::from_bytes(id.as_bytes()).is_err())
            }
        }
        assert!(ids.next().is_none());
        let response = answers.pop_front().map_or_else(
            || Ok(http::Response::builder().status(204).body("").expect("a response").into()),
            Answer::response,
        );
        async move { response }
    });
    // Else the first error that is final ends it.
    let mut config = SessionConfig::new().reconnect(Reconnect::default().retry_if(|_| Some(true)));
    if input.unterminated_event {
        config = config.unterminated_event();
    }
    if input.idle_timeout {
        config = config.idle_timeout(SILENCE);
    }
    if input.retry_first_connect {
        config = config.retry_first_connect();
    }
    let Ok(session) = session.config(config).last_event_id(&*input.last_event_id).connect().await else { return };
    let handle = session.handle();
    let mut events = session.incoming::<String>();
    let mut ended = false;
    while let Some(item) = events.next().await {
        assert!(!ended, "an item after the last");
        match item {
            Ok(event) => {
                assert_eq!(event.id, *events.last_event_id());
                assert_eq!(handle.last_event_id(), event.id);
                let _: ServerSentEvent = event;
            }
            Err(error) => {
                ended = error.is_final();
                assert!(error.retry_after().is_none() || error.headers().is_some());
            }
        }
    }
    assert_eq!(handle.state(), State::Closed);
    assert!(events.next().await.is_none());
    let attempts = attempts.lock().unwrap();
    assert!(attempts.len() <= count + 1, "{} attempts for {count} answers", attempts.len());
    for pair in attempts.windows(2) {
        let wait = pair[1] - pair[0];
        assert!(wait >= SHORTEST_WAIT, "two attempts within {wait:?}");
        assert!(wait <= LONGEST_WAIT + 2 * SILENCE, "an attempt {wait:?} after the one before");
    }
}
