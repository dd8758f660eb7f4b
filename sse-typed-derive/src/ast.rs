//! The type as the derive sees it: what each variant takes, how it is read, and what becomes of it.
//!
//! The rules within one variant are kept here, those between variants in `check`.

use proc_macro2::Span;
use syn::{
    Attribute, Data, DataEnum, DeriveInput, ExprPath, Field, Fields, FieldsNamed, FieldsUnnamed, GenericParam,
    Generics, Ident, LitStr, Meta, Path, Type, TypeGroup, TypeParen, TypeReference,
};

use crate::attr::{Casing, EnumAttrs, StructAttrs, VariantAttrs, none_on_field};
use crate::ctxt::Ctxt;
use crate::serde;

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
    pub(crate) tag: Option<LitStr>,
    pub(crate) deny_unknown: Option<Ident>,
}

pub(crate) struct Variant<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) shape: Shape<'a>,
    /// What serde is told of the variant.
    pub(crate) serde: Vec<Meta>,
    /// What serde is told of a newtype's payload.
    pub(crate) payload_attrs: Vec<&'a Attribute>,
    pub(crate) takes: Takes,
    /// Whether it may be meant to be something else.
    pub(crate) is_mistaken: bool,
}

/// What a variant is made of.
pub(crate) enum Shape<'a> {
    Unit,
    Newtype(&'a Type),
    Struct { fields: &'a FieldsNamed, serde: Vec<Meta> },
}

/// What a variant stands for.
pub(crate) enum Takes {
    /// Events by name.
    Event(Event),
    /// Something else, and the word that says so.
    Frame(Frame, Ident),
}

/// What a variant may stand for beside events by name.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Frame {
    /// All events that no variant names.
    Other,
    Comment,
    Retry,
    Open,
}

/// An event by name.
pub(crate) struct Event {
    /// The main name first.
    pub(crate) names: Vec<Name>,
    /// Whether that was given, and is not that of the variant.
    pub(crate) is_named: bool,
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
    With(ExprPath),
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
                let (attrs, is_mistaken) = cx.watch(|| EnumAttrs::read(cx, &input.attrs));
                let krate = attrs.krate.clone();
                (krate, Body::Enum(Enum::read(cx, input, data, attrs, is_mistaken)))
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
                     use owned types, such as `String` for `&str`",
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
        let names = Name::all_of(cx, attrs.event.as_ref(), &attrs.alias).collect();
        Self { names, deny_unknown: attrs.deny_unknown.is_some() }
    }
}

impl<'a> Enum<'a> {
    fn read(cx: &Ctxt, input: &DeriveInput, data: &'a DataEnum, attrs: EnumAttrs, is_mistaken: bool) -> Self {
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
        let (casing, is_no_casing) =
            cx.watch(|| attrs.rename_all.as_ref().map_or(Casing::Snake, |text| Casing::read(cx, text)));
        let are_names_mistaken = is_mistaken || is_no_casing;
        let entries = serde::entries(cx, &input.attrs);
        let are_names_said = attrs.rename_all.is_some() || is_mistaken;
        serde::refuse_on_enum(cx, &entries, attrs.tag.is_some() || are_names_said);
        let read = |variant| Variant::read(cx, variant, casing, are_names_mistaken, &entries);
        let variants: Vec<_> = data.variants.iter().map(read).collect();
        let skip =
            attrs.skip.iter().map(|name| Name::read(cx, name, |name| format!("#[sse(skip({name:?}))]"))).collect();
        if !are_names_mistaken {
            serde::refuse_names(cx, &entries, &variants, attrs.rename_all.is_some());
        }
        Self { variants, skip, tag: attrs.tag, deny_unknown: attrs.deny_unknown }
    }
}

impl<'a> Variant<'a> {
    fn read(cx: &Ctxt, variant: &'a syn::Variant, casing: Casing, are_names_mistaken: bool, on_enum: &[Meta]) -> Self {
        let (attrs, is_mistaken) = cx.watch(|| VariantAttrs::read(cx, &variant.attrs));
        for field in &variant.fields {
            none_on_field(cx, &field.attrs, "variant");
        }
        let serde = serde::entries(cx, &variant.attrs);
        serde::refuse_misspelled(cx, &serde, serde::VARIANT);
        let frame = attrs.frame();
        let shape = Shape::read(cx, variant, frame, &serde, on_enum);
        let (takes, is_misnamed) = if let Some((frame, word)) = frame {
            attrs.refuse_beside(cx, frame, word);
            (Takes::Frame(frame, word.clone()), false)
        } else {
            let (names, is_misnamed) = cx.watch(|| attrs.names(cx, &variant.ident, casing));
            let are_mistaken = is_misnamed || are_names_mistaken && attrs.event.is_none();
            (Takes::Event(Event::read(cx, variant, &shape, attrs, names)), are_mistaken)
        };
        let mut this = Self {
            ident: &variant.ident,
            shape,
            serde,
            payload_attrs: Vec::new(),
            takes,
            is_mistaken: is_mistaken || is_misnamed,
        };
        if this.is_deserialized() {
            if let Fields::Unnamed(fields) = &variant.fields {
                let attrs = fields.unnamed.iter().flat_map(|field| &field.attrs);
                this.payload_attrs = attrs.filter(|attr| attr.path().is_ident("serde")).collect();
            }
            if !is_mistaken {
                this.refuse_references(cx);
                serde::refuse_on_payload(cx, &this);
            }
        }
        this
    }

