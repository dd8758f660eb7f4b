//! An event as its reader holds it: a name, data of any type, the last event ID, the reconnection time.
//!
//! Knows nothing of bytes, formats or connections.

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

/// The name of an event that the server gave no name: `"message"` (WHATWG HTML 9.2.6).
pub(crate) const MESSAGE: &str = "message";

/// One server-sent event whose data is a `T`.
///
/// With `T = String` this is a [`ServerSentEvent`], the event as it came; with your own enum, an item of a typed stream.
///
/// ```
/// use sse_typed::TypedServerSentEvent;
///
/// let event = TypedServerSentEvent::new("price", "4.20".to_owned());
/// let price = event.try_map(|data| data.parse::<f64>())?;
/// assert_eq!((&*price.event, price.data), ("price", 4.2));
/// # Ok::<(), std::num::ParseFloatError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct TypedServerSentEvent<T> {
    /// The event's name, `"message"` when the server gave none. Empty on an item that stands for something which is no
    /// event: a comment, a `retry:` line, an opened connection.
    pub event: Cow<'static, str>,
    /// What the event carries.
    pub data: T,
    /// The last event ID when the event was dispatched: this event's own, or that of the last one which had any.
    ///
    /// Save it once the event is processed and give it to `last_event_id` at the next start: so no event is missed.
    pub id: LastEventId,
    /// The reconnection time that the server set in the lines of this event, if it did.
    pub retry: Option<Duration>,
}

/// A server-sent event whose data is the text that the server sent.
pub type ServerSentEvent = TypedServerSentEvent<String>;

impl<T> TypedServerSentEvent<T> {
    /// An event with this name and this data, without an id or a reconnection time.
    pub fn new(event: impl Into<Cow<'static, str>>, data: T) -> Self {
        Self { event: event.into(), data, id: LastEventId::EMPTY, retry: None }
    }

    /// The same event with other data.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> TypedServerSentEvent<U> {
        TypedServerSentEvent { event: self.event, data: f(self.data), id: self.id, retry: self.retry }
    }

    /// The same event with other data, where making that may fail.
    ///
    /// # Errors
    /// What `f` returns.
    pub fn try_map<U, E>(self, f: impl FnOnce(T) -> Result<U, E>) -> Result<TypedServerSentEvent<U>, E> {
        Ok(TypedServerSentEvent { event: self.event, data: f(self.data)?, id: self.id, retry: self.retry })
    }
}

/// Writes the wire form (WHATWG HTML 9.2.5), blank line included, so that an event can be sent on or replayed.
///
/// Reading it gives the same event back, within what the format can say: a line break in the data is written as a line
/// feed whichever it was, line breaks in a name are left out, and an id with a line break or NUL is not written.
impl<T: fmt::Display> fmt::Display for TypedServerSentEvent<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.event.is_empty() && self.event != MESSAGE {
            f.write_str("event: ")?;
            self.event.split(['\r', '\n']).try_for_each(|part| f.write_str(part))?;
            f.write_str("\n")?;
        }
        for line in self.data.to_string().replace("\r\n", "\n").split(['\r', '\n']) {
            writeln!(f, "data: {line}")?;
        }
        if !self.id.is_empty() && !self.id.contains(['\r', '\n', '\0']) {
            writeln!(f, "id: {}", self.id)?;
        }
        if let Some(retry) = self.retry {
            writeln!(f, "retry: {}", retry.as_millis())?;
        }
        f.write_str("\n")
    }
}

/// The last event ID of a stream (WHATWG HTML 9.2.6), what a server needs to go on where a stream stopped.
///
/// Derefs to `str`, is `""` when there is none, and costs next to nothing to clone.
///
/// ```
/// let id = sse_typed::LastEventId::from("7f3");
/// assert_eq!(id, "7f3");
/// assert!(sse_typed::LastEventId::default().is_empty());
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LastEventId(Option<Arc<str>>);

impl LastEventId {
    pub(crate) const EMPTY: Self = Self(None);

    /// The id as text, `""` when there is none.
    pub fn as_str(&self) -> &str {
        self.0.as_deref().unwrap_or_default()
    }
}

impl Deref for LastEventId {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for LastEventId {
    fn as_ref(&self) -> &str {
        self
    }
}

impl Borrow<str> for LastEventId {
    fn borrow(&self) -> &str {
        self
    }
}

impl<'a> From<&'a str> for LastEventId {
    fn from(id: &'a str) -> Self {
        Self((!id.is_empty()).then(|| id.into()))
    }
}

impl From<&String> for LastEventId {
    fn from(id: &String) -> Self {
        id.as_str().into()
    }
}

impl From<String> for LastEventId {
    fn from(id: String) -> Self {
        Self((!id.is_empty()).then(|| id.into()))
    }
}

/// One that may have been saved: none is the empty one.
impl<T: Into<LastEventId>> From<Option<T>> for LastEventId {
    fn from(id: Option<T>) -> Self {
        id.map(Into::into).unwrap_or_default()
    }
}

impl From<LastEventId> for String {
    fn from(id: LastEventId) -> Self {
        id.as_str().to_owned()
    }
}

impl From<&Self> for LastEventId {
    fn from(id: &Self) -> Self {
        id.clone()
    }
}

impl PartialEq<str> for LastEventId {
    fn eq(&self, other: &str) -> bool {
        **self == *other
    }
}

impl PartialEq<&str> for LastEventId {
    fn eq(&self, other: &&str) -> bool {
        **self == **other
    }
}

impl PartialEq<String> for LastEventId {
    fn eq(&self, other: &String) -> bool {
        **self == **other
    }
}

impl fmt::Display for LastEventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, f)
    }
}

impl fmt::Debug for LastEventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl serde::Serialize for LastEventId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for LastEventId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}
