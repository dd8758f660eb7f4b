//! Streams that are nearly what a server sends read as the plain reader reads them, in any cut.

#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use sse_typed_fuzz::check;
use sse_typed_fuzz::plain::Options;

#[derive(Arbitrary, Debug)]
struct Input {
    last_event_id: Option<u8>,
    unterminated_event: bool,
    events_without_data: bool,
    max_event_size: Option<u8>,
    bom: bool,
    lines: Vec<Line>,
    last: Option<Field>,
    cuts: [u8; 4],
}

#[derive(Arbitrary, Debug)]
struct Line {
    field: Option<Field>,
    end: End,
}

#[derive(Arbitrary, Debug)]
struct Field {
    name: Name,
    separator: Separator,
    value: Value,
}

#[derive(Arbitrary, Debug)]
enum Name {
    Data,
    Event,
    Id,
    Retry,
    None,
    /// A field's name that is cut, or has more behind it.
    Partly(u8),
    Any(String),
}

#[derive(Arbitrary, Debug)]
enum Separator {
    ColonSpace,
    Colon,
    Spaces,
    None,
}

#[derive(Arbitrary, Debug)]
enum Value {
    Empty,
    Text(String),
    Bytes(Vec<u8>),
    Number(u64),
    TooLarge,
    Long(u8),
    /// Characters of two to four bytes, so that cuts go through them.
    Wide(u8),
}

#[derive(Arbitrary, Debug)]
enum End {
    Lf,
    Cr,
    CrLf,
    LfLf,
}

impl Field {
    fn write(&self, out: &mut Vec<u8>) {
        match &self.name {
            Name::Data => out.extend(b"data"),
            Name::Event => out.extend(b"event"),
            Name::Id => out.extend(b"id"),
            Name::Retry => out.extend(b"retry"),
            Name::None => {}
            Name::Partly(length) => out.extend(b"dataeventidretry".iter().take((length % 17).into())),
            Name::Any(name) => out.extend(name.as_bytes()),
        }
        match self.separator {
            Separator::ColonSpace => out.extend(b": "),
            Separator::Colon => out.push(b':'),
            Separator::Spaces => out.extend(b":  "),
            Separator::None => {}
        }
        match &self.value {
            Value::Empty => {}
            Value::Text(text) => out.extend(text.as_bytes()),
            Value::Bytes(bytes) => out.extend(bytes),
            Value::Number(number) => out.extend(number.to_string().as_bytes()),
            Value::TooLarge => out.extend(b"99999999999999999999"),
            Value::Long(length) => out.extend(vec![b'x'; usize::from(*length) * 8]),
            Value::Wide(length) => out.extend("é日🦀".repeat((length % 16).into()).as_bytes()),
        }
    }
}

fuzz_target!(|input: Input| {
    let mut stream = Vec::new();
    if input.bom {
        stream.extend("\u{feff}".as_bytes());
    }
    for line in &input.lines {
        if let Some(field) = &line.field {
            field.write(&mut stream);
        }
        stream.extend(match line.end {
            End::Lf => &b"\n"[..],
            End::Cr => b"\r",
            End::CrLf => b"\r\n",
            End::LfLf => b"\n\n",
        });
    }
    if let Some(field) = &input.last {
        field.write(&mut stream);
    }
    let options = Options {
        last_event_id: input.last_event_id.map(|id| id.to_string()).unwrap_or_default(),
        unterminated_event: input.unterminated_event,
        events_without_data: input.events_without_data,
        max_event_size: input.max_event_size.map_or(16 << 20, Into::into),
    };
    check(&stream, &options, &input.cuts);
});
