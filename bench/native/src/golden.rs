//! The slow twins for the bench, as plain exports over a region of words (see `wasm/src/route/batch.rs`).
pub use plane::route;
use std::cell::RefCell;

#[allow(dead_code)]
#[path = "../../../wasm/src/golden.rs"]
mod golden;

#[derive(Default)]
struct Golden {
    region: Vec<u32>,
    v4: golden::Lpm<u32>,
    v6: golden::Lpm<u128>,
}

thread_local! {
    static GOLDEN: RefCell<Golden> = RefCell::default();
}

/// Makes the region `words` long and gives its address.
#[no_mangle]
pub extern "C" fn golden_reserve(words: u32) -> *mut u32 {
    GOLDEN.with_borrow_mut(|golden| {
        golden.region = vec![0; words as usize];
        golden.region.as_mut_ptr()
    })
}

/// Takes `count` triples (address, length, value) of the region as the IPv4 table. No prefix may come twice.
#[no_mangle]
pub extern "C" fn golden_load4(count: u32) {
    GOLDEN.with_borrow_mut(|Golden { region, v4, .. }| {
        v4.prefixes = region.chunks_exact(3).take(count as usize).map(|t| (t[0], t[1] as u8, t[2])).collect();
    });
}

/// Takes `count` sextuples (four address words, length, value) of the region as the IPv6 table.
#[no_mangle]
pub extern "C" fn golden_load6(count: u32) {
    GOLDEN.with_borrow_mut(|Golden { region, v6, .. }| {
        let six = |s: &[u32]| (address6(s), s[4] as u8, s[5]);
        v6.prefixes = region.chunks_exact(6).take(count as usize).map(six).collect();
    });
}

/// Writes the answers for `count` addresses behind them.
#[no_mangle]
pub extern "C" fn golden_lookup4(count: u32) {
    GOLDEN.with_borrow_mut(|Golden { region, v4, .. }| {
        let (keys, answers) = region.split_at_mut(count as usize);
        for (key, answer) in keys.iter().zip(answers) {
            *answer = v4.best(*key).unwrap_or(route::NONE);
        }
    });
}

/// The same for IPv6.
#[no_mangle]
pub extern "C" fn golden_lookup6(count: u32) {
    GOLDEN.with_borrow_mut(|Golden { region, v6, .. }| {
        let (words, answers) = region.split_at_mut(4 * count as usize);
        for (key, answer) in words.chunks_exact(4).zip(answers) {
            *answer = v6.best(address6(key)).unwrap_or(route::NONE);
        }
    });
}

fn address6(words: &[u32]) -> u128 {
    words[..4].iter().fold(0, |address, &word| address << 32 | u128::from(word))
}
