//! Addresses as the lookup structures take them: bare integers, 32 bits for IPv4, 128 for IPv6.

/// An unsigned integer that prefixes are made of; bit 0 is the most significant.
pub trait Key: Copy + Ord + Default + Asked<Self> {
    const WIDTH: u8;
    /// The `len` bits from bit `at` on, as a small number; bits past the end are 0.
    fn bits(self, at: u8, len: u8) -> u32;
    /// The key with all bits from `len` on cleared.
    fn network(self, len: u8) -> Self;
    /// The key with all bits from `len` on set.
    fn last(self, len: u8) -> Self;
    /// The next key, if there is one.
    fn next(self) -> Option<Self>;
    /// A key whose first `len` bits are `bits`.
    fn from_bits(bits: u32, len: u8) -> Self;
}

macro_rules! key {
    ($int:ty, $bits:expr) => {
        impl Key for $int {
            const WIDTH: u8 = <$int>::BITS as u8;
            #[inline(always)]
            fn bits(self, at: u8, len: u8) -> u32 {
                $bits(self, at, len)
            }
            #[inline(always)]
            fn network(self, len: u8) -> Self {
                self & !host_mask!($int, len)
            }
            #[inline(always)]
            fn last(self, len: u8) -> Self {
                self | host_mask!($int, len)
            }
            fn next(self) -> Option<Self> {
                self.checked_add(1)
            }
            fn from_bits(bits: u32, len: u8) -> Self {
                (bits as $int) << (Self::WIDTH - len)
            }
        }
    };
}

macro_rules! host_mask {
    ($int:ty, $len:expr) => {
        <$int>::MAX.checked_shr($len as u32).unwrap_or(0)
    };
}

key!(u32, |key: u32, at: u8, len: u8| key.checked_shl(at as u32).unwrap_or(0) >> (32 - len));
key!(u128, bits128);

/// 128-bit shifts are calls in Wasm; nearly all routes are decided in the high half anyway.
#[inline(always)]
fn bits128(key: u128, at: u8, len: u8) -> u32 {
    let high = (key >> 64) as u64;
    if at + len <= 64 {
        return ((high << at) >> (64 - len)) as u32;
    }
    (low_window(key, at) >> (64 - len)) as u32
}

/// The 64 bits from bit `at` on, which is past the first.
#[cold]
fn low_window(key: u128, at: u8) -> u64 {
    let (high, low) = ((key >> 64) as u64, key as u64);
    match at {
        1..64 => high << at | low >> (64 - at),
        _ => low.checked_shl(at as u32 - 64).unwrap_or(0),
    }
}

/// A key as it is asked for, in whatever form it lies there.
pub trait Asked<K>: Copy + Default {
    fn key(self) -> K;
}

impl Asked<u32> for u32 {
    #[inline(always)]
    fn key(self) -> u32 {
        self
    }
}

impl Asked<u128> for u128 {
    #[inline(always)]
    fn key(self) -> u128 {
        self
    }
}

/// An IPv6 address as four words, the first one first.
impl Asked<u128> for [u32; 4] {
    #[inline(always)]
    fn key(self) -> u128 {
        let [a, b, c, d] = self;
        let half = |first, last| u64::from(first) << 32 | u64::from(last);
        u128::from(half(a, b)) << 64 | u128::from(half(c, d))
    }
}
