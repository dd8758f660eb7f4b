//! What went wrong: one type, opaque and small, that says whether anything follows.
//!
//! Text of ours holds no URL, no header value and no data: these are facts, behind accessors.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, StatusCode};

use crate::event::ServerSentEvent;
use crate::parse::EventTooLarge;

/// Any error, as a cause.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Why a stream could not be opened, an event not be read, or a stream not go on.
///
/// One pointer in size. [`kind`](Self::kind) tells errors apart, [`is_final`](Self::is_final) whether the stream is at
/// its end; the cause is in [`source`](std::error::Error::source), and what the server said is behind the accessors.
/// `Display` and `Debug` show no URL, header value or data. The cause of a [`Decode`](ErrorKind::Decode) may quote a value,
/// and its path name a key: they are in `source()` and [`path`](Self::path) only.
///
/// ```
/// # use sse_typed::{Error, ErrorKind};
/// fn report(error: &Error) {
///     match error.kind() {
///         ErrorKind::Decode => eprintln!("skipped an event: {error} at {}", error.path().unwrap_or("?")),
///         ErrorKind::Status => eprintln!("refused: {error}: {}", error.body().unwrap_or_default()),
///         _ if error.is_final() => eprintln!("the stream is over: {error}"),
///         _ => eprintln!("{error}"),
///     }
/// }
/// ```
pub struct Error(
    /// Never shared. An `Arc` is dropped by a call, a `Box` by the code that drops each of these fields, in each part of a
    /// program that errors come through.
    Arc<Inner>,
);

struct Inner {
    kind: ErrorKind,
    is_final: bool,
    /// What happened, where the kind alone does not say it.
    message: Option<&'static str>,
    source: Option<BoxError>,
    /// The cause may show what this error does not.
    is_reticent: bool,
    /// The event concerned, and the type that it could not be read as.
    event: Option<ServerSentEvent>,
    payload_type: Option<&'static str>,
    path: Option<String>,
    /// What an `error` event carried.
    payload: Option<Box<dyn Any + Send + Sync>>,
    status: Option<StatusCode>,
    headers: Option<HeaderMap>,
    body: Option<String>,
    retry_after: Option<Duration>,
    attempts: u32,
    gave_up: bool,
}

/// What kind of thing went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The request cannot be built, or not be sent again as the policy wants. Final, unless `retry_if` wants it tried again.
    Request,
    /// No response came: no connection, no answer, a failed TLS handshake, as the text says. Final once it is not tried again.
    Connect,
    /// The server answered with another status than 200 and 204. Final once it is not tried again.
    Status,
    /// The server answered with something that is no event stream, or one that is still compressed. Final, unless `retry_if`
    /// wants it tried again. For a server that only forgets the type there is `any_content_type`.
    ContentType,
    /// The connection broke while the stream was open. Final once it is not tried again.
    Transport,
    /// Nothing came for as long as `idle_timeout` allows. Final once it is not tried again.
    IdleTimeout,
    /// An event held more than `max_event_size` allows. Final.
    EventTooLarge,
    /// One event could not be read. The stream goes on, unless `DecodeErrors::Stop` was chosen, or the event was to end it.
    Decode,
    /// The server sent an event that the type marks as an `error`. The stream goes on, unless it is also marked `done`.
    Event,
    /// The stream ended before the event that the type marks as `done`, or in the middle of an event. Final once it is not
    /// tried again. Also where a server ends its stream each time, and the attempts to get it back ran out.
    Incomplete,
}

impl Error {
    #[cold]
    pub(crate) fn new(kind: ErrorKind) -> Self {
        Self(Arc::new(Inner {
            kind,
            is_final: !matches!(kind, ErrorKind::Decode | ErrorKind::Event),
            message: None,
            source: None,
            is_reticent: false,
            event: None,
            payload_type: None,
            path: None,
            payload: None,
            status: None,
            headers: None,
            body: None,
            retry_after: None,
            attempts: 0,
            gave_up: false,
        }))
    }

    /// `event`'s data is none of this type, as is seen at `path` in it.
    pub(crate) fn decode(
        event: ServerSentEvent,
        payload_type: &'static str,
        source: BoxError,
        path: Option<String>,
    ) -> Self {
        let mut error = Self::new(ErrorKind::Decode).because(source);
        let inner = error.inner();
        inner.payload_type = Some(payload_type);
        inner.event = Some(event);
        inner.path = path;
        error
    }

    /// The type takes no such event, and wants to be told.
    pub(crate) fn unknown_event(event: ServerSentEvent) -> Self {
        let mut error = Self::new(ErrorKind::Decode).saying("no variant takes");
        error.inner().event = Some(event);
        error
    }

