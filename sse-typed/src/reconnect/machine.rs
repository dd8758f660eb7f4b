//! The life of a session as a state machine: what happens goes in, what to do comes out.
//!
//! Does no IO, has no clock and draws no random numbers: all of these come in as arguments.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Reconnect;
use crate::error::Error;

/// A connection that lasted as long is a healthy one though it brought no event: a feed may be quiet, and a server that is asked
/// once in so long a time is not pressed.
const QUIET_AND_HEALTHY: Duration = Duration::from_secs(60);

/// What a delay of nothing grows from.
const LEAST_GROWN_DELAY: Duration = Duration::from_millis(10);

/// The least time between two requests that the user asks for, unless the server may ask for less.
const LEAST_PAUSE: Duration = Duration::from_millis(100);

/// However often the server may ask.
const SHORTEST_PAUSE: Duration = Duration::from_millis(1);

/// The shortest delay before a 401 is answered with fresh credentials.
const UNAUTHORIZED_DELAY: Duration = Duration::from_millis(100);

/// Thirty years: what is waited where a delay goes beyond what the clock can count to. It can count to this.
const FAR_FUTURE: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

/// What happened.
#[derive(Debug)]
pub(crate) enum Input {
    /// A response was accepted: the stream is open.
    Opened,
    /// The server answered 204, or with all that there is: it does not want to be asked again. What the stream lacks, if it does.
    Complete(Option<Error>),
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
    /// Do nothing until then, and say so. With what the stream was lost to; nothing where the user gave it up.
    Wait { until: Instant, lost_to: Option<Error> },
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

/// The delay is the one before the connection: it tells for how long that has to last to be a healthy one. A connection that
/// the user asked for in place of an open one has none.
#[derive(Clone, Copy, Debug)]
enum Phase {
    Connecting { since: Option<Instant>, delay: Duration, asked_again: bool },
    Open(Open),
    Waiting { until: Instant, wait: Duration, delay: Duration, requested: bool },
    Closed,
}

#[derive(Clone, Copy, Debug)]
struct Open {
    since: Instant,
    delay: Duration,
    event: bool,
}

/// A time without a healthy connection.
#[derive(Clone, Copy, Debug)]
struct Outage {
    began: Instant,
    /// How many attempts have been begun in it.
    attempts: u32,
    /// How many of these the user asked for: they do not tell of failures.
    requested: u32,
    /// A 401 has been answered with another attempt.
    reauthorized: bool,
}

impl Outage {
    fn new(now: Instant) -> Self {
        Self { began: now, attempts: 0, requested: 0, reauthorized: false }
    }

