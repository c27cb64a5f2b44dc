//! What one session frees, the next one needs again.
//!
//! glibc returns the end of its heap to the system as soon as more than 128 KiB of it are free, and then takes it back page
//! by page; for a session of some thousand rows that costs a third of its time. glibc adapts when a program frees a large
//! block: from then on it keeps twice as much. A `Vec` that grows by doubling has that effect; objects that never move do
//! not. So the first engine frees one such block.

/// The size of the block. A thread's heap then keeps up to twice that.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const BLOCK: usize = 4 << 20;

/// Makes glibc keep up to 8 MiB for each thread, unless the environment sets a limit (`MALLOC_TRIM_THRESHOLD_`).
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub(super) fn keep() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    // No page of it is touched, so none is taken.
    ONCE.call_once(|| drop(std::hint::black_box(Vec::<u8>::with_capacity(BLOCK))));
}

/// Other allocators keep what they have.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(super) fn keep() {}
