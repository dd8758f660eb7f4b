//! Everything one can say about a session before it is opened, and the opening.

use std::fmt;
use std::future::poll_fn;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::time::Duration;

use reqwest::RequestBuilder;

use super::connect::Connector;
use super::trace::Trace;
use super::{Core, Session};
use crate::deserialize::{Closure, Filled, Json, Target};
use crate::error::{BoxError, Error, ErrorKind};
use crate::event::LastEventId;
use crate::parse::{DEFAULT_MAX_EVENT_SIZE, Parser};
use crate::reconnect::Reconnect;
use crate::reconnect::machine::Machine;
use crate::request::{RequestFunction, take_last_event_id};

/// What to do with an event whose data cannot be read.
///
/// ```
/// # #[cfg(feature = "json")]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), sse_typed::Error> {
/// use sse_typed::{Data, DecodeErrors, Session, SessionConfig};
///
/// let bytes = futures::stream::iter([Ok::<_, std::io::Error>("data: 1\n\ndata: ?\n\ndata: 3\n\n")]);
/// let config = SessionConfig::new().decode_errors(DecodeErrors::Skip);
/// let mut numbers = Session::from_stream(bytes).config(config).incoming::<Data<u8>>();
/// assert_eq!(numbers.try_next().await?.map(|event| *event.data), Some(1));
/// assert_eq!(numbers.try_next().await?.map(|event| *event.data), Some(3));
/// assert_eq!(numbers.stats().decode_errors, 1);
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "json"))] fn main() {}
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeErrors {
    /// The error is an item of the stream, and the stream goes on.
    #[default]
    Yield,
    /// The event is passed over, as an unknown one is. Where it was to end the stream, that ends as [`ErrorKind::Incomplete`].
    Skip,
    /// The error is the last item.
    Stop,
}

/// The options of a session as a value, to share between requests.
///
/// ```
/// use std::time::Duration;
/// use sse_typed::{Reconnect, SessionConfig};
///
/// let feeds = SessionConfig::new().idle_timeout(Duration::from_secs(45)).reconnect(Reconnect::default().max_attempts(8));
/// # let client = reqwest::Client::new();
/// # use sse_typed::RequestBuilderExt;
/// let builder = client.get("http://localhost/feed").sse().config(feeds.clone());
/// # let _ = builder;
/// ```
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own, and named as its user names it")]
pub struct SessionConfig {
    pub(super) reconnect: Option<Arc<Reconnect>>,
    pub(super) retry_first_connect: bool,
    pub(super) idle_timeout: Option<Duration>,
    pub(super) max_event_size: usize,
    pub(super) any_content_type: bool,
    pub(super) json_as_event: bool,
    pub(super) unterminated_event: bool,
    pub(super) events_without_data: bool,
    pub(super) skip_empty_data: bool,
    pub(super) decode_errors: DecodeErrors,
    pub(super) inspector: Option<Inspector>,
}

/// Is shown what comes.
#[derive(Clone)]
pub(super) struct Inspector(Arc<Inspect>);

type Inspect = dyn Fn(&[u8]) + Send + Sync;

impl Inspector {
    pub(super) fn show(&self, bytes: &[u8]) {
        (self.0)(bytes);
    }
}

impl fmt::Debug for Inspector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Inspector")
    }
}

impl Default for SessionConfig {
    fn default() -> Self {
        Self::new()
    }
}

impl SessionConfig {
    /// The defaults.
    pub fn new() -> Self {
        Self {
            reconnect: None,
            retry_first_connect: false,
            idle_timeout: None,
            max_event_size: DEFAULT_MAX_EVENT_SIZE,
            any_content_type: false,
            json_as_event: false,
            unterminated_event: false,
            events_without_data: false,
            skip_empty_data: false,
            decode_errors: DecodeErrors::Yield,
            inspector: None,
        }
    }

    /// The parser of a stream that resumes after `last_event_id`.
    pub(super) fn parser(&self, last_event_id: &LastEventId) -> Parser {
        let mut parser = Parser::with_last_event_id(&**last_event_id).max_event_size(self.max_event_size);
        if self.unterminated_event {
            parser = parser.unterminated_event();
        }
        if self.events_without_data {
            parser = parser.events_without_data();
        }
        parser
    }
}

