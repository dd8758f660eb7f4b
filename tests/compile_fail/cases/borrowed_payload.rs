use serde::Deserialize;
use sse_typed::{Json, SseEvents};

#[derive(Deserialize)]
struct Chunk<'a> {
    text: &'a str,
}

#[derive(SseEvents)]
enum Holding {
    Chunk(Chunk<'static>),
}

fn takes<E: SseEvents<Json>>() {}

fn main() {
    takes::<Holding>();
}
