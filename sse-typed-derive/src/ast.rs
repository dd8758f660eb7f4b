//! The type as the derive sees it: what each variant takes, how it is read, and what becomes of it.
//!
//! The rules within one variant are kept here, those between variants in `check`.

use proc_macro2::Span;
use syn::ext::IdentExt as _;
use syn::{
    Attribute, Data, DataEnum, DeriveInput, Field, Fields, FieldsNamed, GenericParam, Generics, Ident, LitStr, Meta,
    Path, Type,
};

use crate::attr::{Casing, EnumAttrs, StructAttrs, VariantAttrs, none_on_field, serde_entries};
use crate::ctxt::Ctxt;

/// A type that is to be one of events.
pub(crate) struct Input<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) generics: &'a Generics,
    /// Where `sse_typed` is found, if not at the root under its own name.
    pub(crate) krate: Option<Path>,
    pub(crate) body: Body<'a>,
}

pub(crate) enum Body<'a> {
    Enum(Enum<'a>),
    Struct(Struct),
}

/// A struct takes events of these names, or all if there are none.
pub(crate) struct Struct {
    pub(crate) names: Vec<Name>,
    pub(crate) deny_unknown: bool,
}

pub(crate) struct Enum<'a> {
    pub(crate) variants: Vec<Variant<'a>>,
    /// Names that are known and not wanted.
    pub(crate) skip: Vec<Name>,
    /// The field of the data that names an event which the server did not name.
    pub(crate) tag: Option<String>,
    pub(crate) deny_unknown: Option<Ident>,
}

pub(crate) struct Variant<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) shape: Shape<'a>,
    /// What serde is told of a newtype's payload.
    pub(crate) payload_attrs: Vec<&'a Attribute>,
    pub(crate) takes: Takes,
}

