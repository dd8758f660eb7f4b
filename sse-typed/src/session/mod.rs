//! An open stream: reads the body as it is polled, and does what the reconnect machine says.
//!
//! Has no opinions. [`connect`] sends, [`timer`] sleeps, [`machine`](crate::reconnect::machine) decides.

mod builder;
mod client_error;
mod connect;
mod handle;
mod queue;
mod read_ahead;
mod stats;
mod timer;
mod trace;
mod typed;

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use http::StatusCode;
use reqwest::Response;
use tokio::time::Instant;

use self::builder::Inspector;
pub use self::builder::{DecodeErrors, SessionBuilder, SessionConfig};
use self::client_error::caused;
use self::connect::{Answer, Body, Connecting, Connector, Form, Refusal};
pub use self::handle::SessionHandle;
use self::handle::{Command, Facts, Shared};
pub use self::read_ahead::ReadAhead;
pub use self::stats::Stats;
use self::timer::Timer;
use self::trace::Trace;
pub use self::typed::TypedSession;
use crate::connection::Connection;
use crate::deserialize::{Closure, Filled, Json, Target};
use crate::error::{BoxError, Error, ErrorKind};
use crate::event::{LastEventId, TypedServerSentEvent};
use crate::events::SseEvents;
use crate::parse::{Frame, Parser};
use crate::reconnect::machine::{Action, Input, Loss, Machine};
use crate::request::Attempt;

/// An open event stream. Say what its events are with [`incoming`](Self::incoming).
///
/// Nothing is read before it is polled, and nothing beyond what is asked for, so that a slow consumer slows the server
/// down. Dropping it closes the connection, or resets the stream over HTTP/2.
pub struct Session<D = Json> {
    core: Core,
    deserializer: D,
}

impl Session<Json> {
    /// A session over bytes from anywhere. It does not reconnect, has no [`connection`](Self::connection), and needs no
    /// runtime unless it has an `idle_timeout`.
    ///
    /// ```
    /// # #[cfg(feature = "json")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), sse_typed::Error> {
    /// use sse_typed::{Data, Session};
    ///
    /// let bytes = futures::stream::iter([Ok::<_, std::io::Error>("data: 1\n\nda"), Ok("ta: 2\n\n")]);
    /// let mut numbers = Session::from_stream(bytes).incoming::<Data<u8>>();
    /// assert_eq!(numbers.try_next().await?.map(|event| *event.data), Some(1));
    /// assert_eq!(numbers.try_next().await?.map(|event| *event.data), Some(2));
    /// assert!(numbers.try_next().await?.is_none());
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "json"))] fn main() {}
    /// ```
    pub fn from_stream<S, B, E>(bytes: S) -> Self
    where
        S: Stream<Item = Result<B, E>> + Send + 'static,
        B: Into<Bytes>,
        E: Into<BoxError>,
    {
        let body = Body::Stream(Mutex::new(Box::pin(Chunks(Box::pin(bytes)))));
        Self { core: Core::open(Link::Open(body, Form::EventStream), None), deserializer: Json }
    }

    /// A session over a response that is in hand. It does not reconnect, as it does not know the request.
    ///
    /// ```no_run
    /// # async fn run(client: reqwest::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let response = client.get("http://localhost/log").send().await?;
    /// let mut lines = sse_typed::Session::from_response(response)?.incoming::<String>();
    /// while let Some(line) = lines.try_next().await? {
    ///     println!("{}", line.data);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Status`] or [`ErrorKind::ContentType`] if it is no event stream. The response's body is not read, so
    /// the error has none. 204 is a stream that has ended.
    ///
    /// For a response of another content type, give the stream of its bytes to [`from_stream`](Self::from_stream).
    pub fn from_response(response: Response) -> Result<Self, Error> {
        if response.status() == StatusCode::NO_CONTENT {
            return Ok(Self { core: Core::open(Link::Closed, None), deserializer: Json });
        }
        let form = connect::check(&response, false, false)
            .map_err(|error| error.answered(response.status(), response.headers().clone(), None))?;
        let (connection, body) = connect::open(response, 0, LastEventId::default());
        Ok(Self { core: Core::open(Link::Open(body, form), Some(connection)), deserializer: Json })
    }
}

