//! What the derive writes raises no lint, however many are on.
#![deny(warnings, clippy::all, clippy::pedantic, clippy::nursery)]
#![deny(
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    unused_qualifications,
    unused_lifetimes,
    unused_results,
    single_use_lifetimes,
    trivial_casts,
    let_underscore_drop,
    unit_bindings,
    clippy::absolute_paths,
    clippy::allow_attributes,
    clippy::as_conversions,
    clippy::default_numeric_fallback,
    clippy::default_union_representation,
    clippy::exhaustive_enums,
    clippy::exhaustive_structs,
    clippy::impl_trait_in_params,
    clippy::indexing_slicing,
    clippy::let_underscore_must_use,
    clippy::let_underscore_untyped,
    clippy::missing_docs_in_private_items,
    clippy::missing_inline_in_public_items,
    clippy::missing_trait_methods,
    clippy::min_ident_chars,
    clippy::module_name_repetitions,
    clippy::pattern_type_mismatch,
    clippy::pub_use,
    clippy::question_mark_used,
    clippy::redundant_type_annotations,
    clippy::renamed_function_params,
    clippy::same_name_method,
    clippy::shadow_reuse,
    clippy::shadow_same,
    clippy::shadow_unrelated,
    clippy::single_call_fn,
    clippy::std_instead_of_core,
    clippy::unseparated_literal_suffix,
    clippy::wildcard_enum_match_arm
)]
#![forbid(unsafe_code, clippy::unwrap_used)]

/// What others see of a module.
pub mod public {
    use serde::Deserialize;
    use sse_typed::SseEvents;

    /// A payload.
    #[derive(Debug, Deserialize)]
    #[non_exhaustive]
    pub struct Tick {
        /// A number.
        pub n: u8,
    }

    /// Events.
    #[derive(Debug, SseEvents)]
    #[sse(tag = "type")]
    #[non_exhaustive]
    pub enum Msg<T> {
        /// A newtype.
        Tick(Tick),
        /// A struct.
        #[non_exhaustive]
        Moved {
            /// Whether.
            all: bool,
            /// Whether.
            moved_any: bool,
            /// At that time.
            moved_at: T,
            /// From there.
            moved_from: T,
            /// Whether.
            none: bool,
            /// Whether.
            some: bool,
        },
        /// By its key.
        #[sse(event = "message", key = "error", error)]
        Failed(Tick),
    }
}

/// Each attribute once.
#[expect(clippy::redundant_pub_crate, reason = "`unreachable_pub` wants the other")]
mod private {
    use core::time::Duration;

    use serde::Deserialize;
    use sse_typed::{Connection, ServerSentEvent, SseEvents};

    /// A payload that is not public.
    #[derive(Debug, Deserialize)]
    pub(super) struct Hidden(pub(super) u8);

    /// Events, some of which nobody ever builds.
    #[derive(Debug, SseEvents)]
    #[sse(tag = "kind", skip("ping"))]
    pub(super) enum Msg {
        /// By its key.
        #[sse(event = "message", key = "error", error)]
        Failed(Hidden),
        /// An error that nobody looks into.
        #[sse(error, done)]
        Expired,
        /// The end.
        #[sse(event = "message", data = "[DONE]", done)]
        Finished,
        /// By name.
        #[sse(alias = "ticks", alias = "tock")]
        Tick(u8),
        /// Text.
        #[sse(text)]
        Line(String),
        /// Read by a function.
        #[sse(with = str::parse)]
        Number(u64),
        /// A struct.
        Moved {
            /// From there.
            from: u8,
            /// To there.
            to: u8,
        },
        /// Not wanted.
        #[sse(skip)]
        Unwanted,
        /// Not wanted.
        #[sse(skip)]
        UnwantedToo(u8),
        /// Not wanted.
        #[sse(skip)]
        UnwantedThree {
            /// Nothing.
            nothing: u8,
        },
        /// A comment.
        #[sse(comment)]
        Comment(String),
        /// A delay.
        #[sse(retry)]
        Retry(Duration),
        /// A connection.
        #[sse(open)]
        Open(Connection),
        /// Anything else.
        #[sse(other)]
        Other(Box<ServerSentEvent>),
    }

    /// All events.
    #[derive(Debug, Deserialize, SseEvents)]
    pub(super) struct All {
        /// Nothing.
        pub(super) nothing: u8,
    }
}

/// What is allowed where it stands is not told of again where the derive repeats it.
#[expect(
    dead_code,
    clippy::redundant_pub_crate,
    reason = "nobody reads the fields, and `unreachable_pub` wants the other"
)]
mod allowed {
    use std::collections::LinkedList;

    use sse_typed::SseEvents;

    #[expect(deprecated, reason = "it is in use still")]
    use self::old::Old;

    /// What a user has yet to part with.
    mod old {
        use core::num::ParseIntError;

        use serde::{Deserialize, Deserializer};

        /// A payload.
        #[deprecated]
        #[derive(Debug)]
        pub(in super::super) struct Old(u8);

        #[expect(deprecated, clippy::missing_trait_methods, reason = "it is in use still, and small")]
        impl<'de> Deserialize<'de> for Old {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                u8::deserialize(deserializer).map(Self)
            }
        }

