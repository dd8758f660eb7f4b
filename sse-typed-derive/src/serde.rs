//! `#[serde(..)]` beside `#[sse(..)]`: what is handed on to serde, and what would be lost without a word.
//!
//! The names of events are ours. That serde's attributes would name them is what most people try first, and an enum may have
//! them for an impl of serde's; so they are refused only where they say something else than is done.

use syn::ext::IdentExt as _;
use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprLit, Field, FieldsNamed, Ident, Lit, LitStr, Meta, Token};

use crate::ast::{Becomes, Event, Read, Shape, Variant};
use crate::attr::{Casing, nearest, plain};
use crate::ctxt::Ctxt;

/// The words that serde knows on an enum.
const ENUM: &[&str] = &[
    "rename",
    "rename_all",
    "rename_all_fields",
    "deny_unknown_fields",
    "tag",
    "content",
    "untagged",
    "bound",
    "default",
    "remote",
    "transparent",
    "from",
    "try_from",
    "into",
    "crate",
    "expecting",
    "variant_identifier",
    "field_identifier",
];

/// The words that serde knows on a variant, or on the struct that one is read as.
pub(crate) const VARIANT: &[&str] = &[
    "rename",
    "alias",
    "rename_all",
    "skip",
    "skip_serializing",
    "skip_deserializing",
    "serialize_with",
    "deserialize_with",
    "with",
    "bound",
    "borrow",
    "other",
    "untagged",
    "deny_unknown_fields",
    "default",
    "expecting",
];

/// All entries of `#[serde(..)]`. What cannot be read is told of here, since serde's own derive may not be there to do so.
pub(crate) fn entries(cx: &Ctxt, attrs: &[Attribute]) -> Vec<Meta> {
    let mut entries = Vec::new();
    for list in attrs.iter().filter(|attr| attr.path().is_ident("serde")) {
        match list.parse_args_with(metas) {
            Ok(list) => entries.extend(list),
            Err(error) => cx.mistake(error.span(), format_args!("serde cannot read this attribute: {error}")),
        }
    }
    entries
}

/// The entries on fields. What cannot be read is left to the derive of serde that is to read it.
fn on_fields<'a>(attrs: impl IntoIterator<Item = &'a Attribute>) -> Vec<Meta> {
    let lists = attrs.into_iter().filter(|attr| attr.path().is_ident("serde"));
    lists.filter_map(|attr| attr.parse_args_with(metas).ok()).flatten().collect()
}

fn metas(input: ParseStream<'_>) -> syn::Result<Punctuated<Meta, Token![,]>> {
    Punctuated::parse_terminated(input)
}

/// Whether a field is not read.
pub(crate) fn is_skipped(field: &Field) -> bool {
    let entries = on_fields(&field.attrs);
    find(&entries, "skip").or_else(|| find(&entries, "skip_deserializing")).is_some()
}

fn find<'a>(entries: &'a [Meta], name: &str) -> Option<&'a Meta> {
    entries.iter().find(|meta| meta.path().is_ident(name))
}

/// What the struct that a variant is read as takes over: from the variant, and from the enum what there is about fields.
pub(crate) fn of_struct(on_variant: &[Meta], on_enum: &[Meta]) -> Vec<Meta> {
    let kept = ["rename_all", "deny_unknown_fields", "bound", "expecting"];
    let is_kept = |meta: &&Meta| kept.iter().any(|name| meta.path().is_ident(name)) && !is_for_serializing(meta);
    let mut entries: Vec<Meta> = on_variant.iter().filter(is_kept).cloned().collect();
    if find(&entries, "rename_all").is_none() {
        let fields = on_enum.iter().filter(|meta| meta.path().is_ident("rename_all_fields"));
        entries.extend(fields.filter_map(as_rename_all));
    }
    if find(&entries, "deny_unknown_fields").is_none() {
        entries.extend(find(on_enum, "deny_unknown_fields").cloned());
    }
    entries
}

