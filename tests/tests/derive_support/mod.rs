//! Reads streams into enums without a connection: a parser, and the impl that the derive wrote.
#![allow(dead_code, reason = "each test file uses what it needs")]

use sse_typed::{Dispatch, Error, Frame, Json, Parser, RawEvent, SseEvents};

/// What came of one frame.
#[derive(Debug)]
pub(crate) enum Got<E> {
    Value(E),
    Done(E),
    Skipped,
    Unknown,
    Failed(Error),
}

impl<E> Got<E> {
    fn of(result: Result<Dispatch<E>, Error>) -> Self {
        match result {
            Err(error) => Self::Failed(error),
            Ok(dispatch) if dispatch.is_unknown() => Self::Unknown,
            Ok(dispatch) => {
                let done = dispatch.is_done();
                match dispatch.into_value() {
                    Some(value) if done => Self::Done(value),
                    Some(value) => Self::Value(value),
                    None => Self::Skipped,
                }
            }
        }
    }

    #[track_caller]
    pub(crate) fn value(self) -> E {
        match self {
            Self::Value(value) => value,
            Self::Done(_) => panic!("the stream ends here"),
            Self::Skipped => panic!("it was skipped"),
            Self::Unknown => panic!("it is unknown"),
            Self::Failed(error) => panic!("{error}: {:?}", std::error::Error::source(&error)),
        }
    }

    #[track_caller]
    pub(crate) fn done(self) -> E {
        match self {
            Self::Done(value) => value,
            other => panic!("the stream goes on after {:?}", other.map(drop)),
        }
    }

    #[track_caller]
    pub(crate) fn error(self) -> Error {
        match self {
            Self::Failed(error) => error,
            other => panic!("no error but {:?}", other.map(drop)),
        }
    }

    pub(crate) fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }

    pub(crate) fn is_skipped(&self) -> bool {
        matches!(self, Self::Skipped)
    }

    fn map<F>(self, f: impl FnOnce(E) -> F) -> Got<F> {
        match self {
            Self::Value(value) => Got::Value(f(value)),
            Self::Done(value) => Got::Done(f(value)),
            Self::Skipped => Got::Skipped,
            Self::Unknown => Got::Unknown,
            Self::Failed(error) => Got::Failed(error),
        }
    }
}

/// What becomes of one event, its data in JSON.
pub(crate) fn event<E: SseEvents<Json>>(name: &str, data: &str) -> Got<E> {
    frame_with(Frame::Event(RawEvent::new(name, data)), &Json)
}

pub(crate) fn event_with<E: SseEvents<D>, D>(name: &str, data: &str, deserializer: &D) -> Got<E> {
    frame_with(Frame::Event(RawEvent::new(name, data)), deserializer)
}

pub(crate) fn frame<E: SseEvents<Json>>(frame: Frame<'_>) -> Got<E> {
    frame_with(frame, &Json)
}

pub(crate) fn frame_with<E: SseEvents<D>, D>(frame: Frame<'_>, deserializer: &D) -> Got<E> {
    Got::of(E::from_frame(frame, deserializer))
}

/// All that becomes of a stream, which is the same however its bytes are cut.
pub(crate) fn stream<E: SseEvents<Json> + std::fmt::Debug>(bytes: &str) -> Vec<Got<E>> {
    let whole = in_chunks(bytes, bytes.len());
    for size in [1, 7] {
        let cut = in_chunks::<E>(bytes, size);
        assert_eq!(format!("{cut:?}"), format!("{whole:?}"), "in chunks of {size}");
    }
    whole
}

fn in_chunks<E: SseEvents<Json>>(bytes: &str, size: usize) -> Vec<Got<E>> {
    let mut parser = Parser::new();
    let mut all = Vec::new();
    for chunk in bytes.as_bytes().chunks(size.max(1)) {
        parser.feed(chunk.to_vec());
        while let Some(found) = parser.next_frame().expect("an event of reasonable size") {
            all.push(frame(found));
        }
    }
    all
}

/// The values of a stream in which nothing fails, up to the one that ends it.
#[track_caller]
pub(crate) fn values<E: SseEvents<Json> + std::fmt::Debug>(bytes: &str) -> Vec<E> {
    let mut values = Vec::new();
    for got in stream(bytes) {
        match got {
            Got::Value(value) => values.push(value),
            Got::Done(value) => {
                values.push(value);
                break;
            }
            Got::Skipped | Got::Unknown => {}
            Got::Failed(error) => panic!("{error}: {:?}", std::error::Error::source(&error)),
        }
    }
    values
}
