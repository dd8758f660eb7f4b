//! What derived code calls. No part of the public interface.

use std::any::type_name;
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;
use std::time::Duration;

use serde::de::{EnumAccess, IgnoredAny, MapAccess, SeqAccess, VariantAccess as _, Visitor};

pub use crate::error::{BoxError, Error};
use crate::parse::RawEvent;

pub use serde;

pub use crate::connection::Connection;
pub use crate::deserialize::Deserializer;
pub use crate::event::ServerSentEvent;
pub use crate::events::{Dispatch, EventNames, SseEvents, decode};
pub use crate::parse::Frame;

/// What `text` reads: the data as it stands, through `FromStr`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from text",
    label = "no `FromStr`, or one whose error is no `Error + Send + Sync`",
    note = "`#[sse(text)]` goes through `FromStr`, whose error has to be a `std::error::Error + Send + Sync`",
    note = "any other function is `#[sse(with = path)]`"
)]
pub trait FromText: Sized {
    fn from_text(event: &RawEvent<'_>) -> Result<Self, Error>;
}

#[diagnostic::do_not_recommend]
impl<T: FromStr> FromText for T
where
    T::Err: Into<BoxError>,
{
    fn from_text(event: &RawEvent<'_>) -> Result<Self, Error> {
        with(event, T::from_str)
    }
}

/// The data through a function of the user's. Its error may borrow from the data.
pub fn with<'a, T, E: Refusal>(
    event: &'a RawEvent<'_>,
    read: impl FnOnce(&'a str) -> Result<T, E>,
) -> Result<T, Error> {
    read(event.data()).map_err(|source| Error::decode(event.to_owned(), type_name::<T>(), source.into_source(), None))
}

/// What the function of `with` fails with.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the error of a function that `with` calls",
    label = "no `Into<Box<dyn Error + Send + Sync>>`",
    note = "errors travel between threads: a `Box<dyn Error>` has to be a `Box<dyn Error + Send + Sync>`, which is `sse_typed::BoxError`",
    note = "an error of your own is a `std::error::Error`, `Send` and `Sync`; a `String` or `&str` will do"
)]
pub trait Refusal {
    fn into_source(self) -> BoxError;
}

#[diagnostic::do_not_recommend]
impl<E: Into<BoxError>> Refusal for E {
    fn into_source(self) -> BoxError {
        self.into()
    }
}

/// The data as the struct that a variant is read as. That struct has no name that the user knows: errors are told the
/// variant's.
#[inline]
pub fn decode_variant<T, D: Deserializer<T> + ?Sized>(
    deserializer: &D,
    event: &RawEvent<'_>,
    variant: &'static str,
) -> Result<T, Error> {
    deserializer.deserialize(event.data()).map_err(|source| undecodable(deserializer, event, variant, source.into()))
}

#[cold]
fn undecodable<T, D: Deserializer<T> + ?Sized>(
    deserializer: &D,
    event: &RawEvent<'_>,
    variant: &'static str,
    source: BoxError,
) -> Error {
    Error::decode(event.to_owned(), variant, source, deserializer.path(event.data()))
}

/// An event that `deny_unknown` refuses.
#[cold]
pub fn unknown_event(event: &RawEvent<'_>) -> Error {
    Error::unknown_event(event.to_owned())
}

/// An error about an event that was to be the last.
#[cold]
pub fn ending(error: Error) -> Error {
    error.ending_the_stream()
}

/// An event of an `error` variant; with `done`, the stream ends with it.
#[cold]
pub fn error_event<T: Send + Sync + 'static>(event: &RawEvent<'_>, payload: T, done: bool) -> Error {
    let error = Error::event_payload(event.to_owned(), payload);
    if done { error.ending_the_stream() } else { error }
}

/// What an `other` variant holds: the event itself.
#[diagnostic::on_unimplemented(
    message = "an `other` variant cannot hold `{Self}`",
    label = "expected `ServerSentEvent` or `Box<ServerSentEvent>`",
    note = "the events that no variant names have no type in common: the variant keeps them as they came, or is a unit variant"
)]
pub trait HoldsEvent {
    fn hold(event: &RawEvent<'_>) -> Self;
    fn name(&self) -> &str;
}

#[diagnostic::do_not_recommend]
impl HoldsEvent for ServerSentEvent {
    fn hold(event: &RawEvent<'_>) -> Self {
        event.to_owned()
    }

