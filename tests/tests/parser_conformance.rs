//! The event stream format, rule by rule (WHATWG HTML 9.2.5 and 9.2.6), each in every cut of its bytes.

mod parser;

use std::time::Duration;

use bytes::Bytes;
use sse_typed::{Frame as Lent, Parser};
use sse_typed_tests::plain::{self, Event, Frame, Options, Outcome};

use self::parser::{comment, event, frames, frames_with, named, outcome, retry, with_id};

// Decoding

#[test]
fn one_byte_order_mark_is_dropped() {
    assert_eq!(frames("\u{feff}data: x\n\n"), [event("x")]);
    assert_eq!(frames("\u{feff}\ndata: x\n\n"), [event("x")]);
    assert_eq!(frames("\u{feff}: x\n"), [comment("x")]);
}

#[test]
fn a_second_byte_order_mark_belongs_to_the_line() {
    assert_eq!(frames("\u{feff}\u{feff}data: x\n\ndata: y\n\n"), [event("y")]);
}

#[test]
fn a_byte_order_mark_further_on_is_a_character() {
    assert_eq!(frames("data: \u{feff}x\n\n"), [event("\u{feff}x")]);
    assert_eq!(frames("\n\u{feff}data: x\n\ndata: y\n\n"), [event("y")]);
}

#[test]
fn a_part_of_a_byte_order_mark_is_malformed() {
    assert_eq!(frames(b"\xef\xbbdata: x\n\ndata: y\n\n"), [event("y")]);
    assert_eq!(frames(b"\xef\xbb:\n\xbfdata: x\n\n:\xef\xbb\n"), [comment("\u{fffd}")]);
}

#[test]
fn every_stream_may_begin_with_a_byte_order_mark() {
    let mut parser = Parser::new();
    for _ in 0..3 {
        for chunk in [&b"\xef"[..], b"\xbb\xbfda", b"ta: x\n\n"] {
            parser.feed(chunk);
        }
        assert!(matches!(parser.next_frame(), Ok(Some(Lent::Event(event))) if event.data() == "x"));
        parser.finish();
        assert!(matches!(parser.next_frame(), Ok(None)));
    }
}

#[test]
fn malformed_utf8_is_replaced_as_in_the_whole_stream() {
    let malformed: &[&[u8]] = &[
        b"\x80",
        b"\xbf\xbf\xbf\xbf",
        b"\xc0\xaf",
        b"\xc1\xbf",
        b"\xc3",
        b"\xc3\x28",
        b"\xe2\x82",
        b"\xe2\x28\xa1",
        b"\xe0\x80\xaf",
        b"\xe0\x9f\xbf",
        b"\xed\xa0\x80",
        b"\xed\xaf\xbf\xed\xbf\xbf",
        b"\xf0\x9f\x98",
        b"\xf0\x9f\x98\xf0\x9f\x98\x80",
        b"\xf0\x80\x80\x80",
        b"\xf0\x8f\xbf\xbf",
        b"\xf4\x90\x80\x80",
        b"\xf5\x80\x80\x80",
        b"\xf8\x88\x80\x80\x80",
        b"\xfe\xff",
        b"\xe2\x82\xe2\x82\xac\xe2",
        b"\xc3\xa9\xc3",
        b"a\xf1\x80\x80\xe1\x80\xc2b\x80c\x80\xbfd",
    ];
    for bytes in malformed {
        for input in [&[b"data: ", *bytes, b"\n\n"].concat(), &[b"data: <", *bytes, b">\r\rid: 7"].concat()] {
            let text = String::from_utf8_lossy(input);
            let line = text.split(['\r', '\n']).next().unwrap();
            assert_eq!(frames(input), [event(&line["data: ".len()..])], "{bytes:x?}");
        }
    }
}

#[test]
fn malformed_utf8_costs_only_itself() {
    assert_eq!(frames(b"\xff\ndata: a\n\nda\xffta: b\n\ndata: c\n\n"), [event("a"), event("c")]);
    assert_eq!(frames(b"event: \xe9\nid: \xe9\ndata: \xe9\n\n"), [with_id("\u{fffd}", "\u{fffd}", "\u{fffd}")]);
    assert_eq!(frames(b":\xff\xfe\nretry: \xff5\n"), [comment("\u{fffd}\u{fffd}")]);
}

#[test]
fn a_character_may_be_cut_anywhere() {
    let text = "é€😀\u{80}\u{7ff}\u{800}\u{ffff}\u{10000}\u{10ffff}";
    assert_eq!(frames(format!("data: {text}\nevent: {text}\n\n")), [named(text, text)]);
    assert_eq!(frames(format!(":{text}\n")), [comment(text)]);
    assert_eq!(frames(format!("{text}: x\ndata{text}: x\n\n")), []);
}

// Lines

#[test]
fn cr_lf_and_crlf_end_a_line() {
    let ends = ["\n", "\r", "\r\n"];
    for first in ends {
        for second in ends {
            for third in ends {
                let input = format!("data: a{first}data: b{second}{third}data: c{third}{second}:{first}");
                // CR and LF next to each other are one end.
                let one = |a: &str, b: &str| a.ends_with('\r') && b == "\n";
                let expected = match (one(second, third), one(third, second)) {
                    (false, false) => vec![event("a\nb"), event("c"), comment("")],
                    (true, _) => vec![event("a\nb\nc"), comment("")],
                    (_, true) => vec![event("a\nb"), comment("")],
                };
                assert_eq!(frames(&input), expected, "{input:?}");
            }
        }
    }
}

