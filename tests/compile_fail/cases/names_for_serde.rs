use sse_typed::SseEvents;

#[derive(SseEvents)]
#[serde(rename_all = "camelCase")]
enum Msg {
    AuthRevoked,
    #[serde(rename = "order.shipped")]
    Shipped(u32),
    #[serde(rename(deserialize = "order.sent"), alias = "sent")]
    Sent(u32),
    #[serde(other)]
    Unknown,
    #[serde(skip)]
    Ping,
    // These are said.
    #[serde(rename = "order.lost")]
    #[sse(event = "order.lost")]
    Lost(u32),
    #[serde(rename = "orderFound")]
    #[sse(event = "order_found")]
    Found(u32),
    #[serde(rename = "back")]
    #[sse(alias = "back")]
    Returned(u32),
    #[serde(skip)]
    #[sse(skip)]
    Noise,
}

#[derive(SseEvents)]
#[serde(rename_all = "snake_case", tag = "type")]
#[sse(tag = "type")]
enum Agrees {
    AuthRevoked,
    Moved { to: u32 },
}

#[derive(SseEvents)]
#[serde(rename_all = "camelCase")]
#[sse(rename_all = "kebab-case")]
enum Said {
    AuthRevoked,
}

#[derive(SseEvents)]
#[serde(rename_all = "camelCase")]
enum AgreesOneByOne {
    #[serde(rename = "auth_revoked")]
    AuthRevoked,
    #[sse(alias = "keepAlive")]
    KeepAlive,
    #[serde(skip)]
    #[sse(skip)]
    HeartBeat,
    #[serde(skip)]
    #[sse(error)]
    OverLoaded,
    #[serde(rename(serialize = "outOnly"))]
    Out(u32),
}

#[derive(SseEvents)]
#[serde(untagged, rename_all = "camelCase")]
enum NoNames {
    AuthRevoked,
    #[serde(rename = "x")]
    Shipped(u32),
}

fn main() {}
