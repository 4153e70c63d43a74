//! Traces, captures, tun ports, kernel events.

use super::records::*;
use super::{words, Plane};
use crate::link::Place;
use crate::trace::{Action, Reason, Record};
use crate::wire::packet::{ether, proto};
use crate::wire::{parse, Mac, Packet, PacketType};
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
impl Plane {
    /// A packet from outside comes in by a tun device; bytes that are none are counted as errors.
    pub fn inject(&mut self, ns: u32, dev: u32, bytes: &[u8]) {
        let place = Place { ns, dev };
        let (space, world) = self.fabric.both(ns);
        let Some(device) = space.stack.links.get_mut(dev) else { return };
        match parse::parse_ip(bytes, &mut world.pool) {
            Ok(mut packet) => {
                packet.pkt_type = PacketType::Host;
                packet.trace = device.trace;
                let packet = world.pool.begin(packet);
                self.fabric.receive(place, packet);
                self.fabric.run_queue();
            }
            Err(_) => device.rx.errors += 1,
        }
    }
    #[wasm_bindgen(js_name = takeOut)]
    pub fn take_out(&mut self) -> Vec<u32> {
        words(&std::mem::take(&mut self.fabric.world.out))
    }
    /// Begins a trace of what a socket sends from now on.
    pub fn trace(&mut self, socket: u32) -> u32 {
        let number = self.fabric.world.tracer.begin();
        if let Some(socket) = self.fabric.world.sockets.get_mut(socket) {
            socket.trace = number;
        }
        number
    }
    /// Begins a trace of what a tun device is given from now on; `on` false ends it.
    #[wasm_bindgen(js_name = traceDevice)]
    pub fn trace_device(&mut self, ns: u32, dev: u32, on: bool) -> u32 {
        let number = if on { self.fabric.world.tracer.begin() } else { 0 };
        if let Some(device) = self.fabric.space_mut(ns).stack.links.get_mut(dev) {
            device.trace = number;
        }
        number
    }
    #[wasm_bindgen(js_name = takeTrace)]
    pub fn take_trace(&mut self) -> Vec<u32> {
        let records = std::mem::take(&mut self.fabric.world.tracer.records);
        words(&records.iter().map(trace_view).collect::<Vec<_>>())
    }
    pub fn capture(&mut self, ns: u32, dev: u32, on: bool) {
        if let Some(device) = self.fabric.space_mut(ns).stack.links.get_mut(dev) {
            device.capture = on;
        }
    }
    #[wasm_bindgen(js_name = takeFrames)]
    pub fn take_frames(&mut self) -> Vec<u32> {
        words(&std::mem::take(&mut self.fabric.world.frames))
    }
    #[wasm_bindgen(js_name = watchKernel)]
    pub fn watch_kernel(&mut self, on: bool) {
        self.fabric.world.watching = on;
        self.fabric.world.kernel_events.clear();
    }
    #[wasm_bindgen(js_name = takeKernelEvents)]
    pub fn take_kernel_events(&mut self) -> Vec<u32> {
        words(&std::mem::take(&mut self.fabric.world.kernel_events))
    }
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