#[test]
fn mixed_line_ends_are_counted_right() {
    assert_eq!(frames("data: a\r\r\ndata: b\r\n\r\ndata: c\n\rdata: d\r\n\n"), ["a", "b", "c", "d"].map(event));
    assert_eq!(frames("\r\n\r\r\n\n\ndata: x\r\n\r\n\r\r"), [event("x")]);
}

#[test]
fn other_line_separators_are_text() {
    let text = "a\u{2028}b\u{2029}c\u{85}d\u{b}e\u{c}f\0g\u{1e}h";
    assert_eq!(frames(format!("data: {text}\n\n")), [event(text)]);
}

#[test]
fn an_event_that_ends_in_cr_is_there_without_the_next_byte() {
    for input in ["data: x\r\r", "data: x\n\r", "data: x\r\n\r"] {
        for cut in 0..=input.len() {
            let mut parser = Parser::new();
            let mut outcome = Outcome::default();
            for chunk in [&input[..cut], &input[cut..]] {
                parser.feed(chunk);
                parser::take(&mut parser, &mut outcome);
            }
            assert_eq!(outcome.frames, [event("x")], "{input:?} cut at {cut}");
            parser.feed("\n");
            parser::take(&mut parser, &mut outcome);
            parser.feed("data: y\n\n");
            parser::take(&mut parser, &mut outcome);
            assert_eq!(outcome.frames, [event("x"), event("y")], "{input:?} cut at {cut}");
        }
    }
}

#[test]
fn a_frame_comes_with_the_last_byte_of_its_line() {
    let input = b"data: x\n\n: c\nretry: 5\rid: 7\r\nevent: e\ndata\n\n";
    let mut parser = Parser::new();
    let mut outcome = Outcome::default();
    let mut seen = Vec::new();
    for (at, byte) in input.iter().enumerate() {
        parser.feed(Bytes::copy_from_slice(&[*byte]));
        parser::take(&mut parser, &mut outcome);
        seen.resize(outcome.frames.len(), at);
    }
    assert_eq!(seen, [8, 12, 21, 43]);
}

// Fields

#[test]
fn data_lines_are_joined_by_line_feeds() {
    assert_eq!(frames("data: YHOO\ndata: +2\ndata: 10\n\n"), [event("YHOO\n+2\n10")]);
    assert_eq!(frames("data\n\ndata\ndata\n\ndata:"), [event(""), event("\n")]);
    assert_eq!(frames("data:\ndata:\r\ndata: \rdata\n\n"), [event("\n\n\n")]);
    assert_eq!(frames("data: a\nevent: e\n: c\ndata: b\n\n"), [comment("c"), named("e", "a\nb")]);
}

#[test]
fn one_space_after_the_colon_is_dropped_and_no_more() {
    assert_eq!(frames("data:x\n\ndata: x\n\ndata:  x\n\n"), [event("x"), event("x"), event(" x")]);
    assert_eq!(frames("data:\tx\n\ndata: \n\ndata:  \n\n"), [event("\tx"), event(""), event(" ")]);
    assert_eq!(frames("data: x \n\ndata:\u{a0}x\n\n"), [event("x "), event("\u{a0}x")]);
    assert_eq!(frames(":x\n: x\n:  x\n:\n: \n"), ["x", "x", " x", "", ""].map(comment));
    assert_eq!(frames("event:  e\nid:  7\ndata\n\n"), [with_id(" e", "", " 7")]);
    assert_eq!(frames("event: \nid: \ndata:::\n\n"), [event("::")]);
}

#[test]
fn a_line_without_a_colon_is_a_field_with_an_empty_value() {
    assert_eq!(frames("data\n\n"), [event("")]);
    assert_eq!(frames("event: e\nevent\ndata: x\n\n"), [event("x")]);
    assert_eq!(frames("id: 7\ndata\n\nid\ndata\n\n"), [with_id("message", "", "7"), event("")]);
    assert_eq!(frames("retry\ndata\n\n"), [event("")]);
}

#[test]
fn names_are_taken_as_they_are() {
    for name in ["Data", "DATA", " data", "data ", "dat", "datas", "da ta", "\tdata", "dät", "event ", "ID", "\0data"]
    {
        assert_eq!(frames(format!("{name}: x\n{name}\n\ndata: y\n\n")), [event("y")], "{name:?}");
    }
    assert_eq!(frames("{\"error\":{\"code\":500}}\n\ndata: y\n\n"), [event("y")]);
}

#[test]
fn the_last_name_and_the_last_id_win() {
    assert_eq!(frames("event: a\nid: 1\nevent: b\nid: 2\ndata\n\n"), [with_id("b", "", "2")]);
    assert_eq!(frames("event: a\nevent:\ndata\n\n"), [event("")]);
}

