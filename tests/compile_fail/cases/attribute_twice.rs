use sse_typed::SseEvents;

#[derive(SseEvents)]
#[sse(tag = "type", tag = "kind")]
#[sse(rename_all = "kebab-case", rename_all = "UPPERCASE")]
enum Msg {
    #[sse(event = "tick", event = "tock")]
    Tick(u32),
    #[sse(done, done)]
    #[sse(done)]
    Done,
    #[sse(data = "a", data = "b")]
    Exact,
}

fn main() {}
