use sse_typed::{Json, SseEvents};

#[derive(SseEvents)]
enum Direct {
    Node(Direct),
}

#[derive(SseEvents)]
enum Boxed {
    Node(Box<Boxed>),
}

#[derive(SseEvents)]
enum Elided {
    Text(&str),
}

fn takes<E: SseEvents<Json>>() {}

fn main() {
    takes::<Boxed>();
}
