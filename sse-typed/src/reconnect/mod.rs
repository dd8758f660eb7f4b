//! When a stream is lost: whether to go for it again, and when.
//!
//! This file is the policy, a plain value; [`machine`] carries it out.

pub(crate) mod machine;

use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;

use crate::error::{Error, ErrorKind};

/// How a session gets its stream back.
///
/// Without one, a stream that was opened with GET reconnects as `Reconnect::default()` says, and any other never does.
/// A policy alone does not change that, so that one shared by many requests cannot send a POST twice: only
/// [`any_method`](Self::any_method) does. Streams of [`session`](fn@crate::session), which make each request anew,
/// reconnect if they are given a policy.
///
/// | | default | set by |
/// |---|---|---|
/// | first delay | 3 s, or the server's last `retry:`, clamped to 100 ms to 5 min | [`delay`](Self::delay), [`server_retry`](Self::server_retry) |
/// | growth | doubled at each failure in a row, up to 60 s | [`max_delay`](Self::max_delay) |
/// | jitter | up to a quarter of the delay on top | [`jitter`](Self::jitter) |
/// | healthy, so that the next loss begins at the first delay again | an event came, and the connection lasted at least as long as the delay before it; or it lasted a minute, whatever came | [`healthy_after`](Self::healthy_after) |
/// | `Retry-After` on 429, 503 and 529 | in place of the delay, once; beyond 10 min the stream ends | [`max_retry_after`](Self::max_retry_after) |
/// | attempts in one outage | no limit | [`max_attempts`](Self::max_attempts), [`max_elapsed`](Self::max_elapsed) |
/// | tried again | no connection, a broken one, end of the body, idle timeout, status 408, 425, 429, 500, 502, 503, 504, 529; with [`session`](fn@crate::session), 401 once in an outage | [`retry_if`](Self::retry_if) |
///
/// ```
/// use std::time::Duration;
/// use sse_typed::Reconnect;
///
/// let patient = Reconnect::default().delay(Duration::from_secs(2)).max_delay(Duration::from_secs(120)).max_attempts(8);
/// # let _ = patient;
/// ```
#[derive(Clone)]
pub struct Reconnect {
    methods: Methods,
    delay: Duration,
    max_delay: Duration,
    server_retry: RangeInclusive<Duration>,
    jitter: f64,
    healthy_after: Option<Duration>,
    max_retry_after: Duration,
    max_attempts: Option<u32>,
    max_elapsed: Option<Duration>,
    /// Whether some statuses are worth another attempt.
    retries_status: bool,
    retry_if: Option<Arc<RetryIf>>,
}

type RetryIf = dyn Fn(&Error) -> Option<bool> + Send + Sync;

/// Which requests may be sent more than once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Methods {
    None,
    Get,
    Any,
}

impl Default for Reconnect {
    fn default() -> Self {
        Self {
            methods: Methods::Get,
            delay: Duration::from_secs(3),
            max_delay: Duration::from_secs(60),
            server_retry: Duration::from_millis(100)..=Duration::from_secs(5 * 60),
            jitter: 0.25,
            healthy_after: None,
            max_retry_after: Duration::from_secs(10 * 60),
            max_attempts: None,
            max_elapsed: None,
            retries_status: true,
            retry_if: None,
        }
    }
}

impl Reconnect {
    /// The default policy, to start from.
    pub fn new() -> Self {
        Self::default()
    }

    /// No reconnecting: the end of the body is the end of the stream.
    pub fn never() -> Self {
        Self { methods: Methods::None, ..Self::default() }
    }

    /// What a browser's `EventSource` does (WHATWG HTML 9.2.3): the same delay each time, without jitter, for ever, and
    /// any status but 200 ends the stream.
    pub fn event_source() -> Self {
        Self { max_delay: Duration::ZERO, jitter: 0.0, retries_status: false, ..Self::default() }
    }

    /// Sends requests of any method again, POST included. [`never`](Self::never) stays what it is.
    ///
    /// Only for requests that may be repeated: a server may do, and bill, each of them.
    #[must_use]
    pub fn any_method(mut self) -> Self {
        if self.methods != Methods::None {
            self.methods = Methods::Any;
        }
        self
    }

    /// How long to wait before the first attempt, until the server says otherwise with `retry:`. 3 s by default. With zero the
    /// first attempt is made at once, and the next ones after 20 ms, 40 ms and so on; a connection has to last 10 ms then to be
    /// [healthy](Self::healthy_after).
    #[must_use]
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// What the delay grows to while attempts fail. 60 s by default. Less than the first delay means that it does not
    /// grow; a longer `retry:` of the server is kept to all the same.
    #[must_use]
    pub fn max_delay(mut self, max_delay: Duration) -> Self {
        self.max_delay = max_delay;
        self
    }

