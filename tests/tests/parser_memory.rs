//! What the parser allocates and keeps: nothing for an event, the limit at most, little at rest.
//!
//! Allocations are counted by an allocator of its own, to which growing a buffer is a new one beside the old; so the
//! bytes it counts also bound the bytes that growing copies.

use std::cell::RefCell;

use allocation_counter::{AllocationInfo, measure};
use bytes::Bytes;
use sse_typed::{Frame, Parser};

const LIMIT: usize = 1 << 20;
/// What the parser itself may hold beside values: a box, a few small buffers.
const SMALL: u64 = 1 << 10;
/// What it may keep of the buffers that large values needed.
const KEPT: u64 = 256 << 10;

/// Feeds and takes everything; how many frames, and how many bytes of data, came.
fn run(parser: &mut Parser, chunks: impl IntoIterator<Item = Bytes>) -> (usize, usize) {
    let (mut frames, mut bytes) = (0, 0);
    for chunk in chunks {
        parser.feed(chunk);
        while let Some(frame) = parser.next_frame().expect("no event is too large here") {
            frames += 1;
            if let Frame::Event(event) = frame {
                bytes += event.data().len();
            }
        }
    }
    (frames, bytes)
}

/// The stream in chunks of this size, for which nothing is allocated.
fn chunks(stream: &'static [u8], size: usize) -> impl Iterator<Item = Bytes> {
    stream.chunks(size).map(Bytes::from_static)
}

fn leak(stream: impl Into<Vec<u8>>) -> &'static [u8] {
    stream.into().leak()
}

/// What is still held of what was allocated.
fn held(allocated: &AllocationInfo) -> u64 {
    allocated.bytes_current.try_into().unwrap_or(0)
}

#[test]
fn nothing_is_allocated_for_an_event() {
    let stream = leak((0..2000).fold(String::new(), |stream, n| {
        stream
            + &format!("event: response.output_text.delta\nid: {n}\ndata: {{\"delta\":\"é€😀 {n}\"}}\n\n: ping\n\n")
            + &format!("data: first\r\ndata: second\r\n\r\nretry: {n}\nevent: e\rdata\r\r")
    }));
    for size in [1, 7, 64, 1400, 16 << 10, stream.len()] {
        let mut parser = Parser::new();
        // Until every buffer has its size, also those that change places.
        for _ in 0..3 {
            run(&mut parser, chunks(stream, size));
        }
        let allocated = measure(|| {
            assert_eq!(run(&mut parser, chunks(stream, size)).0, 5 * 2000, "in chunks of {size}");
        });
        assert_eq!(allocated.count_total, 0, "in chunks of {size}");
    }
}

#[test]
fn an_event_that_lies_whole_in_a_chunk_is_not_copied() {
    let stream = leak(format!("data: {}\n\n", "x".repeat(8 << 20)));
    let mut parser = Parser::new();
    let allocated = measure(|| assert_eq!(run(&mut parser, chunks(stream, stream.len())), (1, 8 << 20)));
    assert!(allocated.bytes_total < SMALL, "{allocated:?}");
}

#[test]
fn one_long_line_is_copied_once() {
    let stream = leak(format!("data: {}\n\n", "x".repeat(8 << 20)));
    for size in [64, 1 << 10, 16 << 10] {
        let mut parser = Parser::new();
        let allocated = measure(|| assert_eq!(run(&mut parser, chunks(stream, size)), (1, 8 << 20)));
        assert!(allocated.bytes_total < 4 * stream.len() as u64, "in chunks of {size}: {allocated:?}");
    }
}

#[test]
fn forty_thousand_events_in_one_chunk_cost_nothing() {
    let stream = leak("event: tick\nid: 1\ndata: 12345678\n\n".repeat(40_000));
    let mut parser = Parser::new();
    let allocated = measure(|| assert_eq!(run(&mut parser, chunks(stream, stream.len())), (40_000, 40_000 * 8)));
    assert!(allocated.bytes_total < SMALL, "{allocated:?}");
}

