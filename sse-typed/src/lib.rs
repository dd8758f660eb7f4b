#![cfg_attr(docsrs, feature(doc_cfg))]
// Only a session drives the reconnect machine, which is there, and tested, without one.
#![cfg_attr(not(feature = "client"), allow(dead_code))]
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
mod reconnect;
#[cfg(feature = "client")]
mod request;
#[cfg(feature = "client")]
mod session;

pub use self::connection::Connection;
#[cfg(feature = "cbor")]
pub use self::deserialize::{Alphabet, Cbor};
pub use self::deserialize::{Closure, Deserializer, Filled, Json, Target};
pub use self::error::{BoxError, Error, ErrorKind};
pub use self::event::{LastEventId, ServerSentEvent, TypedServerSentEvent};
pub use self::events::{Data, Dispatch, EventNames, SseEvents};
pub use self::parse::{EventTooLarge, Frame, Parser, RawEvent};
pub use self::reconnect::Reconnect;
pub use self::reconnect::machine::State;
#[cfg(feature = "client")]
pub use self::request::{Attempt, RequestBuilderExt, session};
#[cfg(feature = "client")]
pub use self::session::{DecodeErrors, ReadAhead, Session, SessionBuilder, SessionConfig, SessionHandle, TypedSession};
#[cfg(feature = "derive")]
pub use sse_typed_derive::SseEvents;
