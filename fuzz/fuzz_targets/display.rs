//! What an event displays reads as that event, in any cut, whatever text is in it.

#![no_main]

use std::time::Duration;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use sse_typed::{LastEventId, ServerSentEvent};
use sse_typed_fuzz::check;
use sse_typed_fuzz::plain::{Event, Frame, Options, read};

#[derive(Arbitrary, Debug)]
struct Input {
    event: String,
    data: String,
    id: String,
    retry: Option<u64>,
    cuts: [u8; 2],
}

fuzz_target!(|input: Input| {
    let mut sent = ServerSentEvent::new(input.event.clone(), input.data.clone());
    sent.id = LastEventId::from(&*input.id);
    sent.retry = input.retry.map(Duration::from_millis);
    let text = sent.to_string();
    check(text.as_bytes(), &Options::default(), &input.cuts);

    let name = input.event.replace(['\r', '\n'], "");
    let expected = Event {
        event: if name.is_empty() { "message".to_owned() } else { name },
        data: input.data.replace("\r\n", "\n").replace('\r', "\n"),
        id: if input.id.contains(['\r', '\n', '\0']) { String::new() } else { input.id },
        retry: sent.retry,
    };
    let retry = sent.retry.map(Frame::Retry);
    let expected: Vec<_> = retry.into_iter().chain([Frame::Event(expected)]).collect();
    assert_eq!(read(text.as_bytes(), &Options::default()).frames, expected);
});
