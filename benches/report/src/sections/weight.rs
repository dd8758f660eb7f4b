//! What a user's program grows by.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use super::{Mode, Section};
use crate::table::{Table, Target};

pub fn run(_: Mode) -> Section {
    let mut section = Section {
        title: "Weight",
        about: "A program that reads two types of JSON: with reqwest and serde_json alone, and with the default features \
                beside them. Crates of the program itself, those of derives apart; size of the stripped binary.",
        ..Section::default()
    };
    let (bare, typed) = (crates("weight-bare"), crates("weight-typed"));
    let (bare_size, typed_size) = (size("weight-bare"), size("weight-typed"));
    let mut table = Table::new(["", "crates", "KB"]);
    table.row(["reqwest, serde_json".to_owned(), bare.len().to_string(), (bare_size / 1024).to_string()]);
    table.row(["with sse-typed".to_owned(), typed.len().to_string(), (typed_size / 1024).to_string()]);
    section.tables.push((String::new(), table.to_markdown()));
    let more: Vec<_> = typed.difference(&bare).cloned().collect();
    let what = format!("weight: crates more ({})", more.join(", "));
    section.targets.push(Target::at_most(what, 6.0, more.len() as f64, ""));
    let kilobytes = (typed_size as f64 - bare_size as f64) / 1024.0;
    section.targets.push(Target::at_most("weight: stripped binary more", 60.0, kilobytes, " KB"));
    section
}

fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(workspace());
    cargo
}

fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace")
}

/// The crates that a program is built of, itself apart.
fn crates(package: &str) -> BTreeSet<String> {
    let tree =
        ["tree", "--package", package, "--edges", "normal,no-proc-macro", "--prefix", "none", "--format", "{lib}"];
    let output = cargo().args(tree).output().expect("cargo");
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().filter(|line| !line.is_empty()).map(|line| line.replace(" (*)", "")).collect()
}

fn size(package: &str) -> u64 {
    let status = cargo().args(["build", "--quiet", "--profile", "stripped", "--package", package]).status();
    assert!(status.expect("cargo").success(), "{package} is not built");
    std::fs::metadata(workspace().join("target/stripped").join(package)).expect("a binary").len()
}
