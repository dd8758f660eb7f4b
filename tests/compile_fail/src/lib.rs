//! What the derive says of mistakes; nothing here, see `tests/`.
