use sse_typed::SseEvents;

#[derive(SseEvents)]
#[sse(tag = "", skip("ping", "ping", "tick", " pong "))]
enum Msg {
    #[sse(event = "")]
    Unnamed,
    #[sse(event = "two\nlines")]
    TwoLines,
    #[sse(event = " padded ")]
    Padded,
    #[sse(alias = " again")]
    PaddedToo,
    #[sse(event = " ")]
    Blank,
    #[sse(event = "")]
    UnnamedToo,
    #[sse(data = "a\r\nb")]
    NeverThat,
    Tick,
}

fn main() {}
