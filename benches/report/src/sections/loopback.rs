//! Over HTTP on loopback, from the socket to values.

use std::time::Instant;

use cpu_time::{ProcessTime, ThreadTime};

use super::{Mode, Section};
use crate::clients::{Client, Drain, Ours, OursAhead, ReqwestEventsource};
use crate::for_each_client;
use crate::measure::median;
use crate::messages::{Anthropic, Message, Responses};
use crate::profiles::{self, Profile};
use crate::server::{Framing, Server};
use crate::table::{Table, Target, number};

const FRAMINGS: [(Framing, f64); 3] =
    [(Framing::Event, 1.5), (Framing::Bytes(1300), 2.0), (Framing::Bytes(64 << 10), 7.0)];

pub fn run(mode: Mode) -> Section {
    let mut section = Section {
        title: "Over loopback, typed",
        about: "Thousands of events a second, and us of CPU an event in the client. The server is another process that \
                writes bytes made beforehand; the client is a current-thread runtime with one connection, and the slower \
                side. Ratios are of CPU time, which other programs on the machine do not disturb.",
        ..Section::default()
    };
    let server = Server::start();
    compare::<Anthropic>(mode, &mut section, &server, &profiles::llm_anthropic(), true);
    compare::<Responses>(mode, &mut section, &server, &profiles::llm_responses(), false);
    multi_threaded::<Anthropic>(mode, &mut section, &server, &profiles::llm_anthropic());
    section
}

/// One run of a client: seconds of wall time and of CPU time, an event.
#[derive(Clone, Copy)]
struct Run {
    wall: f64,
    cpu: f64,
}

/// A client that runs once.
type Timed<'a> = Box<dyn Fn() -> Run + 'a>;

fn time<C: Client, M: Message>(url: String, events: usize) -> Run {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (wall, cpu) = (Instant::now(), ThreadTime::now());
    let seen = runtime.block_on(C::run::<M>(url, events));
    let (wall, cpu) = (wall.elapsed(), cpu.elapsed());
    assert_eq!(seen, events, "{}", C::NAME);
    Run { wall: wall.as_secs_f64() / events as f64, cpu: cpu.as_secs_f64() / events as f64 }
}

/// The runs of each client, one after the other and again, as the machine is not the same all the time.
fn take_turns(rounds: usize, clients: &[(&'static str, Timed<'_>)]) -> Vec<Vec<Run>> {
    let mut runs = vec![Vec::new(); clients.len()];
    for _ in 0..rounds {
        for (runs, (_, client)) in runs.iter_mut().zip(clients) {
            runs.push(client());
        }
    }
    runs
}

fn compare<M: Message>(mode: Mode, section: &mut Section, server: &Server, profile: &Profile, is_goal: bool) {
    let (times, rounds) = if mode.quick { (4, 3) } else { (10, 33) };
    let events = profile.found.events * times;
    let heads = FRAMINGS.iter().flat_map(|(framing, _)| [framing.name(), "us of CPU".into()]);
    let mut rows: Vec<Vec<String>> = Vec::new();
    for (framing, goal) in FRAMINGS {
        let url = || server.flood(profile.name, framing, times);
        let clients: [(&'static str, Timed<'_>); 7] =
            for_each_client!(C => (C::NAME, Box::new(|| time::<C, M>(url(), events))));
        let runs = take_turns(rounds, &clients);
        rows.resize_with(clients.len(), Vec::new);
        for (at, (name, _)) in clients.iter().enumerate() {
            if rows[at].is_empty() {
                rows[at].push((*name).to_owned());
            }
            let wall = median(runs[at].iter().map(|run| run.wall));
            rows[at].push(format!("{} k/s", number((1e-3 / wall).round())));
            rows[at].push(number(median(runs[at].iter().map(|run| run.cpu)) * 1e6));
        }
        let over = |at: usize| median(runs[at].iter().zip(&runs[0]).map(|(run, drain)| run.cpu - drain.cpu));
        let lead = |at: usize| median(runs[at].iter().zip(&runs[1]).map(|(run, ours)| run.cpu / ours.cpu));
        let at = format!("{}, {}", profile.name, framing.name());
        if is_goal {
            let what = format!("loopback, {at}: times the events of reqwest-eventsource in the same CPU time");
            section.targets.push(Target::at_least(what, goal, lead(2), "x"));
            let what = format!("loopback, {at}: us of CPU an event over a drain");
            section.targets.push(Target::at_most(what, 0.40, over(1) * 1e6, " us"));
        }
        let peers = (2..clients.len()).map(|at| (lead(at), at));
        if let Some((lead, peer)) = peers.min_by(|(a, _), (b, _)| a.total_cmp(b)) {
            let name = clients[peer].0;
            if is_goal {
                let what =
                    format!("loopback, {at}: times the events of the fastest peer ({name}) in the same CPU time");
                section.targets.push(Target::at_least(what, 1.0, lead, "x"));
            }
            let cpu = |at: usize| median(runs[at].iter().map(|run| run.cpu));
            let what = format!("{}, over HTTP, {}", profile.name, framing.name());
            section.summarize(what, cpu(1), cpu(peer), name, lead);
        }
    }
    let mut table = Table::new(std::iter::once(String::new()).chain(heads));
    for row in rows {
        table.row(row);
    }
    section.tables.push((profile.name.to_owned(), table.to_markdown()));
}

fn multi_threaded<M: Message>(mode: Mode, section: &mut Section, server: &Server, profile: &Profile) {
    let (times, rounds) = if mode.quick { (2, 3) } else { (5, 21) };
    let events = profile.found.events * times;
    let mut table =
        Table::new(["`block_on` of a multi-threaded runtime, one HTTP chunk an event", "events/s", "us of CPU"]);
    let url = || server.flood(profile.name, Framing::Event, times);
    let clients: [(&'static str, Timed<'_>); 4] = [
        (Drain::NAME, Box::new(|| time_in_all::<Drain, M>(url(), events))),
        (ReqwestEventsource::NAME, Box::new(|| time_in_all::<ReqwestEventsource, M>(url(), events))),
        (Ours::NAME, Box::new(|| time_in_all::<Ours, M>(url(), events))),
        (OursAhead::NAME, Box::new(|| time_in_all::<OursAhead, M>(url(), events))),
    ];
    let cpu = take_turns(rounds, &clients).into_iter().zip(&clients).map(|(runs, (name, _))| {
        let wall = median(runs.iter().map(|run| run.wall));
        let cpu = median(runs.iter().map(|run| run.cpu)) * 1e6;
        table.row([(*name).to_owned(), format!("{} k/s", number((1e-3 / wall).round())), number(cpu)]);
        cpu
    });
    let [.., direct, ahead] = cpu.collect::<Vec<_>>()[..] else { unreachable!("there are four") };
    section.tables.push((String::new(), table.to_markdown()));
    let what = format!("`read_ahead` in a multi-threaded `block_on`: us of CPU an event (direct: {})", number(direct));
    section.targets.push(Target::at_most(what, 4.0, ahead, " us"));
}

fn time_in_all<C: Client, M: Message>(url: String, events: usize) -> Run {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let (wall, cpu) = (Instant::now(), ProcessTime::now());
    let seen = runtime.block_on(C::run::<M>(url, events));
    let (wall, cpu) = (wall.elapsed(), cpu.elapsed());
    assert_eq!(seen, events, "{}", C::NAME);
    Run { wall: wall.as_secs_f64() / events as f64, cpu: cpu.as_secs_f64() / events as f64 }
}
