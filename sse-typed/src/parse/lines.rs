//! Cuts a byte stream into lines.
//!
//! Knows nothing of fields or events. `\r`, `\n` and `\r\n` end a line, also when a chunk ends between the two; a byte
//! order mark at the start is dropped, and a character cut in two by chunks is put together again.

use std::collections::VecDeque;
use std::ops::Range;

use bytes::Bytes;
use memchr::memchr2;

use super::text::Text;

/// A line, or as much of it as the chunk in hand holds.
pub(super) struct Piece {
    /// Where in [`Lines::text`] it stands, without the line's end.
    pub(super) range: Range<usize>,
    /// Whether the line ends here.
    pub(super) ended: bool,
}

/// Chunks in, lines out.
#[derive(Default)]
pub(super) struct Lines {
    text: Text,
    position: usize,
    /// The line before ended in `\r` at the very end of its chunk: a `\n` that follows belongs to it.
    skip_line_feed: bool,
    /// A byte has come, so a byte order mark is none any more.
    started: bool,
    /// The first bytes of a character whose last ones are yet to come.
    unfinished_char: UnfinishedChar,
    /// Fed, and not looked at. The first stands apart as most often it is the only one.
    next_chunk: Bytes,
    further_chunks: VecDeque<Bytes>,
}

impl Lines {
    pub(super) fn feed(&mut self, chunk: Bytes) {
        if self.next_chunk.is_empty() {
            self.next_chunk = chunk;
        } else {
            self.further_chunks.push_back(chunk);
        }
    }

    /// What the pieces' ranges refer to, until the next [`load`](Self::load).
    #[inline]
    pub(super) fn text(&self) -> &str {
        self.text.as_str()
    }

    /// The next piece of the text in hand, `None` at its end.
    #[inline]
    pub(super) fn next(&mut self) -> Option<Piece> {
        let bytes = self.text.as_str().as_bytes();
        if self.skip_line_feed && self.position < bytes.len() {
            self.skip_line_feed = false;
            self.position += usize::from(bytes[self.position] == b'\n');
        }
        let start = self.position;
        let rest = bytes.get(start..).filter(|rest| !rest.is_empty())?;
        let Some(length) = memchr2(b'\n', b'\r', rest) else {
            self.position = bytes.len();
            return Some(Piece { range: start..bytes.len(), ended: false });
        };
        self.position = start + length + 1;
        if rest[length] == b'\r' {
            match rest.get(length + 1) {
                Some(b'\n') => self.position += 1,
                Some(_) => {}
                None => self.skip_line_feed = true,
            }
        }
        Some(Piece { range: start..start + length, ended: true })
    }

    /// Goes on to what was fed next; `false` if there is nothing. The text before is gone then.
    pub(super) fn load(&mut self) -> bool {
        self.position = 0;
        loop {
            let mut chunk = std::mem::take(&mut self.next_chunk);
            if chunk.is_empty() {
                self.text.clear();
                return false;
            }
            self.next_chunk = self.further_chunks.pop_front().unwrap_or_default();
            if self.unfinished_char.is_empty() {
                let whole = chunk.len() - unfinished_tail(&chunk);
                if whole < chunk.len() {
                    self.unfinished_char = UnfinishedChar::new(&chunk[whole..]);
                    chunk.truncate(whole);
                }
                self.text.set(chunk);
            } else {
                let text = self.unfinished_char.finish_with(&mut chunk);
                if !chunk.is_empty() {
                    let behind = std::mem::replace(&mut self.next_chunk, chunk);
                    if !behind.is_empty() {
                        self.further_chunks.push_front(behind);
                    }
                }
                self.text.set(text);
            }
            let text = self.text.as_str();
            if !text.is_empty() {
                if !self.started && text.starts_with('\u{feff}') {
                    self.position = '\u{feff}'.len_utf8();
                }
                self.started = true;
                return true;
            }
        }
    }

    /// The stream has ended: whether it did so inside a character. What is fed from now on is another stream.
    pub(super) fn finish(&mut self) -> bool {
        self.started = false;
        self.skip_line_feed = false;
        !std::mem::take(&mut self.unfinished_char).is_empty()
    }
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

    /// Takes from `chunk` what the character lacks. Empty if that is not all there yet; U+FFFD if what follows does not
    /// belong to it, and then that stays in the chunk.
    fn finish_with(&mut self, chunk: &mut Bytes) -> Bytes {
        while let Some(&byte) = chunk.first() {
            self.bytes[self.length] = byte;
            match std::str::from_utf8(&self.bytes[..=self.length]) {
                Ok(char) => {
                    let text = Bytes::copy_from_slice(char.as_bytes());
                    *self = Self::default();
                    let _ = chunk.split_to(1);
                    return text;
                }
                Err(error) if error.error_len().is_none() => {
                    self.length += 1;
                    let _ = chunk.split_to(1);
                }
                Err(_) => {
                    *self = Self::default();
                    return Bytes::from_static("\u{fffd}".as_bytes());
                }
            }
        }
        Bytes::new()
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