#[test]
fn a_name_lasts_for_one_event() {
    assert_eq!(frames("event: a\ndata: 1\n\ndata: 2\n\n"), [named("a", "1"), event("2")]);
    assert_eq!(frames("event: a\n\ndata: 2\n\n"), [event("2")]);
}

#[test]
fn comments_come_where_they_stand() {
    assert_eq!(frames(": a\ndata: 1\n:b\n\n::c\n"), [comment("a"), comment("b"), event("1"), comment(":c")]);
}

// Ids

#[test]
fn comments_are_passed_over_where_nobody_wants_them() {
    let stream = ": x\n:\n\ndata: a\r: y\r\ndata: b\n:: z\nid: 1\n\n: é\nretry: 7\n: the last".as_bytes();
    let options = Options::default();
    let mut expected = plain::read(stream, &options);
    expected.frames.retain(|frame| !matches!(frame, Frame::Comment(_)));
    assert_eq!(expected.frames.len(), 2);
    for size in 1..=stream.len() {
        let mut parser = Parser::new().without_comments();
        let mut outcome = Outcome::default();
        for chunk in stream.chunks(size) {
            parser.feed(chunk);
            parser::take(&mut parser, &mut outcome);
        }
        assert_eq!(outcome.frames, expected.frames, "in chunks of {size}");
        assert_eq!(parser.last_event_id(), "1");
    }
}

#[test]
fn an_id_lasts_until_the_next() {
    assert_eq!(
        frames("id: 1\ndata: a\n\ndata: b\n\nid: 2\ndata: c\n\n"),
        [with_id("message", "a", "1"), with_id("message", "b", "1"), with_id("message", "c", "2")]
    );
}

#[test]
fn an_empty_id_resets_it() {
    assert_eq!(frames("id: 1\ndata: a\n\nid\ndata: b\n\n"), [with_id("message", "a", "1"), event("b")]);
    assert_eq!(frames("id: 1\ndata: a\n\nid:\ndata: b\n\n"), [with_id("message", "a", "1"), event("b")]);
}

#[test]
fn an_id_with_nul_is_ignored() {
    assert_eq!(
        frames("id: 1\nid: 2\0\ndata\n\nid: \0\ndata\n\n"),
        [with_id("message", "", "1"), with_id("message", "", "1")]
    );
}

#[test]
fn an_id_is_committed_by_a_blank_line_without_data() {
    assert_eq!(frames("id: 1\n\ndata\n\n"), [with_id("message", "", "1")]);
    assert_eq!(outcome(&Options::default(), "id: 1\n\n").last_event_id, "1");
    assert_eq!(outcome(&Options::default(), "event: e\nid: 1\n\nid: 2\n").last_event_id, "1");
}

#[test]
fn an_id_is_not_committed_before_its_blank_line() {
    let mut parser = Parser::new();
    parser.feed("id: 1\ndata: x\n\nid: 2\ndata: y\n");
    assert!(matches!(parser.next_frame(), Ok(Some(_))));
    assert!(matches!(parser.next_frame(), Ok(None)));
    assert_eq!(parser.last_event_id(), "1");
    parser.finish();
    assert!(matches!(parser.next_frame(), Ok(None)));
    assert_eq!(parser.last_event_id(), "1");
}

#[test]
fn the_last_event_id_is_that_of_the_frame_taken_out() {
    let mut parser = Parser::new();
    parser.feed("id: 1\ndata\n\nid: 2\ndata\n\nid: 3\n\n");
    for id in ["1", "2"] {
        assert!(matches!(parser.next_frame(), Ok(Some(Lent::Event(event))) if event.id() == id));
        assert_eq!(parser.last_event_id(), id);
    }
    assert!(matches!(parser.next_frame(), Ok(None)));
    assert_eq!(parser.last_event_id(), "3");
}

#[test]
fn a_resumed_stream_begins_with_the_id_it_resumed_from() {
    let options = Options { last_event_id: "6".to_owned(), ..Options::default() };
    assert_eq!(
        frames_with(&options, "data: a\n\nid: 7\ndata: b\n\n"),
        [with_id("message", "a", "6"), with_id("message", "b", "7")]
    );
    assert_eq!(outcome(&options, "").last_event_id, "6");
    assert_eq!(outcome(&options, "\n\n: c\n").last_event_id, "6");
    assert_eq!(outcome(&options, "id\n\n").last_event_id, "");
}

// Reconnection times

#[test]
fn a_retry_is_in_force_when_its_line_ends() {
    let mut parser = Parser::new();
    parser.feed("retry: 250");
    assert!(matches!(parser.next_frame(), Ok(None)));
    assert_eq!(parser.reconnection_time(), None);
    parser.feed("0\r");
    assert!(matches!(parser.next_frame(), Ok(Some(Lent::Retry(time))) if time == Duration::from_millis(2500)));
    assert_eq!(parser.reconnection_time(), Some(Duration::from_millis(2500)));
}

#[test]
fn a_retry_counts_also_in_a_block_without_data() {
    assert_eq!(frames("retry: 5\n\ndata: x\n\n"), [retry(5), event("x")]);
    assert_eq!(outcome(&Options::default(), "retry: 5\n\n").reconnection_time, Some(Duration::from_millis(5)));
    assert_eq!(outcome(&Options::default(), "retry: 5\n").reconnection_time, Some(Duration::from_millis(5)));
}

