//! The event being put together: what its lines have said so far.
//!
//! Knows nothing of where lines come from. What lies in the text in hand stays there, as a range, until the text goes or
//! a second line of data comes; only then is it copied, once.

use std::ops::Range;
use std::time::Duration;

use super::field::Field;

/// Buffers that grew beyond this for one large event are given back after it.
const KEPT_CAPACITY: usize = 64 << 10;

/// A field's value.
#[derive(Debug, Default)]
struct Value {
    place: Place,
    buffer: String,
}

#[derive(Debug, Default)]
enum Place {
    /// The field has not come.
    #[default]
    Absent,
    /// In the text in hand.
    Text(Range<usize>),
    /// In the value's own buffer.
    Buffer,
}

impl Value {
    fn is_present(&self) -> bool {
        !matches!(self.place, Place::Absent)
    }

    #[inline]
    fn get<'a>(&'a self, text: &'a str) -> &'a str {
        match &self.place {
            Place::Absent => "",
            Place::Text(range) => &text[range.clone()],
            Place::Buffer => &self.buffer,
        }
    }

    /// Moves what lies in the text into the buffer.
    fn own(&mut self, text: &str) -> &mut String {
        if let Place::Text(range) = &self.place {
            self.buffer.clear();
            self.buffer.push_str(&text[range.clone()]);
        } else if !self.is_present() {
            self.buffer.clear();
        }
        self.place = Place::Buffer;
        &mut self.buffer
    }

    #[inline]
    fn clear(&mut self) {
        if matches!(self.place, Place::Buffer) && self.buffer.capacity() > KEPT_CAPACITY {
            self.buffer = String::new();
        }
        self.place = Place::Absent;
    }
}

/// The fields of one event, from blank line to blank line.
#[derive(Debug, Default)]
pub(super) struct Block {
    event: Value,
    data: Value,
    id: Value,
    /// The value of the open line, where it is not data.
    line: String,
    pub(super) retry: Option<Duration>,
    /// How many bytes of names, ids and data have come.
    pub(super) size: usize,
}

impl Block {
    pub(super) fn has_event(&self) -> bool {
        self.event.is_present()
    }

    pub(super) fn has_data(&self) -> bool {
        self.data.is_present()
    }

    #[inline]
    pub(super) fn event<'a>(&'a self, text: &'a str) -> &'a str {
        self.event.get(text)
    }

    #[inline]
    pub(super) fn data<'a>(&'a self, text: &'a str) -> &'a str {
        self.data.get(text)
    }

    /// The value of the open line, once it has ended.
    pub(super) fn line(&self) -> &str {
        &self.line
    }

    /// A whole line of this field, whose value is at `range` in `text`.
    #[inline]
    pub(super) fn set(&mut self, field: Field, range: Range<usize>, text: &str) {
        match field {
            Field::Data if self.data.is_present() => {
                let data = self.data.own(text);
                data.push('\n');
                data.push_str(&text[range]);
            }
            Field::Data => self.data.place = Place::Text(range),
            Field::Event => self.event.place = Place::Text(range),
            Field::Id if memchr::memchr(0, &text.as_bytes()[range.clone()]).is_none() => {
                self.id.place = Place::Text(range);
            }
            Field::Id | Field::Retry | Field::Comment | Field::Unknown => {}
        }
    }

    /// The first part of the value of an open line.
    pub(super) fn open(&mut self, field: Field, part: &str, text: &str) {
        match field {
            Field::Data => {
                let further = self.data.is_present();
                let data = self.data.own(text);
                if further {
                    data.push('\n');
                }
                data.push_str(part);
            }
            Field::Unknown => {}
            Field::Event | Field::Id | Field::Retry | Field::Comment => {
                self.line.clear();
                self.line.push_str(part);
            }
        }
    }

    /// A further part of it.
    pub(super) fn extend(&mut self, field: Field, part: &str) {
        match field {
            Field::Data => self.data.buffer.push_str(part),
            Field::Unknown => {}
            Field::Event | Field::Id | Field::Retry | Field::Comment => self.line.push_str(part),
        }
    }

    /// The open line has ended.
    pub(super) fn close(&mut self, field: Field) {
        let value = match field {
            Field::Event => &mut self.event,
            Field::Id if memchr::memchr(0, self.line.as_bytes()).is_none() => &mut self.id,
            _ => return,
        };
        std::mem::swap(&mut value.buffer, &mut self.line);
        value.place = Place::Buffer;
    }

    /// Takes over what lies in the text, which is about to go.
    pub(super) fn spill(&mut self, text: &str) {
        for value in [&mut self.event, &mut self.data, &mut self.id] {
            if value.is_present() {
                value.own(text);
            }
        }
    }

    /// Moves the id into `last_event_id`, if one has come.
    #[inline]
    pub(super) fn commit_id(&mut self, last_event_id: &mut String, text: &str) {
        match &self.id.place {
            Place::Absent => return,
            Place::Text(range) => {
                last_event_id.clear();
                last_event_id.push_str(&text[range.clone()]);
            }
            Place::Buffer => std::mem::swap(last_event_id, &mut self.id.buffer),
        }
        self.id.clear();
    }

    /// Begins the next event.
    #[inline]
    pub(super) fn clear(&mut self) {
        self.event.clear();
        self.data.clear();
        self.id.clear();
        self.retry = None;
        self.size = 0;
    }

    /// Gives back the open line's buffer if a large value made it grow.
    pub(super) fn release_line(&mut self) {
        if self.line.capacity() > KEPT_CAPACITY {
            self.line = String::new();
        }
    }
}
