use sse_typed::{EventNames, Json, SseEvents};

#[derive(Debug, SseEvents)]
#[sse(no_such_thing)]
enum Msg<T> {
    Tick(T),
}

/// Where a variant is not what it was meant to be, it clashes with no other.
#[derive(SseEvents)]
enum Meant {
    #[sse(event = "message", daat = "[DONE]")]
    Done,
    #[sse(event = "message")]
    Chunk(String),
    #[sse(event = "message", data = DATA)]
    Constant,
    #[sse(event = NAME)]
    Tick,
    #[sse(event = "tick")]
    Tock,
    #[sse(commnet)]
    Comment(String),
    #[sse(event = "comment")]
    Said(String),
    #[sse(evnt = "gone")]
    #[serde(rename = "gone")]
    Gone,
    #[sse(txt)]
    Text(&'static str),
    #[sse(rest)]
    Other(sse_typed::ServerSentEvent),
    #[sse(other)]
    Others,
}

/// Nor do names that no casing has made.
#[derive(SseEvents)]
#[sse(rename_all = "kebabcase")]
enum Cased {
    KeepAlive,
    #[sse(event = "keep_alive")]
    Keep,
}

#[derive(SseEvents)]
#[sse(tagg = "type")]
#[serde(tag = "type", rename_all = "camelCase")]
enum Tagged {
    KeepAlive,
}

const NAME: &str = "tick";
const DATA: &str = "[DONE]";

fn takes<E: SseEvents<Json> + EventNames>(_: E) {}

fn main() {
    takes(Msg::Tick(1));
    println!("{:?}", Msg::<u32>::EVENT_NAMES);
}
