//! Cuts a byte stream into lines.
//!
//! Knows nothing of fields or events. `\r`, `\n` and `\r\n` end a line, also when a chunk ends between the two; a byte
//! order mark at the start is dropped, and a character cut in two by chunks is put together again.

use std::collections::VecDeque;
use std::ops::Range;

use bytes::{Buf, Bytes};
use memchr::memchr2;

use super::text::Text;

/// A queue of chunks that grew beyond this is given back once it is empty.
const KEPT_CHUNKS: usize = 64;

/// Up to this size, a chunk's bytes cost less than what it costs beside them.
const SMALL_CHUNK: usize = 256;

/// What the text in hand holds of a line; ranges are in [`Lines::text`] and leave out the line's end.
pub(super) enum Piece {
    /// All of it.
    Line(Range<usize>),
    /// A part, as a chunk ended inside the line; whether it is the last one.
    Part(Range<usize>, bool),
}

/// Chunks in, lines out.
#[derive(Default)]
pub(super) struct Lines {
    text: Text,
    position: usize,
    line_ends: LineEnds,
    /// A part of a line was given out, and not its last one.
    inside_a_line: bool,
    /// The line before ended in `\r` at the very end of its chunk: a `\n` that follows belongs to it.
    skip_line_feed: bool,
    /// A byte has come, so a byte order mark is none any more.
    started: bool,
    /// The first bytes of a character whose last ones are yet to come.
    unfinished_char: UnfinishedChar,
    /// Fed before the text in hand was done with.
    further_chunks: VecDeque<Bytes>,
}

impl Lines {
    /// Takes a chunk: at once if there is no text in hand, else behind what was fed before.
    #[inline]
    pub(super) fn feed(&mut self, chunk: Bytes) {
        if self.text.is_empty() && self.further_chunks.is_empty() {
            self.begin(chunk);
        } else {
            self.further_chunks.push_back(chunk);
        }
    }

    /// A chunk that only makes the open line longer, which has `line_size` bytes by now, as a text: it need not become
    /// the one in hand. `None` if it has to be [fed](Self::feed), as it also has where the line may well end in it.
    #[inline]
    pub(super) fn inside_the_line<'a>(&self, line_size: usize, chunk: &'a [u8]) -> Option<&'a str> {
        let at_rest = self.text.is_empty() && self.further_chunks.is_empty() && self.unfinished_char.is_empty();
        let likely = chunk.len() <= SMALL_CHUNK.max(line_size);
        if !self.inside_a_line || !likely || !at_rest || has_line_end(chunk) {
            return None;
        }
        // Malformed, or cut inside a character: not here.
        simdutf8::basic::from_utf8(chunk).ok()
    }

    /// What the pieces' ranges refer to, until the next [`load`](Self::load).
    #[inline]
    pub(super) fn text(&self) -> &str {
        self.text.as_str()
    }

    /// The next piece of the text in hand, `None` at its end.
    #[inline]
    pub(super) fn next(&mut self) -> Option<Piece> {
        let start = self.position;
        let rest = self.text.as_str().as_bytes().get(start..).filter(|rest| !rest.is_empty())?;
        let Some(length) = self.line_ends.length(rest) else {
            self.position = start + rest.len();
            self.inside_a_line = true;
            return Some(Piece::Part(start..self.position, false));
        };
        let end = start + length;
        self.position = end + 1;
        if rest[length] == b'\r' {
            match rest.get(length + 1) {
                Some(b'\n') => self.position += 1,
                Some(_) => {}
                None => self.skip_line_feed = true,
            }
        }
        if self.inside_a_line {
            self.inside_a_line = false;
            return Some(Piece::Part(start..end, true));
        }
        Some(Piece::Line(start..end))
    }

    /// Goes on to what was fed next; `false` if there is nothing. The text before is gone then.
    #[inline]
    pub(super) fn load(&mut self) -> bool {
        if !self.further_chunks.is_empty() && self.load_further() {
            return true;
        }
        self.text.clear();
        self.position = 0;
        false
    }

    fn load_further(&mut self) -> bool {
        while let Some(chunk) = self.further_chunks.pop_front() {
            if self.further_chunks.is_empty() && self.further_chunks.capacity() > KEPT_CHUNKS {
                self.further_chunks = VecDeque::new();
            }
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
        self.skip_line_feed = false;
        self.inside_a_line = false;
        !std::mem::take(&mut self.unfinished_char).is_empty()
    }

    /// Makes a text of `chunk`.
    #[inline]
    fn begin(&mut self, chunk: Bytes) {
        self.position = 0;
        if self.unfinished_char.is_empty() && chunk.last().is_none_or(u8::is_ascii) {
            self.text.set(chunk);
        } else {
            self.begin_in_parts(chunk);
        }
        if !self.started || self.skip_line_feed {
            self.step_over();
        }
    }

    /// Makes a text of `chunk` and of what the one before left over, and leaves over what needs the one behind.
    #[cold]
    fn begin_in_parts(&mut self, mut chunk: Bytes) {
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
            self.further_chunks.push_front(chunk);
        }
    }

    /// Steps over what is no part of any line.
    #[cold]
    fn step_over(&mut self) {
        let text = self.text.as_str();
        if text.is_empty() {
            return;
        }
        if self.skip_line_feed {
            self.position = usize::from(text.starts_with('\n'));
        } else if text.starts_with('\u{feff}') {
            self.position = '\u{feff}'.len_utf8();
        }
        self.skip_line_feed = false;
        self.started = true;
    }
}

