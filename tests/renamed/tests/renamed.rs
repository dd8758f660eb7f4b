//! A crate that calls `sse-typed` otherwise, and has no `serde` of its own.

use sse::{EventNames, Frame, Json, RawEvent, SseEvents};

mod elsewhere {
    pub(crate) mod reexported {
        pub(crate) use sse as sse_typed;
    }
}

#[derive(Debug, PartialEq, SseEvents)]
#[sse(crate = sse, tag = "type")]
enum Msg<T> {
    Tick(T),
    Moved {
        from: u32,
        to: T,
    },
    #[sse(event = "message", key = "error", error)]
    Failed(T),
}

#[derive(Debug, PartialEq, SseEvents)]
#[sse(crate = crate::elsewhere::reexported::sse_typed)]
enum Reexported {
    Moved { to: u32 },
}

fn read<E: SseEvents<Json>>(name: &str, data: &str) -> Option<E> {
    E::from_frame(Frame::Event(RawEvent::new(name, data)), &Json).ok()?.into_value()
}

#[test]
fn a_crate_is_found_under_any_name() {
    assert_eq!(read("tick", "1"), Some(Msg::Tick(1_u8)));
    assert_eq!(read("", r#"{"type":"moved","from":1,"to":2}"#), Some(Msg::Moved { from: 1, to: 2_u8 }));
    assert_eq!(read::<Msg<u8>>("", r#"{"error":1}"#), None);
    assert_eq!(Msg::<u8>::EVENT_NAMES, ["tick", "moved"]);
}

#[test]
fn a_crate_is_found_through_a_module_of_ones_own() {
    assert_eq!(read("moved", r#"{"to":2}"#), Some(Reexported::Moved { to: 2 }));
}