    /// How many attempts have been made to end it.
    fn failed_attempts(&self) -> u32 {
        self.attempts.saturating_sub(self.requested)
    }
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
    /// When the last request was due that the user asked for.
    requested: Option<Instant>,
    /// A number from 0 to 1.
    random: fn() -> f64,
}

impl Machine {
    /// A session whose first request is about to be sent.
    pub(crate) fn new(policy: Option<Arc<Reconnect>>, random: fn() -> f64) -> Self {
        Self {
            phase: Phase::Connecting { since: None, delay: Duration::ZERO, asked_again: false },
            outage: None,
            policy,
            fresh_requests: false,
            retry_first_connect: false,
            opened: false,
            reconnection_time: None,
            requested: None,
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
            Phase::Open(_) => State::Open,
            Phase::Waiting { wait, .. } => State::Waiting { attempt: self.attempt() + 1, delay: wait },
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

    /// Whether the stream is open and has brought an event: another changes nothing.
    #[inline]
    pub(crate) fn knows_of_event(&self) -> bool {
        matches!(self.phase, Phase::Open(Open { event: true, .. }))
    }

    /// Whether the request may be sent again at all.
    pub(crate) fn may_reconnect(&self) -> bool {
        self.policy.is_some() && !self.is_closed()
    }

    /// Whether each request is made by a function of the user's.
    pub(crate) fn makes_requests_anew(&self) -> bool {
        self.fresh_requests
    }

    /// Takes in what happened, and says what to do. What cannot happen in a phase changes nothing.
    pub(crate) fn on(&mut self, input: Input, now: Instant) -> Action {
        match (self.phase, input) {
            (Phase::Closed, _) => Action::Continue,
            (_, Input::Close) => self.finish(None),
            (Phase::Connecting { .. } | Phase::Open(_), Input::Complete(error)) => {
                self.finish(error.map(|error| self.counted(error)))
            }
            (_, Input::ReconnectionTime(time)) => {
                self.reconnection_time = Some(time);
                Action::Continue
            }
            (Phase::Connecting { delay, .. }, Input::Opened) => {
                self.opened = true;
                self.phase = Phase::Open(Open { since: now, delay, event: false });
                Action::Continue
            }
            (Phase::Open(open), Input::Event) => {
                self.phase = Phase::Open(Open { event: true, ..open });
                Action::Continue
            }
            (Phase::Connecting { since, asked_again, .. }, Input::Lost(loss)) => {
                let action = self.lost(loss, asked_again, now);
                if asked_again { self.hurry(action, self.due(since), now) } else { action }
            }
            (Phase::Open(_), Input::Lost(loss)) => {
                self.settle(now);
                self.lost(loss, false, now)
            }
            (Phase::Waiting { delay, requested, .. }, Input::Elapsed) => {
                if requested {
                    self.requested = Some(now);
                }
                self.connect(delay, now)
            }
            (Phase::Waiting { until, delay, requested: false, .. }, Input::Reconnect) => {
                self.request(delay, Some(until), now)
            }
            (Phase::Open(_), Input::Reconnect) if self.may_reconnect() => {
                self.settle(now);
                self.request(Duration::ZERO, None, now)
            }
            (Phase::Connecting { since, delay, .. }, Input::Reconnect) if self.may_reconnect() => {
                let again = self.due(since).is_none_or(|due| due <= now);
                if again {
                    self.requested = Some(now);
                }
                self.phase =
                    Phase::Connecting { since: if again { Some(now) } else { since }, delay, asked_again: !again };
                if again { Action::Connect } else { Action::Continue }
            }
            (
                _,
                Input::Opened | Input::Complete(_) | Input::Event | Input::Lost(_) | Input::Elapsed | Input::Reconnect,
            ) => Action::Continue,
        }
    }

    fn failed_attempts(&self) -> u32 {
        self.outage.map_or(0, |outage| outage.failed_attempts())
    }

    /// An error says how many attempts were made before it.
    fn counted(&self, error: Error) -> Error {
        error.after_attempts(self.failed_attempts())
    }

    /// A connection that has proved healthy ends the outage that led to it.
    fn settle_health(&mut self, now: Instant) {
        let Phase::Open(Open { since, delay, event }) = self.phase else { return };
        let Some(policy) = &self.policy else { return };
        let no_delay = delay.is_zero() && self.first_delay(policy).is_zero();
        let healthy_after = policy.healthy_after.unwrap_or(if no_delay { LEAST_GROWN_DELAY } else { delay });
        let healthy_after = if event { healthy_after } else { healthy_after.max(QUIET_AND_HEALTHY) };
        if now.saturating_duration_since(since) >= healthy_after {
            self.outage = None;
        }
    }

    /// An open stream is at its end: where no attempt to get it has failed, none has been missing until now.
    fn settle(&mut self, now: Instant) {
        self.settle_health(now);
        if self.failed_attempts() == 0 {
            self.outage = self.outage.map(|outage| Outage { began: now, ..outage });
        }
    }

    /// The next attempt may have been asked for already.
    fn lost(&mut self, loss: Loss, is_asked: bool, now: Instant) -> Action {
        let loss = Loss { error: self.counted(loss.error), ..loss };
        let failed_attempts = self.failed_attempts();
        let Some(policy) = self.policy.clone().filter(|_| self.opened || self.retry_first_connect) else {
            return self.end(loss);
        };
        let outage = self.outage.unwrap_or(Outage::new(now));
        let unauthorized = loss.error.status().is_some_and(|status| status == http::StatusCode::UNAUTHORIZED);
        if !policy.retries(&loss.error, self.fresh_requests && !outage.reauthorized) {
            return self.end(loss);
        }
        let delay = match loss.error.retry_after() {
            Some(asked) if asked > policy.max_retry_after => return self.end(loss),
            // A server that says 0 at each refusal would be asked without a pause.
            Some(asked) => asked.max(*policy.server_retry.start()),
            None if unauthorized && self.fresh_requests && !outage.reauthorized => {
                self.first_delay(&policy).min(UNAUTHORIZED_DELAY)
            }
            None => self.grown_delay(&policy, failed_attempts),
        };
        let delay = delay.saturating_add(self.jitter(&policy, delay));
        let elapsed = now.saturating_duration_since(outage.began);
        let elapsed = if is_asked { elapsed } else { elapsed.saturating_add(delay) };
        if policy.max_attempts.is_some_and(|limit| failed_attempts >= limit && !is_asked)
            || policy.max_elapsed.is_some_and(|limit| elapsed > limit)
        {
            return self.finish(Some(loss.error.gave_up()));
        }
        self.outage = Some(Outage { reauthorized: outage.reauthorized || unauthorized, ..outage });
        let until = now.checked_add(delay).unwrap_or_else(|| now + FAR_FUTURE);
        self.phase = Phase::Waiting { until, wait: delay, delay, requested: false };
        Action::Wait { until, lost_to: Some(loss.error.outlived()) }
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
        let base = if first.is_zero() && failed_attempts > 0 { LEAST_GROWN_DELAY } else { first };
        base.saturating_mul(factor).min(policy.max_delay.max(base))
    }

    fn jitter(&self, policy: &Reconnect, delay: Duration) -> Duration {
        let part = policy.jitter * (self.random)();
        Duration::try_from_secs_f64(delay.as_secs_f64() * part).unwrap_or(Duration::ZERO)
    }

    fn connect(&mut self, delay: Duration, now: Instant) -> Action {
        let outage = self.outage.unwrap_or(Outage::new(now));
        self.outage = Some(Outage { attempts: outage.attempts.saturating_add(1), ..outage });
        self.phase = Phase::Connecting { since: Some(now), delay, asked_again: false };
        Action::Connect
    }

    /// The user wants a request sent, at once; but where that is at each event, it is the server who says how often, and that is
    /// kept to what a `retry:` of it may say. No later than it would be sent anyway.
    fn request(&mut self, delay: Duration, latest: Option<Instant>, now: Instant) -> Action {
        let until = self.due(self.requested).map_or(now, |due| due.min(latest.unwrap_or(due)));
        if until <= now {
            self.note_request(now, now);
            return self.connect(delay, now);
        }
        self.wait_for_request(until, delay, None, now)
    }

    /// The user has asked for another attempt while one was under way, which has failed: there is no wait but until it is due.
    fn hurry(&mut self, action: Action, due: Option<Instant>, now: Instant) -> Action {
        let (until, lost_to, delay) = match (action, self.phase) {
            (Action::Wait { until, lost_to }, Phase::Waiting { delay, .. }) => (until, lost_to, delay),
            (action, _) => return action,
        };
        self.wait_for_request(due.map_or(now, |due| due.clamp(now, until)), delay, lost_to, now)
    }

    /// The user's request has to wait until then.
    fn wait_for_request(&mut self, until: Instant, delay: Duration, lost_to: Option<Error>, now: Instant) -> Action {
        self.note_request(until, now);
        self.phase = Phase::Waiting { until, wait: until - now, delay, requested: true };
        Action::Wait { until, lost_to }
    }

    /// A request that the user asked for is due then.
    fn note_request(&mut self, due: Instant, now: Instant) {
        let outage = self.outage.get_or_insert(Outage::new(now));
        outage.requested = outage.requested.saturating_add(1);
        self.requested = Some(due);
    }

    /// When the user may have the request sent again that was sent at this time.
    fn due(&self, sent: Option<Instant>) -> Option<Instant> {
        let pause = LEAST_PAUSE.min(*self.policy.as_ref()?.server_retry.start()).max(SHORTEST_PAUSE);
        sent.map(|sent| sent.checked_add(pause).unwrap_or_else(|| sent + FAR_FUTURE))
    }

    /// When to come back with what the user has asked for: an attempt that has only just begun may well be what is wanted, and has
    /// its time.
    pub(crate) fn asked_again(&self) -> Option<Instant> {
        match self.phase {
            Phase::Connecting { since, asked_again: true, .. } => self.due(since),
            _ => None,
        }
    }

    /// No reconnect follows.
    fn end(&mut self, loss: Loss) -> Action {
        self.finish((!loss.is_regular_end).then_some(loss.error))
    }

    fn finish(&mut self, error: Option<Error>) -> Action {
        self.phase = Phase::Closed;
        Action::Finish(error)
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, StatusCode};
    use proptest::prelude::*;

    use super::*;
    use crate::error::ErrorKind;

    const SECOND: Duration = Duration::from_secs(1);
    const DEFAULT: fn() -> Reconnect = Reconnect::default;

    /// A machine with a clock to turn by hand.
    struct Rig {
        machine: Machine,
        now: Instant,
    }

    impl Rig {
        fn new(policy: impl Into<Option<Reconnect>>) -> Self {
            Self { machine: Machine::new(policy.into().map(Arc::new), || 0.0), now: Instant::now() }
        }

        fn jittered(mut self, random: fn() -> f64) -> Self {
            self.machine.random = random;
            self
        }

        fn opened(policy: impl Into<Option<Reconnect>>) -> Self {
            let mut rig = Self::new(policy);
            rig.on(Input::Opened);
            rig
        }

        fn on(&mut self, input: Input) -> Action {
            self.machine.on(input, self.now)
        }

        /// What the machine waits for after this loss.
        fn delay_after(&mut self, loss: impl Into<Loss>) -> Duration {
            match self.on(Input::Lost(loss.into())) {
                Action::Wait { until, lost_to: Some(_) } => until - self.now,
                other => panic!("{other:?}"),
            }
        }

        fn elapse(&mut self) {
            if let State::Waiting { delay, .. } = self.machine.state() {
                self.now += delay;
            }
            assert!(matches!(self.on(Input::Elapsed), Action::Connect));
        }

        /// Opens a connection that brings an event and lasts that long.
        fn live(&mut self, duration: Duration) {
            self.on(Input::Opened);
            self.on(Input::Event);
            self.now += duration;
        }

        fn end_after(&mut self, loss: impl Into<Loss>) -> Option<Error> {
            match self.on(Input::Lost(loss.into())) {
                Action::Finish(error) => {
                    assert_eq!(self.machine.state(), State::Closed);
                    error
                }
                other => panic!("{other:?}"),
            }
        }
    }

    fn error(kind: ErrorKind) -> Error {
        Error::new(kind)
    }

    fn refused(status: u16) -> Error {
        error(ErrorKind::Status).answered(StatusCode::from_u16(status).unwrap(), HeaderMap::new(), None)
    }

    fn end() -> Loss {
        Loss { error: error(ErrorKind::Incomplete), is_regular_end: true }
    }

    fn retry_after(status: u16, seconds: u64) -> Error {
        refused(status).retrying_after(Some(Duration::from_secs(seconds)))
    }

    #[test]
    fn a_session_goes_from_connecting_to_open_to_waiting_and_back() {
        let mut rig = Rig::new(DEFAULT());
        assert_eq!(rig.machine.state(), State::Connecting { attempt: 0 });
        assert!(matches!(rig.on(Input::Opened), Action::Continue));
        assert_eq!(rig.machine.state(), State::Open);
        assert_eq!(rig.delay_after(end()), 3 * SECOND);
        assert_eq!(rig.machine.state(), State::Waiting { attempt: 1, delay: 3 * SECOND });
        rig.elapse();
        assert_eq!(rig.machine.state(), State::Connecting { attempt: 1 });
        rig.on(Input::Opened);
        assert_eq!(rig.machine.state(), State::Open);
        assert!(matches!(rig.on(Input::Close), Action::Finish(None)));
        assert_eq!(rig.machine.state(), State::Closed);
    }

    #[test]
    fn the_delay_doubles_with_each_failed_attempt_up_to_its_maximum() {
        let mut rig = Rig::opened(DEFAULT());
        let mut delays = vec![rig.delay_after(end()).as_secs()];
        for _ in 0..100 {
            rig.elapse();
            delays.push(rig.delay_after(error(ErrorKind::Connect)).as_secs());
        }
        assert_eq!(delays[..7], [3, 6, 12, 24, 48, 60, 60]);
        assert!(delays[7..].iter().all(|&delay| delay == 60));
    }

    #[test]
    fn a_planned_end_of_a_healthy_connection_does_not_make_the_delay_grow() {
        let mut rig = Rig::new(DEFAULT().max_attempts(1));
        rig.live(Duration::ZERO);
        for _ in 0..1000 {
            assert_eq!(rig.delay_after(end()), 3 * SECOND);
            rig.elapse();
            rig.live(3 * SECOND);
        }
    }

    #[test]
    fn a_connection_is_healthy_only_with_an_event_and_as_long_as_the_delay_before_it() {
        for (event, lasted, next) in [
            (true, Duration::from_millis(2999), 6), // hello and crash
            (true, 3 * SECOND, 3),
            (false, 59 * SECOND, 6), // a bare 200
            (false, 60 * SECOND, 3), // a quiet feed
        ] {
            let mut rig = Rig::opened(DEFAULT());
            rig.delay_after(end());
            rig.elapse();
            rig.on(Input::Opened);
            if event {
                rig.on(Input::Event);
            }
            rig.now += lasted;
            assert_eq!(rig.delay_after(end()), next * SECOND, "event: {event}, lasted {lasted:?}");
        }
    }

    #[test]
    fn healthy_after_takes_the_place_of_the_delay_before() {
        let mut rig = Rig::opened(DEFAULT().healthy_after(30 * SECOND));
        assert_eq!(rig.delay_after(end()), 3 * SECOND);
        rig.elapse();
        rig.live(29 * SECOND);
        assert_eq!(rig.delay_after(end()), 6 * SECOND);
        rig.elapse();
        rig.live(30 * SECOND);
        assert_eq!(rig.delay_after(end()), 3 * SECOND);
    }

    #[test]
    fn a_server_that_accepts_and_closes_at_once_is_approached_ever_more_slowly() {
        let mut rig = Rig::opened(DEFAULT().max_attempts(4));
        for expected in [3, 6, 12, 24] {
            assert_eq!(rig.delay_after(end()), expected * SECOND);
            rig.elapse();
            rig.on(Input::Opened);
        }
        let error = rig.end_after(end()).unwrap();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Incomplete, 4));
    }

