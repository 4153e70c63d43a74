//! Traces, captures, tun ports, kernel events.

use super::records::*;
use crate::fabric::Fabric;
use crate::link::Place;
use crate::record::Log;
use crate::trace::{Action, Layer, Reason, Record};
use crate::wire::packet::{ether, packet, proto};
use crate::wire::{parse, Mac, Packet, PacketType};

impl Fabric {
    /// A packet from outside comes in by a tun device; bytes that are none are counted as errors. By any other device a
    /// frame goes out, as from a packet socket.
    pub fn inject(&mut self, ns: u32, dev: u32, bytes: &[u8]) {
        let (space, world) = self.both(ns);
        let Some(device) = space.stack.links.get_mut(dev) else { return };
        if device.has_header() {
            if let Ok(packet) = parse::parse_frame(bytes, &mut world.pool) {
                let packet = world.pool.begin(packet);
                self.xmit(Place { ns, dev }, packet);
                self.run_queue();
            }
            return;
        }
        match parse::parse_ip(bytes, &mut world.pool) {
            Ok(mut packet) => {
                packet.pkt_type = PacketType::Host;
                packet.trace = device.trace;
                packet.summed = Packet::BY_NOBODY;
                let packet = world.pool.begin(packet);
                self.receive(Place { ns, dev }, packet);
                self.run_queue();
            }
            Err(_) => {
                device.rx.errors += 1;
                let packet = world.pool.begin(packet! { trace: device.trace });
                self.drop(Place { ns, dev }, packet, Layer::Link, Reason::Malformed);
            }
        }
    }

    /// Begins a trace of what a socket sends from now on; its number.
    pub fn begin_trace(&mut self, socket: u32) -> u32 {
        let number = self.world.tracer.begin();
        if let Some(socket) = self.world.sockets.get_mut(socket) {
            socket.trace = number;
        }
        number
    }

    /// Begins (or ends) a trace of what a tun device is given; its number.
    pub fn trace_device(&mut self, place: Place, on: bool) -> u32 {
        let number = if on { self.world.tracer.begin() } else { 0 };
        if let Some(device) = self.space_mut(place.ns).stack.links.get_mut(place.dev) {
            device.trace = number;
        }
        number
    }
}

/// The records since the last time.
pub fn take_trace(fabric: &mut Fabric) -> Log {
    let mut log = Log::default();
    std::mem::take(&mut fabric.world.tracer.records).iter().for_each(|record| log.add(&trace_view(record)));
    log
}

fn trace_view(record: &Record) -> TraceView {
    let rule = record.detail.rule;
    let route = record.detail.route;
    let silent = record.reason == Reason::None && record.action != Action::Dropped;
    TraceView {
        time: record.time as f64 / 1e6,
        trace: record.packet.trace,
        ns: record.place.ns,
        dev: record.place.dev,
        layer: record.layer,
        action: record.action,
        reason: (!silent).then_some(record.reason),
        table: rule.map(|(table, ..)| table),
        hook: rule.map(|(_, hook, _)| hook),
        rule: rule.map(|(.., line)| line),
        family: rule.map(|_| record.packet.family() as u32),
        packet: packet_view(&record.packet),
        via: route.and_then(|(via, ..)| (!via.is_unspecified()).then_some(via)),
        oif: route.map(|(_, oif, _)| oif),
        route_table: route.map(|(.., table)| table),
    }
}

fn packet_view(packet: &Packet) -> PacketView {
    let icmp = matches!(packet.proto, proto::ICMP | proto::ICMPV6) && packet.ethertype != ether::ARP;
    let kind = (icmp || packet.ethertype == ether::ARP).then_some(packet.kind);
    let mac = |mac: Mac| (mac != Mac::ZERO).then_some(mac);
    PacketView {
        family: packet.family() as u32,
        proto: if packet.ethertype == ether::ARP { 0 } else { packet.proto },
        src: packet.src,
        dst: packet.dst,
        sport: packet.sport,
        dport: packet.dport,
        ttl: packet.ttl,
        mark: packet.mark,
        flags: (packet.proto == proto::TCP && packet.ethertype != ether::ARP).then(|| flag_letters(packet.flags)),
        kind,
        code: icmp.then_some(packet.code),
        length: if packet.ethertype == ether::ARP { 28 } else { packet.len() },
        eth_src: mac(packet.eth_src),
        eth_dst: mac(packet.eth_dst),
    }
}

/// `SA` for SYN and ACK, in the header's order from the lowest bit.
fn flag_letters(flags: u8) -> String {
    "FSRPAUEC".chars().enumerate().filter(|(bit, _)| flags >> bit & 1 == 1).map(|(_, letter)| letter).collect()
}
