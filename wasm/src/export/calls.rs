//! The cold calls: one number each (`abi::call`), arguments and answers as word streams. What a call takes and gives stands
//! in its line; its meaning, in `types/api.ts`.

use super::control::Key;
use super::filters;
use super::records::*;
use super::{evidence, routes};
use crate::abi::call;
use crate::errno::{refuse, Answer, ENODEV, ENOENT};
use crate::fabric::Fabric;
use crate::link::Place;
use crate::record::{Bytes, Field, Log, Reader};
use crate::wire::{Ip, Prefix};

/// Where a call's answer goes: plain values as they are, refusable ones behind an errno.
struct Out(Vec<u32>);

impl Out {
    fn value<T: Field>(&mut self, value: T) {
        value.put(&mut self.0);
    }
    fn answer<T: Field>(&mut self, result: Answer<T>) {
        match result {
            Ok(value) => {
                self.0.push(0);
                value.put(&mut self.0);
            }
            Err(refusal) => {
                self.0.push(refusal.errno);
                refusal.extack.to_string().put(&mut self.0);
            }
        }
    }
    fn list(&mut self, mut log: Log) {
        self.0 = log.take();
    }
    fn outcome(&mut self, result: Answer<()>) {
        self.answer(result.map(|()| true));
    }
}

fn place(args: &mut Reader) -> Place {
    Place { ns: args.word(), dev: args.word() }
}

/// Calls that only look: trails hold on.
const READS: [u32; 14] = [
    call::LINKS,
    call::ADDRESSES,
    call::NEIGHBOURS,
    call::FDB,
    call::SYSCTL,
    call::ROUTES,
    call::RULES,
    call::COUNTERS,
    call::SET_MEMBERS,
    call::SOCKET_VIEW,
    call::SOCKETS,
    call::TAKE_WAKEUPS,
    call::TAKE_OUT,
    call::TAKE_FRAMES,
];

/// Answers a call.
pub fn answer(fabric: &mut Fabric, number: u32, words: &[u32]) -> Vec<u32> {
    if READS.contains(&number) {
        fabric.settle();
    } else {
        fabric.interrupt();
    }
    let mut args = Reader::new(words);
    let mut out = Out(Vec::new());
    // A batch: calls behind each other, each its number first, up to the first that is refused. The last answer, then how far it came.
    let batch = number == call::BATCH;
    let mut number = if batch { args.word() } else { number };
    loop {
        match number {
            0..=0x1f => links(fabric, number, &mut args, &mut out),
            0x20..=0x2f => ways(fabric, number, &mut args, &mut out),
            0x30..=0x3f => rules(fabric, number, &mut args, &mut out),
            0x40..=0x5f => sockets(fabric, number, &mut args, &mut out),
            _ => watching(fabric, number, &mut args, &mut out),
        }
        fabric.run_queue();
        if !batch {
            return out.0;
        }
        if args.at >= words.len() || out.0[0] != 0 {
            out.0.push(args.at as u32);
            return out.0;
        }
        out.0.clear();
        number = args.word();
    }
}

/// Namespaces, devices, addresses, neighbours, forwarding tables, sysctls.
fn links(fabric: &mut Fabric, number: u32, args: &mut Reader, out: &mut Out) {
    match number {
        call::ADD_NAMESPACE => out.value(fabric.add_namespace()),
        call::REMOVE_NAMESPACE => fabric.remove_namespace(args.word()),
        call::ADD_LINK => out.answer(fabric.add_link(args.word(), LinkSpec::get(args))),
        call::SET_LINK => out.outcome(fabric.set_link(place(args), LinkChange::get(args))),
        call::REMOVE_LINK => out.outcome(fabric.remove_link(place(args))),
        call::LINKS => out.list(fabric.links(args.word())),
        call::SET_NETEM => out.outcome(fabric.set_netem(place(args), Option::<NetemSpec>::get(args))),
        call::ADD_ADDRESS => out.outcome(fabric.add_address(place(args), AddressSpec::get(args))),
        call::REMOVE_ADDRESS => out.outcome(fabric.remove_address(place(args), Prefix::get(args))),
        call::ADDRESSES => out.list(fabric.addresses(args.word())),
        call::ADD_NEIGHBOUR => {
            out.outcome(fabric.add_neighbour(args.word(), NeighbourView::get(args), NeighbourMode::get(args)));
        }
        call::REMOVE_NEIGHBOUR => out.outcome(fabric.remove_neighbour(place(args), Ip::get(args))),
        call::NEIGHBOURS => out.list(fabric.neighbours(args.word())),
        call::ADD_FDB => out.outcome(fabric.add_fdb(args.word(), FdbView::get(args), FdbMode::get(args))),
        call::REMOVE_FDB => out.outcome(fabric.remove_fdb(args.word(), FdbKey::get(args))),
        call::FDB => out.list(fabric.fdb(args.word())),
        call::SET_SYSCTL => out.outcome(fabric.set_sysctl(args.word(), Key::get(args), f64::get(args) as i64)),
        _ => out.value(fabric.sysctl(args.word(), Key::get(args)).map(|value| value as f64)),
    }
}

