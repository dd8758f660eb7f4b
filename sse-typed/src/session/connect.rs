//! From a request to an open stream: the one place that sends, and that judges the answer.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures_core::Stream;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, StatusCode, Uri};
use http_body::Body as _;
use reqwest::{Client, Request, Response};
use tokio::time::Instant;

use super::client_error::request_error;
use super::timer::Timer;
use crate::connection::{Connection, Head};
use crate::error::{BoxError, Error, ErrorKind};
use crate::event::LastEventId;
use crate::request::{Attempt, EVENT_STREAM, JSON, RequestFunction, ResponseFuture, prepare};
use crate::session::SessionConfig;

/// How much of the body of an answer that is no stream is kept for the error, and how long it may take to come.
const ERROR_BODY_SIZE: usize = 64 << 10;
const ERROR_BODY_TIME: Duration = Duration::from_secs(5);

/// Sends requests, as often as it may, and judges their answers as the options say.
pub(super) struct Connector {
    /// The mutex is never locked: it makes the session `Sync`.
    make_request: Mutex<Box<RequestFunction>>,
    any_content_type: bool,
    json_as_event: bool,
    /// How long the body of an answer that is no stream may take to come.
    body_time: Duration,
}

/// What a request was answered with.
pub(super) enum Answer {
    Stream(Connection, Body, Form),
    /// 204: there is nothing, and there will not be.
    NoContent,
    /// No stream. What the server says in its place is still to be read.
    Refused(Refusal),
}

/// What a body is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    EventStream,
    /// The data of the one event that there is.
    Json,
}

pub(super) type Connecting = Pin<Box<dyn Future<Output = Result<Answer, Error>> + Send>>;
pub(super) type Refusal = Pin<Box<dyn Future<Output = Error> + Send>>;

impl Connector {
    /// Sends what this function makes.
    pub(super) fn new(make_request: Box<RequestFunction>, config: &SessionConfig) -> Self {
        let body_time = config.idle_timeout.map_or(ERROR_BODY_TIME, |timeout| timeout.min(ERROR_BODY_TIME));
        let SessionConfig { any_content_type, json_as_event, .. } = *config;
        Self { make_request: Mutex::new(make_request), any_content_type, json_as_event, body_time }
    }

    /// Sends this request, a copy of it each time.
    pub(super) fn again(client: Client, request: Request, config: &SessionConfig) -> Self {
        let copy = move || Some((client.clone(), request.try_clone()?));
        Self::new(Box::new(move |attempt| send(copy(), &attempt)), config)
    }

    /// Sends this request, which is gone then.
    pub(super) fn once(client: Client, request: Request, config: &SessionConfig) -> Self {
        let mut request = Some(Box::new((client, request)));
        Self::new(Box::new(move |attempt| send(request.take().map(|request| *request), &attempt)), config)
    }

    /// Sends the next request.
    pub(super) fn connect(&mut self, attempt: Attempt) -> Connecting {
        let Self { any_content_type, json_as_event, body_time, .. } = *self;
        let attempt = if json_as_event { attempt.accepting_json() } else { attempt };
        let last_event_id = LastEventId::from(attempt.last_event_id());
        let number = attempt.number();
        let response = self.make_request.get_mut().unwrap_or_else(PoisonError::into_inner)(attempt);
        Box::pin(async move {
            let response = response.await.map_err(request_error)?;
            if response.status() == StatusCode::NO_CONTENT {
                return Ok(Answer::NoContent);
            }
            match check(&response, any_content_type, json_as_event) {
                Ok(form) => {
                    let (connection, body) = open(response, number, last_event_id);
                    Ok(Answer::Stream(connection, body, form))
                }
                Err(error) => Ok(Answer::Refused(Box::pin(refused(error, response, body_time)))),
            }
        })
    }
}

/// Sends this request. There is one: that it can be sent, or sent again, has been seen to before.
fn send(request: Option<(Client, Request)>, attempt: &Attempt) -> ResponseFuture {
    let response = request.map(|(client, mut request)| {
        prepare(&mut request, &client, attempt);
        client.execute(request)
    });
    Box::pin(async move {
        match response {
            Some(response) => Ok(response.await?),
            None => Err(Error::new(ErrorKind::Request).into()),
        }
    })
}

