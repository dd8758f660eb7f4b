use sse_typed::SseEvents;

#[derive(SseEvents)]
enum Msg {
    #[sse(event = "message", data = "[DONE]", done)]
    Done,
    #[sse(event = "message", data = "[DONE]")]
    End,
    #[sse(event = "message", key = "error")]
    Failed(u32),
    #[sse(event = "message", key = "error")]
    Error(u32),
    #[sse(event = "end", data = "x", key = "y")]
    Both,
}

fn main() {}
