//! What is allowed where the user wrote it, and so has to be in what is written for it.
//!
//! What is wrong in the user's own definition is told of there. The same names and types in generated code say it again at
//! the same place, which the compiler tells once; unless the user allowed it there, which it does not know of here. No more
//! than that is allowed: where a crate forbids a lint, to allow it is an error.

use proc_macro2::TokenStream;
use quote::quote;
use syn::punctuated::Punctuated;
use syn::{Attribute, Data, DeriveInput, Field, Meta, Token};

/// The attribute that allows as much as the type, its variants and its fields do, if that is anything.
pub(crate) fn allowed(source: &DeriveInput) -> TokenStream {
    let inner: Vec<&Attribute> = match &source.data {
        Data::Enum(data) => {
            let variants = data.variants.iter();
            variants.flat_map(|variant| variant.attrs.iter().chain(variant.fields.iter().flat_map(attrs))).collect()
        }
        Data::Struct(data) => data.fields.iter().flat_map(attrs).collect(),
        Data::Union(_) => Vec::new(),
    };
    // On a single variant that is about this variant. Here it would make whatever generated code uses count as used.
    let is_about_use = |lint: &Meta| ["dead_code", "unused", "warnings"].iter().any(|word| lint.path().is_ident(word));
    let own = source.attrs.iter().flat_map(lints_of);
    let lints: Vec<_> = own.chain(inner.into_iter().flat_map(lints_of).filter(|lint| !is_about_use(lint))).collect();

    // To use the parts of what is deprecated is no mistake within the thing itself.
    let is_deprecated = source.attrs.iter().any(|attr| attr.path().is_ident("deprecated"));
    let deprecated = is_deprecated.then(|| quote!(deprecated,));
    if lints.is_empty() && deprecated.is_none() {
        return TokenStream::new();
    }
    quote!(#[allow(#deprecated #(#lints),*)])
}

fn attrs(field: &Field) -> &[Attribute] {
    &field.attrs
}

/// The lints that an attribute allows.
fn lints_of(attr: &Attribute) -> Vec<Meta> {
    if !attr.path().is_ident("allow") && !attr.path().is_ident("expect") {
        return Vec::new();
    }
    let lints = attr.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
    // The rest is a reason.
    lints.into_iter().flatten().filter(|lint| matches!(lint, Meta::Path(_))).collect()
}
