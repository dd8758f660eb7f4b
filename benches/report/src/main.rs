//! Measures everything, and writes `RESULTS.md` and the table in the project's README.
//!
//! `--quick` measures roughly and prints; so does a run of some sections only, given by name.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use report::alloc::Counting;
use report::sections::{self, Mode, Section};
use report::table::{self, Table};
use report::{measure, server};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const SECTIONS: [(&str, sections::Run); 9] = [
    ("parser", sections::parser::run),
    ("allocations", sections::allocations::run),
    ("typed", sections::typed::run),
    ("dispatch", sections::dispatch::run),
    ("loopback", sections::loopback::run),
    ("latency", sections::latency::run),
    ("at-rest", sections::at_rest::run),
    ("worst", sections::worst::run),
    ("weight", sections::weight::run),
];

fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some(server::ARGUMENT) => return server::serve(),
        Some(sections::at_rest::ARGUMENT) => return sections::at_rest::hold(&arguments[1..]),
        _ => {}
    }
    let mode = Mode { quick: arguments.iter().any(|argument| argument == "--quick") };
    let wanted: Vec<_> = arguments.iter().filter(|argument| !argument.starts_with("--")).collect();
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|wanted| *wanted == name);
    let sections: Vec<_> = SECTIONS
        .iter()
        .filter(|(name, _)| is_wanted(name))
        .map(|(name, run)| {
            eprintln!("{name}");
            run(mode)
        })
        .collect();
    let results = results(&sections);
    if mode.quick || !wanted.is_empty() {
        println!("{results}");
    } else {
        let benches = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace");
        std::fs::write(benches.join("RESULTS.md"), results).expect("RESULTS.md is written");
        write_readme(&benches.join("../README.md"), &sections);
    }
}

fn results(sections: &[Section]) -> String {
    let mut text = format!(
        "# Results\n\nWritten by `cargo run --release -p report`. {}. Samples of one contestant spread by {:.0} % of \
         their median (half the distance between the quartiles), ratios by less. Versions: {}.\n\n## Targets\n\n{}",
        machine(),
        measure::noise() * 100.0,
        versions().join(", "),
        table::targets(&sections.iter().flat_map(|section| section.targets.clone()).collect::<Vec<_>>()),
    );
    for section in sections {
        let _ = writeln!(text, "\n## {}\n\n{}", section.title, section.about);
        for (title, table) in &section.tables {
            if !title.is_empty() {
                let _ = writeln!(text, "\n### {title}");
            }
            let _ = write!(text, "\n{table}");
        }
    }
    text
}

fn machine() -> String {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split(':').nth(1)).unwrap_or("unknown");
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let rustc = Command::new("rustc").arg("--version").output().map(|output| output.stdout).unwrap_or_default();
    let rustc = String::from_utf8_lossy(&rustc);
    format!("Machine: {}, {cores} cores, {}; {}", model.trim(), std::env::consts::OS, rustc.trim())
}

/// The versions of the peers, from the lock file.
fn versions() -> Vec<String> {
    const PEERS: [&str; 14] = [
        "async-sse",
        "eventsource-client",
        "eventsource-stream",
        "eventsrc",
        "hyper",
        "reqwest",
        "reqwest-eventsource",
        "reqwest-sse",
        "serde_json",
        "sse-core",
        "sse-parse",
        "sse-reqwest-client",
        "sse-stream",
        "sseer",
    ];
    let lock = include_str!("../../Cargo.lock");
    let mut lines = lock.lines();
    let mut found = Vec::new();
    while let Some(line) = lines.next() {
        let Some(name) = line.strip_prefix("name = \"").and_then(|rest| rest.strip_suffix('"')) else { continue };
        let version = lines.next().and_then(|line| line.strip_prefix("version = \"")?.strip_suffix('"'));
        if let (true, Some(version)) = (PEERS.contains(&name), version) {
            found.push(format!("{name} {version}"));
        }
    }
    found
}

/// Puts the summary between its marks.
fn write_readme(path: &Path, sections: &[Section]) {
    const BEGIN: &str = "<!-- speed: written by `cargo run --release -p report` in benches -->\n";
    const END: &str = "<!-- /speed -->";
    let mut table = Table::new([
        "CPU time an event, in chunks of 16 KiB where nothing else is said",
        "sse-typed",
        "the fastest other",
        "lead",
    ]);
    for row in sections.iter().flat_map(|section| section.summary.clone()) {
        table.row(row);
    }
    let readme = std::fs::read_to_string(path).expect("README.md is read");
    let parts = readme.split_once(BEGIN).and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
    let Some((before, after)) = parts else {
        eprintln!("README.md has no marks for the table");
        return;
    };
    let text = format!("{before}{BEGIN}\n{}\n{END}{after}", table.to_markdown());
    std::fs::write(path, text).expect("README.md is written");
}
