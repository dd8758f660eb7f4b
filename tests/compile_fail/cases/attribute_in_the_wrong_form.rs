use sse_typed::SseEvents;

const NAME: &str = "tick";

#[derive(SseEvents)]
#[sse(rename_all = kebab, deny_unknown = true, skip = "ping", tag("type"), crate = "1")]
enum Msg {
    #[sse(event)]
    A,
    #[sse(event("a"))]
    B,
    #[sse(event = NAME)]
    C,
    #[sse(alias = 1, data, key("error"))]
    D,
    #[sse(done = true)]
    E,
    #[sse(error(ApiError))]
    F(u32),
    #[sse(with)]
    G(u32),
    #[sse(with = "read")]
    H(u32),
    #[sse(with = |data| data.parse())]
    I(u32),
    #[sse(skip("ping"))]
    J,
    #[sse]
    K,
    #[sse = "l"]
    L,
    #[sse(text done)]
    M(String),
    #[sse("n")]
    N,
    #[sse(event = "o" alias = "p")]
    O,
}

#[derive(SseEvents)]
enum WithMore {
    #[sse(event = "a";)]
    A,
    #[sse(alias = "b" | "c")]
    B,
    #[sse(with = read())]
    C(u32),
    #[sse(with = read<u8>)]
    D(u32),
    #[sse(with = read<u8, u16>, done)]
    E(u32),
    #[sse(with = Reader<u8>::read)]
    F(u32),
    #[sse(with = read + 1)]
    Sum(u32),
    #[sse(done;)]
    G,
    #[sse(event = concat!("h", "i"))]
    H,
}

#[derive(SseEvents)]
#[sse(crate = sse_typed<u8, u16>)]
enum Found {
    A,
}

#[derive(SseEvents)]
#[sse(crate = sse_typed::<u8>)]
enum FoundToo {
    A,
}

#[derive(SseEvents)]
#[sse(skip(), skip(ping))]
enum Skipping {
    A,
}

fn main() {}
