//! Reads `#[sse(..)]` attributes: tokens become values, each in its place and form.
//!
//! Knows nothing of which attributes go together.

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{AngleBracketedGenericArguments, Attribute, ExprPath, Ident, LitStr, Meta, Path, PathArguments, Token};

use crate::ctxt::Ctxt;

/// What stands on an enum.
#[derive(Default)]
pub(crate) struct EnumAttrs {
    pub(crate) rename_all: Option<LitStr>,
    pub(crate) deny_unknown: Option<Ident>,
    pub(crate) skip: Vec<LitStr>,
    pub(crate) tag: Option<LitStr>,
    pub(crate) krate: Option<Path>,
}

/// What stands on a struct.
#[derive(Default)]
pub(crate) struct StructAttrs {
    pub(crate) event: Option<LitStr>,
    pub(crate) alias: Vec<LitStr>,
    pub(crate) deny_unknown: Option<Ident>,
    pub(crate) krate: Option<Path>,
}

/// What stands on a variant.
#[derive(Default)]
pub(crate) struct VariantAttrs {
    pub(crate) event: Option<LitStr>,
    pub(crate) alias: Vec<LitStr>,
    pub(crate) data: Option<LitStr>,
    pub(crate) key: Option<LitStr>,
    pub(crate) other: Option<Ident>,
    pub(crate) comment: Option<Ident>,
    pub(crate) retry: Option<Ident>,
    pub(crate) open: Option<Ident>,
    pub(crate) text: Option<Ident>,
    pub(crate) with: Option<(Ident, ExprPath)>,
    pub(crate) skip: Option<Ident>,
    pub(crate) done: Option<Ident>,
    pub(crate) error: Option<Ident>,
}

const EVENT: &str = r#"#[sse(event = "order.shipped")]"#;
const ALIAS: &str = r#"#[sse(alias = "shipped")]"#;
const CRATE: &str = "#[sse(crate = path::to::sse_typed)]";
const WITH: &str = "`with` takes a path: #[sse(with = path::to::function)]";

