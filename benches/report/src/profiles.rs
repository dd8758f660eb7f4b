//! Streams in the shape of real ones, the same at every run, and their bytes in chunks.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::Stream;

/// The sizes of chunks: a trickle, a network packet, a TLS record, all at once.
pub const CHUNKS: [usize; 4] = [64, 1400, 16 << 10, usize::MAX];

/// A stream, and what a parser has to find in it.
#[derive(Clone)]
pub struct Profile {
    pub name: &'static str,
    pub bytes: Bytes,
    pub found: Found,
    /// What is counted as one in "so much per event": events, or comments where there are no events.
    pub units: usize,
}

/// How much a parser finds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found {
    pub events: usize,
    pub name_bytes: usize,
    pub data_bytes: usize,
}

impl Profile {
    /// The bytes in chunks of this size.
    pub fn chunks(&self, size: usize) -> Chunks {
        Chunks { rest: self.bytes.clone(), size, deadline: None }
    }
}

/// Slices of one buffer.
#[derive(Clone)]
pub struct Chunks {
    rest: Bytes,
    size: usize,
    deadline: Option<Instant>,
}

impl Chunks {
    /// Ends early when this much time has passed, for readers that would take for ever.
    #[must_use]
    pub fn within(self, time: Duration) -> Self {
        Self { deadline: Some(Instant::now() + time), ..self }
    }
}

impl Iterator for Chunks {
    type Item = Bytes;

    #[inline]
    fn next(&mut self) -> Option<Bytes> {
        if self.rest.is_empty() || self.deadline.is_some_and(|deadline| Instant::now() > deadline) {
            return None;
        }
        Some(self.rest.split_to(self.size.min(self.rest.len())))
    }
}

impl Stream for Chunks {
    type Item = Result<Bytes, Infallible>;

    #[inline]
    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.next().map(Ok))
    }
}

/// A stream in the making.
#[derive(Default)]
struct Writer {
    text: String,
    found: Found,
    seed: u64,
}

impl Writer {
    fn event(&mut self, name: &str, data: &str) {
        self.event_with(name, "", data);
    }

    /// Writes an event; without a name it is one of `message`s.
    fn event_with(&mut self, name: &str, id: &str, data: &str) {
        if !name.is_empty() {
            let _ = writeln!(self.text, "event: {name}");
        }
        if !id.is_empty() {
            let _ = writeln!(self.text, "id: {id}");
        }
        for line in data.split('\n') {
            let _ = writeln!(self.text, "data: {line}");
        }
        self.text.push('\n');
        self.count(name, data);
    }

    fn count(&mut self, name: &str, data: &str) {
        self.found.events += 1;
        self.found.name_bytes += if name.is_empty() { "message".len() } else { name.len() };
        self.found.data_bytes += data.len();
    }

    /// A number that looks like any other (Knuth's MMIX generator).
    fn number(&mut self) -> u64 {
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.seed >> 33
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        let at = self.number() as usize % from.len();
        from[at]
    }