    #[test]
    fn the_servers_reconnection_time_is_kept_to_within_its_bounds() {
        for (server, expected) in [(0, 100), (99, 100), (2_500, 2_500), (90_000, 90_000), (u64::MAX, 300_000)] {
            let mut rig = Rig::opened(DEFAULT());
            rig.on(Input::ReconnectionTime(Duration::from_millis(server)));
            assert_eq!(rig.delay_after(end()), Duration::from_millis(expected), "retry: {server}");
            rig.elapse();
            let grown = Duration::from_millis((2 * expected).min(60_000.max(expected)));
            assert_eq!(rig.delay_after(error(ErrorKind::Connect)), grown, "after retry: {server}");
        }
    }

    #[test]
    fn an_empty_range_for_the_servers_word_is_no_panic() {
        let mut rig = Rig::opened(DEFAULT().server_retry(5 * SECOND..=SECOND));
        rig.on(Input::ReconnectionTime(2 * SECOND));
        assert_eq!(rig.delay_after(end()), 5 * SECOND);
    }

    #[test]
    fn jitter_only_ever_adds_and_at_most_its_part() {
        for (random, expected) in [((|| 0.0) as fn() -> f64, 3000), (|| 0.5, 3375), (|| 1.0, 3750)] {
            let mut rig = Rig::opened(DEFAULT()).jittered(random);
            assert_eq!(rig.delay_after(end()), Duration::from_millis(expected));
        }
        for part in [0.0, -1.0, f64::NAN] {
            let mut rig = Rig::opened(DEFAULT().jitter(part)).jittered(|| 1.0);
            assert_eq!(rig.delay_after(end()), 3 * SECOND, "{part}");
        }
        let mut rig = Rig::opened(DEFAULT().jitter(f64::INFINITY)).jittered(|| 1.0);
        assert_eq!(rig.delay_after(end()), 3 * SECOND, "more than a `Duration` holds is none");
    }

