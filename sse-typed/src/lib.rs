#![cfg_attr(docsrs, feature(doc_cfg))]
//! Server-Sent Events as values of your own enum.

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
mod connection;
mod deserialize;
mod error;
mod event;
mod events;
mod parse;

pub use self::connection::Connection;
#[cfg(feature = "cbor")]
pub use self::deserialize::{Alphabet, Cbor};
pub use self::deserialize::{Closure, Deserializer, Filled, Json, Target};
pub use self::error::{BoxError, Error, ErrorKind};
pub use self::event::{LastEventId, ServerSentEvent, TypedServerSentEvent};
pub use self::events::{Data, Dispatch, EventNames, SseEvents};
pub use self::parse::{EventTooLarge, Frame, Parser, RawEvent};
#[cfg(feature = "derive")]
pub use sse_typed_derive::SseEvents;