    fn letters(&mut self, length: usize) -> String {
        (0..length).map(|_| char::from(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJ"[self.number() as usize % 36])).collect()
    }

    fn hex(&mut self, length: usize) -> String {
        (0..length).map(|_| char::from(b"0123456789abcdef"[self.number() as usize % 16])).collect()
    }

    fn finish(self, name: &'static str) -> Profile {
        let units = self.found.events.max(1);
        Profile { name, bytes: self.text.into(), found: self.found, units }
    }
}

/// About how long a stream of many small events is.
const LENGTH: usize = 512 << 10;

const WORDS: &[&str] = &[
    "Let", " me", " check", " the", " weather", " in", " Paris", " for", " you", ".", " It", " is", " mild", " today",
    ",", " with", " some", " clouds", " and", " a", " light", " breeze", " from", " west",
];
/// Of another script, each 20th or so.
const FOREIGN: &[&str] = &["天気", "は", "晴れ", " \u{1f642}", " été", "です"];

fn word(writer: &mut Writer) -> &'static str {
    if writer.number().is_multiple_of(20) { writer.pick(FOREIGN) } else { writer.pick(WORDS) }
}

/// Every stream of the table.
pub fn all() -> Vec<Profile> {
    vec![
        llm_responses(),
        llm_chat(),
        llm_anthropic(),
        beacon(),
        wikimedia(),
        firebase("firebase-put 1 MB", 1 << 20),
        firebase("firebase-put 10 MB", 10 << 20),
        html_lines(),
        tiny(),
        comments(),
        Profile { name: DROPPED_COMMENTS, ..comments() },
        crlf(&llm_responses()),
    ]
}

/// Deltas of some 250 bytes with few useful ones, the name once more in the data; the whole answer at both ends.
pub fn llm_responses() -> Profile {
    let mut w = Writer { seed: 1, ..Writer::default() };
    let response = |status: &str, text: &str| {
        format!(
            r#"{{"id":"resp_b30212ed16436c59893cb233d9f672a805405414","object":"response","created_at":1790000000,"status":"{status}","error":null,"model":"gpt-synthetic-1","output":[{{"type":"message","text":"{text}"}}],"parallel_tool_calls":true,"temperature":1.0,"tool_choice":"auto","tools":[],"usage":null}}"#
        )
    };
    let created = response("in_progress", "");
    w.event("response.created", &format!(r#"{{"type":"response.created","sequence_number":0,"response":{created}}}"#));
    let mut sequence = 1;
    let mut said = String::new();
    while w.text.len() < LENGTH {
        let delta = word(&mut w);
        said.push_str(delta);
        let padding = 16 - delta.len().min(15);
        let padding = w.letters(padding);
        let data = format!(
            r#"{{"type":"response.output_text.delta","sequence_number":{sequence},"item_id":"msg_b30212ed16436c59893cb233d9f672a8","output_index":1,"content_index":0,"delta":"{delta}","logprobs":[],"obfuscation":"{padding}"}}"#
        );
        w.event("response.output_text.delta", &data);
        sequence += 1;
    }
    let completed = response("completed", &said);
    let data = format!(r#"{{"type":"response.completed","sequence_number":{sequence},"response":{completed}}}"#);
    w.event("response.completed", &data);
    w.finish("llm-responses")
}

/// Chunks of some 320 bytes without a name, and a sentinel.
pub fn llm_chat() -> Profile {
    let mut w = Writer { seed: 2, ..Writer::default() };
    while w.text.len() < LENGTH {
        let delta = word(&mut w);
        let padding = 12 - delta.len().min(11);
        let padding = w.letters(padding);
        let data = format!(
            r#"{{"id":"chatcmpl-cWsFvcUiC1OooDn8T32Q2v2ozCCo0","object":"chat.completion.chunk","created":1790000100,"model":"gpt-synthetic-1","service_tier":"default","system_fingerprint":"fp_9d6efe9284","choices":[{{"index":0,"delta":{{"content":"{delta}"}},"logprobs":null,"finish_reason":null}}],"usage":null,"obfuscation":"{padding}"}}"#
        );
        w.event("", &data);
    }
    w.event("", "[DONE]");
    w.finish("llm-chat")
}

/// Deltas of some 120 bytes, a ping now and then.
pub fn llm_anthropic() -> Profile {
    let mut w = Writer { seed: 3, ..Writer::default() };
    while w.text.len() < LENGTH {
        if w.found.events % 100 == 7 {
            w.event("ping", r#"{"type":"ping"}"#);
        }
        let delta = word(&mut w);
        let data =
            format!(r#"{{"type":"content_block_delta","index":1,"delta":{{"type":"text_delta","text":"{delta}"}}}}"#);
        w.event("content_block_delta", &data);
    }
    w.event("message_stop", r#"{"type":"message_stop"}"#);
    w.finish("llm-anthropic")
}

/// Attestations of some 600 bytes, mostly hex digits, with no space behind the colon.
pub fn beacon() -> Profile {
    let mut w = Writer { seed: 4, ..Writer::default() };
    while w.text.len() < LENGTH {
        let (block, source, target) = (w.hex(64), w.hex(64), w.hex(64));
        let (attester, signature) = (w.number() % 1_000_000, w.hex(192));
        let data = format!(
            r#"{{"committee_index":"{}","attester_index":"{attester}","data":{{"slot":"9876543","index":"0","beacon_block_root":"0x{block}","source":{{"epoch":"308641","root":"0x{source}"}},"target":{{"epoch":"308642","root":"0x{target}"}}}},"signature":"0x{signature}"}}"#,
            attester % 64
        );
        let _ = write!(w.text, "event:single_attestation\ndata:{data}\n\n");
        w.count("single_attestation", &data);
    }
    w.finish("beacon")
}

/// All three fields, another id at each event, 0.6 to 1.5 KB of data.
pub fn wikimedia() -> Profile {
    let mut w = Writer { seed: 5, ..Writer::default() };
    while w.text.len() < LENGTH {
        let at = 1_790_000_200_016 + w.found.events * 21;
        let id = format!(
            r#"[{{"topic":"eqiad.mediawiki.recentchange","partition":0,"timestamp":{at}}},{{"topic":"codfw.mediawiki.recentchange","partition":0,"offset":-1}}]"#
        );
        let title = ["Synthetic_article_(example)", "日本の記事", "Q51346276"][w.found.events % 3];
        let comment = (0..4 + w.number() as usize % 60).map(|_| word(&mut w)).collect::<String>();
        let (request, event, number) = (w.hex(32), w.hex(32), w.number());
        let data = format!(
            r#"{{"$schema":"/mediawiki/recentchange/1.0.0","meta":{{"uri":"https://en.wikipedia.org/wiki/{title}","request_id":"{request}","id":"{event}","domain":"en.wikipedia.org","stream":"mediawiki.recentchange","dt":"2026-09-22T10:16:07.161Z","topic":"eqiad.mediawiki.recentchange","partition":0,"offset":{number}}},"id":{number},"type":"edit","namespace":0,"title":"{title}","title_url":"https://en.wikipedia.org/wiki/{title}","comment":"{comment}","timestamp":1790000200,"user":"SynthBot","bot":true,"minor":false,"length":{{"old":33080,"new":60815}},"revision":{{"old":2300000001,"new":2300000002}},"patrolled":true,"server_url":"https://en.wikipedia.org","server_name":"en.wikipedia.org","wiki":"enwiki","parsedcomment":"{comment}"}}"#
        );
        w.event_with("message", &id, &data);
    }
    w.finish("wikimedia")
}

/// One event that is a whole database, then small patches.
fn firebase(name: &'static str, size: usize) -> Profile {
    let mut w = Writer { seed: 6, ..Writer::default() };
    let mut data = String::from(r#"{"path":"/","data":{"posts":{"#);
    while data.len() < size {
        let (key, number) = (w.letters(20), w.number());
        let body = (0..12).map(|_| word(&mut w)).collect::<String>();
        let _ = write!(
            data,
            r#""{key}":{{"author":"user{number}","title":"Synthetic post","body":"{body} \"quoted\"","ts":1790000300000,"likes":{}}},"#,
            number % 100
        );
    }
    data.push_str(r#""last":null}}}"#);
    w.event("put", &data);
    for _ in 0..20 {
        let number = w.number();
        w.event("patch", &format!(r#"{{"path":"/posts/last","data":{{"likes":{number}}}}}"#));
        w.event("keep-alive", "null");
    }
    w.finish(name)
}

/// Events of a thousand short lines each.
fn html_lines() -> Profile {
    let mut w = Writer { seed: 7, ..Writer::default() };
    let mut lines = 0;
    while w.text.len() < LENGTH {
        let data: Vec<_> = (0..1000).map(|n| format!("elements <li id=\"row{n:03}\">{}</li>", w.letters(8))).collect();
        lines += data.len();
        w.event("datastar-patch-elements", &data.join("\n"));
    }
    Profile { units: lines, ..w.finish("html-lines") }
}

/// The smallest event that one would send.
fn tiny() -> Profile {
    let mut w = Writer::default();
    while w.text.len() < LENGTH / 2 {
        w.event("", "1");
    }
    w.finish("tiny")
}

/// The stream of comments, for readers that have no use for them.
pub const DROPPED_COMMENTS: &str = "comments, dropped";

/// Heartbeats and nothing else.
fn comments() -> Profile {
    let units = LENGTH / 2 / ": ping\n\n".len();
    Profile { name: "comments", bytes: ": ping\n\n".repeat(units).into(), found: Found::default(), units }
}

fn crlf(profile: &Profile) -> Profile {
    let text = String::from_utf8_lossy(&profile.bytes).replace('\n', "\r\n");
    Profile { name: "llm-responses, CRLF", bytes: text.into(), ..profile.clone() }
}

/// How a size of chunks is called.
pub fn chunk_name(size: usize) -> String {
    match size {
        usize::MAX => "whole".into(),
        size if size >= 1 << 10 && size % (1 << 10) == 0 => format!("{} KiB", size >> 10),
        size => format!("{size} B"),
    }
}
