//! The Internet checksum (RFC 1071).

use super::addr::{Family, Ip};

/// Adds bytes, as big-endian 16-bit words, to a sum begun elsewhere.
pub fn add(mut sum: u32, bytes: &[u8]) -> u32 {
    let mut words = bytes.chunks_exact(2);
    for word in &mut words {
        sum += u32::from(word[0]) << 8 | u32::from(word[1]);
        if sum >= 0x8000_0000 {
            sum = (sum >> 16) + (sum & 0xffff);
        }
    }
    if let [last] = words.remainder() {
        sum += u32::from(*last) << 8;
    }
    sum
}

/// Folds a sum and inverts it: the value that stands in a header.
pub fn finish(mut sum: u32) -> u16 {
    while sum >> 16 != 0 {
        sum = (sum >> 16) + (sum & 0xffff);
    }
    !(sum as u16)
}

/// What is left of a header's checksum when `part` is taken out of what it covers; [`finish`] with `part` again gives it back.
pub fn without(sum: u16, part: u32) -> u16 {
    !finish(u32::from(!sum) + u32::from(finish(part)))
}

/// The sum of the pseudo header that TCP and UDP add (RFC 9293 3.1, RFC 8200 8.1).
pub fn pseudo(src: Ip, dst: Ip, proto: u8, length: u32) -> u32 {
    let ip = |ip: Ip| match ip.family() {
        Family::V4 => add(0, &ip.low().to_be_bytes()),
        Family::V6 => add(0, &ip.0.to_be_bytes()),
    };
    ip(src) + ip(dst) + u32::from(proto) + (length >> 16) + (length & 0xffff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_1071_example_sums_to_ddf2() {
        assert_eq!(finish(add(0, &[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7])), !0xddf2);
    }

    #[test]
    fn a_checksum_without_a_part_and_with_another_is_that_of_the_other() {
        let (a, b) = (add(0, &[0x12, 0x34, 0xff, 0xfe]), add(0, &[0xfe, 0xdc, 0x00, 0x01]));
        let rest = add(0, &[0xab, 0xcd, 0x98, 0x76]);
        assert_eq!(finish(u32::from(without(finish(rest + a), a)) + b), finish(rest + b));
    }

    #[test]
    fn a_buffer_that_holds_its_own_checksum_sums_to_zero() {
        let mut bytes =
            [0x45, 0, 0, 60, 0x1c, 0x46, 0x40, 0, 0x40, 6, 0, 0, 0xac, 0x10, 0x0a, 0x63, 0xac, 0x10, 0x0a, 0x0c];
        let sum = finish(add(0, &bytes));
        bytes[10..12].copy_from_slice(&sum.to_be_bytes());
        assert_eq!(finish(add(0, &bytes)), 0);
    }
}
