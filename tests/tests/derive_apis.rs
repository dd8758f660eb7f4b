//! The enums that users of real APIs would write, each over a stream of that API.
#![allow(dead_code, reason = "an enum has what its API has, whether a test looks at it or not")]

mod derive_support;

use std::collections::BTreeMap;

use derive_support::{Got, event, event_with, stream, values};
use serde::Deserialize;
use serde_json::Value;
use sse_typed::{BoxError, ErrorKind, EventNames, Json, SseEvents};

/// 58 names, of which five are read as one thing or another by several names, two kinds of end, and an error that comes
/// flat or nested. It replaces a `match` of 58 arms that names each event twice.
mod openai_responses {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Delta {
        item_id: String,
        delta: String,
    }

    #[derive(Debug, Deserialize)]
    struct Whole {
        response: Response,
    }

    #[derive(Debug, Deserialize)]
    struct Response {
        status: String,
        usage: Option<Usage>,
    }

    #[derive(Debug, Deserialize)]
    struct Usage {
        total_tokens: u32,
    }

    #[derive(Debug, Deserialize)]
    struct Item {
        output_index: u32,
        item: Value,
    }

    /// Where in the answer something goes on.
    #[derive(Debug, Deserialize)]
    struct Progress {
        #[serde(default)]
        item_id: Option<String>,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    struct ApiError {
        code: Option<String>,
        message: String,
    }

    /// Flat as documented, or nested under `error` as it comes.
    fn api_error(data: &str) -> Result<ApiError, serde_json::Error> {
        #[derive(Deserialize)]
        struct Nested {
            error: ApiError,
        }
        serde_json::from_str::<Nested>(data).map(|nested| nested.error).or_else(|_| serde_json::from_str(data))
    }

    #[derive(Debug, SseEvents)]
    #[sse(tag = "type")]
    enum Event {
        #[sse(event = "response.created")]
        Created(Whole),
        #[sse(event = "response.queued")]
        Queued(Whole),
        #[sse(event = "response.in_progress")]
        InProgress(Whole),
        #[sse(event = "response.completed", done)]
        Completed(Whole),
        #[sse(event = "response.incomplete", done)]
        Incomplete(Whole),
        #[sse(event = "response.failed", done)]
        Failed(Whole),
        #[sse(event = "response.output_item.added")]
        ItemAdded(Item),
        #[sse(event = "response.output_item.done")]
        ItemDone(Item),
        #[sse(event = "response.content_part.added")]
        PartAdded(Progress),
        #[sse(event = "response.content_part.done")]
        PartDone(Progress),
        #[sse(event = "response.output_text.delta")]
        TextDelta(Delta),
        #[sse(event = "response.output_text.done")]
        TextDone { text: String },
        #[sse(event = "response.output_text.annotation.added")]
        AnnotationAdded { annotation: Value },
        #[sse(event = "response.refusal.delta")]
        RefusalDelta(Delta),
        #[sse(event = "response.refusal.done")]
        RefusalDone { refusal: String },
        #[sse(event = "response.reasoning_text.delta", alias = "response.reasoning.delta")]
        ReasoningDelta(Delta),
        #[sse(event = "response.reasoning_text.done", alias = "response.reasoning.done")]
        ReasoningDone { text: String },
        #[sse(event = "response.reasoning_summary_part.added")]
        SummaryPartAdded(Progress),
        #[sse(event = "response.reasoning_summary_part.done")]
        SummaryPartDone(Progress),
        #[sse(event = "response.reasoning_summary_text.delta", alias = "response.reasoning_summary.delta")]
        SummaryDelta(Delta),
        #[sse(event = "response.reasoning_summary_text.done", alias = "response.reasoning_summary.done")]
        SummaryDone { text: String },
        #[sse(event = "response.function_call_arguments.delta")]
        ArgumentsDelta(Delta),
        #[sse(event = "response.function_call_arguments.done")]
        ArgumentsDone { arguments: String },
        #[sse(event = "response.custom_tool_call_input.delta")]
        ToolInputDelta(Delta),
        #[sse(event = "response.custom_tool_call_input.done")]
        ToolInputDone { input: String },
        #[sse(event = "response.file_search_call.in_progress")]
        FileSearchStarted(Progress),
        #[sse(event = "response.file_search_call.searching")]
        FileSearching(Progress),
        #[sse(event = "response.file_search_call.completed")]
        FileSearched(Progress),
        #[sse(event = "response.web_search_call.in_progress")]
        WebSearchStarted(Progress),
        #[sse(event = "response.web_search_call.searching")]
        WebSearching(Progress),
        #[sse(event = "response.web_search_call.completed")]
        WebSearched(Progress),
        #[sse(event = "response.code_interpreter_call.in_progress")]
        CodeStarted(Progress),
        #[sse(event = "response.code_interpreter_call.interpreting")]
        CodeInterpreting(Progress),
        #[sse(event = "response.code_interpreter_call.completed")]
        CodeCompleted(Progress),
        #[sse(event = "response.code_interpreter_call_code.delta")]
        CodeDelta(Delta),
        #[sse(event = "response.code_interpreter_call_code.done")]
        CodeDone { code: String },
        #[sse(event = "response.image_generation_call.in_progress")]
        ImageStarted(Progress),
        #[sse(event = "response.image_generation_call.generating")]
        ImageGenerating(Progress),
        #[sse(event = "response.image_generation_call.partial_image")]
        PartialImage { partial_image_b64: String },
        #[sse(event = "response.image_generation_call.completed")]
        ImageCompleted(Progress),
        #[sse(event = "response.mcp_call_arguments.delta")]
        McpArgumentsDelta(Delta),
        #[sse(event = "response.mcp_call_arguments.done")]
        McpArgumentsDone { arguments: String },
        #[sse(event = "response.mcp_call.in_progress")]
        McpStarted(Progress),
        #[sse(event = "response.mcp_call.completed")]
        McpCompleted(Progress),
        #[sse(event = "response.mcp_call.failed")]
        McpFailed(Progress),
        #[sse(event = "response.mcp_list_tools.in_progress")]
        McpListing(Progress),
        #[sse(event = "response.mcp_list_tools.completed")]
        McpListed(Progress),
        #[sse(event = "response.mcp_list_tools.failed")]
        McpListFailed(Progress),
        #[sse(event = "response.shell_call_command.added")]
        ShellAdded(Progress),
        #[sse(event = "response.shell_call_command.delta")]
        ShellDelta(Delta),
        #[sse(event = "response.shell_call_command.done")]
        ShellDone { command: String },
        #[sse(event = "response.apply_patch_call_operation_diff.delta")]
        PatchDelta(Delta),
        #[sse(event = "response.apply_patch_call_operation_diff.done")]
        PatchDone { diff: String },
        #[sse(event = "response.audio.delta")]
        AudioDelta { delta: String },
        #[sse(event = "response.audio.done")]
        AudioDone,
        #[sse(event = "response.audio.transcript.delta")]
        TranscriptDelta { delta: String },
        #[sse(event = "response.audio.transcript.done")]
        TranscriptDone,
        #[sse(error, done, with = api_error)]
        Error(ApiError),
        #[sse(other)]
        Other(sse_typed::ServerSentEvent),
    }

