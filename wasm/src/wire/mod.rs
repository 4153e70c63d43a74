//! Bytes and values: the only module that knows where a header's fields lie.
pub mod addr;
pub mod packet;
pub use addr::{Family, Ip, Mac, Prefix};
pub use packet::{CtInfo, Packet, PacketId, PacketType, NONE};