/// Whether this is `word(serialize = "..")` and nothing else.
fn is_for_serializing(meta: &Meta) -> bool {
    let Meta::List(list) = meta else { return false };
    let inner = list.parse_args_with(metas);
    inner.is_ok_and(|inner| inner.iter().all(|meta| meta.path().is_ident("serialize")))
}

/// `rename_all_fields = ".."` of an enum is `rename_all = ".."` of the struct that one of its variants is.
fn as_rename_all(meta: &Meta) -> Option<Meta> {
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

/// Whether a struct of these fields and entries refuses a field of this name, which it is to pass over.
pub(crate) fn refuses_field(fields: &FieldsNamed, entries: &[Meta], name: &str) -> bool {
    if find(entries, "deny_unknown_fields").is_none() {
        return false;
    }
    let casing = find(entries, "rename_all").and_then(text).and_then(|text| Casing::of_name(&text.value()));
    !fields.named.iter().any(|field| {
        let entries = on_fields(&field.attrs);
        if is_skipped(field) {
            return false;
        }
        let ident = field.ident.as_ref();
        let own =
            ident.map(|ident| casing.map_or_else(|| ident.unraw().to_string(), |casing| casing.name_of_field(ident)));
        let renamed = find(&entries, "rename").and_then(text).map(|text| text.value());
        let mut aliases = entries.iter().filter(|meta| meta.path().is_ident("alias")).filter_map(text);
        // What is flattened takes what it has a field for, and that is not seen here.
        find(&entries, "flatten").is_none() && renamed.or(own).is_some_and(|own| own == name)
            || aliases.any(|alias| alias.value() == name)
    })
}

/// Refuses what would be lost on an enum.
pub(crate) fn refuse_on_enum(cx: &Ctxt, entries: &[Meta], is_tag_said: bool) {
    refuse_misspelled(cx, entries, ENUM);
    if let Some(casing) = find(entries, "rename_all").and_then(text) {
        Casing::read(cx, &casing);
    }
    let Some((meta, tag)) = find(entries, "tag").and_then(|meta| Some((meta, text(meta)?))) else { return };
    if !is_tag_said {
        let content = if find(entries, "content").is_some() {
            "; there is no `content`, the payload is all of the data"
        } else {
            ""
        };
        cx.mistake_in(
            meta,
            format_args!(
                "`#[serde(tag)]` is not read here: #[sse(tag = {:?})] reads events that the server did not name{content}; \
                 where it names them all, say so, with #[sse(rename_all = \"snake_case\")]",
                tag.value()
            ),
        );
    }
}

/// Refuses what resembles one of these words, and is none of them.
pub(crate) fn refuse_misspelled(cx: &Ctxt, entries: &[Meta], words: &[&'static str]) {
    for meta in entries {
        let Some(word) = meta.path().get_ident().map(ToString::to_string) else { continue };
        if words.contains(&&*word) {
            continue;
        }
        if word == "rename_all_fields" {
            cx.mistake_in(
                meta.path(),
                "`rename_all_fields` goes on the enum; for the fields of a variant it is `rename_all`",
            );
        } else if let Some(near) = nearest(&word, words) {
            cx.mistake_in(meta.path(), format_args!("no attribute `{word}` of serde; did you mean `{near}`?"));
        }
    }
}

/// Refuses what would be lost of a variant that the deserializer reads, or makes no sense on its payload.
pub(crate) fn refuse_on_payload(cx: &Ctxt, variant: &Variant<'_>) {
    let ident = variant.ident;
    for meta in &variant.serde {
        let Some(word) = meta.path().get_ident().filter(|word| *word == "with" || *word == "deserialize_with") else {
            continue;
        };
        // For a struct variant, serde has such a function read a tuple: nothing that can be put elsewhere.
        let Shape::Newtype(ty) = &variant.shape else { continue };
        cx.mistake_in(
            meta,
            format_args!(
                "`#[serde({word})]` is not read here on a variant, but on its payload: `{ident}(#[serde({})] {})`, which \
                 means the same to serde",
                plain(meta),
                plain(ty)
            ),
        );
    }
    if let (Some(meta), Shape::Struct { .. }) = (find(&variant.serde, "default"), &variant.shape) {
        cx.mistake_in(meta, "a variant has no default value: put `#[serde(default)]` on each field that has one");
    }
    for meta in on_fields(variant.payload_attrs.iter().copied()) {
        let Some(word) = meta.path().get_ident().map(ToString::to_string) else { continue };
        match &*word {
            "default" => cx.mistake_in(
                &meta,
                "the payload is read from an event's data, and is never missing: remove `default`; \
                 for data that may be null, use `Option`",
            ),
            "skip" | "skip_deserializing" => cx.mistake_in(
                &meta,
                format_args!(
                    "the payload is read from an event's data: without one, it is `{ident}`; to pass over the event, #[sse(skip)] on the variant"
                ),
            ),
            _ => {}
        }
    }
}

/// Refuses what would give an event another name, or none, where no `event` or `rename_all` of ours says which is meant.
pub(crate) fn refuse_names(cx: &Ctxt, on_enum: &[Meta], variants: &[Variant<'_>], is_casing_said: bool) {
    // To serde, variants of such an enum have no names.
    if find(on_enum, "untagged").is_some() {
        return;
    }
    let mut cased = Vec::new();
    for variant in variants.iter().filter(|variant| !variant.is_mistaken) {
        let Some(event) = variant.event().filter(|event| !event.is_named) else { continue };
        refuse_own_name(cx, event, &variant.serde);
        // One that serde calls otherwise, or not at all, has been judged by that.
        if !["rename", "other", "skip", "skip_deserializing"].iter().any(|word| find(&variant.serde, word).is_some()) {
            cased.push((variant.ident, event));
        }
    }
    if !is_casing_said {
        refuse_casing(cx, on_enum, &cased);
    }
}

/// The entries are those of one variant.
fn refuse_own_name(cx: &Ctxt, event: &Event, entries: &[Meta]) {
    let is_read = matches!((&event.read, event.becomes), (Read::Deserializer, Becomes::Value { .. }));
    let name = &event.names[0].text;
    for meta in entries {
        let word = meta.path().get_ident().map(ToString::to_string).unwrap_or_default();
        let fix = match (&*word, text(meta).map(|text| text.value())) {
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

fn refuse_casing(cx: &Ctxt, on_enum: &[Meta], variants: &[(&Ident, &Event)]) {
    for meta in on_enum.iter().filter(|meta| meta.path().is_ident("rename_all")) {
        let Some(name) = text(meta).map(|text| text.value()) else { continue };
        let Some(casing) = Casing::of_name(&name) else { continue };
        if variants.iter().any(|(ident, event)| !event.has_name(&casing.name_of(ident))) {
            cx.mistake_in(
                meta,
                format_args!(
                    "`#[serde(rename_all)]` is not read here, and names of events are in snake_case: \
                     #[sse(rename_all = {name:?})], or if that is meant, #[sse(rename_all = \"snake_case\")]"
                ),
            );
        }
    }
}

/// The text of `word = "text"`, or of `word(deserialize = "text")`.
fn text(meta: &Meta) -> Option<LitStr> {
    match meta {
        Meta::NameValue(meta) => literal(&meta.value),
        Meta::List(list) => {
            let inner = list.parse_args_with(metas).ok()?;
            text(inner.iter().find(|meta| meta.path().is_ident("deserialize"))?)
        }
        Meta::Path(_) => None,
    }
}

fn literal(value: &Expr) -> Option<LitStr> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.clone()),
        // Out of a macro.
        Expr::Group(group) => literal(&group.expr),
        _ => None,
    }
}