impl<D> Session<D> {
    /// The events as `E`s: a type with `#[derive(SseEvents)]`, [`Data<T>`](crate::Data) to read every event's data as a
    /// `T`, or `String` for plain text.
    pub fn incoming<E: SseEvents<D>>(self) -> TypedSession<E, D> {
        TypedSession::new(self)
    }

    /// The next item as an `E`, for streams whose type changes on the way; `None` at the end. The next call may ask for
    /// another type. That the stream has ended is known to the session: after a `done` event no type reads anything.
    ///
    /// ```
    /// # #[cfg(feature = "json")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), sse_typed::Error> {
    /// use sse_typed::{Data, Session};
    ///
    /// let bytes = futures::stream::iter([Ok::<_, std::io::Error>("data: celsius\n\ndata: 21.5\n\ndata: 22\n\n")]);
    /// let mut session = Session::from_stream(bytes);
    /// // The first event says what follows.
    /// let unit = session.next::<String>().await.transpose()?;
    /// assert_eq!(unit.map(|event| event.data).as_deref(), Some("celsius"));
    /// let mut values = session.incoming::<Data<f64>>();
    /// assert_eq!(values.try_next().await?.map(|event| *event.data), Some(21.5));
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "json"))] fn main() {}
    /// ```
    ///
    /// # Errors
    /// As for the items of a [`TypedSession`].
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    pub async fn next<E: SseEvents<D>>(&mut self) -> Option<Result<TypedServerSentEvent<E>, Error>> {
        poll_fn(|cx| self.poll_item(cx)).await
    }

    /// The response that is being read, or was the last; `None` on a session from a bare stream, and where the only answer
    /// was 204.
    pub fn connection(&self) -> Option<&Connection> {
        self.core.connection.as_ref()
    }

    /// The last event ID: that of the last event that was yielded or passed over, `""` when there is none.
    pub fn last_event_id(&self) -> &LastEventId {
        &self.core.last_event_id
    }

    /// A handle to control this session from other tasks.
    pub fn handle(&self) -> SessionHandle {
        self.core.shared().handle()
    }

    /// What this session has seen so far, in numbers.
    pub fn stats(&self) -> Stats {
        self.core.stats
    }

    /// Sets the options, for a session that was not built with them. Those that concern requests have no effect any
    /// more. What was received and not yet read is dropped, so this comes first.
    #[must_use]
    pub fn config(mut self, config: SessionConfig) -> Self {
        self.core.parser = config.parser(&self.core.last_event_id);
        if let Link::Open(_, Form::Json) = self.core.link {
            self.core.parser.feed(DATA);
        }
        self.core.timer.break_silence();
        self.core.idle_timeout = config.idle_timeout;
        self.core.skip_empty_data = config.skip_empty_data;
        self.core.decode_errors = config.decode_errors;
        self.core.inspector = config.inspector;
        self
    }

    /// Reads data with this from here on.
    pub fn deserializer<D2>(self, deserializer: D2) -> Session<D2> {
        Session { core: self.core, deserializer }
    }

    /// Reads data with this closure from here on, as
    /// [`SessionBuilder::deserialize_with`](SessionBuilder::deserialize_with) does.
    pub fn deserialize_with<F>(self, f: F) -> Session<Closure>
    where
        F: Fn(&str, Target<'_>) -> Result<Filled, BoxError> + Send + Sync + 'static,
    {
        self.deserializer(Closure::new(Box::new(f)))
    }
}

impl<D> fmt::Debug for Session<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("state", &self.core.machine.state())
            .field("connection", &self.core.connection)
            .finish_non_exhaustive()
    }
}

