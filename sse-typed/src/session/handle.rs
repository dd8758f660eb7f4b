//! A session seen from other tasks.

use std::fmt;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use tokio::sync::watch;

use super::Stats;
use crate::connection::Connection;
use crate::error::Error;
use crate::event::LastEventId;
use crate::reconnect::machine::State;

/// What a handle may ask of its session. The higher one wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Command {
    None = 0,
    Reconnect = 1,
    Close = 2,
}

/// What a session and its handles have in common. There is none until the first handle is made.
pub(super) struct Shared {
    state: watch::Sender<State>,
    facts: Mutex<Facts>,
    command: AtomicU8,
    /// Whoever polls the session.
    waker: Mutex<Option<Waker>>,
    may_reconnect: bool,
}

/// What a session tells of itself beside its state.
pub(super) struct Facts {
    pub(super) last_event_id: LastEventId,
    pub(super) connection: Option<Connection>,
    pub(super) lost_to: Option<Arc<Error>>,
    /// As of when the session last had to wait, or went to another state.
    pub(super) stats: Stats,
}

impl Shared {
    pub(super) fn new(state: State, facts: Facts, may_reconnect: bool) -> Arc<Self> {
        Arc::new(Self {
            state: watch::Sender::new(state),
            facts: Mutex::new(facts),
            command: AtomicU8::new(Command::None as u8),
            waker: Mutex::new(None),
            may_reconnect,
        })
    }

    pub(super) fn handle(self: &Arc<Self>) -> SessionHandle {
        SessionHandle { seen: Mutex::new(self.state.subscribe()), shared: self.clone() }
    }

    /// Whoever is told of the state finds the facts that go with it.
    pub(super) fn set_state(&self, state: State, facts: Facts) {
        let before = std::mem::replace(&mut *lock(&self.facts), facts);
        // What an error carries is the user's, and so is what its drop does: not under the lock.
        drop(before);
        self.state.send_if_modified(|current| std::mem::replace(current, state) != state);
    }

    pub(super) fn set_last_event_id(&self, id: LastEventId) {
        lock(&self.facts).last_event_id = id;
    }

    /// What was asked for, once.
    pub(super) fn take_command(&self) -> Command {
        if self.command.load(Ordering::Acquire) == Command::None as u8 {
            return Command::None;
        }
        match self.command.swap(Command::None as u8, Ordering::AcqRel) {
            command if command == Command::Close as u8 => Command::Close,
            command if command == Command::Reconnect as u8 => Command::Reconnect,
            _ => Command::None,
        }
    }

    /// Has `waker` woken by the next command; `false` if there is one already.
    pub(super) fn listen(&self, waker: &Waker, stats: Stats) -> bool {
        lock(&self.facts).stats = stats;
        // What a waker does as it is cloned or dropped is its maker's: not under the lock.
        if !lock(&self.waker).as_ref().is_some_and(|current| current.will_wake(waker)) {
            self.set_waker(Some(waker.clone()));
        }
        self.command.load(Ordering::Acquire) == Command::None as u8
    }

    /// Whom commands wake from here on.
    fn set_waker(&self, waker: Option<Waker>) {
        let before = std::mem::replace(&mut *lock(&self.waker), waker);
        drop(before);
    }

    /// The session is gone.
    pub(super) fn close(&self, facts: Facts) {
        self.set_waker(None);
        self.set_state(State::Closed, facts);
    }

