//! The parser against the plain reader: the same frames from any bytes, in any cut.

mod parser;

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use sse_typed::{LastEventId, ServerSentEvent};
use sse_typed_tests::plain::{self, Event, Frame, Options};

/// What streams are made of, whole and in parts.
const TOKENS: &[&[u8]] = &[
    b"data",
    b"event",
    b"id",
    b"retry",
    b"data:",
    b"data: ",
    b"event: ",
    b"id: ",
    b"retry: ",
    b"da",
    b"even",
    b"retr",
    b"events",
    b"unknown",
    b":",
    b": ",
    b" ",
    b"\n",
    b"\n",
    b"\n\n",
    b"\r",
    b"\r\n",
    b"\r\n\r\n",
    b"\xef\xbb\xbf",
    b"\xef",
    b"\xbb",
    b"\xbf",
    b"\xc3\xa9",
    b"\xe2\x82\xac",
    b"\xf0\x9f\x98\x80",
    b"\xc3",
    b"\xe2\x82",
    b"\xf0\x9f\x98",
    b"\xf0\x9f",
    b"\xf0",
    b"\x80",
    b"\xff",
    b"\xed\xa0\x80",
    b"\0",
    b"0",
    b"7",
    b"+5",
    b"99999999999999999999",
    b"x",
    b"a rather long text that no short way round is made for, and some more of it",
    b"data: x\n\n",
    b"event: e\nid: 7\ndata: x\n\n",
];

fn near_valid() -> impl Strategy<Value = Vec<u8>> {
    vec(select(TOKENS), 0..40).prop_map(|tokens| tokens.concat())
}

fn options() -> impl Strategy<Value = Options> {
    (select(&["", "", "6"][..]), any::<bool>(), any::<bool>(), prop_oneof![3 => Just(16 << 20), 1 => 0_usize..60])
        .prop_map(|(last_event_id, unterminated_event, events_without_data, max_event_size)| Options {
            last_event_id: last_event_id.to_owned(),
            unterminated_event,
            events_without_data,
            max_event_size,
        })
}

/// The bytes, cut at these places.
fn cut<'a>(mut bytes: &'a [u8], cuts: &[Index]) -> Vec<&'a [u8]> {
    let mut places: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
    places.sort_unstable_by(|a, b| b.cmp(a));
    let mut chunks = Vec::new();
    for place in places {
        let (head, chunk) = bytes.split_at(place);
        chunks.push(chunk);
        bytes = head;
    }
    chunks.push(bytes);
    chunks.reverse();
    chunks
}

fn assert_plain(options: &Options, bytes: &[u8], cuts: &[Index]) -> Result<(), TestCaseError> {
    let expected = plain::read(bytes, options);
    let chunks = cut(bytes, cuts);
    prop_assert_eq!(chunks.concat(), bytes);
    prop_assert_eq!(&parser::parse(options, [bytes]), &expected, "whole");
    prop_assert_eq!(&parser::parse(options, bytes.chunks(1)), &expected, "byte by byte");
    prop_assert_eq!(&parser::parse(options, chunks.iter().copied()), &expected, "{:?}", chunks);
    prop_assert_eq!(&parser::parse_late(options, chunks.iter().copied()), &expected, "fed at once: {:?}", chunks);
    Ok(())
}

fn sent() -> impl Strategy<Value = ServerSentEvent> {
    (
        any::<String>(),
        any::<String>(),
        any::<String>(),
        any::<Option<u64>>(),
        vec(select(&["\r", "\n", "\r\n", " ", ":"][..]), 0..4),
    )
        .prop_map(|(event, data, id, retry, ends)| {
            let mut sent = ServerSentEvent::new(event, ends.iter().fold(data, |data, end| data + end + "x"));
            sent.id = LastEventId::from(id);
            sent.retry = retry.map(Duration::from_millis);
            sent
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn near_valid_streams_read_as_the_plain_reader_reads_them(
        bytes in near_valid(), options in options(), cuts in vec(any::<Index>(), 0..8),
    ) {
        assert_plain(&options, &bytes, &cuts)?;
    }

    #[test]
    fn any_bytes_read_as_the_plain_reader_reads_them(
        bytes in vec(any::<u8>(), 0..200), options in options(), cuts in vec(any::<Index>(), 0..8),
    ) {
        assert_plain(&options, &bytes, &cuts)?;
    }

    #[test]
    fn streams_one_after_another_are_streams_of_their_own(streams in vec(near_valid(), 1..4), size in 1_usize..20) {
        let mut options = Options::default();
        let mut parser = parser::parser(&options);
        for bytes in streams {
            let mut outcome = plain::Outcome::default();
            for chunk in bytes.chunks(size) {
                parser.feed(chunk.to_vec());
                parser::take(&mut parser, &mut outcome);
            }
            parser.finish();
            parser::take(&mut parser, &mut outcome);
            let expected = plain::read(&bytes, &options);
            prop_assert_eq!(&outcome.frames, &expected.frames);
            // An empty stream leaves the parser as it was.
            prop_assert!(bytes.is_empty() || parser.is_truncated() == expected.truncated);
            prop_assert_eq!(parser.last_event_id(), &expected.last_event_id);
            options.last_event_id = expected.last_event_id;
        }
    }

    #[test]
    fn no_order_of_calls_is_a_wrong_one(calls in vec((0..8, near_valid()), 0..30), options in options()) {
        let mut parser = parser::parser(&options);
        for (call, bytes) in calls {
            match call {
                0..3 => parser.feed(bytes),
                3 => parser.finish(),
                4 => parser::take(&mut parser, &mut plain::Outcome::default()),
                _ => {
                    let found = parser.advance();
                    prop_assert_eq!(found == Ok(true), parser.frame().is_some());
                }
            }
            let frame = parser.frame().as_ref().map(parser::owned);
            parser.feed(" ");
            prop_assert_eq!(parser.frame().as_ref().map(parser::owned), frame, "feeding leaves the frame alone");
            let _ = (parser.last_event_id().len(), parser.reconnection_time(), parser.is_truncated());
        }
    }

    #[test]
    fn what_an_event_displays_reads_as_that_event(sent in sent(), size in 1_usize..20) {
        let text = sent.to_string();
        let frames = parser::parse(&Options::default(), text.as_bytes().chunks(size)).frames;
        let name = sent.event.replace(['\r', '\n'], "");
        let expected = Event {
            event: if name.is_empty() { "message".to_owned() } else { name },
            data: sent.data.replace("\r\n", "\n").replace('\r', "\n"),
            id: if sent.id.contains(['\r', '\n', '\0']) { String::new() } else { sent.id.to_string() },
            retry: sent.retry,
        };
        let retry = sent.retry.map(Frame::Retry);
        prop_assert_eq!(frames, retry.into_iter().chain([Frame::Event(expected)]).collect::<Vec<_>>());
    }
}
