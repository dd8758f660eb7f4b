//! The life of a session as a state machine: what happens goes in, what to do comes out.
//!
//! Does no IO, has no clock and draws no random numbers: all of these come in as arguments.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Reconnect;
use crate::error::Error;

/// The shortest delay before a 401 is answered with fresh credentials.
const UNAUTHORIZED_DELAY: Duration = Duration::from_millis(100);

/// What happened.
#[derive(Debug)]
pub(crate) enum Input {
    /// A response was accepted: the stream is open.
    Opened,
    /// The server answered 204: there is no stream, and it does not want to be asked again.
    NoContent,
    /// An event came.
    Event,
    /// The server set the reconnection time.
    ReconnectionTime(Duration),
    /// No stream, or none any more, for this reason.
    Lost(Loss),
    /// The time that was waited for has come.
    Elapsed,
    /// The user wants another connection now.
    Reconnect,
    /// The user wants no more.
    Close,
}

/// How the stream was lost.
#[derive(Debug)]
pub(crate) struct Loss {
    pub(crate) error: Error,
    /// Where no reconnect follows, this is how such a stream ends, and no error.
    pub(crate) is_regular_end: bool,
}

impl From<Error> for Loss {
    fn from(error: Error) -> Self {
        Self { error, is_regular_end: false }
    }
}

/// What to do now.
#[derive(Debug)]
pub(crate) enum Action {
    /// Go on as before.
    Continue,
    /// Send the request; drop the connection if there is one.
    Connect,
    /// Do nothing until then, and say so.
    WaitUntil(Instant),
    /// The stream is over, with this as its last item.
    Finish(Option<Error>),
}

/// Where a session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// A request is on its way.
    Connecting {
        /// Its number in this outage; 0 for the first request of a session.
        attempt: u32,
    },
    /// The stream is open.
    Open,
    /// The stream is lost, and time passes until the next attempt.
    Waiting {
        /// The number of that attempt in this outage, from 1.
        attempt: u32,
        /// How long the wait is in all.
        delay: Duration,
    },
    /// The stream is over.
    Closed,
}

#[derive(Clone, Copy, Debug)]
enum Phase {
    Connecting { delay: Duration },
    Open { since: Instant, delay: Duration, event: bool },
    Waiting { delay: Duration },
    Closed,
}

/// A time without a healthy connection.
#[derive(Clone, Copy, Debug)]
struct Outage {
    began: Instant,
    /// How many attempts have been begun in it.
    attempts: u32,
    /// A 401 has been answered with another attempt.
    reauthorized: bool,
}

#[derive(Debug)]
pub(crate) struct Machine {
    phase: Phase,
    outage: Option<Outage>,
    /// `None` where a request must not be sent again.
    policy: Option<Arc<Reconnect>>,
    /// Each request is made anew, and may bring other credentials.
    fresh_requests: bool,
    /// The first connection is subject to the policy, too.
    retry_first_connect: bool,
    opened: bool,
    reconnection_time: Option<Duration>,
    /// A number from 0 to 1.
    random: fn() -> f64,
}

impl Machine {
    /// A session whose first request is about to be sent.
    pub(crate) fn new(policy: Option<Arc<Reconnect>>, random: fn() -> f64) -> Self {
        Self {
            phase: Phase::Connecting { delay: Duration::ZERO },
            outage: None,
            policy,
            fresh_requests: false,
            retry_first_connect: false,
            opened: false,
            reconnection_time: None,
            random,
        }
    }

    pub(crate) fn fresh_requests(mut self) -> Self {
        self.fresh_requests = true;
        self
    }

    pub(crate) fn retry_first_connect(mut self) -> Self {
        self.retry_first_connect = true;
        self
    }

    pub(crate) fn state(&self) -> State {
        match self.phase {
            Phase::Connecting { .. } => State::Connecting { attempt: self.attempt() },
            Phase::Open { .. } => State::Open,
            Phase::Waiting { delay } => State::Waiting { attempt: self.attempt() + 1, delay },
            Phase::Closed => State::Closed,
        }
    }

    /// The number of the attempt that is under way or was the last.
    pub(crate) fn attempt(&self) -> u32 {
        self.outage.map_or(0, |outage| outage.attempts)
    }

    pub(crate) fn is_closed(&self) -> bool {
        matches!(self.phase, Phase::Closed)
    }

    /// Whether the request may be sent again at all.
    pub(crate) fn may_reconnect(&self) -> bool {
        self.policy.is_some() && !self.is_closed()
    }

