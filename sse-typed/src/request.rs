//! The request that a stream is asked for with: one of reqwest's, or one made anew for each attempt.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use http::header::{ACCEPT, CACHE_CONTROL, HeaderName};
use http::{HeaderValue, StatusCode};
use reqwest::{Client, Request, RequestBuilder, Response};

use crate::deserialize::Json;
use crate::error::{BoxError, Error, ErrorKind};
use crate::event::LastEventId;
use crate::session::SessionBuilder;

/// `Last-Event-ID` (WHATWG HTML 9.2.4).
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
pub(crate) const EVENT_STREAM: &str = "text/event-stream";
pub(crate) const JSON: &str = "application/json";
const EVENT_STREAM_OR_JSON: &str = "text/event-stream, application/json";

/// Opens event streams with [`reqwest`].
pub trait RequestBuilderExt: sealed::Sealed {
    /// Asks for an event stream with this request: set options, then [`connect`](SessionBuilder::connect).
    ///
    /// `Accept` and `Cache-Control` are added unless the request has them; those among the client's `default_headers`
    /// give way, as a request does not tell of them. A total timeout of the client does not apply
    /// to the stream, which it would cut; one that is set on the request itself does.
    ///
    /// ```no_run
    /// # #[cfg(feature = "json")]
    /// # async fn run() -> Result<(), sse_typed::Error> {
    /// use sse_typed::RequestBuilderExt;
    ///
    /// let client = reqwest::Client::new();
    /// let mut lines = client.get("http://localhost:8080/log").sse().connect().await?.incoming::<String>();
    /// while let Some(line) = lines.try_next().await? {
    ///     println!("{}", line.data);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    fn sse(self) -> SessionBuilder<Json>;
}

impl RequestBuilderExt for RequestBuilder {
    fn sse(self) -> SessionBuilder<Json> {
        SessionBuilder::from_request(self)
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for reqwest::RequestBuilder {}
}

/// Asks for an event stream with a request that is made anew for each attempt: with a fresh token, at another URL, with
/// the position in the query, through middleware, with any method.
///
/// Such a stream reconnects if it is given a policy, whatever the method: the function makes each request, and is asked
/// to; without one it is asked once. [`Attempt::apply`] adds what an event stream's request has.
///
/// ```no_run
/// # #[cfg(feature = "json")]
/// # async fn run(client: reqwest::Client) -> Result<(), sse_typed::Error> {
/// # async fn fresh_token() -> Result<String, std::io::Error> { Ok(String::new()) }
/// use sse_typed::Reconnect;
///
/// let session = sse_typed::session(move |attempt| {
///     let request = client.get("https://example.com/feed");
///     async move { Ok(attempt.apply(request.bearer_auth(fresh_token().await?)).send().await?) }
/// })
/// .reconnect(Reconnect::default())
/// .connect()
/// .await?;
/// # let _ = session;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// What the function returns: an error of reqwest's, or of middleware around it, counts as what it says, an
/// [`Error`](crate::Error) as itself, one of [`io`](std::io) that tells of a connection as [`ErrorKind::Connect`], any other as
/// [`ErrorKind::Request`], which is final unless the policy's `retry_if` decides otherwise.
pub fn session<F, R>(request: F) -> SessionBuilder<Json>
where
    F: FnMut(Attempt) -> R + Send + 'static,
    R: Future<Output = Result<Response, BoxError>> + Send + 'static,
{
    let mut request = request;
    SessionBuilder::from_function(Box::new(move |attempt| Box::pin(request(attempt))))
}

pub(crate) type RequestFunction = dyn FnMut(Attempt) -> ResponseFuture + Send;
pub(crate) type ResponseFuture = Pin<Box<dyn Future<Output = Result<Response, BoxError>> + Send>>;

/// What a request is made for.
#[derive(Clone)]
pub struct Attempt {
    number: u32,
    last_event_id: LastEventId,
    lost_to: Option<Arc<Error>>,
    accepts_json: bool,
    /// The stream itself has said what to resume after, be it nothing.
    has_position: bool,
}

impl Attempt {
    pub(crate) fn new(number: u32, last_event_id: LastEventId, lost_to: Option<Arc<Error>>) -> Self {
        Self { number, last_event_id, lost_to, accepts_json: false, has_position: false }
    }

    pub(crate) fn positioned(mut self) -> Self {
        self.has_position = true;
        self
    }

    pub(crate) fn accepting_json(mut self) -> Self {
        self.accepts_json = true;
        self
    }

    fn accept(&self) -> HeaderValue {
        HeaderValue::from_static(if self.accepts_json { EVENT_STREAM_OR_JSON } else { EVENT_STREAM })
    }

    /// Its number in this outage, from 1; 0 for the first request of a session.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// What to resume after, `""` when there is nothing.
    pub fn last_event_id(&self) -> &str {
        &self.last_event_id
    }

    /// The status that the request before was answered with, if that is why this one is made: 401 asks for fresh
    /// credentials.
    pub fn status(&self) -> Option<StatusCode> {
        self.lost_to()?.status()
    }

    /// The kind of [`lost_to`](Self::lost_to).
    pub fn error(&self) -> Option<ErrorKind> {
        self.lost_to().map(Error::kind)
    }

