//! What an error of the client is to a session, and its text without URLs, which may hold secrets.

use std::error::Error as StdError;

use crate::error::{BoxError, Error, ErrorKind};

/// What an error of the client, or of a request function, is to a session.
pub(super) fn request_error(error: BoxError) -> Error {
    let error = match error.downcast::<Error>() {
        // Whatever it was about, nothing follows it here.
        Ok(error) => return error.ending_the_stream(),
        Err(error) => error,
    };
    let Some(of_client) = of_client(&*error) else {
        return Error::new(ErrorKind::Request).saying("could not make the request").because(error);
    };
    let (status, message) = (of_client.status(), message(of_client));
    let kind = match status {
        Some(_) => ErrorKind::Status,
        None if message.is_some() || of_client.is_builder() => ErrorKind::Request,
        None => ErrorKind::Connect,
    };
    let mut error = Error::new(kind).because(without_url(error));
    if let Some(message) = message {
        error = error.saying(message);
    }
    match status {
        Some(status) => error.with_status(status),
        None => error,
    }
}

/// What happened, where no connection was at fault.
fn message(error: &reqwest::Error) -> Option<&'static str> {
    if error.is_redirect() {
        Some("could not follow a redirect")
    } else if error.is_decode() {
        Some("could not make the request")
    } else {
        None
    }
}

/// The client's error that this is or was caused by: middleware has one of its own around it.
fn of_client<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a reqwest::Error> {
    causes(error).find_map(|cause| cause.downcast_ref())
}

/// The error and its causes.
fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// The error without URLs, which reqwest's own text shows.
pub(super) fn without_url(error: BoxError) -> BoxError {
    let error = match error.downcast::<reqwest::Error>() {
        Ok(error) => error.without_url().into(),
        Err(error) => error,
    };
    let shows_url = |error: &reqwest::Error| error.url().is_some();
    if !causes(&*error).filter_map(|cause| cause.downcast_ref()).any(shows_url) {
        return error;
    }
    // A URL cannot be taken out of an error's cause, nor out of what another makes of it. What is behind takes the place of all.
    match causes(&*error).last() {
        Some(cause) if !cause.is::<reqwest::Error>() => cause.to_string().into(),
        _ => "the client refused a URL".into(),
    }
}
