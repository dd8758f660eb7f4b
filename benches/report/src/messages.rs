//! What the streams become: enums as their users would write them, and the same by hand for the peers.

use std::hint::black_box;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use sse_typed::{Json, SseEvents};

use crate::peers::Sink;

/// A type of events that can also be read without us.
pub trait Message: SseEvents<Json> + Send + 'static {
    /// A variant.
    type Kind: Copy;

    /// The `match` that a peer's user writes.
    fn kind(name: &str, data: &str) -> Option<Self::Kind>;

    /// Reads the data of a variant, with `read` for its type.
    fn read<R: Read>(kind: Self::Kind, data: R) -> serde_json::Result<Self>;
}

/// Data that JSON can be read from.
pub trait Read {
    fn json<T: DeserializeOwned>(self) -> serde_json::Result<T>;
}

impl Read for &str {
    #[inline]
    fn json<T: DeserializeOwned>(self) -> serde_json::Result<T> {
        serde_json::from_str(self)
    }
}

impl Read for &[u8] {
    #[inline]
    fn json<T: DeserializeOwned>(self) -> serde_json::Result<T> {
        serde_json::from_slice(self)
    }
}

/// Matches the name and decodes the data: what a peer's user does with each event.
pub struct Decode<M> {
    pub events: usize,
    message: PhantomData<fn() -> M>,
}

impl<M> Default for Decode<M> {
    fn default() -> Self {
        Self { events: 0, message: PhantomData }
    }
}

impl<M: Message> Sink for Decode<M> {
    #[inline]
    fn event(&mut self, name: &str, data: &str) {
        if let Some(kind) = M::kind(name, data) {
            black_box(M::read(kind, data).expect("all is well-formed"));
            self.events += 1;
        }
    }
}

/// Events already split, named and validated.
pub struct Split<M: Message>(pub Vec<(M::Kind, String)>);

impl<M: Message> Default for Split<M> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<M: Message> Sink for Split<M> {
    fn event(&mut self, name: &str, data: &str) {
        self.0.extend(M::kind(name, data).map(|kind| (kind, data.to_owned())));
    }
}

/// OpenAI's Responses.
#[derive(Debug, SseEvents)]
pub enum Responses {
    #[sse(event = "response.created")]
    Created(Progress),
    #[sse(event = "response.in_progress")]
    InProgress(Progress),
    #[sse(event = "response.output_text.delta")]
    TextDelta(Delta),
    #[sse(event = "response.output_text.done")]
    TextDone(Progress),
    #[sse(event = "response.reasoning_text.delta")]
    ReasoningDelta(Delta),
    #[sse(event = "response.function_call_arguments.delta")]
    ArgumentsDelta(Delta),
    #[sse(event = "response.completed")]
    Completed(Progress),
    #[sse(event = "response.incomplete")]
    Incomplete(Progress),
    #[sse(event = "response.failed")]
    Failed(Progress),
}

#[derive(Debug, Deserialize)]
pub struct Progress {
    pub sequence_number: u64,
    pub response: Answer,
}

#[derive(Debug, Deserialize)]
pub struct Answer {
    pub id: String,
    pub status: String,
}

#[derive(Debug, Deserialize)]
pub struct Delta {
    pub sequence_number: u64,
    pub item_id: String,
    pub output_index: u32,
    pub delta: String,
}

#[derive(Clone, Copy)]
pub enum ResponsesKind {
    Created,
    InProgress,
    TextDelta,
    TextDone,
    ReasoningDelta,
    ArgumentsDelta,
    Completed,
    Incomplete,
    Failed,
}

impl Message for Responses {
    type Kind = ResponsesKind;

    #[inline]
    fn kind(name: &str, _: &str) -> Option<ResponsesKind> {
        Some(match name {
            "response.created" => ResponsesKind::Created,
            "response.in_progress" => ResponsesKind::InProgress,
            "response.output_text.delta" => ResponsesKind::TextDelta,
            "response.output_text.done" => ResponsesKind::TextDone,
            "response.reasoning_text.delta" => ResponsesKind::ReasoningDelta,
            "response.function_call_arguments.delta" => ResponsesKind::ArgumentsDelta,
            "response.completed" => ResponsesKind::Completed,
            "response.incomplete" => ResponsesKind::Incomplete,
            "response.failed" => ResponsesKind::Failed,
            _ => return None,
        })
    }

