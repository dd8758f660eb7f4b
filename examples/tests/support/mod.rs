//! The examples as programs: where they are, and what they say when they run.

use std::ffi::OsStr;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::{Duration, Instant};

/// Far longer than any of them takes, so that one which does not end fails its test and no other.
const TIME: Duration = Duration::from_secs(30);

/// The program of this example.
///
/// `cargo test` builds examples along with their tests. Where it was asked for one test alone it does not, and is asked
/// for the example here.
pub(crate) fn example(name: &str) -> Command {
    let test = std::env::current_exe().expect("a test is a program");
    let profile = test.ancestors().nth(2).expect("it lies in `deps` of a profile's folder");
    let program = profile.join("examples").join(name).with_extension(std::env::consts::EXE_EXTENSION);
    if !is_fresh(&program) {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--package", env!("CARGO_PKG_NAME"), "--example", name]);
        if profile.ends_with("release") {
            cargo.arg("--release");
        }
        assert!(cargo.status().expect("cargo is there").success(), "{name} cannot be built");
    }
    let mut command = Command::new(program);
    for set_by_somebody in ["CLICOLOR", "CLICOLOR_FORCE", "NO_COLOR", "OPENAI_API_KEY", "ANTHROPIC_API_KEY"] {
        command.env_remove(set_by_somebody);
    }
    command.env("NO_PROXY", "127.0.0.1");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Whether the program is newer than all that cargo made it from.
fn is_fresh(program: &Path) -> bool {
    let modified = |path: &Path| fs::metadata(path)?.modified();
    let Ok(sources) = fs::read_to_string(program.with_extension("d")) else { return false };
    let Ok(built) = modified(program) else { return false };
    sources
        .replace("\\ ", "\0")
        .split_ascii_whitespace()
        .skip(1)
        .map(|source| PathBuf::from(source.replace('\0', " ")))
        .all(|source| modified(&source).is_ok_and(|changed| changed <= built))
}

/// Runs it to its end.
pub(crate) fn run(name: &str, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Ran {
    ended(example(name).args(arguments).spawn().expect("it can be run"))
}

/// What it has said once it has ended, which it has to in good time.
pub(crate) fn ended(mut child: Child) -> Ran {
    let (stdout, stderr) = (reader(child.stdout.take()), reader(child.stderr.take()));
    let began = Instant::now();
    let status = loop {
        match child.try_wait().expect("it is ours") {
            Some(status) => break Some(status),
            None if began.elapsed() < TIME => sleep(Duration::from_millis(5)),
            None => {
                child.kill().expect("it is ours");
                break None;
            }
        }
    };
    let (stdout, stderr) = (stdout.join().expect("UTF-8"), stderr.join().expect("UTF-8"));
    match status {
        Some(status) => Ran { code: status.code(), stdout, stderr },
        None => panic!("it did not end:\n{stdout}\n{stderr}"),
    }
}

/// Reads as it is written, so that no pipe is ever full.
fn reader(pipe: Option<impl Read + Send + 'static>) -> JoinHandle<String> {
    spawn(|| {
        let mut text = String::new();
        if let Some(mut pipe) = pipe {
            pipe.read_to_string(&mut text).expect("UTF-8");
        }
        text.replace("\r\n", "\n")
    })
}

#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}
