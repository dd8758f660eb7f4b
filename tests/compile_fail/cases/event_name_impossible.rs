use sse_typed::SseEvents;

#[derive(SseEvents)]
#[sse(tag = "", skip("ping", "ping", "tick"))]
enum Msg {
    #[sse(event = "")]
    Unnamed,
    #[sse(event = "two\nlines")]
    TwoLines,
    #[sse(event = " padded ")]
    Padded,
    Tick,
}

fn main() {}
