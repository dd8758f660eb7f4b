//! Any bytes, in any cut, read as the plain reader reads them.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| sse_typed_fuzz::check_any(bytes));
