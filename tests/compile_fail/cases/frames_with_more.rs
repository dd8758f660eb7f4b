use sse_typed::{ServerSentEvent, SseEvents};

#[derive(SseEvents)]
#[sse(deny_unknown)]
enum Msg {
    #[sse(comment, event = "comment")]
    Comment(String),
    #[sse(retry, done)]
    Retry,
    #[sse(open, skip)]
    Open,
    #[sse(other, error)]
    Other(ServerSentEvent),
    #[sse(other)]
    Rest,
    #[sse(comment, retry)]
    Both,
    #[sse(open, text)]
    Text(String),
    #[sse(comment)]
    Fields { text: String },
    #[sse(other, skip, key = "x")]
    Nothing,
    #[sse(open)]
    Two(u32, u32),
}

fn main() {}
