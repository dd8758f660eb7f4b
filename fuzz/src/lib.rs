//! What the targets have in common: the parser held against the plain reader.

#[path = "../../tests/src/plain.rs"]
pub mod plain;

use sse_typed::Parser;

use crate::plain::{Event, Frame, Options, Outcome};

/// Holds the parser against the plain reader: whole, byte by byte, cut as `cuts` says, and with all chunks fed at once.
pub fn check(bytes: &[u8], options: &Options, cuts: &[u8]) {
    let expected = plain::read(bytes, options);
    assert_eq!(parse(options, [bytes], false), expected, "whole");
    assert_eq!(parse(options, bytes.chunks(1), false), expected, "byte by byte");
    for late in [false, true] {
        assert_eq!(parse(options, cut(bytes, cuts), late), expected, "cut as {cuts:?}, fed at once: {late}");
    }
}

/// The same for bytes of which the first four say how the rest is read, and in what chunks.
pub fn check_any(bytes: &[u8]) {
    let Some((&[flags, limit, first, second], stream)) = bytes.split_first_chunk() else { return };
    let options = Options {
        last_event_id: if flags & 1 == 0 { String::new() } else { "6".to_owned() },
        unterminated_event: flags & 2 != 0,
        events_without_data: flags & 4 != 0,
        max_event_size: if flags & 8 == 0 { 16 << 20 } else { limit.into() },
    };
    check(stream, &options, &[first, second]);
}

/// Chunks as long as `cuts` says, which begins anew at its end.
fn cut<'a>(mut bytes: &'a [u8], cuts: &[u8]) -> Vec<&'a [u8]> {
    let mut lengths = cuts.iter().copied().filter(|length| *length > 0).map(usize::from).cycle();
    let mut chunks = Vec::new();
    while !bytes.is_empty() {
        let length = lengths.next().unwrap_or(usize::MAX).min(bytes.len());
        let (chunk, rest) = bytes.split_at(length);
        chunks.push(chunk);
        bytes = rest;
    }
    chunks
}

fn parse<'a>(options: &Options, chunks: impl IntoIterator<Item = &'a [u8]>, late: bool) -> Outcome {
    let mut parser = Parser::with_last_event_id(options.last_event_id.clone()).max_event_size(options.max_event_size);
    if options.unterminated_event {
        parser = parser.unterminated_event();
    }
    if options.events_without_data {
        parser = parser.events_without_data();
    }
    let mut outcome = Outcome::default();
    for chunk in chunks {
        parser.feed(chunk.to_vec());
        if !late {
            take(&mut parser, &mut outcome);
        }
    }
    parser.finish();
    take(&mut parser, &mut outcome);
    parser.last_event_id().clone_into(&mut outcome.last_event_id);
    outcome.reconnection_time = parser.reconnection_time();
    outcome.truncated = parser.is_truncated();
    outcome
}

fn take(parser: &mut Parser, outcome: &mut Outcome) {
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
        outcome.frames.push(match frame {
            sse_typed::Frame::Event(event) => Frame::Event(Event {
                event: event.event().to_owned(),
                data: event.data().to_owned(),
                id: event.id().to_owned(),
                retry: event.retry(),
            }),
            sse_typed::Frame::Comment(comment) => Frame::Comment(comment.to_owned()),
            sse_typed::Frame::Retry(time) => Frame::Retry(time),
            other => panic!("a parser gives no {other:?}"),
        });
    }
}

#[cfg(test)]
mod tests {
    /// For interpreters such as Miri, which run no fuzzer: `cargo +nightly miri test`.
    #[test]
    fn the_seeds_read_as_the_plain_reader_reads_them() {
        for seed in std::fs::read_dir("seeds/any_bytes").expect("the seeds") {
            super::check_any(&std::fs::read(seed.expect("a seed").path()).expect("a seed"));
        }
    }
}
