use sse_typed::{Deserializer, SseEvents};

/// Reads numbers, and nothing else.
struct Numbers;

impl Deserializer<u32> for Numbers {
    type Error = std::num::ParseIntError;

    fn deserialize(&self, data: &str) -> Result<u32, Self::Error> {
        data.parse()
    }
}

#[derive(SseEvents)]
enum Fits {
    Tick(u32),
}

#[derive(SseEvents)]
enum Msg {
    Tick(u32),
    Name(String),
}

#[derive(SseEvents)]
enum Inline {
    Moved { to: u32 },
}

#[derive(SseEvents)]
enum Keyed {
    #[sse(key = "error")]
    Failed(u32),
}

#[derive(SseEvents)]
#[sse(tag = "type")]
enum Tagged {
    Tick(u32),
}

fn takes<E: SseEvents<Numbers>>() {}

fn main() {
    takes::<Fits>();
    takes::<Msg>();
    takes::<Inline>();
    takes::<Keyed>();
    takes::<Tagged>();
}