#[test]
fn an_event_knows_the_retry_among_its_lines() {
    let with_retry = |data: &str, time: Option<u64>| {
        let Frame::Event(event) = event(data) else { unreachable!() };
        Frame::Event(Event { retry: time.map(Duration::from_millis), ..event })
    };
    assert_eq!(
        frames("retry: 5\ndata: x\nretry: 6\n\ndata: y\n\n"),
        [retry(5), retry(6), with_retry("x", Some(6)), with_retry("y", None)]
    );
}

#[test]
fn a_retry_is_digits_and_nothing_else() {
    for value in ["+5", "-5", "5 ", " 5", "5.0", "5ms", "0x5", "", " ", "٥", "5\0", "1_000", "five", "5\u{301}"] {
        assert_eq!(frames(format!("retry: {value}\nretry:{value}\n")).len(), usize::from(value == " 5"), "{value:?}");
    }
    assert_eq!(frames("retry:5\nretry: 0\nretry: 007\n"), [retry(5), retry(0), retry(7)]);
}

#[test]
fn a_retry_of_any_length_is_a_time() {
    assert_eq!(frames(format!("retry: {}\n", u64::MAX)), [retry(u64::MAX)]);
    assert_eq!(frames("retry: 18446744073709551616\n"), [retry(u64::MAX)]);
    assert_eq!(frames(format!("retry: {}\n", "9".repeat(99))), [retry(u64::MAX)]);
    assert_eq!(frames(format!("retry: {}9\n", "0".repeat(99))), [retry(9)]);
}

// The end of the stream

#[test]
fn an_unfinished_event_is_discarded() {
    for input in ["data: x", "data: x\n", "data: x\r", "data: x\nid: 7\n", "event: e\ndata: x\nretry", "data:"] {
        let outcome = outcome(&Options::default(), input);
        assert_eq!(outcome, Outcome { truncated: true, ..Outcome::default() }, "{input:?}");
    }
}

#[test]
fn only_an_event_with_data_is_truncated() {
    let whole =
        ["", "\n", "data: x\n\n", "data: x\r\r", "id: 7\n", "event: e\n", ": c", ": c\n", "retry: 5\n", "\u{feff}"];
    let cut_before_its_data = ["data", "dat", "event: e\nid: 7", "foo: bar"];
    for input in whole.iter().chain(&cut_before_its_data) {
        assert!(!outcome(&Options::default(), input).truncated, "{input:?}");
    }
}

#[test]
fn what_ends_inside_a_character_is_discarded_too() {
    let outcome = outcome(&Options::default(), b"data: a\n\ndata: \xf0\x9f\x98");
    assert_eq!((outcome.frames, outcome.truncated), (vec![event("a")], true));
}

#[test]
fn an_unterminated_event_is_given_where_asked_for() {
    let options = Options { unterminated_event: true, ..Options::default() };
    for input in ["data: x", "data: x\n", "data: x\r", "data: x\r\n", "data: x\n\n", "data: x\r\r", "data: x\n\r\n"] {
        let outcome = outcome(&options, input);
        assert_eq!(outcome, Outcome { frames: vec![event("x")], ..Outcome::default() }, "{input:?}");
    }
    assert_eq!(frames_with(&options, "event: e\nid: 7\ndata"), [with_id("e", "", "7")]);
    assert_eq!(frames_with(&options, b"data: \xf0\x9f\x98"), [event("\u{fffd}")]);
    assert_eq!(frames_with(&options, b"data: a\n\n\xe2\x82"), [event("a")]);
    assert_eq!(frames_with(&options, ": c"), [comment("c")]);
    assert_eq!(frames_with(&options, "retry: 5"), [retry(5)]);
    assert_eq!(frames_with(&options, ""), []);
    // Where no event comes of it, nothing has been seen: what the id belongs to was cut off, or half of the id was.
    for (input, id) in [
        ("id: 7", ""),
        ("id: 1\ndata: x\n\nid: 12", "1"),
        ("id: 1\ndata: x\n\nid: 2\n: c\n", "1"),
        ("id: 1\ndata: x\n\nid: 2\nevent: e\n", "1"),
        ("id: 1\n\nid: 2\n\nid: 3\n", "2"),
        // Where one comes of it, the last line may still be half of an id.
        ("id: 1\ndata: a\n\ndata: b\nid", "1"),
        ("id: 1\ndata: a\n\ndata: b\nid: 23", "1"),
        ("id: 1\ndata: a\n\nid: 2\ndata: b\nid: 3", "2"),
        ("id: 1\ndata: a\n\ndata: b\nid: 23\n", "23"),
    ] {
        assert_eq!(outcome(&options, input).last_event_id, id, "{input:?}");
    }
}

#[test]
fn an_event_without_data_is_no_event() {
    assert_eq!(frames("event: complete\n\nevent: e\nid: 7\n\n"), []);
}