/// An event stream that is about to be asked for: options, then [`connect`](Self::connect).
#[must_use = "nothing is sent before `connect`"]
pub struct SessionBuilder<D = Json> {
    begin: Box<Begin>,
    last_event_id: LastEventId,
    config: SessionConfig,
    deserializer: D,
}

impl SessionBuilder<Json> {
    pub(crate) fn from_request(request: RequestBuilder) -> Self {
        Self::new(Box::new(|last_event_id, config| begin_with(request, last_event_id, config)))
    }

    pub(crate) fn from_function(function: Box<RequestFunction>) -> Self {
        Self::new(Box::new(|last_event_id, config| Ok(begin_with_each(function, last_event_id, config))))
    }

    fn new(begin: Box<Begin>) -> Self {
        Self { begin, last_event_id: LastEventId::default(), config: SessionConfig::new(), deserializer: Json }
    }
}

/// Writes each option once, for the builder and for the configuration.
macro_rules! options {
    ($($(#[$doc:meta])* $name:ident($($argument:ident: $type:ty)?) |$config:ident| $set:expr;)*) => {
        impl SessionConfig {
            $($(#[$doc])* #[must_use] pub fn $name(mut self $(, $argument: $type)?) -> Self {
                let $config = &mut self;
                $set;
                self
            })*
        }

        impl<D> SessionBuilder<D> {
            $($(#[$doc])* pub fn $name(mut self $(, $argument: $type)?) -> Self {
                let $config = &mut self.config;
                $set;
                self
            })*
        }
    };
}

options! {
    /// How the stream is got back when it is lost. Without it, [`Reconnect::default`] for GET, and never for any other
    /// method and for [`session`](fn@crate::session).
    reconnect(policy: Reconnect) |config| config.reconnect = Some(Arc::new(policy));

    /// Applies the policy to the first connection as well: [`connect`](SessionBuilder::connect) returns when there is a
    /// stream, or when the policy gives up. Without it, `connect` tries once.
    retry_first_connect() |config| config.retry_first_connect = true;

    /// The longest wait for a response and for each further byte. The connection counts as lost when it has passed, and
    /// the stream reconnects or ends with [`ErrorKind::IdleTimeout`]. Off by default.
    ///
    /// Any byte is a sign of life, comments included. Time in which nobody polls the stream does not count, but for an eighth of the
    /// timeout each time; so who comes back again and again to a stream on which nothing comes finds that out, too. With zero,
    /// what is not there when it is asked for counts as silence.
    ///
    /// Over HTTP/2 the next request may ride on the same dead connection. Let the client find out, with
    /// `http2_keep_alive_interval` and `http2_keep_alive_timeout` of [`reqwest::ClientBuilder`], or make each request
    /// with a fresh client through [`session`](fn@crate::session).
    idle_timeout(timeout: Duration) |config| config.idle_timeout = Some(timeout);

    /// How many bytes one event may hold, the line being read included. 16 MiB by default. A larger one ends the stream
    /// with [`ErrorKind::EventTooLarge`], and is never held whole.
    max_event_size(bytes: usize) |config| config.max_event_size = bytes;

    /// Accepts a response of any content type, or none, for servers that do not say `text/event-stream`. Of any: a page of HTML or
    /// an error in JSON under 200 is then a stream without events. Only for a server that is known to send one.
    any_content_type() |config| config.any_content_type = true;

    /// Takes an answer of `application/json`, or of any type in `+json`, for a stream of one event: for protocols in which a
    /// server may answer a request with either, as in MCP. Without it such an answer is an error, as any other type is.
    ///
    /// The event's data is the whole body, of which line breaks have become spaces; it has no name and no id. The stream is
    /// over then, and neither reconnects nor lacks a `done` event. `Accept` names both types unless the request has one.
    /// Beside `any_content_type`, JSON is read as this says.
    ///
    /// ```no_run
    /// # #[cfg(feature = "json")]
    /// # async fn run(client: reqwest::Client, call: String) -> Result<(), sse_typed::Error> {
    /// use sse_typed::{Data, RequestBuilderExt};
    ///
    /// let session = client.post("http://localhost/mcp").body(call).sse().json_as_event().connect().await?;
    /// let mut messages = session.incoming::<Data<serde_json::Value>>();
    /// while let Some(message) = messages.try_next().await? {
    ///     println!("{}", *message.data); // one, or those of a stream
    /// }
    /// # Ok(())
    /// # }
    /// ```
    json_as_event() |config| config.json_as_event = true;

    /// Yields an event at the end of the body though its blank line has not come. The standard discards it; several
    /// servers end like that. Where the stream reconnects, its id counts as seen though the rest of it may be missing.
    unterminated_event() |config| config.unterminated_event = true;

    /// Yields an event that has a name and no `data` line, with empty data. The standard discards it; some protocols
    /// end with one.
    events_without_data() |config| config.events_without_data = true;

    /// Passes over events whose data is empty, such as those with which a server primes the last event ID, whatever their
    /// name; not over one that the type marks as `done`.
    skip_empty_data() |config| config.skip_empty_data = true;

    /// What to do with an event whose data cannot be read. By default the error is an item, and the stream goes on.
    decode_errors(policy: DecodeErrors) |config| config.decode_errors = policy;

    /// Shows the bytes of each body to this function, as they come in and before anything is read in them: to record a
    /// stream, or to see afterwards what a server really sent. What an answer that is no stream says is not shown; it is in
    /// [`Error::body`]. Connections follow each other without a mark.
    ///
    /// It is called while the stream is polled, and should be quick.
    ///
    /// ```no_run
    /// # async fn run(client: reqwest::Client) -> Result<(), sse_typed::Error> {
    /// # use sse_typed::RequestBuilderExt;
    /// use std::sync::{Arc, Mutex};
    ///
    /// // The last 4 KiB, for a report.
    /// let tail = Arc::new(Mutex::new(Vec::new()));
    /// let seen = tail.clone();
    /// let builder = client.get("http://localhost/log").sse().inspect_bytes(move |bytes| {
    ///     let mut seen = seen.lock().unwrap();
    ///     seen.extend_from_slice(bytes);
    ///     let excess = seen.len().saturating_sub(4096);
    ///     seen.drain(..excess);
    /// });
    /// let mut lines = builder.connect().await?.incoming::<String>();
    /// while let Some(line) = lines.next().await {
    ///     if let Err(error) = line {
    ///         eprintln!("{error}, after {}", String::from_utf8_lossy(&tail.lock().unwrap()));
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    inspect_bytes(f: impl Fn(&[u8]) + Send + Sync + 'static) |config| config.inspector = Some(Inspector(Arc::new(f)));
}

impl<D> SessionBuilder<D> {
    /// Replaces all options at once, so it comes first. The last event ID and the deserializer are no options.
    pub fn config(mut self, config: SessionConfig) -> Self {
        self.config = config;
        self
    }

    /// Resumes after this event: what was saved of [`id`](crate::TypedServerSentEvent::id). It is sent as
    /// `Last-Event-ID` unless it is empty, no legal header value or longer than 8,000 bytes, in place of one that the
    /// request has.
    ///
    /// ```no_run
    /// # async fn run(client: reqwest::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// use sse_typed::RequestBuilderExt;
    ///
    /// // None at the very first start.
    /// let saved = std::fs::read_to_string("position").ok();
    /// let mut lines = client.get("http://localhost/log").sse().last_event_id(saved).connect().await?.incoming::<String>();
    /// while let Some(line) = lines.try_next().await? {
    ///     println!("{}", line.data);
    ///     std::fs::write("position", &*line.id)?; // once the event is dealt with: so none is missed
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn last_event_id(mut self, id: impl Into<LastEventId>) -> Self {
        self.last_event_id = id.into();
        self
    }

    /// Reads data with this, in place of [`Json`].
    pub fn deserializer<D2>(self, deserializer: D2) -> SessionBuilder<D2> {
        SessionBuilder { begin: self.begin, last_event_id: self.last_event_id, config: self.config, deserializer }
    }

    /// Reads data with this closure, whatever the payload's type: it finds a deserializer of serde's for the text, and
    /// fills the target from it.
    ///
    /// ```no_run
    /// # #[cfg(feature = "json")]
    /// # async fn run(client: reqwest::Client) -> Result<(), sse_typed::Error> {
    /// use sse_typed::RequestBuilderExt;
    ///
    /// let session = client
    ///     .get("http://localhost/feed")
    ///     .sse()
    ///     .deserialize_with(|data, target| target.fill(&mut serde_json::Deserializer::from_str(data.trim_start_matches(")]}'"))))
    ///     .connect()
    ///     .await?;
    /// # let _ = session;
    /// # Ok(())
    /// # }
    /// ```
    pub fn deserialize_with<F>(self, f: F) -> SessionBuilder<Closure>
    where
        F: Fn(&str, Target<'_>) -> Result<Filled, BoxError> + Send + Sync + 'static,
    {
        self.deserializer(Closure::new(Box::new(f)))
    }

    /// Sends the request and returns the open stream, or one that is over where the server answered 204.
    ///
    /// # Errors
    /// [`ErrorKind::Request`] if the request cannot be built, or not be sent again as the policy wants;
    /// [`ErrorKind::Connect`], [`ErrorKind::Status`], [`ErrorKind::ContentType`] or [`ErrorKind::IdleTimeout`] if there
    /// is no stream, with what the server said instead.
    ///
    /// # Cancel safety
    /// Dropping the future drops the request.
    pub async fn connect(self) -> Result<Session<D>, Error> {
        let Self { begin, last_event_id, config, deserializer } = self;
        let mut core = begin(last_event_id, &config)?;
        poll_fn(|cx| core.poll_connected(cx)).await?;
        Ok(Session { core, deserializer })
    }
}

/// Makes a session that sends its first request. As a boxed function, it and all that it holds of reqwest's is compiled once,
/// here, and not with each program and each deserializer.
type Begin = dyn FnOnce(LastEventId, &SessionConfig) -> Result<Core, Error> + Send;

/// A session that sends this request: each time a copy of it where the policy wants that, else once.
fn begin_with(request: RequestBuilder, mut last_event_id: LastEventId, config: &SessionConfig) -> Result<Core, Error> {
    let (client, request) = request.build_split();
    let mut request = request.map_err(|error| Error::new(ErrorKind::Request).because(error.without_url().into()))?;
    let id = take_last_event_id(&mut request);
    if last_event_id.is_empty() {
        last_event_id = id.into();
    }
    let trace = Trace::new(Some((request.method(), request.url())));
    let policy = config.reconnect.clone().unwrap_or_default();
    let (connector, policy) = if policy.resends(request.method()) {
        if request.try_clone().is_none() {
            let message = "the policy wants the request sent again, and its body is a stream, which cannot be: use \
                           `Reconnect::never()`, or leave `any_method()` out of the policy, or make each request with \
                           `sse_typed::session`";
            return Err(Error::new(ErrorKind::Request).saying(message));
        }
        (Connector::again(client, request, config), Some(policy))
    } else {
        (Connector::once(client, request, config), None)
    };
    Ok(Core::connecting(connector, machine(policy, config), last_event_id, config, trace))
}

/// A session that sends what this function makes.
fn begin_with_each(function: Box<RequestFunction>, last_event_id: LastEventId, config: &SessionConfig) -> Core {
    let policy = config.reconnect.clone().filter(|policy| !policy.is_never());
    let machine = machine(policy, config).fresh_requests();
    Core::connecting(Connector::new(function, config), machine, last_event_id, config, Trace::new(None))
}

fn machine(policy: Option<Arc<Reconnect>>, config: &SessionConfig) -> Machine {
    let machine = Machine::new(policy, random);
    if config.retry_first_connect { machine.retry_first_connect() } else { machine }
}

/// At least 0 and below 1. Each `RandomState` has keys of its own, so this spares a crate for the little that jitter needs.
pub(super) fn random() -> f64 {
    let bits = (RandomState::new().hash_one(()) >> 32) as u32;
    f64::from(bits) / (f64::from(u32::MAX) + 1.0)
}

impl<D> fmt::Debug for SessionBuilder<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionBuilder").field("config", &self.config).finish_non_exhaustive()
    }
}
