use sse_typed::SseEvents;

#[derive(SseEvents)]
#[sse(other, done, data = "x")]
enum Msg {
    #[sse(deny_unknown)]
    Tick(#[sse(event = "tick")] u32),
    #[sse(crate = sse)]
    Tock {
        #[sse(text)]
        a: u32,
    },
}

#[derive(serde::Deserialize, SseEvents)]
#[sse(tag = "type", data = "x", skip("a"))]
struct Tick {
    #[sse(event = "n")]
    n: u32,
}

fn main() {}
