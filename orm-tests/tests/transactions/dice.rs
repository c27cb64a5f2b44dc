//! Choices that a seed repeats.

use std::time::{SystemTime, UNIX_EPOCH};

/// A sequence of numbers that its seed gives again (SplitMix64).
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }
}

/// The seed of this run: `ORM_SEED`, or another one each time.
pub fn seed() -> u64 {
    let given = std::env::var("ORM_SEED").ok().and_then(|seed| seed.parse().ok());
    let clock = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_nanos() as u64);
    given.unwrap_or_else(clock)
}

/// Whether this is a long run.
pub fn deep() -> bool {
    std::env::var("ORM_DEEP").as_deref() == Ok("1")
}
