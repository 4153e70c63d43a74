//! One network stack: devices, routes, neighbours, sysctls, sockets, and the hooks that packets pass.
//!
//! ```text
//! Namespace { stack, hooks }      a hook runs with the packet in one hand and the stack, as its Env, in the other
//! ```

use crate::abi::socketmatch;
use crate::fabric::World;
use crate::filter::{AddrType, Env, Hooks, Note};
use crate::hash::Map;
use crate::link::{Links, Place};
use crate::pipeline::cache::Cache;
use crate::pipeline::fragment::Fragments;
use crate::pipeline::limit::Limits;
use crate::pipeline::trail::Counter;
use crate::route::{Devices, Fib, FlowKey, RouteType};
use crate::socket::Ports;
use crate::sysctl::{self, Values};
use crate::trace;
use crate::wire::packet::proto;
use crate::wire::{print, Family, Ip, Packet, NONE};

/// What a route was found to be, kept with the packet between routing and output (struct rtable).
#[derive(Clone, Copy, Debug)]
pub struct Path {
    pub kind: RouteType,
    /// Device it leaves by; lo for what is local.
    pub oif: u32,
    /// The gateway; unspecified where the destination is on link.
    pub via: Ip,
    /// The source a packet without one gets.
    pub src: Ip,
    /// The route's own MTU or one learned from the path; 0 where the device's counts.
    pub mtu: u32,
    pub advmss: u32,
    pub table: u32,
}

impl Path {
    pub fn is_local(&self) -> bool {
        self.kind == RouteType::Local
    }
    /// The neighbour to ask for.
    pub fn next_hop(&self, dst: Ip) -> Ip {
        if self.via.is_unspecified() {
            dst
        } else {
            self.via
        }
    }
}

/// What redirects and "fragmentation needed" taught about a destination (fib_nh_exception).
#[derive(Clone, Copy, Default)]
pub struct Exception {
    /// 0: nothing learned.
    pub mtu: u32,
    pub gateway: Option<Ip>,
    pub expires: u64,
}

/// A namespace but for its hooks.
pub struct Stack {
    pub ns: u32,
    pub links: Links,
    pub fib: Fib,
    pub sysctls: Values,
    pub ports: Ports,
    pub fragments: Fragments,
    pub limits: Limits,
    pub exceptions: Map<Ip, Exception>,
    pub cache: Cache,
    /// The last IP id given.
    pub ip_id: u16,
}

/// A network namespace.
pub struct Namespace {
    pub stack: Stack,
    pub hooks: Hooks,
}

impl Namespace {
    pub fn new(ns: u32, ip_id: u16) -> Namespace {
        let stack = Stack {
            ns,
            links: Links::new(),
            fib: Fib::default(),
            sysctls: Values::new(sysctl::GLOBAL),
            ports: Ports::default(),
            fragments: Fragments::default(),
            limits: Limits::default(),
            exceptions: Map::default(),
            cache: Cache::default(),
            ip_id,
        };
        Namespace { stack, hooks: Hooks::default() }
    }
}

impl Stack {
    pub fn sysctl(&self, number: u32) -> i64 {
        self.sysctls.get(number)
    }
    pub fn next_ip_id(&mut self) -> u16 {
        self.ip_id = self.ip_id.wrapping_add(1);
        self.ip_id
    }
}

/// A namespace as its rules see it while they judge a packet.
pub struct View<'a> {
    pub stack: &'a mut Stack,
    pub world: &'a mut World,
    /// The route of the packet, where it has one by then.
    pub path: Option<Path>,
}

