//! Tests of `sse-typed` as its users see it: see `tests/`. Here is what they measure it by, and what they talk to.

pub mod cost;
pub mod http2;
mod listening;
pub mod plain;
pub mod seen;
pub mod server;
pub mod tls;

/// The examples of the README, to compile them.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
