//! Addresses as the lookup structures take them: bare integers, 32 bits for IPv4, 128 for IPv6.

/// An unsigned integer that prefixes are made of; bit 0 is the most significant.
pub trait Key: Copy + Ord + Default {
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
    ($int:ty) => {
        impl Key for $int {
            const WIDTH: u8 = <$int>::BITS as u8;
            #[inline(always)]
            fn bits(self, at: u8, len: u8) -> u32 {
                if at >= Self::WIDTH {
                    return 0;
                }
                ((self << at) >> (Self::WIDTH - len)) as u32
            }
            #[inline(always)]
            fn network(self, len: u8) -> Self {
                self & !Self::host_mask(len)
            }
            #[inline(always)]
            fn last(self, len: u8) -> Self {
                self | Self::host_mask(len)
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
key!(u32);
key!(u128);

trait HostMask {
    fn host_mask(len: u8) -> Self;
}

impl HostMask for u32 {
    #[inline(always)]
    fn host_mask(len: u8) -> u32 {
        u32::MAX.checked_shr(len as u32).unwrap_or(0)
    }
}

impl HostMask for u128 {
    #[inline(always)]
    fn host_mask(len: u8) -> u128 {
        u128::MAX.checked_shr(len as u32).unwrap_or(0)
    }
}