#[test]
fn a_large_event_of_tiny_lines_is_linear() {
    for line in ["data\n", "data: x\n", "data:x\r\n"] {
        let count = (8 << 20) / line.len();
        let stream = leak(format!("{}\n", line.repeat(count)));
        for size in [64, 16 << 10, stream.len()] {
            let mut parser = Parser::new();
            let length = count * (line.trim_end().len() - 4).min(1) + count - 1;
            let allocated = measure(|| assert_eq!(run(&mut parser, chunks(stream, size)), (1, length)));
            assert!(allocated.bytes_total < 4 * stream.len() as u64, "in chunks of {size}: {allocated:?}");
        }
    }
}

#[test]
fn ten_megabyte_events_in_small_chunks_are_linear() {
    let stream = leak(format!("event: put\ndata: {}\n\n", "x".repeat(10 << 20)).repeat(3));
    let mut parser = Parser::new();
    let allocated = measure(|| assert_eq!(run(&mut parser, chunks(stream, 64)), (3, 30 << 20)));
    assert!(allocated.bytes_total < 4 * stream.len() as u64, "{allocated:?}");
    assert!(allocated.bytes_max < 26 << 20, "{allocated:?}");
}

#[test]
fn an_endless_line_stops_at_the_limit() {
    const DIGITS: &[u8] = &[b'0'; 16 << 10];
    for begin in ["data: ", "event: ", "id: ", "retry: ", ": ", ":", "unknown: ", "eventually", "data: é", "\u{feff}"]
    {
        let parser = RefCell::new(Parser::new().max_event_size(LIMIT));
        let feed = |chunk: &'static [u8]| {
            let mut parser = parser.borrow_mut();
            parser.feed(chunk);
            parser.advance()
        };
        let rounds = LIMIT / DIGITS.len() - 1;
        let before = measure(|| {
            assert_eq!(feed(begin.as_bytes()), Ok(false));
            for _ in 0..rounds {
                assert_eq!(feed(DIGITS), Ok(false));
            }
        });
        assert!(held(&before) <= LIMIT as u64 + SMALL, "{begin:?} holds {before:?}");
        assert!(before.bytes_max <= 3 * LIMIT as u64 / 2 + SMALL, "{begin:?} holds {before:?}");
        let beyond = measure(|| assert!((0..2).any(|_| feed(DIGITS).is_err()), "{begin:?}"));
        assert!(beyond.bytes_total <= SMALL, "{begin:?} allocates {beyond:?}");
        assert!(before.bytes_current + beyond.bytes_current < 1 << 10, "{begin:?} keeps {beyond:?}");
    }
}

#[test]
fn an_endless_event_stops_at_the_limit() {
    for line in ["data\n", "data:\n", "data: some text\n", "event: e\n", "id\n", "id: 7\r\n"] {
        let block = leak(line.repeat(1000));
        let mut parser = Parser::new().max_event_size(LIMIT);
        let fed = RefCell::new(0);
        let allocated = measure(|| {
            let error = std::iter::repeat(block).find_map(|block| {
                *fed.borrow_mut() += block.len();
                parser.feed(block);
                parser.advance().err()
            });
            assert_eq!(error.map(|error| error.limit()), Some(LIMIT), "{line:?}");
        });
        assert!(*fed.borrow() < 2 * LIMIT, "{line:?}");
        assert!(allocated.bytes_max <= 3 * LIMIT as u64 / 2 + SMALL, "{line:?}: {allocated:?}");
        assert!(held(&allocated) <= SMALL, "{line:?}: {allocated:?}");
    }
}

#[test]
fn lines_that_are_not_kept_go_on_for_ever() {
    for line in
        ["\n", ": ping\n", "retry: 5\n", "unknown: x\n", "unknown\n", "id: 7\n\n", "event: e\n\n", "id: 1\0\n\n"]
    {
        let block = leak(line.repeat(10_000));
        let mut parser = Parser::new().max_event_size(1000);
        let allocated = measure(|| {
            for _ in 0..20 {
                run(&mut parser, chunks(block, 1400));
            }
        });
        assert!(allocated.bytes_max <= SMALL, "{line:?}: {allocated:?}");
    }
}

