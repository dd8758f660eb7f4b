//! What the derive writes works in any module and for any enum.
#![deny(warnings)]

mod derive_support;

use derive_support::{event, frame};

/// A module in which the names of the prelude mean something else.
mod shadowed {
    #![expect(dead_code, reason = "that they are there is the test")]
    #![allow(non_camel_case_types, reason = "names of primitive types are among them")]

    use sse_typed::{ServerSentEvent, SseEvents};

    struct Result;
    struct Option;
    struct String;
    struct Vec;
    struct Box;
    struct Some;
    struct None;
    struct Ok;
    struct Err;
    struct Send;
    struct Sync;
    struct Clone;
    struct From;
    struct Into;
    struct Deserialize;
    struct Dispatch;
    struct Frame;
    struct Error;
    struct bool;
    struct str;
    struct usize;
    mod core {}
    mod std {}
    mod serde {}
    mod sse {}

    /// Every attribute at once.
    #[derive(Debug, SseEvents)]
    #[sse(tag = "type", skip("pong"))]
    pub(super) enum Msg {
        Newtype(u32),
        Unit,
        #[sse(event = "keyed", key = "a")]
        Keyed(u32),
        #[sse(event = "keyed", data = "x", alias = "keyed2")]
        Exact,
        #[sse(text)]
        Text(u32),
        #[sse(with = read)]
        With(u32),
        #[sse(skip)]
        Skipped(u32),
        #[sse(skip)]
        SkippedInline {
            value: u32,
        },
        #[sse(error)]
        Failed(u32),
        #[sse(error, done, text)]
        Fatal(u32),
        #[sse(error)]
        Bare,
        #[sse(comment)]
        Comment(::std::string::String),
        #[sse(retry)]
        Retry(::std::time::Duration),
        #[sse(open)]
        Open(sse_typed::Connection),
        #[sse(other)]
        Other(ServerSentEvent),
    }

    /// What serde's derive does for the struct shadows everything but primitive types.
    pub(super) mod inline {
        struct Result;
        struct Option;
        struct String;
        struct Vec;
        struct Some;
        struct None;
        struct Ok;
        struct Err;
        struct Deserialize;
        mod core {}
        mod std {}
        mod serde {}

        #[derive(Debug, sse_typed::SseEvents)]
        pub(in super::super) enum Msg {
            Inline { value: u32, more: ::std::vec::Vec<u8> },
        }
    }

    #[expect(clippy::unnecessary_wraps, reason = "it is what `with` calls")]
    fn read(_: &::core::primitive::str) -> ::core::result::Result<u32, &'static ::core::primitive::str> {
        ::core::result::Result::Ok(7)
    }
}

