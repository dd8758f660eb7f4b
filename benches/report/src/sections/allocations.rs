//! How often memory is asked for, per event.

use std::hint::black_box;

use super::{Mode, Section};
use crate::alloc::count;
use crate::for_each_peer;
use crate::messages::{Anthropic, Message, Responses, Split, Wikimedia};
use crate::peers::{Ours, Peer, drain, session};
use crate::profiles::{self, Chunks, Found, Profile};
use crate::table::{Table, Target};

/// Enough for no chunk to cut an event, so that nothing but events counts; the last line tells what cuts cost.
const SIZE: usize = usize::MAX;

pub fn run(_: Mode) -> Section {
    let mut section = Section {
        title: "Allocations",
        about: "Allocations per event, growing included. What a stream needs once (a parser, a session) is left out by \
                subtracting a stream of half the length.",
        ..Section::default()
    };
    parsers(&mut section);
    typed::<Responses>(&mut section, &profiles::llm_responses(), "no ids", 0.0);
    typed::<Anthropic>(&mut section, &profiles::llm_anthropic(), "no ids", 0.0);
    typed::<Wikimedia>(&mut section, &profiles::wikimedia(), "an id each", 1.0);
    owned(&mut section);
    section
}

fn parsers(section: &mut Section) {
    let profiles = [profiles::llm_responses(), profiles::llm_anthropic(), profiles::llm_chat(), profiles::wikimedia()];
    let mut table = Table::new(std::iter::once("bytes to events, 16 KiB").chain(profiles.iter().map(|p| p.name)));
    let rows: [(&str, Vec<f64>); 10] = for_each_peer!(P => {
        let per_event = profiles.iter().map(|profile| per_event(profile, 16 << 10, |chunks| {
            let mut found = Found::default();
            P::run(chunks, &mut found);
            found.events
        }));
        (P::NAME, per_event.collect())
    });
    for (name, cells) in rows {
        table.row(std::iter::once(name.to_owned()).chain(cells.iter().map(|cell| format!("{cell:.2}"))));
    }
    section.tables.push((String::new(), table.to_markdown()));
    for profile in profiles {
        let ours = per_event(&profile, SIZE, |chunks| {
            let mut found = Found::default();
            Ours::run(chunks, &mut found);
            found.events
        });
        let what = format!("allocations per event, borrowed, {}", profile.name);
        section.targets.push(Target::at_most(what, 0.0, ours, ""));
    }
}

fn typed<M: Message>(section: &mut Section, profile: &Profile, ids: &str, goal: f64) {
    let ours = per_event(profile, SIZE, |chunks| {
        let mut events = 0;
        drain(session(chunks).incoming::<M>(), |item| {
            black_box(item.expect("all is well-formed"));
            events += 1;
        });
        events
    });
    let payload = per_event(profile, SIZE, |chunks| {
        let mut split = Split::<M>::default();
        Ours::run(chunks, &mut split);
        split.0.len()
    });
    // The splitting's own: a `String` each, and the list's growing.
    let decoded = per_event(profile, SIZE, |chunks| {
        let mut split = Split::<M>::default();
        Ours::run(chunks, &mut split);
        for (kind, data) in &split.0 {
            black_box(M::read(*kind, data.as_str()).expect("all is well-formed"));
        }
        split.0.len()
    });
    let what = format!("allocations per event, typed, beyond the payload's own, {} ({ids})", profile.name);
    section.targets.push(Target::at_most(what, goal, ours - (decoded - payload), ""));
}

fn owned(section: &mut Section) {
    for (profile, goal) in [(profiles::llm_chat(), 1.0), (profiles::llm_responses(), 2.0)] {
        let ours = per_event(&profile, SIZE, |chunks| {
            let mut events = 0;
            drain(session(chunks).incoming::<String>(), |item| {
                black_box(item.expect("all is well-formed"));
                events += 1;
            });
            events
        });
        let what = format!("allocations per owned `ServerSentEvent`, {}", profile.name);
        section.targets.push(Target::at_most(what, goal, ours, ""));
    }
}

/// Allocations per event, without those that a stream needs once.
fn per_event(profile: &Profile, size: usize, run: impl Fn(Chunks) -> usize) -> f64 {
    let boundary = b"\n\n";
    let middle = profile.bytes.len() / 2;
    let cut = profile.bytes[middle..].windows(2).position(|two| two == boundary).map_or(middle, |at| middle + at + 2);
    let half = Profile { bytes: profile.bytes.slice(..cut), ..profile.clone() };
    let (all_events, all) = count(|| run(profile.chunks(size)));
    let (half_events, half) = count(|| run(half.chunks(size)));
    let per_event = (all.times as f64 - half.times as f64) / (all_events - half_events) as f64;
    // A list that grows once more is no cost of an event.
    if per_event.abs() < 0.005 { 0.0 } else { (per_event * 1e3).round() / 1e3 }
}
