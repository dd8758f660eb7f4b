//! Our whole line one stream at a time: `cargo bench --bench typed`.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use report::messages::{Anthropic, Chat, Message, Responses, Wikimedia};
use report::peers::{drain, session};
use report::profiles::{self, Profile, chunk_name};

fn typed(criterion: &mut Criterion) {
    stream::<Responses>(criterion, &profiles::llm_responses());
    stream::<Chat>(criterion, &profiles::llm_chat());
    stream::<Anthropic>(criterion, &profiles::llm_anthropic());
    stream::<Wikimedia>(criterion, &profiles::wikimedia());
}

fn stream<M: Message>(criterion: &mut Criterion, profile: &Profile) {
    let mut group = criterion.benchmark_group(profile.name);
    group.throughput(Throughput::Elements(profile.units as u64));
    for size in [1400, 16 << 10] {
        group.bench_function(chunk_name(size), |bencher| {
            bencher.iter(|| {
                drain(session(profile.chunks(size)).incoming::<M>(), |item| {
                    black_box(item.expect("all is well-formed"));
                });
            });
        });
    }
    group.finish();
}

criterion_group!(benches, typed);
criterion_main!(benches);
