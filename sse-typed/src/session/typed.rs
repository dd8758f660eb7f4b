//! Frames become typed items: the end of the line.

use std::fmt;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::{FusedStream, Stream};

use super::{End, ReadAhead, Session, SessionHandle, Stats};
use crate::connection::Connection;
use crate::deserialize::Json;
use crate::error::Error;
use crate::event::{LastEventId, TypedServerSentEvent};
use crate::events::{Dispatch, Outcome, SseEvents};
use crate::parse::{Frame, RawEvent, owned_name};

/// A stream of events that are `E`s, kept alive across disconnects as [`Reconnect`](crate::Reconnect) says.
///
/// A [`Stream`] whose items are `Result<TypedServerSentEvent<E>, Error>`: fused, `Unpin`, and `Send` and `Sync` when `D`
/// is. [`next`](Self::next) and [`try_next`](Self::try_next) are there without an import.
///
/// Events come in order, each at most once per connection. Reconnects are no items; a variant with `#[sse(open)]` shows
/// them. The last event ID advances with each event that is yielded or passed over, so a reconnect asks for what was not.
///
/// ```no_run
/// # #[cfg(all(feature = "json", feature = "derive"))]
/// # async fn run(client: reqwest::Client) -> Result<(), sse_typed::Error> {
/// # #[derive(Debug, sse_typed::SseEvents)] enum Msg { Price(u32) }
/// # use sse_typed::RequestBuilderExt;
/// let mut events = client.get("http://localhost/feed").sse().connect().await?.incoming::<Msg>();
/// while let Some(item) = events.next().await {
///     match item {
///         Ok(event) => println!("{:?}, to be resumed after {:?}", event.data, event.id),
///         Err(error) if !error.is_final() => eprintln!("one event is lost: {error}"),
///         Err(error) => return Err(error), // nothing follows
///     }
/// }
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`ErrorKind::Decode`](crate::ErrorKind::Decode) and [`ErrorKind::Event`](crate::ErrorKind::Event) concern one event:
/// poll again for the next, unless [`is_final`](Error::is_final) says that the stream was to end with it. Any other error is
/// the last item.
pub struct TypedSession<E, D = Json> {
    session: Session<D>,
    events: PhantomData<fn() -> E>,
}

impl<E, D> TypedSession<E, D> {
    pub(super) fn new(session: Session<D>) -> Self {
        Self { session, events: PhantomData }
    }

    /// The response that is being read, or was the last; `None` on a session from a bare stream, and where the only answer
    /// was 204.
    pub fn connection(&self) -> Option<&Connection> {
        self.session.connection()
    }

    /// The last event ID: that of the last event that was yielded or passed over, `""` when there is none.
    pub fn last_event_id(&self) -> &LastEventId {
        self.session.last_event_id()
    }

    /// A handle to control this session from other tasks.
    pub fn handle(&self) -> SessionHandle {
        self.session.handle()
    }

    /// What this session has seen so far, in numbers.
    pub fn stats(&self) -> Stats {
        self.session.stats()
    }

    /// The session itself, to go on with another type of events.
    pub fn into_session(self) -> Session<D> {
        self.session
    }
}

impl<E: SseEvents<D>, D> TypedSession<E, D> {
    /// The next item; `None` at the end of the stream, and ever after.
    ///
    /// # Cancel safety
    /// Dropping an unfinished `next()` loses no event: the next call goes on where it was. It may stand in `select!`.
    ///
    /// # Panics
    /// Where there is something to wait for by the clock, the next attempt or the end of `idle_timeout`, outside of a tokio
    /// runtime, or when a runtime in which it waited before is gone. Where code of yours panics, that is passed on. The stream is
    /// over then, and says so at the next poll; but it goes on after a panic of the type's code or the deserializer's.
    pub async fn next(&mut self) -> Option<Result<TypedServerSentEvent<E>, Error>> {
        poll_fn(|cx| self.session.poll_item(cx)).await
    }

    /// The next event; `None` at the end of the stream, and ever after.
    ///
    /// # Errors
    /// Any item that is an error, also one that concerns a single event: with `?` the loop is left there. See
    /// [`is_final`](Error::is_final).
    ///
    /// # Cancel safety
    /// As for [`next`](Self::next).
    pub async fn try_next(&mut self) -> Result<Option<TypedServerSentEvent<E>>, Error> {
        poll_fn(|cx| self.session.poll_item(cx).map(Option::transpose)).await
    }

    /// Does what handles ask for while nobody asks for items. Ready when the stream is over.
    pub(super) fn poll_obey(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.session.core.poll_obey(cx)
    }

