//! JSON as it was sent: every digit and the order of keys are kept, only the space between changes.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use serde::de::IgnoredAny;

use crate::output::printable;

const KEY: Style = AnsiColor::Blue.on_default();
const STRING: Style = AnsiColor::Green.on_default();
const NUMBER: Style = AnsiColor::Yellow.on_default();
const WORD: Style = AnsiColor::Magenta.on_default();

/// What fits in a line is written in one.
const WIDTH: usize = 100;

/// A value, borrowed from its text.
pub(crate) enum Json<'a> {
    Scalar(&'a str),
    Array(Vec<Json<'a>>),
    Object(Vec<(&'a str, Json<'a>)>),
}

impl<'a> Json<'a> {
    /// The value that this text is, if it is one.
    pub(crate) fn read(text: &'a str) -> Option<Self> {
        // Says whether it is JSON, and not nested beyond reason, so that there is nothing left to go wrong.
        serde_json::from_str::<IgnoredAny>(text).ok()?;
        Some(Self::take(&mut { text }))
    }

    fn take(rest: &mut &'a str) -> Self {
        match peek(rest) {
            b'[' => {
                let mut items = Vec::new();
                while next(rest) {
                    items.push(Self::take(rest));
                }
                Self::Array(items)
            }
            b'{' => {
                let mut entries = Vec::new();
                while next(rest) {
                    let key = scalar(rest);
                    peek(rest);
                    *rest = &rest[1..]; // the colon
                    entries.push((key, Self::take(rest)));
                }
                Self::Object(entries)
            }
            _ => Self::Scalar(scalar(rest)),
        }
    }

    /// Without any space.
    pub(crate) fn compact(&self) -> String {
        let mut text = String::new();
        self.write_compact(&mut text);
        text
    }

    fn write_compact(&self, text: &mut String) {
        match self {
            Self::Scalar(scalar) => text.push_str(scalar),
            Self::Array(items) => {
                text.push('[');
                for (at, item) in items.iter().enumerate() {
                    text.push_str(if at > 0 { "," } else { "" });
                    item.write_compact(text);
                }
                text.push(']');
            }
            Self::Object(entries) => {
                text.push('{');
                for (at, (key, value)) in entries.iter().enumerate() {
                    let _ = write!(text, "{}{key}:", if at > 0 { "," } else { "" });
                    value.write_compact(text);
                }
                text.push('}');
            }
        }
    }

    /// With colours, and in as many lines as it takes.
    pub(crate) fn pretty(&self) -> String {
        let mut text = String::new();
        self.write_pretty(&mut text, 0);
        text
    }

    fn write_pretty(&self, text: &mut String, indent: usize) {
        let (open, close, len) = match self {
            Self::Scalar(scalar) => {
                let style = match scalar.as_bytes()[0] {
                    b'"' => STRING,
                    b't' | b'f' | b'n' => WORD,
                    _ => NUMBER,
                };
                let _ = write!(text, "{style}{}{style:#}", printable(scalar));
                return;
            }
            Self::Array(items) => ('[', ']', items.len()),
            Self::Object(entries) => ('{', '}', entries.len()),
        };
        let in_one_line = len == 0 || self.fits(WIDTH.saturating_sub(indent)).is_some();
        let line = |text: &mut String, indent| {
            if !in_one_line {
                let _ = write!(text, "\n{:indent$}", "");
            }
        };
        text.push(open);
        for at in 0..len {
            if at > 0 {
                text.push_str(if in_one_line { ", " } else { "," });
            }
            line(text, indent + 2);
            match self {
                Self::Array(items) => items[at].write_pretty(text, indent + 2),
                Self::Object(entries) => {
                    let (key, value) = &entries[at];
                    let _ = write!(text, "{KEY}{}{KEY:#}: ", printable(key));
                    value.write_pretty(text, indent + 2);
                }
                Self::Scalar(_) => {}
            }
        }
        line(text, indent);
        text.push(close);
    }

    /// What is left of this many columns when it is written in one line; `None` if they are too few.
    fn fits(&self, columns: usize) -> Option<usize> {
        let of = |columns: usize, text: &str| columns.checked_sub(text.chars().count());
        match self {
            Self::Scalar(scalar) => of(columns, scalar),
            Self::Array(items) => {
                items.iter().try_fold(columns.checked_sub(2)?, |columns, item| item.fits(columns)?.checked_sub(2))
            }
            Self::Object(entries) => entries.iter().try_fold(columns.checked_sub(2)?, |columns, (key, value)| {
                value.fits(of(columns, key)?.checked_sub(2)?)?.checked_sub(2)
            }),
        }
    }
}

/// What comes after the space here, which is left out.
fn peek(rest: &mut &str) -> u8 {
    *rest = rest.trim_ascii_start();
    rest.as_bytes().first().copied().unwrap_or_default()
}

/// Whether another item follows behind the bracket or comma here; at the end steps over the bracket.
fn next(rest: &mut &str) -> bool {
    if !matches!(peek(rest), b']' | b'}') {
        *rest = rest.get(1..).unwrap_or_default();
    }
    let more = !matches!(peek(rest), b']' | b'}' | 0);
    if !more {
        *rest = rest.get(1..).unwrap_or_default();
    }
    more
}

/// A string with its quotes, a number, or a word.
fn scalar<'a>(rest: &mut &'a str) -> &'a str {
    let first = peek(rest);
    let bytes = rest.as_bytes();
    let end = if first == b'"' {
        let mut end = 1;
        while bytes[end] != b'"' {
            end += if bytes[end] == b'\\' { 2 } else { 1 };
        }
        end + 1
    } else {
        bytes.iter().position(|byte| b",]} \t\r\n:".contains(byte)).unwrap_or(bytes.len())
    };
    let (scalar, after) = rest.split_at(end);
    *rest = after;
    scalar
}
