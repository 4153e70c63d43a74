//! netem on a device's way out: delay, jitter, loss, duplication, corruption, reordering and rate.

use crate::random::Random;

/// What is set; times in nanoseconds, chances out of 2^32, rate in bits a second (0: none).
#[derive(Clone, Copy, Default)]
pub struct Netem {
    pub delay: u64,
    pub jitter: u64,
    pub loss: u32,
    pub duplicate: u32,
    pub corrupt: u32,
    pub reorder: u32,
    pub rate: u64,
    /// When the line is free again.
    pub busy_until: u64,
}

/// What becomes of one packet.
pub struct Fate {
    pub lost: bool,
    pub corrupted: bool,
    pub duplicated: bool,
    /// When it leaves.
    pub at: u64,
}

impl Netem {
    /// Draws a packet's fate; `length` in bytes of the frame.
    pub fn fate(&mut self, now: u64, length: u32, random: &mut Random) -> Fate {
        let duplicated = random.hits(self.duplicate);
        let lost = random.hits(self.loss);
        let corrupted = random.hits(self.corrupt);
        let delay = if self.delay != 0 && random.hits(self.reorder) { 0 } else { self.draw_delay(random) };
        let mut at = now + delay;
        if let Some(time) = (u64::from(length) * 8 * 1_000_000_000).checked_div(self.rate) {
            at = at.max(self.busy_until) + time;
            self.busy_until = at;
        }
        Fate { lost, corrupted, duplicated, at }
    }

    /// Evenly spread over delay - jitter .. delay + jitter (tabledist without a table).
    fn draw_delay(&self, random: &mut Random) -> u64 {
        if self.jitter == 0 {
            return self.delay;
        }
        let spread = (u128::from(random.draw()) * u128::from(2 * self.jitter)) >> 32;
        (self.delay + spread as u64).saturating_sub(self.jitter)
    }
}