    /// What the stream was lost to, or what the attempt before came to, with the status, headers and body of an answer
    /// that was no stream. `None` at the first request, and where a handle asked for another in place of an open one.
    ///
    /// ```no_run
    /// # async fn run(client: reqwest::Client) -> Result<(), sse_typed::Error> {
    /// use sse_typed::Reconnect;
    ///
    /// let session = sse_typed::session(move |attempt| {
    ///     // This server names another node when it is about to restart.
    ///     let elsewhere = attempt.lost_to().and_then(|error| error.headers()?.get("x-node")?.to_str().ok());
    ///     let request = client.get(format!("https://{}/feed", elsewhere.unwrap_or("example.com")));
    ///     async move { Ok(attempt.apply(request).send().await?) }
    /// });
    /// let session = session.reconnect(Reconnect::default()).connect().await?;
    /// # let _ = session;
    /// # Ok(())
    /// # }
    /// ```
    pub fn lost_to(&self) -> Option<&Error> {
        self.lost_to.as_deref()
    }

    /// Adds what the request of an event stream has: `Accept` and `Cache-Control` unless they are there, `Last-Event-ID`
    /// in place of any that is, and no total timeout but one set on the request itself. A `Last-Event-ID` of the request's own
    /// stays until the stream has said what to resume after.
    ///
    /// A request whose body is a stream cannot be looked into: its own `Accept` and `Cache-Control` are replaced, and the
    /// client's total timeout stays, as does a `Last-Event-ID` for which there is no other.
    pub fn apply(&self, request: RequestBuilder) -> RequestBuilder {
        let Some(copy) = request.try_clone() else {
            // A body that is a stream, or an error which `send` will tell: both can only be added to.
            let headers = [(ACCEPT, self.accept()), (CACHE_CONTROL, NO_CACHE)];
            let id = header_value(&self.last_event_id).map(|id| (LAST_EVENT_ID, id));
            return request.headers(headers.into_iter().chain(id).collect());
        };
        match copy.build_split() {
            (client, Ok(mut built)) => {
                prepare(&mut built, &client, self);
                RequestBuilder::from_parts(client, built)
            }
            (_, Err(_)) => request,
        }
    }
}

impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempt")
            .field("number", &self.number)
            .field("status", &self.status())
            .field("error", &self.error())
            .finish_non_exhaustive()
    }
}

const NO_CACHE: HeaderValue = HeaderValue::from_static("no-cache");

/// Makes `request` one for an event stream.
pub(crate) fn prepare(request: &mut Request, client: &Client, attempt: &Attempt) {
    // The client's total timeout would cut a healthy stream; that of the request is its user's word.
    if request.timeout().is_none() && may_have_timeout(client) {
        *request.timeout_mut() = Some(Duration::MAX);
    }
    let headers = request.headers_mut();
    if attempt.has_position || !attempt.last_event_id.is_empty() {
        headers.remove(LAST_EVENT_ID);
    }
    let mut add = |name, value| {
        if !headers.contains_key(&name) {
            headers.insert(name, value);
        }
    };
    add(ACCEPT, attempt.accept());
    add(CACHE_CONTROL, NO_CACHE);
    if let Some(id) = header_value(&attempt.last_event_id) {
        add(LAST_EVENT_ID, id);
    }
}

/// Whether `client` may have a timeout that is to be lifted. A timeout that never passes takes its place then, and costs a
/// timer that is looked at with each chunk, some 500 instructions: so it is not for every client.
///
/// reqwest tells of a client's timeouts in its `Debug` alone. Where that does not read as it did, there may be one.
fn may_have_timeout(client: &Client) -> bool {
    let text = format!("{client:?}");
    let has = |name: &str| text.as_bytes().windows(name.len()).any(|part| part.eq_ignore_ascii_case(name.as_bytes()));
    !has("default_headers") || has("timeout")
}

/// The id that a request of the user's has, which goes.
pub(crate) fn take_last_event_id(request: &mut Request) -> Option<LastEventId> {
    let id = request.headers_mut().remove(LAST_EVENT_ID)?;
    Some(LastEventId::from(&*String::from_utf8_lossy(id.as_bytes())))
}

/// The longest id that is sent. nginx and Apache refuse a line of the head beyond 8 KiB, and a server that sends a longer
/// id once would never be reached again.
const LONGEST_ID: usize = 8000;

/// The id as a header's value, encoded as UTF-8; `None` where there is none, or none that a header can hold.
fn header_value(last_event_id: &str) -> Option<HeaderValue> {
    if last_event_id.is_empty() {
        return None;
    }
    if last_event_id.len() > LONGEST_ID {
        #[cfg(feature = "tracing")]
        tracing::warn!(
            length = last_event_id.len(),
            "the last event ID is too long for a header: the stream is asked for without it"
        );
        return None;
    }
    let value = HeaderValue::from_bytes(last_event_id.as_bytes()).ok();
    #[cfg(feature = "tracing")]
    if value.is_none() {
        tracing::warn!("the last event ID is no legal header value: the stream is asked for without it");
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_client_that_is_known_to_have_no_timeout_keeps_it() {
        let build = |builder: reqwest::ClientBuilder| builder.no_proxy().build().unwrap();
        assert!(!may_have_timeout(&build(Client::builder())));
        assert!(!may_have_timeout(&build(
            Client::builder().user_agent("agent").connect_timeout(Duration::from_secs(1))
        )));
        assert!(may_have_timeout(&build(Client::builder().timeout(Duration::from_secs(1)))));
        // Not lifted, but told of in the same way.
        assert!(may_have_timeout(&build(Client::builder().read_timeout(Duration::from_secs(1)))));
    }
}
