//! The slow, obvious twins of the fast structures. What they say is right by looking at them; the fast ones must agree.

/// Longest-prefix match by looking at every prefix.
#[derive(Clone, Debug, Default)]
pub struct Lpm<K> {
    pub prefixes: Vec<(K, u8, u32)>,
}

impl<K: crate::route::Key> Lpm<K> {
    pub fn insert(&mut self, network: K, len: u8, value: u32) {
        self.remove(network, len);
        self.prefixes.push((network, len, value));
    }

    pub fn remove(&mut self, network: K, len: u8) -> Option<u32> {
        let at = self.prefixes.iter().position(|p| (p.0, p.1) == (network, len))?;
        Some(self.prefixes.swap_remove(at).2)
    }

    /// The value of the longest prefix that holds `key`.
    pub fn best(&self, key: K) -> Option<u32> {
        let holding = self.prefixes.iter().filter(|p| key.network(p.1) == p.0);
        holding.max_by_key(|p| p.1).map(|p| p.2)
    }
}

#[cfg(test)]
mod tests {
    use super::Lpm;
    use crate::route::{Key, Trie, NONE};
    use proptest::prelude::*;

    #[derive(Clone, Debug)]
    enum Step<K> {
        Insert(K, u8),
        Remove(usize),
        Lookup(K),
    }

    /// Addresses in few places, so that prefixes nest and lookups hit.
    fn step<K: Key + std::fmt::Debug + 'static>(spread: fn(u64) -> K) -> impl Strategy<Value = Step<K>> {
        prop_oneof![
            4 => (any::<u64>(), 0..=K::WIDTH).prop_map(move |(a, len)| Step::Insert(spread(a), len)),
            1 => any::<usize>().prop_map(Step::Remove),
            4 => any::<u64>().prop_map(move |a| Step::Lookup(spread(a))),
        ]
    }

    fn spread4(a: u64) -> u32 {
        let near = [0x0a00_0000u32, 0x0a01_0000, 0xc0a8_0100, 0xffff_ff00, 0][a as usize % 5];
        near ^ ((a >> 8) as u32 >> (a >> 3 & 31))
    }

    fn spread6(a: u64) -> u128 {
        let near = [0x2001_0db8u128 << 96, 0xfe80 << 112, u128::MAX << 64, 0][a as usize % 4];
        near ^ (((a >> 8) as u128).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835) >> (a >> 2 & 127))
    }

    fn agree<K: Key + std::fmt::Debug>(steps: Vec<Step<K>>, start: Vec<(K, u8)>) {
        let (mut trie, mut golden) = (Trie::default(), Lpm::default());
        for (i, (key, len)) in start.into_iter().enumerate() {
            trie.insert(key.network(len), len, i as u32);
            golden.insert(key.network(len), len, i as u32);
        }
        for (i, step) in steps.into_iter().enumerate() {
            match step {
                Step::Insert(key, len) => {
                    trie.insert(key.network(len), len, 1_000_000 + i as u32);
                    golden.insert(key.network(len), len, 1_000_000 + i as u32);
                }
                Step::Remove(_) if golden.prefixes.is_empty() => {}
                Step::Remove(n) => {
                    let (key, len, value) = golden.prefixes[n % golden.prefixes.len()];
                    golden.remove(key, len);
                    assert_eq!(trie.remove(key, len), Some(value));
                }
                Step::Lookup(key) => check(&trie, &golden, key),
            }
        }
        let edges: Vec<K> = golden.prefixes.iter().flat_map(|p| [p.0, p.0.last(p.1)]).take(200).collect();
        let mut answers = vec![0; edges.len()];
        trie.best_batch(&edges, &mut answers);
        for (key, answer) in edges.into_iter().zip(answers) {
            assert_eq!(answer, golden.best(key).unwrap_or(NONE));
            check(&trie, &golden, key);
        }
    }

    fn check<K: Key + std::fmt::Debug>(trie: &Trie<K>, golden: &Lpm<K>, key: K) {
        let right = golden.best(key).unwrap_or(NONE);
        assert_eq!(trie.best(key), right, "{key:?}");
        assert_eq!(trie.covering(key).next().map_or(NONE, |c| c.1), right, "{key:?}");
    }

    #[test]
    fn addresses_deep_under_dense_ipv6_prefixes_answer_in_a_batch_as_alone() {
        let keys: Vec<u128> = (0..5000u128).map(|n| (0x2001_0db8 << 96) + (n << 82) + (n << 40) + n).collect();
        let mut trie = Trie::default();
        for (value, &key) in (0..).zip(&keys) {
            trie.insert(key, 128, value);
        }
        let mut answers = vec![0; keys.len()];
        trie.best_batch(&keys, &mut answers);
        assert!(answers.into_iter().eq(0..5000));
    }

    proptest! {
        #[test]
        fn a_small_ipv4_table_answers_as_a_scan_of_its_prefixes(steps in prop::collection::vec(step(spread4), 1..200)) {
            agree(steps, vec![]);
        }

        #[test]
        fn a_small_ipv6_table_answers_as_a_scan_of_its_prefixes(steps in prop::collection::vec(step(spread6), 1..200)) {
            agree(steps, vec![]);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]

        #[test]
        fn a_large_ipv4_table_answers_as_a_scan_of_its_prefixes(
            start in prop::collection::vec((any::<u64>(), 0..=32u8), 5000..6000),
            steps in prop::collection::vec(step(spread4), 1..300),
        ) {
            agree(steps, start.into_iter().map(|(a, len)| (spread4(a), len)).collect());
        }

        #[test]
        fn a_large_ipv6_table_answers_as_a_scan_of_its_prefixes(
            start in prop::collection::vec((any::<u64>(), 0..=128u8), 5000..6000),
            steps in prop::collection::vec(step(spread6), 1..300),
        ) {
            agree(steps, start.into_iter().map(|(a, len)| (spread6(a), len)).collect());
        }
    }
}