    /// `event` reports an error, which `payload` describes.
    pub(crate) fn event_payload<T: Send + Sync + 'static>(event: ServerSentEvent, payload: T) -> Self {
        let mut error = Self::new(ErrorKind::Event);
        error.inner().event = Some(event);
        error.inner().payload = Some(Box::new(payload));
        error
    }

    pub(crate) fn because(mut self, source: BoxError) -> Self {
        self.inner().source = Some(source);
        self
    }

    /// A sentence in place of the kind's own.
    pub(crate) fn saying(mut self, message: &'static str) -> Self {
        self.inner().message = Some(message);
        self
    }

    pub(crate) fn ending_the_stream(mut self) -> Self {
        self.inner().is_final = true;
        self
    }

    fn inner(&mut self) -> &mut Inner {
        Arc::get_mut(&mut self.0).expect("no other holds it")
    }
}

/// What sessions add, and the machine that drives them.
#[cfg_attr(not(feature = "client"), allow(dead_code))]
impl Error {
    /// The status of an answer of which nothing else is known.
    pub(crate) fn with_status(mut self, status: StatusCode) -> Self {
        self.inner().status = Some(status);
        self
    }

    /// The answer that was no stream.
    pub(crate) fn answered(mut self, status: StatusCode, headers: HeaderMap, body: Option<String>) -> Self {
        self.inner().status = Some(status);
        self.inner().headers = Some(headers);
        self.inner().body = body;
        self
    }

    /// The server asks not to be asked again before that.
    pub(crate) fn retrying_after(mut self, retry_after: Option<Duration>) -> Self {
        self.inner().retry_after = retry_after;
        self
    }

    /// Shows nothing of its cause.
    pub(crate) fn reticent(mut self) -> Self {
        self.inner().is_reticent = true;
        self
    }

    /// The policy allows no further attempt.
    pub(crate) fn gave_up(mut self) -> Self {
        self.inner().gave_up = true;
        self
    }

    /// The stream is tried to be got back.
    pub(crate) fn outlived(mut self) -> Self {
        self.inner().is_final = false;
        self
    }

    pub(crate) fn after_attempts(mut self, attempts: u32) -> Self {
        self.inner().attempts = attempts;
        self
    }
}

impl Error {
    /// What kind of error this is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether the stream is over. If not, the error concerns one event: poll again for the next.
    pub fn is_final(&self) -> bool {
        self.0.is_final
    }

    /// The status that the server answered with, where it did so.
    pub fn status(&self) -> Option<StatusCode> {
        self.0.status
    }

    /// The headers that the server answered with, where it refused the stream.
    pub fn headers(&self) -> Option<&HeaderMap> {
        self.0.headers.as_ref()
    }

    /// The body of the answer that refused the stream, as text: its first 64 KiB, or what came of it in the time that
    /// was given to it. `None` where no such answer came or its body was not read.
    pub fn body(&self) -> Option<&str> {
        self.0.body.as_deref()
    }

    /// The event that could not be read, or that reports the error.
    pub fn event(&self) -> Option<&ServerSentEvent> {
        self.0.event.as_ref()
    }

    /// Where in the data reading failed, such as `items[3].price`, where the format can tell.
    pub fn path(&self) -> Option<&str> {
        self.0.path.as_deref()
    }