    #[test]
    fn the_sample_is_read_to_its_end_past_an_event_that_nobody_documents() {
        let events = values::<Event>(include_str!("../data/openai_responses.sse"));
        let text: String = events
            .iter()
            .filter_map(|event| match event {
                Event::TextDelta(Delta { item_id, delta }) if item_id.starts_with("msg_") => Some(delta.as_str()),
                _ => None,
            })
            .collect();
        let whole = events.iter().find_map(|event| match event {
            Event::TextDone { text } => Some(text),
            _ => None,
        });
        assert_eq!(Some(&text), whole);
        assert!(text.starts_with("Server-sent events are"), "{text}");
        let others: Vec<_> = events
            .iter()
            .filter_map(|event| match event {
                Event::Other(other) => Some(&*other.event),
                _ => None,
            })
            .collect();
        assert_eq!(others, ["keepalive"]);
        match events.last() {
            Some(Event::Completed(Whole { response })) => {
                assert_eq!(
                    (response.status.as_str(), response.usage.as_ref().map(|usage| usage.total_tokens)),
                    ("completed", Some(75))
                );
            }
            other => panic!("ended with {other:?}"),
        }
        assert!(events.iter().any(|event| matches!(event, Event::ItemAdded(item) if item.output_index == 1
            && item.item["role"] == "assistant")));
    }

    #[test]
    fn all_of_its_58_names_are_known_and_lead_to_different_variants() {
        let data = r#"{"item_id":"i","delta":"d","response":{"status":"s"},"output_index":0,"item":{},"text":"t",
            "annotation":{},"refusal":"r","arguments":"a","input":"i","code":"c","partial_image_b64":"p","command":"c",
            "diff":"d","message":"m"}"#;
        assert_eq!(Event::EVENT_NAMES.len(), 57, "and `error`, which becomes no value");
        for name in Event::EVENT_NAMES {
            let value = match event::<Event>(name, data) {
                Got::Value(value) | Got::Done(value) => value,
                other => panic!("{name}: {other:?}"),
            };
            assert_eq!(value.event_name(), *name);
            let tagged = format!(r#"{{"type":"{name}",{}"#, &data[1..]);
            match event::<Event>("", &tagged) {
                Got::Value(value) | Got::Done(value) => assert_eq!(value.event_name(), *name, "by its tag"),
                other => panic!("{name} by its tag: {other:?}"),
            }
        }
        for (alias, name) in [
            ("response.reasoning.delta", "response.reasoning_text.delta"),
            ("response.reasoning_summary.done", "response.reasoning_summary_text.done"),
        ] {
            assert_eq!(event::<Event>(alias, data).value().event_name(), name);
        }
    }

