//! Tables, sets and flows in the words of the joint.

use crate::errno::{refuse, Answer, EINVAL, ELOOP};
use crate::export::routes::family_of;
use crate::fabric::Fabric;
use crate::filter::program::Refusal;
use crate::flow::entry::status;
use crate::flow::tuple::Wide;
use crate::flow::{FlowView, Kind, SideView, Wanted};
use crate::record::{record, words as names, Field, Log, Reader};
use crate::wire::packet::proto;
use crate::wire::Ip;

names! {
    /// `conntrack -E`'s heads.
    FlowChange { New = "NEW", Update = "UPDATE", Destroy = "DESTROY" }
}
record! {
    FlowSide {
        src: Ip, dst: Ip, sport: u16, dport: u16, kind: Option<u8>, code: Option<u8>, id: Option<u16>, packets: u64, bytes: u64,
    }
}
record! {
    FlowRecord {
        id: u32, family: u32, proto: u8, state: Option<String>, timeout: u32, original: FlowSide, reply: FlowSide, mark: u32,
        zone: u16, replied: bool, assured: bool, confirmed: bool, snat: bool, dnat: bool, helper: Option<String>,
    }
}
record! { FlowEvent { ns: u32, event: FlowChange, flow: FlowRecord } }

/// Conntrack events of all namespaces since the last time.
pub fn take_events(fabric: &mut Fabric) -> Log {
    let mut log = Log::default();
    for space in fabric.spaces.iter_mut().flatten() {
        let ns = space.stack.ns;
        for event in std::mem::take(&mut space.hooks.flows.events) {
            log.add(&FlowEvent { ns, event: change(event.kind), flow: FlowRecord::of(&event.flow) });
        }
    }
    log
}

/// `conntrack -L`.
pub fn list_flows(fabric: &mut Fabric, ns: u32) -> Log {
    let now = fabric.world.now;
    let flows = &mut fabric.space_mut(ns).hooks.flows;
    flows.sweep(now);
    let mut log = Log::default();
    flows.dump(now).for_each(|flow| log.add(&FlowRecord::of(&flow)));
    log
}

fn wide(args: &mut Reader, proto: u8) -> Wide {
    Wide { src: Ip::get(args), dst: Ip::get(args), sport: args.word() as u16, dport: args.word() as u16, proto }
}

/// `conntrack -I` with both directions, `conntrack -U` without the reply; an errno, 0 where it is done.
pub fn set_flow(fabric: &mut Fabric, ns: u32, args: &mut Reader) -> u32 {
    let now = fabric.world.now;
    let proto = args.word() as u8;
    let original = wide(args, proto);
    let reply = bool::get(args).then(|| wide(args, proto));
    let zone = args.word() as u16;
    let wanted = Wanted {
        timeout: Option::get(args),
        mark: Option::get(args),
        state: Option::get(args),
        status: args.word() as u16,
    };
    fabric.space_mut(ns).hooks.flows.set_flow(now, (original, reply), (zone, wanted))
}

impl Fabric {
    /// Whether flows' events are kept, in namespaces to come as well.
    pub fn watch_flows(&mut self, on: bool) {
        self.world.watching_flows = on;
        self.spaces.iter_mut().flatten().for_each(|space| space.hooks.flows.watch(on));
    }

    /// Replaces a table by a compiled program; refused programs change nothing.
    pub fn load_table(&mut self, ns: u32, (family, table): (u32, u32), program: &[u32]) -> Answer<()> {
        let now = self.world.now;
        refused(self.space_mut(ns).hooks.load(family_of(family), table, program, now))
    }

    /// Replaces a set.
    pub fn load_set(&mut self, ns: u32, id: u32, program: &[u32]) -> Answer<()> {
        let now = self.world.now;
        refused(self.space_mut(ns).hooks.sets.load(id, program, now))
    }
}

fn refused(result: Result<(), Refusal>) -> Answer<()> {
    match result {
        Ok(()) => Ok(()),
        Err(Refusal::Malformed) => refuse(EINVAL),
        Err(Refusal::Loop) => refuse(ELOOP),
    }
}

fn change(kind: Kind) -> FlowChange {
    match kind {
        Kind::New => FlowChange::New,
        Kind::Update => FlowChange::Update,
        Kind::Destroy => FlowChange::Destroy,
    }
}

impl FlowRecord {
    /// A flow as `conntrack -L` has it.
    pub fn of(flow: &FlowView) -> FlowRecord {
        let has = |bit: u16| flow.status & bit != 0;
        FlowRecord {
            id: flow.id,
            family: flow.family as u32,
            proto: flow.proto,
            state: flow.state.map(str::to_string),
            timeout: flow.timeout,
            original: flow_side(flow.proto, &flow.original),
            reply: flow_side(flow.proto, &flow.reply),
            mark: flow.mark,
            zone: flow.zone,
            replied: has(status::SEEN_REPLY),
            assured: has(status::ASSURED),
            confirmed: has(status::CONFIRMED),
            snat: has(status::SRC_NAT),
            dnat: has(status::DST_NAT),
            helper: (!flow.helper.is_empty()).then(|| flow.helper.clone()),
        }
    }
}

fn flow_side(protocol: u8, side: &SideView) -> FlowSide {
    let icmp = matches!(protocol, proto::ICMP | proto::ICMPV6);
    FlowSide {
        src: side.src,
        dst: side.dst,
        sport: side.sport,
        dport: side.dport,
        kind: icmp.then_some(side.kind),
        code: icmp.then_some(side.code),
        id: icmp.then_some(side.id),
        packets: side.count.packets,
        bytes: side.count.bytes,
    }
}