#[test]
fn a_name_an_id_and_data_together_hold_the_limit_at_most() {
    let large = "x".repeat(LIMIT / 3 - 100);
    let stream = leak(format!("event: {large}\nid: {large}\ndata: {large}"));
    for size in [64, 16 << 10, stream.len()] {
        let mut parser = Parser::new().max_event_size(LIMIT);
        let allocated = measure(|| assert_eq!(run(&mut parser, chunks(stream, size)), (0, 0)));
        assert!(held(&allocated) <= LIMIT as u64 + KEPT, "in chunks of {size}: {allocated:?}");
    }
}

#[test]
fn a_parser_at_rest_keeps_little_of_a_large_event() {
    let large = "x".repeat(1 << 20);
    let small = "event: e\nid: 7\ndata: x\n\n: c\n\n";
    for (size, rest) in [64, 16 << 10, 1 << 20].into_iter().flat_map(|size| [1, 7, 30].map(|rest| (size, rest))) {
        for line in [
            format!("data: {large}\n\n"),
            format!("event: {large}\ndata\n\n"),
            format!("event: {large}\nevent: e\ndata\n\n"),
            format!("event: {large}\nevent: e\n\n"),
            format!("id: {large}\ndata\n\n"),
            format!("id: {large}\nid: 7\n\n"),
            format!("id: {large}\0\n\n"),
            format!(": {large}\n"),
            format!(": {large}\ndata: x\ndata: y\n\n"),
            format!("retry: {large}\n"),
            format!("data: {large}\ndata: x\n\ndata: x\ndata: y\n\n"),
        ] {
            let name = format!("{}... in chunks of {size}, then of {rest}", &line[..20]);
            let (line, small) = (leak(line), leak(small));
            let mut parser = Parser::new();
            let allocated = measure(|| {
                run(&mut parser, chunks(line, size));
                run(&mut parser, chunks(small, rest));
            });
            assert!(held(&allocated) <= KEPT, "{name}: {allocated:?}");
        }
    }
}

#[test]
fn a_parser_at_rest_keeps_little_of_many_chunks() {
    let mut parser = Parser::new();
    let allocated = measure(|| {
        for _ in 0..100_000 {
            parser.feed("data: x\n\n");
        }
        assert_eq!(run(&mut parser, [Bytes::new()]).0, 100_000);
    });
    assert!(held(&allocated) <= KEPT, "{allocated:?}");
}

#[test]
fn an_idle_parser_is_small() {
    let allocated = measure(|| {
        let mut parser = Parser::new();
        run(&mut parser, chunks(b": ping\n\n", 1400));
        std::mem::forget(parser);
    });
    assert!(held(&allocated) <= 64, "{allocated:?}");
    assert!(size_of::<Parser>() <= 512, "{}", size_of::<Parser>());
}

#[test]
fn nothing_large_is_kept_of_a_stream_that_ended_in_a_line_or_of_an_id_that_was_replaced() {
    let large = leak("x".repeat(1 << 20));
    for size in [256, 1400, large.len()] {
        for begin in ["data: ", "event: ", "id: ", ": ", "data: x\ndata: "] {
            let mut parser = Parser::new();
            let allocated = measure(|| {
                run(&mut parser, [Bytes::from_static(begin.as_bytes())]);
                run(&mut parser, chunks(large, size));
                parser.finish();
                while parser.advance() == Ok(true) {}
            });
            assert!(held(&allocated) < KEPT, "{begin:?} in chunks of {size}: {allocated:?}");
            let mut parser = Parser::new();
            let allocated = measure(|| {
                run(&mut parser, [Bytes::from_static(begin.as_bytes())]);
                run(&mut parser, chunks(large, size));
                run(&mut parser, [&b"\nid: 1\ndata: a\n\n"[..], b": idle\n"].map(Bytes::from_static));
            });
            assert!(held(&allocated) < KEPT, "{begin:?} and an end, in chunks of {size}: {allocated:?}");
        }
    }
}