#[test]
fn an_event_without_data_is_given_where_asked_for() {
    let options = Options { events_without_data: true, ..Options::default() };
    assert_eq!(frames_with(&options, "event: complete\n\ndata: x\n\n"), [named("complete", ""), event("x")]);
    assert_eq!(frames_with(&options, "event: e\nid: 7\n\n\n\n"), [with_id("e", "", "7")]);
    assert_eq!(frames_with(&options, "id: 7\n\nretry: 5\n\n: c\n\n"), [retry(5), comment("c")]);
    // An empty name is none.
    assert_eq!(frames_with(&options, "event\n\nevent:\n\nevent: \n\nevent: e\nevent\n\n"), []);
    assert!(outcome(&options, "event: e\n").truncated);
    assert!(!outcome(&options, "event: \n").truncated);
}

#[test]
fn a_finished_parser_begins_a_new_stream() {
    let mut parser = Parser::new();
    let mut outcome = Outcome::default();
    parser.feed("id: 7\ndata: a\n\nevent: lost\nid: 8\ndata: lost\r");
    parser.finish();
    parser::take(&mut parser, &mut outcome);
    assert!(parser.is_truncated());
    // The line feed is a blank line of the new stream, not the end of the CR of the old one.
    parser.feed("\ndata: b\n\n");
    parser::take(&mut parser, &mut outcome);
    assert!(!parser.is_truncated());
    assert_eq!(outcome.frames, [with_id("message", "a", "7"), with_id("message", "b", "7")]);
}

#[test]
fn a_new_stream_knows_nothing_of_the_open_line_of_the_old() {
    for cut_off in ["data: lo", "da", ": lo", "event: lo", "id: 9", "unknown: lo", "retry: 1", "\u{feff}", "data: \r"] {
        let mut parser = Parser::new();
        let mut outcome = Outcome::default();
        parser.feed(cut_off);
        parser::take(&mut parser, &mut outcome);
        parser.finish();
        parser::take(&mut parser, &mut outcome);
        parser.feed("data: b\n\n");
        parser::take(&mut parser, &mut outcome);
        assert_eq!(outcome.frames, [event("b")], "{cut_off:?}");
    }
    let mut parser = Parser::new();
    parser.feed(&b"data: \xf0\x9f"[..]);
    parser.finish();
    assert!(matches!(parser.next_frame(), Ok(None)));
    parser.feed("\u{feff}data: b\n\n");
    assert!(matches!(parser.next_frame(), Ok(Some(Lent::Event(event))) if event.data() == "b"));
}

#[test]
fn finishing_twice_changes_nothing() {
    let mut parser = Parser::new().unterminated_event();
    parser.feed("data: x");
    parser.finish();
    parser.finish();
    assert!(matches!(parser.next_frame(), Ok(Some(Lent::Event(event))) if event.data() == "x"));
    parser.finish();
    assert!(matches!(parser.next_frame(), Ok(None)));
    parser.finish();
    assert!(matches!(parser.next_frame(), Ok(None)));
    assert!(!parser.is_truncated());
}

// Limits

#[test]
fn an_event_may_hold_its_limit_and_not_a_byte_more() {
    let inputs: [&[u8]; 12] = [
        b"data: 890\n\n",
        b"data:\ndata\n\n",
        b"event:78\rdata:x",
        b"id: 12\nid: 3\n",
        b": 345678901\n",
        b"unknown: 012\n",
        b"retry: 12345\n",
        b"data: \xe2\x82\xac\n\n",
        b"data: \xff\n\n",
        b"data:\n:34567\n\n",
        b"\xef\xbb\xbfdata: 789\n\n",
        b"data: 1\n\ndata: 2\n\ndata: 89012\n\n",
    ];
    for input in inputs {
        for max_event_size in 0..16 {
            let options = Options { max_event_size, ..Options::default() };
            parser::assert_in_every_cut(&options, input, &plain::read(input, &options));
        }
    }
    let limited = |max_event_size| Options { max_event_size, ..Options::default() };
    assert_eq!(frames_with(&limited(9), "data: 890\n\n"), [event("890")]);
    assert!(outcome(&limited(8), "data: 890\n\n").too_large);
    // Comments and events that are over do not add up.
    assert!(!outcome(&limited(9), "data: 890\n\n:23456789\n:23456789\ndata: 890\n\n").too_large);
}

#[test]
fn the_largest_number_is_a_limit_too() {
    let options = Options { max_event_size: usize::MAX, ..Options::default() };
    assert_eq!(
        frames_with(&options, "event: e\nid: 7\ndata: x\ndata: y\n\n: c\n"),
        [with_id("e", "x\ny", "7"), comment("c")]
    );
}

#[test]
fn nothing_follows_an_event_that_was_too_large() {
    let mut parser = Parser::new().max_event_size(12);
    parser.feed("id: 7\ndata: x\n\ndata: 0123456\n\ndata: y\n\n");
    assert!(matches!(parser.next_frame(), Ok(Some(Lent::Event(event))) if event.data() == "x"));
    let error = parser.next_frame().unwrap_err();
    assert_eq!((error.limit(), &*error.to_string()), (12, "an event holds more than 12 bytes"));
    for _ in 0..3 {
        assert!(matches!(parser.next_frame(), Ok(None)));
        assert!(parser.frame().is_none());
        parser.feed("data: z\n\n");
        parser.finish();
    }
    assert_eq!(parser.last_event_id(), "7");
    assert!(!parser.is_truncated());
}

