//! The one place that sleeps.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

/// How long the second part of a wait is at most. One that is attended to later than that, after its end, tells of a consumer
/// that was busy, and not of silence.
const PROMPT: Duration = Duration::from_millis(100);

/// How late a timer may be by itself, as it counts milliseconds.
const LATENESS: Duration = Duration::from_millis(5);

/// A timer that is made when first needed.
#[derive(Debug, Default)]
pub(super) struct Timer(Option<Box<Armed>>);

#[derive(Debug)]
struct Armed {
    sleep: Pin<Box<Sleep>>,
    /// How long nothing has come, while somebody waited for it.
    silence: Option<Wait>,
}

impl Timer {
    fn armed(&mut self, deadline: Instant) -> &mut Armed {
        self.0.get_or_insert_with(|| Box::new(Armed { sleep: Box::pin(sleep_until(deadline)), silence: None }))
    }

    /// Ready once `deadline` has come. It may be another at each call.
    pub(super) fn poll_until(&mut self, deadline: Instant, cx: &mut Context<'_>) -> Poll<()> {
        let sleep = &mut self.armed(deadline).sleep;
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

    /// Something came, or there is nothing to wait for.
    #[inline]
    pub(super) fn break_silence(&mut self) {
        if let Some(armed) = &mut self.0 {
            armed.silence = None;
        }
    }

    /// Ready when the silence has lasted for `timeout`. To be called where nothing has come.
    ///
    /// A consumer that is busy for long finds the time over when it comes back, though bytes may have come meanwhile
    /// that nobody has fetched from the socket. So the wait is in two parts, each of which counts only if its end was
    /// attended to: between the two, the runtime had its turn.
    pub(super) fn poll_silence(&mut self, timeout: Duration, cx: &mut Context<'_>) -> Poll<()> {
        let prompt = PROMPT.min(timeout / 4);
        loop {
            let now = Instant::now();
            // Where the end is beyond what the clock can count to, there is none.
            let Some(until) = now.checked_add(timeout.saturating_sub(prompt)) else { return Poll::Pending };
            let first = Wait::First { until };
            let wait = self.armed(until).silence.get_or_insert(first);
            let (Wait::First { until } | Wait::Last { until }) = *wait;
            if now < until {
                ready!(self.poll_until(until, cx));
                continue;
            }
            *wait = match *wait {
                // Nobody was there to see whether something came: the wait begins anew.
                _ if now - until > prompt.max(LATENESS) => first,
                Wait::First { .. } => Wait::Last { until: now + prompt },
                Wait::Last { .. } => return Poll::Ready(()),
            };
        }
    }
}

/// Somebody waits.
#[derive(Clone, Copy, Debug)]
enum Wait {
    /// For most of the timeout.
    First { until: Instant },
    /// For the rest of it.
    Last { until: Instant },
}
