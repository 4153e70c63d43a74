//! Structured values on their way through the joint: a stream of u32 words, written and read by the same declaration on
//! both sides. `record!` and `words!` declare a shape once; `UPDATE=1 cargo test layout` prints it into `../layout.ts`,
//! and `mod.ts` walks that table. No offset is written down anywhere.
//!
//! ```text
//! u32, bool, word    1 word          ip       4 words, most significant first       mac      2 words, high first
//! f64, u64           2 words (u64 as f64 bits, low word first)                       text     length in bytes, bytes 4 to a word
//! Option<T>          0, or 1 and T   Vec<T>   count, then each                       prefix   ip and length
//! ```

use crate::wire::{Ip, Mac, Prefix};

/// Reads a stream of words; running off its end is our own bug and yields zeros.
pub struct Reader<'a> {
    words: &'a [u32],
    pub at: usize,
}

impl<'a> Reader<'a> {
    pub fn new(words: &'a [u32]) -> Reader<'a> {
        Reader { words, at: 0 }
    }
    #[inline(never)]
    pub fn word(&mut self) -> u32 {
        let word = self.words.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        word
    }
}

/// A list on its way out: its count first, which grows as values are added. The same stream as a `Vec` of them.
pub struct Log {
    words: Vec<u32>,
}

impl Default for Log {
    fn default() -> Log {
        Log { words: vec![0] }
    }
}

impl Log {
    pub fn add<T: Field>(&mut self, value: &T) {
        self.words[0] += 1;
        value.put(&mut self.words);
    }
    pub fn clear(&mut self) {
        *self = Log::default();
    }
    /// The list so far; a new one begins.
    pub fn take(&mut self) -> Vec<u32> {
        std::mem::take(self).words
    }
}

/// A value that can cross.
pub trait Field: Sized {
    /// Its shape by the generated table's name.
    fn shape() -> String;
    fn put(&self, out: &mut Vec<u32>);
    fn get(from: &mut Reader) -> Self;
}

macro_rules! small_field {
    ($($type:ty),*) => { $(
        impl Field for $type {
            fn shape() -> String {
                "u32".into()
            }
            #[inline(never)]
            fn put(&self, out: &mut Vec<u32>) {
                out.push(u32::from(*self));
            }
            fn get(from: &mut Reader) -> Self {
                from.word() as $type
            }
        }
    )* };
}
small_field!(u8, u16, u32);

impl Field for bool {
    fn shape() -> String {
        "bool".into()
    }
    #[inline(never)]
    fn put(&self, out: &mut Vec<u32>) {
        out.push(u32::from(*self));
    }
    fn get(from: &mut Reader) -> Self {
        from.word() != 0
    }
}
impl Field for f64 {
    fn shape() -> String {
        "f64".into()
    }
    #[inline(never)]
    fn put(&self, out: &mut Vec<u32>) {
        let bits = self.to_bits();
        out.extend_from_slice(&[bits as u32, (bits >> 32) as u32]);
    }
    fn get(from: &mut Reader) -> Self {
        let low = u64::from(from.word());
        f64::from_bits(u64::from(from.word()) << 32 | low)
    }
}
impl Field for u64 {
    fn shape() -> String {
        "f64".into()
    }
    fn put(&self, out: &mut Vec<u32>) {
        (*self as f64).put(out);
    }
    fn get(from: &mut Reader) -> Self {
        f64::get(from) as u64
    }
}
impl Field for Ip {
    fn shape() -> String {
        "ip".into()
    }
    #[inline(never)]
    fn put(&self, out: &mut Vec<u32>) {
        out.extend_from_slice(&self.words());
    }
    #[inline(never)]
    fn get(from: &mut Reader) -> Self {
        Ip::from_words([from.word(), from.word(), from.word(), from.word()])
    }
}
impl Field for Prefix {
    fn shape() -> String {
        "prefix".into()
    }
    fn put(&self, out: &mut Vec<u32>) {
        self.ip.put(out);
        out.push(u32::from(self.len));
    }
    fn get(from: &mut Reader) -> Self {
        Prefix { ip: Ip::get(from), len: from.word() as u8 }
    }
}
impl Field for Mac {
    fn shape() -> String {
        "mac".into()
    }
    fn put(&self, out: &mut Vec<u32>) {
        out.extend_from_slice(&[(self.0 >> 32) as u32, self.0 as u32]);
    }
    fn get(from: &mut Reader) -> Self {
        let high = u64::from(from.word());
        Mac(high << 32 | u64::from(from.word()))
    }
}

/// Bytes, as a Uint8Array.
#[derive(Clone, Default, Debug, PartialEq, Eq)]
pub struct Bytes(pub Vec<u8>);

#[inline(never)]
fn put_bytes(bytes: &[u8], out: &mut Vec<u32>) {
    out.push(bytes.len() as u32);
    for part in bytes.chunks(4) {
        let mut word = [0; 4];
        word[..part.len()].copy_from_slice(part);
        out.push(u32::from_le_bytes(word));
    }
}
#[inline(never)]
fn get_bytes(from: &mut Reader) -> Vec<u8> {
    let length = from.word() as usize;
    let mut bytes = Vec::with_capacity(length + 3);
    while bytes.len() < length {
        bytes.extend_from_slice(&from.word().to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}
impl Field for Bytes {
    fn shape() -> String {
        "bytes".into()
    }
    fn put(&self, out: &mut Vec<u32>) {
        put_bytes(&self.0, out);
    }
    fn get(from: &mut Reader) -> Self {
        Bytes(get_bytes(from))
    }
}
impl Field for String {
    fn shape() -> String {
        "text".into()
    }
    fn put(&self, out: &mut Vec<u32>) {
        put_bytes(self.as_bytes(), out);
    }
    fn get(from: &mut Reader) -> Self {
        // SAFETY: a text's bytes are those of TypeScript's TextEncoder, which writes nothing but UTF-8.
        unsafe { String::from_utf8_unchecked(get_bytes(from)) }
    }
}
impl<T: Field> Field for Option<T> {
    fn shape() -> String {
        "?".to_string() + &T::shape()
    }
    #[inline(never)]
    fn put(&self, out: &mut Vec<u32>) {
        out.push(u32::from(self.is_some()));
        if let Some(value) = self {
            value.put(out);
        }
    }
    #[inline(never)]
    fn get(from: &mut Reader) -> Self {
        (from.word() != 0).then(|| T::get(from))
    }
}
impl<T: Field> Field for Vec<T> {
    fn shape() -> String {
        "[]".to_string() + &T::shape()
    }
    fn put(&self, out: &mut Vec<u32>) {
        out.push(self.len() as u32);
        self.iter().for_each(|value| value.put(out));
    }
    fn get(from: &mut Reader) -> Self {
        let count = from.word();
        (0..count).map(|_| T::get(from)).collect()
    }
}

/// Declares a struct that crosses the joint; its fields keep their order, and become camelCase in TypeScript.
macro_rules! record {
    ($(#[$meta:meta])* $name:ident { $($(#[$note:meta])* $field:ident : $type:ty),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Debug)]
        pub struct $name { $($(#[$note])* pub $field: $type),* }
        impl $crate::record::Field for $name {
            fn shape() -> String {
                stringify!($name).into()
            }
            fn put(&self, out: &mut Vec<u32>) {
                $($crate::record::Field::put(&self.$field, out);)*
            }
            fn get(from: &mut $crate::record::Reader) -> Self {
                $(let $field = $crate::record::Field::get(from);)*
                $name { $($field),* }
            }
        }
        #[cfg(test)]
        impl $name {
            /// Field names and shapes, for `layout.ts`.
            pub fn layout() -> Vec<(&'static str, String)> {
                vec![$((stringify!($field), <$type as $crate::record::Field>::shape())),*]
            }
        }
    };
}

/// Declares an enum that crosses the joint by number and is a word in TypeScript.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$note:meta])* $variant:ident = $word:literal),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u32)]
        pub enum $name { $($(#[$note])* $variant),* }
        impl $name {
            pub const ALL: &'static [$name] = &[$($name::$variant),*];
            /// The words in the order of their numbers.
            #[cfg(test)]
            pub const WORDS: &'static [&'static str] = &[$($word),*];
        }
        impl $crate::record::Field for $name {
            fn shape() -> String {
                stringify!($name).into()
            }
            fn put(&self, out: &mut Vec<u32>) {
                out.push(*self as u32);
            }
            fn get(from: &mut $crate::record::Reader) -> Self {
                *$name::ALL.get(from.word() as usize).unwrap_or(&$name::ALL[0])
            }
        }
    };
}
pub(crate) use {record, words};