    #[test]
    fn retry_after_beats_the_delay_once() {
        for status in [429, 503, 529] {
            let mut rig = Rig::opened(DEFAULT());
            rig.delay_after(end());
            rig.elapse();
            assert_eq!(rig.delay_after(retry_after(status, 120)), 120 * SECOND, "longer than `max_delay`");
            rig.elapse();
            assert_eq!(rig.delay_after(refused(status)), 12 * SECOND, "and growth goes on beside it");
            rig.elapse();
            assert_eq!(rig.delay_after(retry_after(status, 0)), Duration::from_millis(100), "no leave to spin");
        }
    }

    #[test]
    fn a_retry_after_beyond_its_maximum_ends_the_stream_with_the_error() {
        let mut rig = Rig::opened(DEFAULT());
        rig.delay_after(end());
        rig.elapse();
        assert_eq!(rig.delay_after(retry_after(503, 600)), 600 * SECOND);
        rig.elapse();
        let error = rig.end_after(retry_after(503, 601)).unwrap();
        assert_eq!(error.status(), Some(StatusCode::SERVICE_UNAVAILABLE));
        assert_eq!(error.attempts(), 2);
    }

    #[test]
    fn max_attempts_is_the_number_of_attempts_after_the_loss() {
        for limit in [0, 1, 3, 10] {
            let mut rig = Rig::opened(DEFAULT().max_attempts(limit));
            let mut loss = end();
            for _ in 0..limit {
                rig.delay_after(std::mem::replace(&mut loss, refused(503).into()));
                rig.elapse();
            }
            let error = rig.end_after(loss).unwrap();
            assert_eq!(error.attempts(), limit);
            assert_eq!(error.status().map(|status| status.as_u16()), (limit > 0).then_some(503));
        }
    }

