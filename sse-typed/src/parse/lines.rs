//! Cuts a byte stream into lines.
//!
//! Knows nothing of fields or events. `\r`, `\n` and `\r\n` end a line, also when a chunk ends between the two; a byte
//! order mark at the start is dropped, and a character cut in two by chunks is put together again.

use std::collections::VecDeque;
use std::ops::Range;

use bytes::{Buf, Bytes};
#[cfg(target_arch = "aarch64")]
use memchr::arch::aarch64::neon::memchr::Two;
#[cfg(not(any(target_arch = "aarch64", target_arch = "x86_64")))]
use memchr::arch::all::memchr::Two;
#[cfg(target_arch = "x86_64")]
use memchr::arch::x86_64::sse2::memchr::Two;
use memchr::memchr2;

use super::text::{LONGEST_CHUNK, Text};

/// A queue of chunks that grew beyond this is given back once it is empty.
const KEPT_CHUNKS: usize = 64;

/// Up to this size, a chunk's bytes cost less than what it costs beside them.
const SMALL_CHUNK: usize = 256;

/// How many bytes of small chunks are gathered.
const GATHERED: usize = 1 << 10;

/// Chunks in, lines out.
#[derive(Default)]
pub(super) struct Lines {
    text: Text,
    progress: Progress,
    /// A byte has come, so a byte order mark is none any more.
    started: bool,
    /// The first bytes of a character whose last ones are yet to come.
    unfinished_char: UnfinishedChar,
    /// Made when first needed, which is hardly ever.
    backlog: Option<Box<Backlog>>,
}

/// What was fed and is in no text yet.
#[derive(Default)]
struct Backlog {
    /// Chunks that were fed before the text in hand was done with.
    chunks: VecDeque<Bytes>,
    /// What small chunks brought of the open line. There is none where there are chunks, or a text in hand.
    gathered: Vec<u8>,
}

impl Lines {
    /// Takes a chunk: at once if there is no text in hand, else behind what was fed before.
    #[inline]
    pub(super) fn feed(&mut self, chunk: Bytes) {
        debug_assert!(!self.has_gathered(), "what was gathered comes first");
        if self.is_at_rest() {
            self.begin(chunk);
        } else {
            self.backlog.get_or_insert_default().chunks.push_back(chunk);
        }
    }

    /// Puts aside a small chunk in which the open line does not end, until more has come of the line: one by one they would
    /// cost many times as much. `false` if the chunk has to be [fed](Self::feed), and what was gathered to be settled before.
    #[inline]
    pub(super) fn gather(&mut self, chunk: &[u8], room: usize) -> bool {
        if chunk.len() > SMALL_CHUNK || !self.is_at_rest() || !self.unfinished_char.is_empty() || has_line_end(chunk) {
            return false;
        }
        let gathered = self.backlog.as_ref().map_or(0, |backlog| backlog.gathered.len());
        // Each malformed byte may become the three of U+FFFD, and what is too large is told of at once.
        let fits = gathered + chunk.len() <= GATHERED.min(room / 3);
        if fits {
            self.backlog.get_or_insert_default().gathered.extend_from_slice(chunk);
        }
        fits
    }

    #[inline]
    pub(super) fn has_gathered(&self) -> bool {
        self.backlog.as_ref().is_some_and(|backlog| !backlog.gathered.is_empty())
    }

    /// Has `lengthen` make the open line longer by what was gathered.
    pub(super) fn settle(&mut self, lengthen: impl FnOnce(&str)) {
        let Some(backlog) = &mut self.backlog else { return };
        let mut gathered = std::mem::take(&mut backlog.gathered);
        let (whole, unfinished) = gathered.split_at(gathered.len() - unfinished_tail(&gathered));
        if let Ok(part) = simdutf8::basic::from_utf8(whole) {
            lengthen(part);
            self.unfinished_char = UnfinishedChar::new(unfinished);
            gathered.clear();
            backlog.gathered = gathered;
        } else {
            self.feed(gathered.into());
        }
    }

