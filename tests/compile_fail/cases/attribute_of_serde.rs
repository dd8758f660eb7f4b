use sse_typed::SseEvents;

#[derive(SseEvents)]
#[sse(content = "data", untagged, deny_unknown_fields, rename_all_fields = "camelCase", rename = "msg")]
enum Msg {
    #[sse(rename = "tick")]
    Tick(u32),
    #[sse(aliases("a", "b"))]
    Tock(u32),
    #[sse(tag = "type")]
    Tagged(u32),
    #[sse(rename_all = "camelCase")]
    Cased { a_b: u32 },
    #[sse(deserialize_with = "path")]
    Read(u32),
    #[sse(from_str)]
    Text(String),
    #[sse(default)]
    Rest,
    #[sse(sentinel = "[DONE]")]
    Done,
    #[sse(has_key = "error")]
    Keyed,
    #[sse(terminal)]
    Last,
    #[sse(ignore)]
    Ping,
    #[sse(err)]
    Failed,
    #[sse(id)]
    Id(String),
}

fn main() {}
