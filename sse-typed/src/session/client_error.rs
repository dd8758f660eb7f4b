//! What an error of the client is to a session, and its text without URLs, which may hold secrets.

use std::error::Error as StdError;
use std::sync::Arc;

use crate::error::{BoxError, Error, ErrorKind};

/// What an error of the client, or of a request function, is to a session.
pub(super) fn request_error(error: BoxError) -> Error {
    let error = match error.downcast::<Error>() {
        // Whatever it was about, nothing follows it here.
        Ok(error) => return error.ending_the_stream(),
        Err(error) => error,
    };
    let Some(of_client) = causes(&*error).find_map(as_client_error) else {
        let error = if causes(&*error).any(is_of_network) {
            Error::new(ErrorKind::Connect).because(error)
        } else {
            Error::new(ErrorKind::Request).saying("could not make the request").because(error)
        };
        // What the user's own errors say is not known here.
        return error.reticent();
    };
    let status = of_client.status();
    let (kind, message) = match of_client {
        _ if status.is_some() => (ErrorKind::Status, None),
        error if error.is_builder() => (ErrorKind::Request, None),
        error if error.is_redirect() => (ErrorKind::Request, Some("could not follow a redirect")),
        // The client says so of what breaks off or takes too long as well.
        error if error.is_decode() && causes(error).any(is_of_format) => {
            (ErrorKind::Request, Some("could not make the request"))
        }
        error if error.is_connect() => (ErrorKind::Connect, None),
        error if error.is_timeout() => {
            (ErrorKind::Connect, Some("no response came in the time that the request allows"))
        }
        _ => (ErrorKind::Connect, Some("the connection broke before there was a response")),
    };
    let mut this = caused(Error::new(kind), error);
    if let Some(message) = message {
        this = this.saying(message);
    }
    match status {
        Some(status) => this.with_status(status),
        None => this,
    }
}

/// `error` with this cause, of whose text no URL is shown.
pub(super) fn caused(error: Error, cause: BoxError) -> Error {
    match cause.downcast::<reqwest::Error>() {
        Ok(cause) => error.because(without_url(*cause)),
        // The user's own, which is kept as it is. What of the client's is in it may show a URL.
        Err(cause) if causes(&*cause).filter_map(as_client_error).any(shows_url) => error.because(cause).reticent(),
        Err(cause) => error.because(cause),
    }
}

/// The error without URLs, which reqwest's own text shows.
fn without_url(error: reqwest::Error) -> BoxError {
    let error = error.without_url();
    if !causes(&error).filter_map(as_client_error).any(shows_url) {
        return error.into();
    }
    // A URL cannot be taken out of an error's cause. What that was caused by takes the place of all.
    match causes(&error).last().filter(|cause| as_client_error(*cause).is_none()) {
        Some(cause) => cause.to_string().into(),
        None => "the client refused a URL".into(),
    }
}

fn shows_url(error: &reqwest::Error) -> bool {
    error.url().is_some()
}

/// The error and its causes. One of IO's that was made of another has it inside, and tells of that one's causes alone.
fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| {
        let inside = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        inside.map(|inside| inside as &(dyn StdError + 'static)).or_else(|| error.source())
    })
}

fn as_client_error<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a reqwest::Error> {
    let shared = || error.downcast_ref::<Arc<reqwest::Error>>().map(|error| &**error);
    let boxed = || error.downcast_ref::<Box<reqwest::Error>>().map(|error| &**error);
    error.downcast_ref().or_else(shared).or_else(boxed)
}

/// Whether something came whole, and was not what it should be.
#[cfg(feature = "json")]
fn is_of_format(error: &(dyn StdError + 'static)) -> bool {
    error.is::<serde_json::Error>()
}

#[cfg(not(feature = "json"))]
fn is_of_format(_: &(dyn StdError + 'static)) -> bool {
    false
}

/// Whether a connection was at fault, of whatever client.
fn is_of_network(error: &(dyn StdError + 'static)) -> bool {
    use std::io::ErrorKind as Kind;

    error.downcast_ref::<std::io::Error>().is_some_and(|error| {
        matches!(
            error.kind(),
            Kind::ConnectionRefused
                | Kind::ConnectionReset
                | Kind::ConnectionAborted
                | Kind::HostUnreachable
                | Kind::NetworkUnreachable
                | Kind::NetworkDown
                | Kind::NotConnected
                | Kind::BrokenPipe
                | Kind::TimedOut
        )
    })
}
