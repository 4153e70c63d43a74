//! Conntrack alone. The load is nothing, inputs are packets, one a flow; runs insert them all, look them all up again, or look
//! up flows that are not there. Answers are the packet's `--ctstate` as a number (CtInfo).

use super::quiet::{at, packets, Quiet};
use super::Part;
use plane::abi::hook;
use plane::flow::{Conntrack, Template};
use plane::wire::{Ip, Packet};

/// Inserts into an empty table.
pub const INSERT: u32 = 0;
/// Finds what is there.
pub const FIND: u32 = 1;
/// Makes new flows that never get confirmed.
pub const MISS: u32 = 2;

#[derive(Default)]
pub struct Flows {
    flows: Conntrack,
    env: Quiet,
    packets: Vec<Packet>,
    answers: Vec<u32>,
}

impl Flows {
    fn pass(&mut self, is_kept: bool, change: impl Fn(&mut Packet)) {
        for (packet, answer) in self.packets.iter().zip(&mut self.answers) {
            let mut packet = *packet;
            change(&mut packet);
            self.flows.track(&at(hook::PREROUTING), &mut packet, Template::default(), &self.env);
            *answer = packet.ct_info as u32;
            if is_kept {
                self.flows.confirm(&mut packet, self.env.now);
            }
            self.flows.release(&mut packet);
        }
    }
}

impl Part for Flows {
    fn load(&mut self, _words: &[u32]) {}
    fn keys(&mut self, words: &[u32]) -> usize {
        self.packets = packets(words);
        self.answers = vec![0; self.packets.len()];
        self.packets.len()
    }
    fn run(&mut self, kind: u32) {
        match kind {
            INSERT => {
                self.flows = Conntrack::default();
                self.flows.config.max = 1 << 22;
                self.pass(true, |_| {});
            }
            FIND => self.pass(true, |_| {}),
            MISS => self.pass(false, |packet| packet.dst = Ip(packet.dst.0 ^ 0x0100_0000)),
            other => panic!("no run {other}"),
        }
    }
    fn answers(&self) -> &[u32] {
        &self.answers
    }
    fn bytes(&self) -> usize {
        self.flows.bytes()
    }
}