#[test]
fn a_module_may_shadow_the_prelude() {
    use shadowed::Msg;
    assert!(matches!(event("newtype", "1").value(), Msg::Newtype(1)));
    assert!(matches!(event("", r#"{"type":"unit"}"#).value(), Msg::Unit));
    assert!(matches!(
        event("inline", r#"{"value":1,"more":[]}"#).value(),
        shadowed::inline::Msg::Inline { value: 1, more } if more.is_empty()
    ));
    assert!(matches!(event("with", "1").value(), Msg::With(7)));
    assert!(matches!(event("text", "1").value(), Msg::Text(1)));
    assert!(matches!(event("unit", "").value(), Msg::Unit));
    assert!(matches!(event("keyed2", "x").value(), Msg::Exact));
    assert!(matches!(event("what", "x").value(), Msg::Other(_)));
    assert!(matches!(frame(sse_typed::Frame::Comment("x")).value(), Msg::Comment(_)));
    assert_eq!(event::<Msg>("failed", "3").error().downcast_ref(), Some(&3_u32));
}

/// A module without a prelude.
mod bare {
    #![no_implicit_prelude]

    #[derive(::core::fmt::Debug, ::sse_typed::SseEvents)]
    #[sse(tag = "type", deny_unknown)]
    pub(super) enum Msg {
        Tick(u32),
        Inline {
            value: ::std::vec::Vec<u8>,
        },
        #[sse(event = "keyed", key = "a", error)]
        Keyed(u32),
        #[sse(text, skip)]
        #[cfg(any())]
        Gone,
        #[sse(text, done)]
        Text(u32),
        #[sse(comment)]
        Comment(::std::string::String),
    }
}

#[test]
fn a_module_may_do_without_a_prelude() {
    use bare::Msg;
    assert!(matches!(event("", r#"{"type":"inline","value":[1]}"#).value(), Msg::Inline { value } if value == [1]));
    assert!(matches!(event("tick", "1").value(), Msg::Tick(1)));
    assert!(matches!(event("text", "1").done(), Msg::Text(1)));
    assert!(matches!(frame(sse_typed::Frame::Comment("x")).value(), Msg::Comment(text) if text == "x"));
    assert_eq!(event::<Msg>("what", "").error().kind(), sse_typed::ErrorKind::Decode);
}

/// Parameters with the names that a macro would take.
mod generic {
    use std::collections::{BTreeMap, HashMap};
    use std::fmt::Debug;
    use std::hash::Hash;
    use std::str::FromStr;

    use serde::de::DeserializeOwned;
    use sse_typed::{Data, Deserializer, EventNames, SseEvents};

    use crate::derive_support::{event, event_with};

    /// No bound on any parameter is needed for what the derive writes.
    #[derive(Debug, PartialEq, Eq, SseEvents)]
    pub(super) enum Msg<D, E, T, U, const N: usize = 1> {
        One(D),
        Two(Box<E>),
        Three {
            value: T,
            map: BTreeMap<String, Vec<T>>,
        },
        #[sse(text)]
        Four(U),
        #[sse(error)]
        Five(E),
        #[sse(comment)]
        Six(T),
        Seven(Count<N>),
    }

    #[derive(Debug, PartialEq, Eq, serde::Deserialize)]
    pub(super) struct Count<const N: usize>(u8);

    /// The name of the parameter that the derive adds.
    #[derive(Debug, PartialEq, Eq, SseEvents)]
    enum Taken<__D, __D_> {
        One(__D),
        #[sse(key = "a")]
        Two(__D_),
    }

    /// An event may hold another.
    #[derive(Debug, PartialEq, Eq, SseEvents, serde::Deserialize)]
    enum Recursive {
        Leaf,
        Node { inner: Box<Self> },
        Direct(Box<Self>),
    }

    #[test]
    fn an_event_may_hold_another_of_its_type() {
        let leaf = || Box::new(Recursive::Leaf);
        assert_eq!(event::<Recursive>("node", r#"{"inner":"Leaf"}"#).value(), Recursive::Node { inner: leaf() });
        assert_eq!(event::<Recursive>("direct", r#""Leaf""#).value(), Recursive::Direct(leaf()));
    }

    type Numbers = Msg<u8, u16, String, u64>;

    #[test]
    fn parameters_may_have_any_names() {
        assert_eq!(event::<Numbers>("one", "1").value(), Msg::One(1));
        assert_eq!(event::<Numbers>("two", "2").value(), Msg::Two(Box::new(2)));
        let map = BTreeMap::from([("a".to_owned(), vec!["b".to_owned()])]);
        let got = event::<Numbers>("three", r#"{"value":"x","map":{"a":["b"]}}"#).value();
        assert_eq!(got, Msg::Three { value: "x".to_owned(), map });
        assert_eq!(event::<Numbers>("four", "4").value(), Msg::Four(4));
        assert_eq!(event::<Numbers>("five", "5").error().downcast_ref::<u16>(), Some(&5));
        assert_eq!(event::<Numbers>("seven", "7").value(), Msg::Seven(Count(7)));
        assert_eq!(event::<Taken<u8, u8>>("one", "1").value(), Taken::One(1));
        assert!(event::<Taken<u8, u8>>("two", "1").is_unknown());
    }

    /// Bounds and clauses of the user's own are kept.
    #[derive(Debug, SseEvents)]
    pub(super) enum Bounded<T: Iterator, U = String>
    where
        T::Item: Debug,
        U: Debug,
    {
        Item { item: T::Item },
        Whole(U),
    }

    #[test]
    fn bounds_of_the_enum_are_kept() {
        let got = event::<Bounded<std::vec::IntoIter<u8>>>("item", r#"{"item":3}"#).value();
        assert!(matches!(got, Bounded::Item { item: 3 }));
    }

    /// Where a field needs more than serde infers.
    #[derive(Debug, PartialEq, Eq, SseEvents)]
    pub(super) enum BoundOnEnum<K: Eq + Hash, V> {
        Map { map: HashMap<K, V> },
    }

    #[derive(Debug, SseEvents)]
    pub(super) enum BoundOnVariant<K, V> {
        #[serde(bound = "K: Eq + Hash + DeserializeOwned, V: DeserializeOwned")]
        Map {
            map: HashMap<K, V>,
        },
        Newtype(HashMap<K, V>),
    }

    #[test]
    fn a_field_may_need_more_than_serde_infers() {
        let map = HashMap::from([("a".to_owned(), 1)]);
        let got = event::<BoundOnEnum<String, u8>>("map", r#"{"map":{"a":1}}"#).value();
        assert_eq!(got, BoundOnEnum::Map { map: map.clone() });
        let got = event::<BoundOnVariant<String, u8>>("map", r#"{"map":{"a":1}}"#).value();
        assert!(matches!(got, BoundOnVariant::Map { map: got } if got == map));
        let got = event::<BoundOnVariant<String, u8>>("newtype", r#"{"a":1}"#).value();
        assert!(matches!(got, BoundOnVariant::Newtype(got) if got == map));
    }

    /// Clauses about the type itself are about the enum, not about the struct that a variant is read as.
    #[derive(Debug, SseEvents)]
    pub(super) enum OfItself<T: PartialEq<T>>
    where
        Self: Named,
    {
        Item { item: T },
    }

    pub(super) trait Named {}

    impl<T: PartialEq> Named for OfItself<T> {}

    #[test]
    fn a_clause_may_be_about_the_enum_itself() {
        assert!(matches!(event::<OfItself<u8>>("item", r#"{"item":3}"#).value(), OfItself::Item { item: 3 }));
    }

    fn read_as<'de, T: FromStr + 'static, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
        let text = <String as serde::Deserialize>::deserialize(deserializer)?;
        let kind = if text.parse::<T>().is_ok() { "good" } else { "bad" };
        Ok(format!("{kind} {text}"))
    }

    /// Parameters that only attributes of serde's mention, and one that is written raw.
    #[derive(Debug, PartialEq, Eq, SseEvents)]
    pub(super) enum Mentioned<T: FromStr + 'static, r#U> {
        #[sse(text)]
        Plain(T),
        Read {
            #[serde(deserialize_with = "read_as::<T, _>")]
            text: String,
        },
        ReadAlone(#[serde(deserialize_with = "read_as::<T, _>")] String),
        #[serde(bound = "T: Debug")]
        Bound {
            n: u8,
        },
        Raw {
            value: r#U,
        },
    }

    #[test]
    fn parameters_may_be_mentioned_in_attributes_alone_or_raw() {
        type Numbers = Mentioned<u8, u16>;
        assert_eq!(event::<Numbers>("read", r#"{"text":"7"}"#).value(), Numbers::Read { text: "good 7".to_owned() });
        assert_eq!(event::<Numbers>("read_alone", r#""x""#).value(), Numbers::ReadAlone("bad x".to_owned()));
        assert_eq!(event::<Numbers>("bound", r#"{"n":1}"#).value(), Numbers::Bound { n: 1 });
        assert_eq!(event::<Numbers>("raw", r#"{"value":1}"#).value(), Numbers::Raw { value: 1 });
    }

    /// Reads numbers, and nothing of serde's.
    #[derive(Debug)]
    struct Numeric;

    impl<T: FromStr> Deserializer<T> for Numeric
    where
        T::Err: Into<sse_typed::BoxError>,
    {
        type Error = T::Err;

        fn deserialize(&self, data: &str) -> Result<T, T::Err> {
            data.parse()
        }
    }

    #[derive(Debug, PartialEq, Eq, SseEvents)]
    enum Plain<T> {
        One(T),
    }

    #[test]
    fn an_enum_asks_of_a_deserializer_what_it_needs_and_no_more() {
        assert_eq!(event_with::<Plain<u8>, _>("one", "1", &Numeric).value(), Plain::One(1));
        assert_eq!(event_with::<Plain<Data<u8>>, _>("one", "1", &Wrapped).value(), Plain::One(Data(1)));
        assert_eq!(Plain::<u8>::EVENT_NAMES, ["one"]);
        assert_eq!(read(&Numeric), Some(1_u8));
    }

    /// Generic over the deserializer, with the bound that the derived impl has.
    fn read<T, D: Deserializer<T>>(deserializer: &D) -> Option<T> {
        let Plain::One(value) = event_with(Plain::<T>::EVENT_NAMES.first()?, "1", deserializer).value();
        Some(value)
    }

    #[derive(Debug)]
    struct Wrapped;

    impl Deserializer<Data<u8>> for Wrapped {
        type Error = std::num::ParseIntError;

        fn deserialize(&self, data: &str) -> Result<Data<u8>, Self::Error> {
            data.parse().map(Data)
        }
    }
}

/// What `#[cfg]` takes away is not there.
mod conditional {
    use sse_typed::{EventNames, SseEvents};

    use crate::derive_support::event;

    #[derive(Debug, PartialEq, Eq, SseEvents)]
    #[cfg_attr(all(), sse(rename_all = "UPPERCASE"))]
    #[cfg_attr(any(), sse(no_such_attribute))]
    enum Msg {
        #[cfg(not(any()))]
        Here(u8),
        #[cfg(any())]
        Gone(NoSuchType),
        #[cfg_attr(all(), sse(event = "here", data = "x"))]
        #[cfg_attr(any(), sse(event = "there"))]
        Exact,
        #[cfg(any())]
        #[sse(event = "HERE")]
        Taken,
        Inline {
            #[cfg(any())]
            gone: NoSuchType,
            #[cfg_attr(all(), serde(rename = "A"))]
            a: u8,
        },
    }

    #[test]
    fn variants_fields_and_attributes_may_be_conditional() {
        assert_eq!(Msg::EVENT_NAMES, ["HERE", "here", "INLINE"]);
        assert_eq!(event::<Msg>("HERE", "1").value(), Msg::Here(1));
        assert_eq!(event::<Msg>("here", "x").value(), Msg::Exact);
        assert_eq!(event::<Msg>("INLINE", r#"{"A":1}"#).value(), Msg::Inline { a: 1 });
    }
}

/// Variants and types with names that clash.
mod namesakes {
    use serde::Deserialize;
    use sse_typed::SseEvents;

    use crate::derive_support::{event, event_with};

    #[derive(Debug, Deserialize, PartialEq, Eq)]
    struct Tick {
        n: u8,
    }

    #[derive(Debug, PartialEq, Eq, SseEvents)]
    #[expect(clippy::enum_variant_names, reason = "a clash of names is the point")]
    enum Msg {
        Tick { tick: Tick },
        Option { value: Option<u8> },
        Msg { n: u8 },
        Result { n: u8 },
        String { n: u8 },
        Ok { n: u8 },
        Deserialize { n: u8 },
        r#Self_ { r#type: u8, __read: u8, event: u8, __event: u8, __deserializer: u8, de: u8 },
    }

    macro_rules! tick {
        () => {
            Tick
        };
    }

    macro_rules! optional {
        ($type:ty) => {
            Option<$type>
        };
    }

    /// Names that only a macro says, or that are written otherwise.
    mod hidden {
        use super::{SseEvents, Tick};

        #[derive(Debug, PartialEq, Eq, SseEvents)]
        pub(super) enum ByMacro {
            Tick { tick: tick!() },
            Option { value: optional!(u8) },
        }

        #[derive(Debug, PartialEq, Eq, SseEvents)]
        pub(super) enum Raw {
            r#Tick { tick: Tick },
        }

        #[derive(Debug, PartialEq, Eq, SseEvents)]
        #[expect(non_camel_case_types, reason = "names of primitive types are the point")]
        pub(super) enum Primitive {
            u64 { a: i32 },
            str { a: u64 },
            bool(#[serde(rename = "a")] u64),
        }
    }

    #[test]
    fn a_struct_variant_hides_no_type_whatever_its_name() {
        use hidden::{ByMacro, Primitive, Raw};
        let tick = || Tick { n: 1 };
        assert_eq!(event::<ByMacro>("tick", r#"{"tick":{"n":1}}"#).value(), ByMacro::Tick { tick: tick() });
        assert_eq!(event::<ByMacro>("option", r#"{"value":1}"#).value(), ByMacro::Option { value: Some(1) });
        assert_eq!(event::<Raw>("tick", r#"{"tick":{"n":1}}"#).value(), Raw::Tick { tick: tick() });
        assert_eq!(event::<Primitive>("u64", r#"{"a":1}"#).value(), Primitive::u64 { a: 1 });
        assert_eq!(event::<Primitive>("str", r#"{"a":1}"#).value(), Primitive::str { a: 1 });
        assert_eq!(event::<Primitive>("bool", "1").value(), Primitive::bool(1));
    }

    /// Has a variant Moved, and one named Type.
    #[derive(Debug, PartialEq, Eq, SseEvents)]
    enum Told {
        /// Moved to another place.
        Moved {
            n: u8,
        },
        r#Type {
            n: u8,
        },
        /// An Elapsed.
        Elapsed(#[serde(rename = "Elapsed")] u8),
    }

    #[test]
    fn errors_call_a_struct_variant_by_its_name_whatever_the_docs_say() {
        for (name, variant) in [("moved", "Moved"), ("type", "Type"), ("elapsed", "Elapsed")] {
            let error = event::<Told>(name, r#""x""#).error();
            assert_eq!(error.to_string(), format!("could not read event `{name}` as `{variant}`"));
        }
        let error = event::<Told>("type", "7").error();
        let source = std::error::Error::source(&error).expect("serde says why").to_string();
        assert!(source.contains("expected struct variant Told::Type at"), "{source}");
    }

    /// A format that passes on what a struct is called.
    #[derive(Debug)]
    struct StructNames;

    impl<T: serde::de::DeserializeOwned> sse_typed::Deserializer<T> for StructNames {
        type Error = serde::de::value::Error;

        fn deserialize(&self, _: &str) -> Result<T, Self::Error> {
            T::deserialize(StructName)
        }
    }

    struct StructName;

    impl<'de> serde::Deserializer<'de> for StructName {
        type Error = serde::de::value::Error;

        fn deserialize_any<V: serde::de::Visitor<'de>>(self, _: V) -> Result<V::Value, Self::Error> {
            Err(serde::de::Error::custom("no struct"))
        }

        fn deserialize_struct<V: serde::de::Visitor<'de>>(
            self,
            name: &'static str,
            _: &'static [&'static str],
            _: V,
        ) -> Result<V::Value, Self::Error> {
            Err(serde::de::Error::custom(name))
        }

        serde::forward_to_deserialize_any! {
            bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
            newtype_struct seq tuple tuple_struct map enum identifier ignored_any
        }
    }

    #[test]
    fn a_format_is_told_the_name_of_the_variant() {
        for (name, variant) in [("moved", "Moved"), ("type", "Type")] {
            let error = event_with::<Told, _>(name, "", &StructNames).error();
            assert_eq!(std::error::Error::source(&error).map(ToString::to_string).as_deref(), Some(variant));
        }
    }

    #[test]
    fn a_struct_variant_may_have_the_name_of_anything() {
        assert_eq!(event::<Msg>("tick", r#"{"tick":{"n":1}}"#).value(), Msg::Tick { tick: Tick { n: 1 } });
        assert_eq!(event::<Msg>("option", r#"{"value":null}"#).value(), Msg::Option { value: None });
        assert_eq!(event::<Msg>("msg", r#"{"n":1}"#).value(), Msg::Msg { n: 1 });
        assert_eq!(event::<Msg>("result", r#"{"n":1}"#).value(), Msg::Result { n: 1 });
        assert_eq!(event::<Msg>("string", r#"{"n":1}"#).value(), Msg::String { n: 1 });
        assert_eq!(event::<Msg>("ok", r#"{"n":1}"#).value(), Msg::Ok { n: 1 });
        assert_eq!(event::<Msg>("deserialize", r#"{"n":1}"#).value(), Msg::Deserialize { n: 1 });
        let got = event::<Msg>("self_", r#"{"type":1,"__read":2,"event":3,"__event":4,"__deserializer":5,"de":6}"#);
        let expected = Msg::Self_ { r#type: 1, __read: 2, event: 3, __event: 4, __deserializer: 5, de: 6 };
        assert_eq!(got.value(), expected);
    }
}

mod readers {
    pub(super) fn hex(data: &str) -> Result<u8, std::num::ParseIntError> {
        u8::from_str_radix(data, 16)
    }
}

/// Enums that another macro writes.
mod by_macro {
    use sse_typed::{EventNames, SseEvents};

    use crate::derive_support::event;

    use crate::readers::hex;

    macro_rules! events {
        ($name:ident, $($variant:ident($payload:ty) = $event:literal reads $reader:path,)*) => {
            #[derive(Debug, PartialEq, Eq, SseEvents)]
            enum $name {
                $(#[sse(event = $event, with = $reader)] $variant($payload),)*
                Plain(Option<u8>),
            }
        };
    }

    /// Where the derive finds the crate.
    pub(crate) mod framework {
        pub(crate) use sse_typed as sse;
    }

    macro_rules! in_framework {
        ($path:path, $by_literal:literal, $reader:expr) => {
            #[derive(Debug, PartialEq, Eq, SseEvents)]
            #[sse(crate = $path)]
            enum ByPath {
                #[sse(with = $reader)]
                Tick(u8),
            }

            #[derive(Debug, PartialEq, Eq, SseEvents)]
            #[sse(crate = $by_literal, tag = "type")]
            enum ByLiteral {
                Tick { n: u8 },
            }

            #[derive(Debug, PartialEq, Eq, SseEvents)]
            #[sse(crate = $crate::by_macro::framework::sse)]
            enum ByCrate {
                Tick { n: u8 },
            }
        };
    }

    in_framework!(crate::by_macro::framework::sse, "crate::by_macro::framework::sse", hex);

    #[test]
    fn the_crate_is_found_by_a_path_or_by_a_string_that_holds_one() {
        assert_eq!(event::<ByPath>("tick", "ff").value(), ByPath::Tick(255));
        assert_eq!(event::<ByLiteral>("", r#"{"type":"tick","n":1}"#).value(), ByLiteral::Tick { n: 1 });
        assert_eq!(event::<ByCrate>("tick", r#"{"n":1}"#).value(), ByCrate::Tick { n: 1 });
    }

    events!(Msg, One(u8) = "one.1" reads hex, Two(u8) = "two.2" reads crate::readers::hex,);

    #[test]
    fn names_types_and_paths_may_come_out_of_a_macro() {
        assert_eq!(Msg::EVENT_NAMES, ["one.1", "two.2", "plain"]);
        assert_eq!(event::<Msg>("two.2", "ff").value(), Msg::Two(255));
        assert_eq!(event::<Msg>("plain", "null").value(), Msg::Plain(None));
    }
}

/// A type inside a function.
#[test]
fn an_enum_may_be_local() {
    #[derive(Debug, sse_typed::SseEvents)]
    enum Msg {
        Tick(Local),
        #[deprecated]
        #[allow(dead_code)]
        Old {
            n: u8,
        },
    }

    #[derive(Debug, serde::Deserialize)]
    struct Local(u8);

    assert!(matches!(event("tick", "3").value(), Msg::Tick(Local(3))));
}
