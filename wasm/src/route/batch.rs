//! Longest-prefix match over many addresses at once, as plain exports over one region of words: no glue, no copies.
//!
//! ```text
//!   p = lpm_reserve(words)      the region; stays where it is until the next reserve
//!   write triples               address, length, value      (IPv6: four address words, length, value)
//!   lpm_load4(count)            replaces the table; its lookup structure's bytes
//!   write addresses             count words                 (IPv6: four each)
//!   lpm_lookup4(count)          writes count answers behind the addresses; NONE (0x7fffffff) where no prefix holds one
//! ```

use super::key::Asked;
use super::trie::Trie;
use std::cell::RefCell;

#[derive(Default)]
struct Batch {
    region: Vec<u32>,
    v4: Trie<u32>,
    v6: Trie<u128>,
}

thread_local! {
    static BATCH: RefCell<Batch> = RefCell::default();
}

/// Makes the region `words` long and gives its address.
#[no_mangle]
pub extern "C" fn lpm_reserve(words: u32) -> *mut u32 {
    BATCH.with_borrow_mut(|batch| {
        batch.region = vec![0; words as usize];
        batch.region.as_mut_ptr()
    })
}

/// Replaces the IPv4 table by `count` triples of the region and builds its lookup structure; the bytes of that.
#[no_mangle]
pub extern "C" fn lpm_load4(count: u32) -> u32 {
    BATCH.with_borrow_mut(|Batch { region, v4, .. }| {
        *v4 = Trie::default();
        for triple in region.chunks_exact(3).take(count as usize) {
            v4.insert(triple[0], triple[1] as u8, triple[2]);
        }
        v4.index_bytes() as u32
    })
}

/// Replaces the IPv6 table by `count` sextuples of the region and builds its lookup structure; the bytes of that.
#[no_mangle]
pub extern "C" fn lpm_load6(count: u32) -> u32 {
    BATCH.with_borrow_mut(|Batch { region, v6, .. }| {
        *v6 = Trie::default();
        for six in region.as_chunks::<6>().0.iter().take(count as usize) {
            let [a, b, c, d, len, value] = *six;
            v6.insert([a, b, c, d].key(), len as u8, value);
        }
        v6.index_bytes() as u32
    })
}

/// Answers `count` IPv4 addresses.
#[no_mangle]
pub extern "C" fn lpm_lookup4(count: u32) {
    BATCH.with_borrow_mut(|Batch { region, v4, .. }| {
        let (keys, answers) = region.split_at_mut(count as usize);
        v4.best_batch(keys, &mut answers[..count as usize]);
    });
}

/// Answers `count` IPv6 addresses.
#[no_mangle]
pub extern "C" fn lpm_lookup6(count: u32) {
    BATCH.with_borrow_mut(|Batch { region, v6, .. }| {
        let (words, answers) = region.split_at_mut(4 * count as usize);
        v6.best_batch(words.as_chunks::<4>().0, &mut answers[..count as usize]);
    });
}
