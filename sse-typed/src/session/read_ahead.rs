//! A session that is read by a task of its own.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use tokio::task::JoinHandle;

use super::queue::{Receiver, queue};
use super::{SessionHandle, TypedSession};
use crate::error::Error;
use crate::event::TypedServerSentEvent;
use crate::events::SseEvents;

/// The items of a [`TypedSession`], read ahead of the consumer. See [`TypedSession::read_ahead`].
///
/// Dropping it ends the task, and with it the connection.
pub struct ReadAhead<E> {
    items: Receiver<Result<TypedServerSentEvent<E>, Error>>,
    handle: SessionHandle,
    /// Gone once it has been seen to end.
    task: Option<JoinHandle<()>>,
}

impl<E> ReadAhead<E> {
    pub(super) fn new<D>(mut session: TypedSession<E, D>, events: usize) -> Self
    where
        E: SseEvents<D> + Send + 'static,
        D: Send + 'static,
    {
        let handle = session.handle();
        let (sender, items) = queue(events.max(1));
        let task = tokio::spawn(async move {
            // Room first, so that no item is on its way but those in the queue.
            while poll_fn(|cx| sender.poll_room(cx)).await {
                match session.next().await {
                    Some(item) => sender.send(item),
                    None => break,
                }
            }
        });
        Self { items, handle, task: Some(task) }
    }

    /// The next item; `None` at the end of the stream, and ever after.
    ///
    /// # Panics
    /// Where making an item panicked, in the type's code or the deserializer's: the panic is passed on.
    ///
    /// # Cancel safety
    /// Dropping an unfinished `next()` loses nothing.
    pub async fn next(&mut self) -> Option<Result<TypedServerSentEvent<E>, Error>> {
        poll_fn(|cx| self.poll_item(cx)).await
    }

    fn poll_item(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<TypedServerSentEvent<E>, Error>>> {
        if let Some(item) = ready!(self.items.poll_receive(cx)) {
            return Poll::Ready(Some(item));
        }
        if let Some(task) = &mut self.task {
            let end = ready!(Pin::new(task).poll(cx));
            self.task = None;
            // A panic of the user's own code: without this it would look like the end of the stream.
            if let Some(panic) = end.err().and_then(|error| error.try_into_panic().ok()) {
                std::panic::resume_unwind(panic);
            }
        }
        Poll::Ready(None)
    }

    /// The next event; `None` at the end of the stream, and ever after.
    ///
    /// # Errors
    /// Any item that is an error, also one that concerns a single event.
    ///
    /// # Cancel safety
    /// As for [`next`](Self::next).
    pub async fn try_next(&mut self) -> Result<Option<TypedServerSentEvent<E>>, Error> {
        poll_fn(|cx| self.poll_item(cx).map(Option::transpose)).await
    }

    /// A handle to control the session. Its last event ID is that of the last event read, which the consumer may not
    /// have seen yet; and after `close`, events that were read are still yielded.
    pub fn handle(&self) -> SessionHandle {
        self.handle.clone()
    }
}

impl<E> Stream for ReadAhead<E> {
    type Item = Result<TypedServerSentEvent<E>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_item(cx)
    }
}

impl<E> Drop for ReadAhead<E> {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

impl<E> fmt::Debug for ReadAhead<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadAhead").field("session", &self.handle).finish_non_exhaustive()
    }
}
