use sse_typed::{EventNames, Json, SseEvents};

enum Msg {
    Tick(u32),
}

fn takes<E: SseEvents<Json>>() {}

fn names<E: EventNames>() {}

fn main() {
    takes::<Msg>();
    names::<Msg>();
}
