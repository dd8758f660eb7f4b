//! Measures everything and writes the tables. `--quick` for a glance, names of sections to run only those.

use report::alloc::Counting;
use report::sections::{self, Mode, Section};
use report::table;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|argument| argument == report::server::ARGUMENT) {
        return report::server::serve();
    }
    let mode = Mode { quick: arguments.iter().any(|argument| argument == "--quick") };
    let all: [(&str, fn(Mode) -> Section); 9] = [
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
    let wanted: Vec<_> = arguments.iter().filter(|argument| !argument.starts_with("--")).collect();
    for (name, run) in all {
        if wanted.is_empty() || wanted.iter().any(|wanted| *wanted == name) {
            let section = run(mode);
            println!("## {}\n\n{}\n", section.title, section.about);
            for (title, table) in &section.tables { println!("{title}\n\n{table}"); }
            println!("{}", table::targets(&section.targets));
        }
    }
}
