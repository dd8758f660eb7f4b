use sse_typed::{EventNames, Json, SseEvents};

#[derive(Debug, SseEvents)]
#[sse(no_such_thing)]
enum Msg<T> {
    Tick(T),
}

fn takes<E: SseEvents<Json> + EventNames>(_: E) {}

fn main() {
    takes(Msg::Tick(1));
    println!("{:?}", Msg::<u32>::EVENT_NAMES);
}