    /// Whether the deserializer of the session has to do with it.
    fn is_deserialized(&self) -> bool {
        let event = self.event();
        event.is_some_and(|event| event.becomes != Becomes::Nothing && matches!(event.read, Read::Deserializer))
    }

    /// What is read anew from each event cannot be borrowed. In a struct, serde takes `&str` and `&[u8]` for borrowed, and a
    /// function may give out any other reference.
    fn refuse_references(&self, cx: &Ctxt) {
        let types: Vec<&Type> = match &self.shape {
            Shape::Unit => Vec::new(),
            Shape::Newtype(ty) => vec![ty],
            Shape::Struct { fields, .. } => {
                let read = fields.named.iter().filter(|field| !serde::is_skipped(field)).map(|field| &field.ty);
                read.filter(|ty| reference(ty).is_some_and(is_borrowed_by_serde)).collect()
            }
        };
        for reference in types.into_iter().filter_map(reference) {
            // Of a lifetime of the enum's, that is told where the enum has it.
            if reference.lifetime.as_ref().is_none_or(|lifetime| lifetime.ident == "static") {
                cx.mistake_in(
                    reference,
                    "a payload is read anew from each event and cannot be a reference: use `String` for `&str`, `Vec<T>` for `&[T]`",
                );
            }
        }
    }

    /// The event that this variant takes by name, if it does.
    pub(crate) fn event(&self) -> Option<&Event> {
        match &self.takes {
            Takes::Event(event) => Some(event),
            Takes::Frame(..) => None,
        }
    }
}

impl<'a> Shape<'a> {
    /// Of a variant that stands for this, or for events by name.
    fn read(
        cx: &Ctxt,
        variant: &'a syn::Variant,
        frame: Option<(Frame, &Ident)>,
        serde: &[Meta],
        on_enum: &[Meta],
    ) -> Self {
        let refuse = |(frame, word): (Frame, &Ident)| {
            cx.mistake(
                variant.ident.span(),
                format_args!("a variant with `{word}` is `{0}({1})` or `{0}`", variant.ident, frame.payload()),
            );
        };
        match &variant.fields {
            Fields::Unit => Self::Unit,
            Fields::Named(fields) => {
                if let Some(frame) = frame {
                    refuse(frame);
                }
                Self::Struct { fields, serde: serde::of_struct(serde, on_enum) }
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
                        match frame {
                            Some(frame) => refuse(frame),
                            None => refuse_tuple(cx, &variant.ident, fields),
                        }
                        Self::Newtype(ty)
                    }
                }
            }
        }
    }
}

fn refuse_tuple(cx: &Ctxt, variant: &Ident, fields: &FieldsUnnamed) {
    let types = fields.unnamed.iter().map(|field| &field.ty);
    let tuple: Type = syn::parse_quote!((#(#types),*));
    let tuple = quote::ToTokens::into_token_stream(tuple).to_string().replace(" ,", ",");
    cx.mistake_in(
        fields,
        format_args!(
            "an event has one payload: name the fields, `{variant} {{ .. }}`, or read a tuple, `{variant}({tuple})`"
        ),
    );
}

impl Frame {
    fn what(self) -> &'static str {
        match self {
            Self::Other => "all events that no variant names",
            Self::Comment => "comments, which have no name",
            Self::Retry => "`retry:` lines, which have no name",
            Self::Open => "opened connections, which have no name",
        }
    }

    fn payload(self) -> &'static str {
        match self {
            Self::Other => "ServerSentEvent",
            Self::Comment => "String",
            Self::Retry => "Duration",
            Self::Open => "Connection",
        }
    }
}

impl VariantAttrs {
    /// What a variant stands for that is no event by name, and the word that says so.
    fn frame(&self) -> Option<(Frame, &Ident)> {
        let words = [
            (Frame::Other, &self.other),
            (Frame::Comment, &self.comment),
            (Frame::Retry, &self.retry),
            (Frame::Open, &self.open),
        ];
        words.into_iter().find_map(|(frame, word)| Some((frame, word.as_ref()?)))
    }

