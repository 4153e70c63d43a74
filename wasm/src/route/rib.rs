//! The prefixes of a trie in the order (network, length): sorted blocks, cut in two when they are full.
//!
//! ```text
//!   blocks   [ 0/0 10/8 10.0/16 .. ] [ 10.7/16 10.7.1/24 .. ] [ .. ]      never an empty one
//!   find     the last block that begins at or before the prefix, then its place in there
//! ```

use super::key::Key;

/// A prefix and its value.
pub type Item<K> = (K, u8, u32);

/// Items a block holds at most.
const FULL: usize = 512;

/// An ordered map from prefixes to values.
#[derive(Clone, Debug, Default)]
pub struct Rib<K> {
    blocks: Vec<Vec<Item<K>>>,
    len: usize,
}

impl<K: Key> Rib<K> {
    pub fn len(&self) -> usize {
        self.len
    }

    /// The block for a prefix, and where in there it is, or would be.
    fn find(&self, network: K, len: u8) -> (usize, Result<usize, usize>) {
        let after = |item: &Item<K>| (item.0, item.1) <= (network, len);
        let block = self.blocks.partition_point(|items| after(&items[0])).saturating_sub(1);
        let Some(items) = self.blocks.get(block) else { return (block, Err(0)) };
        let at = items.partition_point(after);
        let there = at > 0 && (items[at - 1].0, items[at - 1].1) == (network, len);
        (block, if there { Ok(at - 1) } else { Err(at) })
    }

    pub fn get(&self, network: K, len: u8) -> Option<u32> {
        let (block, at) = self.find(network, len);
        let at = at.ok()?;
        Some(self.blocks[block][at].2)
    }

    /// Sets a prefix's value; whether it is new.
    pub fn insert(&mut self, network: K, len: u8, value: u32) -> bool {
        let (block, at) = self.find(network, len);
        let at = match at {
            Ok(at) => {
                self.blocks[block][at].2 = value;
                return false;
            }
            Err(at) => at,
        };
        self.len += 1;
        let Some(items) = self.blocks.get_mut(block) else {
            self.blocks.push(vec![(network, len, value)]);
            return true;
        };
        items.insert(at, (network, len, value));
        if items.len() > FULL {
            // Prefixes that come in order leave full blocks behind.
            let half = items.split_off(if at == FULL { FULL } else { FULL / 2 });
            self.blocks.insert(block + 1, half);
        }
        true
    }

    pub fn remove(&mut self, network: K, len: u8) -> Option<u32> {
        let (block, at) = self.find(network, len);
        let at = at.ok()?;
        let (_, _, value) = self.blocks[block].remove(at);
        if self.blocks[block].is_empty() {
            self.blocks.remove(block);
        }
        self.len -= 1;
        Some(value)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Item<K>> {
        self.blocks.iter().flatten()
    }

    /// Every item.
    pub fn items(&self) -> Vec<Item<K>> {
        let mut items = Vec::with_capacity(self.len);
        self.blocks.iter().for_each(|block| items.extend_from_slice(block));
        items
    }

    /// The items from a prefix on whose networks are not beyond `last`.
    pub fn inside(&self, network: K, len: u8, last: K) -> Vec<Item<K>> {
        let (mut items, (mut block, at)) = (Vec::new(), self.find(network, len));
        let (Ok(mut at) | Err(mut at)) = at;
        while let Some(known) = self.blocks.get(block) {
            let end = known.partition_point(|item| item.0 <= last);
            items.extend_from_slice(known.get(at..end).unwrap_or_default());
            if end < known.len() {
                break;
            }
            (block, at) = (block + 1, 0);
        }
        items
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        /// Beside an ordered map of the library: every answer, every order.
        #[test]
        fn is_an_ordered_map(edits in proptest::collection::vec((0u32..900, 0u8..3, any::<u32>(), 0u8..4), 1..4000)) {
            let (mut rib, mut map) = (Rib::default(), BTreeMap::new());
            for (network, len, value, kind) in edits {
                match kind {
                    0 => prop_assert_eq!(rib.remove(network, len), map.remove(&(network, len))),
                    1 => prop_assert_eq!(rib.get(network, len), map.get(&(network, len)).copied()),
                    _ => prop_assert_eq!(rib.insert(network, len, value), map.insert((network, len), value).is_none()),
                }
                prop_assert_eq!(rib.len(), map.len());
            }
            let items: Vec<_> = map.iter().map(|(&(network, len), &value)| (network, len, value)).collect();
            prop_assert_eq!(rib.iter().copied().collect::<Vec<_>>(), items.clone());
            prop_assert_eq!(rib.items(), items.clone());
            let late: Vec<_> = items.into_iter().filter(|item| (item.0, item.1) >= (450, 1) && item.0 <= 800).collect();
            prop_assert_eq!(rib.inside(450, 1, 800), late);
        }
    }
}
