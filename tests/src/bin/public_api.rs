//! Writes down what is public of `sse-typed`, as rustdoc shows it, and holds `api.txt` against it.
//!
//! After `cargo doc -p sse-typed --no-deps --all-features`:
//!
//! - `cargo run -p sse-typed-tests --bin public_api` fails where `api.txt` tells something else;
//! - `cargo run -p sse-typed-tests --bin public_api -- write` writes it.
//!
//! Reads the pages and not rustdoc's JSON, which the stable toolchain does not write. Pages may be worded differently by
//! another rustdoc: then the differences are shown, and nothing fails.

use std::collections::BTreeSet;
use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{env, fs};

/// Impls that the compiler finds by itself and that users rely upon.
const AUTO_TRAITS: [&str; 3] = ["Send", "Sync", "Unpin"];

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let now = surface(&target.join("doc/sse_typed"))?;
    let file = root.join("api.txt");
    if env::args().nth(1).is_some_and(|argument| argument == "write") {
        fs::write(&file, now)?;
        return Ok(ExitCode::SUCCESS);
    }
    let before = fs::read_to_string(&file)?;
    let same_rustdoc = before.lines().next() == now.lines().next();
    let (before, now) = (with_items(&before), with_items(&now));
    before.difference(&now).for_each(|line| println!("- {line}"));
    now.difference(&before).for_each(|line| println!("+ {line}"));
    Ok(match (before == now, same_rustdoc) {
        (true, _) => {
            println!("what is public is as api.txt says");
            ExitCode::SUCCESS
        }
        (false, true) => {
            println!("what is public has changed; if that is meant: say so in CHANGELOG.md, and write api.txt anew");
            ExitCode::FAILURE
        }
        (false, false) => {
            println!("not checked: api.txt was written by another rustdoc, and pages differ between them");
            ExitCode::SUCCESS
        }
    })
}

/// Each line with the item that it belongs to, so that their order does not matter.
fn with_items(text: &str) -> BTreeSet<String> {
    let mut item = "";
    let mut lines = BTreeSet::new();
    for line in text.lines() {
        match line.strip_prefix("    ") {
            Some(member) => drop(lines.insert(format!("{item}: {member}"))),
            None => item = line,
        }
    }
    lines
}

fn surface(docs: &Path) -> Result<String, Box<dyn Error>> {
    let index = fs::read_to_string(docs.join("all.html"))
        .map_err(|error| format!("{error}: run `cargo doc -p sse-typed --no-deps --all-features` first"))?;
    let rustdoc = Command::new(env::var_os("RUSTDOC").unwrap_or_else(|| "rustdoc".into())).arg("--version").output()?;
    let version = String::from_utf8(rustdoc.stdout)?;
    let mut text = format!("rustdoc {}\n", version.split_whitespace().nth(1).unwrap_or("unknown"));
    let pages: BTreeSet<_> =
        between(&index, "<li><a href=\"", "\"").filter_map(|page| page.strip_suffix(".html")).collect();
    for page in pages {
        writeln!(text, "\n{}", page.split_once('.').map_or(page, |(_, name)| name))?;
        for line in lines(&fs::read_to_string(docs.join(format!("{page}.html")))?) {
            writeln!(text, "    {line}")?;
        }
    }
    Ok(text)
}

/// The declaration of a page's item, then its methods and impls.
fn lines(html: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut section = "";
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        rest = &rest[at..];
        let (is_impl, end) = if rest.starts_with("<pre class=\"rust item-decl\">") {
            (false, "</pre>")
        } else if rest.starts_with("<h4 class=\"code-header\">") {
            (false, "</h4>")
        } else if rest.starts_with("<h3 class=\"code-header\">") {
            (true, "</h3>")
        } else {
            if let Some(id) = rest.strip_prefix("<h2 id=\"") {
                section = id.split('"').next().unwrap_or_default();
            }
            rest = &rest[1..];
            continue;
        };
        let length = rest.find(end).unwrap_or(rest.len());
        let text = plain(&rest[..length]);
        rest = &rest[length..];
        let wanted = match section {
            "blanket-implementations" => false,
            _ if section.starts_with("deref-methods") => false,
            "trait-implementations" | "foreign-impls" | "implementors" => {
                (is_impl && !text.contains(" StructuralPartialEq ")) || text.starts_with("type ")
            }
            "synthetic-implementations" => {
                AUTO_TRAITS.iter().any(|name| text.split_whitespace().any(|word| word.trim_matches('!') == *name))
            }
            _ => true,
        };
        if wanted {
            lines.push(text);
        }
    }
    lines
}

/// The text of some HTML, on one line.
fn plain(html: &str) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        text.push_str(&rest[..at]);
        let end = rest[at..].find('>').map_or(rest.len(), |end| at + end + 1);
        if ["<div", "</div", "<br"].iter().any(|tag| rest[at..end].starts_with(tag)) {
            text.push(' ');
        }
        rest = &rest[end..];
    }
    text.push_str(rest);
    for (entity, char) in [("&lt;", "<"), ("&gt;", ">"), ("&#39;", "'"), ("&quot;", "\""), ("&amp;", "&")] {
        text = text.replace(entity, char);
    }
    for heading in ["// Required methods", "// Required method", "// Provided methods", "// Provided method"] {
        text = text.replace(heading, "");
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn between<'a>(text: &'a str, start: &'a str, end: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(start).skip(1).filter_map(move |rest| rest.split(end).next())
}