impl EnumAttrs {
    pub(crate) fn read(cx: &Ctxt, attrs: &[Attribute]) -> Self {
        let mut this = Self::default();
        each_entry(cx, attrs, |entry| match &*entry.word {
            "rename_all" => entry.text(&mut this.rename_all, r#"#[sse(rename_all = "kebab-case")]"#),
            "deny_unknown" => entry.flag(&mut this.deny_unknown),
            "skip" => entry.names(&mut this.skip),
            "tag" => entry.text(&mut this.tag, r#"#[sse(tag = "type")]"#),
            "crate" => entry.module().is_some_and(|path| entry.put(&mut this.krate, path)),
            _ => entry.unknown(Place::Enum),
        });
        this
    }
}

impl StructAttrs {
    pub(crate) fn read(cx: &Ctxt, attrs: &[Attribute]) -> Self {
        let mut this = Self::default();
        each_entry(cx, attrs, |entry| match &*entry.word {
            "event" => entry.text(&mut this.event, EVENT),
            "alias" => entry.one_more_text(&mut this.alias, ALIAS),
            "deny_unknown" => entry.flag(&mut this.deny_unknown),
            "crate" => entry.module().is_some_and(|path| entry.put(&mut this.krate, path)),
            _ => entry.unknown(Place::Struct),
        });
        this
    }
}

impl VariantAttrs {
    pub(crate) fn read(cx: &Ctxt, attrs: &[Attribute]) -> Self {
        let mut this = Self::default();
        each_entry(cx, attrs, |entry| match &*entry.word {
            "event" => entry.text(&mut this.event, EVENT),
            "alias" => entry.one_more_text(&mut this.alias, ALIAS),
            "data" => entry.text(&mut this.data, r#"#[sse(data = "[DONE]")]"#),
            "key" => entry.text(&mut this.key, r#"#[sse(key = "error")]"#),
            "other" => entry.flag(&mut this.other),
            "comment" => entry.flag(&mut this.comment),
            "retry" => entry.flag(&mut this.retry),
            "open" => entry.flag(&mut this.open),
            "text" => entry.flag(&mut this.text),
            "with" => entry.function().is_some_and(|path| entry.put(&mut this.with, (entry.name.clone(), path))),
            "skip" => entry.flag(&mut this.skip),
            "done" => entry.flag(&mut this.done),
            "error" => entry.flag(&mut this.error),
            _ => entry.unknown(Place::Variant),
        });
        this
    }
}

/// Refuses attributes where none have a meaning.
pub(crate) fn none_on_field(cx: &Ctxt, attrs: &[Attribute], owner: &str) {
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("sse")) {
        cx.mistake_in(attr, format_args!("`#[sse(..)]` goes on the {owner}, not on a field"));
    }
}

/// One entry of a list: `word`, `word = value` or `word(values)`.
struct Entry<'a, 'b> {
    cx: &'a Ctxt,
    name: Ident,
    word: String,
    input: ParseStream<'b>,
}

/// Calls `read` with each entry of each `#[sse(..)]`. It says whether the entry could be read; what is left of one that
/// could not is passed over, and the next one read.
fn each_entry(cx: &Ctxt, attrs: &[Attribute], mut read: impl FnMut(&Entry<'_, '_>) -> bool) {
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("sse")) {
        let Meta::List(list) = &attr.meta else {
            cx.mistake_in(&attr.meta, format_args!("`sse` takes a list in parentheses: {EVENT}"));
            continue;
        };
        let entries = |input: ParseStream<'_>| {
            while !input.is_empty() {
                match input.call(Ident::parse_any) {
                    Ok(name) => {
                        let word = name.unraw().to_string();
                        if !read(&Entry { cx, name, word, input }) {
                            pass_over_entry(input);
                        }
                    }
                    Err(error) => {
                        cx.mistake(error.span(), format_args!("an attribute begins with its name: {EVENT}"));
                        pass_over_entry(input);
                    }
                }
                if !input.is_empty() && input.parse::<Option<Token![,]>>()?.is_none() {
                    let message = if input.peek(Ident::peek_any) {
                        "a comma is missing before this"
                    } else {
                        "a comma is expected here, or the end of the list"
                    };
                    cx.mistake(input.span(), message);
                    pass_over_entry(input);
                    input.parse::<Option<Token![,]>>()?;
                }
            }
            Ok(())
        };
        if let Err(error) = list.parse_args_with(entries) {
            cx.mistake(error.span(), error);
        }
    }
}

/// A path as it stands in an expression, and no part of one that stands for a type.
fn whole_path(input: ParseStream<'_>) -> syn::Result<ExprPath> {
    let path = input.parse()?;
    if input.peek(Token![<]) { Err(input.error("type arguments")) } else { Ok(path) }
}

/// The path of a type as one writes it in an expression.
fn in_expression(mut path: Path) -> Path {
    for segment in &mut path.segments {
        if let PathArguments::AngleBracketed(arguments) = &mut segment.arguments {
            arguments.colon2_token = Some(<Token![::]>::default());
        }
    }
    path
}

/// Code as one would write it, if it is short.
pub(crate) fn plain(tokens: &impl ToTokens) -> String {
    let text = tokens.to_token_stream().to_string();
    text.replace(" :: ", "::").replace(" <", "<").replace("< ", "<").replace(" >", ">").replace(" ,", ",")
}

/// Drops tokens up to the next comma.
fn pass_over_entry(input: ParseStream<'_>) {
    while !input.is_empty() && !input.peek(Token![,]) {
        drop(input.parse::<TokenTree>());
    }
}

impl Entry<'_, '_> {
    fn put<T>(&self, slot: &mut Option<T>, value: T) -> bool {
        if slot.is_some() {
            let fix = if self.word == "event" { r#"; more names: #[sse(alias = "shipped")]"# } else { "" };
            self.cx.mistake(self.name.span(), format_args!("`{}` is given twice{fix}", self.word));
        } else {
            *slot = Some(value);
        }
        true
    }

    /// `word`
    fn flag(&self, slot: &mut Option<Ident>) -> bool {
        if self.input.peek(Token![=]) || self.input.peek(syn::token::Paren) {
            self.mistake_in_value(&format!("`{0}` takes no value: #[sse({0})]", self.word));
            return false;
        }
        self.put(slot, self.name.clone())
    }

    /// `word = "text"`
    fn text(&self, slot: &mut Option<LitStr>, example: &str) -> bool {
        self.string(example).is_some_and(|text| self.put(slot, text))
    }

    /// `word = "text"`, any number of times
    fn one_more_text(&self, texts: &mut Vec<LitStr>, example: &str) -> bool {
        self.string(example).is_some_and(|text| {
            texts.push(text);
            true
        })
    }

    fn string(&self, example: &str) -> Option<LitStr> {
        let word = &self.word;
        let message = format!("`{word}` takes a string literal: {example}");
        self.equals(&message)?;
        let Some(text) = self.attempt(<LitStr as Parse>::parse) else {
            self.mistake_in_value(&message);
            return None;
        };
        let more = if word == "alias" {
            r#"; a further name is an entry of its own: #[sse(alias = "shipped", alias = "sent")]"#
        } else {
            ""
        };
        self.ends(|_| format!("`{word}` takes a string literal, and nothing after it{more}")).then_some(text)
    }

    /// `crate = path`, or as serde has it, `crate = "path"`
    fn module(&self) -> Option<Path> {
        let message = format!("`{}` takes a path: {CRATE}", self.word);
        self.equals(&message)?;
        let quoted = |input: ParseStream<'_>| input.parse::<LitStr>()?.parse_with(Path::parse_mod_style);
        let Some(path) = self.attempt(quoted).or_else(|| self.attempt(Path::parse_mod_style)) else {
            self.mistake_in_value(&message);
            return None;
        };
        self.ends(|_| format!("this is no part of a path: {CRATE}")).then_some(path)
    }

    /// `with = path`
    fn function(&self) -> Option<ExprPath> {
        let word = &self.word;
        self.equals(WITH)?;
        if let Ok(text) = self.input.fork().parse::<LitStr>() {
            let path = text.parse::<ExprPath>().map_or_else(|_| "path".into(), |_| text.value());
            self.mistake_in_value(&format!("`{word}` takes a path, not a string: #[sse({word} = {path})]"));
            return None;
        }
        let Some(path) = self.attempt(whole_path) else {
            if let Some(path) = self.attempt(Path::parse) {
                let fix = plain(&in_expression(path.clone()));
                self.cx.mistake_in(
                    path,
                    format_args!("type arguments of a function come after `::`: #[sse({word} = {fix})]"),
                );
                return None;
            }
            self.mistake_in_value(WITH);
            return None;
        };
        let message = |rest: &TokenStream| {
            let path = plain(&path);
            if syn::parse2::<Group>(rest.clone()).is_ok() {
                format!("`{word}` takes the function, and calls it itself: #[sse({word} = {path})]")
            } else {
                format!("this is no part of a path: #[sse({word} = {path})]")
            }
        };
        self.ends(message).then_some(path)
    }

    /// What comes next, if it is that.
    fn attempt<T>(&self, parse: impl Fn(ParseStream<'_>) -> syn::Result<T>) -> Option<T> {
        parse(&self.input.fork()).ok()?;
        parse(self.input).ok()
    }

    /// The sign between a word and its value.
    fn equals(&self, message: &str) -> Option<()> {
        if self.input.peek(Token![=]) {
            return self.input.parse::<Token![=]>().ok().map(drop);
        }
        self.mistake_in_value(message);
        None
    }

    /// Whether the value ends here: with a comma, or where one was forgotten. The message is of what comes instead.
    fn ends(&self, message: impl FnOnce(&TokenStream) -> String) -> bool {
        if self.input.is_empty() || self.input.peek(Token![,]) || self.input.peek(Ident::peek_any) {
            return true;
        }
        // These may hold commas of their own.
        let arguments = self.attempt(AngleBracketedGenericArguments::parse);
        let rest = arguments.map_or_else(|| self.rest(), ToTokens::into_token_stream);
        self.cx.mistake_in(&rest, message(&rest));
        false
    }

    /// What stands between here and the next comma.
    fn rest(&self) -> TokenStream {
        let rest = self.input.fork();
        let mut tokens = TokenStream::new();
        while !rest.is_empty() && !rest.peek(Token![,]) {
            tokens.extend(rest.parse::<TokenTree>());
        }
        tokens
    }

    /// `word("text", "text")`
    fn names(&self, names: &mut Vec<LitStr>) -> bool {
        let message = format!(r#"`{0}` on an enum takes names of events: #[sse({0}("ping", "keepalive"))]"#, self.word);
        if !self.input.peek(syn::token::Paren) {
            self.mistake_in_value(&message);
            return false;
        }
        let Ok(TokenTree::Group(group)) = self.input.parse() else { return false };
        let parser = Punctuated::<LitStr, Token![,]>::parse_terminated;
        match syn::parse::Parser::parse2(parser, group.stream()) {
            Ok(list) if !list.is_empty() => names.extend(list),
            Ok(_) => self.cx.mistake(group.span(), message),
            Err(error) => self.cx.mistake(error.span(), message),
        }
        true
    }

    /// A mistake in what stands between here and the next comma, or in the name where nothing does.
    fn mistake_in_value(&self, message: &str) {
        let tokens = self.rest();
        if tokens.is_empty() {
            self.cx.mistake(self.name.span(), message);
        } else {
            self.cx.mistake_in(tokens, message);
        }
    }

    fn unknown(&self, place: Place) -> bool {
        let word = &*self.word;
        let on = place.name();
        let here = || place.words().iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
        let message = if let Some(hint) = place.habit(word) {
            format!("no attribute `{word}` on {on}: {hint}")
        } else if let Some(other) = Place::ALL.into_iter().find(|other| other.words().contains(&word)) {
            format!("`{word}` goes on {}, not on {on}, which takes {}", other.name(), here())
        } else if let Some(near) = nearest(word, place.words()) {
            format!("no attribute `{word}`; did you mean `{near}`?")
        } else {
            format!("no attribute `{word}`; {on} takes {}", here())
        };
        self.cx.mistake(self.name.span(), message);
        false
    }
}

/// Where an attribute stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Enum,
    Struct,
    Variant,
}

impl Place {
    const ALL: [Self; 3] = [Self::Variant, Self::Enum, Self::Struct];

    fn name(self) -> &'static str {
        match self {
            Self::Enum => "an enum",
            Self::Struct => "a struct",
            Self::Variant => "a variant",
        }
    }

    /// All that the readers above know.
    fn words(self) -> &'static [&'static str] {
        match self {
            Self::Enum => &["rename_all", "deny_unknown", "skip", "tag", "crate"],
            Self::Struct => &["event", "alias", "deny_unknown", "crate"],
            Self::Variant => &[
                "event", "alias", "data", "key", "other", "comment", "retry", "open", "text", "with", "skip", "done",
                "error",
            ],
        }
    }

