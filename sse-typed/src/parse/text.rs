//! A chunk of the stream that is known to be UTF-8, so that nothing behind it has to check again.
//!
//! Knows nothing of lines.

use std::ops::Range;

use bytes::Bytes;
use yoke::Yoke;

/// The longest chunk that becomes a text as a whole, so that a [`Span`] has room for every place in it. Each malformed
/// byte may become the three of U+FFFD.
#[cfg(not(test))]
pub(super) const LONGEST_CHUNK: usize = u32::MAX as usize / 3;
#[cfg(test)]
pub(super) const LONGEST_CHUNK: usize = 100;

/// A part of a text, in half the room of a range.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    start: u32,
    end: u32,
}

impl Span {
    #[expect(clippy::cast_possible_truncation, reason = "no text is longer than three times the longest chunk")]
    #[inline]
    pub(super) fn new(range: Range<usize>) -> Self {
        Self { start: range.start as u32, end: range.end as u32 }
    }

    /// What is there.
    #[inline]
    pub(super) fn of(self, text: &str) -> &str {
        &text[self.start as usize..self.end as usize]
    }
}

/// Valid UTF-8 over a chunk's own bytes: nothing is copied, and the check is done once.
///
/// The text borrows from a box, as it needs an address that stays; the box is kept from chunk to chunk.
pub(super) struct Text(Yoke<&'static str, Option<Box<Source>>>);

/// What the text lies in. It points to what these own, and not into this box: a box must not be pointed into from elsewhere while
/// it moves, as the compiler takes it for the only way to what it holds.
#[derive(Default)]
struct Source {
    chunk: Bytes,
    /// Room for one character, put together from the ends of chunks. Kept once it is there.
    char: Option<Box<[u8; 4]>>,
}

impl Default for Text {
    fn default() -> Self {
        Self(Yoke::new_owned(""))
    }
}

impl Text {
    #[inline]
    pub(super) fn as_str(&self) -> &str {
        self.0.get()
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.as_str().is_empty()
    }

    /// Holds `chunk` in place of what it held, malformed sequences replaced by U+FFFD (the standard's "UTF-8 decode").
    #[inline]
    pub(super) fn set(&mut self, chunk: Bytes) {
        debug_assert!(chunk.len() <= 3 * LONGEST_CHUNK, "a span has room for every place");
        let mut valid = true;
        let mut cart = self.take_cart();
        cart.chunk = chunk;
        self.hold(cart, |source| {
            simdutf8::basic::from_utf8(&source.chunk).unwrap_or_else(|_| {
                valid = false;
                ""
            })
        });
        if !valid {
            self.replace_malformed();
        }
    }

    /// Holds this character in place of what it held.
    pub(super) fn set_char(&mut self, char: char) {
        let mut cart = self.take_cart();
        cart.chunk = Bytes::new();
        let length = char.encode_utf8(&mut **cart.char.get_or_insert_default()).len();
        self.hold(cart, |source| {
            let bytes = source.char.as_deref().map(|bytes| &bytes[..length]);
            bytes.and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
        });
    }

    /// Lets go of the chunk, and with it of the read buffer that it may be a part of.
    #[inline]
    pub(super) fn clear(&mut self) {
        if !self.is_empty() {
            let mut cart = self.take_cart();
            cart.chunk = Bytes::new();
            self.hold(cart, |_| "");
        }
    }

    #[cold]
    fn replace_malformed(&mut self) {
        let mut cart = self.take_cart();
        let chunk = std::mem::take(&mut cart.chunk);
        self.hold(cart, |_| "");
        self.set(String::from_utf8_lossy(&chunk).into_owned().into());
    }

    /// What the text lay in, to be filled anew.
    #[expect(clippy::unnecessary_box_returns, reason = "the box is kept")]
    #[inline]
    fn take_cart(&mut self) -> Box<Source> {
        std::mem::take(self).0.into_backing_cart().unwrap_or_default()
    }

    #[inline]
    fn hold(&mut self, cart: Box<Source>, text: impl FnOnce(&Source) -> &str) {
        self.0 = Yoke::attach_to_cart(cart, |source| text(source)).wrap_cart_in_option();
    }
}