    #[test]
    fn the_first_connection_is_tried_once_unless_the_policy_applies_to_it() {
        let mut rig = Rig::new(DEFAULT());
        assert_eq!(rig.end_after(error(ErrorKind::Connect)).unwrap().attempts(), 0);

        let mut rig = Rig::new(DEFAULT().max_attempts(3));
        rig.machine = rig.machine.retry_first_connect();
        for expected in [3, 6, 12] {
            assert_eq!(rig.delay_after(error(ErrorKind::Connect)), expected * SECOND);
            rig.elapse();
        }
        assert_eq!(rig.end_after(error(ErrorKind::Connect)).unwrap().attempts(), 3);
    }

    #[test]
    fn max_elapsed_counts_from_the_loss_to_the_next_attempt() {
        let mut rig = Rig::opened(DEFAULT().max_elapsed(10 * SECOND));
        assert_eq!(rig.delay_after(end()), 3 * SECOND);
        rig.elapse();
        assert_eq!(rig.delay_after(error(ErrorKind::Connect)), 6 * SECOND);
        rig.elapse();
        assert_eq!(rig.end_after(error(ErrorKind::Connect)).unwrap().attempts(), 2, "the next would be at 21 s");
    }

    #[test]
    fn each_kind_and_status_is_final_or_tried_again() {
        let retried_kinds = [ErrorKind::Connect, ErrorKind::Transport, ErrorKind::IdleTimeout, ErrorKind::Incomplete];
        for kind in retried_kinds {
            Rig::opened(DEFAULT()).delay_after(error(kind));
        }
        for kind in [ErrorKind::Request, ErrorKind::ContentType, ErrorKind::EventTooLarge] {
            assert_eq!(Rig::opened(DEFAULT()).end_after(error(kind)).unwrap().kind(), kind);
        }
        let retried = [408, 425, 429, 500, 502, 503, 504, 529];
        for status in (100..600).filter(|&status| status != 200 && status != 204) {
            let action = Rig::opened(DEFAULT()).on(Input::Lost(refused(status).into()));
            assert_eq!(matches!(action, Action::Wait { .. }), retried.contains(&status), "{status}");
            let action = Rig::opened(Reconnect::event_source()).on(Input::Lost(refused(status).into()));
            assert!(matches!(action, Action::Finish(Some(_))), "{status}, as a browser");
        }
    }

