//! The lookup structure of small tables: the address space cut where the answer changes, and a binary search over the cuts.
//!
//! ```text
//!   prefixes   0/0 -> a      10.0.0.0/8 -> b      10.1.0.0/16 -> c
//!   starts     0.0.0.0    10.0.0.0    10.1.0.0    10.2.0.0    11.0.0.0
//!   values        a          b           c           b           a
//! ```

use super::key::Key;
use super::rib::Item;
use super::trie::NONE;

/// Cuts and what holds from each to the next; `starts[0]` is the lowest key.
#[derive(Clone, Debug)]
pub struct Ranges<K> {
    starts: Vec<K>,
    values: Vec<u32>,
}

impl<K: Key> Ranges<K> {
    /// Builds from prefixes in the order (network, length), so that a prefix follows all that hold it.
    pub fn build<'a>(prefixes: impl Iterator<Item = &'a Item<K>>) -> Ranges<K>
    where
        K: 'a,
    {
        let mut ranges = Ranges { starts: vec![K::default()], values: vec![NONE] };
        let mut open: Vec<(K, u32)> = Vec::new();
        for &(network, len, value) in prefixes {
            ranges.close(&mut open, Some(network));
            ranges.cut(network, value);
            open.push((network.last(len), value));
        }
        ranges.close(&mut open, None);
        ranges
    }

    /// Ends the open prefixes that end before `before` (all, for `None`); what held around each holds again after it.
    fn close(&mut self, open: &mut Vec<(K, u32)>, before: Option<K>) {
        while let Some(&(last, _)) = open.last() {
            if before.is_some_and(|b| last >= b) {
                return;
            }
            open.pop();
            if let Some(next) = last.next() {
                self.cut(next, open.last().map_or(NONE, |o| o.1));
            }
        }
    }

    fn cut(&mut self, start: K, value: u32) {
        if self.starts.last() == Some(&start) {
            *self.values.last_mut().unwrap() = value;
        } else {
            self.starts.push(start);
            self.values.push(value);
        }
    }

    /// The value of the longest prefix that holds `key`, or [`NONE`]. Branch-free but for the loop.
    #[inline]
    pub fn best(&self, key: K) -> u32 {
        let mut at = 0;
        let mut size = self.starts.len();
        while size > 1 {
            let half = size / 2;
            let mid = at + half;
            at = if self.starts[mid] <= key { mid } else { at };
            size -= half;
        }
        self.values[at]
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.starts.capacity() * size_of::<K>() + self.values.capacity() * 4
    }
}