    #[test]
    fn an_error_is_the_same_flat_and_nested() {
        let expected = ApiError { code: Some("server_error".into()), message: "Oops".into() };
        for data in [
            r#"{"type":"error","code":"server_error","message":"Oops","param":null,"sequence_number":3}"#,
            r#"{"type":"error","sequence_number":3,"error":{"type":"x","code":"server_error","message":"Oops"}}"#,
        ] {
            let error = event::<Event>("error", data).error();
            assert_eq!((error.kind(), error.is_final()), (ErrorKind::Event, true));
            assert_eq!(error.downcast_ref(), Some(&expected), "{data}");
        }
    }

    #[test]
    fn both_kinds_of_end_end_it() {
        for name in ["response.completed", "response.incomplete", "response.failed"] {
            let status = name.trim_start_matches("response.");
            let got = event::<Event>(name, &format!(r#"{{"response":{{"status":"{status}","usage":null}}}}"#)).done();
            match got {
                Event::Completed(whole) | Event::Incomplete(whole) | Event::Failed(whole) => {
                    assert_eq!(whole.response.status, status);
                }
                other => panic!("{other:?}"),
            }
        }
    }
}

/// One type of chunk, a sentinel, and an error under status 200; compatible servers send comments.
mod openai_chat {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Chunk {
        choices: Vec<Choice>,
        usage: Option<Value>,
    }

    #[derive(Debug, Deserialize)]
    struct Choice {
        delta: Delta,
        finish_reason: Option<String>,
    }

    #[derive(Debug, Deserialize)]
    struct Delta {
        content: Option<String>,
    }

    #[derive(Debug, Deserialize)]
    struct ApiError {
        error: ErrorBody,
    }

    #[derive(Debug, Deserialize)]
    struct ErrorBody {
        message: String,
    }

    #[derive(Debug, SseEvents)]
    enum Reply {
        #[sse(event = "message", data = "[DONE]", done)]
        Done,
        #[sse(event = "message", key = "error", error)]
        Failed(ApiError),
        #[sse(event = "message")]
        Chunk(Chunk),
        #[sse(comment)]
        KeepAlive(String),
    }

    #[test]
    fn the_sample_is_read_up_to_its_sentinel() {
        let replies = values::<Reply>(include_str!("../data/openai_chat.sse"));
        assert_eq!(replies.len(), 21);
        assert!(matches!(replies.last(), Some(Reply::Done)));
        let chunks = || {
            replies.iter().filter_map(|reply| match reply {
                Reply::Chunk(chunk) => Some(chunk),
                _ => None,
            })
        };
        let text: String =
            chunks().flat_map(|chunk| &chunk.choices).filter_map(|choice| choice.delta.content.as_deref()).collect();
        assert!(text.starts_with("Let me check the weather in"), "{text}");
        let reasons: Vec<_> =
            chunks().flat_map(|chunk| &chunk.choices).filter_map(|choice| choice.finish_reason.as_deref()).collect();
        assert_eq!(reasons, ["tool_calls"]);
        let usage: Vec<_> = chunks().filter_map(|chunk| chunk.usage.as_ref()).collect();
        assert_eq!((usage.len(), usage.first().map(|usage| &usage["total_tokens"])), (1, Some(&Value::from(88))));
    }

    #[test]
    fn an_error_under_200_is_an_error_and_the_stream_goes_on_to_its_sentinel() {
        let got = stream::<Reply>(concat!(
            ": OPENROUTER PROCESSING\n\n",
            "data: {\"choices\":[{\"delta\":{\"content\":\"He\"},\"finish_reason\":null}]}\n\n",
            ": OPENROUTER PROCESSING\n\n",
            "data: {\"id\":\"x\",\"error\":{\"code\":502,\"message\":\"Provider disconnected\"},\"choices\":[]}\n\n",
            "data: [DONE]\n\n",
        ));
        match &got[..] {
            [
                Got::Value(Reply::KeepAlive(comment)),
                Got::Value(Reply::Chunk(_)),
                Got::Value(Reply::KeepAlive(_)),
                Got::Failed(error),
                Got::Done(Reply::Done),
            ] => {
                assert_eq!(comment, "OPENROUTER PROCESSING");
                let api = error.downcast_ref::<ApiError>().expect("an error of the API");
                assert_eq!(api.error.message, "Provider disconnected");
            }
            other => panic!("{other:?}"),
        }
    }
}

/// Struct variants, a ping that nobody wants, an error event under status 200, an end.
mod anthropic {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(tag = "type", rename_all = "snake_case")]
    #[expect(clippy::enum_variant_names, reason = "these are the names of the API")]
    enum Delta {
        TextDelta { text: String },
        InputJsonDelta { partial_json: String },
        ThinkingDelta { thinking: String },
        SignatureDelta { signature: String },
    }

    #[derive(Debug, Deserialize)]
    struct ApiError {
        error: ErrorBody,
    }

    #[derive(Debug, Deserialize)]
    struct ErrorBody {
        r#type: String,
    }

    #[derive(Debug, SseEvents)]
    enum Event {
        MessageStart {
            message: Value,
        },
        ContentBlockStart {
            index: u32,
            content_block: Value,
        },
        ContentBlockDelta {
            index: u32,
            delta: Delta,
        },
        ContentBlockStop {
            index: u32,
        },
        MessageDelta {
            delta: Value,
            usage: Value,
        },
        #[sse(done)]
        MessageStop,
        #[sse(skip)]
        Ping,
        #[sse(error)]
        Error(ApiError),
    }

    #[test]
    fn the_sample_is_an_answer_in_three_blocks() {
        let events = values::<Event>(include_str!("../data/anthropic.sse"));
        assert_eq!(events.len(), 30, "32 less two pings");
        let mut blocks: BTreeMap<u32, String> = BTreeMap::new();
        let (mut opened, mut closed) = (Vec::new(), Vec::new());
        for event in &events {
            match event {
                Event::ContentBlockDelta { index, delta } => match delta {
                    Delta::TextDelta { text }
                    | Delta::InputJsonDelta { partial_json: text }
                    | Delta::ThinkingDelta { thinking: text } => blocks.entry(*index).or_default().push_str(text),
                    Delta::SignatureDelta { signature } => assert!(signature.ends_with("==")),
                },
                Event::ContentBlockStart { index, content_block } => {
                    opened.push((*index, content_block["type"].clone()));
                }
                Event::ContentBlockStop { index } => closed.push(*index),
                Event::MessageStart { message } => assert_eq!(message["role"], "assistant"),
                Event::MessageDelta { delta, usage } => {
                    assert_eq!((&delta["stop_reason"], &usage["output_tokens"]), (&"tool_use".into(), &89.into()));
                }
                Event::MessageStop | Event::Ping | Event::Error(_) => {}
            }
        }
        assert_eq!(opened, [(0, "thinking".into()), (1, "text".into()), (2, "tool_use".into())]);
        assert_eq!(closed, [0, 1, 2]);
        assert_eq!(blocks[&0], "The user wants the weather; I should call the tool.");
        assert_eq!(blocks[&2], r#"{"location": "San Francisco, CA", "unit": "fahrenheit"}"#);
        assert!(matches!(events.last(), Some(Event::MessageStop)));
    }

    #[test]
    fn an_overloaded_server_is_an_error_and_unknown_events_are_passed_over() {
        let got = stream::<Event>(concat!(
            "event: ping\ndata: {\"type\": \"ping\"}\n\n",
            "event: new_event\ndata: {\"type\": \"new_event\"}\n\n",
            "event: error\n",
            "data: {\"type\": \"error\", \"error\": {\"type\": \"overloaded_error\", \"message\": \"Overloaded\"}}\n\n",
        ));
        match &got[..] {
            [Got::Skipped, Got::Unknown, Got::Failed(error)] => {
                let api = error.downcast_ref::<ApiError>().expect("an error of the API");
                assert_eq!(api.error.r#type, "overloaded_error");
            }
            other => panic!("{other:?}"),
        }
    }
}

/// JSON-RPC, told apart by keys; a first event without data, to be resumed from; in older versions, an endpoint as text.
mod mcp {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Call {
        #[serde(default)]
        id: Option<Value>,
        method: String,
    }

    #[derive(Debug, Deserialize)]
    struct Response {
        id: u32,
        result: Value,
    }

    #[derive(Debug, Deserialize)]
    struct Failure {
        id: u32,
        error: Value,
    }

    #[derive(Debug, SseEvents)]
    enum Message {
        #[sse(event = "message", data = "", skip)]
        Priming,
        #[sse(text)]
        Endpoint(http::Uri),
        #[sse(event = "message", key = "method")]
        Call(Call),
        #[sse(event = "message", key = "result", done)]
        Response(Response),
        #[sse(event = "message", key = "error")]
        Failure(Failure),
    }

    #[test]
    fn the_sample_is_calls_and_the_response_to_ours() {
        let got = stream::<Message>(include_str!("../data/mcp.sse"));
        assert!(matches!(got.first(), Some(Got::Skipped)), "`retry:`");
        let messages = values::<Message>(include_str!("../data/mcp.sse"));
        let calls: Vec<_> = messages
            .iter()
            .filter_map(|message| match message {
                Message::Call(call) => Some((call.method.as_str(), call.id.as_ref().and_then(Value::as_str))),
                _ => None,
            })
            .collect();
        assert_eq!(
            calls,
            [
                ("notifications/progress", None),
                ("notifications/message", None),
                ("elicitation/create", Some("srv-7")),
                ("notifications/progress", None),
            ]
        );
        match messages.last() {
            Some(Message::Response(Response { id: 1, result })) => assert_eq!(result["isError"], false),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_endpoint_is_text_and_an_error_of_the_protocol_is_a_message() {
        let got = values::<Message>(concat!(
            "event: endpoint\ndata: /messages/?session_id=8d1b\n\n",
            "event: message\ndata: {\"jsonrpc\":\"2.0\",\"id\":4,\"error\":{\"code\":-32601,\"message\":\"nope\"}}\n\n",
            ":\r\n",
            "data: {\"jsonrpc\":\"2.0\",\"id\":5,\"result\":null}\n\n",
        ));
        match &got[..] {
            [
                Message::Endpoint(uri),
                Message::Failure(Failure { id: 4, error }),
                Message::Response(Response { id: 5, result }),
            ] => {
                assert_eq!(
                    (uri.query(), &error["code"], result),
                    (Some("session_id=8d1b"), &Value::from(-32601), &Value::Null)
                );
            }
            other => panic!("{other:?}"),
        }
    }
}

/// Every event a `message`, with its type inside; ids that are JSON.
mod wikimedia {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Change {
        title: String,
        wiki: String,
        bot: bool,
    }

    #[derive(Debug, SseEvents)]
    #[sse(tag = "type")]
    enum RecentChange {
        Edit(Change),
        New(Change),
        Log {
            log_type: String,
            wiki: String,
        },
        Categorize(Change),
        #[sse(error)]
        Error(Value),
        #[sse(comment)]
        Comment,
        #[sse(other)]
        Other(sse_typed::ServerSentEvent),
    }

    #[test]
    fn the_sample_goes_by_the_type_in_the_data() {
        let changes = values::<RecentChange>(include_str!("../data/wikimedia.sse"));
        let names: Vec<_> = changes.iter().map(EventNames::event_name).collect();
        assert_eq!(names, ["", "edit", "edit", "edit", "categorize", "log"]);
        let bots =
            changes.iter().filter(|change| matches!(change, RecentChange::Edit(Change { bot: true, .. }))).count();
        assert!(bots >= 1);
        match &changes[1] {
            RecentChange::Edit(change) => assert_eq!((&*change.title, &*change.wiki), ("Q51346276", "wikidatawiki")),
            other => panic!("{other:?}"),
        }
        assert!(
            matches!(&changes[5], RecentChange::Log { log_type, wiki } if !log_type.is_empty() && !wiki.is_empty())
        );
    }

    #[test]
    fn an_error_goes_by_its_name_and_a_new_type_is_kept_with_its_id() {
        let id = r#"[{"topic":"eqiad.mediawiki.recentchange","partition":0,"offset":-1}]"#;
        let got = stream::<RecentChange>(&format!(
            ":ok\n\nevent: message\nid: {id}\ndata: {{\"type\":\"external\",\"wiki\":\"x\"}}\n\n\
             event: error\ndata: {{\"message\":\"broker gone\",\"type\":\"edit\"}}\n\n"
        ));
        match &got[..] {
            [Got::Value(RecentChange::Comment), Got::Value(RecentChange::Other(other)), Got::Failed(error)] => {
                assert_eq!(other.id, id);
                assert_eq!(error.downcast_ref::<Value>().map(|error| &error["message"]), Some(&"broker gone".into()));
            }
            other => panic!("{other:?}"),
        }
    }
}

/// Names in `kebab-case` and in `snake_case`, payloads that are null, credentials that end while the stream goes on.
mod firebase {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Write {
        path: String,
        data: Value,
    }

    #[derive(Debug, SseEvents)]
    #[sse(rename_all = "kebab-case")]
    enum Event {
        Put(Write),
        Patch(Write),
        #[sse(skip)]
        KeepAlive,
        #[sse(done)]
        Cancel(Option<String>),
        #[sse(event = "auth_revoked", error)]
        AuthRevoked(String),
    }

    #[test]
    fn the_sample_is_writes_and_credentials_that_end() {
        let got = stream::<Event>(include_str!("../data/firebase.sse"));
        let paths: Vec<_> = got
            .iter()
            .filter_map(|got| match got {
                Got::Value(Event::Put(write) | Event::Patch(write)) => Some(&*write.path),
                _ => None,
            })
            .collect();
        assert_eq!(paths.len(), 5);
        assert_eq!((paths[0], paths.contains(&"/presence")), ("/", true));
        assert_eq!(got.iter().filter(|got| got.is_skipped()).count(), 3);
        let revoked: Vec<_> = got
            .iter()
            .filter_map(|got| match got {
                Got::Failed(error) => error.downcast_ref::<String>(),
                _ => None,
            })
            .collect();
        assert_eq!(revoked, ["credential is no longer valid"]);
        let Some(Got::Value(Event::Put(first))) = got.first() else { panic!("{:?}", got.first()) };
        assert_eq!(first.data["presence"]["user000"], true);
    }

    #[test]
    fn null_is_a_payload_and_cancel_the_end() {
        let got = stream::<Event>("event: put\ndata: {\"path\":\"/a\",\"data\":null}\n\nevent: cancel\ndata: null\n\n");
        match &got[..] {
            [Got::Value(Event::Put(write)), Got::Done(Event::Cancel(None))] => assert_eq!(write.data, Value::Null),
            other => panic!("{other:?}"),
        }
        assert_eq!(Event::EVENT_NAMES, ["put", "patch", "cancel"]);
    }
}

/// Text that looks like a number, data that is no JSON, names with dots.
mod mastodon {
    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    struct Status {
        id: String,
    }

    #[derive(Debug, PartialEq, SseEvents)]
    enum Event {
        Update(Status),
        #[sse(text)]
        Delete(String),
        #[sse(event = "status.update")]
        StatusUpdate(Status),
        FiltersChanged,
        #[sse(event = "announcement.reaction")]
        AnnouncementReaction {
            name: String,
            count: u32,
            announcement_id: String,
        },
        #[sse(event = "announcement.delete", text)]
        AnnouncementDelete(u64),
    }

    #[test]
    fn each_event_is_read_as_what_it_is() {
        let got = values::<Event>(concat!(
            ":)\n",
            "event: update\ndata: {\"id\":\"108914327388663283\",\"content\":\"<p>Hi</p>\"}\n\n",
            ":thump\n:thump\n",
            "event: delete\ndata: 106692867363994015\n\n",
            "event: filters_changed\ndata: undefined\n\n",
            "event: status.update\ndata: {\"id\":\"1\"}\n\n",
            "event: announcement.reaction\ndata: {\"name\":\"bongoCat\",\"count\":9,\"announcement_id\":\"8\"}\n\n",
            "event: announcement.delete\ndata: 8\n\n",
            "event: encrypted_message\ndata: x\n\n",
        ));
        let status = |id: &str| Status { id: id.to_owned() };
        assert_eq!(
            got,
            [
                Event::Update(status("108914327388663283")),
                Event::Delete("106692867363994015".into()),
                Event::FiltersChanged,
                Event::StatusUpdate(status("1")),
                Event::AnnouncementReaction { name: "bongoCat".into(), count: 9, announcement_id: "8".into() },
                Event::AnnouncementDelete(8),
            ]
        );
    }
}

/// 24 topics that one asks for by name; forks as a parameter, large payloads in boxes, some topics behind `#[cfg]`.
mod beacon_node {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Block {
        slot: String,
        block: String,
    }

    #[derive(Debug, Deserialize)]
    struct Versioned<T> {
        version: String,
        data: T,
    }

    trait Fork {
        type Attestation;
    }

    #[derive(Debug)]
    struct Electra;

    impl Fork for Electra {
        type Attestation = SingleAttestation;
    }

    #[derive(Debug, Deserialize)]
    struct SingleAttestation {
        committee_index: String,
    }

    #[derive(Debug, SseEvents)]
    enum Topic<F: Fork, T = Value> {
        Head {
            slot: String,
            block: String,
            epoch_transition: bool,
        },
        Block(Block),
        BlockGossip(Block),
        Attestation(Box<F::Attestation>),
        SingleAttestation(Box<F::Attestation>),
        VoluntaryExit(T),
        BlsToExecutionChange(T),
        ProposerSlashing(T),
        AttesterSlashing(Box<Versioned<T>>),
        FinalizedCheckpoint {
            block: String,
            epoch: String,
        },
        ChainReorg(T),
        ContributionAndProof(Box<T>),
        LightClientFinalityUpdate(Box<Versioned<T>>),
        LightClientOptimisticUpdate(Box<Versioned<T>>),
        PayloadAttributes(Box<Versioned<T>>),
        BlobSidecar(T),
        DataColumnSidecar(T),
        ExecutionPayload(T),
        ExecutionPayloadGossip(T),
        ExecutionPayloadAvailable(T),
        ExecutionPayloadBid(T),
        PayloadAttestationMessage(T),
        #[cfg(not(windows))]
        ProposerPreferences(T),
        #[cfg(not(any()))]
        FastConfirmation(T),
        #[cfg(any())]
        LateHead(NoSuchType),
        #[sse(comment)]
        Gap(String),
    }

    #[test]
    fn the_topics_to_ask_for_are_its_names() {
        let names = Topic::<Electra>::EVENT_NAMES;
        assert_eq!(names.len(), if cfg!(windows) { 23 } else { 24 });
        assert_eq!(names[..4], ["head", "block", "block_gossip", "attestation"]);
        assert!(!names.contains(&"late_head"));
    }

    #[test]
    fn topics_are_read_without_a_space_behind_the_colon() {
        let got = values::<Topic<Electra>>(concat!(
            "event:head\ndata:{\"slot\":\"10\",\"block\":\"0x9a\",\"state\":\"0x60\",\"epoch_transition\":false}\n\n",
            "event:single_attestation\ndata:{\"committee_index\":\"3\",\"attester_index\":\"7\"}\n\n",
            ": error - dropped 37 messages\n\n",
            "event:attester_slashing\ndata:{\"version\":\"electra\",\"data\":{\"a\":1}}\n\n",
            "event:block\ndata:{\"slot\":\"11\",\"block\":\"0x9b\",\"execution_optimistic\":false}\n\n",
        ));
        match &got[..] {
            [
                Topic::Head { slot, block, epoch_transition: false },
                Topic::SingleAttestation(attestation),
                Topic::Gap(gap),
                Topic::AttesterSlashing(slashing),
                Topic::Block(second),
            ] => {
                assert_eq!((&**slot, &**block), ("10", "0x9a"));
                assert_eq!(attestation.committee_index, "3");
                assert_eq!(gap, "error - dropped 37 messages");
                assert_eq!((&*slashing.version, &slashing.data["a"]), ("electra", &Value::from(1)));
                assert_eq!((&*second.slot, &*second.block), ("11", "0x9b"));
            }
            other => panic!("{other:?}"),
        }
    }
}

/// Base64 of `MessagePack`, read variant by variant or by a closure for all.
mod parsec {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use sse_typed::{Closure, Filled, Target};

    use super::*;

    /// As much of `MessagePack` as these events need.
    fn unpack(bytes: &mut impl Iterator<Item = u8>) -> Option<Value> {
        let head = bytes.next()?;
        let length = usize::from(head & 0x0f);
        Some(match head {
            0x00..=0x7f => head.into(),
            0x80..=0x8f => (0..length)
                .map(|_| Some((unpack(bytes)?.as_str()?.to_owned(), unpack(bytes)?)))
                .collect::<Option<serde_json::Map<_, _>>>()?
                .into(),
            0x90..=0x9f => (0..length).map(|_| unpack(bytes)).collect::<Option<Vec<_>>>()?.into(),
            0xa0..=0xbf => String::from_utf8(bytes.by_ref().take(usize::from(head & 0x1f)).collect()).ok()?.into(),
            0xc0 => Value::Null,
            0xc2 | 0xc3 => (head == 0xc3).into(),
            _ => return None,
        })
    }

    fn opened(data: &str) -> Result<Value, BoxError> {
        let bytes = STANDARD.decode(data)?;
        unpack(&mut bytes.into_iter()).ok_or_else(|| "this is no MessagePack".into())
    }

    fn packed<T: serde::de::DeserializeOwned>(data: &str) -> Result<T, BoxError> {
        Ok(serde_json::from_value(opened(data)?)?)
    }

    #[derive(Debug, Deserialize, PartialEq)]
    struct Pinged {
        event: String,
        count: u8,
    }

    #[derive(Debug, PartialEq, SseEvents)]
    enum ByVariant {
        #[sse(event = "message", with = packed)]
        Message(Pinged),
        #[sse(skip)]
        Keepalive,
        MissedEvents,
    }

    #[derive(Debug, PartialEq, SseEvents)]
    #[sse(skip("keepalive"))]
    enum ByClosure {
        #[sse(event = "message")]
        Message(Pinged),
        MissedEvents,
    }

    /// `{"event": "PINGED", "count": 3}`
    fn message() -> String {
        STANDARD.encode(b"\x82\xa5event\xa6PINGED\xa5count\x03")
    }

    fn pinged() -> Pinged {
        Pinged { event: "PINGED".into(), count: 3 }
    }

    #[test]
    fn a_function_reads_one_variant() {
        let got = values::<ByVariant>(&format!(
            "event:keepalive\ndata:\n\nid:1\nevent:message\ndata:{}\n\nevent:missed_events\ndata:\n\nevent:new\ndata:x\n\n",
            message()
        ));
        assert_eq!(got, [ByVariant::Message(pinged()), ByVariant::MissedEvents]);
        let error = event::<ByVariant>("message", "{}").error();
        assert_eq!(error.to_string(), "could not read event `message` as `Pinged`");
    }

    #[test]
    fn a_closure_reads_all() {
        let read = |data: &str, target: Target<'_>| -> Result<Filled, BoxError> { target.fill(opened(data)?) };
        let messages = Closure::new(read);
        assert_eq!(event_with::<ByClosure, _>("message", &message(), &messages).value(), ByClosure::Message(pinged()));
        assert_eq!(event_with::<ByClosure, _>("missed_events", "", &messages).value(), ByClosure::MissedEvents);
        assert!(event_with::<ByClosure, _>("keepalive", "", &messages).is_skipped());
    }
}

/// An event named `error` with the data `eof` is the end, and any other error is one.
mod woodpecker {
    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    struct Line {
        line: u32,
        data: String,
    }

    #[derive(Debug, PartialEq, SseEvents)]
    enum Log {
        #[sse(event = "message")]
        Line(Line),
        #[sse(event = "error", data = "eof", done)]
        End,
        #[sse(error, done, text)]
        Error(String),
        #[sse(comment)]
        Ping,
    }

    #[test]
    fn eof_is_success_and_anything_else_is_not() {
        let log = ": ping\n\nid: 1\ndata: {\"line\":0,\"data\":\"bWFrZQ==\"}\n\nevent: error\ndata: eof\n\n";
        assert_eq!(values::<Log>(log), [Log::Ping, Log::Line(Line { line: 0, data: "bWFrZQ==".into() }), Log::End]);
        let error = event::<Log>("error", "stream not found").error();
        assert_eq!((error.kind(), error.is_final()), (ErrorKind::Event, true));
        assert_eq!(error.downcast::<String>().ok().as_deref(), Some("stream not found"));
        const { assert!(<Log as SseEvents<Json>>::HAS_DONE) };
    }
}

/// One of four keys says what it is.
mod a2a {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct StatusUpdate {
        task_id: String,
        status: Value,
    }

    #[derive(Debug, SseEvents)]
    #[serde(rename_all_fields = "camelCase")]
    enum StreamResponse {
        #[sse(event = "message", key = "task")]
        Task { task: Value },
        #[sse(event = "message", key = "message")]
        Message { message: Value },
        #[sse(event = "message", key = "statusUpdate")]
        StatusUpdate { status_update: StatusUpdate },
        #[sse(event = "message", key = "artifactUpdate")]
        ArtifactUpdate { artifact_update: Value },
    }

    #[test]
    fn each_event_has_one_of_the_keys() {
        let got = values::<StreamResponse>(concat!(
            "data: {\"task\":{\"id\":\"t\",\"status\":{\"state\":\"TASK_STATE_SUBMITTED\"}}}\n\n",
            "data: {\"artifactUpdate\":{\"taskId\":\"t\",\"append\":false,\"lastChunk\":true}}\n\n",
            "data: {\"message\":{\"parts\":[{\"text\":\"a task, a statusUpdate\"}]}}\n\n",
            "data: {\"statusUpdate\":{\"taskId\":\"t\",\"status\":{\"state\":\"TASK_STATE_COMPLETED\"}}}\n\n",
            "data: {\"newUpdate\":{}}\n\n",
        ));
        match &got[..] {
            [
                StreamResponse::Task { task },
                StreamResponse::ArtifactUpdate { artifact_update },
                StreamResponse::Message { message },
                StreamResponse::StatusUpdate { status_update },
            ] => {
                assert_eq!((&task["id"], &artifact_update["lastChunk"]), (&"t".into(), &true.into()));
                assert_eq!(message["parts"][0]["text"], "a task, a statusUpdate");
                assert_eq!(
                    (&*status_update.task_id, &status_update.status["state"]),
                    ("t", &"TASK_STATE_COMPLETED".into())
                );
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(StreamResponse::EVENT_NAMES, ["message"]);
    }
}