    /// Takes in what happened, and says what to do. What cannot happen in a phase changes nothing.
    pub(crate) fn on(&mut self, input: Input, now: Instant) -> Action {
        match (self.phase, input) {
            (Phase::Closed, _) => Action::Continue,
            (_, Input::Close) | (Phase::Connecting { .. }, Input::NoContent) => self.finish(None),
            (_, Input::ReconnectionTime(time)) => {
                self.reconnection_time = Some(time);
                Action::Continue
            }
            (Phase::Connecting { delay }, Input::Opened) => {
                self.opened = true;
                self.phase = Phase::Open { since: now, delay, event: false };
                Action::Continue
            }
            (Phase::Open { since, delay, .. }, Input::Event) => {
                self.phase = Phase::Open { since, delay, event: true };
                Action::Continue
            }
            (Phase::Connecting { .. } | Phase::Open { .. }, Input::Lost(loss)) => {
                self.settle_health(now);
                self.lost(loss, now)
            }
            (Phase::Waiting { delay }, Input::Elapsed | Input::Reconnect) => self.connect(delay, now),
            (Phase::Open { .. }, Input::Reconnect) if self.may_reconnect() => {
                self.settle_health(now);
                self.connect(Duration::ZERO, now)
            }
            (Phase::Connecting { .. }, Input::Reconnect) if self.may_reconnect() => Action::Connect,
            (
                _,
                Input::Opened | Input::NoContent | Input::Event | Input::Lost(_) | Input::Elapsed | Input::Reconnect,
            ) => Action::Continue,
        }
    }

    /// A connection that has proved healthy ends the outage that led to it.
    fn settle_health(&mut self, now: Instant) {
        if let Phase::Open { since, delay, event: true } = self.phase {
            let healthy_after = self.policy.as_ref().and_then(|policy| policy.healthy_after).unwrap_or(delay);
            if now.saturating_duration_since(since) >= healthy_after {
                self.outage = None;
            }
        }
    }

    fn lost(&mut self, loss: Loss, now: Instant) -> Action {
        let Some(policy) = self.policy.clone().filter(|_| self.opened || self.retry_first_connect) else {
            return self.end(loss);
        };
        let outage = self.outage.unwrap_or(Outage { began: now, attempts: 0, reauthorized: false });
        let unauthorized = loss.error.status().is_some_and(|status| status == http::StatusCode::UNAUTHORIZED);
        if !policy.retries(&loss.error, self.fresh_requests && !outage.reauthorized) {
            return self.end(loss);
        }
        let delay = match loss.error.retry_after() {
            Some(asked) if asked > policy.max_retry_after => return self.end(loss),
            // A server that says 0 at each refusal would be asked without a pause.
            Some(asked) => asked.max(*policy.server_retry.start()),
            None if unauthorized => self.first_delay(&policy).min(UNAUTHORIZED_DELAY),
            None => self.grown_delay(&policy, outage.attempts),
        };
        let delay = delay.saturating_add(self.jitter(&policy, delay));
        let elapsed = now.saturating_duration_since(outage.began).saturating_add(delay);
        if policy.max_attempts.is_some_and(|limit| outage.attempts >= limit)
            || policy.max_elapsed.is_some_and(|limit| elapsed > limit)
        {
            return self.finish(Some(loss.error.gave_up(outage.attempts)));
        }
        self.outage = Some(Outage { reauthorized: outage.reauthorized || unauthorized, ..outage });
        // A wait beyond what the clock can count to is one that never ends.
        let until = now.checked_add(delay).unwrap_or_else(|| now + FAR_FUTURE);
        self.phase = Phase::Waiting { delay };
        Action::WaitUntil(until)
    }

    /// The delay at the beginning of an outage.
    fn first_delay(&self, policy: &Reconnect) -> Duration {
        // Not `clamp`, which panics where the user's range is empty.
        let in_bounds = |time: Duration| time.min(*policy.server_retry.end()).max(*policy.server_retry.start());
        self.reconnection_time.map_or(policy.delay, in_bounds)
    }

    fn grown_delay(&self, policy: &Reconnect, failed_attempts: u32) -> Duration {
        let first = self.first_delay(policy);
        let factor = 1_u32.checked_shl(failed_attempts).unwrap_or(u32::MAX);
        first.saturating_mul(factor).min(policy.max_delay.max(first))
    }

    fn jitter(&self, policy: &Reconnect, delay: Duration) -> Duration {
        let part = policy.jitter * (self.random)();
        Duration::try_from_secs_f64(delay.as_secs_f64() * part).unwrap_or(Duration::ZERO)
    }

    fn connect(&mut self, delay: Duration, now: Instant) -> Action {
        let outage = self.outage.unwrap_or(Outage { began: now, attempts: 0, reauthorized: false });
        self.outage = Some(Outage { attempts: outage.attempts.saturating_add(1), ..outage });
        self.phase = Phase::Connecting { delay };
        Action::Connect
    }

    /// No reconnect follows.
    fn end(&mut self, loss: Loss) -> Action {
        let attempts = self.attempt();
        self.finish((!loss.is_regular_end).then(|| loss.error.after_attempts(attempts)))
    }

    fn finish(&mut self, error: Option<Error>) -> Action {
        self.phase = Phase::Closed;
        Action::Finish(error)
    }
}

/// Thirty years.
const FAR_FUTURE: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);