    /// What a word means that someone used to other crates, serde above all, would write here.
    fn habit(self, word: &str) -> Option<&'static str> {
        use Place::{Enum, Struct, Variant};
        Some(match (self, word) {
            (Variant | Struct, "rename" | "name" | "event_name") => {
                r#"the name on the wire is #[sse(event = "order.shipped")]"#
            }
            (Enum, "rename" | "event" | "alias" | "name") => {
                r#"an enum has no name of its own; on a variant, #[sse(event = "order.shipped")]"#
            }
            (Variant, "aliases") => r#"one for each name: #[sse(alias = "shipped", alias = "sent")]"#,
            (Variant, "tag" | "type") => {
                r#"the field that tells unnamed events apart is named on the enum, #[sse(tag = "type")], and its value is the variant's `event`"#
            }
            (Variant, "rename_all") => {
                r#"casing is a matter of the enum; the fields of a struct variant take #[serde(rename_all = "camelCase")]"#
            }
            (Variant | Enum, "untagged") => {
                r#"events are told apart by name, or by a key in their data: #[sse(key = "error")] on a variant"#
            }
            (Enum, "content") => "an event's data is the payload itself, there is no field around it",
            (Enum, "deny_unknown_fields") => {
                "to refuse unknown events, #[sse(deny_unknown)]; for unknown fields, #[serde(deny_unknown_fields)] on the payload"
            }
            (Enum, "rename_all_fields") => {
                r#"for the fields of struct variants, #[serde(rename_all_fields = "camelCase")]"#
            }
            (Variant, "deserialize_with" | "decode" | "parse") => {
                "a function that reads this variant is #[sse(with = path::to::function)]"
            }
            (Variant, "from_str" | "raw" | "str" | "string") => {
                "the data as it stands, through `FromStr`, is #[sse(text)]"
            }
            (Variant, "unknown" | "fallback" | "catch_all" | "default" | "rest") => {
                "the variant for events that no other names is #[sse(other)]"
            }
            (Variant, "sentinel" | "value" | "equals") => r#"for data that is exactly this, #[sse(data = "[DONE]")]"#,
            (Variant, "has_key" | "field") => r#"for data that is a map with this key, #[sse(key = "error")]"#,
            (Variant, "terminal" | "end" | "last" | "final" | "close" | "stop") => {
                "the event that ends the stream is #[sse(done)]"
            }
            (Variant, "ignore" | "skip_deserializing") => "an event that is known and not wanted is #[sse(skip)]",
            (Enum, "ignore") => r#"names that are known and not wanted are #[sse(skip("ping", "keepalive"))]"#,
            (Variant, "err" | "fail") => "an event that becomes an `Err` is #[sse(error)]",
            (Variant, "id") => "an item's id is in `TypedServerSentEvent::id`, whichever variant it is",
            (Struct, "tag" | "skip" | "rename_all") => "it needs variants, and so an enum",
            (Struct, "data" | "key" | "other" | "comment" | "retry" | "open" | "text" | "with" | "done" | "error") => {
                "it is one of an enum's variants"
            }
            _ => return None,
        })
    }
}

