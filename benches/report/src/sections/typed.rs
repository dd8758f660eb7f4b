//! Bytes to values: the whole line against decoding alone, and against every parser with a `match` behind it.

use std::hint::black_box;

use super::{Mode, Section};
use crate::for_each_peer;
use crate::measure::{Contestant, Samples, race};
use crate::messages::{Anthropic, Chat, Decode, Message, Responses, Split, Wikimedia};
use crate::peers::{Ours, Peer, drain, session};
use crate::profiles::{self, Profile, chunk_name};
use crate::table::{Table, Target, number};

pub fn run(mode: Mode) -> Section {
    let mut section = Section {
        title: "Typed",
        about: "ns of CPU an event, and how many times as long as `serde_json::from_str` over the same data, already \
                split, named and validated. Ours is a session over a stream of chunks, to `TypedServerSentEvent<Msg>`; \
                every peer is its parser, a `match` on the name and `from_str`.",
        ..Section::default()
    };
    compare::<Responses>(mode, &mut section, &profiles::llm_responses(), Some(1.10));
    compare::<Chat>(mode, &mut section, &profiles::llm_chat(), Some(1.05));
    compare::<Anthropic>(mode, &mut section, &profiles::llm_anthropic(), None);
    compare::<Wikimedia>(mode, &mut section, &profiles::wikimedia(), Some(1.12));
    section
}

fn compare<M: Message>(mode: Mode, section: &mut Section, profile: &Profile, goal: Option<f64>) {
    let mut split = Split::<M>::default();
    Ours::run(profile.chunks(usize::MAX), &mut split);
    let split = &split.0;
    let mut table = Table::new(["", "1400 B", "16 KiB"]);
    let columns = [1400, 16 << 10].map(|size| {
        let mut names = vec!["`from_str` alone", "`from_slice` alone", "sse-typed"];
        let mut contestants: Vec<Contestant<'_>> = vec![
            Box::new(|| {
                for (kind, data) in split {
                    black_box(M::read(*kind, data.as_str()).expect("all is well-formed"));
                }
            }),
            Box::new(|| {
                for (kind, data) in split {
                    black_box(M::read(*kind, data.as_bytes()).expect("all is well-formed"));
                }
            }),
            Box::new(move || {
                drain(session(profile.chunks(size)).incoming::<M>(), |item| {
                    black_box(item.expect("all is well-formed"));
                });
            }),
        ];
        let peers: [(&'static str, Contestant<'_>); 10] = for_each_peer!(P => (P::NAME, Box::new(move || {
            let mut decode = Decode::<M>::default();
            P::run(profile.chunks(size), &mut decode);
            black_box(decode.events);
        })));
        for (name, peer) in peers.into_iter().skip(1) {
            names.push(name);
            contestants.push(peer);
        }
        let samples = race(mode.effort(), &mut contestants);
        judge(section, profile, size, &names, &samples, goal);
        (names, samples)
    });
    let [(names, small), (_, large)] = &columns;
    for (at, name) in names.iter().enumerate() {
        let cell = |samples: &[Samples]| {
            let ns = number(samples[at].median() / profile.units as f64 * 1e9);
            if at == 0 { ns } else { format!("{ns} ({:.2}x)", samples[at].ratio(&samples[0])) }
        };
        table.row([(*name).to_owned(), cell(small), cell(large)]);
    }
    section.tables.push((profile.name.to_owned(), table.to_markdown()));
}

fn judge(
    section: &mut Section,
    profile: &Profile,
    size: usize,
    names: &[&str],
    samples: &[Samples],
    goal: Option<f64>,
) {
    let [alone, slice, ours, peers @ ..] = samples else { return };
    let at = format!("{}, {}", profile.name, chunk_name(size));
    if size == 16 << 10 {
        if let Some(goal) = goal {
            let what = format!("typed, {at}: times as long as `from_str` alone");
            section.targets.push(Target::at_most(what, goal, ours.ratio(alone), "x"));
        }
        let what = format!("typed, {at}: times as fast as `from_slice` alone");
        section.targets.push(Target::at_least(what, 1.0, slice.ratio(ours), "x"));
    }
    let fastest = peers.iter().zip(&names[3..]).map(|(peer, name)| (peer.ratio(ours), peer, *name));
    if let Some((lead, peer, name)) = fastest.min_by(|(a, ..), (b, ..)| a.total_cmp(b)) {
        let what = format!("typed, {at}: times as fast as the fastest peer ({name})");
        section.targets.push(Target::at_least(what, 1.0, lead, "x"));
        if size == 16 << 10 {
            let each = |samples: &Samples| samples.median() / profile.units as f64;
            section.summarize(format!("{}, typed", profile.name), each(ours), each(peer), name, lead);
        }
    }
}
