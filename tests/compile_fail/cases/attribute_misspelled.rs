use sse_typed::SseEvents;

#[derive(SseEvents)]
#[sse(rename_al = "kebab-case", deny_unknwon)]
enum Msg {
    #[sse(evnet = "tick")]
    Tick(u32),
    #[sse(dta = "x")]
    Exact,
    #[sse(doen)]
    Done,
    #[sse(banana)]
    Banana,
}

#[derive(serde::Deserialize, SseEvents)]
#[sse(aliass = "tick")]
struct Tick(u32);

fn main() {}