/// The one of `words` that `word` was probably meant to be.
pub(crate) fn nearest(word: &str, words: &[&'static str]) -> Option<&'static str> {
    let most = if word.len() <= 4 { 1 } else { 2 };
    let near = words.iter().map(|candidate| (distance(word, candidate), *candidate));
    near.filter(|(distance, _)| *distance <= most).min_by_key(|(distance, _)| *distance).map(|(_, word)| word)
}

/// How many letters have to be inserted, dropped, replaced or swapped with their neighbour.
fn distance(from: &str, to: &str) -> usize {
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=to.len()).collect()];
    for (i, a) in from.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in to.iter().enumerate() {
            let mut least = (rows[i][j] + usize::from(a != b)).min(rows[i][j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == to[j - 1] && from[i - 1] == *b {
                least = least.min(rows[i - 1][j - 1] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[from.len()][to.len()]
}

/// How the name of a variant becomes that of an event. The rules are serde's.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Casing {
    Lower,
    Upper,
    Pascal,
    Camel,
    Snake,
    ScreamingSnake,
    Kebab,
    ScreamingKebab,
}

impl Casing {
    const ALL: [(&'static str, Self); 8] = [
        ("lowercase", Self::Lower),
        ("UPPERCASE", Self::Upper),
        ("PascalCase", Self::Pascal),
        ("camelCase", Self::Camel),
        ("snake_case", Self::Snake),
        ("SCREAMING_SNAKE_CASE", Self::ScreamingSnake),
        ("kebab-case", Self::Kebab),
        ("SCREAMING-KEBAB-CASE", Self::ScreamingKebab),
    ];

    /// The casing of that name. One that there is not is a mistake, and taken for the usual one.
    pub(crate) fn read(cx: &Ctxt, text: &LitStr) -> Self {
        let value = text.value();
        if let Some(casing) = Self::of_name(&value) {
            return casing;
        }
        let plain = |name: &str| name.replace(['_', '-'], "").to_lowercase();
        let names = Self::ALL.map(|(name, _)| name);
        let message = match names.iter().find(|name| plain(name) == plain(&value)) {
            Some(near) => format!(r#"no casing "{value}"; did you mean "{near}"?"#),
            None => format!(r#"no casing "{value}"; there are "{}""#, names.join(r#"", ""#)),
        };
        cx.mistake(text.span(), message);
        Self::Snake
    }

    pub(crate) fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find_map(|(known, casing)| (known == name).then_some(casing))
    }

    /// The name of a variant in this casing.
    pub(crate) fn name_of(self, variant: &Ident) -> String {
        self.apply(&variant.unraw().to_string())
    }

    /// The name of a field in this casing, as serde has it: fields are in snake case to begin with.
    pub(crate) fn name_of_field(self, field: &Ident) -> String {
        let field = field.unraw().to_string();
        let capitalized = || {
            field
                .split('_')
                .flat_map(|word| word.chars().take(1).flat_map(char::to_uppercase).chain(word.chars().skip(1)))
        };
        match self {
            Self::Lower | Self::Snake => field,
            Self::Upper | Self::ScreamingSnake => field.to_ascii_uppercase(),
            Self::Pascal => capitalized().collect(),
            Self::Camel => Self::Camel.apply(&capitalized().collect::<String>()),
            Self::Kebab => field.replace('_', "-"),
            Self::ScreamingKebab => field.to_ascii_uppercase().replace('_', "-"),
        }
    }

    fn apply(self, variant: &str) -> String {
        match self {
            Self::Pascal => variant.to_owned(),
            Self::Lower => variant.to_ascii_lowercase(),
            Self::Upper => variant.to_ascii_uppercase(),
            Self::Camel => {
                let mut chars = variant.chars();
                chars.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(chars).collect()
            }
            Self::Snake => {
                let mut snake = String::new();
                for (at, char) in variant.char_indices() {
                    if at > 0 && char.is_uppercase() {
                        snake.push('_');
                    }
                    snake.push(char.to_ascii_lowercase());
                }
                snake
            }
            Self::ScreamingSnake => Self::Snake.apply(variant).to_ascii_uppercase(),
            Self::Kebab => Self::Snake.apply(variant).replace('_', "-"),
            Self::ScreamingKebab => Self::ScreamingSnake.apply(variant).replace('_', "-"),
        }
    }
}

#[cfg(test)]
mod tests {
    use syn::parse::Parser as _;

    use super::*;

    #[test]
    fn casings_are_those_of_serde() {
        for (casing, outcome, very_tasty) in [
            (Casing::Lower, "outcome", "verytasty"),
            (Casing::Upper, "OUTCOME", "VERYTASTY"),
            (Casing::Pascal, "Outcome", "VeryTasty"),
            (Casing::Camel, "outcome", "veryTasty"),
            (Casing::Snake, "outcome", "very_tasty"),
            (Casing::ScreamingSnake, "OUTCOME", "VERY_TASTY"),
            (Casing::Kebab, "outcome", "very-tasty"),
            (Casing::ScreamingKebab, "OUTCOME", "VERY-TASTY"),
        ] {
            assert_eq!(casing.apply("Outcome"), outcome);
            assert_eq!(casing.apply("VeryTasty"), very_tasty);
        }
    }

    #[test]
    fn casings_of_fields_are_those_of_serde() {
        let field = Ident::new("very_tasty", proc_macro2::Span::call_site());
        for (name, expected) in [
            ("lowercase", "very_tasty"),
            ("UPPERCASE", "VERY_TASTY"),
            ("PascalCase", "VeryTasty"),
            ("camelCase", "veryTasty"),
            ("snake_case", "very_tasty"),
            ("SCREAMING_SNAKE_CASE", "VERY_TASTY"),
            ("kebab-case", "very-tasty"),
            ("SCREAMING-KEBAB-CASE", "VERY-TASTY"),
        ] {
            assert_eq!(Casing::of_name(name).expect("a casing").name_of_field(&field), expected);
        }
    }

    #[test]
    fn a_swapped_pair_of_letters_counts_once() {
        for (from, to, steps) in [("evnet", "event", 1), ("even", "event", 1), ("dta", "data", 1), ("done", "data", 3)]
        {
            assert_eq!(distance(from, to), steps, "{from} {to}");
        }
    }

    #[test]
    fn the_words_of_a_place_are_those_that_are_read_there() {
        for place in Place::ALL {
            for word in place.words() {
                let word = Ident::parse_any.parse_str(word).unwrap();
                let attr: Attribute = syn::parse_quote!(#[sse(#word)]);
                let cx = Ctxt::default();
                match place {
                    Place::Enum => drop(EnumAttrs::read(&cx, &[attr])),
                    Place::Struct => drop(StructAttrs::read(&cx, &[attr])),
                    Place::Variant => drop(VariantAttrs::read(&cx, &[attr])),
                }
                let mistakes = cx.into_compile_errors().map(|mistakes| mistakes.to_string()).unwrap_or_default();
                assert!(!mistakes.contains("no attribute") && !mistakes.contains("goes on"), "{word}: {mistakes}");
            }
        }
    }

    #[test]
    fn a_far_word_is_not_meant() {
        assert_eq!(nearest("evnt", Place::Variant.words()), Some("event"));
        assert_eq!(nearest("banana", Place::Variant.words()), None);
        assert_eq!(nearest("xy", Place::Variant.words()), None);
    }
}
