use sse_typed::{Json, SseEvents};

struct Customer {
    name: String,
}

#[derive(SseEvents)]
enum Msg {
    Customer(Customer),
    Tick(u32),
}

#[derive(SseEvents)]
struct Alone {
    name: String,
}

fn takes<E: SseEvents<Json>>() {}

fn main() {
    takes::<Msg>();
    takes::<Alone>();
}