    fn command(&self, command: Command) {
        self.command.fetch_max(command as u8, Ordering::AcqRel);
        let waker = lock(&self.waker).take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// Nothing panics while one of these is held.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Controls a session, and tells of it, from any task. It does not keep the session alive.
///
/// What it asks for happens when the stream is next polled, and it wakes the task that waits for the stream: nothing
/// moves while nobody polls.
///
/// ```no_run
/// # async fn run(client: reqwest::Client) -> Result<(), sse_typed::Error> {
/// # use sse_typed::RequestBuilderExt;
/// let session = client.get("http://localhost/feed").sse().connect().await?;
/// let stop = session.handle();
/// tokio::spawn(async move {
///     tokio::time::sleep(std::time::Duration::from_secs(60)).await;
///     stop.close();
/// });
/// # Ok(())
/// # }
/// ```
pub struct SessionHandle {
    shared: Arc<Shared>,
    /// Up to which state this handle has told of.
    seen: Mutex<watch::Receiver<State>>,
}

impl SessionHandle {
    /// Ends the stream: its next item is `None`, and its connection has been given up by then, which the client closes when the
    /// runtime next has a turn. What was received and not yet yielded is dropped.
    pub fn close(&self) {
        self.shared.command(Command::Close);
    }

    /// Drops the connection and opens another at once, with the last event ID. Events that have been received are
    /// yielded before. A wait between attempts is cut short, and a request that is under way is sent anew.
    ///
    /// All that no more often than every 100 ms, or the lower bound of [`server_retry`](crate::Reconnect::server_retry) where
    /// that is less: where it is an event that makes you ask, the server says how often. A request is under way for as long
    /// before it is sent anew, and not if it has been answered by then.
    ///
    /// `false`, and nothing happens, where the request may not be sent again, or the stream is over.
    pub fn reconnect(&self) -> bool {
        let may_reconnect = self.shared.may_reconnect && self.state() != State::Closed;
        if may_reconnect {
            self.shared.command(Command::Reconnect);
        }
        may_reconnect
    }

    /// Where the session stands. [`State::Closed`] also when it has been dropped.
    pub fn state(&self) -> State {
        *self.shared.state.borrow()
    }

    /// Waits until the state has changed since this handle last told of it, and returns the latest; those between may be
    /// skipped, so that it may be the same again. A new handle has told of the state it was made in, a clone of what its
    /// original has. Once the state is [`State::Closed`] there is no other, and it is returned at once: leave the loop then,
    /// or it spins.
    ///
    /// ```no_run
    /// # async fn run(handle: sse_typed::SessionHandle) {
    /// use sse_typed::State;
    ///
    /// loop {
    ///     match handle.state_changed().await {
    ///         State::Open => println!("live"),
    ///         State::Waiting { attempt, delay } => println!("lost; attempt {attempt} in {delay:?}"),
    ///         State::Closed => break,
    ///         _ => {}
    ///     }
    /// }
    /// # }
    /// ```
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing: the next call returns the state that this one would have.
    pub async fn state_changed(&self) -> State {
        let mut receiver = lock(&self.seen).clone();
        if *receiver.borrow() != State::Closed {
            // Cannot fail, as the sender lives as long as this handle does.
            let _ = receiver.changed().await;
        }
        let state = *receiver.borrow_and_update();
        *lock(&self.seen) = receiver;
        state
    }

    /// The last event ID: that of the last event that was yielded or passed over.
    pub fn last_event_id(&self) -> LastEventId {
        lock(&self.shared.facts).last_event_id.clone()
    }

    /// The response that is being read, or was the last; `None` on a session from a bare stream, and where the only answer
    /// was 204.
    pub fn connection(&self) -> Option<Connection> {
        lock(&self.shared.facts).connection.clone()
    }

    /// Why there is no stream at the moment: what it was lost to, or what the last attempt to get it back came to. `None`
    /// while the stream is open, once it is over (its last item says why), and where it was you who gave it up. It is kept, with
    /// what a server said, where there is a handle when the stream is lost.
    ///
    /// ```no_run
    /// # fn show(_: String) {}
    /// # async fn run(handle: sse_typed::SessionHandle) {
    /// use sse_typed::State;
    ///
    /// loop {
    ///     match handle.state_changed().await {
    ///         State::Open => show("live".into()),
    ///         State::Waiting { delay, .. } => {
    ///             let why = handle.lost_to().map(|error| error.to_string()).unwrap_or_default();
    ///             show(format!("offline ({why}), next attempt in {delay:?}"));
    ///         }
    ///         State::Closed => break,
    ///         _ => {}
    ///     }
    /// }
    /// # }
    /// ```
    pub fn lost_to(&self) -> Option<Arc<Error>> {
        lock(&self.shared.facts).lost_to.clone()
    }

    /// What the session has seen so far, in numbers, as of when it last had to wait for bytes or went to another state.
    pub fn stats(&self) -> Stats {
        lock(&self.shared.facts).stats
    }
}

impl Clone for SessionHandle {
    fn clone(&self) -> Self {
        Self { shared: self.shared.clone(), seen: Mutex::new(lock(&self.seen).clone()) }
    }
}

impl fmt::Debug for SessionHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionHandle").field("state", &self.state()).finish_non_exhaustive()
    }
}
