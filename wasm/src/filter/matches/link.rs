//! Matches on the link layer.

use crate::abi::physdev as test_of;
use crate::filter::context::Context;
use crate::filter::env::Env;
use crate::filter::table::{name_mask, name_word, pack_name};
use crate::wire::{Mac, Packet, PacketType};

/// `-m mac`: only what came by Ethernet has a source.
pub fn mac(packet: &Packet, o: &[u32], invert: bool) -> bool {
    let wanted = Mac((o[0] as u64) << 32 | o[1] as u64);
    packet.eth_src != Mac::ZERO && (packet.eth_src == wanted) != invert
}

/// `-m pkttype`
pub fn pkttype(packet: &Packet, o: &[u32]) -> bool {
    let kind = match packet.pkt_type {
        PacketType::Host => 0,
        PacketType::Broadcast => 1,
        PacketType::Multicast => 2,
        PacketType::OtherHost => 3,
        PacketType::Outgoing => 4,
    };
    kind == o[0]
}

/// `-m physdev`: bridge ports, of packets that a bridge hands round.
pub fn physdev<E: Env>(c: &mut Context<E>, o: &[u32]) -> bool {
    let (what, inverted) = (o[0], o[1]);
    let (port_in, port_out) = (c.packet.phys_in, c.packet.phys_out);
    let name_fits = |index: u32, words: &[u32]| {
        let have = pack_name(c.env.dev_name(index));
        index != 0 && (have ^ name_word(words)) & name_mask(words[4]) == 0
    };
    let test = |bit: u32, fits: bool| what & bit == 0 || fits != (inverted & bit != 0);
    test(test_of::BRIDGED, port_in != 0 && port_out != 0)
        && test(test_of::IS_IN, port_in != 0)
        && test(test_of::IS_OUT, port_out != 0)
        && test(test_of::IN, name_fits(port_in, &o[2..7]))
        && test(test_of::OUT, name_fits(port_out, &o[7..12]))
}
