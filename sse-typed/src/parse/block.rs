//! The event being put together: what its lines have said so far.
//!
//! Knows nothing of where lines come from. What lies in the text in hand stays there, as a span, until the text goes or
//! a second line of data comes; only then is it copied, once.

use std::time::Duration;

use super::field::{self, Field};
use super::text::Span;

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
    Text(Span),
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
            Place::Text(span) => span.of(text),
            Place::Buffer => &self.buffer,
        }
    }

    /// Moves what lies in the text into the buffer.
    #[inline]
    fn own(&mut self, text: &str, room: usize) {
        if matches!(self.place, Place::Buffer) {
            return;
        }
        self.buffer.clear();
        if let Place::Text(span) = std::mem::replace(&mut self.place, Place::Buffer) {
            append(&mut self.buffer, span.of(text), room);
        }
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
    /// Whether the last event ID may be another than when that was last asked.
    id_committed: bool,
    /// Whether a line of this event has set the reconnection time.
    sets_reconnection_time: bool,
    /// A name without data is an event, too.
    pub(super) events_without_data: bool,
    /// The one in force, which lasts from event to event.
    reconnection_time: Option<Duration>,
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
            id_committed: false,
            sets_reconnection_time: false,
            events_without_data: false,
            reconnection_time: None,
            line: String::new(),
            line_size: 0,
            size: 0,
            max_size,
        }
    }

    /// Whether a blank line now would dispatch an event.
    #[inline]
    pub(super) fn is_event(&self, text: &str) -> bool {
        self.data.is_present() || (self.events_without_data && !self.event(text).is_empty())
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

    /// What the lines of this event have set the reconnection time to.
    #[inline]
    pub(super) fn retry(&self) -> Option<Duration> {
        self.reconnection_time.filter(|_| self.sets_reconnection_time)
    }

    pub(super) fn reconnection_time(&self) -> Option<Duration> {
        self.reconnection_time
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

    /// Whether so many bytes may follow.
    #[inline]
    pub(super) fn has_room_for(&self, length: usize) -> bool {
        self.size + length <= self.max_size
    }

    /// How many bytes may follow.
    #[inline]
    pub(super) fn room(&self) -> usize {
        self.max_size.saturating_sub(self.size)
    }

    /// A whole line of this field, of `length` bytes, whose value is there in `text`.
    #[inline]
    pub(super) fn set(&mut self, field: Field, length: usize, value: Span, text: &str) {
        self.size += length;
        match field {
            Field::Data if self.data.is_present() => self.add_line(value.of(text), text),
            Field::Data => self.data.place = Place::Text(value),
            Field::Event => self.event.place = Place::Text(value),
            Field::Id if memchr::memchr(0, value.of(text).as_bytes()).is_none() => self.id.place = Place::Text(value),
            Field::Id | Field::Retry | Field::Comment | Field::Unknown => {}
        }
    }

    /// The value of a `retry:` line; whether it is one.
    pub(super) fn set_reconnection_time(&mut self, value: &str) -> bool {
        let Some(milliseconds) = field::milliseconds(value) else { return false };
        self.reconnection_time = Some(Duration::from_millis(milliseconds));
        self.sets_reconnection_time = true;
        true
    }

    /// The same, where that is what the open line was.
    pub(super) fn set_reconnection_time_of_line(&mut self) -> bool {
        let line = std::mem::take(&mut self.line);
        let is_one = self.set_reconnection_time(&line);
        self.line = line;
        is_one
    }

    /// A blank line: "dispatch the event". Whether there is one.
    #[inline]
    pub(super) fn dispatch(&mut self, text: &str) -> bool {
        if self.id.is_present() {
            self.commit_id();
        }
        if self.data.is_present() {
            return true;
        }
        !self.is_empty() && self.dispatch_without_data(text)
    }

    /// Whether no line has come that could be part of an event.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.size == 0 && !self.sets_reconnection_time
    }

    #[cold]
    fn dispatch_without_data(&mut self, text: &str) -> bool {
        let is_event = self.is_event(text);
        if !is_event {
            self.clear();
        }
        is_event
    }

    /// The id that has come is the last event ID from here on.
    fn commit_id(&mut self) {
        // A buffer that an id in the text has left over.
        if !matches!(self.id.place, Place::Buffer) {
            release(&mut self.id.buffer);
        }
        std::mem::swap(&mut self.last_event_id, &mut self.id);
        self.id.place = Place::Absent;
        release(&mut self.id.buffer);
        self.id_committed = true;
    }

    /// Whether the last event ID may be another than when this was last asked.
    #[inline]
    pub(super) fn take_id_committed(&mut self) -> bool {
        std::mem::take(&mut self.id_committed)
    }

    /// A further line of data, or as much of it as there is.
    #[inline]
    fn add_line(&mut self, line: &str, text: &str) {
        if !matches!(self.data.place, Place::Buffer) {
            self.own_data(text);
        }
        let room = self.room();
        let data = &mut self.data.buffer;
        make_room(data, 1 + line.len(), room);
        data.push('\n');
        data.push_str(line);
    }

    #[cold]
    fn own_data(&mut self, text: &str) {
        let room = self.room();
        self.data.own(text, room);
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
                self.data.buffer.clear();
                self.data.place = Place::Buffer;
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

    /// Begins the next event.
    #[inline]
    pub(super) fn clear(&mut self) {
        // What is in the buffers is a part of that, and no buffer is more than twice as large as what was put into it.
        if self.size > KEPT_CAPACITY / 2 {
            self.release();
        }
        self.event.place = Place::Absent;
        self.data.place = Place::Absent;
        self.id.place = Place::Absent;
        self.sets_reconnection_time = false;
        self.size = self.line_size;
    }

    /// Gives back the buffers that one large event made grow.
    #[cold]
    fn release(&mut self) {
        for value in [&mut self.event, &mut self.data, &mut self.id] {
            release(&mut value.buffer);
        }
    }

    /// Begins the first event of another stream, which resumes with this id. All buffers are given back.
    #[cold]
    pub(super) fn restart(&mut self, last_event_id: &str) {
        *self = Self {
            id_committed: self.id_committed,
            events_without_data: self.events_without_data,
            reconnection_time: self.reconnection_time,
            ..Self::new(last_event_id.to_owned(), self.max_size)
        };
    }

    /// Gives back the line's buffer if a large value made it grow.
    pub(super) fn release_line(&mut self) {
        release(&mut self.line);
    }
}
