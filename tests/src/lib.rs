//! Tests of `sse-typed` as its users see it; nothing here, see `tests/`.
