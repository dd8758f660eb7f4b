use sse_typed::SseEvents;

#[derive(SseEvents)]
#[sse(crate = elsewhere)]
enum Msg {
    Tick(u32),
    #[sse(key = "error")]
    Failed(u32),
}

fn main() {}
