use sse_typed::SseEvents;

#[derive(SseEvents)]
union Union {
    a: u32,
}

#[derive(SseEvents)]
enum Empty {}

#[derive(SseEvents)]
enum Borrowed<'a> {
    Text(&'a str),
}

#[derive(serde::Deserialize, SseEvents)]
struct BorrowedToo<'a>(#[serde(borrow)] &'a str);

#[derive(SseEvents)]
enum Static {
    Text(&'static str),
}

#[derive(SseEvents)]
enum Shapes {
    Two(u32, String),
    None(),
}

fn main() {}
