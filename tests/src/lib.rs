//! Tests of `sse-typed` as its users see it: see `tests/`. Here is what they measure it by.

pub mod plain;

/// The examples of the README, to compile them.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
