//! What one session frees, the next one needs again.
//!
//! glibc gives the end of its heap back to the system as soon as more than 128 KiB of it are free, and then takes it again,
//! page by page, which for a session of some thousand rows costs a third of its time. It learns otherwise from a program
//! that frees a large block: from then on twice as much stays. A `Vec` that grows by doubling teaches it that; objects that
//! stay where they are do not. So an engine says once what a program that reads lists would say.

/// The size of the block. A thread's heap then keeps up to twice that.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const BLOCK: usize = 4 << 20;

/// Has glibc keep up to 8 MiB for each thread, where nobody has told it what to keep (`MALLOC_TRIM_THRESHOLD_`).
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub(super) fn keep() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    // No page of it is touched, so none is taken.
    ONCE.call_once(|| drop(std::hint::black_box(Vec::<u8>::with_capacity(BLOCK))));
}

/// Other allocators keep what they have.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(super) fn keep() {}
