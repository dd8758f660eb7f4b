//! Tests of `sse-typed` under another name; nothing here, see `tests/`.
