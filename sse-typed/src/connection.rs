//! What a server answered when a stream was opened.
//!
//! Knows `http`'s types and nothing of who sent the request.

use std::fmt;
use std::sync::Arc;

use http::{HeaderMap, StatusCode, Uri, Version};

use crate::event::LastEventId;

/// The head of the response that a stream is read from. Cheap to clone.
///
/// `Debug` shows neither the URL nor header values, which may hold secrets.
#[derive(Clone)]
pub struct Connection(Arc<Head>);

pub(crate) struct Head {
    pub(crate) status: StatusCode,
    pub(crate) version: Version,
    pub(crate) headers: HeaderMap,
    pub(crate) url: Uri,
    pub(crate) attempt: u32,
    pub(crate) resumed_from: LastEventId,
}

impl Connection {
    #[cfg(feature = "client")]
    pub(crate) fn new(head: Head) -> Self {
        Self(Arc::new(head))
    }

    /// The response's status.
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The HTTP version that was spoken.
    pub fn version(&self) -> Version {
        self.0.version
    }

    /// The response's headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.0.headers
    }

    /// The URL that answered, redirects followed.
    pub fn url(&self) -> &Uri {
        &self.0.url
    }

    /// The number of the attempt that succeeded, as in `Attempt::number`: 0 where the first request of a session did, else
    /// how many attempts had been made in the outage, which ends with a healthy connection.
    pub fn attempt(&self) -> u32 {
        self.0.attempt
    }

    /// The last event ID when the request was made, `""` when there was none.
    pub fn resumed_from(&self) -> &LastEventId {
        &self.0.resumed_from
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("status", &self.0.status)
            .field("version", &self.0.version)
            .field("headers", &self.0.headers.keys().collect::<Vec<_>>())
            .field("attempt", &self.0.attempt)
            .finish_non_exhaustive()
    }
}