/// What of a session does not depend on types: from bytes to frames, across connections.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
struct Core {
    parser: Parser,
    /// The parser has nothing left of what it was fed.
    is_parsed: bool,
    link: Link,
    /// The link is being polled.
    is_polled: bool,
    machine: Machine,
    /// `None` where there is no further request to send.
    connector: Option<Box<Connector>>,
    connection: Option<Connection>,
    /// Whether the frame at hand is that of a new connection, and not the parser's.
    announcing: Announcing,
    last_event_id: LastEventId,
    /// The stream has said what that is.
    has_position: bool,
    /// Why there is another attempt.
    lost_to: Option<Arc<Error>>,
    timer: Timer,
    shared: OnceLock<Arc<Shared>>,
    stats: Stats,
    trace: Trace,
    idle_timeout: Option<Duration>,
    skip_empty_data: bool,
    decode_errors: DecodeErrors,
    inspector: Option<Inspector>,
}

/// Where bytes come from at the moment.
enum Link {
    /// The mutex is never locked: it makes the session `Sync`.
    Connecting(Mutex<Connecting>),
    /// A refusal is no silence, however slowly its reasons come.
    Refused(Mutex<Refusal>),
    Open(Body, Form),
    /// The connection is gone; what came before is taken out first.
    Lost(Loss),
    /// Gone as well, and there is nothing more to be had.
    Complete,
    /// Gone as well, as the user wanted.
    Dropped,
    Waiting(Instant),
    Closed,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Announcing {
    No,
    Next,
    Now,
}

/// The stream is over, with this as its last item.
struct End(Option<Error>);

impl Core {
    /// A session that begins with a request.
    fn connecting(
        mut connector: Connector,
        machine: Machine,
        last_event_id: LastEventId,
        config: &SessionConfig,
        mut trace: Trace,
    ) -> Self {
        trace.connecting(machine.attempt());
        let attempt = Attempt::new(machine.attempt(), last_event_id.clone(), None);
        let link = Link::Connecting(Mutex::new(connector.connect(attempt)));
        let connector = machine.may_reconnect().then(|| Box::new(connector));
        let mut core = Self::new(link, machine, last_event_id, config, trace);
        core.connector = connector;
        core
    }

    /// A session without requests.
    fn open(link: Link, connection: Option<Connection>) -> Self {
        let mut machine = Machine::new(None, builder::random);
        let input = if matches!(link, Link::Closed) { Input::Complete(None) } else { Input::Opened };
        machine.on(input, Instant::now().into_std());
        let mut core = Self::new(link, machine, LastEventId::default(), &SessionConfig::new(), Trace::new(None));
        if connection.is_some() {
            core.announcing = Announcing::Next;
            core.connection = connection;
        }
        core
    }

    fn new(link: Link, machine: Machine, last_event_id: LastEventId, config: &SessionConfig, trace: Trace) -> Self {
        Self {
            parser: config.parser(&last_event_id),
            is_parsed: true,
            link,
            is_polled: false,
            machine,
            connector: None,
            connection: None,
            announcing: Announcing::No,
            last_event_id,
            has_position: false,
            lost_to: None,
            timer: Timer::default(),
            shared: OnceLock::new(),
            stats: Stats::default(),
            trace,
            idle_timeout: config.idle_timeout,
            skip_empty_data: config.skip_empty_data,
            decode_errors: config.decode_errors,
            inspector: config.inspector.clone(),
        }
    }

    fn shared(&self) -> &Arc<Shared> {
        self.shared.get_or_init(|| Shared::new(self.machine.state(), self.facts(), self.machine.may_reconnect()))
    }

    fn facts(&self) -> Facts {
        Facts {
            last_event_id: self.last_event_id.clone(),
            connection: self.connection.clone(),
            lost_to: self.lost_to.clone(),
            stats: self.stats,
        }
    }

    /// The frame that [`poll_advance`](Self::poll_advance) arrived at.
    #[expect(clippy::inline_always, reason = "as what it calls is")]
    #[inline(always)]
    fn frame(&self) -> Option<Frame<'_>> {
        match (self.announcing, &self.connection) {
            (Announcing::Now, Some(connection)) => Some(Frame::Open(connection)),
            _ => self.parser.frame_sharing(Some(&self.last_event_id)),
        }
    }

