//! The derive macro of `sse-typed`. Use it through that crate.
//!
//! A pipeline in the order of these modules: mistakes are gathered (`ctxt`), attributes read (`attr`), the type seen as
//! events (`ast`, and `serde` for what is serde's), the variants held against each other (`check`), the impls written
//! (`expand`, and `lints` for what they are allowed).

mod ast;
mod attr;
mod check;
mod ctxt;
mod expand;
mod lints;
mod serde;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

#[doc = include_str!("derive.md")]
#[proc_macro_derive(SseEvents, attributes(sse, serde))]
pub fn derive_sse_events(input: TokenStream) -> TokenStream {
    let source = parse_macro_input!(input as DeriveInput);
    let cx = ctxt::Ctxt::default();
    let input = ast::Input::read(&cx, &source);
    if let Some(input) = &input {
        check::check(&cx, input);
    }
    let krate = input.as_ref().and_then(|input| input.krate.as_ref());
    let expansion = match (cx.into_compile_errors(), &input) {
        (None, Some(input)) => expand::expand(&source, input),
        (mistakes, _) => {
            let stand_in = expand::stand_in(&source, krate);
            quote::quote!(#mistakes #stand_in)
        }
    };
    expansion.into()
}