    #[inline]
    fn read<R: Read>(kind: ResponsesKind, data: R) -> serde_json::Result<Self> {
        match kind {
            ResponsesKind::Created => data.json().map(Self::Created),
            ResponsesKind::InProgress => data.json().map(Self::InProgress),
            ResponsesKind::TextDelta => data.json().map(Self::TextDelta),
            ResponsesKind::TextDone => data.json().map(Self::TextDone),
            ResponsesKind::ReasoningDelta => data.json().map(Self::ReasoningDelta),
            ResponsesKind::ArgumentsDelta => data.json().map(Self::ArgumentsDelta),
            ResponsesKind::Completed => data.json().map(Self::Completed),
            ResponsesKind::Incomplete => data.json().map(Self::Incomplete),
            ResponsesKind::Failed => data.json().map(Self::Failed),
        }
    }
}

/// OpenAI's chat completions.
#[derive(Debug, SseEvents)]
pub enum Chat {
    #[sse(event = "message", data = "[DONE]", done)]
    Done,
    #[sse(event = "message")]
    Chunk(ChatChunk),
}

#[derive(Debug, Deserialize)]
pub struct ChatChunk {
    pub id: String,
    pub created: u64,
    pub choices: Vec<Choice>,
}

#[derive(Debug, Deserialize)]
pub struct Choice {
    pub index: u32,
    pub delta: ChoiceDelta,
    pub finish_reason: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct ChoiceDelta {
    pub content: Option<String>,
}

#[derive(Clone, Copy)]
pub enum ChatKind {
    Done,
    Chunk,
}

impl Message for Chat {
    type Kind = ChatKind;

    #[inline]
    fn kind(name: &str, data: &str) -> Option<ChatKind> {
        match (name, data) {
            ("message", "[DONE]") => Some(ChatKind::Done),
            ("message", _) => Some(ChatKind::Chunk),
            _ => None,
        }
    }

    #[inline]
    fn read<R: Read>(kind: ChatKind, data: R) -> serde_json::Result<Self> {
        match kind {
            ChatKind::Done => Ok(Self::Done),
            ChatKind::Chunk => data.json().map(Self::Chunk),
        }
    }
}

/// Anthropic's messages.
#[derive(Debug, SseEvents)]
pub enum Anthropic {
    ContentBlockDelta(BlockDelta),
    ContentBlockStop(Block),
    Ping,
    MessageStop,
}

#[derive(Debug, Deserialize)]
pub struct BlockDelta {
    pub index: u32,
    pub delta: TextDelta,
}

#[derive(Debug, Deserialize)]
pub struct TextDelta {
    pub text: String,
}

#[derive(Debug, Deserialize)]
pub struct Block {
    pub index: u32,
}

#[derive(Clone, Copy)]
pub enum AnthropicKind {
    ContentBlockDelta,
    ContentBlockStop,
    Ping,
    MessageStop,
}

impl Message for Anthropic {
    type Kind = AnthropicKind;

    #[inline]
    fn kind(name: &str, _: &str) -> Option<AnthropicKind> {
        Some(match name {
            "content_block_delta" => AnthropicKind::ContentBlockDelta,
            "content_block_stop" => AnthropicKind::ContentBlockStop,
            "ping" => AnthropicKind::Ping,
            "message_stop" => AnthropicKind::MessageStop,
            _ => return None,
        })
    }

    #[inline]
    fn read<R: Read>(kind: AnthropicKind, data: R) -> serde_json::Result<Self> {
        match kind {
            AnthropicKind::ContentBlockDelta => data.json().map(Self::ContentBlockDelta),
            AnthropicKind::ContentBlockStop => data.json().map(Self::ContentBlockStop),
            AnthropicKind::Ping => Ok(Self::Ping),
            AnthropicKind::MessageStop => Ok(Self::MessageStop),
        }
    }
}

/// Wikimedia's recent changes: a few of many fields.
#[derive(Debug, SseEvents)]
pub enum Wikimedia {
    Message(Change),
}

#[derive(Debug, Deserialize)]
pub struct Change {
    pub title: String,
    pub user: String,
    pub wiki: String,
    pub timestamp: u64,
    pub bot: bool,
    pub length: Lengths,
}

#[derive(Debug, Deserialize)]
pub struct Lengths {
    pub old: u64,
    pub new: u64,
}

impl Message for Wikimedia {
    type Kind = ();

    #[inline]
    fn kind(name: &str, _: &str) -> Option<()> {
        (name == "message").then_some(())
    }

    #[inline]
    fn read<R: Read>((): (), data: R) -> serde_json::Result<Self> {
        data.json().map(Self::Message)
    }
}