    /// Within which bounds the server's `retry:` is followed; beyond them the bound itself holds. 100 ms to 5 min by
    /// default. A range of [`delay`](Self::delay) alone makes the server's word void. A `Retry-After` is kept to the lower bound as
    /// well.
    #[must_use]
    pub fn server_retry(mut self, range: RangeInclusive<Duration>) -> Self {
        self.server_retry = range;
        self
    }

    /// Up to which part of the delay is added to it at random, so that clients do not come back all at once: 0.25 by
    /// default. Taken as 0 where it is negative or no number.
    #[must_use]
    pub fn jitter(mut self, part: f64) -> Self {
        self.jitter = part.max(0.0);
        self
    }

    /// How long a connection has to last, beside bringing an event, for the next loss of it to begin an outage of its
    /// own: delay and limits start anew. By default as long as the delay before it was. One that brings no event has to last a
    /// minute, or as long as this if that is more.
    ///
    /// With zero an event is enough: for a server that ends its stream after each page of events.
    ///
    /// A connection lasts until its loss is noticed, which a consumer that takes its time over an event does afterwards.
    #[must_use]
    pub fn healthy_after(mut self, duration: Duration) -> Self {
        self.healthy_after = Some(duration);
        self
    }

    /// Up to which `Retry-After` the stream waits: 10 min by default. Beyond it the stream ends with the error, as
    /// coming back earlier is not what the server asked for.
    #[must_use]
    pub fn max_retry_after(mut self, duration: Duration) -> Self {
        self.max_retry_after = duration;
        self
    }

    /// How many attempts are made in one outage before the stream ends with the last error. No limit by default. What
    /// [`SessionHandle::reconnect`](crate::SessionHandle::reconnect) asks for does not count; a stream that ends before it is
    /// [healthy](Self::healthy_after) does, however regularly.
    #[must_use]
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = Some(attempts);
        self
    }

    /// For how long attempts are made in one outage before the stream ends with the last error. No limit by default. Time in which
    /// nobody polls the stream counts.
    #[must_use]
    pub fn max_elapsed(mut self, duration: Duration) -> Self {
        self.max_elapsed = Some(duration);
        self
    }

    /// Decides what is tried again: `Some` is the decision, `None` leaves it as it is by default. Asked once for each
    /// loss, before any limit. The end of a body comes as [`ErrorKind::Incomplete`].
    ///
    /// ```
    /// use reqwest::StatusCode;
    /// use sse_typed::Reconnect;
    ///
    /// // This server answers 404 while it deploys.
    /// let policy = Reconnect::default().retry_if(|error| (error.status() == Some(StatusCode::NOT_FOUND)).then_some(true));
    /// # let _ = policy;
    /// ```
    #[must_use]
    pub fn retry_if(mut self, decide: impl Fn(&Error) -> Option<bool> + Send + Sync + 'static) -> Self {
        self.retry_if = Some(Arc::new(decide));
        self
    }

    /// Whether a request of this method may be sent again.
    pub(crate) fn resends(&self, method: &http::Method) -> bool {
        match self.methods {
            Methods::None => false,
            Methods::Get => method == http::Method::GET,
            Methods::Any => true,
        }
    }

    /// Whether requests that are made anew each time may be.
    pub(crate) fn is_never(&self) -> bool {
        self.methods == Methods::None
    }

    /// Whether to try again after this loss. A 401 is one only where another request may bring other credentials.
    fn retries(&self, error: &Error, may_reauthorize: bool) -> bool {
        if let Some(decision) = self.retry_if.as_ref().and_then(|decide| decide(error)) {
            return decision;
        }
        match error.kind() {
            ErrorKind::Connect | ErrorKind::Transport | ErrorKind::IdleTimeout | ErrorKind::Incomplete => true,
            ErrorKind::Status => {
                let status = error.status().unwrap_or_default();
                self.retries_status
                    && (matches!(status.as_u16(), 408 | 425 | 429 | 500 | 502 | 503 | 504 | 529)
                        || (may_reauthorize && status == StatusCode::UNAUTHORIZED))
            }
            ErrorKind::Request
            | ErrorKind::ContentType
            | ErrorKind::EventTooLarge
            | ErrorKind::Decode
            | ErrorKind::Event => false,
        }
    }
}

impl fmt::Debug for Reconnect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reconnect")
            .field("methods", &self.methods)
            .field("delay", &self.delay)
            .field("max_delay", &self.max_delay)
            .field("server_retry", &self.server_retry)
            .field("jitter", &self.jitter)
            .field("healthy_after", &self.healthy_after)
            .field("max_retry_after", &self.max_retry_after)
            .field("max_attempts", &self.max_attempts)
            .field("max_elapsed", &self.max_elapsed)
            .field("retries_status", &self.retries_status)
            .field("retry_if", &self.retry_if.is_some())
            .finish()
    }
}
