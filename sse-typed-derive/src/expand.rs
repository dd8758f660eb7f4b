//! Writes the impls.
//!
//! Everything is named from the root, or through `__sse`, the one name that the block imports; what the user wrote keeps
//! its spans, and what is written for it is marked as coming from a macro, so that lints of the user's stay with the
//! user's code.

use std::collections::{HashMap, HashSet};

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::{DeriveInput, GenericParam, Generics, LitStr, Path, Type};

use crate::ast::{Becomes, Body, Enum, Event, Frame, Input, Name, Read, Shape, Struct, Takes, Variant, When};
use crate::lints;
use crate::serde;

/// The impls of a type without mistakes.
pub(crate) fn expand(source: &DeriveInput, input: &Input<'_>) -> TokenStream {
    let words = Words::of(source);
    let writer = Writer {
        input,
        allowed: lints::allowed(source),
        deserializer: words.fresh("__D"),
        event: local("__event"),
        reader: local("__deserializer"),
        inline: match &input.body {
            Body::Enum(body) => inline_structs(input, body, &words),
            Body::Struct(_) => HashMap::new(),
        },
    };
    match &input.body {
        Body::Enum(body) => writer.for_enum(body),
        Body::Struct(body) => writer.for_struct(body),
    }
}

/// Impls that do nothing, so that a mistake in the type is not also one wherever the type is used.
pub(crate) fn stand_in(source: &DeriveInput, krate: Option<&Path>) -> TokenStream {
    let deserializer = Words::of(source).fresh("__D");
    let ident = &source.ident;
    let (impl_generics, type_generics, where_clause) = source.generics.split_for_impl();
    let with_deserializer = with_param(&source.generics, &deserializer);
    let (impl_with_deserializer, ..) = with_deserializer.split_for_impl();
    in_block(
        krate,
        &lints::allowed(source),
        &quote! {
            #[automatically_derived]
            impl #impl_with_deserializer __SseEvents<#deserializer> for #ident #type_generics #where_clause {
                #[inline]
                fn from_frame(
                    _: __sse::Frame<'_>,
                    _: &#deserializer,
                ) -> ::core::result::Result<__sse::Dispatch<Self>, __sse::Error> {
                    ::core::result::Result::Ok(__sse::Dispatch::skip())
                }
            }

            #[automatically_derived]
            impl #impl_generics __sse::EventNames for #ident #type_generics #where_clause {
                const EVENT_NAMES: &'static [&'static ::core::primitive::str] = &[];

                fn event_name(&self) -> &::core::primitive::str {
                    ""
                }
            }
        },
    )
}

fn in_block(krate: Option<&Path>, allowed: &TokenStream, items: &TokenStream) -> TokenStream {
    let krate = krate.map_or_else(|| quote!(::sse_typed), ToTokens::to_token_stream);
    quote! {
        #allowed
        const _: () = {
            use #krate::__private as __sse;
            use __sse::SseEvents as __SseEvents;
            #items
        };
    }
}

/// The words of the type as it was written, so as not to use one of them for something else.
struct Words(HashSet<String>);

impl Words {
    fn of(source: &DeriveInput) -> Self {
        let mut words = HashSet::new();
        gather_words(source.to_token_stream(), &mut words);
        Self(words)
    }

    /// `name`, or one like it that is not among the words.
    fn fresh(&self, name: &str) -> Ident {
        let mut name = name.to_owned();
        while self.0.contains(&name) {
            name.push('_');
        }
        Ident::new(&name, Span::mixed_site())
    }
}

/// All words of the tokens, those of code in strings included, which is how serde takes paths and bounds.
fn gather_words(tokens: TokenStream, words: &mut HashSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => drop(words.insert(ident.unraw().to_string())),
            TokenTree::Group(group) => gather_words(group.stream(), words),
            TokenTree::Literal(literal) => {
                let text = literal.to_string();
                let split = text.split(|char: char| !char.is_alphanumeric() && char != '_');
                words.extend(split.filter(|word| !word.is_empty()).map(str::to_owned));
            }
            TokenTree::Punct(_) => {}
        }
    }
}

/// A variable that no code of the user's can see or hide.
fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

