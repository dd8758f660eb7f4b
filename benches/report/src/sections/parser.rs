//! Bytes to events: our parser against every other.

use std::time::Duration;

use super::{Mode, Section};
use crate::for_each_peer;
use crate::measure::{Contestant, Samples, race};
use crate::peers::{OursWithoutComments, Peer};
use crate::profiles::{self, CHUNKS, Found, Profile, chunk_name};
use crate::table::{Table, Target, number};

/// A reader that needs longer than this for one stream is not measured further.
const PATIENCE: Duration = Duration::from_millis(1500);

type Drive = fn(profiles::Chunks) -> Found;

/// What came of one parser on one stream in chunks of one size.
struct Cell {
    peer: &'static str,
    found: Found,
    samples: Option<Samples>,
}

pub fn run(mode: Mode) -> Section {
    let mut section = Section {
        title: "Parser",
        about: "ns of CPU an event (a line in html-lines, a comment in comments), and how many times as long as ours. \
                `a/b` found only `a` of `b` events or other text; `>` did not finish in 1.5 s. Of comments, only sse-typed and \
                eventsource-client tell their user, the others drop them; `comments, dropped` is the same stream where \
                sse-typed is told to drop them, too.",
        ..Section::default()
    };
    let peers: [(&'static str, Drive); 10] = for_each_peer!(P => (P::NAME, drive::<P>));
    let mut overall = f64::INFINITY;
    let mut at_worst = String::new();
    for profile in profiles::all() {
        let mut peers = peers;
        if profile.name == profiles::DROPPED_COMMENTS {
            peers[0].1 = drive::<OursWithoutComments>;
        }
        let names = peers.iter().map(|(name, _)| (*name).to_owned());
        let mut table = Table::new(std::iter::once("chunks".to_owned()).chain(names));
        let mut least_lead = f64::INFINITY;
        let mut typical = None;
        for size in CHUNKS {
            let cells = measure(mode, &profile, size, &peers);
            table
                .row(std::iter::once(chunk_name(size)).chain(cells.iter().map(|cell| show(cell, &profile, &cells[0]))));
            if let Some((peer, theirs, lead)) = runner_up(&cells, &profile) {
                if lead < overall {
                    overall = lead;
                    at_worst = format!("{}, {}, {peer}", profile.name, chunk_name(size));
                }
                if size == 1400 || size == 16 << 10 {
                    least_lead = least_lead.min(lead);
                }
                if size == 16 << 10 {
                    let ours = cells[0].samples.as_ref().map_or(f64::NAN, Samples::median);
                    typical = Some((ours / profile.units as f64, theirs / profile.units as f64, peer, lead));
                }
            }
        }
        section.tables.push((format!("{} ({} KB)", profile.name, profile.bytes.len() >> 10), table.to_markdown()));
        if let Some(goal) = goal(profile.name) {
            let what = format!("parser, {}: times as fast as the fastest peer, at 1400 B and 16 KiB", profile.name);
            section.targets.push(Target::at_least(what, goal, least_lead, "x"));
        }
        if let Some((ours, theirs, peer, lead)) = typical {
            let what = match profile.name {
                "comments" => "comments, which the other drops",
                profiles::DROPPED_COMMENTS => "comments, dropped by both",
                name => name,
            };
            section.summarize(what.to_owned(), ours, theirs, peer, lead);
        }
    }
    let what = format!("parser: the closest cell of the table ({at_worst})");
    section.targets.push(Target::at_least(what, 1.0, overall, "x"));
    section
}

fn goal(profile: &str) -> Option<f64> {
    match profile {
        "llm-responses" | "llm-anthropic" | "tiny" => Some(2.5),
        "wikimedia" | "beacon" => Some(2.2),
        "llm-chat" => Some(2.0),
        "html-lines" => Some(1.5),
        "firebase-put 1 MB" | "firebase-put 10 MB" => Some(1.1),
        "comments" | profiles::DROPPED_COMMENTS => Some(1.0),
        _ => None,
    }
}

fn drive<P: Peer>(chunks: profiles::Chunks) -> Found {
    let mut found = Found::default();
    P::run(chunks, &mut found);
    found
}

fn measure(mode: Mode, profile: &Profile, size: usize, peers: &[(&'static str, Drive)]) -> Vec<Cell> {
    let mut cells: Vec<_> = peers
        .iter()
        .map(|&(peer, drive)| {
            let begun = std::time::Instant::now();
            let found = drive(profile.chunks(size).within(PATIENCE));
            let samples = (begun.elapsed() < PATIENCE).then(Samples::default);
            Cell { peer, found, samples }
        })
        .collect();
    let (which, mut contestants): (Vec<_>, Vec<Contestant<'_>>) = peers
        .iter()
        .enumerate()
        .filter(|(at, _)| cells[*at].samples.is_some())
        .map(|(at, &(_, drive))| {
            let run = move || {
                std::hint::black_box(drive(profile.chunks(size)));
            };
            (at, Box::new(run) as Contestant<'_>)
        })
        .unzip();
    for (at, samples) in which.into_iter().zip(race(mode.effort(), &mut contestants)) {
        cells[at].samples = Some(samples);
    }
    cells
}

fn show(cell: &Cell, profile: &Profile, ours: &Cell) -> String {
    let (Some(samples), Some(first)) = (&cell.samples, &ours.samples) else { return "> 1.5 s".into() };
    let ns = number(samples.median() / profile.units as f64 * 1e9);
    let mut text = if std::ptr::eq(cell, ours) { ns } else { format!("{ns} ({:.1}x)", samples.ratio(first)) };
    if cell.found != profile.found {
        text.push_str(&format!(" {}/{}", cell.found.events, profile.found.events));
    }
    text
}

/// The fastest of those who found what there is, how long it takes, and how many times as long as ours.
fn runner_up(cells: &[Cell], profile: &Profile) -> Option<(&'static str, f64, f64)> {
    let ours = cells[0].samples.as_ref()?;
    assert_eq!(cells[0].found, profile.found, "{}", profile.name);
    cells[1..]
        .iter()
        .filter(|cell| cell.found == profile.found)
        .filter_map(|cell| {
            let samples = cell.samples.as_ref()?;
            Some((cell.peer, samples.median(), samples.ratio(ours)))
        })
        .min_by(|(_, _, a), (_, _, b)| a.total_cmp(b))
}
