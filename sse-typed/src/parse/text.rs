//! A chunk of the stream that is known to be UTF-8, so that nothing behind it has to check again.
//!
//! Knows nothing of lines.

use bytes::Bytes;
use yoke::Yoke;

/// Valid UTF-8 over a chunk's own bytes: nothing is copied, and the check is done once.
///
/// The text borrows from a box, as it needs an address that stays; the box is kept from chunk to chunk.
pub(super) struct Text(Yoke<&'static str, Option<Box<Source>>>);

/// What the text lies in. Not in the box itself: a box that is moved may have no other pointers into it.
enum Source {
    Chunk(Bytes),
    Nothing,
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
        let mut valid = true;
        self.hold(Source::Chunk(chunk), |source| {
            let Source::Chunk(chunk) = source else { return "" };
            simdutf8::basic::from_utf8(chunk).unwrap_or_else(|_| {
                valid = false;
                ""
            })
        });
        if !valid {
            self.replace_malformed();
        }
    }

    /// Holds this character, put together from the ends of chunks, in place of what it held.
    pub(super) fn set_char(&mut self, char: char) {
        let text = char.encode_utf8(&mut [0; 4]).to_owned();
        self.set(text.into());
    }

    /// Lets go of the chunk, and with it of the read buffer that it may be a part of.
    #[inline]
    pub(super) fn clear(&mut self) {
        if !self.is_empty() {
            self.hold(Source::Nothing, |_| "");
        }
    }

    #[cold]
    fn replace_malformed(&mut self) {
        let held = std::mem::take(self).0.into_backing_cart();
        if let Some(Source::Chunk(chunk)) = held.map(|source| *source) {
            self.set(String::from_utf8_lossy(&chunk).into_owned().into());
        }
    }

    #[inline]
    fn hold(&mut self, source: Source, text: impl FnOnce(&Source) -> &str) {
        let cart = match std::mem::take(self).0.into_backing_cart() {
            Some(mut cart) => {
                *cart = source;
                cart
            }
            None => Box::new(source),
        };
        self.0 = Yoke::attach_to_cart(cart, |source| text(source)).wrap_cart_in_option();
    }
}