    /// How long the server asked to be left alone with `Retry-After`, on status 429, 503 or 529.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// How many attempts were made to get the stream, or to get it back, after the failure with which the outage began.
    /// 0 if there was none.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// The payload of an `error` event, if it is a `T`.
    pub fn downcast_ref<T: 'static>(&self) -> Option<&T> {
        self.0.payload.as_ref()?.downcast_ref()
    }

    /// The payload of an `error` event, if it is a `T`.
    ///
    /// ```
    /// # #[cfg(all(feature = "derive", feature = "json"))] {
    /// use sse_typed::{Frame, Json, RawEvent, SseEvents};
    ///
    /// #[derive(Debug, SseEvents)]
    /// enum Msg {
    ///     #[sse(error)]
    ///     Failed(String),
    /// }
    /// let error = Msg::from_frame(Frame::Event(RawEvent::new("failed", "\"overloaded\"")), &Json).unwrap_err();
    /// assert_eq!(error.downcast_ref::<String>().map(|reason| &**reason), Some("overloaded"));
    /// assert_eq!(error.downcast::<String>().unwrap(), "overloaded");
    /// # }
    /// ```
    ///
    /// # Errors
    /// This error itself, if it holds no `T`.
    pub fn downcast<T: 'static>(mut self) -> Result<T, Self> {
        match self.inner().payload.take().map(Box::<dyn Any + Send + Sync>::downcast::<T>) {
            Some(Ok(payload)) => Ok(*payload),
            other => {
                self.inner().payload = other.and_then(Result::err);
                Err(self)
            }
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { kind, message, source, event, payload_type, status, attempts, gave_up, .. } = &*self.0;
        match attempts {
            0 => {}
            _ if !gave_up => {}
            1 => f.write_str("gave up after 1 attempt: ")?,
            _ => write!(f, "gave up after {attempts} attempts: ")?,
        }
        let sentence = message.unwrap_or(match kind {
            ErrorKind::Request => "could not build the request",
            ErrorKind::Connect => "could not connect",
            ErrorKind::Status => "the server refused the stream",
            ErrorKind::ContentType => "the response is no event stream",
            ErrorKind::Transport => "the connection broke",
            ErrorKind::IdleTimeout => "nothing came from the server in the time allowed",
            ErrorKind::EventTooLarge => "an event is too large",
            ErrorKind::Decode => "could not read",
            ErrorKind::Event => "the server reported an error in",
            ErrorKind::Incomplete => "the stream ended too early",
        });
        f.write_str(sentence)?;
        if let Some(error) = source.as_ref().and_then(|source| source.downcast_ref::<EventTooLarge>()) {
            write!(f, ": the limit is {} bytes", error.limit())?;
        }
        if let (ErrorKind::Status, Some(status)) = (kind, status) {
            write!(f, " with status {status}")?;
        }
        if let Some(event) = event {
            write!(f, " event `{}`", Excerpt(&event.event))?;
        }
        if let Some(name) = payload_type {
            write!(f, " as `{}`", Unqualified(name))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { kind, is_final, source, is_reticent, event, status, attempts, .. } = &*self.0;
        let mut debug = f.debug_struct("Error");
        debug.field("kind", kind).field("message", &format_args!("{self}")).field("is_final", is_final);
        if let Some(event) = event {
            debug.field("event", &format_args!("\"{}\"", Excerpt(&event.event)));
        }
        if let Some(status) = status {
            debug.field("status", status);
        }
        if *attempts > 0 {
            debug.field("attempts", attempts);
        }
        // What a format says of data that it could not read may quote it, and stays in `source()`. A path may name keys of a
        // map, which are data, and stays in `path()`.
        if let (Some(source), false) = (source, *kind == ErrorKind::Decode || *is_reticent) {
            debug.field("source", source);
        }
        debug.finish_non_exhaustive()
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

impl From<EventTooLarge> for Error {
    fn from(error: EventTooLarge) -> Self {
        Self::new(ErrorKind::EventTooLarge).because(error.into())
    }
}

/// Text of a server in a sentence of ours: no control characters, and no more of it than one wants to read.
pub(crate) struct Excerpt<'a>(pub(crate) &'a str);

impl fmt::Display for Excerpt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const LENGTH: usize = 64;
        let end = self.0.char_indices().nth(LENGTH).map_or(self.0.len(), |(at, _)| at);
        // As `escape_debug` would, with code that every program has in it already.
        let quoted = format!("{:?}", &self.0[..end]);
        f.write_str(&quoted[1..quoted.len() - 1])?;
        f.write_str(if end < self.0.len() { "…" } else { "" })
    }
}

/// A type's name as its user writes it: `Vec<Price>` for `alloc::vec::Vec<shop::Price>`.
struct Unqualified<'a>(&'a str);

impl fmt::Display for Unqualified<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // An identifier may hold any letter, while all that stands between two of them is ASCII.
        // Of what is declared in a closure or an async function, `{{closure}}` is a part of the path.
        let is_path = |char: char| {
            char.is_ascii_alphanumeric() || matches!(char, '_' | ':' | '{' | '}' | '#') || !char.is_ascii()
        };
        let mut paths = self.0.split_inclusive(|char| !is_path(char));
        paths.try_for_each(|path| f.write_str(path.rsplit(':').next().unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_pointer() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
        assert_eq!(size_of::<Result<(), Error>>(), size_of::<usize>());
    }

    #[test]
    fn a_type_is_named_as_its_user_writes_it() {
        for (name, written) in [
            ("u32", "u32"),
            ("shop::Price", "Price"),
            ("alloc::vec::Vec<shop::Price>", "Vec<Price>"),
            ("(a::B, core::option::Option<&str>)", "(B, Option<&str>)"),
            ("<a::B as c::D>::E", "<B as D>E"),
            ("alloc::vec::Vec<shop::main::{{closure}}::Price>", "Vec<Price>"),
        ] {
            assert_eq!(Unqualified(name).to_string(), written);
        }
    }

    #[test]
    fn a_long_name_is_cut_and_cannot_forge_lines() {
        let name = format!("a\u{1b}[31m{}", "é".repeat(100));
        let shown = Excerpt(&name).to_string();
        assert!(!shown.contains('\u{1b}') && shown.ends_with('…') && shown.chars().count() < 80, "{shown}");
    }
}