    /// There is nothing that could be read.
    #[inline]
    pub(super) fn is_at_rest(&self) -> bool {
        self.text.is_empty() && !self.has_further_chunks()
    }

    #[inline]
    fn has_further_chunks(&self) -> bool {
        self.backlog.as_ref().is_some_and(|backlog| !backlog.chunks.is_empty())
    }

    /// A chunk that only makes the open line longer, which has `line_size` bytes by now, as a text: it need not become
    /// the one in hand. `None` if it has to be [fed](Self::feed), as it also has where the line is short so far, and may
    /// well end in it.
    #[inline]
    pub(super) fn inside_the_line<'a>(&self, line_size: usize, chunk: &'a [u8]) -> Option<&'a str> {
        if chunk.len() > line_size || !self.is_at_rest() || !self.unfinished_char.is_empty() || has_line_end(chunk) {
            return None;
        }
        // Malformed, or cut inside a character: not here.
        simdutf8::basic::from_utf8(chunk).ok()
    }

    /// The text in hand, until the next [`load`](Self::load).
    #[inline]
    pub(super) fn text(&self) -> &str {
        self.text.as_str()
    }

    /// Reads on in the text in hand.
    #[inline]
    pub(super) fn read(&mut self) -> Reading<'_> {
        Reading { text: self.text.as_str(), position: self.progress.position as usize, progress: &mut self.progress }
    }

    /// Goes on to what was fed next; `false` if there is nothing. The text before is gone then.
    #[inline]
    pub(super) fn load(&mut self) -> bool {
        if self.has_further_chunks() && self.load_further() {
            return true;
        }
        self.text.clear();
        self.progress.position = 0;
        false
    }

    #[cold]
    fn load_further(&mut self) -> bool {
        while let Some(chunk) = self.backlog.as_mut().and_then(|backlog| backlog.chunks.pop_front()) {
            self.backlog.take_if(|backlog| backlog.chunks.is_empty() && backlog.chunks.capacity() > KEPT_CHUNKS);
            self.begin(chunk);
            if !self.text.is_empty() {
                return true;
            }
        }
        false
    }

    /// The stream has ended: whether it did so inside a character. What is fed from now on is another stream.
    pub(super) fn finish(&mut self) -> bool {
        self.started = false;
        self.progress.skip_line_feed = false;
        !std::mem::take(&mut self.unfinished_char).is_empty()
    }

    /// Makes a text of `chunk`.
    #[inline]
    fn begin(&mut self, chunk: Bytes) {
        self.progress.position = 0;
        let is_whole = self.unfinished_char.is_empty() && chunk.last().is_none_or(u8::is_ascii);
        if is_whole && chunk.len() <= LONGEST_CHUNK {
            self.text.set(chunk);
        } else {
            self.begin_in_parts(chunk);
        }
        if !self.started || self.progress.skip_line_feed {
            self.step_over();
        }
    }

    /// Makes a text of `chunk` and of what the one before left over, and leaves over what needs the one behind.
    #[cold]
    fn begin_in_parts(&mut self, mut chunk: Bytes) {
        if chunk.len() > LONGEST_CHUNK {
            self.put_back(chunk.split_off(LONGEST_CHUNK));
        }
        if self.unfinished_char.is_empty() {
            let unfinished = chunk.split_off(chunk.len() - unfinished_tail(&chunk));
            self.unfinished_char = UnfinishedChar::new(&unfinished);
            self.text.set(chunk);
            return;
        }
        match self.unfinished_char.finish_with(&mut chunk) {
            Some(char) => self.text.set_char(char),
            None => self.text.clear(),
        }
        if !chunk.is_empty() {
            self.put_back(chunk);
        }
    }

    /// This comes next.
    fn put_back(&mut self, chunk: Bytes) {
        self.backlog.get_or_insert_default().chunks.push_front(chunk);
    }

    /// Steps over what is no part of any line.
    #[cold]
    fn step_over(&mut self) {
        let text = self.text.as_str();
        if text.is_empty() {
            return;
        }
        if self.progress.skip_line_feed {
            self.progress.position = u32::from(text.starts_with('\n'));
        } else if text.starts_with('\u{feff}') {
            self.progress.set_position('\u{feff}'.len_utf8());
        }
        self.progress.skip_line_feed = false;
        self.started = true;
    }
}

