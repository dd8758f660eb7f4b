//! What stands on the command line.

use clap::Parser;
use http::{HeaderMap, HeaderName, HeaderValue};
use reqwest::Url;
use sse_typed::ServerSentEvent;

const AFTER: &str = "\
Events go to standard output, with their name, their id and the time since the event before; all else goes to standard
error. Ends with 0 when the stream does and on Ctrl-C, with 1 on an error, with 2 on bad arguments.";

/// Follows a stream of Server-Sent Events, across disconnects.
#[derive(Parser)]
#[command(name = "tail", version, arg_required_else_help = true, after_help = AFTER)]
pub(crate) struct Args {
    /// The stream to follow.
    #[arg(value_parser = url)]
    pub(crate) url: Url,

    /// A header of the request; may be given several times.
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE", value_parser = header)]
    headers: Vec<(HeaderName, HeaderValue)>,

    /// Ask with POST, and this body: JSON, unless a header says otherwise. Such a stream does not reconnect.
    #[arg(long, value_name = "BODY")]
    pub(crate) post: Option<String>,

    /// Show only events of this name; may be given several times.
    #[arg(long = "event", value_name = "NAME")]
    events: Vec<String>,

    /// Write each event as a line of JSON.
    #[arg(long, conflicts_with = "raw")]
    pub(crate) json: bool,

    /// Write each event as it stands on the wire.
    #[arg(long)]
    pub(crate) raw: bool,

    /// Begin after the event with this id.
    #[arg(long, value_name = "ID")]
    pub(crate) since: Option<String>,

    /// Count events, bytes and reconnects in a line below, or in one at the end if no terminal is there.
    #[arg(long)]
    pub(crate) stats: bool,
}

impl Args {
    /// A header given again replaces one of ours, and is added to one given before.
    pub(crate) fn headers(&self) -> HeaderMap {
        self.headers.iter().cloned().collect()
    }

    pub(crate) fn wants(&self, event: &ServerSentEvent) -> bool {
        self.events.is_empty() || self.events.iter().any(|name| *name == event.event)
    }
}

fn url(text: &str) -> Result<Url, String> {
    match text.parse::<Url>() {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(url),
        Ok(_) => Err("it has to begin with http:// or https://".into()),
        Err(error) => Err(error.to_string()),
    }
}

fn header(text: &str) -> Result<(HeaderName, HeaderValue), String> {
    let (name, value) = text.split_once(':').ok_or("a header is `Name: value`")?;
    let name = name.trim().parse().map_err(|_| "that is no name of a header")?;
    let mut value = HeaderValue::from_str(value.trim()).map_err(|_| "that is no value of a header")?;
    value.set_sensitive(true);
    Ok((name, value))
}
