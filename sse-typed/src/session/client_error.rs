//! What an error of the client is to a session, and its text without URLs, which may hold secrets.

use std::error::Error as StdError;

use crate::error::{BoxError, Error, ErrorKind};

/// What an error of the client, or of a request function, is to a session.
pub(super) fn request_error(error: BoxError) -> Error {
    let error = match error.downcast::<Error>() {
        Ok(error) => return *error,
        Err(error) => error,
    };
    match error.downcast::<reqwest::Error>().map(|error| *error) {
        Ok(error) if error.is_builder() => Error::new(ErrorKind::Request).because(client_error(error)),
        Ok(error) if error.is_redirect() => {
            Error::new(ErrorKind::Request).saying("could not follow a redirect").because(client_error(error))
        }
        Ok(error) => match error.status() {
            Some(status) => Error::new(ErrorKind::Status).with_status(status).because(client_error(error)),
            None => Error::new(ErrorKind::Connect).because(client_error(error)),
        },
        Err(error) => Error::new(ErrorKind::Request).saying("could not make the request").because(error),
    }
}

/// The error without URLs, which reqwest's own text shows.
pub(super) fn without_url(error: BoxError) -> BoxError {
    match error.downcast::<reqwest::Error>() {
        Ok(error) => client_error(*error),
        Err(error) => error,
    }
}

fn client_error(error: reqwest::Error) -> BoxError {
    let error = error.without_url();
    let mut shows_url = false;
    let mut innermost = None;
    let mut cause = error.source();
    while let Some(current) = cause {
        let of_client = current.downcast_ref::<reqwest::Error>();
        shows_url |= of_client.is_some_and(|error| error.url().is_some());
        innermost = of_client.is_none().then_some(current);
        cause = current.source();
    }
    match innermost {
        _ if !shows_url => error.into(),
        // A URL cannot be taken out of an error's cause. What that was caused by takes the place of all.
        Some(cause) => cause.to_string().into(),
        None => "the client refused a URL".into(),
    }
}