    fn name(&self) -> &str {
        &self.event
    }
}

#[diagnostic::do_not_recommend]
impl HoldsEvent for Box<ServerSentEvent> {
    fn hold(event: &RawEvent<'_>) -> Self {
        Self::new(event.to_owned())
    }

    fn name(&self) -> &str {
        &self.event
    }
}

/// What a `comment` variant holds.
#[diagnostic::on_unimplemented(
    message = "a `comment` variant cannot hold `{Self}`",
    label = "expected `String`, or another type that is `From<&str>`"
)]
pub trait HoldsComment {
    fn hold(comment: &str) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: for<'a> From<&'a str>> HoldsComment for T {
    fn hold(comment: &str) -> Self {
        comment.into()
    }
}

/// What a `retry` variant holds.
#[diagnostic::on_unimplemented(
    message = "a `retry` variant cannot hold `{Self}`",
    label = "expected `std::time::Duration`"
)]
pub trait HoldsRetry {
    fn hold(time: Duration) -> Self;
}

#[diagnostic::do_not_recommend]
impl HoldsRetry for Duration {
    fn hold(time: Duration) -> Self {
        time
    }
}

/// What an `open` variant holds.
#[diagnostic::on_unimplemented(
    message = "an `open` variant cannot hold `{Self}`",
    label = "expected `sse_typed::Connection`"
)]
pub trait HoldsConnection {
    fn hold(connection: &Connection) -> Self;
}

#[diagnostic::do_not_recommend]
impl HoldsConnection for Connection {
    fn hold(connection: &Connection) -> Self {
        connection.clone()
    }
}

/// What `key` and `tag` want to know of data before it is read as a payload.
pub trait Look {
    /// What a key of the map says.
    fn key(key: &str) -> Sign;

    /// Which of the names the tag's value is.
    fn tag(value: &str) -> Option<usize> {
        let _ = value;
        None
    }
}

/// What a key of a map says.
#[derive(Clone, Copy)]
pub enum Sign {
    Nothing,
    /// The data is for this one. The least wins.
    Key(usize),
    /// The same, unless the key's value is null: many a server says with each event that there is no error.
    ErrorKey(usize),
    /// The key's value names what it is for.
    Tag,
}

/// The first look at data, which finds what `L` looks for and holds nothing of the rest.
pub struct LookAhead<L> {
    found: Option<usize>,
    looking: PhantomData<L>,
}

/// A deserializer that takes a first look at data, which `key` and `tag` need.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot look for a `key` or `tag` in an event's data",
    label = "no deserializer of every type that is `serde::de::DeserializeOwned`",
    note = "`Json`, `Cbor` and closures are such deserializers; one of your own is `impl<T: DeserializeOwned> Deserializer<T>`",
    note = "for any other, tell events apart by name, by `#[sse(data = \"..\")]`, or in the function of `#[sse(with = path)]`"
)]
pub trait LooksAhead<L> {
    /// Which of the things that `L` looks for the data has. Data that is no map has none.
    fn find(&self, data: &str) -> Result<Option<usize>, BoxError>;
}

#[diagnostic::do_not_recommend]
impl<L: Look, D: Deserializer<LookAhead<L>> + ?Sized> LooksAhead<L> for D {
    fn find(&self, data: &str) -> Result<Option<usize>, BoxError> {
        self.deserialize(data).map(|ahead| ahead.found).map_err(Into::into)
    }
}

/// The same, for a type `E` of events. Data that cannot be read at all may be for any of its variants, and is an error of the
/// type; where one of them takes data without what is looked for, that one is to have it.
pub fn look_ahead<E, L, D: LooksAhead<L> + ?Sized>(
    deserializer: &D,
    event: &RawEvent<'_>,
) -> Result<Option<usize>, Error> {
    let found = deserializer.find(event.data());
    found.map_err(|source| Error::decode(event.to_owned(), type_name::<E>(), source, None))
}