/// Whether a line ends somewhere in it.
#[inline]
fn has_line_end(text: &[u8]) -> bool {
    /// Of one size and without an early way out, which makes it a few instructions on wide registers.
    fn in_block(block: &[u8; 64]) -> bool {
        block.iter().fold(0, |found, &byte| found | u8::from(byte == b'\n') | u8::from(byte == b'\r')) != 0
    }
    match text.last_chunk() {
        Some(last) if text.len() <= SMALL_CHUNK => {
            text.chunks_exact(64).filter_map(<[u8]>::first_chunk).any(in_block)
                || (text.len() % 64 != 0 && in_block(last))
        }
        _ => memchr2(b'\n', b'\r', text).is_some(),
    }
}

/// Finds where lines end.
///
/// Lines that begin alike tend to be alike in length, and an end that is near is found without a call.
#[derive(Default)]
struct LineEnds {
    /// By the first byte of a line, modulo 32: whether the last such line was a long one.
    long: u32,
}

impl LineEnds {
    /// How long the line is that begins here, if it ends here.
    #[inline]
    fn length(&mut self, text: &[u8]) -> Option<usize> {
        // The blank line of every event has a branch of its own, as the processor foresees that, and need not wait for
        // the length to know where the next line begins.
        let &first = text.first()?;
        if first == b'\n' {
            return Some(0);
        }
        let kind = 1 << (first % 32);
        if self.long & kind == 0 {
            if let near @ Some(_) = near(text) {
                return near;
            }
            self.long |= kind;
        }
        let length = memchr2(b'\n', b'\r', text);
        if length.is_some_and(|length| length < NEAR) {
            self.long &= !kind;
        }
        length
    }
}

/// How far away an end of a line is near.
const NEAR: usize = 64;

/// How long the line is that begins here, if that is not long.
#[inline]
fn near(text: &[u8]) -> Option<usize> {
    /// Of one size and without an early way out, which makes it a few instructions on wide registers.
    fn in_block(block: &[u8; NEAR]) -> u8 {
        let place = |(&byte, at)| if byte == b'\n' || byte == b'\r' { at } else { u8::MAX };
        block.iter().zip(0..).map(place).fold(u8::MAX, u8::min)
    }
    let head = u64::from_le_bytes(*text.first_chunk()?);
    match line_ends(head) {
        0 => Some(in_block(text.first_chunk()?)).filter(|&length| length != u8::MAX).map(usize::from),
        ends => Some(ends.trailing_zeros() as usize / 8),
    }
}

/// Which of eight bytes end a line: the high bit of the first one is set, and those of further ones may be.
#[inline]
fn line_ends(bytes: u64) -> u64 {
    const EACH: u64 = u64::from_le_bytes([1; 8]);
    const LINE_FEEDS: u64 = u64::from_le_bytes([b'\n'; 8]);
    const CARRIAGE_RETURNS: u64 = u64::from_le_bytes([b'\r'; 8]);
    let zeros = |bytes: u64| bytes.wrapping_sub(EACH) & !bytes & (EACH << 7);
    zeros(bytes ^ LINE_FEEDS) | zeros(bytes ^ CARRIAGE_RETURNS)
}

/// The first one to three bytes of a character.
#[derive(Default)]
struct UnfinishedChar {
    bytes: [u8; 4],
    length: usize,
}

impl UnfinishedChar {
    fn new(head: &[u8]) -> Self {
        let mut bytes = [0; 4];
        bytes[..head.len()].copy_from_slice(head);
        Self { bytes, length: head.len() }
    }

    fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Takes from `chunk` what the character lacks. `None` if that is not all there yet; U+FFFD if what follows does
    /// not belong to it, and then that stays in the chunk.
    fn finish_with(&mut self, chunk: &mut Bytes) -> Option<char> {
        while let Some(&byte) = chunk.first() {
            self.bytes[self.length] = byte;
            let char = match std::str::from_utf8(&self.bytes[..=self.length]) {
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