#[test]
fn a_long_value_is_whole_however_it_is_cut() {
    let long = "0123456789abcdef".repeat(16 << 10);
    let zeros = "0".repeat(256 << 10);
    let input = format!(": {long}\nevent: {long}\nid: {long}\nretry: {zeros}5\ndata: {long}\ndata: {long}\n\n");
    let Frame::Event(event) = with_id(&long, &format!("{long}\n{long}"), &long) else { unreachable!() };
    let event = Frame::Event(Event { retry: Some(Duration::from_millis(5)), ..event });
    for size in [1, 1000, 1 << 16, 100_000, input.len()] {
        let outcome = parser::parse(&Options::default(), input.as_bytes().chunks(size));
        assert!(outcome.frames == [comment(&long), retry(5), event.clone()], "in chunks of {size}");
    }
}

// What others get wrong

#[test]
fn a_line_may_end_anywhere_in_a_chunk_that_goes_on_with_it() {
    let options = Options::default();
    for end in ["\n", "\r", "\r\n"] {
        for (field, filler) in [("data", "x"), ("id", "é"), ("unknown", "x"), ("", "\u{ff}\u{800}")] {
            for length in 0..200 {
                let line = format!("{field}: {}{end}", filler.repeat(length));
                let stream = format!("{field}: {}{line}{line}data: y{end}{end}", "x".repeat(600)).into_bytes();
                let expected = plain::read(&stream, &options);
                for size in [63, 64, 65, 96, 128, 255, 256, 257] {
                    let outcome = parser::parse(&options, stream.chunks(size));
                    assert_eq!(outcome, expected, "{length} times {filler:?} in chunks of {size}");
                }
            }
        }
    }
}

#[test]
fn a_line_may_be_of_any_length_after_one_of_any_length() {
    let options = Options::default();
    for end in ["\n", "\r", "\r\n"] {
        for first in (0..300).step_by(7) {
            let lines =
                (0..300).map(|second| format!("data:{}{end}data:{}{end}{end}", "x".repeat(first), "y".repeat(second)));
            let stream = lines.collect::<String>().into_bytes();
            let expected = plain::read(&stream, &options);
            assert_eq!(parser::parse(&options, [&*stream]), expected, "after {first} bytes, and {end:?}");
        }
    }
}

#[test]
fn a_line_of_any_length_may_end_with_its_chunk() {
    let options = Options::default();
    for end in ["\n", "\r", "\r\n"] {
        for length in 0..300 {
            let stream = format!("data:{}{end}{end}data: next{end}{end}", "x".repeat(length)).into_bytes();
            let expected = plain::read(&stream, &options);
            // Before the line's end, between its two bytes, behind it, and behind the blank line.
            let line = "data:".len() + length;
            for cut in [line, line + 1, line + end.len(), line + 2 * end.len()] {
                let (first, second) = stream.split_at(cut);
                assert_eq!(parser::parse(&options, [first, second]), expected, "{length} bytes, {end:?}, cut at {cut}");
            }
        }
    }
}

#[test]
fn a_byte_order_mark_is_no_panic_and_costs_no_event() {
    assert_eq!(frames("\u{feff}data: first\n\ndata: second\n\n"), [event("first"), event("second")]);
}

#[test]
fn one_malformed_byte_stalls_nothing() {
    let mut parser = Parser::new();
    parser.feed(&b"data: a\xff\n\n"[..]);
    assert!(matches!(parser.next_frame(), Ok(Some(Lent::Event(event))) if event.data() == "a\u{fffd}"));
    assert!(matches!(parser.next_frame(), Ok(None)));
    parser.feed("data: b\n\n");
    assert!(matches!(parser.next_frame(), Ok(Some(Lent::Event(event))) if event.data() == "b"));
}

#[test]
fn malformed_utf8_is_no_error() {
    assert_eq!(frames(b"data: \xc3\x28\n\ndata: \xff\xff\n\n"), [event("\u{fffd}("), event("\u{fffd}\u{fffd}")]);
}

#[test]
fn a_crlf_or_cr_stream_yields_its_events() {
    let stream = "event: a\nid: 1\ndata: x\ndata: y\n\n: c\n\ndata: z\n\n";
    let expected = [with_id("a", "x\ny", "1"), comment("c"), with_id("message", "z", "1")];
    for end in ["\n", "\r", "\r\n"] {
        assert_eq!(frames(stream.replace('\n', end)), expected, "{end:?}");
    }
}

#[test]
fn a_crlf_cut_between_chunks_is_no_blank_line() {
    let mut parser = Parser::new();
    parser.feed("event: a\r");
    assert!(matches!(parser.next_frame(), Ok(None)));
    parser.feed("\ndata: x\r");
    assert!(matches!(parser.next_frame(), Ok(None)));
    parser.feed("\n\r");
    assert!(matches!(parser.next_frame(), Ok(Some(Lent::Event(event))) if (event.event(), event.data()) == ("a", "x")));
    parser.feed("\n");
    assert!(matches!(parser.next_frame(), Ok(None)));
}

