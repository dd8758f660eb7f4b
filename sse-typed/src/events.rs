//! Frames become values: what a type of events has to say, and the types that take every event.
//!
//! Knows nothing of connections. `#[derive(SseEvents)]` writes these impls for your own types.

use std::any::type_name;
use std::fmt;
use std::ops::{Deref, DerefMut};

use crate::deserialize::Deserializer;
#[cfg(feature = "json")]
use crate::deserialize::json::path;
use crate::error::{BoxError, Error};
use crate::event::MESSAGE;
use crate::parse::{Frame, RawEvent};

/// A type whose values are the events of a stream: which frames it takes, and as what. `D` reads the data.
///
/// Derive it. By hand it is one function, for names that only the running program knows:
///
/// ```
/// use sse_typed::{Deserializer, Dispatch, Error, Frame, SseEvents};
///
/// /// Topics come and go; each event belongs to one.
/// struct Update { topic: String, price: f64 }
///
/// impl<D: Deserializer<f64>> SseEvents<D> for Update {
///     fn from_frame(frame: Frame<'_>, deserializer: &D) -> Result<Dispatch<Self>, Error> {
///         match frame {
///             Frame::Event(event) => Ok(match event.event().strip_prefix("topics/") {
///                 Some(topic) => {
///                     Dispatch::value(Update { topic: topic.to_owned(), price: event.decode(deserializer)? })
///                 }
///                 None => Dispatch::unknown(),
///             }),
///             _ => Ok(Dispatch::skip()),
///         }
///     }
/// }
/// # #[cfg(feature = "json")] {
/// # use sse_typed::{Json, RawEvent};
/// # let read = |data| Update::from_frame(Frame::Event(RawEvent::new("topics/a", data)), &Json);
/// # assert!(matches!(read("1.5").unwrap().into_value(), Some(Update { topic, price: 1.5 }) if topic == "a"));
/// # assert_eq!(read("x").err().and_then(|error| Some(error.event()?.data.clone())).as_deref(), Some("x"));
/// # }
/// ```
#[cfg_attr(
    not(feature = "derive"),
    diagnostic::on_unimplemented(note = "the derive needs the feature `derive` of `sse-typed`, which is off")
)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say which server-sent events it takes, or `{D}` cannot read them",
    label = "no `SseEvents<{D}>`",
    note = "put `#[derive(SseEvents)]` on an enum with a variant for each event, use `Data<{Self}>` to read every event's data as a `{Self}`, or `String` for its text"
)]
pub trait SseEvents<D>: Sized {
    /// Whether some event is marked to end the stream, and is a value: an error that ends it is not waited for. Without
    /// that event, the end of a stream is [`ErrorKind::Incomplete`](crate::ErrorKind::Incomplete).
    const HAS_DONE: bool = false;

    /// Takes a frame, or leaves it.
    ///
    /// # Errors
    /// An event that should be of this type and is not, or one that reports an error.
    fn from_frame(frame: Frame<'_>, deserializer: &D) -> Result<Dispatch<Self>, Error>;
}

/// The names that a type of events knows. Derived together with [`SseEvents`].
///
/// ```
/// # #[cfg(all(feature = "derive", feature = "json"))] {
/// use sse_typed::{EventNames, SseEvents};
///
/// #[derive(SseEvents)]
/// enum Topic {
///     Head,
///     #[sse(event = "block", alias = "blk")]
///     Block(u32),
/// }
/// assert_eq!(format!("/events?topics={}", Topic::EVENT_NAMES.join(",")), "/events?topics=head,block");
/// assert_eq!(Topic::Block(1).event_name(), "block");
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not tell the names of its events",
    label = "no `EventNames`",
    note = "`#[derive(SseEvents)]` implements it"
)]
pub trait EventNames {
    /// The names of the events that become values, in the order of the variants, each once and without aliases: what one
    /// asks a server for.
    const EVENT_NAMES: &'static [&'static str];

    /// The name of the event that this value came from or would come from: for a variant with aliases the main one, for
    /// one that keeps unknown events theirs, and `""` for what is no event.
    fn event_name(&self) -> &str;
}

