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
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm
)]
#![forbid(unsafe_code)]

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
