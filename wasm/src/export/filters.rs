//! Tables, sets and flows in the words of the joint.

use super::{outcome, words, Plane};
use crate::errno::{refuse, Answer, EINVAL, ELOOP, ENOENT};
use crate::fabric::Fabric;
use crate::filter::program::Refusal;
use crate::flow::entry::status;
use crate::flow::{FlowView, Kind, SideView};
use crate::record::{record, words as names};
use crate::wire::packet::proto;
use crate::wire::{Family, Ip};
use wasm_bindgen::prelude::wasm_bindgen;

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

#[wasm_bindgen]
impl Plane {
    #[wasm_bindgen(js_name = loadTable)]
    pub fn load_table(&mut self, ns: u32, family: u32, table: u32, program: &[u32]) -> Vec<u32> {
        let now = self.fabric.world.now;
        let result = self.fabric.space_mut(ns).hooks.load(family_of(family), table, program, now);
        outcome(refused(result))
    }
    #[wasm_bindgen(js_name = dropTable)]
    pub fn drop_table(&mut self, ns: u32, family: u32, table: u32) {
        self.fabric.space_mut(ns).hooks.unload(family_of(family), table);
    }
    pub fn counters(&self, ns: u32, family: u32, table: u32) -> Vec<f64> {
        let mut out = Vec::new();
        self.fabric.space(ns).hooks.counters(family_of(family), table, &mut out);
        out
    }
    #[wasm_bindgen(js_name = loadSet)]
    pub fn load_set(&mut self, ns: u32, id: u32, program: &[u32]) -> Vec<u32> {
        let now = self.fabric.world.now;
        outcome(refused(self.fabric.space_mut(ns).hooks.sets.load(id, program, now)))
    }
    #[wasm_bindgen(js_name = dropSet)]
    pub fn drop_set(&mut self, ns: u32, id: u32) -> Vec<u32> {
        let there = self.fabric.space_mut(ns).hooks.sets.unload(id);
        outcome(if there { Ok(()) } else { refuse(ENOENT) })
    }
    #[wasm_bindgen(js_name = setMembers)]
    pub fn set_members(&self, ns: u32, id: u32) -> Vec<u32> {
        let now = self.fabric.world.now;
        self.fabric.space(ns).hooks.sets.words(id, now).unwrap_or_default()
    }
    pub fn flows(&mut self, ns: u32) -> Vec<u32> {
        let now = self.fabric.world.now;
        let flows = &mut self.fabric.space_mut(ns).hooks.flows;
        flows.sweep(now);
        words(&flows.dump(now).map(|flow| flow_record(&flow)).collect::<Vec<_>>())
    }
    /// `conntrack -D` by id; false where the flow is gone.
    #[wasm_bindgen(js_name = removeFlow)]
    pub fn remove_flow(&mut self, ns: u32, id: u32) -> bool {
        self.fabric.space_mut(ns).hooks.flows.remove(id)
    }
    #[wasm_bindgen(js_name = watchFlows)]
    pub fn watch_flows(&mut self, on: bool) {
        self.fabric.watch_flows(on);
    }
    #[wasm_bindgen(js_name = takeFlowEvents)]
    pub fn take_flow_events(&mut self) -> Vec<u32> {
        let mut events = Vec::new();
        for space in self.fabric.spaces.iter_mut().flatten() {
            let ns = space.stack.ns;
            let of = |event: crate::flow::Event| FlowEvent { ns, event: change(event.kind), flow: flow_record(&event.flow) };
            events.extend(space.hooks.flows.events.drain(..).map(of));
        }
        words(&events)
    }
}

impl Fabric {
    /// Whether flows' events are kept, in namespaces to come as well.
    pub fn watch_flows(&mut self, on: bool) {
        self.world.watching_flows = on;
        self.spaces.iter_mut().flatten().for_each(|space| space.hooks.flows.watch(on));
    }
}

fn family_of(number: u32) -> Family {
    if number == 6 {
        Family::V6
    } else {
        Family::V4
    }
}

fn refused(result: Result<(), Refusal>) -> Answer<()> {
    match result {
        Ok(()) => Ok(()),
        Err(Refusal::Malformed(_)) => refuse(EINVAL),
        Err(Refusal::Loop) => refuse(ELOOP),
        Err(Refusal::NoSet(_)) => refuse(ENOENT),
    }
}

fn change(kind: Kind) -> FlowChange {
    match kind {
        Kind::New => FlowChange::New,
        Kind::Update => FlowChange::Update,
        Kind::Destroy => FlowChange::Destroy,
    }
}

fn flow_record(flow: &FlowView) -> FlowRecord {
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

