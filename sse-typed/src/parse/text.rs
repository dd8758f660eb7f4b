//! A chunk of the stream that is known to be UTF-8, so that nothing behind it has to check again.
//!
//! Knows nothing of lines.

use bytes::Bytes;
use yoke::Yoke;

/// Valid UTF-8 over a chunk's own bytes: nothing is copied, and the check is done once.
///
/// The text borrows from a box, as it needs an address that stays; the box is kept from chunk to chunk.
#[derive(Default)]
pub(super) struct Text(Option<Yoke<&'static str, Box<Bytes>>>);

impl Text {
    #[inline]
    pub(super) fn as_str(&self) -> &str {
        self.0.as_ref().map_or("", |text| text.get())
    }

    /// Holds `chunk` in place of what it held, malformed sequences replaced by U+FFFD (the standard's "UTF-8 decode").
    pub(super) fn set(&mut self, chunk: Bytes) {
        if !self.try_set(chunk) {
            let chunk = self.0.take().map(|text| *text.into_backing_cart()).unwrap_or_default();
            self.try_set(String::from_utf8_lossy(&chunk).into_owned().into());
        }
    }

    /// Lets go of the chunk, and with it of the read buffer that it may be a part of.
    pub(super) fn clear(&mut self) {
        if !self.as_str().is_empty() {
            self.try_set(Bytes::new());
        }
    }

    fn try_set(&mut self, chunk: Bytes) -> bool {
        let mut cart = self.0.take().map(Yoke::into_backing_cart).unwrap_or_default();
        *cart = chunk;
        let mut valid = true;
        self.0 = Some(Yoke::attach_to_cart(cart, |bytes| {
            simdutf8::basic::from_utf8(bytes).unwrap_or_else(|_| {
                valid = false;
                ""
            })
        }));
        valid
    }
}