    #[test]
    fn retry_if_decides_over_the_default_and_under_the_limits() {
        let policy = || {
            DEFAULT().max_attempts(1).retry_if(|error| match error.kind() {
                ErrorKind::ContentType => Some(true),
                ErrorKind::Transport | ErrorKind::Incomplete => Some(false),
                _ => None,
            })
        };
        let mut rig = Rig::opened(policy());
        rig.delay_after(error(ErrorKind::ContentType));
        rig.elapse();
        rig.end_after(error(ErrorKind::ContentType));
        Rig::opened(policy()).end_after(error(ErrorKind::Transport));
        assert!(Rig::opened(policy()).end_after(end()).is_none(), "a regular end stays one");
        Rig::opened(policy()).delay_after(error(ErrorKind::Connect));
        Rig::opened(policy()).end_after(error(ErrorKind::Request));
    }

    #[test]
    fn retry_if_is_told_how_many_attempts_have_failed() {
        let mut rig = Rig::opened(DEFAULT().retry_if(|error| Some(error.attempts() < 2)));
        for _ in 0..2 {
            rig.delay_after(error(ErrorKind::Connect));
            rig.elapse();
        }
        assert_eq!(rig.end_after(error(ErrorKind::Connect)).unwrap().attempts(), 2);
    }

    #[test]
    fn without_leave_to_send_again_the_loss_is_the_end() {
        assert!(Rig::opened(None).end_after(end()).is_none());
        let incomplete = Loss { is_regular_end: false, ..end() };
        assert_eq!(Rig::opened(None).end_after(incomplete).unwrap().kind(), ErrorKind::Incomplete);
        assert_eq!(Rig::opened(None).end_after(error(ErrorKind::Transport)).unwrap().kind(), ErrorKind::Transport);
        let mut rig = Rig::opened(None);
        assert!(matches!(rig.on(Input::Reconnect), Action::Continue));
        assert_eq!(rig.machine.state(), State::Open);
    }

    #[test]
    fn a_401_is_tried_again_once_in_an_outage_where_requests_are_made_anew() {
        assert!(Rig::opened(DEFAULT()).end_after(refused(401)).is_some(), "the same request is refused again");
        let mut rig = Rig::opened(DEFAULT());
        rig.machine = rig.machine.fresh_requests();
        for _ in 0..2 {
            rig.delay_after(end());
            rig.elapse();
            assert_eq!(rig.delay_after(refused(401)), UNAUTHORIZED_DELAY);
            rig.elapse();
            rig.live(1000 * SECOND);
        }
        rig.delay_after(end());
        rig.elapse();
        rig.delay_after(refused(401));
        rig.elapse();
        assert_eq!(rig.end_after(refused(401)).unwrap().attempts(), 2);
    }

    #[test]
    fn no_content_is_a_quiet_end() {
        assert!(matches!(Rig::new(DEFAULT()).on(Input::Complete(None)), Action::Finish(None)));
        let mut rig = Rig::opened(DEFAULT());
        rig.delay_after(end());
        rig.elapse();
        assert!(matches!(rig.on(Input::Complete(None)), Action::Finish(None)));
    }

    #[test]
    fn the_user_reconnects_at_once_from_wherever_the_session_is() {
        let mut rig = Rig::opened(DEFAULT());
        assert!(matches!(rig.on(Input::Reconnect), Action::Connect));
        assert_eq!(rig.machine.state(), State::Connecting { attempt: 1 });
        assert!(matches!(rig.on(Input::Reconnect), Action::Continue), "that may be what is under way");
        assert_eq!(rig.machine.asked_again(), Some(rig.now + Duration::from_millis(100)));
        let Action::Wait { until, lost_to: Some(_) } = rig.on(Input::Lost(refused(503).into())) else {
            panic!("no wait")
        };
        assert_eq!(until, rig.now + Duration::from_millis(100), "it has failed, and the next is due then");
        rig.elapse();
        rig.now += Duration::from_millis(100);
        assert!(matches!(rig.on(Input::Reconnect), Action::Connect));
        assert_eq!(rig.machine.state(), State::Connecting { attempt: 2 });
        rig.now += Duration::from_millis(100);
        rig.delay_after(error(ErrorKind::Connect));
        assert!(matches!(rig.on(Input::Reconnect), Action::Connect));
        assert_eq!(rig.machine.state(), State::Connecting { attempt: 3 });
        assert!(matches!(rig.on(Input::Reconnect), Action::Continue));
        assert!(rig.end_after(refused(404)).is_some(), "it was answered");
    }

