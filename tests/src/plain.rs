//! The event stream format read the plain way, to measure the parser by.
//!
//! WHATWG HTML 9.2.5 and 9.2.6 as they are written, one step after another over the whole stream at once: slow, obvious,
//! and with nothing in common with the parser but the standard.

use std::time::Duration;

/// What a stream consists of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// An event was dispatched.
    Event(Event),
    /// A comment line.
    Comment(String),
    /// A `retry:` line.
    Retry(Duration),
}

/// A dispatched event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its name, `"message"` where the server gave none.
    pub event: String,
    /// Its data.
    pub data: String,
    /// The last event ID at dispatch.
    pub id: String,
    /// What a `retry:` line among its lines said.
    pub retry: Option<Duration>,
}

/// Where reading may differ from the standard, and what it resumes.
#[derive(Clone, Debug)]
pub struct Options {
    /// The last event ID to begin with.
    pub last_event_id: String,
    /// Whether the end of the stream ends the last line and the last event.
    pub unterminated_event: bool,
    /// Whether a name alone makes an event.
    pub events_without_data: bool,
    /// How many bytes the names, ids and data of an event and its current line may hold.
    pub max_event_size: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            last_event_id: String::new(),
            unterminated_event: false,
            events_without_data: false,
            max_event_size: 16 << 20,
        }
    }
}

/// A stream, read to its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// All frames in order.
    pub frames: Vec<Frame>,
    /// The last event ID at the end.
    pub last_event_id: String,
    /// The reconnection time at the end, if the server set one.
    pub reconnection_time: Option<Duration>,
    /// Whether an event with data was discarded at the end.
    pub truncated: bool,
    /// Whether an event was too large, which ends the reading.
    pub too_large: bool,
}

/// Reads a whole stream.
pub fn read(bytes: &[u8], options: &Options) -> Outcome {
    // "Streams must be decoded using the UTF-8 decode algorithm", which strips one byte order mark.
    let unfinished = unfinished_char(bytes);
    let bytes = if options.unterminated_event { bytes } else { &bytes[..bytes.len() - unfinished] };
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);

    let (lines, rest) = lines(text);
    let mut reader = Reader::new(options);
    for line in lines {
        if reader.line(line).is_err() {
            return reader.too_large();
        }
    }
    if rest.len() + reader.size > options.max_event_size {
        return reader.too_large();
    }
    // "Once the end of the file is reached, any pending data must be discarded."
    if options.unterminated_event {
        // Nor is one whose line was cut off.
        if !rest.is_empty() && rest.split(':').next() != Some("id") {
            reader.field(rest);
        }
        // An id that comes to no event is none to resume with.
        if reader.is_event() {
            reader.dispatch();
        }
    } else {
        reader.outcome.truncated = reader.is_event() || rest.starts_with("data:");
    }
    reader.outcome.last_event_id = reader.last_event_id;
    reader.outcome
}

/// How many bytes at the end begin a character that is not there in full.
fn unfinished_char(bytes: &[u8]) -> usize {
    let Some(last) = bytes.utf8_chunks().last() else { return 0 };
    match std::str::from_utf8(last.invalid()) {
        Err(error) if error.error_len().is_none() => last.invalid().len(),
        _ => 0,
    }
}

/// The lines that have an end, without it, and what stands after the last.
fn lines(text: &str) -> (Vec<&str>, &str) {
    let mut lines = Vec::new();
    let mut rest = text;
    while let Some(end) = rest.find(['\r', '\n']) {
        lines.push(&rest[..end]);
        let width = if rest[end..].starts_with("\r\n") { 2 } else { 1 };
        rest = &rest[end + width..];
    }
    (lines, rest)
}

struct Reader<'a> {
    options: &'a Options,
    outcome: Outcome,
    /// "Data buffer": every line ends in a line feed here, the last one too.
    data: String,
    /// "Event type buffer".
    event_type: String,
    /// "Last event ID buffer".
    id: String,
    /// "Last event ID string".
    last_event_id: String,
    retry: Option<Duration>,
    size: usize,
}

impl<'a> Reader<'a> {
    fn new(options: &'a Options) -> Self {
        Self {
            options,
            outcome: Outcome::default(),
            data: String::new(),
            event_type: String::new(),
            id: options.last_event_id.clone(),
            last_event_id: options.last_event_id.clone(),
            retry: None,
            size: 0,
        }
    }

    fn line(&mut self, line: &str) -> Result<(), ()> {
        if self.size + line.len() > self.options.max_event_size {
            return Err(());
        }
        if line.is_empty() {
            self.dispatch();
        } else {
            self.field(line);
        }
        Ok(())
    }

    fn field(&mut self, line: &str) {
        let (name, value) = match line.split_once(':') {
            Some((name, value)) => (name, value.strip_prefix(' ').unwrap_or(value)),
            None => (line, ""),
        };
        match name {
            "" => self.outcome.frames.push(Frame::Comment(value.to_owned())),
            "event" => value.clone_into(&mut self.event_type),
            "data" => {
                self.data.push_str(value);
                self.data.push('\n');
            }
            "id" if !value.contains('\0') => value.clone_into(&mut self.id),
            "retry" if !value.is_empty() && value.chars().all(|char| char.is_ascii_digit()) => {
                let time = Duration::from_millis(value.parse().unwrap_or(u64::MAX));
                self.retry = Some(time);
                self.outcome.reconnection_time = Some(time);
                self.outcome.frames.push(Frame::Retry(time));
            }
            _ => {}
        }
        if matches!(name, "event" | "data" | "id") {
            self.size += line.len();
        }
    }

    fn is_event(&self) -> bool {
        !self.data.is_empty() || (self.options.events_without_data && !self.event_type.is_empty())
    }

    fn dispatch(&mut self) {
        self.last_event_id.clone_from(&self.id);
        if self.is_event() {
            self.outcome.frames.push(Frame::Event(Event {
                event: if self.event_type.is_empty() { "message".to_owned() } else { self.event_type.clone() },
                data: self.data.strip_suffix('\n').unwrap_or_default().to_owned(),
                id: self.last_event_id.clone(),
                retry: self.retry,
            }));
        }
        self.data.clear();
        self.event_type.clear();
        self.retry = None;
        self.size = 0;
    }

    fn too_large(mut self) -> Outcome {
        self.outcome.too_large = true;
        self.outcome.last_event_id = self.last_event_id;
        self.outcome
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_standard_read_as_it_says() {
        let data = |input: &str| -> Vec<String> {
            let frames = read(input.as_bytes(), &Options::default()).frames;
            frames
                .into_iter()
                .map(|frame| match frame {
                    Frame::Event(event) => event.data,
                    other => format!("{other:?}"),
                })
                .collect()
        };
        assert_eq!(data("data: YHOO\ndata: +2\ndata: 10\n\n"), ["YHOO\n+2\n10"]);
        assert_eq!(data("data\n\ndata\ndata\n\ndata:"), ["", "\n"]);
        assert_eq!(data("data:test\n\ndata: test\n\n"), ["test", "test"]);
        assert_eq!(data(": test stream\n\ndata: first event\nid: 1\n\n"), ["Comment(\"test stream\")", "first event"]);
    }
}
