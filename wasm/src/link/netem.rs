//! netem on a device's way out: delay, jitter, loss, duplication, corruption, reordering and rate; and tbf's bucket.

use crate::random::Random;

/// A chance out of 2^32, and how much one packet's luck leans on the one before.
#[derive(Clone, Copy, Default)]
pub struct Chance {
    pub share: u32,
    pub rho: u32,
    pub last: u32,
}

impl Chance {
    /// get_crandom.
    fn draw(&mut self, random: &mut Random) -> u32 {
        let fresh = random.draw();
        if self.rho == 0 {
            return fresh;
        }
        let (fresh, rho) = (u64::from(fresh), u64::from(self.rho));
        self.last = ((fresh * (u64::from(u32::MAX) - rho) + u64::from(self.last) * rho) >> 32) as u32;
        self.last
    }
    fn hits(&mut self, random: &mut Random) -> bool {
        self.share != 0 && self.draw(random) < self.share
    }
}

/// What is set; times in nanoseconds, rate in bits a second (0: none).
#[derive(Clone, Copy, Default)]
pub struct Netem {
    pub delay: u64,
    pub jitter: u64,
    /// The jitter's own luck; its `share` says that it is normally distributed.
    pub spread: Chance,
    pub loss: Chance,
    pub duplicate: Chance,
    pub corrupt: Chance,
    pub reorder: Chance,
    /// Gilbert-Elliott's p, r, h and k; p is 0 for none.
    pub gemodel: [u32; 4],
    pub bad: bool,
    /// Only every so manieth packet may overtake; 0 as 1.
    pub gap: u32,
    pub passed: u32,
    pub rate: u64,
    /// What a full bucket lets through at once, and how long a packet may wait (0: for ever).
    pub burst: u64,
    pub patience: u64,
    /// Packets that may be held at once (0: any number), and that are.
    pub limit: u32,
    pub held: u32,
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
    /// Draws a packet's fate (netem_enqueue); `length` in bytes of the frame.
    pub fn fate(&mut self, now: u64, length: u32, random: &mut Random) -> Fate {
        let duplicated = self.duplicate.hits(random);
        let mut lost = self.loses(random);
        let corrupted = self.corrupt.hits(random);
        let overtakes = self.passed + 1 >= self.gap && self.delay != 0 && self.reorder.hits(random);
        self.passed = if overtakes { 0 } else { self.passed + 1 };
        let delay = if overtakes { 0 } else { self.draw_delay(random) };
        let mut at = now + delay;
        if let Some(time) = (u64::from(length) * 8 * 1_000_000_000).checked_div(self.rate) {
            let free = at.max(self.busy_until) + time;
            let leaves = at.max(free.saturating_sub(self.burst));
            lost |= self.patience != 0 && leaves - now > self.patience;
            if !lost {
                self.busy_until = free;
            }
            at = leaves;
        }
        lost |= self.limit != 0 && self.held >= self.limit;
        Fate { lost, corrupted, duplicated, at }
    }

    /// By plain chance, or in the bursts of a channel that is good or bad (loss_gilb_ell).
    fn loses(&mut self, random: &mut Random) -> bool {
        let [p, r, h, k] = self.gemodel;
        if p == 0 {
            return self.loss.hits(random);
        }
        let was = self.bad;
        self.bad ^= random.draw() < if was { r } else { p };
        let luck = random.draw();
        if was {
            luck > h
        } else {
            luck < k
        }
    }

    /// Spread over delay - jitter .. delay + jitter, evenly or around the delay (tabledist; the bell is a sum of twelve).
    fn draw_delay(&mut self, random: &mut Random) -> u64 {
        if self.jitter == 0 {
            return self.delay;
        }
        let (mut sum, mut scale) = (u64::from(self.spread.draw(random)), 2);
        if self.spread.share != 0 {
            sum = (0..11).fold(sum, |sum, _| sum + u64::from(self.spread.draw(random)));
            scale = 1;
        }
        let spread = (u128::from(sum) * u128::from(scale * self.jitter)) >> 32;
        let middle = if scale == 2 { self.jitter } else { 6 * self.jitter };
        (self.delay + spread as u64).saturating_sub(middle)
    }
}