/// The place of `tokens`, for code that the macro is answerable for.
fn at(tokens: &impl ToTokens) -> Span {
    Span::mixed_site().located_at(tokens.span())
}

fn with_param(generics: &Generics, param: &Ident) -> Generics {
    let mut generics = generics.clone();
    generics.params.push(GenericParam::Type(param.clone().into()));
    generics
}

/// Whether any of the type's own parameters occurs in `tokens`.
fn mentions_param(generics: &Generics, tokens: &impl ToTokens) -> bool {
    let mut words = HashSet::new();
    gather_words(tokens.to_token_stream(), &mut words);
    let mut params = generics.params.iter().map(|param| match param {
        GenericParam::Type(param) => &param.ident,
        GenericParam::Const(param) => &param.ident,
        GenericParam::Lifetime(param) => &param.lifetime.ident,
    });
    words.contains("Self") || params.any(|param| words.contains(&param.unraw().to_string()))
}

/// The struct that a variant is read as, where it has names or attributes for serde.
struct Inline {
    item: TokenStream,
    ty: TokenStream,
    /// What errors call it: what the variant is called.
    name: String,
}

/// For each variant that is read like that, by index.
fn inline_structs(input: &Input<'_>, body: &Enum<'_>, words: &Words) -> HashMap<usize, Inline> {
    let variants = body.variants.iter().enumerate();
    let tag = body.tag.as_ref();
    variants.filter_map(|(index, variant)| Some((index, inline_struct(input, variant, tag, words)?))).collect()
}

