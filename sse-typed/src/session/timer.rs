//! The one place that sleeps.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

/// In how many parts a silence is counted. A consumer that is busy elsewhere misses the end of one, and no more is counted of the
/// time that it was away.
const PARTS: u32 = 8;

/// No part is shorter, as timers count milliseconds and may be late by themselves.
const SHORTEST_PART: Duration = Duration::from_millis(5);

/// How long the last part is at most.
const LAST_PART: Duration = Duration::from_millis(100);

/// How many turns the runtime has to have had at the end of the last part. In the first, the reader may well be woken before the task that
/// has bytes for it.
const TURNS: u8 = 2;

/// A timer that is made when first needed.
#[derive(Debug, Default)]
pub(super) struct Timer(Option<Box<Armed>>);

#[derive(Debug)]
struct Armed {
    sleep: Pin<Box<Sleep>>,
    silence: Option<Silence>,
}

impl Timer {
    fn armed(&mut self, deadline: Instant) -> &mut Armed {
        self.0.get_or_insert_with(|| Box::new(Armed { sleep: Box::pin(sleep_until(deadline)), silence: None }))
    }

    /// Ready once `deadline` has come, and the runtime has had a turn since. It may be another at each call.
    pub(super) fn poll_until(&mut self, deadline: Instant, cx: &mut Context<'_>) -> Poll<()> {
        let sleep = &mut self.armed(deadline).sleep;
        loop {
            // One that goes off too early costs less than setting it at each chunk.
            if sleep.deadline() > deadline || (sleep.is_elapsed() && sleep.deadline() < deadline) {
                sleep.as_mut().reset(deadline);
            }
            ready!(sleep.as_mut().poll(cx));
            if sleep.deadline() == deadline {
                return Poll::Ready(());
            }
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
    /// that nobody has fetched from the socket. So time is counted in parts, of which those in which it was away do not count
    /// for more than one; and at the end the runtime has its turn to bring what there is.
    pub(super) fn poll_silence(&mut self, timeout: Duration, cx: &mut Context<'_>) -> Poll<()> {
        let last_part = LAST_PART.min(timeout / 4);
        let part = (timeout / PARTS).max(SHORTEST_PART);
        loop {
            let now = Instant::now();
            // Where the end is beyond what the clock can count to, there is none.
            let Some(end_of_part) = now.checked_add(part) else { return Poll::Pending };
            let begin = Silence { counted: Duration::ZERO, seen: now, last: None };
            let silence = self.armed(end_of_part).silence.get_or_insert(begin);
            silence.counted = silence.counted.saturating_add((now - silence.seen).min(part));
            silence.seen = now;
            let missing = timeout.saturating_sub(last_part).saturating_sub(silence.counted);
            let until = match &silence.last {
                Some(last) => last.until,
                None if missing.is_zero() => silence.last.insert(Last { until: now + last_part, turns: 0 }).until,
                None => now + missing.min(part),
            };
            ready!(self.poll_until(until, cx));
            let Some(Silence { last: Some(last), .. }) = self.armed(until).silence.as_mut() else { continue };
            last.turns += 1;
            if last.turns >= TURNS {
                return Poll::Ready(());
            }
            last.until = now + SHORTEST_PART;
        }
    }
}

/// How long nothing has come, while somebody waited for it.
#[derive(Debug)]
struct Silence {
    counted: Duration,
    /// When somebody last looked.
    seen: Instant,
    last: Option<Last>,
}

/// The last part of a silence.
#[derive(Debug)]
struct Last {
    until: Instant,
    /// How many turns the runtime has had at its end.
    turns: u8,
}
