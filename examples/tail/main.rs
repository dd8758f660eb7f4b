//! Follows an event stream as `tail -f` follows a file, across disconnects.
//!
//! `cargo run --example tail -- URL [-H 'Name: value'] [--post BODY] [--event NAME].. [--json | --raw] [--since ID] [--stats]`
//!
//! Events go to standard output, all else to standard error. It ends with 0 when the stream does, on Ctrl-C and when
//! nobody reads its output any more, with 1 on an error of the server or the connection, with 2 on bad arguments.

mod args;
mod json;
mod output;
mod status;

use std::error::Error;
use std::io;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser as _;
use http::header::CONTENT_TYPE;
use sse_typed::{Connection, Reconnect, RequestBuilderExt, ServerSentEvent, SseEvents, State};

use crate::args::Args;
use crate::output::Output;
use crate::status::Status;

/// Everything, whatever its name, and each connection in its place among them.
#[derive(SseEvents)]
enum Item {
    #[sse(open)]
    Open(Connection),
    #[sse(other)]
    Event(ServerSentEvent),
}

// One thread, as there is one stream: a chunk that arrives has no other to wake.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let args = Args::parse();
    let mut status = Status::new(args.stats);
    std::thread::spawn(end_though_stuck);
    let result = tokio::select! {
        result = follow(&args, &mut status) => result,
        _ = tokio::signal::ctrl_c() => Ok(()),
    };
    status.finish();
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error)
            if error.downcast_ref().is_some_and(|error: &io::Error| error.kind() == io::ErrorKind::BrokenPipe) =>
        {
            ExitCode::SUCCESS
        }
        Err(error) => {
            status.error(&*error);
            ExitCode::FAILURE
        }
    }
}

/// Ctrl-C also ends a program that stands still in a write, because what reads its output does not.
#[tokio::main(flavor = "current_thread")]
async fn end_though_stuck() {
    if tokio::signal::ctrl_c().await.is_ok() {
        tokio::time::sleep(Duration::from_millis(500)).await;
        std::process::exit(0);
    }
}

async fn follow(args: &Args, status: &mut Status) -> Result<(), Box<dyn Error>> {
    let client =
        reqwest::Client::builder().user_agent(concat!("sse-typed-tail/", env!("CARGO_PKG_VERSION"))).build()?;
    let mut request = match &args.post {
        Some(body) => client.post(args.url.clone()).header(CONTENT_TYPE, "application/json").body(body.clone()),
        None => client.get(args.url.clone()),
    };
    request = request.headers(args.headers());

    // A state does not say why the stream was lost. The policy is asked about each loss, and changes nothing here.
    let reason = status.reason();
    let reconnect = Reconnect::default().retry_if(move |error| {
        reason.set(error);
        None
    });
    let since = args.since.as_deref().unwrap_or_default();
    let session = request.sse().last_event_id(since).reconnect(reconnect).connect().await?;

    let mut output = Output::new(args);
    let handle = session.handle();
    let mut items = session.incoming::<Item>();
    loop {
        tokio::select! {
            // In this order: a flood of events does not hold the clock up, and a state that has come to its end does not
            // hold up the end of the stream.
            biased;
            () = status.tick() => status.count(items.stats(), items.last_event_id()),
            item = items.next() => match item.transpose()?.map(|item| item.data) {
                Some(Item::Open(connection)) => status.opened(&connection),
                Some(Item::Event(event)) => {
                    status.count(items.stats(), items.last_event_id());
                    if args.wants(&event) {
                        status.suspend(|| output.write(&event))?;
                    }
                }
                None => return Ok(()),
            },
            state = handle.state_changed() => if let State::Waiting { attempt, delay } = state {
                status.waiting(attempt, delay);
            },
        }
    }
}
