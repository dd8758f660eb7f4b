use sse_typed::SseEvents;

struct NotText;

fn number(data: &str) -> Result<u32, std::num::ParseIntError> {
    data.parse()
}

fn no_result(data: &str) -> u32 {
    data.len() as u32
}

fn boxed(data: &str) -> Result<u32, Box<dyn std::error::Error>> {
    Ok(data.parse()?)
}

#[derive(SseEvents)]
enum Msg {
    #[sse(with = boxed)]
    Boxed(u32),
    #[sse(with = boxed, error)]
    BoxedToo(u32),
    #[sse(text)]
    Text(NotText),
    #[sse(with = number)]
    With(String),
    #[sse(with = no_result)]
    NoResult(u32),
    #[sse(with = missing)]
    Missing(u32),
    #[sse(comment)]
    Comment(u32),
    #[sse(retry)]
    Retry(u64),
    #[sse(open)]
    Open(String),
    #[sse(other)]
    Other(String),
    #[sse(error)]
    Failed(std::rc::Rc<u32>),
}

fn main() {}
