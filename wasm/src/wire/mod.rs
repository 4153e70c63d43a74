//! Bytes and values: the only module that knows where a header's fields lie.
pub mod addr;
pub mod checksum;
pub mod packet;
pub mod parse;
pub mod pool;
pub mod print;
#[cfg(test)]
mod tests;
pub use addr::{Family, Ip, Mac, Prefix};
pub use packet::{CtInfo, Packet, PacketId, PacketType, NONE};
pub use pool::{Parcel, Pool};
