//! Any bytes, in any cut, read as the plain reader reads them. The first four say how they are read, in what chunks.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sse_typed_fuzz::check;
use sse_typed_fuzz::plain::Options;

fuzz_target!(|bytes: &[u8]| {
    let Some((&[flags, limit, first, second], stream)) = bytes.split_first_chunk() else { return };
    let options = Options {
        last_event_id: if flags & 1 == 0 { String::new() } else { "6".to_owned() },
        unterminated_event: flags & 2 != 0,
        events_without_data: flags & 4 != 0,
        max_event_size: if flags & 8 == 0 { 16 << 20 } else { limit.into() },
    };
    check(stream, &options, &[first, second]);
});