impl Env for View<'_> {
    fn now(&self) -> u64 {
        self.world.now
    }
    fn random(&mut self) -> u32 {
        self.world.random.draw()
    }
    fn dev_name(&self, index: u32) -> &str {
        self.stack.links.name(index)
    }
    fn addr_type(&self, ip: Ip, dev: u32) -> AddrType {
        let kind = self.stack.addr_type(ip, dev);
        let key = FlowKey { oif: dev, ..FlowKey::to(ip) };
        let lost = kind == AddrType::Unicast && !ip.is_v4() && self.stack.fib.lookup(&key, &self.stack.links).is_err();
        if lost {
            AddrType::Unreachable
        } else {
            kind
        }
    }
    fn select_address(&self, dev: u32, next_hop: Ip) -> Ip {
        self.stack.links.select_source(dev, next_hop, 0)
    }
    fn first_address(&self, dev: u32, to: Ip) -> Ip {
        self.stack.links.first6(dev, to)
    }
    fn next_hop(&self, packet: &Packet) -> Ip {
        self.path.map_or(packet.dst, |path| path.next_hop(packet.dst))
    }
    fn reverse_path(&self, packet: &Packet, flags: u32) -> bool {
        self.stack.reverse_path(packet, flags)
    }
    fn socket_owner(&self, packet: &Packet) -> Option<(u32, u32)> {
        self.world.sockets.get(packet.socket).map(|socket| (socket.options.uid, socket.options.uid))
    }
    fn has_socket(&self, packet: &Packet, flags: u32) -> bool {
        let mut asked = *packet;
        if packet.is_icmp_error() && packet.inner != NONE {
            let inner = self.world.pool.get(packet.inner);
            let (src, dst, sport, dport) = (inner.dst, inner.src, inner.dport, inner.sport);
            asked = Packet { src, dst, sport, dport, iif: packet.iif, ..*inner };
        }
        let any = flags & socketmatch::NOWILDCARD != 0;
        let own = flags & socketmatch::TRANSPARENT == 0;
        match asked.proto {
            proto::UDP if any && own && self.stack.links.iter().any(|device| device.listens(&asked).is_some()) => {
                return true
            }
            proto::TCP | proto::UDP => {}
            _ => return false,
        }
        let found = self.stack.ports.for_packet(&asked, &self.world.sockets);
        let socket = found.and_then(|id| self.world.sockets.get(id));
        socket.is_some_and(|socket| (any || !socket.local.is_unspecified()) && (own || socket.options.transparent))
    }
    fn length(&self, packet: &Packet) -> u32 {
        packet.len()
    }
    fn unix_time(&self) -> u64 {
        self.world.epoch + self.world.now / crate::fabric::SECOND
    }
    fn path_mtu(&self, _packet: &Packet) -> u32 {
        self.path.map_or(0, |path| self.stack.path_mtu(&path))
    }
    fn bytes(&self, packet: &Packet, out: &mut Vec<u8>) {
        print::print_ip(packet, &self.world.pool, out);
    }
    fn inner(&self, packet: &Packet) -> Option<Packet> {
        (packet.inner != NONE).then(|| *self.world.pool.get(packet.inner))
    }
    fn set_inner(&mut self, packet: &Packet, inner: Packet) {
        *self.world.pool.get_mut(packet.inner) = inner;
    }
    fn sysctl(&self, id: u32) -> i64 {
        self.stack.sysctls.get(id)
    }
    fn can_reroute(&self, packet: &Packet) -> bool {
        let oif = self.path.map_or(0, |path| path.oif);
        self.stack.reroute(packet, self.world.bound_to(packet, oif)).is_ok()
    }
    fn counted(&mut self, family: Family, table: u32, line: u32, bytes: u32) {
        self.world.trails.note(Counter::Rule { ns: self.stack.ns, family, table, line }, bytes);
    }
    fn spoil_trail(&mut self) {
        self.world.trails.spoil();
    }
    fn narrow_trail(&mut self) {
        self.world.trails.narrow();
    }
    fn ported_trail(&mut self) {
        self.world.trails.port();
    }
    fn note(&mut self, packet: &Packet, note: Note) {
        let dev = if packet.iif != 0 { packet.iif } else { self.path.map_or(0, |path| path.oif) };
        trace::note_hook(Place { ns: self.stack.ns, dev }, self.world, packet, note);
    }
}
