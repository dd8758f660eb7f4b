use sse_typed::SseEvents;

#[derive(SseEvents)]
enum Msg {
    #[sse(skip, done)]
    A,
    #[sse(skip, error)]
    B(u32),
    #[sse(skip, text)]
    C(String),
    #[sse(text, with = read)]
    D(u32),
    #[sse(text)]
    E,
    #[sse(with = read)]
    F { a: u32 },
    #[sse(error)]
    G { code: u32 },
}

#[derive(serde::Deserialize, SseEvents)]
#[sse(alias = "tick")]
struct Alias(u32);

#[derive(serde::Deserialize, SseEvents)]
#[sse(deny_unknown)]
struct Deny(u32);

fn main() {}