/// Routes and policy rules.
fn ways(fabric: &mut Fabric, number: u32, args: &mut Reader, out: &mut Out) {
    let ns = args.word();
    match number {
        call::ADD_ROUTE => out.outcome(fabric.add_route(ns, &RouteRecord::get(args), RouteMode::get(args))),
        call::REMOVE_ROUTE => out.outcome(fabric.remove_route(ns, &RouteRecord::get(args))),
        call::ROUTES => out.list(fabric.routes(ns, args.word())),
        call::ROUTE_GET => out.answer(fabric.route_get(ns, &RouteQuery::get(args))),
        call::ADD_RULE => out.outcome(fabric.add_rule(ns, &RuleRecord::get(args))),
        call::REMOVE_RULE => out.outcome(fabric.remove_rule(ns, &RuleRecord::get(args))),
        _ => out.list(fabric.rules(ns, args.word())),
    }
}

/// Tables, sets, flows.
fn rules(fabric: &mut Fabric, number: u32, args: &mut Reader, out: &mut Out) {
    let now = fabric.world.now;
    let ns = args.word();
    match number {
        call::DROP_TABLE => {
            let family = routes::family_of(args.word());
            fabric.space_mut(ns).hooks.unload(family, args.word());
        }
        call::COUNTERS => {
            let mut counts = Vec::new();
            let family = routes::family_of(args.word());
            fabric.space(ns).hooks.counters(family, args.word(), &mut counts);
            counts.iter().for_each(|count| count.put(&mut out.0));
        }
        call::DROP_SET => {
            let there = fabric.space_mut(ns).hooks.sets.unload(args.word());
            out.outcome(if there { Ok(()) } else { refuse(ENOENT) });
        }
        call::SET_MEMBERS => out.0 = fabric.space(ns).hooks.sets.words(args.word(), now).unwrap_or_default(),
        call::FLOWS => out.list(filters::list_flows(fabric, ns)),
        call::REMOVE_FLOW => out.value(fabric.space_mut(ns).hooks.flows.remove(args.word())),
        call::SET_FLOW => out.value(filters::set_flow(fabric, ns, args)),
        call::FLOW_STATISTICS => {
            let counted = &fabric.space(ns).hooks.flows.statistics;
            counted.list().iter().for_each(|count| out.0.push(*count as u32));
        }
        call::WATCH_FLOWS => fabric.watch_flows(ns != 0),
        _ => out.list(filters::take_events(fabric)),
    }
}

/// Sockets, but for those calls that carry bytes in.
fn sockets(fabric: &mut Fabric, number: u32, args: &mut Reader, out: &mut Out) {
    let id = args.word();
    match number {
        call::SOCKET => out.value(fabric.socket(id, SocketKind::get(args), (args.word(), args.word() as u8))),
        call::SET_SOCKET => out.outcome(fabric.set_socket(id, SocketOptions::get(args))),
        call::BIND => out.outcome(fabric.bind(id, Ip::get(args), args.word() as u16)),
        call::LISTEN => out.outcome(fabric.listen(id, args.word())),
        call::CONNECT => out.outcome(fabric.connect(id, Ip::get(args), args.word() as u16)),
        call::ACCEPT => out.answer(fabric.accept(id)),
        call::RECEIVE => out.answer(fabric.receive_bytes(id, args.word() as usize).map(Bytes)),
        call::RECEIVE_FROM => out.answer(fabric.receive_from(id)),
        call::TAKE_ERROR => out.value(fabric.take_socket_error(id)),
        call::SHUTDOWN => out.outcome(fabric.shutdown(id)),
        call::CLOSE => fabric.close(id),
        call::SOCKET_VIEW => out.value(fabric.socket_view(id)),
        call::SOCKETS => out.list(fabric.sockets(id)),
        call::TAKE_WAKEUPS => out.0 = fabric.world.sockets.take_woken(),
        _ => out.value(fabric.begin_trace(id)),
    }
}

/// Evidence.
fn watching(fabric: &mut Fabric, number: u32, args: &mut Reader, out: &mut Out) {
    match number {
        call::TAKE_OUT => out.0 = fabric.world.out.take(),
        call::TRACE_DEVICE => out.value(fabric.trace_device(place(args), bool::get(args))),
        call::TAKE_TRACE => out.list(evidence::take_trace(fabric)),
        call::CAPTURE => {
            let (Place { ns, dev }, on) = (place(args), bool::get(args));
            match fabric.space_mut(ns).stack.links.get_mut(dev) {
                Some(device) => device.capture = on,
                None => out.outcome(refuse(ENODEV)),
            }
        }
        call::TAKE_FRAMES => out.0 = fabric.world.frames.take(),
        call::WATCH_KERNEL => {
            fabric.world.watching = bool::get(args);
            fabric.world.kernel_events.clear();
        }
        _ => out.0 = fabric.world.kernel_events.take(),
    }
}
