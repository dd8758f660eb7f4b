//! Programs under `examples/`; nothing here.