impl<'de, L: Look> serde::Deserialize<'de> for LookAhead<L> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let found = deserializer.deserialize_any(Any::<InData<L>>(PhantomData))?;
        Ok(Self { found, looking: PhantomData })
    }
}

/// The places at which something is looked at; anything there that is not what was hoped for is passed over.
trait Place {
    type Found: Default;

    /// Any value but null.
    fn value() -> Self::Found {
        Self::Found::default()
    }

    fn text(_text: &str) -> Self::Found {
        Self::value()
    }

    fn map<'de, A: MapAccess<'de>>(map: A) -> Result<Self::Found, A::Error> {
        IgnoredAny.visit_map(map)?;
        Ok(Self::value())
    }
}

struct InData<L>(PhantomData<L>);
struct AtKey<L>(PhantomData<L>);
struct AtTag<L>(PhantomData<L>);
struct AtErrorKey;

impl<L: Look> Place for InData<L> {
    type Found = Option<usize>;

    fn map<'de, A: MapAccess<'de>>(mut map: A) -> Result<Self::Found, A::Error> {
        let (mut key, mut tag) = (None, None);
        while let Some(sign) = map.next_key_seed(Any::<AtKey<L>>(PhantomData))? {
            match sign.unwrap_or(Sign::Nothing) {
                Sign::Tag if tag.is_none() => {
                    tag = map.next_value_seed(Any::<AtTag<L>>(PhantomData))?;
                    continue;
                }
                Sign::Key(index) if key.is_none_or(|best| index < best) => key = Some(index),
                Sign::ErrorKey(index) if key.is_none_or(|best| index < best) => {
                    if map.next_value_seed(Any::<AtErrorKey>(PhantomData))? {
                        key = Some(index);
                    }
                    continue;
                }
                _ => {}
            }
            map.next_value::<IgnoredAny>()?;
        }
        Ok(tag.or(key))
    }
}

impl<L: Look> Place for AtKey<L> {
    type Found = Option<Sign>;

    fn text(text: &str) -> Self::Found {
        Some(L::key(text))
    }
}

impl<L: Look> Place for AtTag<L> {
    type Found = Option<usize>;

    fn text(text: &str) -> Self::Found {
        L::tag(text)
    }
}

impl Place for AtErrorKey {
    /// Whether there is an error.
    type Found = bool;

    fn value() -> bool {
        true
    }
}

/// Reads whatever is there, and keeps what is found at `P`.
struct Any<P>(PhantomData<P>);

impl<'de, P: Place> serde::de::DeserializeSeed<'de> for Any<P> {
    type Value = P::Found;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<P::Found, D::Error> {
        deserializer.deserialize_any(self)
    }
}

macro_rules! pass_over {
    ($($visit:ident($value:ty)),*) => {$(
        fn $visit<E>(self, _: $value) -> Result<P::Found, E> {
            Ok(P::value())
        }
    )*};
}

impl<'de, P: Place> Visitor<'de> for Any<P> {
    type Value = P::Found;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_str<E>(self, text: &str) -> Result<P::Found, E> {
        Ok(P::text(text))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<P::Found, A::Error> {
        P::map(map)
    }

    pass_over!(visit_bool(bool), visit_i64(i64), visit_i128(i128), visit_u64(u64), visit_u128(u128), visit_f64(f64));
    pass_over!(visit_bytes(&[u8]));

    fn visit_unit<E>(self) -> Result<P::Found, E> {
        Ok(P::Found::default())
    }

    fn visit_none<E>(self) -> Result<P::Found, E> {
        Ok(P::Found::default())
    }

    fn visit_some<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<P::Found, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_newtype_struct<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<P::Found, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<P::Found, A::Error> {
        IgnoredAny.visit_seq(seq)?;
        Ok(P::value())
    }

    /// A value with a tag of CBOR's comes like this: the tag, and then the value.
    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<P::Found, A::Error> {
        data.variant::<IgnoredAny>()?.1.newtype_variant::<IgnoredAny>()?;
        Ok(P::value())
    }
}