/// What [`SseEvents::from_frame`] made of a frame.
#[derive(Debug)]
pub struct Dispatch<E>(pub(crate) Outcome<E>);

#[derive(Debug)]
pub(crate) enum Outcome<E> {
    Value { data: E, event: Option<&'static str>, done: bool },
    Skip,
    Unknown,
}

impl<E> Dispatch<E> {
    /// An item of the stream.
    pub const fn value(data: E) -> Self {
        Self(Outcome::Value { data, event: None, done: false })
    }

    /// Nothing: the frame is known, and not wanted.
    pub const fn skip() -> Self {
        Self(Outcome::Skip)
    }

    /// Nothing: an event of no known name.
    pub const fn unknown() -> Self {
        Self(Outcome::Unknown)
    }

    /// The same, where the event's name is known beforehand: spares the item a copy of it.
    #[must_use]
    pub fn named(mut self, name: &'static str) -> Self {
        if let Outcome::Value { event, .. } = &mut self.0 {
            *event = Some(name);
        }
        self
    }

    /// The same, and the stream ends after it.
    #[must_use]
    pub fn done(mut self) -> Self {
        if let Outcome::Value { done, .. } = &mut self.0 {
            *done = true;
        }
        self
    }

    /// The same of another type: for one that wraps a derived one, and adds what the derive cannot say.
    ///
    /// ```
    /// # #[cfg(all(feature = "derive", feature = "json"))] {
    /// use sse_typed::{Dispatch, Error, Frame, Json, RawEvent, SseEvents};
    ///
    /// #[derive(Debug, SseEvents)]
    /// enum Reply {
    ///     #[sse(event = "message")]
    ///     Part(String),
    ///     #[sse(event = "message", data = "[DONE]", done)]
    ///     Done,
    /// }
    ///
    /// /// The same from a server that writes white space behind its data.
    /// struct Trimmed(Reply);
    ///
    /// impl SseEvents<Json> for Trimmed {
    ///     const HAS_DONE: bool = <Reply as SseEvents<Json>>::HAS_DONE;
    ///
    ///     fn from_frame(frame: Frame<'_>, json: &Json) -> Result<Dispatch<Self>, Error> {
    ///         let frame = match frame {
    ///             Frame::Event(event) => Frame::Event(RawEvent::new(event.event(), event.data().trim_end())),
    ///             other => other,
    ///         };
    ///         Ok(Reply::from_frame(frame, json)?.map(Self))
    ///     }
    /// }
    /// # let done = Trimmed::from_frame(Frame::Event(RawEvent::new("", "[DONE] ")), &Json)?;
    /// # assert!(done.is_done() && matches!(done.into_value(), Some(Trimmed(Reply::Done))));
    /// # }
    /// # Ok::<(), sse_typed::Error>(())
    /// ```
    pub fn map<F>(self, f: impl FnOnce(E) -> F) -> Dispatch<F> {
        Dispatch(match self.0 {
            Outcome::Value { data, event, done } => Outcome::Value { data: f(data), event, done },
            Outcome::Skip => Outcome::Skip,
            Outcome::Unknown => Outcome::Unknown,
        })
    }

    /// The value, if there is one.
    pub fn into_value(self) -> Option<E> {
        match self.0 {
            Outcome::Value { data, .. } => Some(data),
            Outcome::Skip | Outcome::Unknown => None,
        }
    }

    /// Whether the stream ends after this.
    pub fn is_done(&self) -> bool {
        matches!(self.0, Outcome::Value { done: true, .. })
    }

