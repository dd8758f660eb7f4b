//! The event stream format: bytes in, frames out (WHATWG HTML 9.2.5 and 9.2.6).
//!
//! Does no IO and knows no clock. A chunk becomes lines (`lines`), a line a field (`field`), fields an event (`block`).

mod block;
mod field;
mod lines;
mod text;

use std::fmt;
use std::time::Duration;

use bytes::Bytes;

use self::block::Block;
use self::field::{Brought, Field, OpenLine};
use self::lines::Lines;
use self::text::Span;
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
pub struct Parser {
    lines: Lines,
    open_line: OpenLine,
    block: Block,
    lent: Lent,
    phase: Phase,
    unterminated_event: bool,
    comments: bool,
}

/// The frame that [`Parser::frame`] lends.
enum Lent {
    None,
    Event,
    Comment(Span),
    OpenComment,
    Retry,
}

/// What a step of the parser came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// A frame, which is lent.
    Frame,
    /// The end of what was fed.
    End,
    /// An event beyond the limit.
    TooLarge,
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
            phase: Phase::Streaming,
            unterminated_event: false,
            comments: true,
        }
    }

    /// How many bytes one event may hold: its name, id and data, and the line being read, of whatever kind. 16 MiB
    /// unless told otherwise. To be set before bytes are fed: those that were fed and not taken out may be judged by either
    /// limit.
    #[must_use]
    pub fn max_event_size(mut self, bytes: usize) -> Self {
        self.settle();
        self.block.max_size = bytes;
        self
    }

    /// Also gives an event whose blank line had not come when the stream [finished](Self::finish). The standard
    /// discards it; several servers end like that. An id is given only if its line has an end and its event comes: half
    /// of an id, or one whose data was cut off, is none to resume with. Any other last line counts as it is.
    #[must_use]
    pub fn unterminated_event(mut self) -> Self {
        self.unterminated_event = true;
        self
    }

    /// Also gives an event that has a name and no `data` line, with empty data. The standard discards it.
    #[must_use]
    pub fn events_without_data(mut self) -> Self {
        self.block.events_without_data = true;
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
    /// What is fed is owned or `'static`, as frames are lent from it. Of a buffer of your own, feed a copy:
    ///
    /// ```
    /// use std::io::Read;
    /// use sse_typed::{Frame, Parser};
    ///
    /// let mut source = &b"data: 1\n\ndata: 2\n\n"[..]; // a file, a socket
    /// let (mut parser, mut buffer, mut seen) = (Parser::new(), [0; 5], Vec::new());
    /// loop {
    ///     let length = source.read(&mut buffer)?;
    ///     if length == 0 {
    ///         break;
    ///     }
    ///     parser.feed(buffer[..length].to_vec());
    ///     while let Some(frame) = parser.next_frame()? {
    ///         if let Frame::Event(event) = frame {
    ///             seen.push(event.data().to_owned());
    ///         }
    ///     }
    /// }
    /// assert_eq!(seen, ["1", "2"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// After [`finish`](Self::finish), once all frames are taken out, further bytes begin a new stream, which resumes
    /// with the last event ID.
    pub fn feed(&mut self, chunk: impl Into<Bytes>) {
        self.feed_bytes(chunk.into());
    }

    fn feed_bytes(&mut self, chunk: Bytes) {
        if chunk.is_empty() {
            return;
        }
        match self.phase {
            Phase::Failed => return,
            Phase::Finished { .. } => self.phase = Phase::Streaming,
            Phase::Streaming | Phase::Finishing | Phase::LastEvent => {}
        }
        if self.open_line.is_open() {
            // Not behind the end of a stream: what was gathered would be in the next one.
            if self.phase == Phase::Streaming && self.lines.gather(&chunk, self.block.room()) {
                return;
            }
            self.settle();
            if let Some(part) = self.lines.inside_the_line(self.block.line_size(), &chunk) {
                if self.block.has_room_for(part.len()) {
                    lengthen(&mut self.open_line, &mut self.block, part, "");
                    return;
                }
            }
        }
        self.lines.feed(chunk);
    }

    /// Goes on with the open line by what small chunks brought of it.
    #[inline]
    fn settle(&mut self) {
        if self.lines.has_gathered() {
            self.lines.settle(|part| lengthen(&mut self.open_line, &mut self.block, part, ""));
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
    /// ```
    /// use sse_typed::{EventTooLarge, Frame, Parser};
    ///
    /// /// The next frame of these chunks.
    /// fn next<'a>(
    ///     parser: &'a mut Parser,
    ///     chunks: &mut impl Iterator<Item = &'static str>,
    /// ) -> Result<Option<Frame<'a>>, EventTooLarge> {
    ///     while !parser.advance()? {
    ///         match chunks.next() {
    ///             Some(chunk) => parser.feed(chunk),
    ///             None => return Ok(None),
    ///         }
    ///     }
    ///     Ok(parser.frame())
    /// }
    /// # let mut parser = Parser::new();
    /// # let frame = next(&mut parser, &mut ["da", "ta: 1\n", "\n"].into_iter())?;
    /// # assert!(matches!(frame, Some(Frame::Event(event)) if event.data() == "1"));
    /// # Ok::<(), EventTooLarge>(())
    /// ```
    ///
    /// # Errors
    /// [`EventTooLarge`], once. `false` from then on.
    #[inline]
    pub fn advance(&mut self) -> Result<bool, EventTooLarge> {
        // All that was fed only made the open line longer.
        if self.open_line.is_open() && self.lines.is_at_rest() && self.phase == Phase::Streaming {
            return Ok(false);
        }
        match self.step() {
            Step::Frame => Ok(true),
            Step::End => Ok(false),
            Step::TooLarge => Err(self.fail()),
        }
    }

    /// The same, as a value that a register has room for.
    fn step(&mut self) -> Step {
        if let Lent::Event = self.lent {
            self.block.clear();
        }
        self.lent = Lent::None;
        loop {
            if self.open_line.is_open() {
                if let Some(step) = self.read_open_line() {
                    return step;
                }
            }
            if !self.open_line.is_open() {
                if let Some(step) = self.read_lines() {
                    return step;
                }
            }
            if let Some(step) = self.leave_text() {
                return step;
            }
            if let Some(step) = self.go_on() {
                return step;
            }
        }
    }

    /// The frame that the last [`advance`](Self::advance) or [`next_frame`](Self::next_frame) arrived at, if it did.
    #[inline]
    pub fn frame(&self) -> Option<Frame<'_>> {
        self.frame_sharing(None)
    }

    /// The same, with an event that shares this id, which is its own.
    #[expect(clippy::inline_always, reason = "what comes of it is matched at once: inlined, it never lies in memory")]
    #[inline(always)]
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
                retry: self.block.retry(),
            })),
            Lent::Comment(span) => Some(Frame::Comment(span.of(text))),
            Lent::OpenComment => Some(Frame::Comment(self.block.line())),
            Lent::Retry => self.block.retry().map(Frame::Retry),
        }
    }

    /// Begins another stream, which resumes with this id. What was fed is gone, and so is every buffer.
    #[cfg(feature = "client")]
    pub(crate) fn restart(&mut self, last_event_id: &str) {
        self.lines = Lines::default();
        self.open_line = OpenLine::None;
        self.block.restart(last_event_id);
        self.lent = Lent::None;
        self.phase = Phase::Streaming;
    }

    /// Whether [`frame`](Self::frame) lends an event.
    #[cfg(feature = "client")]
    pub(crate) fn is_at_event(&self) -> bool {
        matches!(self.lent, Lent::Event)
    }

    /// Says that the stream has ended. What was fed is still to be taken out; an event without its blank line is
    /// discarded then, as the standard wants, unless [`unterminated_event`](Self::unterminated_event) was asked for.
    ///
    /// ```
    /// let mut parser = sse_typed::Parser::new();
    /// parser.feed("data: half an ev");
    /// parser.finish();
    /// assert!(parser.next_frame()?.is_none() && parser.is_truncated());
    /// # Ok::<(), sse_typed::EventTooLarge>(())
    /// ```
    pub fn finish(&mut self) {
        self.settle();
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
        self.block.take_id_committed()
    }

    /// The reconnection time in force: that of the last `retry:` line, `None` if there was none.
    pub fn reconnection_time(&self) -> Option<Duration> {
        self.block.reconnection_time()
    }

    /// Reads the lines that lie whole in the text. `None` at their end: there is more to do then, here and below.
    #[inline]
    fn read_lines(&mut self) -> Option<Step> {
        let mut reading = self.lines.read();
        let text = reading.text();
        let step = loop {
            let Some(line) = reading.line() else { break None };
            let length = line.len();
            if length == 0 {
                if self.block.dispatch(text) {
                    self.lent = Lent::Event;
                    break Some(Step::Frame);
                }
                continue;
            }
            if !self.block.has_room_for(length) {
                break Some(Step::TooLarge);
            }
            let (field, value) = field::split(&text.as_bytes()[line.clone()]);
            let value = Span::new(line.start + value..line.end);
            match field {
                Field::Data | Field::Event | Field::Id => self.block.set(field, length, value, text),
                Field::Comment if self.comments => {
                    self.lent = Lent::Comment(value);
                    break Some(Step::Frame);
                }
                Field::Retry if self.block.set_reconnection_time(value.of(text)) => {
                    self.lent = Lent::Retry;
                    break Some(Step::Frame);
                }
                Field::Retry | Field::Comment | Field::Unknown => {}
            }
        };
        reading.stop();
        step
    }

    /// Reads the end of the line that began in another text, if it is in this one.
    #[inline]
    fn read_open_line(&mut self) -> Option<Step> {
        let mut reading = self.lines.read();
        let part = reading.end_of_line()?;
        // Where the limit was lowered meanwhile, a line may still end, if no more than that comes of it.
        if part.len() > self.block.room() {
            return Some(Step::TooLarge);
        }
        let text = reading.text();
        lengthen(&mut self.open_line, &mut self.block, &text[part], text);
        reading.stop();
        self.end_open_line()
    }

    /// The text is about to go, and no line ends any more in what is left of it: takes over what is needed.
    #[inline]
    fn leave_text(&mut self) -> Option<Step> {
        let reading = self.lines.read();
        let (text, part) = (reading.text(), reading.rest());
        if text.is_empty() {
            return None;
        }
        if !part.is_empty() {
            if !self.block.has_room_for(part.len()) {
                return Some(Step::TooLarge);
            }
            lengthen(&mut self.open_line, &mut self.block, part, text);
        }
        self.block.spill(text);
        None
    }

    /// Goes on to the next text.
    #[inline]
    fn go_on(&mut self) -> Option<Step> {
        if self.lines.load() { None } else { self.end_of_text() }
    }

    /// All that was fed is parsed.
    fn end_of_text(&mut self) -> Option<Step> {
        match self.phase {
            Phase::Streaming | Phase::Finished { .. } | Phase::Failed => {
                if !self.open_line.is_open() {
                    self.block.release_line();
                }
                Some(Step::End)
            }
            Phase::Finishing => self.finish_line(),
            Phase::LastEvent => self.finish_event(),
        }
    }

    /// The last line has no end but that of the stream.
    #[cold]
    fn finish_line(&mut self) -> Option<Step> {
        self.phase = Phase::LastEvent;
        let inside_a_char = self.lines.finish();
        if !self.unterminated_event {
            return None;
        }
        if inside_a_char {
            self.lines.feed(Bytes::from_static("\u{fffd}".as_bytes()));
            self.phase = Phase::Finishing;
            return None;
        }
        if self.open_line.field() == Field::Id {
            // Half an id would be resumed with.
            self.open_line = OpenLine::None;
            self.block.drop_line();
        }
        if self.open_line.is_open() { self.end_open_line() } else { None }
    }

    /// The last event has no end but that of the stream.
    #[cold]
    fn finish_event(&mut self) -> Option<Step> {
        let is_event = self.block.is_event(self.lines.text());
        // Again, as more may have been fed since: that is gone with the stream.
        self.lines.finish();
        self.open_line = OpenLine::None;
        if self.unterminated_event {
            self.phase = Phase::Finished { truncated: false };
            self.block.drop_line();
            // An id alone is none to resume with: the rest of its event was cut off.
            if is_event && !self.block.is_empty() && self.block.dispatch(self.lines.text()) {
                self.lent = Lent::Event;
                return Some(Step::Frame);
            }
        } else {
            self.phase = Phase::Finished { truncated: is_event };
        }
        self.block.clear();
        self.block.drop_line();
        None
    }

    /// The open line ends here.
    fn end_open_line(&mut self) -> Option<Step> {
        let field = self.open_line.end(|name_alone| self.block.open(name_alone, "", self.lines.text()));
        self.block.close(field);
        self.lent = match field {
            Field::Retry if self.block.set_reconnection_time_of_line() => Lent::Retry,
            Field::Comment if self.comments => Lent::OpenComment,
            _ => return None,
        };
        Some(Step::Frame)
    }

    #[cold]
    fn fail(&mut self) -> EventTooLarge {
        let last_event_id = self.last_event_id().to_owned();
        self.block.restart(&last_event_id);
        self.lines = Lines::default();
        self.open_line = OpenLine::None;
        self.phase = Phase::Failed;
        EventTooLarge { limit: self.block.max_size }
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

#[cfg(test)]
mod tests {
    use super::text::LONGEST_CHUNK;
    use super::*;

    /// What comes of these chunks, as text.
    fn frames<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Vec<String> {
        let mut parser = Parser::new();
        let mut frames = Vec::new();
        for chunk in chunks {
            parser.feed(chunk.to_vec());
            while let Some(frame) = parser.next_frame().unwrap() {
                frames.push(format!("{frame:?}"));
            }
        }
        frames
    }

    #[test]
    fn a_chunk_too_long_for_a_text_becomes_several() {
        let stream = b"event: e\xc3\xa9\r\ndata: \xe2\x82\xac\xff\xf0\x9f\x98\x80\r\n\r\n: \xe2\x82x\n\n".repeat(40);
        for skipped in 0..stream.len() / 40 {
            let stream = &stream[skipped..];
            assert!(stream.len() > 10 * LONGEST_CHUNK);
            assert_eq!(frames([stream]), frames(stream.chunks(7)), "without the first {skipped} bytes");
        }
    }
}
