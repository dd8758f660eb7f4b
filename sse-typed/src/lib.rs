#![cfg_attr(docsrs, feature(doc_cfg))]
//! Server-Sent Events as values of your own enum.
//!
//! Say once which event carries what. The stream is then one of your own type: kept alive across disconnects, or read from any
//! response or bytes at hand.
//!
//! ```no_run
//! # #[cfg(all(feature = "client", feature = "json", feature = "derive"))]
//! # mod example {
//! use serde::Deserialize;
//! use sse_typed::{RequestBuilderExt, SseEvents};
//!
//! #[derive(Debug, Deserialize)]
//! struct Customer { name: String }
//!
//! #[derive(Debug, Deserialize)]
//! struct Product { price: u32 }
//!
//! #[derive(Debug, SseEvents)]
//! enum Msg {
//!     Customer(Customer), // event: customer
//!     Product(Product),   // event: product
//! }
//!
//! # async fn run() -> Result<(), sse_typed::Error> {
//! let session = reqwest::Client::new().get("http://localhost:8080/shop").sse().connect().await?;
//! let mut events = session.incoming::<Msg>();
//! while let Some(event) = events.try_next().await? {
//!     match event.data {
//!         Msg::Customer(customer) => println!("welcome, {}", customer.name),
//!         Msg::Product(product) => println!("new at {}", product.price),
//!     }
//! }
//! # Ok(())
//! # }
//! # }
//! ```
//!
//! # From bytes to values
//!
//! ```text
//! chunk ─▶ Parser ─▶ Frame<'_> ─▶ SseEvents<D>::from_frame ─▶ TypedServerSentEvent<E> ─▶ TypedSession<E> (Stream)
//!   ▲        │ id, retry                  ▲ D: Deserializer<payload>
//! connect ◀──┴ reconnect machine
//! ```
//!
//! | you have | you use |
//! |---|---|
//! | a request of [`reqwest`] | [`RequestBuilderExt::sse`], then [`connect`](SessionBuilder::connect) |
//! | a request to be made anew each time: tokens, cursors, middleware | [`session`](fn@session) |
//! | a response in hand, or bytes from anywhere | [`Session::from_response`], [`Session::from_stream`] |
//! | bytes, and no runtime | [`Parser`] |
//!
//! | you want | you ask for |
//! |---|---|
//! | each event as what its name says | [`incoming`](Session::incoming) with a type of `#[derive(SseEvents)]` |
//! | every event's data as a `T` | `incoming::<Data<T>>()`, see [`Data`] |
//! | plain text | `incoming::<String>()` |
//! | another format than JSON | `Cbor`, a closure, or a [`Deserializer`] of yours |
//!
//! # When things go wrong
//!
//! An [`Error`] that [is final](Error::is_final) is the last item of its stream; any other concerns one event, and the
//! next ones follow. A stream that is lost reconnects as [`Reconnect`] says: by default for GET, and never for another
//! method, so that no POST is sent twice by accident.
//!
//! # Features
//!
//! | feature | default | what it brings |
//! |---|---|---|
//! | `client` | yes | sessions, over [`reqwest`] 0.13 without its default features: TLS, HTTP/2 and compression are those of your own dependency on it |
//! | `json` | yes | [`Json`] |
//! | `derive` | yes | `#[derive(SseEvents)]` |
//! | `cbor` | no | `Cbor` |
//! | `tracing` | no | what happens on the way, for the `tracing` ecosystem |
#![cfg_attr(
    all(feature = "client", feature = "json", feature = "derive"),
    doc = "\n# Read on\n\nThe [`guide`] has a page for each question: a first stream, LLM answers, feeds that run for days, formats of\nyour own, errors, testing, security, coming from other clients, and the inside."
)]

mod connection;
mod deserialize;
mod error;
mod event;
mod events;
// Its examples need these.
#[cfg(all(feature = "client", feature = "json", feature = "derive"))]
#[cfg_attr(docsrs, doc(auto_cfg = false))]
pub mod guide;
mod parse;
// Only a session drives the machine, which is there, and tested, without one.
#[cfg_attr(not(feature = "client"), allow(dead_code))]
mod reconnect;
#[cfg(feature = "client")]
mod request;
#[cfg(feature = "client")]
mod session;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

#[cfg(feature = "derive")]
#[doc(inline)]
pub use sse_typed_derive::SseEvents;

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
pub use self::session::{
    DecodeErrors, ReadAhead, Session, SessionBuilder, SessionConfig, SessionHandle, Stats, TypedSession,
};