    /// Whether the event is of no known name.
    pub fn is_unknown(&self) -> bool {
        matches!(self.0, Outcome::Unknown)
    }
}

/// An item whose event may have any name, and has none in most streams of such.
#[inline]
fn of_any_name<E>(event: &RawEvent<'_>, data: E) -> Dispatch<E> {
    let name = (event.event() == MESSAGE).then_some(MESSAGE);
    Dispatch(Outcome::Value { data, event: name, done: false })
}

/// Every event, its data as text.
impl<D> SseEvents<D> for String {
    fn from_frame(frame: Frame<'_>, _: &D) -> Result<Dispatch<Self>, Error> {
        Ok(match frame {
            Frame::Event(event) => of_any_name(&event, event.data().to_owned()),
            _ => Dispatch::skip(),
        })
    }
}

/// Every event, whatever its name, its data read as a `T`. Derefs to it.
///
/// ```
/// # #[cfg(feature = "json")] {
/// use sse_typed::{Data, Frame, Json, RawEvent, SseEvents};
///
/// let frame = Frame::Event(RawEvent::new("tick", "42"));
/// let tick = Data::<u32>::from_frame(frame, &Json)?.into_value().unwrap();
/// assert_eq!(*tick, 42);
/// # }
/// # Ok::<(), sse_typed::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Data<T>(pub T);

impl<T> Data<T> {
    /// The payload itself.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for Data<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Data<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T: fmt::Display> fmt::Display for Data<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T, D: Deserializer<T>> SseEvents<D> for Data<T> {
    fn from_frame(frame: Frame<'_>, deserializer: &D) -> Result<Dispatch<Self>, Error> {
        Ok(match frame {
            Frame::Event(event) => of_any_name(&event, Self(decode(deserializer, &event)?)),
            _ => Dispatch::skip(),
        })
    }
}

/// Reads an event's data, and says all there is to say where that fails.
///
/// # Errors
/// When the data is no `T`.
#[inline]
pub fn decode<T, D: Deserializer<T> + ?Sized>(deserializer: &D, event: &RawEvent<'_>) -> Result<T, Error> {
    deserializer.deserialize(event.data()).map_err(|source| undecodable(deserializer, event, source.into()))
}

#[cold]
fn undecodable<T, D: Deserializer<T> + ?Sized>(deserializer: &D, event: &RawEvent<'_>, source: BoxError) -> Error {
    Error::decode(event.to_owned(), type_name::<T>(), source, deserializer.path(event.data()))
}

impl RawEvent<'_> {
    /// Reads the data as a `T`, for an [`SseEvents`] by hand. Nothing is copied unless that fails.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode), with this event in it.
    pub fn decode<T>(&self, deserializer: &(impl Deserializer<T> + ?Sized)) -> Result<T, Error> {
        decode(deserializer, self)
    }
}

impl crate::ServerSentEvent {
    /// Reads the data as a `T`.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode), with this event in it.
    pub fn decode<T>(&self, deserializer: &(impl Deserializer<T> + ?Sized)) -> Result<T, Error> {
        deserializer.deserialize(&self.data).map_err(|source| {
            Error::decode(self.clone(), type_name::<T>(), source.into(), deserializer.path(&self.data))
        })
    }

    /// Reads the data as JSON. The value may borrow from it.
    ///
    /// ```
    /// let event = sse_typed::ServerSentEvent::new("names", r#"["Ada","Grace"]"#.to_owned());
    /// let names: Vec<&str> = event.json()?;
    /// assert_eq!(names, ["Ada", "Grace"]);
    /// assert_eq!(event.json::<(String, u32)>().unwrap_err().path(), Some("[1]"));
    /// # Ok::<(), sse_typed::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode), with this event in it.
    #[cfg(feature = "json")]
    pub fn json<'a, T: serde::Deserialize<'a>>(&'a self) -> Result<T, Error> {
        serde_json::from_str(&self.data)
            .map_err(|source| Error::decode(self.clone(), type_name::<T>(), source.into(), path::<T>(&self.data)))
    }
}
