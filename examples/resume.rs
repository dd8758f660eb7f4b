//! A position that survives the program: each event is processed, then its id saved, so that the next start goes on
//! from there. What was processed and not yet saved comes again: at least once, never less.
//!
//! `cargo run --example resume` starts twice, and is cut off in between.
//! `cargo run --example resume -- URL FILE` keeps the position of a feed of yours in a file, until Ctrl-C.

use std::path::{Path, PathBuf};
use std::{fs, io};

use futures::StreamExt;
use sse_typed::{LastEventId, RequestBuilderExt};
use sse_typed_examples::servers;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    if let Some(url) = arguments.next() {
        return run(&url, Path::new(&arguments.next().ok_or("which file?")?), usize::MAX).await;
    }
    let url = servers::alphabet().await?;
    let file = std::env::temp_dir().join(format!("sse-typed-resume-{}", std::process::id()));
    let both = async {
        run(&url, &file, 5).await?;
        run(&url, &file, 5).await
    };
    let result = both.await;
    fs::remove_file(file)?;
    result
}

/// Processes so many events, beginning after the last that a run before this one has.
async fn run(url: &str, file: &Path, events: usize) -> Result<(), Box<dyn std::error::Error>> {
    let saved = load(file)?;
    println!("starting after {saved:?}");
    let session = reqwest::Client::new().get(url).sse().last_event_id(saved).connect().await?;
    let mut feed = session.incoming::<String>().take(events);
    while let Some(event) = feed.next().await.transpose()? {
        println!("  {} {}", event.id, event.data);
        save(file, &event.id)?;
    }
    Ok(())
}

fn load(file: &Path) -> io::Result<LastEventId> {
    match fs::read_to_string(file) {
        Ok(id) => Ok(id.into()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(LastEventId::default()),
        Err(error) => Err(error),
    }
}

/// All or nothing: a file that is half written would be a position that never was.
fn save(file: &Path, id: &LastEventId) -> io::Result<()> {
    let new = PathBuf::from(file).with_extension("new");
    fs::write(&new, id.as_str())?;
    fs::rename(new, file)
}