/// Whether this is the answer of an event stream (WHATWG HTML 9.2.3), or of what else is wanted.
pub(super) fn check(response: &Response, any_content_type: bool, json_as_event: bool) -> Result<Form, Error> {
    if response.status() != StatusCode::OK {
        return Err(Error::new(ErrorKind::Status));
    }
    let headers = response.headers();
    let encodings =
        headers.get_all(&CONTENT_ENCODING).iter().flat_map(|line| line.as_bytes().split(|&byte| byte == b','));
    if !encodings
        .map(<[u8]>::trim_ascii)
        .all(|encoding| encoding.is_empty() || encoding.eq_ignore_ascii_case(b"identity"))
    {
        let message = "the response is compressed in a way that the client does not undo: it is built without that \
                       feature of reqwest's";
        return Err(Error::new(ErrorKind::ContentType).saying(message));
    }
    let content_type = headers.get(&CONTENT_TYPE);
    let essence =
        content_type.and_then(|value| value.as_bytes().split(|&byte| byte == b';').next()).unwrap_or_default();
    let essence = essence.trim_ascii().to_ascii_lowercase();
    if json_as_event && (essence == JSON.as_bytes() || essence.ends_with(b"+json")) {
        return Ok(Form::Json);
    }
    if any_content_type || essence == EVENT_STREAM.as_bytes() {
        return Ok(Form::EventStream);
    }
    let message = match content_type {
        Some(_) => "the response's content type is not `text/event-stream`",
        None => "the response has no content type",
    };
    Err(Error::new(ErrorKind::ContentType).saying(message))
}

/// Takes the response apart.
pub(super) fn open(mut response: Response, attempt: u32, resumed_from: LastEventId) -> (Connection, Body) {
    let connection = Connection::new(Head {
        status: response.status(),
        version: response.version(),
        headers: std::mem::take(response.headers_mut()),
        // What was sent as a URI parses as one.
        url: response.url().as_str().parse::<Uri>().unwrap_or_default(),
        attempt,
        resumed_from,
    });
    (connection, Body::Response(response.into()))
}

/// Puts into `error` what the server said in place of a stream.
async fn refused(error: Error, mut response: Response, body_time: Duration) -> Error {
    let status = response.status();
    let headers = std::mem::take(response.headers_mut());
    let mut source = Body::Response(response.into());
    let mut body = Vec::new();
    let mut timer = Timer::default();
    let late = Instant::now() + body_time;
    // As much as comes in time is better than nothing.
    poll_fn(|cx| {
        while let Poll::Ready(chunk) = source.poll_chunk(cx) {
            let Some(Ok(chunk)) = chunk else { return Poll::Ready(()) };
            body.extend_from_slice(&chunk[..chunk.len().min(ERROR_BODY_SIZE - body.len())]);
            if body.len() == ERROR_BODY_SIZE {
                return Poll::Ready(());
            }
        }
        timer.poll_until(late, cx)
    })
    .await;
    let retry_after = matches!(status.as_u16(), 429 | 503 | 529).then(|| retry_after(&headers, SystemTime::now()));
    error
        .answered(status, headers, Some(String::from_utf8_lossy(&body).into_owned()))
        .retrying_after(retry_after.flatten())
}

/// `Retry-After` (RFC 9110 section 10.2.3): a number of seconds, or a date.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = headers.get(&RETRY_AFTER)?.to_str().ok()?.trim_ascii();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

/// Where the bytes of an open stream come from.
pub(super) enum Body {
    Response(reqwest::Body),
    /// The mutex is never locked: it makes the session `Sync`.
    Stream(Mutex<ByteStream>),
}

type ByteStream = Pin<Box<dyn Stream<Item = Result<Bytes, BoxError>> + Send>>;

impl Body {
    /// The next bytes; `None` at the end.
    #[inline]
    pub(super) fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BoxError>>> {
        match self {
            Self::Response(body) => loop {
                match ready!(Pin::new(&mut *body).poll_frame(cx)) {
                    None => return Poll::Ready(None),
                    Some(Err(error)) => return Poll::Ready(Some(Err(error.into()))),
                    Some(Ok(frame)) => {
                        if let Ok(chunk) = frame.into_data() {
                            return Poll::Ready(Some(Ok(chunk)));
                        }
                        // Trailers say nothing about events.
                    }
                }
            },
            Self::Stream(stream) => stream.get_mut().unwrap_or_else(PoisonError::into_inner).as_mut().poll_next(cx),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_a_number_of_seconds_or_a_date() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777 - 90);
        for (value, expected) in [
            ("120", Some(120)),
            (" 7 ", Some(7)),
            ("0", Some(0)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(90)),
            ("Sunday, 06-Nov-94 08:49:37 GMT", Some(90)),
            ("Tue, 06 Nov 1984 08:49:37 GMT", Some(0)),
            ("99999999999999999999999", Some(u64::MAX)),
            ("-1", None),
            ("+1", None),
            ("1.5", None),
            ("", None),
            ("soon", None),
        ] {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, value.parse().unwrap())]);
            assert_eq!(retry_after(&headers, now), expected.map(Duration::from_secs), "{value:?}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
    }
}
