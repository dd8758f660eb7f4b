//! Items on their way from the task that makes them to the one that takes them.
//!
//! Knows nothing of sessions. tokio's `mpsc` has room for 32 items from the first on, which is most of what a session at
//! rest holds; this one grows as it fills.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};

/// A queue of at most this many items, from its two ends.
pub(super) fn queue<T>(limit: usize) -> (Sender<T>, Receiver<T>) {
    let queue = Arc::new(Queue {
        limit,
        state: Mutex::new(State { items: VecDeque::new(), is_closed: false, sender: None, receiver: None }),
    });
    (Sender(queue.clone()), Receiver(queue))
}

/// The end that fills. Once it is gone, nothing follows what is in the queue.
pub(super) struct Sender<T>(Arc<Queue<T>>);

/// The end that empties. What is in the queue goes with it.
pub(super) struct Receiver<T>(Arc<Queue<T>>);

struct Queue<T> {
    limit: usize,
    state: Mutex<State<T>>,
}

struct State<T> {
    items: VecDeque<T>,
    /// One of the ends is gone.
    is_closed: bool,
    /// Who waits for room.
    sender: Option<Waker>,
    /// Who waits for an item.
    receiver: Option<Waker>,
}

impl<T> Queue<T> {
    /// Nothing panics while this is held, and no item is dropped and nobody woken.
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Sender<T> {
    /// Ready when there is room for an item, which stays until it is sent; with `false` when nobody wants one any more.
    pub(super) fn poll_room(&self, cx: &mut Context<'_>) -> Poll<bool> {
        let mut state = self.0.lock();
        if state.is_closed || state.items.len() < self.0.limit {
            return Poll::Ready(!state.is_closed);
        }
        let before = state.sender.replace(cx.waker().clone());
        let receiver = state.receiver.take();
        drop(state);
        drop(before);
        receiver.into_iter().for_each(Waker::wake);
        Poll::Pending
    }

    /// Puts an item into the queue. Who waits for one is [told](Self::tell) of it, or when there is no room for more.
    pub(super) fn send(&self, item: T) {
        self.0.lock().items.push_back(item);
    }

    /// Whether somebody waits for an item, and there is one.
    pub(super) fn is_awaited(&self) -> bool {
        let state = self.0.lock();
        state.receiver.is_some() && !state.items.is_empty()
    }

    /// Wakes who waits for an item, where there is one.
    pub(super) fn tell(&self) {
        let mut state = self.0.lock();
        let receiver = if state.items.is_empty() { None } else { state.receiver.take() };
        drop(state);
        receiver.into_iter().for_each(Waker::wake);
    }
}

impl<T> Receiver<T> {
    /// The next item; `None` when nothing follows.
    pub(super) fn poll_receive(&self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        // A queue that always has something does not keep other tasks from running.
        let budget = ready!(tokio::task::coop::poll_proceed(cx));
        let mut state = self.0.lock();
        let item = state.items.pop_front();
        if item.is_some() || state.is_closed {
            let sender = state.sender.take();
            drop(state);
            sender.into_iter().for_each(Waker::wake);
            budget.made_progress();
            return Poll::Ready(item);
        }
        let before = state.receiver.replace(cx.waker().clone());
        drop(state);
        drop(before);
        Poll::Pending
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.is_closed = true;
        let receiver = state.receiver.take();
        drop(state);
        receiver.into_iter().for_each(Waker::wake);
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.is_closed = true;
        let items = std::mem::take(&mut state.items);
        let sender = state.sender.take();
        drop(state);
        drop(items);
        sender.into_iter().for_each(Waker::wake);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use super::*;

    #[derive(Default)]
    struct Wakes(AtomicUsize);

    impl Wake for Wakes {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A task, as far as a waker shows it.
    fn task() -> (Arc<Wakes>, Waker) {
        let wakes = Arc::new(Wakes::default());
        (wakes.clone(), wakes.into())
    }

    #[test]
    fn there_is_room_up_to_the_limit_and_who_waits_for_more_is_woken_once_an_item_is_taken() {
        for limit in 1..10 {
            let (woken, waker) = task();
            let cx = &mut Context::from_waker(&waker);
            let (sender, receiver) = queue(limit);
            for item in 0..limit {
                assert_eq!(sender.poll_room(cx), Poll::Ready(true));
                sender.send(item);
            }
            assert_eq!(sender.poll_room(cx), Poll::Pending);
            assert_eq!(receiver.poll_receive(&mut Context::from_waker(Waker::noop())), Poll::Ready(Some(0)));
            assert_eq!(woken.0.load(Ordering::Relaxed), 1);
            assert_eq!(sender.poll_room(cx), Poll::Ready(true));
        }
    }

    #[test]
    fn who_waits_for_an_item_is_woken_when_told_of_it_and_when_none_can_come() {
        let (woken, waker) = task();
        let cx = &mut Context::from_waker(&waker);
        let (sender, receiver) = queue(2);
        assert_eq!(receiver.poll_receive(cx), Poll::Pending);
        sender.tell();
        assert!(!sender.is_awaited());
        sender.send('a');
        assert_eq!(woken.0.load(Ordering::Relaxed), 0);
        assert!(sender.is_awaited());
        sender.tell();
        assert_eq!(woken.0.load(Ordering::Relaxed), 1);
        assert!(!sender.is_awaited());
        assert_eq!(receiver.poll_receive(cx), Poll::Ready(Some('a')));
        assert_eq!(receiver.poll_receive(cx), Poll::Pending);
        drop(sender);
        assert_eq!(woken.0.load(Ordering::Relaxed), 2);
        assert_eq!(receiver.poll_receive(cx), Poll::Ready(None));
    }

    #[test]
    fn who_waits_for_an_item_is_woken_when_there_is_no_room_for_more() {
        for limit in 1..10 {
            let (woken, waker) = task();
            let (sender, receiver) = queue(limit);
            assert_eq!(receiver.poll_receive(&mut Context::from_waker(&waker)), Poll::Pending);
            (0..limit).for_each(|item| sender.send(item));
            assert_eq!(sender.poll_room(&mut Context::from_waker(Waker::noop())), Poll::Pending);
            assert_eq!(woken.0.load(Ordering::Relaxed), 1);
        }
    }

    #[test]
    fn what_was_sent_is_received_after_the_sender_is_gone() {
        let cx = &mut Context::from_waker(Waker::noop());
        let (sender, receiver) = queue(2);
        sender.send('a');
        sender.send('b');
        drop(sender);
        let items = [(); 4].map(|()| receiver.poll_receive(cx));
        assert_eq!(items, [Some('a'), Some('b'), None, None].map(Poll::Ready));
    }

    #[test]
    fn nothing_is_wanted_or_kept_once_the_receiver_is_gone() {
        let (woken, waker) = task();
        let cx = &mut Context::from_waker(&waker);
        let item = Arc::new(());
        let (sender, receiver) = queue(1);
        sender.send(item.clone());
        assert_eq!(sender.poll_room(cx), Poll::Pending);
        drop(receiver);
        assert_eq!((Arc::strong_count(&item), woken.0.load(Ordering::Relaxed)), (1, 1));
        assert_eq!(sender.poll_room(cx), Poll::Ready(false));
    }
}
