//! What derived code calls. No part of the public interface.

use std::str::FromStr;

pub use serde;

use crate::error::{BoxError, Error};
use crate::parse::RawEvent;

pub use crate::connection::Connection;
pub use crate::deserialize::Deserializer;
pub use crate::event::ServerSentEvent;
pub use crate::events::{Dispatch, EventNames, SseEvents, decode};
pub use crate::parse::Frame;

/// The data as it stands, through `FromStr`.
pub fn text<T>(event: &RawEvent<'_>) -> Result<T, Error>
where
    T: FromStr,
    T::Err: Into<BoxError>,
{
    with(event, T::from_str)
}

/// The data through a function of the user's.
pub fn with<T, E: Into<BoxError>>(event: &RawEvent<'_>, read: impl FnOnce(&str) -> Result<T, E>) -> Result<T, Error> {
    read(event.data()).map_err(|source| Error::decode::<T>(event.to_owned(), source))
}

/// An event that `deny_unknown` refuses.
#[cold]
pub fn unknown_event(event: &RawEvent<'_>) -> Error {
    Error::unknown_event(event.to_owned())
}

/// An event of an `error` variant; with `done`, the stream ends with it.
#[cold]
pub fn error_event<T: Send + Sync + 'static>(event: &RawEvent<'_>, payload: T, done: bool) -> Error {
    let error = Error::event_payload(event.to_owned(), payload);
    if done { error.ending_the_stream() } else { error }
}
