//! What the manifests say of the library holds for all that it brings along.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde::Deserialize;

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
    rust_version: Option<String>,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    pkg: String,
    dep_kinds: Vec<DependencyKind>,
}

#[derive(Deserialize)]
struct DependencyKind {
    /// `dev`, `build`, or nothing for a usual one.
    kind: Option<String>,
}

/// `1.85` is the same as `1.85.0`.
fn version(text: &str) -> [u32; 3] {
    let mut numbers = text.split('.').map(|number| number.parse().expect("a number"));
    [(); 3].map(|()| numbers.next().unwrap_or(0))
}

/// The library and all that a user of it builds, with all features.
fn built_by_users(metadata: &Metadata) -> BTreeSet<&str> {
    let nodes: BTreeMap<&str, &Node> = metadata.resolve.nodes.iter().map(|node| (node.id.as_str(), node)).collect();
    let library = metadata.packages.iter().find(|package| package.name == "sse-typed").expect("the library");
    let (mut built, mut ahead) = (BTreeSet::new(), vec![library.id.as_str()]);
    while let Some(id) = ahead.pop() {
        if built.insert(id) {
            let used =
                |dependency: &&Dependency| dependency.dep_kinds.iter().any(|kind| kind.kind.as_deref() != Some("dev"));
            ahead.extend(nodes[id].deps.iter().filter(used).map(|dependency| dependency.pkg.as_str()));
        }
    }
    built
}

#[test]
fn nothing_that_a_user_builds_asks_for_a_newer_compiler_than_the_library_says() {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--all-features", "--filter-platform"])
        .arg("x86_64-unknown-linux-gnu")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Metadata = serde_json::from_slice(&output.stdout).expect("cargo's metadata");
    let built = built_by_users(&metadata);
    assert!(built.len() > 20, "reqwest alone brings more than {}", built.len());

    let packages: Vec<_> = metadata.packages.iter().filter(|package| built.contains(package.id.as_str())).collect();
    let library = packages.iter().find(|package| package.name == "sse-typed").expect("the library");
    let oldest = library.rust_version.as_deref().expect("a rust-version");
    let newer =
        |package: &&&Package| package.rust_version.as_deref().is_some_and(|asked| version(asked) > version(oldest));
    let names: Vec<_> = packages.iter().filter(newer).map(|package| (&package.name, &package.rust_version)).collect();
    assert!(names.is_empty(), "{oldest} is what the library says, and these ask for more: {names:?}");
}
