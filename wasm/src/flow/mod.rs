//! Flows: what conntrack remembers of packets, and what NAT makes of it.
//!
//! `table` keeps flows (`entry`, found through `index` by `tuple`; IPv6 `addresses` by number), `track` brings packets to
//! them, `tcp` and `sctp` follow their protocols, `nat` translates, `event` shows them, `config` is `nf_conntrack_*`.
mod addresses;
mod again;
mod arena;
mod birth;
pub mod config;
pub mod entry;
pub mod event;
mod index;
mod nat;
mod outside;
mod ports;
mod sctp;
mod table;
mod tcp;
mod track;
pub mod tuple;

pub use again::{Before, Meeting};
pub use birth::{Birth, First};
pub use event::{Event, Facts, FlowView, Kind, SideView};
pub use nat::{is_related_error, Manip, Range};
pub use outside::Wanted;
pub use sctp::chunks as sctp_chunks;
pub use table::{ticks, Conntrack, Count, Zone, SECOND};
pub use track::{direction, Template, Tracked};
