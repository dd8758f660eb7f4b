//! A guide, page by page: from the first stream to the inside.
//!
//! Each page answers one question and can be read alone. Every example of this crate compiles, and those that need no network
//! are run as tests.
//!
//! | page | when you |
//! |---|---|
//! | [`first_stream`] | have a stream, and ten minutes |
//! | [`llm_answers`] | read the answer of a language model: POST, a sentinel, errors inside a 200 |
//! | [`feeds`] | follow a feed for days: resume, back-off, dead sockets, stopping |
//! | [`serving`] | write both sides, or pass a stream on |
//! | [`formats`] | read something other than JSON, or JSON with a twist |
//! | [`errors`] | want to know what each error means and what to do with it |
//! | [`testing`] | test code that reads a stream, without a server and with one |
//! | [`security`] | ask what is sent where, what is bounded, and what ends up in a log |
//! | [`coming_from_ktor`], [`coming_from_reqwest_eventsource`], [`coming_from_a_loop`] | have a client already |
//! | [`inside`] | want to know how it works, or change it |
//!
//! What stands in the attributes is on the page of the [derive](derive@crate::SseEvents); what an option does, at the
//! option, in [`SessionBuilder`](crate::SessionBuilder) and [`Reconnect`](crate::Reconnect). Whole programs, each with a
//! server of its own, are in the folder `examples` of the repository.

#[doc = include_str!("first_stream.md")]
pub mod first_stream {}

#[doc = include_str!("llm_answers.md")]
pub mod llm_answers {}

#[doc = include_str!("feeds.md")]
pub mod feeds {}

#[doc = include_str!("serving.md")]
pub mod serving {}

#[doc = include_str!("formats.md")]
pub mod formats {}

#[doc = include_str!("errors.md")]
pub mod errors {}

#[doc = include_str!("testing.md")]
pub mod testing {}

#[doc = include_str!("security.md")]
pub mod security {}

#[doc = include_str!("coming_from_ktor.md")]
pub mod coming_from_ktor {}

#[doc = include_str!("coming_from_reqwest_eventsource.md")]
pub mod coming_from_reqwest_eventsource {}

#[doc = include_str!("coming_from_a_loop.md")]
pub mod coming_from_a_loop {}

#[doc = include_str!("inside.md")]
pub mod inside {}
