use sse_typed::SseEvents;

#[derive(SseEvents)]
#[sse(rename_all = "kebab_case")]
enum Near {
    Tick,
}

#[derive(SseEvents)]
#[sse(rename_all = "Title Case")]
enum Far {
    Tick,
}

fn main() {}
