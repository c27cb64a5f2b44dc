//! Numbers that are random and the same for the same seed.

/// SplitMix64.
pub struct Dice {
    state: u64,
}

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice { state: seed }
    }

    pub fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from 0 to below the end.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % (end as u64)).expect("below a usize")
    }

    /// True with a probability of one in this many throws.
    pub fn one_in(&mut self, throws: usize) -> bool {
        self.below(throws) == 0
    }

    pub fn pick<'t, T>(&mut self, of: &'t [T]) -> &'t T {
        &of[self.below(of.len())]
    }
}
