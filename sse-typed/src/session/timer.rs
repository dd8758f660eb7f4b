//! The one place that sleeps.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

/// A timer that is made when first needed.
#[derive(Debug, Default)]
pub(super) struct Timer(Option<Pin<Box<Sleep>>>);

impl Timer {
    /// Ready once `deadline` has come. It may be another at each call.
    pub(super) fn poll_until(&mut self, deadline: Instant, cx: &mut Context<'_>) -> Poll<()> {
        let sleep = self.0.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        // One that goes off too early costs less than setting it at each chunk.
        if sleep.deadline() > deadline || sleep.is_elapsed() {
            sleep.as_mut().reset(deadline);
        }
        loop {
            ready!(sleep.as_mut().poll(cx));
            if sleep.deadline() >= deadline {
                return Poll::Ready(());
            }
            sleep.as_mut().reset(deadline);
        }
    }

    pub(super) fn clear(&mut self) {
        self.0 = None;
    }
}

/// How long nothing has come, while somebody waited for it.
#[derive(Debug, Default)]
pub(super) struct Silence {
    timeout: Option<Duration>,
    /// Set when somebody began to wait.
    wait: Option<Wait>,
}

#[derive(Clone, Copy, Debug)]
struct Wait {
    deadline: Instant,
    /// The time has passed, and this is a moment more for bytes that are on their way through the runtime.
    is_last_call: bool,
}

/// When the timer's call is answered later than this, the one who should wait was busy elsewhere.
const PROMPT: Duration = Duration::from_millis(100);

impl Silence {
    pub(super) fn new(timeout: Option<Duration>) -> Self {
        Self { timeout, wait: None }
    }

    /// Something came, or there is nothing to wait for.
    pub(super) fn broken(&mut self) {
        self.wait = None;
    }

    /// Ready when the silence has lasted as long as it may. To be called where nothing has come.
    pub(super) fn poll(&mut self, timer: &mut Timer, cx: &mut Context<'_>) -> Poll<()> {
        let Some(timeout) = self.timeout else { return Poll::Pending };
        let prompt = PROMPT.min(timeout / 4);
        loop {
            let now = Instant::now();
            // Where the deadline is beyond the clock's end, there is none.
            let Some(deadline) = now.checked_add(timeout) else { return Poll::Pending };
            let fresh = Wait { deadline, is_last_call: false };
            let wait = *self.wait.get_or_insert(fresh);
            if now.saturating_duration_since(wait.deadline) > prompt {
                // Nobody was waiting when the time came, so bytes that did come may not have been fetched yet.
                self.wait = Some(fresh);
                continue;
            }
            ready!(timer.poll_until(wait.deadline, cx));
            if wait.is_last_call {
                return Poll::Ready(());
            }
            // A thread that was blocked learns of the time and of the bytes in one go, and may hear of the time first.
            self.wait = Some(Wait { deadline: Instant::now() + prompt, is_last_call: true });
        }
    }
}
