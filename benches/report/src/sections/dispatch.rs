//! From a name to a variant: the derive against a `match` by hand.

use std::hint::black_box;

use sse_typed::{Frame, Json, RawEvent, SseEvents};

use super::{Mode, Section};
use crate::measure::{Contestant, race};
use crate::table::{Table, Target, number};

/// An enum of these names with the derive, and the same by hand.
macro_rules! names {
    ($derived:ident, $manual:ident, $all:ident: $($variant:ident = $name:literal)*) => {
        #[derive(SseEvents)]
        enum $derived { $(#[sse(event = $name)] $variant,)* }

        #[derive(Clone, Copy)]
        enum $manual { $($variant,)* }

        impl $manual {
            fn of(name: &str) -> Option<Self> {
                Some(match name {
                    $($name => Self::$variant,)*
                    _ => return None,
                })
            }
        }

        const $all: &[&str] = &[$($name,)*];
    };
}

names! { Derived5, Manual5, NAMES5:
    Put = "put" Patch = "patch" KeepAlive = "keep-alive" Cancel = "cancel" AuthRevoked = "auth_revoked"
}

names! { Derived24, Manual24, NAMES24:
    Head = "head" Block = "block" BlockGossip = "block_gossip" Attestation = "attestation"
    SingleAttestation = "single_attestation" VoluntaryExit = "voluntary_exit"
    BlsToExecutionChange = "bls_to_execution_change" ProposerSlashing = "proposer_slashing"
    AttesterSlashing = "attester_slashing" FinalizedCheckpoint = "finalized_checkpoint" ChainReorg = "chain_reorg"
    ContributionAndProof = "contribution_and_proof" LightClientFinalityUpdate = "light_client_finality_update"
    LightClientOptimisticUpdate = "light_client_optimistic_update" PayloadAttributes = "payload_attributes"
    BlobSidecar = "blob_sidecar" DataColumnSidecar = "data_column_sidecar" BlockRewards = "block_rewards"
    LateHead = "late_head" BlockFull = "block_full" ExecutionPayload = "execution_payload"
    ExecutionPayloadBid = "execution_payload_bid" PayloadAttestation = "payload_attestation_message"
    ExecutionPayloadGossip = "execution_payload_gossip"
}

names! { Derived58, Manual58, NAMES58:
    Created = "response.created" InProgress = "response.in_progress" Completed = "response.completed"
    Failed = "response.failed" Incomplete = "response.incomplete" Queued = "response.queued"
    ItemAdded = "response.output_item.added" ItemDone = "response.output_item.done"
    PartAdded = "response.content_part.added" PartDone = "response.content_part.done"
    TextDelta = "response.output_text.delta" TextDone = "response.output_text.done"
    AnnotationAdded = "response.output_text.annotation.added" RefusalDelta = "response.refusal.delta"
    RefusalDone = "response.refusal.done" ArgumentsDelta = "response.function_call_arguments.delta"
    ArgumentsDone = "response.function_call_arguments.done"
    FileSearchInProgress = "response.file_search_call.in_progress"
    FileSearchSearching = "response.file_search_call.searching"
    FileSearchCompleted = "response.file_search_call.completed"
    WebSearchInProgress = "response.web_search_call.in_progress"
    WebSearchSearching = "response.web_search_call.searching" WebSearchCompleted = "response.web_search_call.completed"
    SummaryPartAdded = "response.reasoning_summary_part.added"
    SummaryPartDone = "response.reasoning_summary_part.done"
    SummaryTextDelta = "response.reasoning_summary_text.delta"
    SummaryTextDone = "response.reasoning_summary_text.done" ReasoningTextDelta = "response.reasoning_text.delta"
    ReasoningTextDone = "response.reasoning_text.done" ImageInProgress = "response.image_generation_call.in_progress"
    ImageGenerating = "response.image_generation_call.generating"
    ImagePartial = "response.image_generation_call.partial_image"
    ImageCompleted = "response.image_generation_call.completed" McpArgumentsDelta = "response.mcp_call_arguments.delta"
    McpArgumentsDone = "response.mcp_call_arguments.done" McpInProgress = "response.mcp_call.in_progress"
    McpCompleted = "response.mcp_call.completed" McpFailed = "response.mcp_call.failed"
    McpToolsInProgress = "response.mcp_list_tools.in_progress"
    McpToolsCompleted = "response.mcp_list_tools.completed" McpToolsFailed = "response.mcp_list_tools.failed"
    CodeInProgress = "response.code_interpreter_call.in_progress"
    CodeInterpreting = "response.code_interpreter_call.interpreting"
    CodeCompleted = "response.code_interpreter_call.completed"
    CodeDelta = "response.code_interpreter_call_code.delta" CodeDone = "response.code_interpreter_call_code.done"
    CustomInputDelta = "response.custom_tool_call_input.delta" CustomInputDone = "response.custom_tool_call_input.done"
    AudioDelta = "response.audio.delta" AudioDone = "response.audio.done"
    TranscriptDelta = "response.audio.transcript.delta" TranscriptDone = "response.audio.transcript.done"
    ShellDelta = "response.shell_call_command.delta" ShellDone = "response.shell_call_command.done"
    PatchDelta = "response.apply_patch_call_operation_diff.delta"
    PatchDone = "response.apply_patch_call_operation_diff.done" Error = "error" KeepAlive = "keepalive"
}

pub fn run(mode: Mode) -> Section {
    let mut section = Section {
        title: "Dispatch",
        about: "ns of CPU to find the variant for a name, every name in turn; units, so that nothing is decoded.",
        ..Section::default()
    };
    let mut table = Table::new(["names", "derived", "`match` by hand", "derived over by hand"]);
    let rows = [
        compare(mode, NAMES5, derive::<Derived5>, |name| Manual5::of(name).is_some()),
        compare(mode, NAMES24, derive::<Derived24>, |name| Manual24::of(name).is_some()),
        compare(mode, NAMES58, derive::<Derived58>, |name| Manual58::of(name).is_some()),
    ];
    for (names, derived, manual, ratio) in rows {
        table.row([names.to_string(), number(derived), number(manual), format!("{ratio:.2}x")]);
        let what = format!("dispatch over {names} names: ns");
        section.targets.push(Target::at_most(what, 14.0, derived, " ns"));
    }
    section.tables.push((String::new(), table.to_markdown()));
    section
}

#[inline]
fn derive<E: SseEvents<Json>>(name: &str) -> bool {
    E::from_frame(Frame::Event(RawEvent::new(name, "")), &Json).is_ok_and(|dispatch| dispatch.into_value().is_some())
}

fn compare(
    mode: Mode,
    names: &[&str],
    derived: impl Fn(&str) -> bool,
    manual: impl Fn(&str) -> bool,
) -> (usize, f64, f64, f64) {
    // Names from a stream are not the program's own: equal text at another place.
    let texts: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
    assert!(texts.iter().all(|name| derived(name) && manual(name)));
    let mut contestants: Vec<Contestant<'_>> = vec![
        Box::new(|| assert!(texts.iter().all(|name| derived(black_box(name))))),
        Box::new(|| assert!(texts.iter().all(|name| manual(black_box(name))))),
    ];
    let samples = race(mode.effort(), &mut contestants);
    let ns = |at: usize| samples[at].median() / names.len() as f64 * 1e9;
    (names.len(), ns(0), ns(1), samples[0].ratio(&samples[1]))
}
