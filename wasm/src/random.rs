//! The plane's one seeded generator: every choice a kernel makes by chance is drawn here.

/// PCG32 (O'Neill 2014): 64 bits of state, 32 bits out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Random {
    state: u64,
}

impl Random {
    pub fn new(seed: u64) -> Random {
        let mut random = Random { state: seed.wrapping_add(0x853c_49e6_748f_ea9b) };
        random.draw();
        random
    }
    /// The next 32 random bits.
    pub fn draw(&mut self) -> u32 {
        let old = self.state;
        self.state = old.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(0xda3e_39cb_94b9_5bdb);
        let shifted = (((old >> 18) ^ old) >> 27) as u32;
        shifted.rotate_right((old >> 59) as u32)
    }
    /// A number from 0 up to, not including, `bound`.
    pub fn below(&mut self, bound: u32) -> u32 {
        ((u64::from(self.draw()) * u64::from(bound)) >> 32) as u32
    }
    /// True with the probability of `chance` out of 2^32.
    pub fn hits(&mut self, chance: u32) -> bool {
        chance != 0 && self.draw() < chance
    }
}