#[test]
fn retry_plus_five_is_not_accepted() {
    assert_eq!(outcome(&Options::default(), "retry: +5\n\n"), Outcome::default());
}

#[test]
fn retry_in_a_block_without_data_is_not_lost() {
    assert_eq!(frames("retry: 5\n\n"), [retry(5)]);
    assert_eq!(frames("id: 0\nretry: 3000\ndata: \n\n").first(), Some(&retry(3000)));
}

#[test]
fn an_event_without_an_id_does_not_empty_the_last_event_id() {
    assert_eq!(outcome(&Options::default(), "id: 7\ndata: a\n\ndata: b\n\n").last_event_id, "7");
}

#[test]
fn an_id_that_is_no_header_value_is_an_id_all_the_same() {
    for id in ["\u{1}", "é", "a\tb", "\u{7f}", "😀"] {
        assert_eq!(frames(format!("id: {id}\ndata\n\n")), [with_id("message", "", id)]);
    }
}

#[test]
fn comment_heartbeats_after_an_id_are_no_empty_events() {
    assert_eq!(
        frames("id: 7\ndata: x\n\n:\n\n: ping\n\n:thump\n:thump\nevent: x\ndata: 1\n\n"),
        [
            with_id("message", "x", "7"),
            comment(""),
            comment("ping"),
            comment("thump"),
            comment("thump"),
            with_id("x", "1", "7"),
        ]
    );
}

#[test]
fn an_undocumented_event_is_an_event_like_any_other() {
    assert_eq!(
        frames("data: a\n\nevent: keepalive\ndata: {}\n\ndata: b\n\n"),
        [event("a"), named("keepalive", "{}"), event("b")]
    );
}

#[test]
fn an_event_over_several_chunks_and_several_in_one_are_whole() {
    let events: Vec<_> = (0..100).map(|n| format!("data: {n}\n\n")).collect();
    let expected: Vec<_> = (0..100).map(|n| event(&n.to_string())).collect();
    for size in 1..events.concat().len() {
        assert_eq!(parser::parse(&Options::default(), events.concat().as_bytes().chunks(size)).frames, expected);
    }
}

// Lending

#[test]
fn a_frame_is_lent_until_the_next_is_asked_for() {
    let mut parser = Parser::new();
    assert!(parser.frame().is_none());
    parser.feed("data: x\n\n: c\nretry: 5\n");
    for expected in [event("x"), comment("c"), retry(5)] {
        assert!(parser.advance().unwrap());
        parser.feed("data: behind\n");
        for _ in 0..2 {
            assert_eq!(parser.frame().as_ref().map(parser::owned), Some(expected.clone()));
        }
    }
    assert!(!parser.advance().unwrap());
    assert!(parser.frame().is_none());
}

#[test]
fn a_parser_goes_to_any_thread() {
    const fn goes_anywhere<T: Send + Sync + Unpin + 'static>() {}
    goes_anywhere::<Parser>();
    goes_anywhere::<Lent<'static>>();
}

