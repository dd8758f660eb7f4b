//! What a session tells to `tracing`. Without that feature nothing, at no cost.
//!
//! No header value, no data and no URL but its scheme, host and path.

#[cfg(feature = "tracing")]
pub(super) use self::enabled::Trace;

#[cfg(not(feature = "tracing"))]
pub(super) use self::disabled::Trace;

#[cfg(feature = "tracing")]
mod enabled {
    use std::collections::HashSet;
    use std::hash::{BuildHasher as _, RandomState};

    use http::Method;
    use reqwest::Url;
    use tracing::field::{Empty, display};
    use tracing::{Span, debug, debug_span, info, warn};

    use crate::connection::Connection;
    use crate::error::{Error, Excerpt};
    use crate::reconnect::machine::State;

    /// How many unknown names are told of: a server may send any number.
    const UNKNOWN_NAMES: usize = 64;

    #[derive(Debug)]
    pub(crate) struct Trace {
        session: Span,
        connection: Span,
        /// Their hashes, as each name may be as long as an event.
        unknown_names: HashSet<u64>,
        hasher: RandomState,
    }

    impl Trace {
        /// A session that begins with this request, where it is known.
        pub(crate) fn new(request: Option<(&Method, &Url)>) -> Self {
            let session = debug_span!("sse_session", method = Empty, url = Empty);
            if let Some((method, url)) = request {
                session.record("method", display(method));
                session
                    .record("url", redacted(url.scheme(), url.host_str().unwrap_or_default(), url.port(), url.path()));
            }
            Self { session, connection: Span::none(), unknown_names: HashSet::new(), hasher: RandomState::new() }
        }

        pub(crate) fn connecting(&mut self, attempt: u32) {
            self.connection = debug_span!(parent: &self.session, "sse_connection", attempt, status = Empty);
            debug!(parent: &self.connection, "connecting");
        }

        pub(crate) fn opened(&self, connection: &Connection) {
            self.connection.record("status", connection.status().as_u16());
            let url = connection.url();
            let url = redacted(
                url.scheme_str().unwrap_or_default(),
                url.host().unwrap_or_default(),
                url.port_u16(),
                url.path(),
            );
            info!(parent: &self.connection, url, version = ?connection.version(), "the stream is open");
        }

        pub(crate) fn lost(&self, error: &Error, is_regular_end: bool) {
            if let Some(status) = error.status() {
                self.connection.record("status", status.as_u16());
            }
            if is_regular_end {
                debug!(parent: &self.connection, "the stream ended");
            } else {
                warn!(parent: &self.connection, %error, "the stream is lost");
            }
        }

        pub(crate) fn state(&self, state: State) {
            match state {
                State::Waiting { attempt, delay } => info!(parent: &self.session, attempt, ?delay, "reconnecting"),
                State::Closed => debug!(parent: &self.session, "closed"),
                State::Connecting { .. } | State::Open => {}
            }
        }

        /// Once for each name.
        pub(crate) fn unknown_event(&mut self, name: &str) {
            if self.unknown_names.len() < UNKNOWN_NAMES && self.unknown_names.insert(self.hasher.hash_one(name)) {
                let event = display(Excerpt(name));
                debug!(parent: &self.connection, event, "events of a name that no variant has are skipped");
            }
        }
    }

    fn redacted(scheme: &str, host: &str, port: Option<u16>, path: &str) -> String {
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        format!("{scheme}://{host}{port}{path}")
    }
}

#[cfg(not(feature = "tracing"))]
mod disabled {
    use http::Method;
    use reqwest::Url;

    use crate::connection::Connection;
    use crate::error::Error;
    use crate::reconnect::machine::State;

    #[derive(Debug)]
    pub(crate) struct Trace;

    #[expect(clippy::unused_self, reason = "what is told is told only with the feature")]
    impl Trace {
        pub(crate) fn new(_: Option<(&Method, &Url)>) -> Self {
            Self
        }

        pub(crate) fn connecting(&mut self, _attempt: u32) {}

        pub(crate) fn opened(&self, _: &Connection) {}

        pub(crate) fn lost(&self, _: &Error, _is_regular_end: bool) {}

        pub(crate) fn state(&self, _: State) {}

        pub(crate) fn unknown_event(&mut self, _name: &str) {}
    }
}
