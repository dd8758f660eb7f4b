//! `#[serde(..)]` beside `#[sse(..)]`: what is handed on to serde, and what would be lost without a word.
//!
//! The names of events are ours. That serde's attributes would name them is what most people try first, and an enum may have
//! them for an impl of serde's; so they are refused only where they say another name than the event has.

use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprLit, Ident, Lit, Meta, Token};

use crate::ast::{Becomes, Event, Read, Variant};
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

/// Refuses what would give an event another name, or none, where no `event` or `rename_all` of ours says which is meant.
pub(crate) fn refuse_names<'a>(
    cx: &Ctxt,
    attrs: &[Attribute],
    variants: impl Iterator<Item = (&'a syn::Variant, &'a Variant<'a>)>,
    is_casing_said: bool,
) {
    // To serde, variants of such an enum have no names.
    if !entries(attrs, &["untagged"]).is_empty() {
        return;
    }
    let mut cased = Vec::new();
    for (source, variant) in variants {
        let Some(event) = variant.event().filter(|event| !event.is_named) else { continue };
        let own = entries(&source.attrs, &["rename", "alias", "other", "skip", "skip_deserializing"]);
        refuse_own_name(cx, event, &own);
        // One that serde calls otherwise, or not at all, has been judged by that.
        if own.iter().all(|meta| meta.path().is_ident("alias")) {
            cased.push((&source.ident, event));
        }
    }
    if !is_casing_said {
        refuse_casing(cx, attrs, &cased);
    }
}

/// The entries are those of one variant.
fn refuse_own_name(cx: &Ctxt, event: &Event, entries: &[Meta]) {
    let is_read = matches!((&event.read, event.becomes), (Read::Deserializer, Becomes::Value { .. }));
    let name = &event.names[0].text;
    for meta in entries {
        let word = meta.path().get_ident().map(ToString::to_string).unwrap_or_default();
        let fix = match (&*word, text(meta)) {
            ("rename", Some(text)) if !event.has_name(&text) => format!("#[sse(event = {text:?})]"),
            ("alias", Some(text)) if !event.has_name(&text) => format!("#[sse(alias = {text:?})]"),
            ("other", _) => "#[sse(other)]".to_owned(),
            ("skip" | "skip_deserializing", _) if is_read => "#[sse(skip)]".to_owned(),
            _ => continue,
        };
        cx.mistake_in(
            meta,
            format_args!(
                "`#[serde({word})]` is not read here, and the event is {name:?}: {fix}, \
                 or if that is meant, #[sse(event = {name:?})]"
            ),
        );
    }
}

fn refuse_casing(cx: &Ctxt, attrs: &[Attribute], variants: &[(&Ident, &Event)]) {
    for meta in entries(attrs, &["rename_all"]) {
        let Some(name) = text(&meta) else { continue };
        let Some(casing) = Casing::of_name(&name) else { continue };
        if variants.iter().any(|(ident, event)| !event.has_name(&casing.name_of(ident))) {
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