/// What a variant is made of.
pub(crate) enum Shape<'a> {
    Unit,
    Newtype(&'a Type),
    Struct { fields: &'a FieldsNamed, serde: Vec<Meta> },
}

/// What a variant stands for.
pub(crate) enum Takes {
    Event(Event),
    Other(Ident),
    Comment(Ident),
    Retry(Ident),
    Open(Ident),
}

/// An event by name.
pub(crate) struct Event {
    /// The main name first.
    pub(crate) names: Vec<Name>,
    pub(crate) when: When,
    pub(crate) read: Read,
    pub(crate) becomes: Becomes,
}

/// A name on the wire, and where it was written.
pub(crate) struct Name {
    pub(crate) text: String,
    pub(crate) place: Span,
}

/// Which of the events of that name.
pub(crate) enum When {
    Always,
    /// Those with exactly this data.
    Data(LitStr),
    /// Those whose data is a map with this key.
    Key(LitStr),
}

/// How a newtype's payload is read.
pub(crate) enum Read {
    /// By the deserializer of the session.
    Deserializer,
    /// Through `FromStr`.
    Text,
    /// By a function.
    With(Path),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Becomes {
    Value { done: bool },
    Error { done: bool },
    Nothing,
}

impl<'a> Input<'a> {
    /// `None` where there is nothing to go on with; why is in `cx`.
    pub(crate) fn read(cx: &Ctxt, input: &'a DeriveInput) -> Option<Self> {
        let (krate, body) = match &input.data {
            Data::Enum(data) => {
                let attrs = EnumAttrs::read(cx, &input.attrs);
                let krate = attrs.krate.clone();
                (krate, Body::Enum(Enum::read(cx, input, data, attrs)))
            }
            Data::Struct(data) => {
                for field in &data.fields {
                    none_on_field(cx, &field.attrs, "struct");
                }
                let attrs = StructAttrs::read(cx, &input.attrs);
                let krate = attrs.krate.clone();
                (krate, Body::Struct(Struct::read(cx, &attrs)))
            }
            Data::Union(data) => {
                cx.mistake(
                    data.union_token.span,
                    "a union cannot be told apart into events: derive `SseEvents` on an enum with a variant for each event",
                );
                return None;
            }
        };
        for param in &input.generics.params {
            if let GenericParam::Lifetime(param) = param {
                cx.mistake_in(
                    &param.lifetime,
                    "events outlive the bytes they were read from, so that they cannot borrow: \
                     use owned types, such as `String` for `&str` or `Arc<str>` where it is cloned often",
                );
            }
        }
        Some(Self { ident: &input.ident, generics: &input.generics, krate, body })
    }
}

impl Struct {
    fn read(cx: &Ctxt, attrs: &StructAttrs) -> Self {
        if attrs.event.is_none() {
            if let Some(alias) = attrs.alias.first() {
                cx.mistake(
                    alias.span(),
                    format_args!(
                        "`alias` is a second name, and there is no first one: #[sse(event = {:?})]",
                        alias.value()
                    ),
                );
            } else if let Some(word) = &attrs.deny_unknown {
                cx.mistake(
                    word.span(),
                    r#"this struct takes every event, so that none is unknown; to take some: #[sse(event = "order.shipped", deny_unknown)]"#,
                );
            }
        }
        let names = attrs.event.iter().chain(&attrs.alias).map(|text| Name::read(cx, text)).collect();
        Self { names, deny_unknown: attrs.deny_unknown.is_some() }
    }
}

impl<'a> Enum<'a> {
    fn read(cx: &Ctxt, input: &DeriveInput, data: &'a DataEnum, attrs: EnumAttrs) -> Self {
        if data.variants.is_empty() {
            cx.mistake(
                input.ident.span(),
                format_args!(
                    "`{}` has no variants and so takes no event: add one for each event, such as `Tick(Tick)`",
                    input.ident
                ),
            );
        }
        if let Some(tag) = attrs.tag.as_ref().filter(|tag| tag.value().is_empty()) {
            cx.mistake(tag.span(), r#"the name of a field is missing: #[sse(tag = "type")]"#);
        }
        let casing = Casing::read(cx, attrs.rename_all.as_ref());
        let fields_casing = serde_entries(&input.attrs, &["rename_all_fields"]);
        let variants = data.variants.iter().map(|variant| Variant::read(cx, variant, casing, &fields_casing)).collect();
        Self {
            variants,
            skip: attrs.skip.iter().map(|name| Name::read(cx, name)).collect(),
            tag: attrs.tag.map(|tag| tag.value()),
            deny_unknown: attrs.deny_unknown,
        }
    }
}

impl<'a> Variant<'a> {
    fn read(cx: &Ctxt, variant: &'a syn::Variant, casing: Casing, fields_casing: &[Meta]) -> Self {
        let attrs = VariantAttrs::read(cx, &variant.attrs);
        for field in &variant.fields {
            none_on_field(cx, &field.attrs, "variant");
        }
        let shape = Shape::read(cx, variant, fields_casing);
        let takes = match attrs.frame() {
            Some((word, takes)) => {
                attrs.refuse_beside(cx, word);
                if let Shape::Struct { .. } = shape {
                    cx.mistake(
                        variant.ident.span(),
                        format_args!("a variant with `{word}` is `{0}({1})` or `{0}`", variant.ident, takes.payload()),
                    );
                }
                takes
            }
            None => Takes::Event(Event::read(cx, variant, &shape, attrs, casing)),
        };
        let payload_attrs = match (&variant.fields, &takes) {
            (Fields::Unnamed(fields), Takes::Event(Event { read: Read::Deserializer, .. })) => {
                let attrs = fields.unnamed.iter().flat_map(|field| &field.attrs);
                attrs.filter(|attr| attr.path().is_ident("serde")).collect()
            }
            _ => Vec::new(),
        };
        Self { ident: &variant.ident, shape, payload_attrs, takes }
    }

    /// The name that a value of this variant has, `None` for what is no event by name.
    pub(crate) fn event(&self) -> Option<&Event> {
        match &self.takes {
            Takes::Event(event) => Some(event),
            _ => None,
        }
    }
}

impl<'a> Shape<'a> {
    fn read(cx: &Ctxt, variant: &'a syn::Variant, fields_casing: &[Meta]) -> Self {
        match &variant.fields {
            Fields::Unit => Self::Unit,
            Fields::Named(fields) => {
                let mut serde = serde_entries(
                    &variant.attrs,
                    &["rename_all", "deny_unknown_fields", "default", "bound", "expecting"],
                );
                if !serde.iter().any(|meta| meta.path().is_ident("rename_all")) {
                    serde.extend(fields_casing.iter().filter_map(as_rename_all));
                }
                Self::Struct { fields, serde }
            }
            Fields::Unnamed(fields) => {
                let mut each = fields.unnamed.iter();
                match (each.next(), each.next()) {
                    (Some(Field { ty, .. }), None) => Self::Newtype(ty),
                    (None, _) => {
                        cx.mistake_in(
                            fields,
                            format_args!(
                                "a variant without a payload is written without parentheses: `{}`",
                                variant.ident
                            ),
                        );
                        Self::Unit
                    }
                    (Some(Field { ty, .. }), Some(_)) => {
                        let types = fields.unnamed.iter().map(|field| &field.ty);
                        let tuple: Type = syn::parse_quote!((#(#types),*));
                        let tuple = quote::ToTokens::into_token_stream(tuple).to_string().replace(" ,", ",");
                        cx.mistake_in(
                            fields,
                            format_args!(
                                "an event has one payload: name the fields, `{0} {{ .. }}`, or read a tuple, `{0}({tuple})`",
                                variant.ident
                            ),
                        );
                        Self::Newtype(ty)
                    }
                }
            }
        }
    }
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

impl Takes {
    fn payload(&self) -> &'static str {
        match self {
            Self::Event(_) => "T",
            Self::Other(_) => "ServerSentEvent",
            Self::Comment(_) => "String",
            Self::Retry(_) => "Duration",
            Self::Open(_) => "Connection",
        }
    }
}

impl VariantAttrs {
    /// What a variant stands for that is no event by name.
    fn frame(&self) -> Option<(&Ident, Takes)> {
        let Self { other, comment, retry, open, .. } = self;
        let other = other.iter().map(|word| (word, Takes::Other(word.clone())));
        let comment = comment.iter().map(|word| (word, Takes::Comment(word.clone())));
        let retry = retry.iter().map(|word| (word, Takes::Retry(word.clone())));
        let open = open.iter().map(|word| (word, Takes::Open(word.clone())));
        other.chain(comment).chain(retry).chain(open).next()
    }

    /// Refuses all that makes no sense beside `other`, `comment`, `retry` or `open`.
    fn refuse_beside(&self, cx: &Ctxt, word: &Ident) {
        let Self { event, alias, data, key, other, comment, retry, open, text, with, skip, done, error } = self;
        let what = match &*word.to_string() {
            "other" => "all events that no variant names",
            "comment" => "comments, which have no name",
            "retry" => "`retry:` lines, which have no name",
            _ => "opened connections, which have no name",
        };
        for text in event.iter().chain(alias).chain(data).chain(key) {
            cx.mistake(
                text.span(),
                format_args!("a variant with `{word}` takes {what}: remove this, or `{word}` to take an event by name"),
            );
        }
        for second in [other, comment, retry, open].into_iter().flatten().filter(|second| *second != word) {
            cx.mistake(
                second.span(),
                format_args!("a variant takes one kind of thing: `{word}` or `{second}`, each in a variant of its own"),
            );
        }
        for second in [text, &with.as_ref().map(|(word, _)| word.clone())].into_iter().flatten() {
            cx.mistake(
                second.span(),
                format_args!("`{second}` reads the data of an event; `{word}` is not read: remove it"),
            );
        }
        if let Some(skip) = skip {
            let fix = match &*word.to_string() {
                "other" => "an event that no variant names is passed over anyway",
                _ => "without a variant for it, it is passed over anyway",
            };
            cx.mistake(
                skip.span(),
                format_args!("`skip` and `{word}` contradict each other; {fix}: remove the variant"),
            );
        }
        for second in [done, error].into_iter().flatten() {
            let fix = match &*word.to_string() {
                "other" if second == "error" => "to refuse unknown events, #[sse(deny_unknown)] on the enum",
                _ => "name the event: #[sse(event = \"end\")]",
            };
            cx.mistake(second.span(), format_args!("`{second}` is for an event by name, not for `{word}`; {fix}"));
        }
    }
}

impl Event {
    fn read(cx: &Ctxt, variant: &syn::Variant, shape: &Shape<'_>, attrs: VariantAttrs, casing: Casing) -> Self {
        let VariantAttrs { event, alias, data, key, text, with, skip, done, error, .. } = attrs;
        let main = match &event {
            Some(event) => Name::read(cx, event),
            None => Name { text: casing.apply(&variant.ident.unraw().to_string()), place: variant.ident.span() },
        };
        let names = std::iter::once(main).chain(alias.iter().map(|alias| Name::read(cx, alias))).collect();

        let when = match (data, key) {
            (Some(_), Some(key)) => {
                cx.mistake(key.span(), "`data` alone decides already: remove `key`, or make it a variant of its own");
                When::Key(key)
            }
            (Some(data), None) => When::Data(data),
            (None, Some(key)) => When::Key(key),
            (None, None) => When::Always,
        };

        let reader = match (&text, &with) {
            (Some(word), Some(_)) => {
                cx.mistake(word.span(), "`text` and `with` both read the data: remove one");
                None
            }
            (Some(word), None) | (None, Some((word, _))) => Some(word),
            (None, None) => None,
        };
        if let Some(word) = reader {
            match shape {
                Shape::Newtype(_) => {}
                Shape::Unit => cx.mistake(
                    word.span(),
                    format_args!("`{word}` reads a payload and `{0}` has none: `{0}(String)`", variant.ident),
                ),
                Shape::Struct { .. } => cx.mistake(
                    word.span(),
                    format_args!("`{word}` reads one payload: `{0}({0})`, with a struct of that name", variant.ident),
                ),
            }
            if let Some(skip) = &skip {
                cx.mistake(skip.span(), format_args!("`skip` reads past the event: remove it, or `{word}`"));
            }
        } else if let (Shape::Newtype(Type::Reference(reference)), None) = (shape, &skip) {
            // Of a lifetime of the enum's, that is told where the enum has it.
            if reference.lifetime.as_ref().is_none_or(|lifetime| lifetime.ident == "static") {
                cx.mistake_in(
                    reference,
                    "a payload is read anew from each event and cannot be a reference: use `String` for `&str`, `Vec<T>` for `&[T]`",
                );
            }
        }

        if let Some(skip) = &skip {
            for second in [&done, &error].into_iter().flatten() {
                let fix = if second == "done" {
                    "a `done` event is yielded and then ends the stream"
                } else {
                    "an `error` event is yielded as `Err`"
                };
                cx.mistake(skip.span(), format_args!("`skip` and `{second}` contradict each other: {fix}; remove one"));
            }
        }
        if let (Some(word), Shape::Struct { .. }) = (&error, shape) {
            cx.mistake(
                word.span(),
                format_args!(
                    "the payload of an error needs a type, to be found by `downcast_ref`: `{0}({0})`, with a struct of that name",
                    variant.ident
                ),
            );
        }

        let read = match (with, text) {
            (Some((_, path)), _) => Read::With(path),
            (None, Some(_)) => Read::Text,
            (None, None) => Read::Deserializer,
        };
        let becomes = match (skip, error) {
            (Some(_), _) => Becomes::Nothing,
            (None, Some(_)) => Becomes::Error { done: done.is_some() },
            (None, None) => Becomes::Value { done: done.is_some() },
        };
        Self { names, when, read, becomes }
    }
}

impl Name {
    fn read(cx: &Ctxt, text: &LitStr) -> Self {
        let name = text.value();
        if name.is_empty() {
            cx.mistake(
                text.span(),
                r#"an event that the server gave no name is a "message": #[sse(event = "message")]"#,
            );
        } else if name.contains(['\r', '\n']) {
            cx.mistake(text.span(), "a name ends with its line and cannot contain a line break");
        } else if name.starts_with(' ') || name.ends_with(char::is_whitespace) {
            cx.mistake(
                text.span(),
                format_args!("the name has white space around it: #[sse(event = {:?})]", name.trim()),
            );
        }
        Self { text: name, place: text.span() }
    }
}
