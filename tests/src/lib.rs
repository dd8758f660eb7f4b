//! Tests of `sse-typed` as its users see it: see `tests/`. Here is what they measure it by.

pub mod plain;