/// How far the text in hand has been read, and what that taught.
#[derive(Default)]
struct Progress {
    /// No further than a text may be long.
    position: u32,
    line_ends: LineEnds,
    /// The line before ended in `\r` at the very end of its chunk: a `\n` that follows belongs to it.
    skip_line_feed: bool,
}

impl Progress {
    #[expect(clippy::cast_possible_truncation, reason = "no text is longer than three times the longest chunk")]
    #[inline]
    fn set_position(&mut self, position: usize) {
        self.position = position as u32;
    }
}

/// The lines of the text in hand, one after the other.
pub(super) struct Reading<'a> {
    text: &'a str,
    /// Where the next line begins. The progress is told at the [stop](Self::stop), as a place in memory takes longer to be
    /// known, and each line waits for the one before.
    position: usize,
    progress: &'a mut Progress,
}

impl<'a> Reading<'a> {
    #[inline]
    pub(super) fn text(&self) -> &'a str {
        self.text
    }

    /// The next line, without its end; `None` if it has none in this text.
    #[inline]
    pub(super) fn line(&mut self) -> Option<Range<usize>> {
        let rest = self.text.as_bytes().get(self.position..)?;
        let &first = rest.first()?;
        // The blank line of every event has a branch of its own, as the processor foresees that, and need not wait for the
        // length to know where the next line begins.
        if first == b'\n' {
            let blank = self.position..self.position;
            self.position += 1;
            return Some(blank);
        }
        let length = self.progress.line_ends.length(first, rest)?;
        Some(self.take(length))
    }

    /// What comes until the end of the line, where that began in another text; `None` if the end is not in this one.
    #[inline]
    pub(super) fn end_of_line(&mut self) -> Option<Range<usize>> {
        let length = memchr2(b'\n', b'\r', self.text.as_bytes().get(self.position..)?)?;
        Some(self.take(length))
    }

    /// What has not been read yet.
    #[inline]
    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.position..).unwrap_or_default()
    }

    /// Leaves the rest for another time.
    #[inline]
    pub(super) fn stop(self) {
        self.progress.set_position(self.position);
    }

    /// So many bytes, and the end of the line behind them.
    #[inline]
    fn take(&mut self, length: usize) -> Range<usize> {
        let text = self.text.as_bytes();
        let start = self.position;
        let end = start + length;
        self.position = end + 1;
        if text[end] == b'\r' {
            match text.get(self.position) {
                Some(b'\n') => self.position += 1,
                Some(_) => {}
                None => self.progress.skip_line_feed = true,
            }
        }
        start..end
    }
}

/// Whether a line ends somewhere in it.
#[inline]
fn has_line_end(text: &[u8]) -> bool {
    const BLOCK: usize = 64;

    /// Of one size and without an early way out, which makes it a few instructions on wide registers.
    fn has_end(block: &[u8; BLOCK]) -> bool {
        block.iter().fold(0, |found, &byte| found | u8::from(byte == b'\n') | u8::from(byte == b'\r')) != 0
    }
    match text.last_chunk() {
        Some(last) if text.len() <= SMALL_CHUNK => {
            text.chunks_exact(BLOCK).filter_map(<[u8]>::first_chunk).any(has_end)
                || (text.len() % BLOCK != 0 && has_end(last))
        }
        _ => memchr2(b'\n', b'\r', text).is_some(),
    }
}

/// Finds where lines end.
///
/// Lines that begin alike tend to be alike in length, so each is looked for in the way that suits the last one of its
/// kind: its first byte, modulo 32.
#[derive(Default)]
struct LineEnds {
    /// Kinds whose last line was a long one.
    long: u32,
}

