//! A session that is read by a task of its own.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_core::Stream;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::queue::{Receiver, Sender, queue};
use super::{SessionHandle, TypedSession};
use crate::error::{BoxError, Error, ErrorKind};
use crate::event::TypedServerSentEvent;
use crate::events::SseEvents;

/// The items of a [`TypedSession`], read ahead of the consumer. See [`TypedSession::read_ahead`].
///
/// Dropping it ends the task, and with it the connection.
pub struct ReadAhead<E> {
    items: Receiver<Item<E>>,
    handle: SessionHandle,
    /// Gone once it has been seen to end.
    task: Option<JoinHandle<()>>,
}

type Item<E> = Result<TypedServerSentEvent<E>, Error>;

impl<E> ReadAhead<E> {
    pub(super) fn new<D>(session: TypedSession<E, D>, events: usize) -> Self
    where
        E: SseEvents<D> + Send + 'static,
        D: Send + 'static,
    {
        let handle = session.handle();
        let (sender, items) = queue(events.max(1));
        let mut reader = Reader { session, sender, last_item: Instant::now(), untold: Untold::default() };
        let task = tokio::spawn(async move { reader.run().await });
        Self { items, handle, task: Some(task) }
    }

    /// The next item; `None` at the end of the stream, and ever after.
    ///
    /// # Panics
    /// Where making an item panicked, in the type's code or the deserializer's: the panic is passed on.
    ///
    /// # Cancel safety
    /// Dropping an unfinished `next()` loses nothing.
    pub async fn next(&mut self) -> Option<Item<E>> {
        poll_fn(|cx| self.poll_item(cx)).await
    }

    fn poll_item(&mut self, cx: &mut Context<'_>) -> Poll<Option<Item<E>>> {
        if let Some(item) = ready!(self.items.poll_receive(cx)) {
            return Poll::Ready(Some(item));
        }
        if let Some(task) = &mut self.task {
            let end = ready!(Pin::new(task).poll(cx));
            self.task = None;
            // Either would look like the end of the stream.
            if let Err(error) = end {
                match error.try_into_panic() {
                    // Of the user's own code.
                    Ok(panic) => std::panic::resume_unwind(panic),
                    Err(cancelled) => return Poll::Ready(Some(Err(cut_off(cancelled.into())))),
                }
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

    /// A handle to control the session. `close` and `reconnect` drop the connection at once, whether or not items are taken;
    /// another is asked for once there is room for its events. Its last event ID is that of the last event read, which the
    /// consumer may not have seen yet; and after `close`, events that were read are still yielded.
    pub fn handle(&self) -> SessionHandle {
        self.handle.clone()
    }
}

/// The runtime whose task it was is gone.
fn cut_off(cause: BoxError) -> Error {
    Error::new(ErrorKind::Transport).saying("the runtime that read ahead was shut down").because(cause)
}

/// Items that come so soon one after the other are a flood, which is worth some care for what a wake costs. Others are told
/// of at once: on a busy runtime, a turn may take its time, and so may the next item.
const SOON: Duration = Duration::from_micros(50);

/// In a flood, so many items are worth waking another thread for.
const MANY_ITEMS: u32 = 16;

/// So are items that so many bytes were read for, as the time that these take is more than what is saved.
const MANY_BYTES: u64 = 4 << 10;

/// What the task runs.
struct Reader<E, D> {
    session: TypedSession<E, D>,
    sender: Sender<Item<E>>,
    last_item: Instant,
    untold: Untold,
}

/// What the consumer, who may wait, has not been told of.
#[derive(Default)]
struct Untold {
    items: u32,
    /// How many bytes had been read when it was told last.
    since: u64,
}

impl<E: SseEvents<D>, D> Reader<E, D> {
    async fn run(&mut self) {
        // Room first, so that no item is on its way but those in the queue.
        while poll_fn(|cx| self.poll_room(cx)).await {
            match self.next().await {
                Some(item) => self.send(item),
                None => break,
            }
        }
    }

    /// Whether there is room for an item, and somebody who may take it. A session that waits for it does what handles ask for.
    fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        match self.sender.poll_room(cx) {
            Poll::Pending => self.session.poll_obey(cx).map(|()| false),
            ready @ Poll::Ready(_) => ready,
        }
    }

    /// The next item. If that has to be waited for, the consumer is told of what it was not told of in a flood: not at once,
    /// but when the task has had its next turn and there is still none.
    ///
    /// To wake another thread costs more than to read an event, and the task that reads the socket often has the next one
    /// by then.
    async fn next(&mut self) -> Option<Item<E>> {
        let mut had_a_turn = false;
        poll_fn(|cx| {
            let item = Pin::new(&mut self.session).poll_next(cx);
            if item.is_pending() && self.untold.items > 0 {
                if !had_a_turn && self.sender.is_awaited() {
                    had_a_turn = true;
                    cx.waker().wake_by_ref();
                } else {
                    self.tell();
                }
            }
            item
        })
        .await
    }

    fn send(&mut self, item: Item<E>) {
        self.sender.send(item);
        self.untold.items += 1;
        let now = Instant::now();
        let is_flood = now - self.last_item < SOON;
        self.last_item = now;
        let bytes = self.session.stats().bytes - self.untold.since;
        if !is_flood || self.untold.items >= MANY_ITEMS || bytes >= MANY_BYTES {
            self.tell();
        }
    }

    fn tell(&mut self) {
        self.sender.tell();
        self.untold = Untold { items: 0, since: self.session.stats().bytes };
    }
}

impl<E> Stream for ReadAhead<E> {
    type Item = Item<E>;

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
