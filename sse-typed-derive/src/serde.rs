//! `#[serde(..)]` beside `#[sse(..)]`: what is handed on to serde, and what would be lost without a word.
//!
//! The names of events are ours. That serde's attributes would name them is what most people try first, and an enum may have
//! them for an impl of serde's; so they are refused only where they say another name than the event has.

use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprLit, Lit, Meta, Token};

use crate::ast::{Becomes, Event, Variant};
use crate::attr::Casing;
use crate::ctxt::Ctxt;

/// The entries of `#[serde(..)]` with one of these names.
pub(crate) fn entries(attrs: &[Attribute], names: &[&str]) -> Vec<Meta> {
    let lists = attrs.iter().filter(|attr| attr.path().is_ident("serde"));
    // What serde cannot read, serde's own derive complains of.
    let entries = lists.filter_map(|attr| attr.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).ok());
    entries.flatten().filter(|meta| names.iter().any(|name| meta.path().is_ident(name))).collect()
}

/// `rename_all_fields = ".."` of an enum is `rename_all = ".."` of the struct that one of its variants is.
pub(crate) fn as_rename_all(meta: &Meta) -> Option<Meta> {
    match meta {
        Meta::NameValue(meta) => {
            let value = &meta.value;
            Some(syn::parse_quote!(rename_all = #value))
        }
        Meta::List(meta) => {
            let tokens = &meta.tokens;
            Some(syn::parse_quote!(rename_all(#tokens)))
        }
        Meta::Path(_) => None,
    }
}

/// Refuses what would give a variant another name, or none, where `#[sse(event = "..")]` does not say which is meant.
pub(crate) fn refuse_names(cx: &Ctxt, variant: &syn::Variant, event: &Event) {
    let has = |name: &str| event.names.iter().any(|known| known.text == name);
    let name = &event.names[0].text;
    let refuse = |meta: &Meta, word: &str, fix: &str| {
        cx.mistake_in(
            meta,
            format_args!(
                "`#[serde({word})]` is not read here, and the event is {name:?}: {fix}, \
                 or if that is meant, #[sse(event = {name:?})]"
            ),
        );
    };
    for meta in entries(&variant.attrs, &["rename", "alias", "other", "skip", "skip_deserializing"]) {
        let word = meta.path().get_ident().map(ToString::to_string).unwrap_or_default();
        match (&*word, text(&meta)) {
            ("rename", Some(text)) if !has(&text) => {
                refuse(&meta, &word, &format!("#[sse(event = {text:?})]"));
            }
            ("alias", Some(text)) if !has(&text) => refuse(&meta, &word, &format!("#[sse(alias = {text:?})]")),
            ("other", _) => refuse(&meta, &word, "#[sse(other)]"),
            ("skip" | "skip_deserializing", _) if event.becomes != Becomes::Nothing => {
                refuse(&meta, &word, "#[sse(skip)]");
            }
            _ => {}
        }
    }
}

/// Refuses a `rename_all` that would give some variant another name, where `#[sse(rename_all = "..")]` does not say which is
/// meant.
pub(crate) fn refuse_casing(cx: &Ctxt, attrs: &[Attribute], variants: &[Variant<'_>]) {
    for meta in entries(attrs, &["rename_all"]) {
        let Some(name) = text(&meta) else { continue };
        let Some(casing) = Casing::of_name(&name) else { continue };
        let differs = |variant: &Variant<'_>| {
            let event = variant.event().filter(|event| !event.is_named);
            event.is_some_and(|event| casing.name_of(variant.ident) != event.names[0].text)
        };
        if variants.iter().any(differs) {
            cx.mistake_in(
                &meta,
                format_args!(
                    "`#[serde(rename_all)]` is not read here, and names of events are in snake_case: \
                     #[sse(rename_all = {name:?})], or if that is meant, #[sse(rename_all = \"snake_case\")]"
                ),
            );
        }
    }
}

/// The text of `word = "text"`, or of `word(deserialize = "text")`.
fn text(meta: &Meta) -> Option<String> {
    match meta {
        Meta::NameValue(meta) => match &meta.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        Meta::List(list) => {
            let inner = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).ok()?;
            text(inner.iter().find(|meta| meta.path().is_ident("deserialize"))?)
        }
        Meta::Path(_) => None,
    }
}