impl LineEnds {
    /// How long the line is that begins here, with this byte, if it ends here.
    #[inline]
    fn length(&mut self, first: u8, text: &[u8]) -> Option<usize> {
        let kind = 1 << (first % 32);
        if self.long & kind != 0 {
            let length = memchr2(b'\n', b'\r', text)?;
            if length < LONG_LINE {
                self.long ^= kind;
            }
            return Some(length);
        }
        if let short @ Some(_) = short_length(text) {
            return short;
        }
        self.further_length(kind, text)
    }

    /// The same, where the line was to be a short one and [`short_length`] has not found its end. Code of its own, as beside
    /// that it would slow it down.
    #[inline(never)]
    fn further_length(&mut self, kind: u32, text: &[u8]) -> Option<usize> {
        match (register_search(), text.last_chunk::<REGISTER>()) {
            // All has been searched but what is no whole register. It shares one with what is before it.
            (Some(search), Some(last)) if text.len() < LONG_LINE => Some(text.len() - REGISTER + search.find(last)?),
            _ => {
                let length = memchr2(b'\n', b'\r', text)?;
                if length >= LONG_LINE {
                    self.long |= kind;
                }
                Some(length)
            }
        }
    }
}

/// How many bytes the registers have that every processor of a kind can search.
const REGISTER: usize = 16;

/// From this size on, a line is a long one: as many registers as [`memchr2`] takes about the same time for.
const LONG_LINE: usize = 16 * REGISTER;

/// How long the line is that begins here, if it is a short one that ends here.
///
/// Register by register, in the code of the caller: the branches are those of the last line of this length, where
/// [`memchr2`] has to be called, and takes others for each place at which a line may lie in memory.
#[inline]
fn short_length(text: &[u8]) -> Option<usize> {
    let search = register_search()?;
    let mut start = 0;
    for register in text.chunks_exact(REGISTER).take(LONG_LINE / REGISTER) {
        if let Some(length) = search.find(register) {
            return Some(start + length);
        }
        start += REGISTER;
    }
    None
}

#[allow(clippy::useless_conversion, reason = "where there may be no such registers, it is an option already")]
#[inline]
fn register_search() -> Option<Two> {
    Two::new(b'\n', b'\r').into()
}

/// The first one to three bytes of a character.
#[derive(Default)]
struct UnfinishedChar {
    bytes: [u8; 4],
    length: u8,
}

impl UnfinishedChar {
    fn new(head: &[u8]) -> Self {
        let mut char = Self::default();
        for (&byte, place) in head.iter().zip(&mut char.bytes) {
            *place = byte;
            char.length += 1;
        }
        char
    }

    fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Takes from `chunk` what the character lacks. `None` if that is not all there yet; U+FFFD if what follows does
    /// not belong to it, and then that stays in the chunk.
    fn finish_with(&mut self, chunk: &mut Bytes) -> Option<char> {
        while let Some(&byte) = chunk.first() {
            let length = usize::from(self.length);
            self.bytes[length] = byte;
            let char = match std::str::from_utf8(&self.bytes[..=length]) {
                Ok(text) => text.chars().next(),
                Err(error) if error.error_len().is_none() => None,
                Err(_) => {
                    *self = Self::default();
                    return Some(char::REPLACEMENT_CHARACTER);
                }
            };
            chunk.advance(1);
            if char.is_some() {
                *self = Self::default();
                return char;
            }
            self.length += 1;
        }
        None
    }
}

/// How many bytes at the end are the beginning of a character that may yet be finished.
fn unfinished_tail(chunk: &[u8]) -> usize {
    let continuation = |byte: &u8| byte & 0b1100_0000 == 0b1000_0000;
    let trailing = chunk.iter().rev().take(3).take_while(|byte| continuation(byte)).count();
    let tail = &chunk[chunk.len().saturating_sub(trailing + 1)..];
    match std::str::from_utf8(tail) {
        Err(error) if error.valid_up_to() == 0 && error.error_len().is_none() => tail.len(),
        _ => 0,
    }
}
