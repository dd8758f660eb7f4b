//! An allocator that counts, when it is told to.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicIsize, AtomicUsize, Ordering::Relaxed};

/// Counts what goes through it to the system's allocator.
pub struct Counting;

static ON: AtomicBool = AtomicBool::new(false);
static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);
static LIVE: AtomicIsize = AtomicIsize::new(0);
static PEAK: AtomicIsize = AtomicIsize::new(0);

/// What was allocated while something ran.
#[derive(Clone, Copy, Debug)]
pub struct Allocated {
    /// How many times memory was asked for, growing included.
    pub times: usize,
    /// The bytes that were still held at the end, over those at the beginning.
    pub held: isize,
    /// The most that was held at a time, over what was at the beginning.
    pub peak: isize,
}

/// Counts what `run` allocates, in all threads.
pub fn count<T>(run: impl FnOnce() -> T) -> (T, Allocated) {
    start();
    let result = run();
    (result, stop())
}

/// Begins to count.
pub fn start() {
    ALLOCATIONS.store(0, Relaxed);
    LIVE.store(0, Relaxed);
    PEAK.store(0, Relaxed);
    ON.store(true, Relaxed);
}

/// What has been allocated since [`start`].
pub fn so_far() -> Allocated {
    Allocated { times: ALLOCATIONS.load(Relaxed), held: LIVE.load(Relaxed), peak: PEAK.load(Relaxed) }
}

/// Ends counting.
pub fn stop() -> Allocated {
    ON.store(false, Relaxed);
    so_far()
}

fn grow(bytes: usize) {
    ALLOCATIONS.fetch_add(1, Relaxed);
    let live = LIVE.fetch_add(bytes.cast_signed(), Relaxed) + bytes.cast_signed();
    PEAK.fetch_max(live, Relaxed);
}

fn shrink(bytes: usize) {
    LIVE.fetch_sub(bytes.cast_signed(), Relaxed);
}

// SAFETY: every call is passed on to the system's allocator as it came; counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if ON.load(Relaxed) {
            grow(layout.size());
        }
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if ON.load(Relaxed) {
            grow(layout.size());
        }
        // SAFETY: the caller's promise.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        if ON.load(Relaxed) {
            shrink(layout.size());
        }
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if ON.load(Relaxed) {
            shrink(layout.size());
            grow(size);
        }
        // SAFETY: the caller's promise.
        unsafe { System.realloc(memory, layout, size) }
    }
}
