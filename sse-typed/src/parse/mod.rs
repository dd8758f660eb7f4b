//! The event stream format: bytes in, frames out (WHATWG HTML 9.2.5 and 9.2.6).
//!
//! Does no IO and knows no clock. A chunk becomes lines (`lines`), a line a field (`field`), fields an event (`block`).

mod block;
mod field;
mod lines;
mod text;

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use bytes::Bytes;

use self::block::Block;
use self::field::{Brought, Field, OpenLine};
use self::lines::{Lines, Piece};
use crate::connection::Connection;
use crate::event::{LastEventId, MESSAGE, ServerSentEvent};

/// How many bytes one event may hold, its current line included, unless told otherwise: 16 MiB.
pub(crate) const DEFAULT_MAX_EVENT_SIZE: usize = 16 << 20;

/// What a stream consists of, borrowed from the parser that found it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Frame<'a> {
    /// A session opened a connection: the first one, or one after a gap. A bare [`Parser`] never gives it.
    Open(&'a Connection),
    /// An event was dispatched.
    Event(RawEvent<'a>),
    /// A line that begins with a colon: what stands behind it, without the one space that may follow it. Servers send
    /// them to keep a connection alive.
    Comment(&'a str),
    /// A `retry:` line: the reconnection time from here on, at once and not only when its event ends.
    Retry(Duration),
}

/// An event as the parser found it: everything text, nothing copied.
///
/// ```
/// let event = sse_typed::RawEvent::new("price", "4.20").with_id("7");
/// assert_eq!((event.event(), event.data(), event.id()), ("price", "4.20", "7"));
/// assert_eq!(event.to_owned().data, "4.20");
/// ```
#[derive(Clone, Copy)]
pub struct RawEvent<'a> {
    event: &'a str,
    data: &'a str,
    id: &'a str,
    /// The same id where it can be shared: a huge one is not copied into every event that is kept.
    shared_id: Option<&'a LastEventId>,
    retry: Option<Duration>,
}

impl<'a> RawEvent<'a> {
    /// An event of this name with this data, for tests and for sources other than a [`Parser`]. An empty name means
    /// `"message"`, as it does on the wire.
    pub const fn new(event: &'a str, data: &'a str) -> Self {
        let event = if event.is_empty() { MESSAGE } else { event };
        Self { event, data, id: "", shared_id: None, retry: None }
    }

    /// The same with this last event ID.
    #[must_use]
    pub const fn with_id(self, id: &'a str) -> Self {
        Self { id, shared_id: None, ..self }
    }

    /// The same with this reconnection time.
    #[must_use]
    pub const fn with_retry(self, retry: Duration) -> Self {
        Self { retry: Some(retry), ..self }
    }

    /// The event's name, `"message"` when the server gave none.
    pub const fn event(&self) -> &'a str {
        self.event
    }

    /// The data, lines joined by `\n`.
    pub const fn data(&self) -> &'a str {
        self.data
    }

    /// The last event ID at dispatch, `""` when there is none: this event's own, or that of the last one which had any.
    pub const fn id(&self) -> &'a str {
        self.id
    }

    /// The reconnection time that was set in the lines of this event.
    pub const fn retry(&self) -> Option<Duration> {
        self.retry
    }

    /// The same event with text of its own, to keep.
    pub fn to_owned(&self) -> ServerSentEvent {
        let mut owned = ServerSentEvent::new(owned_name(self.event), self.data.to_owned());
        owned.id = self.shared_id.map_or_else(|| LastEventId::from(self.id), Clone::clone);
        owned.retry = self.retry;
        owned
    }
}

impl PartialEq for RawEvent<'_> {
    fn eq(&self, other: &Self) -> bool {
        (self.event, self.data, self.id, self.retry) == (other.event, other.data, other.id, other.retry)
    }
}

impl Eq for RawEvent<'_> {}

/// The name, without a copy where it is the usual one.
pub(crate) fn owned_name(event: &str) -> std::borrow::Cow<'static, str> {
    if event == MESSAGE { MESSAGE.into() } else { event.to_owned().into() }
}

impl fmt::Debug for RawEvent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawEvent")
            .field("event", &self.event)
            .field("data", &self.data)
            .field("id", &self.id)
            .field("retry", &self.retry)
            .finish()
    }
}

/// One event held more than [`max_event_size`](Parser::max_event_size) allows. Nothing is parsed after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventTooLarge {
    limit: usize,
}

impl EventTooLarge {
    /// The limit that was passed, in bytes.
    pub fn limit(&self) -> usize {
        self.limit
    }
}