        /// A function.
        #[deprecated]
        pub(super) fn read(data: &str) -> Result<u8, ParseIntError> {
            data.parse()
        }
    }

    /// A payload and a function that are deprecated.
    #[derive(Debug, SseEvents)]
    #[expect(deprecated, reason = "they are in use still")]
    pub(super) enum Holding {
        /// A payload.
        Newtype(Old),
        /// With an attribute.
        Renamed(#[serde(rename = "old")] Old),
        /// A field.
        Struct {
            /// That one.
            old: Old,
        },
        /// An error.
        #[sse(error)]
        Failed(Old),
        /// A payload that is passed over.
        #[sse(skip)]
        Skipped(Old),
        /// A function.
        #[sse(with = old::read)]
        Read(u8),
    }

    /// The function alone.
    #[derive(Debug, SseEvents)]
    #[expect(clippy::allow_attributes, reason = "nothing of the variant itself is deprecated")]
    pub(super) enum Reading {
        /// That one.
        #[allow(deprecated, reason = "it is in use still")]
        #[sse(with = old::read)]
        Read(u8),
    }

    /// All of it.
    #[deprecated]
    #[derive(Debug, SseEvents)]
    pub(super) enum Outdated {
        /// A newtype.
        Newtype(u8),
        /// A struct.
        Struct {
            /// A field.
            field: u8,
        },
        /// An error.
        #[sse(error)]
        Failed(u8),
    }

    /// Parts of it.
    #[derive(Debug, SseEvents)]
    pub(super) enum OutdatedInParts {
        /// A newtype.
        #[deprecated]
        Newtype(u8),
        /// A struct.
        Struct {
            /// A field.
            #[deprecated]
            field: u8,
        },
    }

    /// Names of another language.
    #[derive(Debug, SseEvents)]
    #[expect(non_camel_case_types, reason = "the server's")]
    pub(super) enum Names {
        /// A struct.
        #[expect(non_snake_case, reason = "the server's")]
        order_shipped {
            /// A field.
            newPlace: u8,
        },
        /// A newtype with an attribute.
        order_sent(#[serde(rename = "sent")] u8),
    }

    /// Types that clippy would have otherwise.
    #[derive(Debug, SseEvents)]
    pub(super) enum Types {
        /// A struct.
        #[expect(clippy::box_collection, clippy::vec_box, reason = "for show")]
        Struct {
            /// A field.
            boxed: Box<Vec<u8>>,
            /// A field.
            boxes: Vec<Box<u8>>,
            /// A field.
            #[expect(clippy::option_option, reason = "for show")]
            option: Option<Option<u8>>,
            /// A field.
            #[expect(clippy::linkedlist, reason = "for show")]
            list: LinkedList<u8>,
            /// A field.
            #[expect(clippy::type_complexity, reason = "for show")]
            complex: Vec<Vec<Box<(u8, u8, u8, Option<(u8, u8, Vec<(u8, Vec<u8>)>)>)>>>,
        },
        /// A newtype with an attribute.
        #[expect(clippy::vec_box, reason = "for show")]
        Newtype(#[serde(rename = "boxes")] Vec<Box<u8>>),
    }
}

/// Uses what is there as a program does.
#[test]
fn an_enum_is_used_without_a_warning() {
    use private::Msg;
    use sse_typed::{EventNames as _, Frame, Json, RawEvent, SseEvents as _};

    let frame = Frame::Event(RawEvent::new("tock", "1"));
    let taken = Msg::from_frame(frame, &Json).ok().and_then(sse_typed::Dispatch::into_value);
    assert_eq!(taken.as_ref().map(|found| found.event_name().to_owned()).as_deref(), Some("tick"));
    let found = match taken {
        Some(Msg::Tick(number) | Msg::Failed(private::Hidden(number))) => u64::from(number),
        Some(Msg::Number(number)) => number,
        Some(Msg::Moved { from, to }) => u64::from(from.max(to)),
        Some(Msg::Line(line) | Msg::Comment(line)) => line.parse().unwrap_or_default(),
        Some(Msg::Retry(delay)) => delay.as_secs(),
        Some(Msg::Open(connection)) => u64::from(connection.attempt()),
        Some(Msg::Other(event)) => event.data.parse().unwrap_or_default(),
        Some(Msg::Expired | Msg::Finished | Msg::Unwanted | Msg::UnwantedToo(_) | Msg::UnwantedThree { .. }) | None => {
            0
        }
    };
    assert_eq!(found, 1);
    let all = private::All::from_frame(Frame::Event(RawEvent::new("", r#"{"nothing":1}"#)), &Json);
    assert_eq!(all.ok().and_then(sse_typed::Dispatch::into_value).map(|value| value.nothing), Some(1));
}

#[test]
#[expect(deprecated, reason = "that is the point")]
fn what_is_allowed_on_an_enum_is_not_told_of_again() {
    use sse_typed::EventNames as _;

    use allowed::{Holding, Names, Outdated, OutdatedInParts, Reading, Types};

    assert_eq!(Holding::EVENT_NAMES, ["newtype", "renamed", "struct", "read"]);
    assert_eq!(Reading::EVENT_NAMES, ["read"]);
    assert_eq!(Outdated::EVENT_NAMES, ["newtype", "struct"]);
    assert_eq!(OutdatedInParts::EVENT_NAMES, ["newtype", "struct"]);
    assert_eq!(Names::EVENT_NAMES, ["order_shipped", "order_sent"]);
    assert_eq!(Types::EVENT_NAMES, ["struct", "newtype"]);
}
