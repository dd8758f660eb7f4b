//! What a session has seen so far, in numbers.

/// Counters of a session, from its beginning and across its connections. Each only grows.
///
/// ```
/// # #[cfg(feature = "json")]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), sse_typed::Error> {
/// use sse_typed::{Data, Session};
///
/// let bytes = futures::stream::iter([Ok::<_, std::io::Error>(": hello\n\ndata: 1\n\ndata: x\n\n")]);
/// let mut numbers = Session::from_stream(bytes).incoming::<Data<u8>>();
/// while numbers.next().await.is_some() {}
/// let stats = numbers.stats();
/// assert_eq!((stats.events, stats.comments, stats.decode_errors), (2, 1, 1));
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "json"))] fn main() {}
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Bytes of bodies, as they came out of the client: decompressed, if they were compressed.
    pub bytes: u64,
    /// Events that were dispatched, whatever became of them.
    pub events: u64,
    /// Comments.
    pub comments: u64,
    /// Events that the type passes over or does not know, and those with empty data where these are skipped.
    pub skipped: u64,
    /// Events whose data could not be read, and those that a type with `deny_unknown` refuses; also where such errors are skipped.
    pub decode_errors: u64,
    /// Connections that were opened after the first.
    pub reconnects: u64,
}
