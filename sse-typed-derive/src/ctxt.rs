//! Gathers mistakes, so that all of them appear at once.

use std::cell::{Cell, RefCell};
use std::fmt::Display;

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;

/// The mistakes found so far.
#[derive(Default)]
pub(crate) struct Ctxt {
    mistakes: RefCell<Option<syn::Error>>,
    count: Cell<usize>,
}

impl Ctxt {
    /// A mistake at this place.
    pub(crate) fn mistake(&self, place: Span, message: impl Display) {
        self.push(syn::Error::new(place, message));
    }

    /// A mistake that is all of these tokens.
    pub(crate) fn mistake_in(&self, tokens: impl ToTokens, message: impl Display) {
        self.push(syn::Error::new_spanned(tokens, message));
    }

    /// What `read` makes of its part, and whether it found a mistake there: what follows from a part with a mistake may be
    /// none of its own.
    pub(crate) fn watch<T>(&self, read: impl FnOnce() -> T) -> (T, bool) {
        let before = self.count.get();
        let part = read();
        (part, self.count.get() > before)
    }

    fn push(&self, mistake: syn::Error) {
        self.count.set(self.count.get() + 1);
        match &mut *self.mistakes.borrow_mut() {
            Some(mistakes) => mistakes.combine(mistake),
            none => *none = Some(mistake),
        }
    }

    /// All mistakes as compile errors, if there are any.
    pub(crate) fn into_compile_errors(self) -> Option<TokenStream> {
        self.mistakes.into_inner().as_ref().map(syn::Error::to_compile_error)
    }
}