impl fmt::Display for EventTooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an event holds more than {} bytes", self.limit)
    }
}

impl std::error::Error for EventTooLarge {}

/// The parser of the event stream format, for bytes from anywhere.
///
/// Feed it chunks as they come and take the frames out. However the bytes are cut into chunks, the frames are the same.
/// An event that lies whole in a chunk is lent from there: nothing is copied and nothing allocated.
///
/// ```
/// use sse_typed::{Frame, Parser};
///
/// let mut parser = Parser::new();
/// let mut seen = Vec::new();
/// for chunk in ["event: price\nda", "ta: 4.20\n\n: still here\n"] {
///     parser.feed(chunk);
///     while let Some(frame) = parser.next_frame()? {
///         match frame {
///             Frame::Event(event) => seen.push(format!("{} {}", event.event(), event.data())),
///             Frame::Comment(comment) => seen.push(comment.to_owned()),
///             _ => {}
///         }
///     }
/// }
/// assert_eq!(seen, ["price 4.20", "still here"]);
/// # Ok::<(), sse_typed::EventTooLarge>(())
/// ```
#[expect(clippy::struct_excessive_bools, reason = "three are switches of the user's, each of its own")]
pub struct Parser {
    lines: Lines,
    open_line: OpenLine,
    block: Block,
    lent: Lent,
    reconnection_time: Option<Duration>,
    /// Whether an id was committed since this was last asked for.
    id_committed: bool,
    phase: Phase,
    unterminated_event: bool,
    events_without_data: bool,
    comments: bool,
}

/// The frame that [`Parser::frame`] lends.
enum Lent {
    None,
    Event,
    Comment(Range<usize>),
    OpenComment,
    Retry(Duration),
}

/// How far the stream has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Bytes may follow.
    Streaming,
    /// No bytes follow; what was fed is to be parsed yet.
    Finishing,
    /// The last line is done with, the last event is to be seen to.
    LastEvent,
    /// All is done; whether an event was cut off.
    Finished { truncated: bool },
    /// An event was too large: what follows cannot be trusted to be the beginning of anything.
    Failed,
}

impl Default for Parser {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Parser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parser").field("phase", &self.phase).finish_non_exhaustive()
    }
}

impl Parser {
    /// A parser at the beginning of a stream.
    pub fn new() -> Self {
        Self::with_last_event_id("")
    }

    /// A parser at the beginning of a stream that resumes another: its events have this id until one brings its own.
    pub fn with_last_event_id(last_event_id: impl Into<String>) -> Self {
        Self {
            lines: Lines::default(),
            open_line: OpenLine::None,
            block: Block::new(last_event_id.into(), DEFAULT_MAX_EVENT_SIZE),
            lent: Lent::None,
            reconnection_time: None,
            id_committed: false,
            phase: Phase::Streaming,
            unterminated_event: false,
            events_without_data: false,
            comments: true,
        }
    }

    /// How many bytes one event may hold: its name, id and data, and the line being read, of whatever kind. 16 MiB
    /// unless told otherwise.
    #[must_use]
    pub fn max_event_size(mut self, bytes: usize) -> Self {
        self.block.max_size = bytes;
        self
    }

    /// Also gives an event whose blank line had not come when the stream [finished](Self::finish). The standard
    /// discards it; several servers end like that.
    #[must_use]
    pub fn unterminated_event(mut self) -> Self {
        self.unterminated_event = true;
        self
    }

    /// Also gives an event that has a name and no `data` line, with empty data. The standard discards it.
    #[must_use]
    pub fn events_without_data(mut self) -> Self {
        self.events_without_data = true;
        self
    }

    /// Passes comments over: they are no frames. It saves their cost where a stream has many and nobody looks.
    #[must_use]
    pub fn without_comments(mut self) -> Self {
        self.comments = false;
        self
    }

    /// Takes the next bytes of the stream, of any number and cut anywhere. Frames come of them as they are asked for.
    ///
    /// After [`finish`](Self::finish), once all frames are taken out, further bytes begin a new stream, which resumes
    /// with the last event ID.
    pub fn feed(&mut self, chunk: impl Into<Bytes>) {
        self.feed_bytes(chunk.into());
    }

    fn feed_bytes(&mut self, chunk: Bytes) {
        if self.phase == Phase::Failed {
            return;
        }
        if chunk.is_empty() {
            return;
        }
        if let Phase::Finished { .. } = self.phase {
            self.phase = Phase::Streaming;
        }
        match self.lines.inside_the_line(self.block.line_size(), &chunk) {
            Some(part) if part.len() <= self.block.room() => lengthen(&mut self.open_line, &mut self.block, part, ""),
            _ => self.lines.feed(chunk),
        }
    }

