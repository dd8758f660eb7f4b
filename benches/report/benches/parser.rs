//! Parsers one by one, for a close look: `cargo bench --bench parser -- llm-responses/16`.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use report::for_each_peer;
use report::peers::Peer;
use report::profiles::{self, CHUNKS, Found, chunk_name};

fn parsers(criterion: &mut Criterion) {
    for profile in profiles::all() {
        for size in CHUNKS {
            let mut group = criterion.benchmark_group(format!("{}/{}", profile.name, chunk_name(size)));
            group.throughput(Throughput::Elements(profile.units as u64)).sample_size(20);
            for_each_peer!(P => {
                // The others are quadratic in small chunks of large events.
                if profile.bytes.len() < 1 << 20 || P::NAME.starts_with("sse-") {
                    group.bench_function(P::NAME, |bencher| {
                        bencher.iter(|| {
                            let mut found = Found::default();
                            P::run(profile.chunks(size), &mut found);
                            black_box(found)
                        });
                    });
                }
            });
            group.finish();
        }
    }
}

criterion_group!(benches, parsers);
criterion_main!(benches);
