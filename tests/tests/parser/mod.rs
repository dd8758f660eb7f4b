//! Runs the parser over chunks and owns what comes out, in the terms of the plain reader.

#![allow(dead_code, reason = "each test file uses its part")]

use std::fmt::Debug;
use std::time::Duration;

use bytes::Bytes;
use sse_typed::Parser;
use sse_typed_tests::plain::{Event, Frame, Options, Outcome};

/// The parser that reads as these options say.
pub(crate) fn parser(options: &Options) -> Parser {
    let mut parser = Parser::with_last_event_id(options.last_event_id.clone()).max_event_size(options.max_event_size);
    if options.unterminated_event {
        parser = parser.unterminated_event();
    }
    if options.events_without_data {
        parser = parser.events_without_data();
    }
    parser
}

/// The frames that are there now.
pub(crate) fn take(parser: &mut Parser, outcome: &mut Outcome) {
    loop {
        let frame = match parser.next_frame() {
            Ok(Some(frame)) => frame,
            Ok(None) => return,
            Err(_) => {
                assert!(!outcome.too_large, "too large twice");
                outcome.too_large = true;
                continue;
            }
        };
        outcome.frames.push(owned(&frame));
    }
}

pub(crate) fn owned(frame: &sse_typed::Frame<'_>) -> Frame {
    match frame {
        sse_typed::Frame::Event(event) => Frame::Event(Event {
            event: event.event().to_owned(),
            data: event.data().to_owned(),
            id: event.id().to_owned(),
            retry: event.retry(),
        }),
        sse_typed::Frame::Comment(comment) => Frame::Comment((*comment).to_owned()),
        sse_typed::Frame::Retry(time) => Frame::Retry(*time),
        other => panic!("a parser gives no {other:?}"),
    }
}

/// A whole stream, in these chunks.
pub(crate) fn parse<'a>(options: &Options, chunks: impl IntoIterator<Item = &'a [u8]>) -> Outcome {
    let mut parser = parser(options);
    let mut outcome = Outcome::default();
    for chunk in chunks {
        parser.feed(Bytes::copy_from_slice(chunk));
        take(&mut parser, &mut outcome);
    }
    end(parser, outcome)
}

/// The same where all chunks are fed before any frame is taken.
pub(crate) fn parse_late<'a>(options: &Options, chunks: impl IntoIterator<Item = &'a [u8]>) -> Outcome {
    let mut parser = parser(options);
    for chunk in chunks {
        parser.feed(Bytes::copy_from_slice(chunk));
    }
    end(parser, Outcome::default())
}

fn end(mut parser: Parser, mut outcome: Outcome) -> Outcome {
    parser.finish();
    take(&mut parser, &mut outcome);
    parser.last_event_id().clone_into(&mut outcome.last_event_id);
    outcome.reconnection_time = parser.reconnection_time();
    outcome.truncated = parser.is_truncated();
    outcome
}

/// Asserts that `input` is `expected` in every cut: in two at every place, byte by byte, and where it is short in three.
#[track_caller]
pub(crate) fn assert_in_every_cut(options: &Options, input: &[u8], expected: &Outcome) {
    let check = |outcome: Outcome, cut: &dyn Debug| {
        assert_eq!(&outcome, expected, "{:?} cut at {cut:?}", String::from_utf8_lossy(input));
    };
    check(parse(options, [input]), &"nothing");
    check(parse(options, input.chunks(1)), &"every byte");
    check(parse_late(options, input.chunks(1)), &"every byte, fed at once");
    for first in 0..=input.len() {
        let (head, tail) = input.split_at(first);
        check(parse(options, [head, tail]), &first);
        check(parse_late(options, [head, tail]), &(first, "fed at once"));
        if input.len() <= 64 {
            for second in 0..=tail.len() {
                let (middle, tail) = tail.split_at(second);
                check(parse(options, [head, middle, tail]), &(first, first + second));
            }
        }
    }
}

/// The frames of `input`, the same in every cut.
#[track_caller]
pub(crate) fn frames(input: impl AsRef<[u8]>) -> Vec<Frame> {
    frames_with(&Options::default(), input)
}

/// The same for a parser with these options.
#[track_caller]
pub(crate) fn frames_with(options: &Options, input: impl AsRef<[u8]>) -> Vec<Frame> {
    outcome(options, input).frames
}

/// All that became of `input`, the same in every cut.
#[track_caller]
pub(crate) fn outcome(options: &Options, input: impl AsRef<[u8]>) -> Outcome {
    let whole = parse(options, [input.as_ref()]);
    assert_in_every_cut(options, input.as_ref(), &whole);
    whole
}

/// An unnamed event with this data.
pub(crate) fn event(data: &str) -> Frame {
    named("message", data)
}

pub(crate) fn named(event: &str, data: &str) -> Frame {
    with_id(event, data, "")
}

pub(crate) fn with_id(event: &str, data: &str, id: &str) -> Frame {
    Frame::Event(Event { event: event.to_owned(), data: data.to_owned(), id: id.to_owned(), retry: None })
}

pub(crate) fn comment(text: &str) -> Frame {
    Frame::Comment(text.to_owned())
}

pub(crate) fn retry(milliseconds: u64) -> Frame {
    Frame::Retry(Duration::from_millis(milliseconds))
}
