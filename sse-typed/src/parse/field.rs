//! Takes a line apart: which field it is, and where its value begins.
//!
//! Knows nothing of what the fields mean (WHATWG HTML 9.2.6, "process the field").

/// What a line is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Event,
    Data,
    Id,
    Retry,
    /// A line that begins with a colon.
    Comment,
    /// A field of no known name.
    Unknown,
}

impl Field {
    /// The longest name that is a field of ours, and so the most one has to see of a line to know that it is none.
    const LONGEST_NAME: usize = "event".len();

    /// The field of this name.
    fn of_name(name: &[u8]) -> Self {
        match name {
            b"data" => Self::Data,
            b"event" => Self::Event,
            b"id" => Self::Id,
            b"retry" => Self::Retry,
            b"" => Self::Comment,
            _ => Self::Unknown,
        }
    }
}

/// The field of a whole line, not empty, and where its value begins: after the colon and one space.
#[expect(clippy::inline_always, reason = "what comes of it is matched at once: inlined, each field has its own way")]
#[inline(always)]
pub(super) fn split(line: &[u8]) -> (Field, usize) {
    let (field, value) = if line.starts_with(b":") {
        (Field::Comment, 1)
    } else if line.starts_with(b"data:") {
        (Field::Data, 5)
    } else if line.starts_with(b"event:") {
        (Field::Event, 6)
    } else if line.starts_with(b"id:") {
        (Field::Id, 3)
    } else if line.starts_with(b"retry:") {
        (Field::Retry, 6)
    } else {
        // A name alone is a field with an empty value.
        return (Field::of_name(line), line.len());
    };
    (field, value + usize::from(line.get(value) == Some(&b' ')))
}

/// A line that began in a chunk which ended before the line did, as it is put together.
///
/// Nothing is kept but what has to be: the name until it is known, and no value here at all.
#[derive(Debug, Default)]
pub(super) enum OpenLine {
    /// No line is open.
    #[default]
    None,
    /// Less than a name has come.
    Name { length: u8, name: [u8; Field::LONGEST_NAME] },
    /// The field is known, and this is what came of its value.
    Value { field: Field, empty: bool },
}

/// What a piece of an open line brings.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Brought<'a> {
    /// Nothing: the field is not known yet.
    Nothing,
    /// The field, and the first part of its value.
    First(Field, &'a str),
    /// A further part of its value.
    Further(Field, &'a str),
}

impl OpenLine {
    pub(super) fn is_open(&self) -> bool {
        !matches!(self, Self::None)
    }

    /// The field that the open line is, if it ends here: where less than a name and a colon has come, that is a name alone.
    pub(super) fn field(&self) -> Field {
        match self {
            Self::None => Field::Unknown,
            Self::Name { length, name } => Field::of_name(&name[..usize::from(*length)]),
            Self::Value { field, .. } => *field,
        }
    }

    /// Goes on with the line. The one space after the colon is gone from what comes out.
    #[inline]
    pub(super) fn push<'a>(&mut self, piece: &'a str) -> Brought<'a> {
        match self {
            Self::Value { field, empty: false } => Brought::Further(*field, piece),
            // Name, colon and space are here: what the line is can be told at once.
            Self::None if piece.len() >= Field::LONGEST_NAME + ": ".len() => {
                let (field, value) = split(piece.as_bytes());
                *self = Self::Value { field, empty: false };
                Brought::First(field, &piece[value..])
            }
            _ => self.push_head(piece),
        }
    }

    fn push_head<'a>(&mut self, piece: &'a str) -> Brought<'a> {
        match self {
            Self::None => {
                *self = Self::Name { length: 0, name: [0; Field::LONGEST_NAME] };
                self.push_head(piece)
            }
            Self::Name { length, name } => {
                for (at, &byte) in piece.as_bytes().iter().enumerate() {
                    let field = match byte {
                        b':' => Field::of_name(&name[..usize::from(*length)]),
                        _ => match name.get_mut(usize::from(*length)) {
                            Some(place) => {
                                *place = byte;
                                *length += 1;
                                continue;
                            }
                            None => Field::Unknown,
                        },
                    };
                    *self = Self::Value { field, empty: true };
                    // No character boundary only where the field is unknown, and then the value does not matter.
                    return Brought::First(field, self.value(piece.get(at + 1..).unwrap_or_default()));
                }
                Brought::Nothing
            }
            Self::Value { field, .. } => {
                let field = *field;
                Brought::Further(field, self.value(piece))
            }
        }
    }

    /// The line has ended: its field. Where it was a name alone, that field begins only now, with an empty value.
    pub(super) fn end(&mut self, name_alone: impl FnOnce(Field)) -> Field {
        let field = self.field();
        if let Self::Name { .. } = std::mem::take(self) {
            name_alone(field);
        }
        field
    }

    fn value<'a>(&mut self, piece: &'a str) -> &'a str {
        match self {
            Self::Value { empty: empty @ true, .. } if !piece.is_empty() => {
                *empty = false;
                piece.strip_prefix(' ').unwrap_or(piece)
            }
            _ => piece,
        }
    }
}

/// The value of `retry:`, in milliseconds, if it is one: ASCII digits and nothing else.
pub(super) fn milliseconds(value: &str) -> Option<u64> {
    if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // More digits than a `u64` has room for are a very long time all the same.
    Some(value.parse().unwrap_or(u64::MAX))
}
