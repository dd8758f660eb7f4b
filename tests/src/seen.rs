//! Events as tests want to see them.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use sse_typed::{Connection, Dispatch, Error, ErrorKind, Frame, SessionHandle, SseEvents, State, TypedSession};

use crate::server::{lock, settled, soon};

/// Every frame there is.
#[derive(Clone, Debug)]
pub enum Seen {
    /// The session opened a connection.
    Opened(Connection),
    /// An event's data.
    Event(String),
    /// A comment.
    Comment(String),
    /// A reconnection time.
    Retry(Duration),
}

impl<D> SseEvents<D> for Seen {
    fn from_frame(frame: Frame<'_>, _: &D) -> Result<Dispatch<Self>, Error> {
        Ok(match frame {
            Frame::Open(connection) => Dispatch::value(Self::Opened(connection.clone())),
            Frame::Event(event) => Dispatch::value(Self::Event(event.data().to_owned())),
            Frame::Comment(comment) => Dispatch::value(Self::Comment(comment.to_owned())),
            Frame::Retry(time) => Dispatch::value(Self::Retry(time)),
            _ => Dispatch::skip(),
        })
    }
}

/// An answer in parts, which an event with the data `[DONE]` ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// A part of it.
    Part(String),
    /// Its end.
    Done,
}

impl<D> SseEvents<D> for Reply {
    const HAS_DONE: bool = true;

    fn from_frame(frame: Frame<'_>, _: &D) -> Result<Dispatch<Self>, Error> {
        Ok(match frame {
            Frame::Event(event) if event.data() == "[DONE]" => Dispatch::value(Self::Done).done(),
            Frame::Event(event) => Dispatch::value(Self::Part(event.data().to_owned())),
            _ => Dispatch::skip(),
        })
    }
}

/// The events named `known`; any other is unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known(pub String);

impl<D> SseEvents<D> for Known {
    fn from_frame(frame: Frame<'_>, _: &D) -> Result<Dispatch<Self>, Error> {
        Ok(match frame {
            Frame::Event(event) if event.event() == "known" => Dispatch::value(Self(event.data().to_owned())),
            Frame::Event(_) => Dispatch::unknown(),
            _ => Dispatch::skip(),
        })
    }
}

/// All that a stream yields until its end, errors by their kind.
///
/// # Panics
/// When that takes longer than any test should, or when something follows the end or an error that is final.
pub async fn drain<E: SseEvents<D>, D>(events: &mut TypedSession<E, D>) -> Vec<Result<E, ErrorKind>> {
    let mut items = Vec::new();
    let mut is_final = false;
    while let Some(item) = soon(events.next()).await {
        assert!(!is_final, "an item after a final error");
        is_final = item.as_ref().is_err_and(Error::is_final);
        items.push(item.map(|event| event.data).map_err(|error| error.kind()));
    }
    for _ in 0..3 {
        assert!(soon(events.next()).await.is_none(), "an item after the end");
    }
    items
}

/// The same for text.
pub async fn texts(events: &mut TypedSession<String>) -> Vec<Result<String, ErrorKind>> {
    drain(events).await
}

/// These texts, as they come from a stream without an error.
pub fn good<const N: usize>(texts: [&str; N]) -> Vec<Result<String, ErrorKind>> {
    texts.into_iter().map(|text| Ok(text.to_owned())).collect()
}

/// The next item's data.
///
/// # Panics
/// When there is none, or when it is an error.
pub async fn next<E: SseEvents<D>, D>(events: &mut TypedSession<E, D>) -> E {
    soon(events.next()).await.expect("an item").expect("an event").data
}

/// Notes the waits of a session, in order: the number of the attempt that each is for, and its length.
///
/// # Panics
/// Never.
pub fn waits(handle: SessionHandle) -> Arc<Mutex<Vec<(u32, Duration)>>> {
    let waits = Arc::new(Mutex::new(Vec::new()));
    let noted = waits.clone();
    tokio::spawn(async move {
        loop {
            match handle.state_changed().await {
                State::Waiting { attempt, delay } => lock(&noted).push((attempt, delay)),
                State::Closed => break,
                _ => {}
            }
        }
    });
    waits
}

/// Checks that a server of a stream without end stops while nobody polls, and goes on once somebody reads; gives how many
/// bytes it had sent when it stopped.
///
/// # Panics
/// When it does not stop in time, or does not go on.
pub async fn assert_stops_while_nobody_polls(events: &mut TypedSession<String>, sent: &Mutex<u64>) -> u64 {
    // What the sockets' buffers take, and no more.
    let before = soon(settled(sent)).await;
    assert!(before < 64 << 20, "{before} bytes");
    soon(async {
        while *lock(sent) == before {
            next(events).await;
        }
    })
    .await;
    before
}
