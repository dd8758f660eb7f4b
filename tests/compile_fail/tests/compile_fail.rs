//! Each mistake is told at its place, with what to write instead.

use std::process::Command;

/// The compiler whose words are written down beside the cases. Others say the same in words of their own.
const COMPILER: &str = "rustc 1.95.";

#[test]
fn each_mistake_has_its_message() {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("--version").output().expect("the compiler that built this test runs");
    let version = String::from_utf8_lossy(&version.stdout).into_owned();
    if !version.starts_with(COMPILER) {
        println!("skipped: the messages are those of {COMPILER}x, and this is {version}");
        return;
    }
    trybuild::TestCases::new().compile_fail("cases/*.rs");
}