    /// Reads in a task of its own, up to `events` items ahead of the consumer.
    ///
    /// For a stream that is polled inside `block_on` of a multi-threaded runtime, as `#[tokio::main]` does: there, each
    /// chunk that arrives has to wake another thread, and that costs more than the rest of the way together. The price
    /// is that up to `events` items lie in memory, and that the last event ID runs ahead of the consumer by as many:
    /// save that of each event.
    ///
    /// In a flood, where items come within 50 us of each other, a consumer that waits is woken once for several: after 4 KiB
    /// or 16 items, or as soon as the task's next turn brings no more. Other items are told of at once.
    ///
    /// At least one item is read ahead. The task ends with the stream, and when the returned stream is dropped.
    ///
    /// ```no_run
    /// # use sse_typed::RequestBuilderExt;
    /// #[tokio::main]
    /// async fn main() -> Result<(), sse_typed::Error> {
    ///     let session = reqwest::Client::new().get("http://localhost/log").sse().connect().await?;
    ///     let mut lines = session.incoming::<String>().read_ahead(64);
    ///     while let Some(line) = lines.try_next().await? {
    ///         println!("{}", line.data);
    ///     }
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn read_ahead(self, events: usize) -> ReadAhead<E>
    where
        E: Send + 'static,
        D: Send + 'static,
    {
        ReadAhead::new(self, events)
    }
}

impl<D> Session<D> {
    /// The next item as an `E`.
    pub(super) fn poll_item<E: SseEvents<D>>(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<TypedServerSentEvent<E>, Error>>> {
        loop {
            if let Some(End(error)) = ready!(self.core.poll_advance(cx, E::HAS_DONE)) {
                return Poll::Ready(error.map(Err));
            }
            let Some(frame) = self.core.frame() else { continue };
            let event = match frame {
                Frame::Event(event) => Some(event),
                _ => None,
            };
            match E::from_frame(frame, &self.deserializer) {
                // What comes of nearly every event. Here nothing that could unwind lies between the value and its place in
                // the item, or it would be put down in memory on the way.
                Ok(Dispatch(Outcome::Value { data, event: Some(name), done: false }))
                    if event.is_some() && !self.core.skip_empty_data =>
                {
                    let retry = event.and_then(|event| event.retry());
                    let id = self.core.last_event_id.clone();
                    return Poll::Ready(Some(Ok(TypedServerSentEvent { event: name.into(), data, id, retry })));
                }
                outcome if self.passes_over(event, &outcome) => self.core.stats.skipped += 1,
                Ok(Dispatch(Outcome::Value { data, event: name, done })) => {
                    let id = self.core.last_event_id.clone();
                    let mut item = TypedServerSentEvent { event: "".into(), data, id, retry: None };
                    if let Some(event) = event {
                        item.event = name.map_or_else(|| owned_name(event.event()), Into::into);
                        item.retry = event.retry();
                    }
                    if done {
                        self.core.close();
                    }
                    return Poll::Ready(Some(Ok(item)));
                }
                Ok(Dispatch(Outcome::Skip)) => self.core.stats.skipped += u64::from(event.is_some()),
                Ok(Dispatch(Outcome::Unknown)) => self.core.note_unknown(),
                Err(error) => {
                    if let Some(error) = self.core.note_error(error) {
                        return Poll::Ready(Some(Err(error)));
                    }
                }
            }
        }
    }

    /// Whether the user wants no such event: one whose data is empty, unless it ends the stream.
    fn passes_over<E>(&self, event: Option<RawEvent<'_>>, outcome: &Result<Dispatch<E>, Error>) -> bool {
        let ends = match outcome {
            Ok(dispatch) => dispatch.is_done(),
            Err(error) => error.is_final(),
        };
        self.core.skip_empty_data && event.is_some_and(|event| event.data().is_empty()) && !ends
    }
}

impl<E: SseEvents<D>, D> Stream for TypedSession<E, D> {
    type Item = Result<TypedServerSentEvent<E>, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().session.poll_item(cx)
    }
}

impl<E: SseEvents<D>, D> FusedStream for TypedSession<E, D> {
    fn is_terminated(&self) -> bool {
        self.session.core.machine.is_closed()
    }
}

// Neither is ever pinned: events are made and given away, the deserializer is only borrowed.
impl<E, D> Unpin for TypedSession<E, D> {}

impl<E, D> fmt::Debug for TypedSession<E, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TypedSession").field(&self.session).finish()
    }
}