#[test]
fn what_lies_whole_in_a_chunk_is_lent_from_there() {
    let chunk = Bytes::from_static(
        b"\xef\xbb\xbfevent: e\nid: 7\ndata: {\"a\":1}\n\n: c\ndata: \xf0\x9f\x98\x80\r\n\r\ndata: cut",
    );
    let inside = |text: &str| chunk.as_ptr_range().contains(&text.as_ptr());
    let mut parser = Parser::new();
    parser.feed(chunk.clone());
    for _ in 0..3 {
        match parser.next_frame().unwrap().unwrap() {
            Lent::Event(event) => {
                assert!(inside(event.data()));
                assert!(inside(event.event()) || event.event() == "message");
            }
            Lent::Comment(comment) => assert!(inside(comment)),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_parser_that_waits_holds_no_chunk() {
    for text in [
        "",
        "data: x\n\n",
        "data: x\n\ndata: y",
        "event: e\nid: 7\ndata: y\n",
        ": c",
        "\u{feff}",
        "data: x\r",
        "foo: b",
    ] {
        for tail in [&b""[..], b"\xf0\x9f"] {
            let chunk = Bytes::from([text.as_bytes(), tail].concat());
            let mut parser = Parser::new();
            parser.feed(chunk.clone());
            while parser.advance().unwrap() {}
            assert!(chunk.is_empty() || chunk.is_unique(), "{text:?}");
        }
    }
}

#[test]
fn bytes_fed_before_a_finished_stream_is_taken_out_do_no_harm() {
    for further in [" ", ": y", "data: y", "x: y", "id: y", "retry: 1"] {
        let mut parser = Parser::new().unterminated_event();
        parser.feed("data: x\n: c");
        parser.finish();
        for _ in 0..3 {
            parser.advance().unwrap();
            parser.feed(further);
        }
        parser.feed("\n\n");
        while parser.advance().unwrap() {}
        parser.feed("data: z\n\n");
        assert!(parser.advance().unwrap(), "{further:?}");
    }
}

#[test]
fn what_is_fed_between_the_end_of_a_stream_and_its_last_frame_is_in_no_other_stream() {
    for late in ["z", "\n", "\n\ndata: late\n\n", "data: late"] {
        for options in [Parser::new(), Parser::new().unterminated_event(), Parser::new().max_event_size(64)] {
            let mut parser = options;
            parser.feed("data: cut off");
            assert_eq!(parser.advance(), Ok(false));
            parser.finish();
            parser.feed(late);
            while parser.advance() == Ok(true) {}
            for chunk in ["data: 1", "2", "3", "\n"] {
                parser.feed(chunk);
                assert_eq!(parser.advance(), Ok(false));
            }
            parser.feed("\n");
            let data = parser.next_frame().unwrap().map(|frame| match frame {
                Lent::Event(event) => event.data().to_owned(),
                other => format!("{other:?}"),
            });
            assert_eq!(data.as_deref(), Some("123"), "{late:?}");
        }
    }
}

#[test]
fn small_chunks_inside_a_line_are_one_value_however_many_they_are() {
    for text in ["x".repeat(5000), "é€😀".repeat(700), "a\u{fffd}b".repeat(800)] {
        for size in [1, 2, 3, 7, 64, 255, 256, 257] {
            let stream = format!("event: e\ndata: {text}\n\n");
            let mut parser = Parser::new();
            let mut events = Vec::new();
            for chunk in stream.into_bytes().chunks(size) {
                parser.feed(chunk.to_vec());
                while let Some(frame) = parser.next_frame().unwrap() {
                    if let Lent::Event(event) = frame {
                        events.push((event.event().to_owned(), event.data().to_owned()));
                    }
                }
            }
            assert_eq!(events, [("e".to_owned(), text.clone())], "in chunks of {size}");
        }
    }
}

#[test]
fn malformed_bytes_in_small_chunks_are_replaced_one_by_one() {
    for cut in 1..8 {
        let mut parser = Parser::new();
        parser.feed("data: ab");
        assert_eq!(parser.advance(), Ok(false));
        for chunk in b"\xe9\x82x\xff\xfe\xf0\x9f\x98y\xc0".repeat(40).chunks(cut) {
            parser.feed(chunk.to_vec());
            assert_eq!(parser.advance(), Ok(false));
        }
        parser.feed("!\n\n");
        let Ok(Some(Lent::Event(event))) = parser.next_frame() else { panic!("no event") };
        let once = "\u{fffd}x\u{fffd}\u{fffd}\u{fffd}y\u{fffd}";
        assert_eq!(event.data(), format!("ab{}!", once.repeat(40)), "in chunks of {cut}");
    }
}

#[test]
fn an_event_that_is_too_large_for_what_malformed_bytes_become_is_told_of_with_the_byte_that_makes_it_so() {
    for limit in 9..40 {
        let mut parser = Parser::new().max_event_size(limit);
        parser.feed("data: ");
        assert_eq!(parser.advance(), Ok(false));
        let fit = (limit - "data: ".len()) / "\u{fffd}".len();
        for _ in 0..fit {
            parser.feed(&b"\xff"[..]);
            assert_eq!(parser.advance(), Ok(false), "with a limit of {limit}");
        }
        parser.feed(&b"\xff"[..]);
        assert!(parser.advance().is_err(), "with a limit of {limit}");
    }
}

#[test]
fn a_limit_that_is_lowered_in_the_middle_of_an_event_counts_what_has_come() {
    let drain = |mut parser: Parser, chunk: &'static str| {
        parser.feed(chunk);
        let mut events = Vec::new();
        loop {
            match parser.next_frame() {
                Ok(Some(Lent::Event(event))) => {
                    events.push(format!("{} {} {}", event.event(), event.data(), event.id()));
                }
                Ok(Some(other)) => events.push(format!("{other:?}")),
                Ok(None) => return (parser, events),
                Err(error) => {
                    events.push(error.limit().to_string());
                    return (parser, events);
                }
            }
        }
    };
    // Lowered and raised again.
    let (parser, _) = drain(Parser::new(), "data: 1234\n");
    let (_, events) = drain(parser.max_event_size(0).max_event_size(10), "data: 2\n\n");
    assert_eq!(events, ["10"]);
    // Below what has come: the event ends all the same, and nothing of it is in the next one.
    let (parser, _) = drain(Parser::new(), "event: x\nid: 7\n");
    let (parser, events) = drain(parser.max_event_size(0), "\n");
    assert_eq!(events, [""; 0]);
    let (_, events) = drain(parser.max_event_size(100), "data: y\n\n");
    assert_eq!(events, ["message y 7"]);
    // In the middle of a line that ends now.
    let (parser, _) = drain(Parser::new(), "o");
    let (_, events) = drain(parser.max_event_size(0), "\n");
    assert_eq!(events, [""; 0]);
    // In the middle of a line that the stream's end cuts off.
    let (mut parser, _) = drain(Parser::new(), "x");
    parser = parser.max_event_size(0);
    parser.finish();
    assert_eq!(parser.advance(), Ok(false));
    // What comes behind the end of a stream is no event of its own.
    let mut parser = Parser::new().unterminated_event();
    parser.feed(":");
    parser.finish();
    assert_eq!(parser.advance(), Ok(true));
    parser.feed("data:");
    assert_eq!(parser.advance(), Ok(false));
}
