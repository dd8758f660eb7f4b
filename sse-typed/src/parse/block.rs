//! The event being put together: what its lines have said so far.
//!
//! Knows nothing of where lines come from. What lies in the text in hand stays there, as a range, until the text goes or
//! a second line of data comes; only then is it copied, once.

use std::ops::Range;
use std::time::Duration;

use super::field::Field;

/// Buffers that grew beyond this for one large value are given back after it.
const KEPT_CAPACITY: usize = 64 << 10;

/// A field's value.
#[derive(Default)]
struct Value {
    place: Place,
    buffer: String,
}

#[derive(Default)]
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
    #[inline]
    fn own(&mut self, text: &str, room: usize) {
        if !matches!(self.place, Place::Buffer) {
            self.buffer.clear();
            if let Place::Text(range) = std::mem::replace(&mut self.place, Place::Buffer) {
                append(&mut self.buffer, &text[range], room);
            }
        }
    }

    #[inline]
    fn clear(&mut self) {
        self.place = Place::Absent;
        release(&mut self.buffer);
    }
}

/// Appends where at most `room` bytes will follow.
#[inline]
fn append(buffer: &mut String, part: &str, room: usize) {
    make_room(buffer, part.len(), room);
    buffer.push_str(part);
}

/// Makes room for `more` bytes where at most `room` bytes will follow: a buffer doubles as it grows, but not beyond what
/// may be needed.
#[inline]
fn make_room(buffer: &mut String, more: usize, room: usize) {
    if more > buffer.capacity() - buffer.len() {
        grow(buffer, more, room);
    }
}

#[cold]
fn grow(buffer: &mut String, more: usize, room: usize) {
    let doubled = (buffer.capacity() * 2).min((buffer.len() + more).saturating_add(room));
    buffer.reserve_exact(doubled.saturating_sub(buffer.len()).max(more));
}

#[inline]
fn release(buffer: &mut String) {
    if buffer.capacity() > KEPT_CAPACITY {
        *buffer = String::new();
    }
}

/// The fields of one event, from blank line to blank line.
pub(super) struct Block {
    event: Value,
    data: Value,
    id: Value,
    /// The "last event ID string", which lasts from event to event.
    last_event_id: Value,
    pub(super) retry: Option<Duration>,
    /// The value of the open line, where it is not data.
    line: String,
    /// How many bytes the open line has so far.
    line_size: usize,
    /// How many bytes the open line and the lines of names, ids and data have.
    size: usize,
    /// How many bytes they may have.
    pub(super) max_size: usize,
}

impl Block {
    pub(super) fn new(last_event_id: String, max_size: usize) -> Self {
        Self {
            event: Value::default(),
            data: Value::default(),
            id: Value::default(),
            last_event_id: Value { place: Place::Buffer, buffer: last_event_id },
            retry: None,
            line: String::new(),
            line_size: 0,
            size: 0,
            max_size,
        }
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

    #[inline]
    pub(super) fn last_event_id<'a>(&'a self, text: &'a str) -> &'a str {
        self.last_event_id.get(text)
    }

    /// The value of the open line, once it has ended.
    pub(super) fn line(&self) -> &str {
        &self.line
    }

    /// How many bytes the open line has so far.
    #[inline]
    pub(super) fn line_size(&self) -> usize {
        self.line_size
    }

    /// How many bytes may follow.
    #[inline]
    pub(super) fn room(&self) -> usize {
        self.max_size.saturating_sub(self.size)
    }

    /// A whole line of this field, of `length` bytes, whose value is at `range` in `text`.
    #[inline]
    pub(super) fn set(&mut self, field: Field, length: usize, range: Range<usize>, text: &str) {
        self.size += length;
        match field {
            Field::Data if self.data.is_present() => self.add_line(&text[range], text),
            Field::Data => self.data.place = Place::Text(range),
            Field::Event => self.event.place = Place::Text(range),
            Field::Id if memchr::memchr(0, &text.as_bytes()[range.clone()]).is_none() => {
                self.id.place = Place::Text(range);
            }
            Field::Id | Field::Retry | Field::Comment | Field::Unknown => {}
        }
    }

    /// A further line of data, or as much of it as there is.
    fn add_line(&mut self, line: &str, text: &str) {
        let room = self.room();
        self.data.own(text, room);
        let data = &mut self.data.buffer;
        make_room(data, 1 + line.len(), room);
        data.push('\n');
        data.push_str(line);
    }

    /// So many bytes of an open line have come.
    #[inline]
    pub(super) fn count(&mut self, length: usize) {
        self.line_size += length;
        self.size += length;
    }

    /// The first part of the value of an open line.
    pub(super) fn open(&mut self, field: Field, part: &str, text: &str) {
        match field {
            Field::Data if self.data.is_present() => self.add_line(part, text),
            Field::Data => {
                self.data.own(text, 0);
                self.extend(field, part);
            }
            Field::Unknown => {}
            Field::Event | Field::Id | Field::Retry | Field::Comment => {
                self.line.clear();
                self.extend(field, part);
            }
        }
    }

    /// A further part of it.
    #[inline]
    pub(super) fn extend(&mut self, field: Field, part: &str) {
        let room = self.room();
        match field {
            Field::Data => append(&mut self.data.buffer, part, room),
            Field::Unknown => {}
            Field::Event | Field::Id | Field::Retry | Field::Comment => append(&mut self.line, part, room),
        }
    }

    /// The open line has ended.
    pub(super) fn close(&mut self, field: Field) {
        let length = std::mem::take(&mut self.line_size);
        let value = match field {
            Field::Data => return,
            Field::Event => &mut self.event,
            Field::Id => &mut self.id,
            Field::Retry | Field::Comment | Field::Unknown => {
                self.size -= length;
                return;
            }
        };
        if field == Field::Id && memchr::memchr(0, self.line.as_bytes()).is_some() {
            return;
        }
        std::mem::swap(&mut value.buffer, &mut self.line);
        value.place = Place::Buffer;
        if value.buffer.capacity() > KEPT_CAPACITY {
            value.buffer.shrink_to_fit();
        }
    }

    /// Forgets the open line, which has no end.
    pub(super) fn drop_line(&mut self) {
        self.size -= std::mem::take(&mut self.line_size);
    }

    /// Takes over what lies in the text, which is about to go.
    #[inline]
    pub(super) fn spill(&mut self, text: &str) {
        let room = self.room();
        for value in [&mut self.event, &mut self.data, &mut self.id, &mut self.last_event_id] {
            if let Place::Text(_) = value.place {
                value.own(text, room);
            }
        }
    }

    /// The id that has come, if any, is the last event ID from here on; whether one had.
    #[inline]
    pub(super) fn commit_id(&mut self) -> bool {
        let has_come = self.id.is_present();
        if has_come {
            std::mem::swap(&mut self.last_event_id, &mut self.id);
            self.id.clear();
        }
        has_come
    }

    /// Whether no line has come that could be part of an event.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.size == 0 && self.retry.is_none()
    }

    /// Begins the next event.
    #[inline]
    pub(super) fn clear(&mut self) {
        self.event.clear();
        self.data.clear();
        self.id.clear();
        self.retry = None;
        self.size = self.line_size;
    }

    /// Gives back the line's buffer if a large value made it grow.
    pub(super) fn release_line(&mut self) {
        release(&mut self.line);
    }
}
