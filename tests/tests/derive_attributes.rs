//! What each attribute of the derive does.

mod derive_support;

use std::time::Duration;

use derive_support::{Got, event, event_with, frame, values};
use serde::{Deserialize, Serialize};
use sse_typed::{
    BoxError, Closure, Connection, Deserializer, Dispatch, ErrorKind, EventNames, Frame, Json, Parser, RawEvent,
    ServerSentEvent, SseEvents,
};

#[derive(Debug, Deserialize, PartialEq)]
struct Price {
    cents: u32,
}

mod variants {
    use super::*;

    #[derive(Debug, PartialEq, SseEvents)]
    enum Msg {
        PriceChanged(Price),
        Moved { from: u32, to: u32 },
        Closed,
        HTTPError(String),
        r#Type(u8),
    }

    #[test]
    fn a_newtype_variant_is_read_by_the_deserializer() {
        assert_eq!(event::<Msg>("price_changed", r#"{"cents":420}"#).value(), Msg::PriceChanged(Price { cents: 420 }));
    }

    #[test]
    fn a_struct_variant_is_read_as_a_struct() {
        assert_eq!(event::<Msg>("moved", r#"{"to":2,"from":1,"by":"x"}"#).value(), Msg::Moved { from: 1, to: 2 });
    }

    #[test]
    fn a_unit_variant_ignores_the_data_whatever_it_is() {
        for data in ["", "undefined", "{", "{\"a\":1}", "null", "\u{1}"] {
            assert_eq!(event::<Msg>("closed", data).value(), Msg::Closed, "{data:?}");
        }
    }

    #[test]
    fn names_are_in_the_snake_case_of_serde() {
        assert_eq!(Msg::EVENT_NAMES, ["price_changed", "moved", "closed", "h_t_t_p_error", "type"]);
        assert_eq!(event::<Msg>("type", "7").value(), Msg::r#Type(7));
        assert!(event::<Msg>("Closed", "").is_unknown(), "names are compared as they are");
    }

    #[test]
    fn a_known_name_with_bad_data_is_a_decode_error_that_tells_all() {
        let error = event::<Msg>("price_changed", r#"{"cents":"a lot"}"#).error();
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert!(!error.is_final());
        assert_eq!(error.to_string(), "could not read event `price_changed` as `Price`");
        assert_eq!(error.path(), Some("cents"));
        assert_eq!(error.event().map(|event| &*event.data), Some(r#"{"cents":"a lot"}"#));
    }

    #[test]
    fn an_inline_struct_has_the_variants_name_in_errors() {
        let error = event::<Msg>("moved", "[]").error();
        assert_eq!(error.to_string(), "could not read event `moved` as `Moved`");
        let error = event::<Msg>("moved", "7").error();
        let source = std::error::Error::source(&error).expect("serde says why").to_string();
        assert!(source.contains("struct variant Msg::Moved"), "{source}");
    }

    #[test]
    fn an_event_of_no_known_name_is_unknown() {
        assert!(event::<Msg>("other", "{}").is_unknown());
        assert!(event::<Msg>("message", "{}").is_unknown());
    }

    #[test]
    fn frames_that_are_no_events_are_skipped() {
        assert!(frame::<Msg>(Frame::Comment("ping")).is_skipped());
        assert!(frame::<Msg>(Frame::Retry(Duration::from_secs(1))).is_skipped());
    }

    #[test]
    fn a_value_knows_its_name() {
        assert_eq!(Msg::Closed.event_name(), "closed");
        assert_eq!(Msg::Moved { from: 0, to: 0 }.event_name(), "moved");
        assert_eq!(Msg::PriceChanged(Price { cents: 0 }).event_name(), "price_changed");
    }
}

mod casing {
    use super::*;

    macro_rules! cased {
        ($($module:ident $casing:literal $name:literal;)*) => {$(
            mod $module {
                #[derive(sse_typed::SseEvents)]
                #[sse(rename_all = $casing)]
                pub(super) enum Msg {
                    VeryTasty,
                    #[sse(event = "As.Written")]
                    Other,
                }
            }
        )*

        #[test]
        fn every_casing_of_serde_is_known_and_leaves_names_given_by_hand() {
            $(
                assert_eq!($module::Msg::EVENT_NAMES, [$name, "As.Written"]);
                assert!(matches!(event($name, "").value(), $module::Msg::VeryTasty));
                assert!(matches!(event("As.Written", "").value(), $module::Msg::Other));
            )*
        }
        };
    }

    cased! {
        lower "lowercase" "verytasty";
        upper "UPPERCASE" "VERYTASTY";
        pascal "PascalCase" "VeryTasty";
        camel "camelCase" "veryTasty";
        snake "snake_case" "very_tasty";
        screaming_snake "SCREAMING_SNAKE_CASE" "VERY_TASTY";
        kebab "kebab-case" "very-tasty";
        screaming_kebab "SCREAMING-KEBAB-CASE" "VERY-TASTY";
    }
}

mod names {
    use super::*;

    #[derive(Debug, PartialEq, SseEvents)]
    enum Msg {
        #[sse(event = "order.shipped", alias = "shipped", alias = "sent")]
        Shipped(u32),
        #[sse(event = "message")]
        Chunk(String),
        #[sse(alias = "end")]
        #[sse(done)]
        Close,
    }

    #[test]
    fn every_name_of_a_variant_leads_to_it() {
        for name in ["order.shipped", "shipped", "sent"] {
            assert_eq!(event::<Msg>(name, "1").value(), Msg::Shipped(1), "{name}");
        }
        assert!(event::<Msg>("order", "1").is_unknown());
    }

    #[test]
    fn an_item_bears_the_name_that_came_and_not_the_main_one() {
        for name in ["order.shipped", "shipped", "sent"] {
            let dispatch = Msg::from_frame(Frame::Event(RawEvent::new(name, "1")), &Json).expect("a number");
            assert_eq!(format!("{dispatch:?}"), named(&Msg::Shipped(1), name, false));
        }
        let dispatch = Msg::from_frame(Frame::Event(RawEvent::new("", "\"hi\"")), &Json).expect("a string");
        assert_eq!(format!("{dispatch:?}"), named(&Msg::Chunk("hi".into()), "message", false));
        let dispatch = Msg::from_frame(Frame::Event(RawEvent::new("end", "")), &Json).expect("a unit variant");
        assert_eq!(format!("{dispatch:?}"), named(&Msg::Close, "end", true));
    }

    /// As a dispatch with this name shows itself.
    fn named(value: &Msg, name: &str, done: bool) -> String {
        let name = name.to_owned().leak();
        let value = match value {
            Msg::Shipped(count) => Msg::Shipped(*count),
            Msg::Chunk(text) => Msg::Chunk(text.clone()),
            Msg::Close => Msg::Close,
        };
        let dispatch = Dispatch::value(value).named(name);
        format!("{:?}", if done { dispatch.done() } else { dispatch })
    }

    #[test]
    fn message_takes_events_without_a_name_and_with_that_name() {
        let text = "data: \"one\"\n\nevent: message\ndata: \"two\"\n\nevent:\ndata: \"three\"\n\n";
        assert_eq!(values::<Msg>(text), ["one", "two", "three"].map(|text| Msg::Chunk(text.to_owned())));
    }

    #[test]
    fn lists_of_names_hold_no_aliases() {
        assert_eq!(Msg::EVENT_NAMES, ["order.shipped", "message", "close"]);
        assert_eq!(Msg::Shipped(1).event_name(), "order.shipped");
    }

    #[test]
    fn attributes_may_be_spread_over_several_lists() {
        assert_eq!(event::<Msg>("end", "").done(), Msg::Close);
        assert!(Msg::has_done());
    }

    impl Msg {
        fn has_done() -> bool {
            <Self as SseEvents<Json>>::HAS_DONE
        }
    }
}

mod data {
    use super::*;

    #[derive(Debug, PartialEq, SseEvents)]
    enum Msg {
        #[sse(event = "message")]
        Chunk(Price),
        #[sse(event = "message", data = "[DONE]", done)]
        Done,
        #[sse(event = "message", data = "", skip)]
        Priming,
        #[sse(event = "message", data = "{\"cents\":0}", text)]
        Free(String),
    }

    #[test]
    fn exact_data_goes_before_the_plain_variant_wherever_it_stands() {
        assert_eq!(event::<Msg>("", "[DONE]").done(), Msg::Done);
        assert!(event::<Msg>("", "").is_skipped());
        assert_eq!(event::<Msg>("", "{\"cents\":0}").value(), Msg::Free("{\"cents\":0}".into()));
        assert_eq!(event::<Msg>("", "{\"cents\": 0}").value(), Msg::Chunk(Price { cents: 0 }));
    }

    #[test]
    fn data_that_only_begins_like_it_is_other_data() {
        for data in ["[DONE] ", " [DONE]", "[done]", "[DONE]\n"] {
            assert_eq!(event::<Msg>("", data).error().kind(), ErrorKind::Decode, "{data:?}");
        }
    }

    #[test]
    fn a_name_that_several_variants_share_is_listed_once() {
        assert_eq!(Msg::EVENT_NAMES, ["message"]);
    }

    #[derive(Debug, PartialEq, SseEvents)]
    enum OnlySentinel {
        #[sse(event = "end", data = "now", done)]
        Now,
        #[sse(other)]
        Other(ServerSentEvent),
    }

    #[test]
    fn a_name_none_of_whose_variants_fits_is_unknown() {
        assert_eq!(event::<OnlySentinel>("end", "now").done(), OnlySentinel::Now);
        let other = ServerSentEvent::new("end", "later".to_owned());
        assert_eq!(event::<OnlySentinel>("end", "later").value(), OnlySentinel::Other(other));
    }
}

mod key {
    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    struct Id {
        id: u32,
    }

    #[derive(Debug, PartialEq, SseEvents)]
    enum Msg {
        #[sse(event = "message", key = "error")]
        Failed(Id),
        #[sse(event = "message", key = "result")]
        Result(Id),
        #[sse(event = "message")]
        Plain(serde_json::Value),
        #[sse(event = "message", data = "{\"error\":1}")]
        Exact,
        #[sse(event = "named", key = "a")]
        A,
        #[sse(event = "named", key = "b")]
        B,
    }

    #[test]
    fn a_key_decides_wherever_it_stands_in_the_map() {
        assert_eq!(event::<Msg>("", r#"{"id":1,"result":{"error":2}}"#).value(), Msg::Result(Id { id: 1 }));
        assert_eq!(event::<Msg>("", r#"{"error":[{},{}],"id":1}"#).value(), Msg::Failed(Id { id: 1 }));
        assert_eq!(event::<Msg>("", r#"{"error":null,"id":1}"#).value(), Msg::Failed(Id { id: 1 }), "it is there");
        assert_eq!(event::<Msg>("", r#"{"\u0065rror":1,"id":1}"#).value(), Msg::Failed(Id { id: 1 }), "escaped");
    }

    #[derive(Debug, PartialEq, SseEvents)]
    enum Answer {
        #[sse(event = "message", key = "error", error)]
        Failed(Id),
        #[sse(event = "message", key = "result")]
        Result { result: Option<u32> },
        #[sse(event = "message")]
        Plain(Id),
    }

    #[test]
    fn an_error_of_null_is_none() {
        let failed = r#"{"error":{},"result":null,"id":1}"#;
        assert_eq!(event::<Answer>("", failed).error().downcast_ref::<Id>(), Some(&Id { id: 1 }));
        assert_eq!(event::<Answer>("", r#"{"error":null,"result":3}"#).value(), Answer::Result { result: Some(3) });
        assert_eq!(event::<Answer>("", r#"{"result":null,"error":null}"#).value(), Answer::Result { result: None });
        assert_eq!(event::<Answer>("", r#"{"error":null,"id":3}"#).value(), Answer::Plain(Id { id: 3 }));
        let error = event::<Answer>("", r#"{"error":false,"id":"x"}"#).error();
        assert_eq!(error.kind(), ErrorKind::Decode, "an error that cannot be read");
    }

    /// `name=value&name=value`, which serde's own deserializer of maps reads: it knows no options.
    struct Pairs;

    impl<T: serde::de::DeserializeOwned> sse_typed::Deserializer<T> for Pairs {
        type Error = serde::de::value::Error;

        fn deserialize(&self, data: &str) -> Result<T, Self::Error> {
            let pairs = data.split('&').filter_map(|pair| pair.split_once('='));
            T::deserialize(serde::de::value::MapDeserializer::new(pairs))
        }
    }

    #[derive(Debug, PartialEq, SseEvents)]
    enum Form {
        #[sse(event = "message", key = "error", error)]
        Failed(std::collections::HashMap<String, String>),
        #[sse(event = "message")]
        Plain(std::collections::HashMap<String, String>),
    }

    #[test]
    fn an_error_is_one_in_a_format_without_options_too() {
        assert_eq!(event_with::<Form, _>("", "error=boom&a=1", &Pairs).error().kind(), ErrorKind::Event);
        assert!(matches!(event_with::<Form, _>("", "a=1", &Pairs).value(), Form::Plain(pairs) if pairs["a"] == "1"));
    }

    #[derive(Debug, PartialEq, SseEvents)]
    #[serde(deny_unknown_fields)]
    #[sse(tag = "type")]
    enum Strict {
        #[sse(event = "message", key = "ack")]
        Ack { id: u32 },
        Moved {
            #[serde(flatten)]
            from: Id,
            to: u32,
        },
    }

    #[test]
    fn what_an_event_is_told_by_is_no_unknown_field() {
        assert_eq!(event::<Strict>("", r#"{"ack":true,"id":1}"#).value(), Strict::Ack { id: 1 });
        assert_eq!(event::<Strict>("", r#"{"ack":true,"id":1,"x":2}"#).error().kind(), ErrorKind::Decode);
        let moved = Strict::Moved { from: Id { id: 1 }, to: 2 };
        assert_eq!(event::<Strict>("", r#"{"type":"moved","id":1,"to":2}"#).value(), moved);
        assert_eq!(event::<Strict>("moved", r#"{"id":1,"to":2}"#).value(), moved);
    }

    #[derive(Debug, Serialize, SseEvents)]
    #[serde(tag = "type", rename_all = "snake_case")]
    #[sse(rename_all = "snake_case")]
    enum Named {
        Theme {
            #[serde(deserialize_with = "leak")]
            of: &'static u32,
        },
    }

    fn leak<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<&'static u32, D::Error> {
        u32::deserialize(deserializer).map(|number| &*Box::leak(Box::new(number)))
    }

    #[test]
    fn what_is_written_with_a_tag_may_be_read_by_name_and_hold_what_a_function_gives_out() {
        let Named::Theme { of } = event::<Named>("theme", r#"{"of":7}"#).value();
        assert_eq!(serde_json::to_string(&Named::Theme { of }).unwrap(), r#"{"type":"theme","of":7}"#);
    }

    #[test]
    fn of_several_keys_the_variant_written_first_wins() {
        assert_eq!(event::<Msg>("", r#"{"result":1,"error":2,"id":3}"#).value(), Msg::Failed(Id { id: 3 }));
        assert_eq!(event::<Msg>("named", r#"{"b":1,"a":2}"#).value(), Msg::A);
    }

    #[test]
    fn exact_data_goes_before_a_key() {
        assert_eq!(event::<Msg>("", r#"{"error":1}"#).value(), Msg::Exact);
    }

    #[test]
    fn data_without_the_key_is_for_the_plain_variant() {
        for data in
            ["{}", "[]", "[{\"error\":1}]", "\"error\"", "7", "-7", "1.5", "true", "null", r#"{"x":{"error":1}}"#]
        {
            let value = serde_json::from_str(data).expect("JSON");
            assert_eq!(event::<Msg>("", data).value(), Msg::Plain(value), "{data}");
        }
    }

    #[test]
    fn data_that_is_no_json_is_an_error_of_the_plain_variant() {
        for data in ["", "[DONE]", "{\"error\":", "text", "{\"error\":1} x"] {
            let error = event::<Msg>("", data).error();
            assert_eq!(error.to_string(), "could not read event `message` as `Value`", "{data}");
        }
    }

    #[test]
    fn without_a_plain_variant_other_data_is_unknown() {
        for data in ["7", "\"text\"", "{}", "[1]", "{\"c\":1}"] {
            assert!(event::<Msg>("named", data).is_unknown(), "{data}");
        }
    }

    #[test]
    fn without_a_plain_variant_data_that_is_no_json_is_an_error_and_not_for_other() {
        #[derive(Debug, PartialEq, SseEvents)]
        enum Rpc {
            #[sse(event = "message", key = "error", error)]
            Failed(Id),
            #[sse(event = "message", key = "result")]
            Result(Id),
            #[sse(event = "message", data = "[DONE]", done)]
            Done,
            #[sse(other)]
            Other(ServerSentEvent),
        }
        for data in ["", "text", "{\"error\":{\"id\":7", "{\"a\":1} x"] {
            for error in [event::<Rpc>("", data).error(), event::<Msg>("named", data).error()] {
                assert_eq!((error.kind(), error.is_final()), (ErrorKind::Decode, false), "{data}");
                assert_eq!(error.event().unwrap().data, data);
                assert!(std::error::Error::source(&error).is_some());
            }
        }
        let error = event::<Rpc>("", "{\"id\":").error();
        assert_eq!(error.to_string(), "could not read event `message` as `Rpc`");
        assert_eq!(event::<Rpc>("", "[DONE]").done(), Rpc::Done);
        let other = ServerSentEvent::new("message", "{\"id\":7}".to_owned());
        assert_eq!(event::<Rpc>("", "{\"id\":7}").value(), Rpc::Other(other));
    }

    #[test]
    fn data_with_the_key_that_does_not_decode_is_an_error() {
        let error = event::<Msg>("", r#"{"error":1,"id":"x"}"#).error();
        assert_eq!((error.kind(), error.path()), (ErrorKind::Decode, Some("id")));
    }

    #[test]
    fn a_closure_of_another_format_looks_ahead_as_well() {
        use base64::Engine as _;

        let unseal = |data: &str| base64::engine::general_purpose::STANDARD.decode(data);
        let sealed =
            Closure::new(move |data, target| target.fill(&mut serde_json::Deserializer::from_slice(&unseal(data)?)));
        let seal = |data: &str| base64::engine::general_purpose::STANDARD.encode(data);
        let got = event_with::<Msg, _>("", &seal(r#"{"result":true,"id":9}"#), &sealed);
        assert_eq!(got.value(), Msg::Result(Id { id: 9 }));
        assert_eq!(event_with::<Msg, _>("named", "not base64!", &sealed).error().kind(), ErrorKind::Decode);
    }

    #[test]
    fn cbor_is_looked_at_whatever_its_keys_are() {
        use base64::Engine as _;
        use ciborium::Value;

        let data = |value: &Value| {
            let mut bytes = Vec::new();
            ciborium::into_writer(value, &mut bytes).expect("a vector takes all");
            base64::engine::general_purpose::STANDARD.encode(bytes)
        };
        let text = |text: &str| Value::Text(text.into());
        let odd_keys = [
            Value::Integer(7.into()),
            Value::Integer((-7).into()),
            Value::Bytes(vec![1]),
            Value::Bool(true),
            Value::Null,
            Value::Float(0.5),
            Value::Array(vec![text("a")]),
            Value::Map(vec![(text("a"), text("b"))]),
        ];
        let mut map: Vec<_> = odd_keys.into_iter().map(|key| (key, text("x"))).collect();
        assert!(
            event_with::<Msg, _>("named", &data(&Value::Map(map.clone())), &sse_typed::Cbor::default()).is_unknown()
        );
        map.push((text("b"), Value::Tag(1, Box::new(Value::Integer(1.into())))));
        let got = event_with::<Msg, _>("named", &data(&Value::Map(map)), &sse_typed::Cbor::default());
        assert_eq!(got.value(), Msg::B);
        for no_map in [text("b"), Value::Array(vec![text("b")]), Value::Null, Value::Bytes(b"b".to_vec())] {
            let got = event_with::<Msg, _>("named", &data(&no_map), &sse_typed::Cbor::default());
            assert!(got.is_unknown(), "{no_map:?}");
        }
    }

    /// Counts how often data is read.
    struct Counting(std::cell::Cell<u32>);

    impl<T> Deserializer<T> for Counting
    where
        Json: Deserializer<T>,
    {
        type Error = <Json as Deserializer<T>>::Error;

        fn deserialize(&self, data: &str) -> Result<T, Self::Error> {
            self.0.set(self.0.get() + 1);
            Json.deserialize(data)
        }
    }

    #[test]
    fn only_what_has_a_key_is_looked_at_before_it_is_read() {
        #[derive(SseEvents)]
        enum Mixed {
            Plain(u32),
            #[sse(key = "a")]
            Keyed(serde_json::Value),
            #[sse(event = "keyed", data = "x")]
            Exact,
            Unit,
        }
        for (name, data, reads) in [
            ("plain", "1", 1),
            ("keyed", r#"{"a":1}"#, 2),
            ("keyed", "{}", 1),
            ("keyed", "x", 0),
            ("unit", "{}", 0),
            ("?", "{}", 0),
        ] {
            let counting = Counting(std::cell::Cell::new(0));
            let got = event_with::<Mixed, _>(name, data, &counting);
            assert_eq!(counting.0.get(), reads, "{name} {data}");
            match got {
                Got::Value(Mixed::Plain(number)) => assert_eq!(number, 1),
                Got::Value(Mixed::Keyed(value)) => assert_eq!(value["a"], 1),
                Got::Value(Mixed::Exact | Mixed::Unit) => assert_eq!(reads, 0, "{name}"),
                _ => assert!(["keyed", "?"].contains(&name), "{name}"),
            }
        }
    }
}

mod tag {
    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    struct Page {
        title: String,
    }

    #[derive(Debug, PartialEq, SseEvents)]
    #[sse(tag = "type", skip("canary"))]
    enum Msg {
        Edit(Page),
        #[sse(event = "log", alias = "journal")]
        Log {
            title: String,
        },
        #[sse(event = "edit", key = "minor")]
        MinorEdit(Page),
        #[sse(event = "message", data = "bye", done)]
        Bye,
        Named,
        #[sse(other)]
        Other(ServerSentEvent),
    }

    fn page(title: &str) -> Page {
        Page { title: title.to_owned() }
    }

    fn other(name: &'static str, data: &str) -> Msg {
        Msg::Other(ServerSentEvent::new(name, data.to_owned()))
    }

    #[test]
    fn an_unnamed_event_goes_by_its_tag_wherever_that_stands() {
        assert_eq!(event::<Msg>("", r#"{"type":"edit","title":"a"}"#).value(), Msg::Edit(page("a")));
        assert_eq!(
            event::<Msg>("", r#"{"title":"a","x":{"type":"edit"},"type":"log"}"#).value(),
            Msg::Log { title: "a".into() }
        );
        assert_eq!(
            event::<Msg>("message", r#"{"title":"a","type":"journal"}"#).value(),
            Msg::Log { title: "a".into() }
        );
        assert_eq!(event::<Msg>("", r#"{"type":"named"}"#).value(), Msg::Named);
        assert!(event::<Msg>("", r#"{"type":"canary"}"#).is_skipped());
    }

    #[test]
    fn keys_tell_variants_of_one_tag_apart() {
        assert_eq!(event::<Msg>("", r#"{"type":"edit","minor":true,"title":"a"}"#).value(), Msg::MinorEdit(page("a")));
        assert_eq!(event::<Msg>("edit", r#"{"minor":true,"title":"a"}"#).value(), Msg::MinorEdit(page("a")));
    }

    #[test]
    fn a_named_event_goes_by_its_name_whatever_its_tag() {
        assert_eq!(event::<Msg>("edit", r#"{"type":"log","title":"a"}"#).value(), Msg::Edit(page("a")));
        let data = r#"{"type":"edit","title":"a"}"#;
        assert_eq!(event::<Msg>("new", data).value(), other("new", data));
    }

    #[test]
    fn an_item_found_by_its_tag_is_still_a_message() {
        let frame = Frame::Event(RawEvent::new("", r#"{"type":"edit","title":"a"}"#));
        let dispatch = Msg::from_frame(frame, &Json).expect("an edit");
        let expected = Dispatch::value(Msg::Edit(page("a"))).named("message");
        assert_eq!(format!("{dispatch:?}"), format!("{expected:?}"));
    }

    #[test]
    fn without_a_tag_that_is_known_an_event_is_for_other() {
        for data in [
            "{}",
            "text",
            "",
            "[]",
            "7",
            r#"{"type":7}"#,
            r#"{"type":null}"#,
            r#"{"type":{"a":["edit"]}}"#,
            r#"{"type":"new"}"#,
        ] {
            assert_eq!(event::<Msg>("", data).value(), other("message", data), "{data}");
        }
    }

    #[test]
    fn where_no_variant_takes_the_rest_data_that_is_no_json_is_an_error() {
        #[derive(Debug, PartialEq, SseEvents)]
        #[sse(tag = "type")]
        enum Few {
            Edit(Page),
            #[sse(event = "message", data = "bye", done)]
            Bye,
        }
        #[derive(Debug, PartialEq, SseEvents)]
        #[sse(tag = "type")]
        enum Fewer {
            Edit(Page),
        }
        #[derive(Debug, PartialEq, SseEvents)]
        #[sse(tag = "type", skip("message"))]
        enum Skipping {
            Edit(Page),
        }
        for data in ["", "text", "{\"type\":\"edit\",\"title\":\"a"] {
            assert!(event::<Skipping>("", data).is_skipped(), "{data}");
            for error in [event::<Few>("", data).error(), event::<Fewer>("", data).error()] {
                assert_eq!((error.kind(), error.is_final()), (ErrorKind::Decode, false), "{data}");
                assert_eq!(error.event().unwrap().data, data);
            }
        }
        for data in ["7", "{}", "[1]", "{\"type\":\"new\"}"] {
            assert!(event::<Few>("", data).is_unknown() && event::<Fewer>("", data).is_unknown(), "{data}");
        }
        assert_eq!(event::<Few>("", "bye").done(), Few::Bye);
    }

    #[test]
    fn exact_data_of_an_unnamed_event_goes_before_the_tag() {
        assert_eq!(event::<Msg>("", "bye").done(), Msg::Bye);
    }

    #[test]
    fn a_known_tag_with_bad_data_is_a_decode_error() {
        let error = event::<Msg>("", r#"{"type":"edit","title":7}"#).error();
        assert_eq!((error.kind(), error.path()), (ErrorKind::Decode, Some("title")));
    }

    #[test]
    fn tagged_variants_are_among_the_names() {
        assert_eq!(Msg::EVENT_NAMES, ["edit", "log", "message", "named"]);
    }

    #[derive(Debug, PartialEq, SseEvents)]
    #[sse(tag = "kind")]
    enum WithMessage {
        Tick(serde_json::Value),
        #[sse(event = "message")]
        Rest(serde_json::Value),
        #[sse(event = "message", key = "error")]
        Failed,
    }

    #[test]
    fn a_variant_for_messages_takes_those_without_a_known_tag() {
        for (data, expected) in [
            (r#"{"kind":"tick"}"#, "Tick"),
            (r#"{"kind":"tick","error":1}"#, "Tick"),
            (r#"{"kind":"message"}"#, "Rest"),
            (r#"{"kind":"tock"}"#, "Rest"),
            (r#"{"kind":"tock","error":1}"#, "Failed"),
            ("[]", "Rest"),
        ] {
            let value = event::<WithMessage>("", data).value();
            assert!(format!("{value:?}").starts_with(expected), "{data}: {value:?}");
        }
        assert_eq!(event::<WithMessage>("", "no json").error().kind(), ErrorKind::Decode);
    }

    #[derive(Debug, SseEvents)]
    #[sse(tag = "type", deny_unknown)]
    enum Strict {
        Tick,
    }

    #[test]
    fn an_unknown_tag_is_refused_where_unknown_events_are() {
        assert!(matches!(event::<Strict>("", r#"{"type":"tick"}"#).value(), Strict::Tick));
        assert_eq!(event::<Strict>("", r#"{"type":"tock"}"#).error().kind(), ErrorKind::Decode);
    }
}

mod unknown {
    use super::*;

    #[derive(Debug, PartialEq, SseEvents)]
    #[sse(skip("ping", "keepalive"))]
    enum Keeping {
        Tick(u32),
        #[sse(other)]
        Other(ServerSentEvent),
    }

    #[derive(Debug, PartialEq, SseEvents)]
    enum Boxing {
        #[sse(other)]
        Other(Box<ServerSentEvent>),
    }

    #[derive(Debug, PartialEq, SseEvents)]
    enum Counting {
        Tick(u32),
        #[sse(other)]
        Other,
    }

    #[derive(Debug, PartialEq, SseEvents)]
    #[sse(deny_unknown, skip("ping"))]
    enum Denying {
        Tick(u32),
        #[sse(skip)]
        Tock(u32),
    }

    #[test]
    fn other_keeps_an_event_that_no_variant_names_as_it_came() {
        let mut parser = Parser::new();
        parser.feed("id: 7\nretry: 10\nevent: what\ndata: a\ndata: b\n\n");
        let Keeping::Other(kept) = (loop {
            let found = parser.next_frame().expect("small").expect("an event");
            if let Frame::Event(_) = found {
                break frame::<Keeping>(found).value();
            }
        }) else {
            panic!("not kept")
        };
        assert_eq!((&*kept.event, &*kept.data, kept.id.as_str()), ("what", "a\nb", "7"));
        assert_eq!(kept.retry, Some(Duration::from_millis(10)));
        assert_eq!(Keeping::Other(kept).event_name(), "what");
    }

    #[test]
    fn other_may_keep_it_in_a_box_or_not_at_all() {
        let boxed = event::<Boxing>("what", "x").value();
        assert_eq!(boxed.event_name(), "what");
        assert_eq!(boxed, Boxing::Other(Box::new(ServerSentEvent::new("what", "x".to_owned()))));
        assert_eq!(event::<Counting>("what", "x").value(), Counting::Other);
        assert_eq!(Counting::Other.event_name(), "");
        assert_eq!((Boxing::EVENT_NAMES, Counting::EVENT_NAMES), (&[][..], &["tick"][..]));
    }

    #[test]
    fn other_never_takes_what_is_known() {
        assert_eq!(event::<Keeping>("tick", "no number").error().kind(), ErrorKind::Decode);
        assert!(event::<Keeping>("ping", "x").is_skipped());
        assert!(event::<Keeping>("keepalive", "x").is_skipped());
    }

    #[test]
    fn deny_unknown_refuses_what_is_neither_named_nor_skipped() {
        let error = event::<Denying>("what", "x").error();
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert!(!error.is_final());
        assert_eq!(error.to_string(), "no variant takes event `what`");
        assert!(event::<Denying>("ping", "x").is_skipped());
        assert!(event::<Denying>("tock", "no number, and nobody reads it").is_skipped());
        assert_eq!(event::<Denying>("tick", "1").value(), Denying::Tick(1));
    }

    #[test]
    fn skipped_variants_are_not_among_the_names() {
        assert_eq!(Denying::EVENT_NAMES, ["tick"]);
        assert_eq!(Keeping::EVENT_NAMES, ["tick"]);
        assert_eq!(Denying::Tock(1).event_name(), "tock");
    }
}

mod frames {
    use super::*;

    #[derive(Debug, SseEvents)]
    #[expect(dead_code, reason = "they are read through `Debug`")]
    enum Msg {
        Tick,
        #[sse(comment)]
        Comment(String),
        #[sse(retry)]
        Retry(Duration),
        #[sse(open)]
        Open(Connection),
    }

    #[derive(Debug, PartialEq, SseEvents)]
    enum Units {
        #[sse(comment)]
        Comment,
        #[sse(retry)]
        Retry,
        #[sse(open)]
        Open,
    }

    #[derive(Debug, PartialEq, SseEvents)]
    enum Shared {
        #[sse(comment)]
        Comment(std::sync::Arc<str>),
    }

    #[test]
    fn comments_and_retry_lines_become_values_in_order() {
        let shown: Vec<_> = values::<Msg>(":ok\n\nretry: 250\nevent: tick\ndata\n\n: bye\n")
            .into_iter()
            .map(|value| format!("{value:?} {:?}", value.event_name()))
            .collect();
        assert_eq!(shown, [r#"Comment("ok") """#, r#"Retry(250ms) """#, r#"Tick "tick""#, r#"Comment("bye") """#]);
        assert_eq!(Msg::EVENT_NAMES, ["tick"]);
    }

    #[test]
    fn frames_may_be_known_without_what_they_hold() {
        assert_eq!(values::<Units>(":ok\nretry: 1\n"), [Units::Comment, Units::Retry]);
        assert_eq!(Units::Open.event_name(), "");
        assert!(event::<Units>("comment", "").is_unknown(), "the names of such variants are no names of events");
    }

    #[test]
    fn a_comment_becomes_any_type_that_is_from_text() {
        assert_eq!(values::<Shared>(": ok\n"), [Shared::Comment("ok".into())]);
    }

    #[test]
    fn an_item_that_is_no_event_has_an_empty_name() {
        let dispatch = Units::from_frame(Frame::Comment("x"), &Json).expect("a comment");
        assert_eq!(format!("{dispatch:?}"), format!("{:?}", Dispatch::value(Units::Comment).named("")));
    }
}

mod readers {
    use super::*;

    fn hex(data: &str) -> Result<u32, std::num::ParseIntError> {
        u32::from_str_radix(data.trim_start_matches("0x"), 16)
    }

    fn yes_or_no(data: &str) -> Result<bool, &'static str> {
        match data {
            "yes" => Ok(true),
            "no" => Ok(false),
            _ => Err("neither yes nor no"),
        }
    }

    fn exact(data: &str) -> Result<u8, &str> {
        data.parse().map_err(|_| data)
    }

    fn parsed<T: std::str::FromStr>(data: &str) -> Result<T, T::Err> {
        data.parse()
    }

    /// Knows both its types.
    fn converted<T, U: From<T>>(data: &str) -> Result<U, T::Err>
    where
        T: std::str::FromStr,
    {
        data.parse().map(U::from)
    }

    fn json_with<T: serde::de::DeserializeOwned>(data: &str) -> Result<T, BoxError> {
        Ok(serde_json::from_str(data.strip_prefix(")]}'").ok_or("no prefix")?)?)
    }

    #[derive(Debug, PartialEq, SseEvents)]
    enum Msg {
        #[sse(text)]
        Line(String),
        #[sse(text)]
        Count(u64),
        #[sse(text)]
        Endpoint(http::Uri),
        #[sse(with = hex)]
        Hex(u32),
        #[sse(with = yes_or_no)]
        Answer(bool),
        #[sse(with = self::json_with::<Price>)]
        Guarded(Price),
        #[sse(with = exact)]
        Exact(u8),
        #[sse(with = parsed::<u16>)]
        Parsed(u16),
        #[sse(with = converted::<u8, u16>, alias = "wide")]
        Converted(u16),
        #[sse(with = <i16 as std::str::FromStr>::from_str)]
        Qualified(i16),
    }

    #[test]
    fn text_is_the_data_as_it_stands() {
        for data in ["", " leading", "\"quoted\"", "12", "undefined", "a\nb"] {
            assert_eq!(event::<Msg>("line", data).value(), Msg::Line(data.to_owned()));
        }
        assert_eq!(event::<Msg>("count", "12").value(), Msg::Count(12));
        assert_eq!(
            event::<Msg>("endpoint", "/messages?id=1").value(),
            Msg::Endpoint("/messages?id=1".parse().expect("a URI"))
        );
    }

    #[test]
    fn with_reads_through_any_function() {
        assert_eq!(event::<Msg>("hex", "0xff").value(), Msg::Hex(255));
        assert_eq!(event::<Msg>("answer", "yes").value(), Msg::Answer(true));
        assert_eq!(event::<Msg>("guarded", ")]}'{\"cents\":1}").value(), Msg::Guarded(Price { cents: 1 }));
        assert_eq!(event::<Msg>("exact", "1").value(), Msg::Exact(1));
        assert_eq!(event::<Msg>("parsed", "300").value(), Msg::Parsed(300));
        assert_eq!(event::<Msg>("wide", "7").value(), Msg::Converted(7));
        assert_eq!(event::<Msg>("qualified", "-3").value(), Msg::Qualified(-3));
    }

    #[test]
    fn what_a_reader_refuses_is_a_decode_error_with_its_reason() {
        for (name, data, message, reason) in [
            ("count", "many", "could not read event `count` as `u64`", "invalid digit found in string"),
            ("hex", "0xyz", "could not read event `hex` as `u32`", "invalid digit found in string"),
            ("answer", "maybe", "could not read event `answer` as `bool`", "neither yes nor no"),
            ("guarded", "{}", "could not read event `guarded` as `Price`", "no prefix"),
            ("exact", "one", "could not read event `exact` as `u8`", "one"),
        ] {
            let error = event::<Msg>(name, data).error();
            assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Decode, message));
            assert_eq!(std::error::Error::source(&error).map(ToString::to_string).as_deref(), Some(reason));
        }
    }

    /// Reads nothing at all.
    struct Blind;

    #[test]
    fn an_enum_of_text_needs_no_deserializer() {
        assert_eq!(event_with::<Msg, _>("count", "12", &Blind).value(), Msg::Count(12));
    }
}

mod endings {
    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    struct ApiError {
        code: u32,
    }

    #[derive(Debug, PartialEq, SseEvents)]
    enum Msg {
        Tick,
        #[sse(done)]
        Finished(u32),
        #[sse(done)]
        Stopped {
            why: String,
        },
        #[sse(error)]
        Failed(ApiError),
        #[sse(error, done, text)]
        Fatal(String),
        #[sse(error, done)]
        Broken(ApiError),
        #[sse(error)]
        Expired,
    }

    #[derive(Debug, SseEvents)]
    enum OnlyErrorEnds {
        #[sse(error, done)]
        Failed,
    }

    #[test]
    fn done_is_yielded_and_ends_the_stream() {
        assert_eq!(event::<Msg>("finished", "3").done(), Msg::Finished(3));
        assert_eq!(event::<Msg>("stopped", r#"{"why":"x"}"#).done(), Msg::Stopped { why: "x".into() });
        assert_eq!(event::<Msg>("tick", "3").value(), Msg::Tick);
    }

    #[test]
    fn an_event_that_ends_the_stream_does_so_though_it_cannot_be_read() {
        for (name, data) in [("finished", "x"), ("stopped", "{}"), ("broken", "?")] {
            let error = event::<Msg>(name, data).error();
            assert_eq!((error.kind(), error.is_final()), (ErrorKind::Decode, true), "{name}");
        }
        let error = event::<Msg>("failed", "x").error();
        assert_eq!((error.kind(), error.is_final()), (ErrorKind::Decode, false));
    }

    #[derive(Debug, PartialEq, SseEvents)]
    enum Unnamed {
        #[sse(event = "message", key = "delta")]
        Delta { delta: String },
        #[sse(event = "message", key = "total", done)]
        Total { total: u32 },
        #[sse(event = "message", done)]
        Rest(u32),
    }

    #[test]
    fn what_cannot_be_told_to_be_the_end_is_none() {
        for (data, is_final) in [(r#"{"delta":"#, false), (r#"{"ping":1}"#, false), (r#"{"total":"x"}"#, true)] {
            let error = event::<Unnamed>("", data).error();
            assert_eq!((error.kind(), error.is_final()), (ErrorKind::Decode, is_final), "{data}");
        }
        assert_eq!(event::<Unnamed>("", "7").done(), Unnamed::Rest(7));
    }

    #[test]
    fn only_an_end_that_is_a_value_is_waited_for() {
        const { assert!(<Msg as SseEvents<Json>>::HAS_DONE) };
        const { assert!(!<OnlyErrorEnds as SseEvents<Json>>::HAS_DONE) };
        const { assert!(!<frames::Never as SseEvents<Json>>::HAS_DONE) };
    }

    #[test]
    fn an_error_comes_back_by_its_type() {
        let error = event::<Msg>("failed", r#"{"code":529}"#).error();
        assert_eq!((error.kind(), error.is_final()), (ErrorKind::Event, false));
        assert_eq!(error.to_string(), "the server reported an error in event `failed`");
        assert_eq!(error.downcast_ref::<ApiError>(), Some(&ApiError { code: 529 }));
        assert_eq!(error.event().map(|event| &*event.data), Some(r#"{"code":529}"#));
        assert_eq!(error.downcast::<ApiError>().expect("it is one"), ApiError { code: 529 });
    }

    #[test]
    fn an_error_with_done_ends_the_stream() {
        let error = event::<Msg>("fatal", "out of memory").error();
        assert_eq!((error.kind(), error.is_final()), (ErrorKind::Event, true));
        assert_eq!(error.downcast_ref::<String>().map(String::as_str), Some("out of memory"));
    }

    #[test]
    fn an_error_without_a_payload_holds_nothing() {
        let error = event::<Msg>("expired", "whatever").error();
        assert_eq!(error.kind(), ErrorKind::Event);
        assert_eq!(error.downcast_ref::<()>(), Some(&()));
    }

    #[test]
    fn an_error_that_does_not_decode_is_a_decode_error() {
        let error = event::<Msg>("failed", "{}").error();
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert!(error.downcast_ref::<ApiError>().is_none());
    }

    #[test]
    fn errors_are_not_among_the_names() {
        assert_eq!(Msg::EVENT_NAMES, ["tick", "finished", "stopped"]);
        assert_eq!(Msg::Failed(ApiError { code: 1 }).event_name(), "failed");
    }

    mod frames {
        #[derive(sse_typed::SseEvents)]
        pub(super) enum Never {
            #[sse(comment)]
            #[expect(dead_code, reason = "only its kind matters here")]
            Comment(String),
        }
    }
}

mod serde_attributes {
    use super::*;

    #[derive(Debug, PartialEq, SseEvents)]
    #[serde(rename_all_fields = "camelCase")]
    enum Msg {
        Moved {
            #[serde(rename = "from")]
            origin: u32,
            new_place: u32,
            #[serde(default)]
            by: Option<String>,
            #[serde(flatten)]
            rest: std::collections::BTreeMap<String, u32>,
        },
        #[serde(rename_all = "UPPERCASE", deny_unknown_fields)]
        Strict { a: u32 },
        #[serde(rename_all(serialize = "UPPERCASE"))]
        Sent { at_time: u32 },
    }

    #[test]
    fn attributes_on_fields_are_those_of_a_struct() {
        let got = event::<Msg>("moved", r#"{"from":1,"newPlace":2,"x":3}"#).value();
        let rest = [("x".to_owned(), 3)].into();
        assert_eq!(got, Msg::Moved { origin: 1, new_place: 2, by: None, rest });
    }

    #[test]
    fn attributes_on_a_struct_variant_go_to_the_struct() {
        assert_eq!(event::<Msg>("strict", r#"{"A":1}"#).value(), Msg::Strict { a: 1 });
        assert_eq!(event::<Msg>("strict", r#"{"A":1,"B":2}"#).error().kind(), ErrorKind::Decode);
    }

    #[test]
    fn a_casing_for_serializing_leaves_that_of_the_enum_in_force() {
        assert_eq!(event::<Msg>("sent", r#"{"atTime":1}"#).value(), Msg::Sent { at_time: 1 });
    }

    #[derive(Debug, PartialEq, SseEvents)]
    #[serde(deny_unknown_fields)]
    #[sse(tag = "eventType")]
    enum Denying {
        Plain {
            n: u32,
        },
        #[serde(rename_all = "camelCase")]
        Cased {
            event_type: String,
        },
        Renamed {
            #[serde(rename = "eventType")]
            kind: String,
        },
        Aliased {
            #[serde(alias = "eventType")]
            kind: String,
        },
        Skipping {
            #[serde(skip, rename = "eventType")]
            kind: String,
        },
        #[serde(deny_unknown_fields)]
        Twice {
            __tag: u32,
        },
        Generic {
            n: Option<Box<Denying>>,
        },
        Newtype(#[serde(rename = "x")] u32),
    }

    impl<'de> Deserialize<'de> for Denying {
        fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
            Err(serde::de::Error::custom("nothing"))
        }
    }

    #[test]
    fn an_enum_that_denies_unknown_fields_denies_them_in_its_struct_variants() {
        for (name, good) in [
            ("plain", r#""n":1"#),
            ("cased", r#""eventType":"cased""#),
            ("renamed", r#""eventType":"renamed""#),
            ("aliased", r#""kind":"x""#),
            ("skipping", ""),
            ("twice", r#""__tag":1"#),
            ("generic", r#""n":null"#),
        ] {
            event::<Denying>(name, &format!("{{{good}}}")).value();
            let comma = if good.is_empty() { "" } else { "," };
            let error = event::<Denying>(name, &format!("{{{good}{comma}\"more\":1}}")).error();
            let source = std::error::Error::source(&error).expect("serde says why").to_string();
            assert!(source.contains("unknown field `more`"), "{name}: {source}");
        }
    }

    #[test]
    fn a_tag_is_no_unknown_field() {
        for (name, rest, expected) in [
            ("plain", r#","n":1"#, Denying::Plain { n: 1 }),
            ("cased", "", Denying::Cased { event_type: "cased".to_owned() }),
            ("renamed", "", Denying::Renamed { kind: "renamed".to_owned() }),
            ("aliased", "", Denying::Aliased { kind: "aliased".to_owned() }),
            ("skipping", "", Denying::Skipping { kind: String::new() }),
            ("twice", r#","__tag":1"#, Denying::Twice { __tag: 1 }),
        ] {
            assert_eq!(event::<Denying>("", &format!(r#"{{"eventType":"{name}"{rest}}}"#)).value(), expected);
        }
        assert_eq!(event::<Denying>("newtype", "1").value(), Denying::Newtype(1));
    }

    type Static = &'static str;

    fn leaked<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Static, D::Error> {
        String::deserialize(deserializer).map(|text| &*text.leak())
    }

    #[derive(Debug, PartialEq, SseEvents)]
    enum Leaking {
        Newtype(#[serde(deserialize_with = "leaked")] Static),
        Struct {
            #[serde(deserialize_with = "leaked")]
            text: Static,
            #[serde(skip)]
            none: &'static str,
        },
    }

    #[test]
    fn a_reference_is_fine_where_it_is_not_read() {
        assert_eq!(event::<Leaking>("newtype", r#""x""#).value(), Leaking::Newtype("x"));
        assert_eq!(event::<Leaking>("struct", r#"{"text":"x"}"#).value(), Leaking::Struct { text: "x", none: "" });
    }

    mod seconds {
        use std::time::Duration;

        use serde::{Deserialize, Deserializer};

        pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
            f64::deserialize(deserializer).map(Duration::from_secs_f64)
        }
    }

    fn wrapped<'de, T: Deserialize<'de>, D: serde::Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        <[T; 1]>::deserialize(deserializer).map(|[value]| value)
    }

    #[derive(Debug, PartialEq, SseEvents)]
    enum Newtypes<T> {
        Elapsed(#[serde(with = "seconds")] Duration),
        Plain(T),
        #[sse(error)]
        Failed(#[serde(deserialize_with = "wrapped", bound(deserialize = "T: Deserialize<'de>"))] T),
    }

    #[test]
    fn attributes_on_a_payload_are_those_of_a_field() {
        assert_eq!(event::<Newtypes<u8>>("elapsed", "1.5").value(), Newtypes::Elapsed(Duration::from_millis(1500)));
        assert_eq!(event::<Newtypes<u8>>("plain", "1").value(), Newtypes::Plain(1));
        assert_eq!(event::<Newtypes<u8>>("failed", "[7]").error().downcast_ref::<u8>(), Some(&7));
        let error = event::<Newtypes<u8>>("elapsed", "\"long\"").error();
        assert_eq!(error.to_string(), "could not read event `elapsed` as `Elapsed`");
    }

    #[derive(Debug, PartialEq, serde::Serialize, Deserialize, SseEvents)]
    #[serde(tag = "type", rename_all = "snake_case")]
    #[sse(tag = "type")]
    enum Both {
        #[serde(rename = "t", alias = "tt")]
        #[sse(event = "t", alias = "tt")]
        Tick { n: u32 },
    }

    #[test]
    fn an_enum_may_be_one_of_serdes_as_well() {
        let json = serde_json::to_string(&Both::Tick { n: 1 }).expect("JSON");
        assert_eq!(event::<Both>("", &json).value(), Both::Tick { n: 1 });
        assert_eq!(serde_json::from_str::<Both>(&json).expect("JSON"), Both::Tick { n: 1 });
    }
}

mod structs {
    use super::*;

    #[derive(Debug, Deserialize, PartialEq, SseEvents)]
    struct Any {
        n: u32,
    }

    #[derive(Debug, Deserialize, PartialEq, SseEvents)]
    #[sse(event = "tick", alias = "tock")]
    struct Some(u32);

    #[derive(Debug, Deserialize, PartialEq, SseEvents)]
    #[sse(event = "tick", deny_unknown)]
    struct Strict<T> {
        value: T,
    }

    #[derive(Debug, Deserialize, PartialEq, SseEvents)]
    struct Unit;

    #[test]
    fn a_struct_takes_every_event() {
        for name in ["", "a", "b"] {
            assert_eq!(event::<Any>(name, r#"{"n":1}"#).value(), Any { n: 1 });
        }
        assert_eq!(event::<Any>("a", "x").error().kind(), ErrorKind::Decode);
        assert!(frame::<Any>(Frame::Comment("x")).is_skipped());
        assert_eq!((Any::EVENT_NAMES, Any { n: 1 }.event_name()), (&[][..], "message"));
        assert_eq!(event::<Unit>("a", "null").value(), Unit);
    }

    #[test]
    fn or_only_those_of_its_names() {
        assert_eq!(event::<Some>("tick", "1").value(), Some(1));
        assert_eq!(event::<Some>("tock", "2").value(), Some(2));
        assert!(event::<Some>("", "1").is_unknown());
        assert_eq!((Some::EVENT_NAMES, Some(1).event_name()), (&["tick"][..], "tick"));
        assert_eq!(event::<Strict<u8>>("tick", r#"{"value":1}"#).value(), Strict { value: 1 });
        assert_eq!(event::<Strict<u8>>("tock", "1").error().to_string(), "no variant takes event `tock`");
    }

    #[test]
    fn an_item_of_a_struct_bears_the_name_that_came() {
        let dispatch = Some::from_frame(Frame::Event(RawEvent::new("tock", "1")), &Json).expect("a number");
        assert_eq!(format!("{dispatch:?}"), format!("{:?}", Dispatch::value(Some(1)).named("tock")));
    }
}
