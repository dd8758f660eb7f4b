use sse_typed::SseEvents;

#[derive(SseEvents)]
#[serde(tag = "type")]
enum Tagged {
    Tick(u32),
}

#[derive(SseEvents)]
#[serde(tag = "kind", content = "value")]
enum Adjacent {
    Tick(u32),
}

#[derive(SseEvents)]
#[serde(tag = "type", content = "value")]
#[sse(tag = "kind")]
enum Said {
    Tick(u32),
}

#[derive(SseEvents)]
enum Readers {
    #[serde(with = "seconds")]
    Module(std::time::Duration),
    #[serde(deserialize_with = "read::<Vec<u8>, _>")]
    Function(Vec<u8>),
    // These are said.
    #[serde(with = "seconds")]
    #[sse(text)]
    Text(u32),
    #[serde(with = "seconds")]
    #[sse(with = str::parse)]
    With(u32),
    #[serde(with = "seconds")]
    #[sse(skip)]
    Skipped(u32),
    #[serde(serialize_with = "write")]
    Written(u32),
}

#[derive(SseEvents)]
enum Defaults {
    #[serde(default)]
    Bare { n: u32 },
    #[serde(default = "path")]
    Path { n: u32 },
    Newtype(#[serde(default)] u32),
    Skipped(#[serde(skip)] u32),
}

#[derive(SseEvents)]
#[serde(rename_al = "snake_case", deny_unknown_field, nonsense)]
enum Misspelled {
    #[serde(rename_al = "camelCase")]
    Struct { n: u32 },
    #[serde(rename_all_fields = "camelCase")]
    Fields { n: u32 },
    #[serde(deny_unknown_field, nonsense)]
    Denying { n: u32 },
}

#[derive(SseEvents)]
#[serde(rename_all = "camelcase")]
enum Casing {
    KeepAlive,
}

#[derive(SseEvents)]
#[serde(rename_all "camelCase")]
enum Syntax {
    #[serde(rename "tick")]
    Tick,
    #[serde]
    Bare,
}

fn main() {}
