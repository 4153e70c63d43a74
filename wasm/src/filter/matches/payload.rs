//! Matches on lengths, header bytes, payload and the clock.

use crate::filter::context::Context;
use crate::filter::env::Env;
use crate::filter::table::text;

/// low | high << 16
#[inline]
pub fn in_range(value: u32, range: u32) -> bool {
    range & 0xffff <= value && value <= range >> 16
}

/// `-m ttl`, `-m hl`
pub fn ttl(ttl: u32, o: &[u32]) -> bool {
    match o[0] {
        0 => ttl == o[1],
        1 => ttl != o[1],
        2 => ttl < o[1],
        _ => ttl > o[1],
    }
}

/// Whether u32's operands are whole tests.
pub fn u32_fits(operands: &[u32]) -> bool {
    let mut at = 0;
    while at < operands.len() {
        let numbers = operands[at] as usize;
        let Some(values) = operands.get(at + 1 + 2 * numbers) else { return false };
        if numbers == 0 {
            return false;
        }
        at += 2 + 2 * numbers + 2 * *values as usize;
    }
    at == operands.len()
}

/// `-m u32`: every test must find its number, computed from the packet's bytes, in one of its ranges.
pub fn u32_match<E: Env>(c: &mut Context<E>, o: &[u32]) -> bool {
    let bytes = c.bytes();
    let mut at = 0;
    while at < o.len() {
        let numbers = o[at] as usize;
        let location = &o[at + 1..at + 1 + 2 * numbers];
        let values = o[at + 1 + 2 * numbers] as usize;
        let ranges = &o[at + 2 + 2 * numbers..at + 2 + 2 * numbers + 2 * values];
        match u32_value(bytes, location) {
            Some(value) if ranges.chunks(2).any(|range| range[0] <= value && value <= range[1]) => {}
            _ => return false,
        }
        at += 2 + 2 * numbers + 2 * values;
    }
    true
}

/// The number a location names; `None` outside the packet.
fn u32_value(bytes: &[u8], location: &[u32]) -> Option<u32> {
    let read = |at: u32| {
        let word = bytes.get(at as usize..(at as usize).checked_add(4)?)?;
        Some(u32::from_be_bytes([word[0], word[1], word[2], word[3]]))
    };
    let (mut base, mut value) = (0u32, read(location[0])?);
    for step in location[2..].chunks(2) {
        let number = step[0];
        match step[1] {
            0 => value &= number,
            1 => value = value.checked_shl(number).unwrap_or(0),
            2 => value = value.checked_shr(number).unwrap_or(0),
            _ => {
                base = base.checked_add(value)?;
                value = read(base.checked_add(number)?)?;
            }
        }
    }
    Some(value)
}

/// `-m string`: the pattern lies between `from` and `to`.
pub fn string<E: Env>(c: &mut Context<E>, o: &[u32]) -> bool {
    let (from, to, ignore_case) = (o[0] as usize, o[1] as usize, o[2] & 1 != 0);
    let length = o[3] as usize;
    let bytes = c.bytes();
    let to = to.min(bytes.len());
    if length == 0 || to < from {
        return false;
    }
    let equal = |a: u8, b: u8| if ignore_case { a.eq_ignore_ascii_case(&b) } else { a == b };
    bytes[from..to].windows(length).any(|window| window.iter().zip(text(&o[3..])).all(|(a, b)| equal(*a, b)))
}

const DAY: u64 = 86_400;

/// `-m time`, on the lab's clock (UTC; a local zone is UTC too).
pub fn time(now: u64, o: &[u32]) -> bool {
    let (date_start, date_stop, day_start, day_stop) = (o[0] as u64, o[1] as u64, o[2] as u64, o[3] as u64);
    if now < date_start || now > date_stop {
        return false;
    }
    let (mut day, second) = (now / DAY, now % DAY);
    let contiguous = o[6] & 2 != 0;
    if day_start < day_stop {
        if second < day_start || second > day_stop {
            return false;
        }
    } else {
        if second < day_start && second > day_stop {
            return false;
        }
        // past midnight it is still yesterday's period
        if contiguous && second < day_stop {
            day -= 1;
        }
    }
    let weekday = (day + 3) % 7 + 1; // 1970-01-01 was a Thursday
    o[5] >> weekday & 1 == 1 && o[4] >> day_of_month(day) & 1 == 1
}

/// Day of the month of a day since 1970 (Howard Hinnant's civil_from_days).
fn day_of_month(day: u64) -> u64 {
    let z = day + 719_468;
    let of_era = z % 146_097;
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    of_year - (153 * month + 2) / 5 + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_period_over_midnight_belongs_to_the_day_it_began() {
        let monday = 4 * DAY; // 1970-01-05
        let mondays = 1 << 1;
        let night = |contiguous: u32| [0, u32::MAX, 22 * 3600, 2 * 3600, u32::MAX, mondays, contiguous];
        assert!(time(monday + 23 * 3600, &night(2)));
        assert!(time(monday + DAY + 3600, &night(2)), "one o'clock on Tuesday is Monday's night");
        assert!(!time(monday + DAY + 3600, &night(0)));
        assert!(!time(monday + 12 * 3600, &night(2)));
    }

    #[test]
    fn days_have_their_number_in_the_month() {
        assert_eq!((day_of_month(0), day_of_month(31), day_of_month(19_782)), (1, 1, 29));
        // 2024-02-29
    }

    #[test]
    fn u32_follows_a_pointer_into_the_packet() {
        let mut bytes = vec![0u8; 40];
        bytes[0] = 0x45;
        bytes[22..24].copy_from_slice(&80u16.to_be_bytes());
        // 0 >> 22 & 0x3C @ 0 & 0xffff : the destination port behind any header length
        let location = [0, 0, 22, 2, 0x3c, 0, 0, 3, 0xffff, 0];
        assert_eq!(u32_value(&bytes, &location), Some(80));
        assert_eq!(u32_value(&bytes, &[38, 0]), None);
    }
}
