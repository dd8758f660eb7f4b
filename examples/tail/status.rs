//! What happens to the stream, on standard error.

use std::collections::VecDeque;
use std::error::Error;
use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anstyle::{AnsiColor, Style};
use http::header::CONTENT_TYPE;
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use sse_typed::{Connection, ErrorKind, LastEventId, Stats};
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::output::{DIM, printable};

/// How often the live line is drawn, and over how many of these times a rate is taken.
const TICK: Duration = Duration::from_millis(250);
const WINDOW: usize = 12;

/// How many characters of a refusal's body are shown.
const BODY: usize = 300;

const ERROR: Style = AnsiColor::Red.on_default().bold();

pub(crate) struct Status {
    /// The live line: hidden where there is no terminal.
    bar: Option<ProgressBar>,
    ticks: Interval,
    began: Instant,
    stats: Stats,
    last_event_id: LastEventId,
    window: VecDeque<(Instant, Stats)>,
    reason: Reason,
}

/// Why the stream was lost, from the policy to the line that tells it.
#[derive(Clone, Default)]
pub(crate) struct Reason(Arc<Mutex<String>>);

impl Reason {
    pub(crate) fn set(&self, error: &sse_typed::Error) {
        let reason = match error.kind() {
            ErrorKind::Incomplete => "the server ended it".to_owned(),
            _ => explain(error),
        };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = reason;
    }

    fn take(&self) -> String {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Status {
    pub(crate) fn new(stats: bool) -> Self {
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // Cut where the line would not fit.
        let style = ProgressStyle::with_template("{spinner} {wide_msg}");
        let style = style.unwrap_or_else(|_| ProgressStyle::default_spinner());
        let began = Instant::now();
        Self {
            bar: stats.then(|| ProgressBar::new_spinner().with_style(style)),
            ticks,
            began,
            stats: Stats::default(),
            last_event_id: LastEventId::default(),
            window: [(began, Stats::default())].into(),
            reason: Reason::default(),
        }
    }

    /// Where the policy leaves why the stream was lost.
    pub(crate) fn reason(&self) -> Reason {
        self.reason.clone()
    }

    pub(crate) fn opened(&self, connection: &Connection) {
        let again = if connection.attempt() > 0 { " again" } else { "" };
        let after = match &**connection.resumed_from() {
            "" => String::new(),
            id => format!(", after id {}", printable(id)),
        };
        self.say(&format!("open{again}: {}, {:?}{after}", connection.status(), connection.version()));
    }

    pub(crate) fn waiting(&self, attempt: u32, delay: Duration) {
        self.say(&format!("lost: {}; attempt {attempt} in {:.1} s", self.reason.take(), delay.as_secs_f64()));
    }

    pub(crate) fn count(&mut self, stats: Stats, last_event_id: &LastEventId) {
        self.stats = stats;
        self.last_event_id = last_event_id.clone();
    }

    /// Draws the live line at each tick; without one, never comes back.
    pub(crate) async fn tick(&mut self) {
        let Some(bar) = &self.bar else { return std::future::pending().await };
        let now = self.ticks.tick().await.into_std();
        self.window.push_back((now, self.stats));
        if self.window.len() > WINDOW {
            self.window.pop_front();
        }
        if let Some((then, before)) = self.window.front() {
            bar.set_message(self.line(now.duration_since(*then), before));
            bar.tick();
        }
    }

    /// Takes the live line out of the way of what `write` writes.
    pub(crate) fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    pub(crate) fn error(&self, error: &(dyn Error + 'static)) {
        let text = match error.downcast_ref::<sse_typed::Error>() {
            Some(error) => explain(error),
            None => with_cause(error),
        };
        self.write(&format!("{ERROR}error:{ERROR:#} {text}"));
    }

    /// What it came to in all.
    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
            self.say(&self.line(self.began.elapsed(), &Stats::default()));
        }
    }

    fn line(&self, elapsed: Duration, before: &Stats) -> String {
        let millis = u64::try_from(elapsed.max(TICK).as_millis()).unwrap_or(u64::MAX);
        let tenths = (self.stats.events - before.events).saturating_mul(10_000) / millis;
        let bytes = (self.stats.bytes - before.bytes).saturating_mul(1000) / millis;
        let id = match &*self.last_event_id {
            "" => "none".to_owned(),
            id => printable(id),
        };
        let Stats { events, bytes: total, reconnects, .. } = self.stats;
        let (total, bytes) = (HumanBytes(total), HumanBytes(bytes));
        let (whole, tenths) = (tenths / 10, tenths % 10);
        format!(
            "events {events} ({whole}.{tenths}/s), bytes {total} ({bytes}/s), reconnects {reconnects}, last id {id}"
        )
    }

    fn say(&self, text: &str) {
        self.write(&format!("{DIM}{text}{DIM:#}"));
    }

    /// If nobody reads it, there is nobody to tell so.
    fn write(&self, line: &str) {
        let _ = self.suspend(|| writeln!(anstream::stderr(), "{line}"));
    }
}

/// The error in a line, with what lies at the bottom of it and what the server said.
fn explain(error: &sse_typed::Error) -> String {
    let mut text = with_cause(error);
    if let (ErrorKind::ContentType, Some(headers)) = (error.kind(), error.headers()) {
        let found =
            headers.get(CONTENT_TYPE).map_or("no type".into(), |found| String::from_utf8_lossy(found.as_bytes()));
        text = format!("{text}, but {found}");
    }
    let body = error.body().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
    match body.char_indices().nth(BODY) {
        _ if body.is_empty() => {}
        Some((end, _)) => text = format!("{text}: {}…", &body[..end]),
        None => text = format!("{text}: {body}"),
    }
    printable(&text)
}

fn with_cause(error: &(dyn Error + 'static)) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    match error.source() {
        Some(_) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}
