//! An event on standard output: to be read by people, by a program, or again by a client.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::time::Instant;

use anstyle::{AnsiColor, Style};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use sse_typed::ServerSentEvent;

use crate::args::Args;
use crate::json::Json;

pub(crate) const NAME: Style = AnsiColor::Cyan.on_default().bold();
pub(crate) const DIM: Style = Style::new().dimmed();

pub(crate) enum Output {
    /// Holds when the event before came.
    Pretty(Instant),
    Json,
    Raw,
}

impl Output {
    pub(crate) fn new(args: &Args) -> Self {
        match args {
            Args { json: true, .. } => Self::Json,
            Args { raw: true, .. } => Self::Raw,
            _ => Self::Pretty(Instant::now()),
        }
    }

    /// # Errors
    /// When nobody reads it any more.
    pub(crate) fn write(&mut self, event: &ServerSentEvent) -> io::Result<()> {
        match self {
            Self::Pretty(before) => {
                let now = Instant::now();
                let age = now.duration_since(std::mem::replace(before, now)).as_secs_f64();
                // Leaves colours out where they are not wanted. In the text there are none: see `printable`.
                let mut stdout = anstream::stdout().lock();
                stdout.write_all(pretty(event, age).as_bytes())?;
                stdout.flush()
            }
            Self::Json => {
                let mut stdout = io::stdout().lock();
                writeln!(stdout, "{}", json_line(event)?)?;
                stdout.flush()
            }
            Self::Raw => {
                let mut stdout = io::stdout().lock();
                write!(stdout, "{event}")?;
                stdout.flush()
            }
        }
    }
}

/// Name, id and how long after the event before it came, then its data.
fn pretty(event: &ServerSentEvent, age: f64) -> String {
    let mut text = format!("{NAME}{}{NAME:#}", printable(&event.event));
    if !event.id.is_empty() {
        let _ = write!(text, "  id {}", printable(&event.id));
    }
    let _ = writeln!(text, "  {DIM}+{age:.3} s{DIM:#}");
    let data = match Json::read(&event.data) {
        Some(json) => json.pretty(),
        None => printable(&event.data),
    };
    for line in data.lines() {
        let _ = writeln!(text, "  {line}");
    }
    text.push('\n');
    text
}

fn json_line(event: &ServerSentEvent) -> serde_json::Result<String> {
    #[derive(Serialize)]
    struct Line<'a> {
        event: &'a str,
        #[serde(skip_serializing_if = "str::is_empty")]
        id: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        retry: Option<u128>,
        data: Box<RawValue>,
    }
    let data = match Json::read(&event.data) {
        Some(json) => RawValue::from_string(json.compact())?,
        None => to_raw_value(&event.data)?,
    };
    let retry = event.retry.map(|retry| retry.as_millis());
    serde_json::to_string(&Line { event: &event.event, id: &event.id, retry, data })
}

/// Text of a server's, without what would tell the terminal to do things.
pub(crate) fn printable(text: &str) -> String {
    let mut printable = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '\n' | '\t' => printable.push(char),
            _ if char.is_control() => printable.extend(char.escape_unicode()),
            _ => printable.push(char),
        }
    }
    printable
}