    /// The next frame in what was fed; `None` when more has to be fed first.
    ///
    /// # Errors
    /// [`EventTooLarge`], once. `None` from then on.
    pub fn next_frame(&mut self) -> Result<Option<Frame<'_>>, EventTooLarge> {
        self.advance()?;
        Ok(self.frame())
    }

    /// Goes on to the next frame, which [`frame`](Self::frame) then lends; `false` when more has to be fed first.
    ///
    /// What [`next_frame`](Self::next_frame) does, in two steps: for a loop that feeds and returns frames, where the
    /// borrow of one call may not last into the next.
    ///
    /// # Errors
    /// [`EventTooLarge`], once. `false` from then on.
    pub fn advance(&mut self) -> Result<bool, EventTooLarge> {
        if matches!(std::mem::replace(&mut self.lent, Lent::None), Lent::Event) {
            self.block.clear();
        }
        loop {
            let found = match self.lines.next() {
                Some(Piece::Line(range)) => self.take_line(range)?,
                Some(Piece::Part(range, last)) => self.take_part(range, last)?,
                None => match self.go_on() {
                    Some(found) => found,
                    None => return Ok(false),
                },
            };
            if found {
                return Ok(true);
            }
        }
    }

    /// The frame that the last [`advance`](Self::advance) or [`next_frame`](Self::next_frame) arrived at, if it did.
    #[inline]
    pub fn frame(&self) -> Option<Frame<'_>> {
        self.frame_sharing(None)
    }

    /// The same, with an event that shares this id, which is its own.
    #[inline]
    pub(crate) fn frame_sharing<'a>(&'a self, shared_id: Option<&'a LastEventId>) -> Option<Frame<'a>> {
        let text = self.lines.text();
        match &self.lent {
            Lent::None => None,
            Lent::Event => Some(Frame::Event(RawEvent {
                event: match self.block.event(text) {
                    "" => MESSAGE,
                    event => event,
                },
                data: self.block.data(text),
                id: self.block.last_event_id(text),
                shared_id,
                retry: self.block.retry,
            })),
            Lent::Comment(range) => Some(Frame::Comment(&text[range.clone()])),
            Lent::OpenComment => Some(Frame::Comment(self.block.line())),
            Lent::Retry(time) => Some(Frame::Retry(*time)),
        }
    }

    /// Whether [`frame`](Self::frame) lends an event.
    #[cfg(feature = "client")]
    pub(crate) fn is_at_event(&self) -> bool {
        matches!(self.lent, Lent::Event)
    }

    /// Says that the stream has ended. What was fed is still to be taken out; an event without its blank line is
    /// discarded then, as the standard wants, unless [`unterminated_event`](Self::unterminated_event) was asked for.
    pub fn finish(&mut self) {
        if self.phase == Phase::Streaming {
            self.phase = Phase::Finishing;
        }
    }

    /// Whether the stream ended inside an event that had data, which was discarded. Known once the stream is
    /// [finished](Self::finish) and no frame is left, and until bytes of another are fed: a stream without any changes
    /// nothing.
    pub fn is_truncated(&self) -> bool {
        self.phase == Phase::Finished { truncated: true }
    }

    /// The last event ID: what to resume with. It is that of the last event taken out, or of a blank line passed on the
    /// way, also where that dispatched nothing.
    pub fn last_event_id(&self) -> &str {
        self.block.last_event_id(self.lines.text())
    }

    /// Whether [`last_event_id`](Self::last_event_id) may be another than when this was last asked: who wants to know need
    /// not compare two huge ids at every event.
    #[cfg_attr(not(feature = "client"), expect(dead_code, reason = "only a session asks"))]
    #[inline]
    pub(crate) fn take_id_committed(&mut self) -> bool {
        std::mem::take(&mut self.id_committed)
    }

    /// The reconnection time in force: that of the last `retry:` line, `None` if there was none.
    pub fn reconnection_time(&self) -> Option<Duration> {
        self.reconnection_time
    }

    /// A line that lies whole in the text; whether that gave a frame, here and below.
    #[inline]
    fn take_line(&mut self, range: Range<usize>) -> Result<bool, EventTooLarge> {
        let length = range.len();
        if length == 0 {
            return Ok(self.dispatch());
        }
        if length > self.block.room() {
            return Err(self.too_large());
        }
        let text = self.lines.text();
        let (field, value) = field::split(&text.as_bytes()[range.clone()]);
        let value = range.start + value..range.end;
        match field {
            Field::Data | Field::Event | Field::Id => self.block.set(field, length, value, text),
            Field::Retry => {
                let time = field::milliseconds(&text[value]);
                return Ok(self.set_reconnection_time(time));
            }
            Field::Comment if self.comments => {
                self.lent = Lent::Comment(value);
                return Ok(true);
            }
            Field::Comment | Field::Unknown => {}
        }
        Ok(false)
    }

    /// A part of a line that began in another text, or goes on in the next.
    #[inline]
    fn take_part(&mut self, range: Range<usize>, last: bool) -> Result<bool, EventTooLarge> {
        if range.len() > self.block.room() {
            return Err(self.too_large());
        }
        let text = self.lines.text();
        lengthen(&mut self.open_line, &mut self.block, &text[range], text);
        Ok(last && self.end_open_line())
    }

    fn end_open_line(&mut self) -> bool {
        let field = self.open_line.end(|name_alone| self.block.open(name_alone, "", self.lines.text()));
        self.block.close(field);
        match field {
            Field::Retry => {
                let time = field::milliseconds(self.block.line());
                self.set_reconnection_time(time)
            }
            Field::Comment if self.comments => {
                self.lent = Lent::OpenComment;
                true
            }
            Field::Data | Field::Event | Field::Id | Field::Comment | Field::Unknown => false,
        }
    }

    fn set_reconnection_time(&mut self, milliseconds: Option<u64>) -> bool {
        let Some(time) = milliseconds.map(Duration::from_millis) else { return false };
        self.reconnection_time = Some(time);
        self.block.retry = Some(time);
        self.lent = Lent::Retry(time);
        true
    }

    /// A blank line: "dispatch the event".
    #[expect(clippy::inline_always, reason = "one line of three is blank, and a call costs more than what is to do")]
    #[inline(always)]
    fn dispatch(&mut self) -> bool {
        if self.block.is_empty() {
            return false;
        }
        self.id_committed |= self.block.commit_id();
        if self.is_event() {
            self.lent = Lent::Event;
            return true;
        }
        self.block.clear();
        false
    }

    #[inline]
    fn is_event(&self) -> bool {
        self.block.has_data() || (self.events_without_data && !self.block.event(self.lines.text()).is_empty())
    }

    #[cold]
    fn too_large(&mut self) -> EventTooLarge {
        let limit = self.block.max_size;
        self.block = Block::new(self.last_event_id().to_owned(), limit);
        self.lines = Lines::default();
        self.open_line = OpenLine::None;
        self.phase = Phase::Failed;
        EventTooLarge { limit }
    }

    /// The text in hand is parsed: goes on to the next. `None` if there is nothing to do, else whether that gave a frame.
    fn go_on(&mut self) -> Option<bool> {
        let text = self.lines.text();
        if !text.is_empty() {
            self.block.spill(text);
        }
        if self.lines.load() { Some(false) } else { self.end_of_text() }
    }

    /// All that was fed is parsed. `None` if nothing can be done, else whether that gave a frame.
    fn end_of_text(&mut self) -> Option<bool> {
        match self.phase {
            Phase::Streaming | Phase::Finished { .. } | Phase::Failed => {
                if !self.open_line.is_open() {
                    self.block.release_line();
                }
                None
            }
            Phase::Finishing => {
                self.phase = Phase::LastEvent;
                let inside_a_char = self.lines.finish();
                if !self.unterminated_event {
                    return Some(false);
                }
                if inside_a_char {
                    self.lines.feed(Bytes::from_static("\u{fffd}".as_bytes()));
                    self.phase = Phase::Finishing;
                    return Some(false);
                }
                Some(self.open_line.is_open() && self.end_open_line())
            }
            Phase::LastEvent => {
                let truncated = self.is_event();
                // Again, as more may have been fed since: that is gone with the stream.
                self.lines.finish();
                self.open_line = OpenLine::None;
                self.block.drop_line();
                if self.unterminated_event {
                    self.phase = Phase::Finished { truncated: false };
                    return Some(self.dispatch());
                }
                self.block.clear();
                self.phase = Phase::Finished { truncated };
                Some(false)
            }
        }
    }
}

/// A further part of the open line, which may lie in `text`.
#[inline]
fn lengthen(open_line: &mut OpenLine, block: &mut Block, part: &str, text: &str) {
    block.count(part.len());
    match open_line.push(part) {
        Brought::Nothing => {}
        Brought::First(field, part) => block.open(field, part, text),
        Brought::Further(field, part) => block.extend(field, part),
    }
}
