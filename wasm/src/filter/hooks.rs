//! Netfilter of one namespace: what stands at each hook, in the kernel's order.
//!
//! ```text
//! PREROUTING   raw -300   conntrack -200   mangle -150   nat (dst) -100
//! INPUT                                    mangle -150   filter 0   security 50   nat (src) 100   confirm
//! FORWARD                                  mangle -150   filter 0   security 50
//! OUTPUT       raw -300   conntrack -200   mangle -150   nat (dst) -100   filter 0   security 50
//! POSTROUTING                              mangle -150   nat (src) 100   confirm
//! ```
//! What a caller owes: one `run` per hook a packet passes, `release` once when the packet dies, is delivered or leaves the
//! namespace (a packet on its way through `lo` stays), `attach` for an ICMP error or RST made because of a packet.

use super::env::{At, Env, Verdict};
use super::program::Refusal;
use crate::flow::Conntrack;
use crate::wire::{Family, Packet};

/// Tables, conntrack and sets of one namespace.
#[derive(Default)]
pub struct Hooks {
    pub flows: Conntrack,
}

impl Hooks {
    /// Whether anything at all stands at this hook; when not, `run` need not be called.
    pub fn active(&self, _family: Family, _hook: u32) -> bool {
        false
    }
    /// Whether fragments must be put together before PREROUTING and OUTPUT (conntrack is on, or `socket` is used).
    pub fn wants_defrag(&self, _family: Family) -> bool {
        false
    }
    /// One hook. NAT and mangling change the packet in place; whoever routes compares destination, source, mark and tos
    /// before and after OUTPUT and routes again where they changed (ip_route_me_harder).
    pub fn run<E: Env>(&mut self, _at: At, _packet: &mut Packet, _env: &mut E) -> Verdict {
        Verdict::Accept
    }
    /// The packet goes: an unconfirmed entry that nobody else holds goes with it.
    pub fn release(&mut self, _packet: &mut Packet) {}
    /// An ICMP error or a RST made because of `cause` belongs to its flow (nf_ct_attach).
    pub fn attach(&mut self, _answer: &mut Packet, _cause: &Packet) {}
    /// Replaces a table (`abi::table`) by a program.
    pub fn load(&mut self, _family: Family, _table: u32, _program: &[u32]) -> Result<(), Refusal> {
        Ok(())
    }
    /// Takes a table away.
    pub fn unload(&mut self, _family: Family, _table: u32) {}
    /// Packets and bytes of every line, appended to `out`.
    pub fn counters(&self, _family: Family, _table: u32, _out: &mut Vec<f64>) {}
}
