//! What reading a stream costs, measured on the thread that reads: memory and processor time.
//!
//! The server has a thread of its own, so that only the client is measured, however many tests run beside it.

use std::sync::LazyLock;
use std::time::Duration;

use cpu_time::ThreadTime;
use tokio::runtime::{Builder, Runtime};

/// What a reader used.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// How many bytes it held at most.
    pub memory: u64,
    /// How many it had left at its end.
    pub kept: i64,
    /// For how long it kept a processor busy.
    pub cpu: Duration,
}

impl Cost {
    /// Checks that it was no more than this. The time is meant for a slow machine and a build without optimizations.
    ///
    /// # Panics
    /// When it was.
    #[track_caller]
    pub fn assert_within(self, memory: u64, cpu: Duration) {
        println!("{self:?}");
        assert!(self.memory <= memory, "held {} bytes where {memory} are enough", self.memory);
        assert!(self.cpu <= cpu, "worked for {:?} where {cpu:?} are enough", self.cpu);
    }
}

static SERVERS: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime"));

/// Makes a server that runs on another thread than the caller.
///
/// # Panics
/// When making it does.
pub fn elsewhere<S: Send + 'static>(server: impl Future<Output = S> + Send + 'static) -> S {
    SERVERS.block_on(SERVERS.spawn(server)).expect("a server")
}

/// Reads, and tells what that cost.
///
/// # Panics
/// When reading does.
pub fn measured<T>(reader: impl Future<Output = T>) -> (T, Cost) {
    let mut result = None;
    let mut cpu = Duration::ZERO;
    let allocated = allocation_counter::measure(|| {
        let start = ThreadTime::now();
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        result = Some(runtime.block_on(reader));
        drop(runtime);
        cpu = start.elapsed();
    });
    let cost = Cost { memory: allocated.bytes_max, kept: allocated.bytes_current, cpu };
    (result.expect("it was read"), cost)
}

/// How many bytes of memory the process has, where the system tells (Linux does).
pub fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? << 10)
}