    #[test]
    fn what_the_user_asks_for_again_and_again_keeps_its_distance() {
        let pause = Duration::from_millis(100);
        let mut rig = Rig::opened(DEFAULT().max_attempts(2));
        assert!(matches!(rig.on(Input::Reconnect), Action::Connect));
        for _ in 0..50 {
            rig.delay_after(refused(503));
            let Action::Wait { until, lost_to: None } = rig.on(Input::Reconnect) else { panic!("at once, again") };
            assert_eq!(until - rig.now, pause);
            assert!(matches!(rig.machine.state(), State::Waiting { delay, .. } if delay == pause));
            assert!(matches!(rig.on(Input::Reconnect), Action::Continue), "it is cut short already");
            rig.elapse();
        }
        rig.delay_after(refused(503));
        rig.elapse();
        rig.delay_after(refused(503));
        rig.elapse();
        assert_eq!(rig.end_after(refused(503)).unwrap().attempts(), 2, "of its own");

        // A limit in time holds all the same.
        let mut rig = Rig::opened(DEFAULT().max_elapsed(10 * SECOND));
        rig.delay_after(end());
        for _ in 0..4 {
            assert!(matches!(rig.on(Input::Reconnect), Action::Connect));
            rig.now += 2 * SECOND;
            if rig.now - rig.machine.outage.unwrap().began < 8 * SECOND {
                rig.delay_after(refused(503));
            }
        }
        rig.end_after(refused(503));

        // Time in which a stream was open is none of an outage.
        let mut rig = Rig::opened(DEFAULT().max_elapsed(60 * SECOND));
        for _ in 0..5 {
            assert!(matches!(rig.on(Input::Reconnect), Action::Connect));
            rig.on(Input::Opened);
            rig.now += 50 * SECOND;
        }
        assert!(matches!(rig.on(Input::Reconnect), Action::Connect));
        rig.delay_after(refused(503));

        // What is asked for is made, though the policy has none left.
        let mut rig = Rig::opened(DEFAULT().max_attempts(1).max_elapsed(5 * SECOND));
        rig.delay_after(end());
        rig.elapse();
        assert!(matches!(rig.on(Input::Reconnect), Action::Continue));
        let Action::Wait { until, lost_to: Some(_) } = rig.on(Input::Lost(refused(503).into())) else {
            panic!("no wait")
        };
        assert_eq!(until - rig.now, pause);
        rig.elapse();
        assert_eq!(rig.end_after(refused(503)).unwrap().attempts(), 1);

        // It is never later than it would have been.
        let mut rig = Rig::opened(DEFAULT().delay(pause / 2).server_retry(pause..=pause));
        assert!(matches!(rig.on(Input::Reconnect), Action::Connect));
        assert_eq!(rig.delay_after(refused(503)), pause / 2);
        let Action::Wait { until, .. } = rig.on(Input::Reconnect) else { panic!("at once") };
        assert_eq!(until - rig.now, pause / 2);
    }

    #[test]
    fn what_the_user_asks_for_is_no_failed_attempt() {
        let mut rig = Rig::opened(DEFAULT().max_attempts(2).max_elapsed(100 * SECOND));
        for _ in 0..10 {
            assert!(matches!(rig.on(Input::Reconnect), Action::Connect));
            rig.on(Input::Opened);
            rig.now += 50 * SECOND;
        }
        assert_eq!(rig.delay_after(end()), 3 * SECOND);
        rig.elapse();
        assert_eq!(rig.delay_after(error(ErrorKind::Connect)), 6 * SECOND);
        rig.elapse();
        assert_eq!(rig.end_after(error(ErrorKind::Connect)).unwrap().attempts(), 2);
    }

    #[test]
    fn a_stream_is_replaced_no_more_often_than_the_server_may_say() {
        let mut rig = Rig::opened(DEFAULT());
        rig.live(Duration::ZERO);
        assert!(matches!(rig.on(Input::Reconnect), Action::Connect));
        for _ in 0..5 {
            rig.live(Duration::from_millis(30));
            let Action::Wait { until, lost_to: None } = rig.on(Input::Reconnect) else { panic!("at once, again") };
            assert_eq!(until - rig.now, Duration::from_millis(70));
            rig.elapse();
        }
        rig.live(Duration::from_millis(100));
        assert!(matches!(rig.on(Input::Reconnect), Action::Connect));
    }

    #[test]
    fn a_delay_of_nothing_grows_all_the_same() {
        let mut rig = Rig::opened(DEFAULT().delay(Duration::ZERO).max_delay(SECOND));
        let mut delays = vec![rig.delay_after(end()).as_millis()];
        for _ in 0..8 {
            rig.elapse();
            delays.push(rig.delay_after(error(ErrorKind::Connect)).as_millis());
        }
        assert_eq!(delays, [0, 20, 40, 80, 160, 320, 640, 1000, 1000]);

        let mut rig = Rig::opened(DEFAULT().delay(Duration::ZERO));
        let mut delays = vec![rig.delay_after(end()).as_millis()];
        for _ in 0..4 {
            rig.elapse();
            rig.live(Duration::ZERO);
            delays.push(rig.delay_after(end()).as_millis());
        }
        assert_eq!(delays, [0, 20, 40, 80, 160], "an event and a crash are not healthy");
        rig.elapse();
        rig.live(160 * Duration::from_millis(1));
        assert_eq!(rig.delay_after(end()), Duration::ZERO);

        let mut rig = Rig::opened(Reconnect::event_source().delay(Duration::ZERO));
        rig.delay_after(end());
        rig.elapse();
        assert_eq!(rig.delay_after(error(ErrorKind::Connect)), LEAST_GROWN_DELAY);
    }