    /// The names of the events that a variant of this name takes, the main one first.
    fn names(&self, cx: &Ctxt, variant: &Ident, casing: Casing) -> Vec<Name> {
        let own = Name { text: casing.name_of(variant), place: variant.span() };
        let own = self.event.is_none().then_some(own);
        own.into_iter().chain(Name::all_of(cx, self.event.as_ref(), &self.alias)).collect()
    }

    /// Refuses all that makes no sense beside `other`, `comment`, `retry` or `open`.
    fn refuse_beside(&self, cx: &Ctxt, frame: Frame, word: &Ident) {
        let Self { event, alias, data, key, other, comment, retry, open, text, with, skip, done, error } = self;
        for text in event.iter().chain(alias).chain(data).chain(key) {
            cx.mistake(
                text.span(),
                format_args!(
                    "a variant with `{word}` takes {}: remove this, or `{word}` to take an event by name",
                    frame.what()
                ),
            );
        }
        for second in [other, comment, retry, open].into_iter().flatten().filter(|second| *second != word) {
            cx.mistake(
                second.span(),
                format_args!("a variant takes one kind of thing: `{word}` or `{second}`, each in a variant of its own"),
            );
        }
        for second in text.iter().chain(with.iter().map(|(word, _)| word)) {
            cx.mistake(
                second.span(),
                format_args!("`{second}` reads the data of an event; `{word}` is not read: remove it"),
            );
        }
        if let Some(skip) = skip {
            let fix = match frame {
                Frame::Other => "an event that no variant names is passed over anyway",
                _ => "without a variant for it, it is passed over anyway",
            };
            cx.mistake(
                skip.span(),
                format_args!("`skip` and `{word}` contradict each other; {fix}: remove the variant"),
            );
        }
        for second in [done, error].into_iter().flatten() {
            let fix = match frame {
                Frame::Other if second == "error" => "to refuse unknown events, #[sse(deny_unknown)] on the enum",
                _ => "name the event: #[sse(event = \"end\")]",
            };
            cx.mistake(second.span(), format_args!("`{second}` is for an event by name, not for `{word}`; {fix}"));
        }
    }
}

impl Event {
    pub(crate) fn has_name(&self, name: &str) -> bool {
        self.names.iter().any(|known| known.text == name)
    }

    fn read(cx: &Ctxt, variant: &syn::Variant, shape: &Shape<'_>, attrs: VariantAttrs, names: Vec<Name>) -> Self {
        let VariantAttrs { event, data, key, text, with, skip, done, error, .. } = attrs;
        if let Some(data) = data.as_ref().filter(|data| data.value().contains('\r')) {
            let fix = data.value().replace("\r\n", "\n").replace('\r', "\n");
            cx.mistake(
                data.span(),
                format_args!(
                    "data never holds a carriage return: that ends a line, and lines of data are joined by line feeds: \
                     #[sse(data = {fix:?})]"
                ),
            );
        }

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
        Self { names, is_named: event.is_some(), when, read, becomes }
    }
}

fn is_borrowed_by_serde(reference: &TypeReference) -> bool {
    match &*reference.elem {
        Type::Path(path) => path.path.is_ident("str"),
        Type::Slice(slice) => matches!(&*slice.elem, Type::Path(path) if path.path.is_ident("u8")),
        _ => false,
    }
}

/// The reference that a type is, if it is one.
fn reference(ty: &Type) -> Option<&TypeReference> {
    match ty {
        Type::Reference(reference) => Some(reference),
        Type::Group(TypeGroup { elem, .. }) | Type::Paren(TypeParen { elem, .. }) => reference(elem),
        _ => None,
    }
}

impl Name {
    /// The main name and further ones.
    fn all_of(cx: &Ctxt, event: Option<&LitStr>, alias: &[LitStr]) -> impl Iterator<Item = Self> {
        let event = event.map(|text| Self::read(cx, text, |name| format!("#[sse(event = {name:?})]")));
        let alias = alias.iter().map(|text| Self::read(cx, text, |name| format!("#[sse(alias = {name:?})]")));
        event.into_iter().chain(alias)
    }

    /// A name, and how one writes another in its place.
    fn read(cx: &Ctxt, text: &LitStr, write: impl FnOnce(&str) -> String) -> Self {
        let name = text.value();
        if name.contains(['\r', '\n']) {
            cx.mistake(text.span(), "a name ends with its line and cannot contain a line break");
        } else if name.trim().is_empty() {
            cx.mistake(
                text.span(),
                format_args!("an event that the server gave no name is a \"message\": {}", write("message")),
            );
        } else if name.starts_with(' ') || name.ends_with(char::is_whitespace) {
            cx.mistake(text.span(), format_args!("the name has white space around it: {}", write(name.trim())));
        }
        Self { text: name, place: text.span() }
    }
}
