//! What a rule sees: the packet, where it is, and the state of the namespace.

use super::env::{At, Env};
use super::memory::Memory;
use super::sets::Sets;
use super::table::pack_name;
use crate::flow::{Conntrack, Template};
use crate::wire::Packet;

/// One packet at one hook.
pub struct Context<'a, E: Env> {
    pub packet: &'a mut Packet,
    pub env: &'a mut E,
    pub at: At,
    pub flows: &'a mut Conntrack,
    pub sets: &'a mut Sets,
    pub memory: &'a mut Memory,
    /// Bytes for matches that read them.
    pub scratch: &'a mut Vec<u8>,
    /// tot_len, as counters count it.
    pub length: u32,
    /// Packed names of the devices (in, out), once a rule asked.
    pub names: [Option<u128>; 2],
    /// A match met a packet it cannot judge: the packet is dropped.
    pub hotdrop: bool,
    /// A match was met that is not modelled.
    pub unmodelled: bool,
    /// What `-j CT` asked for. Until conntrack takes it, it passes for a new flow without ends.
    pub template: Option<Template>,
}

impl<E: Env> Context<'_, E> {
    /// The in device's name, packed.
    pub fn name_in(&mut self) -> u128 {
        self.name(0, self.at.iif)
    }
    /// The out device's name, packed.
    pub fn name_out(&mut self) -> u128 {
        self.name(1, self.at.oif)
    }
    #[inline]
    fn name(&mut self, which: usize, device: u32) -> u128 {
        match self.names[which] {
            Some(name) => name,
            None => {
                let name = pack_name(self.env.dev_name(device));
                self.names[which] = Some(name);
                name
            }
        }
    }
    /// The mark of the packet's flow; `None` for a packet without one.
    pub fn flow_mark(&self) -> Option<u32> {
        let flow = self.flows.entry(self.packet.ct).map(|flow| flow.mark);
        flow.or(self.template.map(|_| 0))
    }
    /// The packet's bytes from its IP header on.
    pub fn bytes(&mut self) -> &[u8] {
        self.scratch.clear();
        self.env.bytes(self.packet, self.scratch);
        self.scratch
    }
}