    /// Goes on to the next frame: ready with `None` when there is one.
    ///
    /// Reads as much of the body as that takes, and reconnects on the way. Whether the consumer waits for an event that
    /// ends the stream is what tells a regular end from one that came too early.
    #[expect(clippy::inline_always, reason = "the way of nearly every event, and a call costs a tenth of it")]
    #[inline(always)]
    fn poll_advance(&mut self, cx: &mut Context<'_>, expects_done: bool) -> Poll<Option<End>> {
        // Once an event has come, its connection has been announced. Where there is no handle either that could ask for
        // anything, this is all there is to do.
        debug_assert!(
            self.announcing == Announcing::No || !self.machine.knows_of_event(),
            "announced before it is read"
        );
        if !self.is_parsed && self.machine.knows_of_event() && self.shared.get().is_none() && self.advance() {
            return Poll::Ready(None);
        }
        self.poll_further(cx, expects_done)
    }

    /// The same, from wherever the session is.
    fn poll_further(&mut self, cx: &mut Context<'_>, expects_done: bool) -> Poll<Option<End>> {
        loop {
            if let Some(end) = self.obey() {
                return Poll::Ready(Some(end));
            }
            if self.machine.is_closed() {
                return Poll::Ready(Some(End(None)));
            }
            if self.announcing == Announcing::Next {
                self.announcing = Announcing::Now;
                return Poll::Ready(None);
            }
            self.announcing = Announcing::No;
            if !self.is_parsed && self.advance() {
                return Poll::Ready(None);
            }
            match self.poll_link(cx, expects_done) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(end)) => return Poll::Ready(Some(end)),
                Poll::Pending => {
                    self.listen(cx);
                    return Poll::Pending;
                }
            }
        }
    }

    /// Has the task woken by what handles ask for; at once, if they have asked already. Not in the same poll: a request function that
    /// asks each time would have it never return.
    fn listen(&self, cx: &Context<'_>) {
        if self.shared.get().is_some_and(|shared| !shared.listen(cx.waker(), self.stats)) {
            cx.waker().wake_by_ref();
        }
    }

    /// Has the parser go on to the next frame in what it was fed; `false` if there is none.
    #[expect(clippy::inline_always, reason = "as above")]
    #[inline(always)]
    fn advance(&mut self) -> bool {
        let advanced = self.parser.advance();
        if self.parser.take_id_committed() {
            self.note_last_event_id();
        }
        match advanced {
            Ok(true) => {
                self.note_frame();
                return true;
            }
            Ok(false) => {}
            Err(error) => self.link = Link::Lost(Error::from(error).into()),
        }
        self.is_parsed = true;
        false
    }

    /// Waits for the first connection.
    fn poll_connected(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        while let Link::Connecting(_) | Link::Refused(_) | Link::Waiting(_) = self.link {
            match ready!(self.poll_link(cx, false)) {
                Ok(()) | Err(End(None)) => {}
                Err(End(Some(error))) => return Poll::Ready(Err(error)),
            }
        }
        Poll::Ready(Ok(()))
    }

    /// One step of getting bytes to the parser.
    fn poll_link(&mut self, cx: &mut Context<'_>, expects_done: bool) -> Poll<Result<(), End>> {
        // Code of the user's has panicked in there: what it left is not to be polled.
        if std::mem::replace(&mut self.is_polled, true) {
            self.close();
            return Poll::Ready(Err(End(None)));
        }
        let step = self.poll_step(cx, expects_done);
        self.is_polled = false;
        step
    }

    #[inline]
    fn poll_step(&mut self, cx: &mut Context<'_>, expects_done: bool) -> Poll<Result<(), End>> {
        match &mut self.link {
            Link::Open(body, form) => {
                // A server that always has something to say does not keep other tasks from running.
                let budget = ready!(tokio::task::coop::poll_proceed(cx));
                let (chunk, form) = (body.poll_chunk(cx), *form);
                if chunk.is_ready() {
                    budget.made_progress();
                }
                self.poll_body(chunk, form, cx).map(Ok)
            }
            Link::Connecting(connecting) => {
                match connecting.get_mut().unwrap_or_else(PoisonError::into_inner).as_mut().poll(cx) {
                    Poll::Ready(answer) => Poll::Ready(self.answered(answer, expects_done)),
                    Poll::Pending => {
                        if self.poll_asked_again(cx).is_ready() {
                            return Poll::Ready(self.tell(Input::Reconnect));
                        }
                        ready!(self.poll_silence(cx));
                        let error = Error::new(ErrorKind::IdleTimeout).saying("no response came in the time allowed");
                        Poll::Ready(self.lost(error.into()))
                    }
                }
            }
            Link::Refused(refusal) => {
                match refusal.get_mut().unwrap_or_else(PoisonError::into_inner).as_mut().poll(cx) {
                    Poll::Ready(error) => Poll::Ready(self.lost(error.into())),
                    Poll::Pending => {
                        ready!(self.poll_asked_again(cx));
                        Poll::Ready(self.tell(Input::Reconnect))
                    }
                }
            }
            Link::Lost(loss) => {
                let mut loss = std::mem::replace(loss, end_of_body());
                if loss.is_regular_end {
                    if self.parser.is_truncated() {
                        loss.is_regular_end = false;
                        loss.error = loss.error.saying("the stream ended in the middle of an event");
                    } else if expects_done {
                        loss = end_without_done().into();
                    }
                }
                Poll::Ready(self.lost(loss))
            }
            Link::Complete => Poll::Ready(self.tell(Input::Complete(None))),
            Link::Dropped => Poll::Ready(self.tell(Input::Reconnect)),
            Link::Waiting(until) => {
                ready!(self.timer.poll_until(*until, cx));
                Poll::Ready(self.tell(Input::Elapsed))
            }
            Link::Closed => {
                self.close();
                Poll::Ready(Err(End(None)))
            }
        }
    }

    /// Ready when what a handle asked for while an attempt was young is to be done.
    fn poll_asked_again(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match self.machine.asked_again() {
            Some(at) => self.timer.poll_until(Instant::from_std(at), cx),
            None => Poll::Pending,
        }
    }

    /// Gives the parser what came of the body.
    #[inline]
    fn poll_body(
        &mut self,
        chunk: Poll<Option<Result<Bytes, BoxError>>>,
        form: Form,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        match chunk {
            Poll::Pending => {
                ready!(self.poll_silence(cx));
                self.link = Link::Lost(Error::new(ErrorKind::IdleTimeout).into());
            }
            // Nothing, and so no sign of life.
            Poll::Ready(Some(Ok(chunk))) if chunk.is_empty() => {
                if self.poll_silence(cx).is_ready() {
                    self.link = Link::Lost(Error::new(ErrorKind::IdleTimeout).into());
                }
            }
            Poll::Ready(Some(Ok(chunk))) => {
                self.timer.break_silence();
                self.stats.bytes += chunk.len() as u64;
                if let Some(inspector) = &self.inspector {
                    inspector.show(&chunk);
                }
                self.parser.feed(if form == Form::Json { on_one_line(chunk) } else { chunk });
                self.is_parsed = false;
            }
            Poll::Ready(Some(Err(error))) => {
                self.link = Link::Lost(caused(Error::new(ErrorKind::Transport), error).into());
            }
            Poll::Ready(None) => {
                if form == Form::Json {
                    self.parser.feed(END_OF_EVENT);
                }
                self.parser.finish();
                self.is_parsed = false;
                self.link = if form == Form::Json { Link::Complete } else { Link::Lost(end_of_body()) };
            }
        }
        Poll::Ready(())
    }

    /// Ready when nothing has come for as long as the user bears it.
    fn poll_silence(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match self.idle_timeout {
            Some(timeout) => self.timer.poll_silence(timeout, cx),
            None => Poll::Pending,
        }
    }

    fn answered(&mut self, answer: Result<Answer, Error>, expects_done: bool) -> Result<(), End> {
        self.timer.break_silence();
        match answer {
            Ok(Answer::Stream(connection, body, form)) => {
                self.trace.opened(&connection);
                self.stats.reconnects += u64::from(self.connection.is_some());
                self.connection = Some(connection);
                self.lost_to = None;
                self.announcing = Announcing::Next;
                self.link = Link::Open(body, form);
                if form == Form::Json {
                    self.parser.feed(DATA);
                }
                if self.idle_timeout.is_none() {
                    self.timer.clear();
                }
                self.tell(Input::Opened)
            }
            Ok(Answer::NoContent) => {
                // Where there was a stream, what should end it has not come.
                let lacks_done = expects_done && self.connection.is_some();
                let error = lacks_done.then(end_without_done);
                if let Some(error) = &error {
                    self.trace.lost(error, false);
                }
                self.tell(Input::Complete(error))
            }
            Ok(Answer::Refused(refusal)) => {
                self.link = Link::Refused(Mutex::new(refusal));
                Ok(())
            }
            Err(error) => self.lost(error.into()),
        }
    }

    fn lost(&mut self, loss: Loss) -> Result<(), End> {
        self.trace.lost(&loss.error, loss.is_regular_end);
        self.tell(Input::Lost(loss))
    }

    /// Tells the machine what happened and does what it says.
    fn tell(&mut self, input: Input) -> Result<(), End> {
        let action = self.machine.on(input, Instant::now().into_std());
        let result = match action {
            Action::Continue => Ok(()),
            Action::Wait { until, lost_to } => {
                self.timer.break_silence();
                // Not for nobody: it may hold the body of a refusal.
                if self.machine.makes_requests_anew() || self.shared.get().is_some() {
                    self.lost_to = lost_to.map(Arc::new).or(self.lost_to.take());
                }
                self.link = Link::Waiting(Instant::from_std(until));
                Ok(())
            }
            Action::Connect => {
                self.connect();
                Ok(())
            }
            Action::Finish(error) => {
                self.release();
                Err(End(error))
            }
        };
        self.trace.state(self.machine.state());
        if let Some(shared) = self.shared.get() {
            shared.set_state(self.machine.state(), self.facts());
        }
        result
    }

    fn connect(&mut self) {
        self.timer.break_silence();
        // What the lost connection left unfinished goes, and its uncommitted id with it.
        self.parser.restart(&self.last_event_id);
        self.trace.connecting(self.machine.attempt());
        let attempt = Attempt::new(self.machine.attempt(), self.last_event_id.clone(), self.lost_to.clone());
        let attempt = if self.has_position { attempt.positioned() } else { attempt };
        // Until the user's function has returned: it may panic, and then the stream is over.
        self.link = Link::Closed;
        let connecting = self.connector.as_mut().map(|connector| connector.connect(attempt));
        self.link = connecting.map_or(Link::Closed, |connecting| Link::Connecting(Mutex::new(connecting)));
    }

    /// Does what a handle has asked for.
    fn obey(&mut self) -> Option<End> {
        match self.shared.get()?.take_command() {
            Command::None => {}
            Command::Close => self.close(),
            Command::Reconnect => match self.link {
                Link::Open(..) | Link::Lost(_) | Link::Complete => self.link = Link::Dropped,
                Link::Connecting(_) | Link::Refused(_) | Link::Waiting(_) => return self.tell(Input::Reconnect).err(),
                Link::Dropped | Link::Closed => {}
            },
        }
        None
    }

    /// Does what handles ask for while nobody asks for events. Ready when the stream is over.
    fn poll_obey(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        // Nothing that is asked for ends a stream with an error.
        if self.obey().is_some() || self.machine.is_closed() {
            return Poll::Ready(());
        }
        self.listen(cx);
        Poll::Pending
    }

    /// Ends the stream at once and quietly.
    fn close(&mut self) {
        // Always says that the stream is over, which is wanted.
        let _ = self.tell(Input::Close);
    }

    /// Lets go of all that a stream that is over has no use for.
    fn release(&mut self) {
        self.link = Link::Closed;
        self.connector = None;
        self.lost_to = None;
        self.timer.clear();
        self.parser.restart(&self.last_event_id);
        self.announcing = Announcing::No;
    }

    fn note_last_event_id(&mut self) {
        self.has_position = true;
        let id = self.parser.last_event_id();
        if id != &*self.last_event_id {
            self.last_event_id = LastEventId::from(id);
            if let Some(shared) = self.shared.get() {
                shared.set_last_event_id(self.last_event_id.clone());
            }
        }
    }

    /// The frame at hand is an event that the type does not know.
    fn note_unknown(&mut self) {
        self.stats.skipped += 1;
        if let Some(Frame::Event(event)) = self.parser.frame() {
            self.trace.unknown_event(event.event());
        }
    }

    /// The type made this error of a frame. `None` if the user wants none.
    #[cold]
    fn note_error(&mut self, error: Error) -> Option<Error> {
        let is_decode = error.kind() == ErrorKind::Decode;
        self.stats.decode_errors += u64::from(is_decode);
        let error = match self.decode_errors {
            DecodeErrors::Stop if is_decode => error.ending_the_stream(),
            DecodeErrors::Yield | DecodeErrors::Skip | DecodeErrors::Stop => error,
        };
        if error.is_final() {
            self.close();
        }
        match self.decode_errors {
            // What was passed over would have been the end.
            DecodeErrors::Skip if is_decode => error.is_final().then(end_without_done),
            DecodeErrors::Yield | DecodeErrors::Skip | DecodeErrors::Stop => Some(error),
        }
    }

    #[inline]
    fn note_frame(&mut self) {
        if !self.parser.is_at_event() {
            return self.note_no_event();
        }
        self.stats.events += 1;
        if !self.machine.knows_of_event() {
            self.inform(Input::Event);
        }
    }

    /// The frame at hand is something else than an event.
    fn note_no_event(&mut self) {
        match self.parser.frame() {
            Some(Frame::Comment(_)) => self.stats.comments += 1,
            Some(Frame::Retry(time)) => self.inform(Input::ReconnectionTime(time)),
            _ => {}
        }
    }

    /// Tells the machine of what is nothing to act upon.
    fn inform(&mut self, input: Input) {
        let _ = self.machine.on(input, Instant::now().into_std());
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        if let Some(shared) = self.shared.get() {
            self.lost_to = None;
            shared.close(self.facts());
        }
    }
}

