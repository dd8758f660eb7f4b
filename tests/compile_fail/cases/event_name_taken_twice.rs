use sse_typed::SseEvents;

#[derive(SseEvents)]
enum Msg {
    #[sse(event = "ping", alias = "beat")]
    Ping,
    #[sse(event = "ping")]
    Heartbeat,
    #[sse(alias = "beat")]
    Pulse,
    Tick(u32),
    #[sse(event = "tick")]
    Tock(u32),
    #[sse(event = "own", alias = "own")]
    Own,
}

#[derive(SseEvents)]
enum Default {
    #[sse(event = "tick")]
    First,
    Tick,
}

#[derive(serde::Deserialize, SseEvents)]
#[sse(event = "tick", alias = "tick")]
struct Tick(u32);

fn main() {}