fn inline_struct(input: &Input<'_>, variant: &Variant<'_>, tag: Option<&LitStr>, words: &Words) -> Option<Inline> {
    if variant.event()?.becomes == Becomes::Nothing {
        return None;
    }
    let (_, type_generics, where_clause) = input.generics.split_for_impl();
    let enum_ident = input.ident;
    let itself = quote!(#enum_ident #type_generics);
    let name = variant.ident.unraw().to_string();
    let (attributes, members) = match &variant.shape {
        Shape::Struct { fields, serde } => {
            let members = fields.named.iter().map(|field| {
                let attrs = field.attrs.iter().filter(|attr| attr.path().is_ident("serde"));
                let (ident, ty) = (&field.ident, &field.ty);
                quote!(#(#attrs)* #ident: #ty,)
            });
            let is_told = serde.iter().any(|meta| meta.path().is_ident("expecting"));
            let expecting = format!("struct variant {}::{name}", enum_ident.unraw());
            let expecting = (!is_told).then(|| quote!(expecting = #expecting,));
            // What an event is told by is no unknown field.
            let key = variant.event().and_then(|event| if let When::Key(key) = &event.when { Some(key) } else { None });
            let key = key.filter(|key| tag.is_none_or(|tag| tag.value() != key.value()));
            let signs = [("__tag", tag), ("__key", key)].into_iter().filter_map(|(ident, name)| {
                let name = name.filter(|name| serde::refuses_field(fields, serde, &name.value()))?;
                let ident = words.fresh(ident);
                Some(quote!(#[serde(rename = #name, default)] #ident: __sse::serde::de::IgnoredAny,))
            });
            (quote!(rename = #name, #expecting #(#serde),*), quote!(#(#members)* #(#signs)*))
        }
        Shape::Newtype(ty) if !variant.payload_attrs.is_empty() => {
            let attrs = &variant.payload_attrs;
            (quote!(transparent), quote!(#(#attrs)* __payload: #ty,))
        }
        Shape::Newtype(_) | Shape::Unit => return None,
    };
    let is_generic = mentions_param(input.generics, &attributes) || mentions_param(input.generics, &members);
    let members = without_self(members, &itself);

    // A name that no type of the user's has, also where one comes out of a macro and is not seen here.
    let mut ident = words.fresh(&format!("__SseEvents{name}"));
    ident.set_span(at(variant.ident));
    let head = quote! {
        #[derive(__sse::serde::Deserialize)]
        #[serde(crate = "__sse::serde", #attributes)]
    };
    if !is_generic {
        return Some(Inline { item: quote!(#head struct #ident { #members }), ty: quote!(#ident), name });
    }
    let params = without_self(input.generics.params.to_token_stream(), &itself);
    let where_clause = without_self(where_clause.to_token_stream(), &itself);
    let types = input.generics.type_params().map(|param| &param.ident);
    // So that no parameter is unused.
    let marker = words.fresh("__params");
    let item = quote! {
        #head
        struct #ident<#params> #where_clause {
            #members
            #[serde(skip)]
            #marker: ::core::marker::PhantomData<(#(::core::marker::PhantomData<#types>,)*)>,
        }
    };
    Some(Inline { item, ty: quote!(#ident #type_generics), name })
}

/// The tokens with `Self` written out, for use outside the type.
fn without_self(tokens: TokenStream, itself: &TokenStream) -> TokenStream {
    tokens
        .into_iter()
        .flat_map(|token| match token {
            TokenTree::Ident(ident) if ident == "Self" => itself.clone(),
            TokenTree::Group(group) => {
                let mut inner = proc_macro2::Group::new(group.delimiter(), without_self(group.stream(), itself));
                inner.set_span(group.span());
                TokenTree::Group(inner).into()
            }
            other => other.into(),
        })
        .collect()
}

struct Writer<'a> {
    input: &'a Input<'a>,
    /// The attribute that allows what the user does.
    allowed: TokenStream,
    /// The type parameter, and two variables.
    deserializer: Ident,
    event: Ident,
    reader: Ident,
    inline: HashMap<usize, Inline>,
}

/// What the impls need beside themselves.
struct Extras {
    items: Vec<TokenStream>,
    bounds: Vec<TokenStream>,
}

/// Names whose events go the same way.
struct Group<'a> {
    names: Vec<&'a str>,
    way: Way,
}

/// Where events of some name go.
#[derive(PartialEq, Eq)]
enum Way {
    Skip,
    /// To one of these variants, by index.
    Variants(Vec<usize>),
}

impl Writer<'_> {
    fn for_struct(&self, body: &Struct) -> TokenStream {
        let Self { input, deserializer, event, reader, .. } = self;
        let ident = input.ident;
        let (_, type_generics, _) = input.generics.split_for_impl();
        let own_type = quote_spanned!(at(ident)=> #ident #type_generics);
        let span = at(ident);
        let value =
            quote_spanned!(span=> __sse::Dispatch::value(__sse::decode::<Self, #deserializer>(#reader, &#event)?));
        let names: Vec<_> = body.names.iter().map(|name| &*name.text).collect();
        let taken = if names.is_empty() {
            quote!(::core::result::Result::Ok(#value))
        } else {
            let name = self.static_name(&names);
            let unknown = self.unknown(None, body.deny_unknown);
            quote! {
                match #event.event() {
                    #(#names)|* => ::core::result::Result::Ok(#value.named(#name)),
                    _ => #unknown,
                }
            }
        };
        let from_frame = quote! {
            match __frame {
                __sse::Frame::Event(#event) => #taken,
                _ => ::core::result::Result::Ok(__sse::Dispatch::skip()),
            }
        };
        let bounds = vec![quote_spanned!(span=> #deserializer: __sse::Deserializer<#own_type>)];
        let extras = Extras { items: Vec::new(), bounds };
        let main = names.first().copied().unwrap_or("message");
        let listed = names.iter().take(1);
        let all_names = quote!(&[#(#listed),*]);
        self.impls(&extras, false, &from_frame, &all_names, &quote!(#main))
    }

    fn for_enum(&self, body: &Enum<'_>) -> TokenStream {
        let groups = groups(body);
        let indices = 0..body.variants.len();
        let mut extras = Extras {
            items: indices.filter_map(|index| self.inline.get(&index)).map(|inline| inline.item.clone()).collect(),
            bounds: self.payload_bounds(body),
        };
        let dispatch = self.dispatch(body, &groups, &mut extras);
        let event = &self.event;
        let frames = body.variants.iter().filter_map(frame);
        let mentions = body.variants.iter().filter_map(never_built_from_outside);
        let from_frame = quote! {
            #(#mentions)*
            match __frame {
                __sse::Frame::Event(#event) => #dispatch,
                #(#frames)*
                _ => ::core::result::Result::Ok(__sse::Dispatch::skip()),
            }
        };
        let events = || body.variants.iter().filter_map(Variant::event);
        let has_done = events().any(|event| event.becomes == Becomes::Value { done: true });
        let mut listed: Vec<&str> = Vec::new();
        for event in events().filter(|event| matches!(event.becomes, Becomes::Value { .. })) {
            if !listed.contains(&&*event.names[0].text) {
                listed.push(&event.names[0].text);
            }
        }
        let names = body.variants.iter().map(event_name);
        let event_name = quote!(match self { #(#names,)* });
        self.impls(&extras, has_done, &from_frame, &quote!(&[#(#listed),*]), &event_name)
    }

    fn impls(
        &self,
        Extras { items, bounds }: &Extras,
        has_done: bool,
        from_frame: &TokenStream,
        all_names: &TokenStream,
        event_name: &TokenStream,
    ) -> TokenStream {
        let Self { input, allowed, deserializer, reader, .. } = self;
        let ident = input.ident;
        let (impl_generics, type_generics, where_clause) = input.generics.split_for_impl();
        let with_deserializer = with_param(input.generics, deserializer);
        let (impl_with_deserializer, ..) = with_deserializer.split_for_impl();
        // With the span of a derive, the compiler would blame an unmet bound on parameters of the type.
        let own_trait = quote_spanned!(ident.span()=> __SseEvents<#deserializer>);
        let own_bounds = where_clause.iter().flat_map(|clause| &clause.predicates);
        in_block(
            input.krate.as_ref(),
            allowed,
            &quote! {
                #(#items)*

                #[automatically_derived]
                impl #impl_with_deserializer #own_trait for #ident #type_generics
                where
                    #(#own_bounds,)*
                    #(#bounds,)*
                {
                    const HAS_DONE: ::core::primitive::bool = #has_done;

                    #[inline]
                    fn from_frame(
                        __frame: __sse::Frame<'_>,
                        #reader: &#deserializer,
                    ) -> ::core::result::Result<__sse::Dispatch<Self>, __sse::Error> {
                        #from_frame
                    }
                }

                #[automatically_derived]
                impl #impl_generics __sse::EventNames for #ident #type_generics #where_clause {
                    const EVENT_NAMES: &'static [&'static ::core::primitive::str] = #all_names;

                    fn event_name(&self) -> &::core::primitive::str {
                        #event_name
                    }
                }
            },
        )
    }

    /// What the impl needs of the payloads: of each, a deserializer that reads it; the rest only where it depends on
    /// parameters, as the body says it of any other type, and better.
    fn payload_bounds(&self, body: &Enum<'_>) -> Vec<TokenStream> {
        let Self { input, deserializer, .. } = self;
        let mut seen = HashSet::new();
        let mut bounds = Vec::new();
        let mut bound = |bound: TokenStream| {
            if seen.insert(bound.to_string()) {
                bounds.push(bound);
            }
        };
        for (index, variant) in body.variants.iter().enumerate() {
            let ty = match (self.inline.get(&index), &variant.shape) {
                (Some(inline), _) => inline.ty.clone(),
                (None, Shape::Newtype(ty)) => ty.to_token_stream(),
                (None, _) => continue,
            };
            let span = at(&ty);
            let is_generic = mentions_param(input.generics, &ty);
            match &variant.takes {
                Takes::Event(Event { becomes: Becomes::Nothing, .. }) => {}
                Takes::Event(event) => {
                    match &event.read {
                        Read::Deserializer => bound(quote_spanned!(span=> #deserializer: __sse::Deserializer<#ty>)),
                        Read::Text if is_generic => bound(quote_spanned!(span=> #ty: __sse::FromText)),
                        Read::Text | Read::With(_) => {}
                    }
                    if let (true, Becomes::Error { .. }, Shape::Newtype(ty)) =
                        (is_generic, event.becomes, &variant.shape)
                    {
                        bound(quote_spanned! {span=>
                            #ty: ::core::marker::Send + ::core::marker::Sync + 'static
                        });
                    }
                }
                // No type of a parameter's can be the one that `other` holds.
                Takes::Frame(frame, _) if is_generic && *frame != Frame::Other => {
                    let holder = holder(*frame);
                    bound(quote_spanned!(span=> #ty: __sse::#holder));
                }
                Takes::Frame(..) => {}
            }
        }
        bounds
    }

    /// One `match` from the event's name to what becomes of it.
    fn dispatch(&self, body: &Enum<'_>, groups: &[Group<'_>], extras: &mut Extras) -> TokenStream {
        let event = &self.event;
        let other = body.variants.iter().find(|variant| matches!(variant.takes, Takes::Frame(Frame::Other, _)));
        let unknown = self.unknown(other, body.deny_unknown.is_some());
        let ways: Vec<_> =
            groups.iter().enumerate().map(|(index, group)| self.way(body, group, index, &unknown, extras)).collect();
        let names = groups.iter().map(|group| &group.names);
        let Some(tag) = &body.tag else {
            return quote! {
                match #event.event() {
                    #(#(#names)|* => #ways,)*
                    _ => #unknown,
                }
            };
        };
        let indices = 0..groups.len();
        let found = self.find_by_name_or_tag(body, groups, tag, extras);
        quote! {
            match #found {
                #(::core::option::Option::Some(#indices) => #ways,)*
                _ => #unknown,
            }
        }
    }

    /// Which of the groups an event belongs to: by its name, or by its tag where it has none.
    fn find_by_name_or_tag(
        &self,
        body: &Enum<'_>,
        groups: &[Group<'_>],
        tag: &LitStr,
        extras: &mut Extras,
    ) -> TokenStream {
        let event = &self.event;
        let indices: Vec<usize> = (0..groups.len()).collect();
        let unnamed = groups.iter().position(|group| group.names.contains(&"message"));
        let sentinels: Vec<String> = match unnamed.map(|index| &groups[index].way) {
            Some(Way::Variants(variants)) => variants.iter().filter_map(|variant| data_of(body, *variant)).collect(),
            Some(Way::Skip) | None => Vec::new(),
        };
        let found = local("__found");
        let names = groups.iter().map(|group| &group.names);
        let seek = quote! {
                fn key(__key: &::core::primitive::str) -> __sse::Sign {
                    match __key {
                        #tag => __sse::Sign::Tag,
                        _ => __sse::Sign::Nothing,
                    }
                }

                fn tag(__value: &::core::primitive::str) -> ::core::option::Option<::core::primitive::usize> {
                    match __value {
                        #(#(#names)|* => ::core::option::Option::Some(#indices),)*
                        _ => ::core::option::Option::None,
                    }
                }
        };
        let takes_all =
            |variant: &usize| matches!(body.variants[*variant].takes, Takes::Event(Event { when: When::Always, .. }));
        let rest_is_taken = match unnamed.map(|index| &groups[index].way) {
            Some(Way::Skip) => true,
            Some(Way::Variants(variants)) if variants.iter().any(takes_all) => true,
            _ => body.variants.iter().any(|variant| matches!(variant.takes, Takes::Frame(Frame::Other, _))),
        };
        let look_ahead = self.look_ahead("__Tag", tag, &seek, rest_is_taken, extras);
        let by_tag = match unnamed {
            Some(index) => quote! {
                match #look_ahead {
                    ::core::option::Option::None => ::core::option::Option::Some(#index),
                    #found => #found,
                }
            },
            None => look_ahead,
        };
        let by_tag = if sentinels.is_empty() {
            by_tag
        } else {
            quote! {
                match #event.data() {
                    #(#sentinels)|* => ::core::option::Option::Some(#unnamed),
                    _ => #by_tag,
                }
            }
        };
        let by_name = groups.iter().zip(&indices).filter_map(|(group, index)| {
            let names: Vec<_> = group.names.iter().filter(|name| **name != "message").collect();
            (!names.is_empty()).then(|| quote!(#(#names)|* => ::core::option::Option::Some(#index),))
        });
        quote! {
            match #event.event() {
                "message" => #by_tag,
                #(#by_name)*
                _ => ::core::option::Option::None,
            }
        }
    }

    /// What becomes of an event of one of a group's names: `data` first, then `key`, then the plain one.
    fn way(
        &self,
        body: &Enum<'_>,
        group: &Group<'_>,
        index: usize,
        unknown: &TokenStream,
        extras: &mut Extras,
    ) -> TokenStream {
        let event = &self.event;
        let Way::Variants(indices) = &group.way else {
            return quote!(::core::result::Result::Ok(__sse::Dispatch::skip()));
        };
        let mut wire_names = group.names.clone();
        if body.tag.is_some() && !wire_names.contains(&"message") {
            wire_names.push("message");
        }
        let name = self.static_name(&wire_names);
        let (mut data, mut keys, mut plain) = (Vec::new(), Vec::new(), None);
        for variant in indices {
            let Some(taken) = body.variants[*variant].event() else { continue };
            // Data that nothing else takes may be anything.
            let is_told = indices.len() == 1 || !matches!(taken.when, When::Always);
            let outcome = self.outcome(*variant, &body.variants[*variant], taken, is_told, &name);
            match &taken.when {
                When::Data(text) => data.push((text.value(), outcome)),
                When::Key(key) => {
                    let index = keys.len();
                    let sign = match taken.becomes {
                        Becomes::Error { .. } => quote!(__sse::Sign::ErrorKey(#index)),
                        Becomes::Value { .. } | Becomes::Nothing => quote!(__sse::Sign::Key(#index)),
                    };
                    keys.push((key, sign, outcome));
                }
                When::Always => plain = Some(outcome),
            }
        }

        let rest_is_taken = plain.is_some();
        let plain = plain.unwrap_or_else(|| unknown.clone());
        let by_key = if keys.is_empty() {
            plain
        } else {
            let indices = 0..keys.len();
            let place = keys[0].0;
            let outcomes = keys.iter().map(|(_, _, outcome)| outcome);
            let signs = keys.iter().map(|(key, sign, _)| quote!(#key => #sign,));
            let seek = quote! {
                fn key(__key: &::core::primitive::str) -> __sse::Sign {
                    match __key {
                        #(#signs)*
                        _ => __sse::Sign::Nothing,
                    }
                }
            };
            let look_ahead = self.look_ahead(&format!("__Keys{index}"), place, &seek, rest_is_taken, extras);
            quote! {
                match #look_ahead {
                    #(::core::option::Option::Some(#indices) => #outcomes,)*
                    _ => #plain,
                }
            }
        };
        if data.is_empty() {
            by_key
        } else {
            let (data, outcomes): (Vec<_>, Vec<_>) = data.into_iter().unzip();
            quote! {
                match #event.data() {
                    #(#data => #outcomes,)*
                    _ => #by_key,
                }
            }
        }
    }

    /// Writes the type that looks ahead, what the deserializer has to do with it, and the call.
    fn look_ahead(
        &self,
        name: &str,
        place: &LitStr,
        seek: &TokenStream,
        rest_is_taken: bool,
        extras: &mut Extras,
    ) -> TokenStream {
        let Self { deserializer, event, reader, .. } = self;
        let name = local(name);
        extras.items.push(quote! {
            enum #name {}

            impl __sse::Look for #name {
                #seek
            }
        });
        extras.bounds.push(quote_spanned!(at(place)=> #deserializer: __sse::LooksAhead<#name>));
        let unreadable = if rest_is_taken { quote!(.unwrap_or_default()) } else { quote!(?) };
        quote!(__sse::look_ahead::<Self, #name, #deserializer>(#reader, &#event) #unreadable)
    }

    /// What becomes of an event that is for this variant, and may be told to be even if its data cannot be read.
    fn outcome(
        &self,
        index: usize,
        variant: &Variant<'_>,
        taken: &Event,
        is_told: bool,
        name: &TokenStream,
    ) -> TokenStream {
        let event = &self.event;
        let ident = variant.ident;
        match taken.becomes {
            Becomes::Nothing => quote!(::core::result::Result::Ok(__sse::Dispatch::skip())),
            Becomes::Error { done } => {
                let (ty, payload) = match &variant.shape {
                    Shape::Newtype(ty) => (ty.to_token_stream(), self.payload(index, ty, &taken.read, done && is_told)),
                    Shape::Unit | Shape::Struct { .. } => (quote!(()), quote!(())),
                };
                let span = at(&ty);
                let call = quote_spanned!(span=> __sse::error_event::<#ty>(&#event, #payload, #done));
                quote!(::core::result::Result::Err(#call))
            }
            Becomes::Value { done } => {
                let is_done = done.then(|| quote!(.done()));
                let value = match &variant.shape {
                    Shape::Unit => quote!(Self::#ident),
                    Shape::Newtype(ty) => {
                        let payload = self.payload(index, ty, &taken.read, done && is_told);
                        quote!(Self::#ident(#payload))
                    }
                    Shape::Struct { fields, .. } => {
                        let data = self.inline.get(&index).map(|inline| self.decode_inline(inline, done && is_told));
                        let read = local("__read");
                        let fields = fields.named.iter().filter_map(|field| field.ident.as_ref());
                        quote!({
                            let #read = #data;
                            Self::#ident { #(#fields: #read.#fields,)* }
                        })
                    }
                };
                quote!(::core::result::Result::Ok(__sse::Dispatch::value(#value).named(#name) #is_done))
            }
        }
    }

    /// With `done`, the stream also ends with a payload that cannot be read.
    fn payload(&self, index: usize, ty: &Type, read: &Read, done: bool) -> TokenStream {
        let Self { deserializer, event, reader, .. } = self;
        let ends = ends(done);
        match (read, self.inline.get(&index)) {
            (Read::Deserializer, None) => {
                quote_spanned!(at(ty)=> __sse::decode::<#ty, #deserializer>(#reader, &#event) #ends ?)
            }
            (Read::Deserializer, Some(inline)) => {
                let data = self.decode_inline(inline, done);
                quote!(#data.__payload)
            }
            (Read::Text, _) => quote_spanned!(at(ty)=> <#ty as __sse::FromText>::from_text(&#event) #ends ?),
            (Read::With(path), _) => quote_spanned!(at(path)=> __sse::with::<#ty, _>(&#event, #path) #ends ?),
        }
    }

    /// The data as the struct that a variant is read as.
    fn decode_inline(&self, Inline { ty, name, .. }: &Inline, done: bool) -> TokenStream {
        let Self { deserializer, event, reader, .. } = self;
        let ends = ends(done);
        quote_spanned!(at(ty)=> __sse::decode_variant::<#ty, #deserializer>(#reader, &#event, #name) #ends ?)
    }

    /// What becomes of an event that no variant names.
    fn unknown(&self, other: Option<&Variant<'_>>, deny: bool) -> TokenStream {
        let event = &self.event;
        match other {
            Some(variant) => {
                let ident = variant.ident;
                let payload = if let Shape::Newtype(ty) = &variant.shape {
                    let kept = quote_spanned!(at(ty)=> <#ty as __sse::HoldsEvent>::hold(&#event));
                    quote!((#kept))
                } else {
                    TokenStream::new()
                };
                let value = quote!(Self::#ident #payload);
                quote!(::core::result::Result::Ok(__sse::Dispatch::value(#value)))
            }
            None if deny => quote!(::core::result::Result::Err(__sse::unknown_event(&#event))),
            None => quote!(::core::result::Result::Ok(__sse::Dispatch::unknown())),
        }
    }

    /// The event's name, known to be one of these, as one that need not be copied.
    fn static_name(&self, names: &[&str]) -> TokenStream {
        let event = &self.event;
        match names {
            [] => quote!(""),
            [name] => quote!(#name),
            [names @ .., last] => quote! {
                match #event.event() {
                    #(#names => #names,)*
                    _ => #last,
                }
            },
        }
    }
}

/// What makes an error the last item, where the event was to be that.
fn ends(done: bool) -> Option<TokenStream> {
    done.then(|| quote!(.map_err(__sse::ending)))
}

/// The names that the enum knows, by where they lead, in the order in which they are first written.
fn groups<'a>(body: &'a Enum<'_>) -> Vec<Group<'a>> {
    let mut names: Vec<(&str, Vec<usize>)> = Vec::new();
    for (index, variant) in body.variants.iter().enumerate() {
        for Name { text, .. } in variant.event().into_iter().flat_map(|event| &event.names) {
            match names.iter_mut().find(|(name, _)| name == text) {
                Some((_, variants)) => variants.push(index),
                None => names.push((text, vec![index])),
            }
        }
    }
    let ways = names.into_iter().map(|(name, variants)| (name, Way::Variants(variants)));
    let skipped = body.skip.iter().map(|name| (&*name.text, Way::Skip));
    let mut groups: Vec<Group<'a>> = Vec::new();
    for (name, way) in ways.chain(skipped) {
        match groups.iter_mut().find(|group| group.way == way) {
            Some(group) => group.names.push(name),
            None => groups.push(Group { names: vec![name], way }),
        }
    }
    groups
}

fn data_of(body: &Enum<'_>, variant: usize) -> Option<String> {
    match &body.variants[variant].event()?.when {
        When::Data(text) => Some(text.value()),
        When::Always | When::Key(_) => None,
    }
}

/// The trait of what a variant may hold that stands for this.
fn holder(frame: Frame) -> TokenStream {
    match frame {
        Frame::Other => quote!(HoldsEvent),
        Frame::Comment => quote!(HoldsComment),
        Frame::Retry => quote!(HoldsRetry),
        Frame::Open => quote!(HoldsConnection),
    }
}

/// What becomes of a frame that is no event.
fn frame(variant: &Variant<'_>) -> Option<TokenStream> {
    let ident = variant.ident;
    let Takes::Frame(frame, _) = &variant.takes else { return None };
    let name = match frame {
        Frame::Other => return None,
        Frame::Comment => quote!(Comment),
        Frame::Retry => quote!(Retry),
        Frame::Open => quote!(Open),
    };
    let (pattern, value) = if let Shape::Newtype(ty) = &variant.shape {
        let (found, holder) = (local("__found"), holder(*frame));
        let payload = quote_spanned!(at(ty)=> <#ty as __sse::#holder>::hold(#found));
        (quote!(#found), quote!(Self::#ident(#payload)))
    } else {
        (quote!(_), quote!(Self::#ident))
    };
    Some(quote! {
        __sse::Frame::#name(#pattern) => {
            ::core::result::Result::Ok(__sse::Dispatch::value(#value).named(""))
        }
    })
}

/// The arm of `event_name`.
fn event_name(variant: &Variant<'_>) -> TokenStream {
    let ident = variant.ident;
    let payload = local("__payload");
    match (&variant.takes, &variant.shape) {
        (Takes::Event(event), shape) => {
            let name = &event.names[0].text;
            match shape {
                // Read, so that a field which only the server fills raises no warning.
                Shape::Newtype(_) if !matches!(event.becomes, Becomes::Value { .. }) => {
                    quote!(Self::#ident(#payload) => { let _ = #payload; #name })
                }
                Shape::Struct { fields, .. } if event.becomes == Becomes::Nothing => {
                    let names: Vec<_> = fields.named.iter().filter_map(|field| field.ident.as_ref()).collect();
                    let reads: Vec<_> = (0..names.len()).map(|at| local(&format!("__field{at}"))).collect();
                    quote!(Self::#ident { #(#names: #reads),* } => { #(let _ = #reads;)* #name })
                }
                _ => quote!(Self::#ident { .. } => #name),
            }
        }
        (Takes::Frame(Frame::Other, _), Shape::Newtype(ty)) => {
            let name = quote_spanned!(at(ty)=> <#ty as __sse::HoldsEvent>::name(#payload));
            quote!(Self::#ident(#payload) => #name)
        }
        _ => quote!(Self::#ident { .. } => ""),
    }
}

/// A mention of a variant that nothing else builds, so that this raises no warning.
fn never_built_from_outside(variant: &Variant<'_>) -> Option<TokenStream> {
    let ident = variant.ident;
    if let Becomes::Value { .. } = variant.event()?.becomes {
        return None;
    }
    Some(match &variant.shape {
        Shape::Unit => quote!(let _ = || Self::#ident;),
        Shape::Newtype(ty) => quote!(let _ = |__payload: #ty| Self::#ident(__payload);),
        Shape::Struct { fields, .. } => {
            let names: Vec<_> = fields.named.iter().filter_map(|field| field.ident.as_ref()).collect();
            let types = fields.named.iter().map(|field| &field.ty);
            let params: Vec<_> = (0..names.len()).map(|at| local(&format!("__field{at}"))).collect();
            quote!(let _ = |#(#params: #types),*| Self::#ident { #(#names: #params,)* };)
        }
    })
}