/// The type has a `done` event, and it did not come.
fn end_without_done() -> Error {
    Error::new(ErrorKind::Incomplete).saying("the stream ended before the event that should end it")
}

fn end_of_body() -> Loss {
    Loss { error: Error::new(ErrorKind::Incomplete).saying("the server ended the stream"), is_regular_end: true }
}

/// What makes an event of a body in JSON, before it and after it.
const DATA: &[u8] = b"data: ";
const END_OF_EVENT: &[u8] = b"\n\n";

/// A part of a body in JSON as a part of a line. Line breaks lie between its tokens only (RFC 8259 section 7).
fn on_one_line(chunk: Bytes) -> Bytes {
    if memchr::memchr2(b'\n', b'\r', &chunk).is_none() {
        return chunk;
    }
    let mut line = chunk.to_vec();
    for byte in &mut line {
        if matches!(byte, b'\n' | b'\r') {
            *byte = b' ';
        }
    }
    line.into()
}

/// A stream of anything that is bytes.
struct Chunks<S>(Pin<Box<S>>);

impl<S, B, E> Stream for Chunks<S>
where
    S: Stream<Item = Result<B, E>>,
    B: Into<Bytes>,
    E: Into<BoxError>,
{
    type Item = Result<Bytes, BoxError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let item = ready!(self.0.as_mut().poll_next(cx));
        Poll::Ready(item.map(|chunk| chunk.map(Into::into).map_err(Into::into)))
    }
}