    #[test]
    fn a_401_that_is_tried_again_without_new_credentials_waits_as_any_other() {
        let mut rig = Rig::opened(DEFAULT().retry_if(|_| Some(true)));
        let mut delays = vec![rig.delay_after(end()).as_secs()];
        for _ in 0..3 {
            rig.elapse();
            delays.push(rig.delay_after(refused(401)).as_secs());
        }
        assert_eq!(delays, [3, 6, 12, 24]);
        let mut rig = Rig::opened(DEFAULT().retry_if(|_| Some(true)));
        rig.machine = rig.machine.fresh_requests();
        assert_eq!(rig.delay_after(refused(401)), UNAUTHORIZED_DELAY);
        rig.elapse();
        assert_eq!(rig.delay_after(refused(401)), 6 * SECOND, "the first refusal was answered");
    }

    #[test]
    fn a_401_is_answered_anew_once_a_quiet_feed_has_lasted() {
        let mut rig = Rig::opened(DEFAULT());
        rig.machine = rig.machine.fresh_requests();
        for _ in 0..3 {
            rig.delay_after(refused(401));
            rig.elapse();
            rig.on(Input::Opened);
            rig.now += 3600 * SECOND;
        }
    }

    #[test]
    fn a_browser_waits_as_long_each_time() {
        let mut rig = Rig::opened(Reconnect::event_source()).jittered(|| 1.0);
        rig.delay_after(end());
        for _ in 0..100 {
            rig.elapse();
            assert_eq!(rig.delay_after(error(ErrorKind::Connect)), 3 * SECOND);
        }
    }

    fn inputs() -> impl Strategy<Value = (u8, u64)> {
        (0..12_u8, prop_oneof![0..5_u64, 0..100_000_u64, Just(u64::MAX / 1000)])
    }

    proptest! {
        #[test]
        fn whatever_happens_no_two_attempts_are_closer_than_the_shortest_delay(
            sequence in proptest::collection::vec(inputs(), 0..200),
            random in 0..3_u8,
        ) {
            let floor = Duration::from_millis(100);
            let mut rig = Rig::new(DEFAULT()).jittered([|| 0.0, || 0.3, || 1.0][usize::from(random)]);
            rig.machine = rig.machine.retry_first_connect().fresh_requests();
            let mut earliest = None::<Instant>;
            for (what, number) in sequence {
                let input = match what {
                    0 | 1 => Input::Opened,
                    2 => Input::Event,
                    3 => Input::ReconnectionTime(Duration::from_millis(number)),
                    4 => Input::Lost(end()),
                    5 => Input::Lost(error(ErrorKind::Connect).into()),
                    6 => Input::Lost(error(ErrorKind::IdleTimeout).into()),
                    7 => Input::Lost(refused(if number % 2 == 0 { 401 } else { 503 }).into()),
                    8 => Input::Lost(retry_after(429, number).into()),
                    9 => Input::Close,
                    _ => {
                        if let State::Waiting { delay, .. } = rig.machine.state() {
                            rig.now += delay;
                            Input::Elapsed
                        } else {
                            rig.now += Duration::from_millis(number.min(100_000));
                            continue;
                        }
                    }
                };
                let before = rig.machine.state();
                let action = rig.on(input);
                let state = rig.machine.state();
                match action {
                    Action::Connect => {
                        let connecting = matches!(state, State::Connecting { .. });
                        prop_assert!(connecting && earliest.is_none_or(|earliest| rig.now >= earliest));
                    }
                    Action::Wait { until, .. } => {
                        let State::Waiting { delay, .. } = state else { panic!("{state:?}") };
                        prop_assert_eq!(until - rig.now, delay);
                        prop_assert!(delay >= floor, "{:?}", delay);
                        prop_assert!(delay <= Duration::from_secs(600 * 5 / 4), "{:?}", delay);
                        earliest = Some(rig.now + floor);
                    }
                    Action::Finish(_) => prop_assert_eq!(state, State::Closed),
                    Action::Continue if before == State::Closed => prop_assert_eq!(state, State::Closed),
                    Action::Continue => {}
                }
            }
        }

        #[test]
        fn extreme_policies_do_not_panic(
            delay in any::<u64>(), max_delay in any::<u64>(), low in any::<u64>(), high in any::<u64>(),
            jitter in any::<f64>(), server in any::<u64>(), failures in 0..80_u32,
        ) {
            let policy = DEFAULT()
                .delay(Duration::from_secs(delay))
                .max_delay(Duration::from_secs(max_delay))
                .server_retry(Duration::from_secs(low)..=Duration::from_secs(high))
                .jitter(jitter);
            let mut rig = Rig::opened(policy).jittered(|| 1.0);
            rig.on(Input::ReconnectionTime(Duration::from_millis(server)));
            for _ in 0..failures {
                rig.on(Input::Lost(error(ErrorKind::Transport).into()));
                rig.on(Input::Elapsed);
            }
        }
    }
}
