//! What a server could send to make a parser slow or large.

use std::hint::black_box;

use bytes::Bytes;
use sse_typed::Parser;

use super::{Mode, Section};
use crate::alloc::count;
use crate::measure::{Contestant, race};
use crate::table::{Table, Target, number};

/// A shape of some size: its bytes, and the chunks they come in.
struct Shape {
    name: &'static str,
    size: usize,
    make: fn(usize) -> Bytes,
    chunk: usize,
}

const SHAPES: [Shape; 7] = [
    Shape { name: "a line of 8 MiB in 1 KiB chunks", size: 8 << 20, make: line, chunk: 1 << 10 },
    Shape { name: "40,000 events in one chunk", size: 40_000, make: events, chunk: usize::MAX },
    Shape { name: "an event of 1-byte lines, 8 MiB, 16 KiB chunks", size: 8 << 20, make: lines, chunk: 16 << 10 },
    Shape { name: "an event of 10 MB in 64 B chunks", size: 10_000_000, make: line, chunk: 64 },
    Shape { name: "empty lines, 4 MiB, 16 KiB chunks", size: 4 << 20, make: empty_lines, chunk: 16 << 10 },
    Shape { name: "a comment of 8 MiB in 1 KiB chunks", size: 8 << 20, make: comment, chunk: 1 << 10 },
    Shape { name: "bytes that are not UTF-8, 4 MiB, 1 KiB chunks", size: 4 << 20, make: malformed, chunk: 1 << 10 },
];

fn line(size: usize) -> Bytes {
    format!("data: {}\n\n", "0123456789abcdef".repeat(size / 16)).into()
}

fn events(number: usize) -> Bytes {
    "event: tick\ndata: {\"n\":1}\n\n".repeat(number).into()
}

fn lines(size: usize) -> Bytes {
    format!("{}\n", "data:1\n".repeat(size / 7)).into()
}

fn empty_lines(size: usize) -> Bytes {
    "\n".repeat(size).into()
}

fn comment(size: usize) -> Bytes {
    format!(":{}\n", " still here".repeat(size / 11)).into()
}

fn malformed(size: usize) -> Bytes {
    let mut bytes = b"data: ".to_vec();
    bytes.extend(std::iter::repeat_n(0xff, size / 3));
    bytes.extend(b"\n\n");
    bytes.into()
}

/// The limit for streams without an end.
const LIMIT: usize = 1 << 20;
const CHUNK: usize = 16 << 10;

pub fn run(mode: Mode) -> Section {
    let mut section = Section {
        title: "Worst cases",
        about: "CPU time at a size and at twice that, and the most memory held at a time beside the chunk. Endless \
                streams stop at the limit of an event, set to 1 MiB here.",
        ..Section::default()
    };
    let mut table = Table::new(["", "ms", "ms at twice the size", "ratio", "peak KB"]);
    for shape in SHAPES {
        let size = if mode.quick { shape.size / 8 } else { shape.size };
        let (once, twice) = ((shape.make)(size), (shape.make)(size * 2));
        let mut contestants: Vec<Contestant<'_>> =
            vec![Box::new(|| parse(&once, shape.chunk)), Box::new(|| parse(&twice, shape.chunk))];
        let samples = race(mode.effort(), &mut contestants);
        let ((), allocated) = count(|| parse(&once, shape.chunk));
        let ratio = samples[1].ratio(&samples[0]);
        table.row([
            shape.name.to_owned(),
            number(samples[0].median() * 1e3),
            number(samples[1].median() * 1e3),
            format!("{ratio:.2}"),
            number(allocated.peak as f64 / 1024.0),
        ]);
        // Twice, and what a larger buffer costs in cache misses; four times would be quadratic.
        let what = format!("{}: times as long at twice the size", shape.name);
        section.targets.push(Target::at_most(what, 2.5, ratio, "x"));
    }
    section.tables.push((String::new(), table.to_markdown()));
    for (name, first, then) in [
        ("an endless line of data", "data: ", "0123456789abcdef"),
        ("an endless event of lines", "", "data: 0123456789\n"),
        ("an endless comment", ":", " still here"),
        ("an endless unknown field", "unknown: ", "0123456789abcdef"),
        ("an endless name", "event: ", "0123456789abcdef"),
        ("an endless id", "id: ", "0123456789abcdef"),
    ] {
        let what = format!("{name}: the most memory held, limit {} KB, chunks of {} KB", LIMIT >> 10, CHUNK >> 10);
        let goal = (LIMIT + CHUNK) as f64 / 1024.0;
        section.targets.push(Target::at_most(what, goal, endless(first, then) as f64 / 1024.0, " KB"));
    }
    section
}

fn parse(bytes: &Bytes, chunk: usize) {
    let mut parser = Parser::new().max_event_size(64 << 20);
    let mut rest = bytes.clone();
    while !rest.is_empty() {
        parser.feed(rest.split_to(chunk.min(rest.len())));
        while let Some(frame) = parser.next_frame().expect("no event is too large") {
            black_box(&frame);
        }
    }
}

/// The most memory that such a stream makes the parser hold.
fn endless(first: &str, then: &str) -> isize {
    let chunk = Bytes::from(then.repeat(CHUNK / then.len()));
    let ((), allocated) = count(|| {
        let mut parser = Parser::new().max_event_size(LIMIT);
        parser.feed(Bytes::copy_from_slice(first.as_bytes()));
        for _ in 0..8 * LIMIT / CHUNK {
            parser.feed(chunk.clone());
            while let Ok(Some(frame)) = parser.next_frame() {
                black_box(&frame);
            }
        }
    });
    allocated.peak
}
