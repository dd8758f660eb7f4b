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
#[allow(unused_parens)]
enum Static {
    Text(&'static str),
    Wrapped((&'static str)),
    Named {
        text: &'static str,
        #[serde(skip)]
        skipped: &'static str,
        // To serde, this is borrowed all the same.
        #[serde(deserialize_with = "leak")]
        leaked: &'static str,
    },
    #[sse(skip)]
    Skipped(&'static str),
}

macro_rules! events {
    ($type:ty) => {
        #[derive(SseEvents)]
        enum ByMacro {
            Text($type),
        }
    };
}

events!(&'static str);

#[derive(SseEvents)]
enum Shapes {
    Two(u32, String),
    None(),
}

fn main() {}
