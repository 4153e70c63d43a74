//! Netfilter of one namespace: what stands at each hook, in the kernel's order.
//!
//! ```text
//! PREROUTING   raw -300   conntrack -200   mangle -150   nat (dst) -100
//! INPUT                                    mangle -150   filter 0   security 50   nat (src) 100   confirm
//! FORWARD                                  mangle -150   filter 0   security 50
//! OUTPUT       raw -300   conntrack -200   mangle -150   nat (dst) -100   filter 0   security 50
//! POSTROUTING                              mangle -150   nat (src) 100   confirm
//! ```
//! Base chains of nftables stand among them by their priorities. Chains of type nat are all asked where nat stands, in the order
//! of theirs, until one has settled the half of the flow.
//!
//! What a caller owes: one `run` per hook a packet passes, `release` once when the packet dies, is delivered or leaves the
//! namespace (a packet on its way through `lo` stays), `hold` when a packet is copied, `attach` for an ICMP error or RST
//! made because of a packet. Conntrack stands in a hook only while a rule of that family needs it.

use super::context::Context;
use super::env::{why, At, Env, Note, Verdict};
use super::memory::Memory;
use super::program::{Program, Refusal};
use super::sets::Sets;
use super::table::{Counter, Table};
use crate::abi::{chain as kinds, hook, program};
use crate::flow::{is_related_error, Conntrack, Manip, Tracked};
use crate::wire::packet::proto;
use crate::wire::{Family, Packet, NONE};

/// One thing a hook does.
#[derive(Clone, Copy)]
enum Step {
    /// A chain of a table; whether it routes a packet of ours again.
    Chain {
        table: u32,
        chain: u32,
        routes: bool,
    },
    Track,
    Nat(Manip),
    Confirm,
}

/// What stands at a hook beside chains, by its priority.
const FIXED: [&[(i32, Step)]; 5] = {
    const TRACK: (i32, Step) = (-200, Step::Track);
    const DESTINATION: (i32, Step) = (-100, Step::Nat(Manip::Destination));
    const SOURCE: (i32, Step) = (100, Step::Nat(Manip::Source));
    const CONFIRM: (i32, Step) = (i32::MAX, Step::Confirm);
    [&[TRACK, DESTINATION], &[SOURCE, CONFIRM], &[], &[TRACK, DESTINATION], &[SOURCE, CONFIRM]]
};

/// What stands at one hook, by priority; equal ones in the order they came.
type Steps = Vec<(i32, Step)>;

fn put(steps: &mut Steps, priority: i32, step: Step) {
    let place = steps.iter().position(|(other, _)| *other > priority).unwrap_or(steps.len());
    steps.insert(place, (priority, step));
}

/// What one family has loaded.
#[derive(Default)]
struct Ruleset {
    /// By number: those of iptables (`abi::table`), behind them those of nftables.
    tables: Vec<Option<Box<Table>>>,
    conntrack: bool,
    defrag: bool,
    /// Bit h: something stands at hook h.
    active: u8,
    /// By hook, in order.
    steps: [Steps; 5],
    /// Chains of type nat, by hook.
    nats: [Steps; 5],
}

/// Tables, conntrack and sets of one namespace.
#[derive(Default)]
pub struct Hooks {
    pub flows: Conntrack,
    pub sets: Sets,
    /// Lists of `recent` and `hashlimit`.
    pub memory: Memory,
    /// Walk every rule instead of hashing runs of them: the slow twin, for proofs and benches.
    pub linear: bool,
    rulesets: [Ruleset; 2],
    scratch: Vec<u8>,
}

fn side(family: Family) -> usize {
    (family == Family::V6) as usize
}

impl Hooks {
    /// Whether anything at all stands at this hook; when not, `run` need not be called.
    #[inline]
    pub fn active(&self, family: Family, hook: u32) -> bool {
        self.rulesets[side(family)].active >> hook & 1 == 1
    }
    /// Whether fragments must be put together before PREROUTING and OUTPUT (conntrack is on, or `socket` is used).
    pub fn wants_defrag(&self, family: Family) -> bool {
        let ruleset = &self.rulesets[side(family)];
        ruleset.conntrack || ruleset.defrag
    }
    /// Whether packets of the family are tracked: some rule needs it.
    pub fn tracks(&self, family: Family) -> bool {
        self.rulesets[side(family)].conntrack
    }

    /// One hook. NAT and mangling change the packet in place; whoever routes compares destination, source, mark and tos
    /// before and after OUTPUT and routes again where they changed (ip_route_me_harder).
    pub fn run<E: Env>(&mut self, at: At, packet: &mut Packet, env: &mut E) -> Verdict {
        let ruleset = &mut self.rulesets[side(at.family)];
        if ruleset.active >> at.hook & 1 == 0 {
            return Verdict::Accept;
        }
        self.sets.at = Some(at);
        let length = env.length(packet);
        let mut context = Context {
            packet,
            env,
            at,
            flows: &mut self.flows,
            sets: &mut self.sets,
            memory: &mut self.memory,
            scratch: &mut self.scratch,
            length,
            names: [None; 2],
            hotdrop: false,
            unmodelled: false,
            template: None,
        };
        let mut routed = Routed::of(context.packet);
        let Ruleset { tables, steps, nats, .. } = ruleset;
        for (_, step) in &steps[at.hook as usize] {
            let verdict = match step {
                Step::Chain { table, chain, .. } => match &mut tables[*table as usize] {
                    Some(table) => table.run(*chain, &mut context),
                    None => continue,
                },
                Step::Track => track(&mut context),
                Step::Nat(manip) => translate(tables, &nats[at.hook as usize], *manip, &mut context),
                Step::Confirm => confirm(&mut context),
            };
            if verdict != Verdict::Accept {
                return verdict;
            }
            if at.hook == hook::OUTPUT
                && rerouted(step, &mut routed, context.packet)
                && !context.env.can_reroute(context.packet)
            {
                return Verdict::Drop(why::REROUTE);
            }
        }
        Verdict::Accept
    }

    /// The packet goes: an unconfirmed entry that nobody else holds goes with it.
    #[inline]
    pub fn release(&mut self, packet: &mut Packet) {
        if packet.ct != NONE {
            self.flows.release(packet);
        }
        packet.ct_info = crate::wire::CtInfo::None;
    }
    /// The packet is copied: both carry its flow.
    pub fn hold(&mut self, packet: &Packet) {
        self.flows.hold_packet(packet);
    }
    /// An ICMP error or a RST made because of `cause` belongs to its flow (nf_ct_attach).
    pub fn attach(&mut self, answer: &mut Packet, cause: &Packet) {
        self.flows.attach(answer, cause);
    }

    /// Replaces a table (`abi::table`) by a program, or some of its chains; `now` is virtual time in nanoseconds. Refused
    /// programs change nothing.
    pub fn load(&mut self, family: Family, id: u32, words: &[u32], now: u64) -> Result<(), Refusal> {
        let place = (family, id);
        let ruleset = &mut self.rulesets[side(family)];
        let accounts;
        if words.first() == Some(&program::PATCH) {
            let Some(Some(table)) = ruleset.tables.get_mut(id as usize) else { return Err(Refusal::Malformed) };
            let program = Program::read(words, place, Some(table))?;
            table.patch(program, &mut self.memory, now);
            accounts = table.needs.accounts;
            ruleset.refresh();
        } else {
            let mut table = Table::load(Program::read(words, place, None)?, &mut self.memory, now);
            table.compiles = !self.linear;
            accounts = table.needs.accounts;
            self.put(family, id, Some(Box::new(table)));
        }
        self.flows.config.acct |= accounts;
        Ok(())
    }
    /// Takes a table away.
    pub fn unload(&mut self, family: Family, id: u32) {
        self.put(family, id, None);
    }
    fn put(&mut self, family: Family, id: u32, table: Option<Box<Table>>) {
        let ruleset = &mut self.rulesets[side(family)];
        if ruleset.tables.len() <= id as usize {
            ruleset.tables.resize_with(id as usize + 1, || None);
        }
        let old = std::mem::replace(&mut ruleset.tables[id as usize], table);
        if let Some(old) = old {
            self.memory.release(&old.states);
        }
        ruleset.refresh();
    }
    fn table(&self, family: Family, id: u32) -> Option<&Table> {
        self.rulesets[side(family)].tables.get(id as usize)?.as_deref()
    }
    /// Whether the table is loaded.
    pub fn has_table(&self, family: Family, id: u32) -> bool {
        self.table(family, id).is_some()
    }
    /// Packets and bytes of every line, appended to `out`.
    pub fn counters(&self, family: Family, id: u32, out: &mut Vec<f64>) {
        if let Some(table) = self.table(family, id) {
            out.extend(table.counters.iter().flat_map(|counter| [counter.packets as f64, counter.bytes as f64]));
        }
    }
    /// One line counts packets that were not walked (`pipeline/trail.rs`).
    pub fn count(&mut self, (family, id, line): (Family, u32, u32), packets: u64, bytes: u64) {
        if let Some(Some(table)) = self.rulesets[side(family)].tables.get_mut(id as usize) {
            let counter = &mut table.counters[line as usize];
            counter.packets += packets;
            counter.bytes += bytes;
        }
    }
    /// Sets one line's counter (`iptables -Z CHAIN RULE`).
    pub fn set_counter(&mut self, family: Family, id: u32, line: u32, counter: Counter) {
        if let Some(Some(table)) = self.rulesets[side(family)].tables.get_mut(id as usize) {
            if let Some(slot) = table.counters.get_mut(line as usize) {
                *slot = counter;
            }
        }
    }
}

impl Ruleset {
    fn refresh(&mut self) {
        let needs = |what: fn(&Table) -> bool| self.tables.iter().flatten().any(|table| what(table));
        self.conntrack = needs(|table| table.needs.conntrack);
        self.defrag = needs(|table| table.needs.defrag);
        (self.steps, self.nats) = Default::default();
        for table in self.tables.iter().flatten() {
            for (number, chain) in table.chains.iter().enumerate() {
                let Some(hook) = chain.hook else { continue };
                let lists = if chain.kind == kinds::NAT { &mut self.nats } else { &mut self.steps };
                let routes = chain.kind == kinds::ROUTE;
                let step = Step::Chain { table: table.id, chain: number as u32, routes };
                put(&mut lists[hook as usize], chain.priority, step);
            }
        }
        let translates = self.nats.iter().any(|chains| !chains.is_empty());
        self.active = 0;
        for (hook, steps) in self.steps.iter_mut().enumerate() {
            for (priority, step) in FIXED[hook] {
                let wanted = if matches!(step, Step::Nat(_)) { translates } else { self.conntrack };
                if wanted {
                    put(steps, *priority, *step);
                }
            }
            self.active |= (!steps.is_empty() as u8) << hook;
        }
    }
}

/// What a route was chosen by.
#[derive(PartialEq)]
struct Routed(crate::wire::Ip, crate::wire::Ip, u32, u8);

impl Routed {
    fn of(packet: &Packet) -> Routed {
        Routed(packet.src, packet.dst, packet.mark, packet.tos)
    }
}

/// Whether mangle or NAT, which route a packet of ours again at once, just changed what its route was chosen by.
fn rerouted(step: &Step, before: &mut Routed, packet: &Packet) -> bool {
    let routes = matches!(step, Step::Chain { routes: true, .. } | Step::Nat(_));
    let now = Routed::of(packet);
    let changed = routes && now != *before;
    *before = now;
    changed
}

fn track<E: Env>(c: &mut Context<E>) -> Verdict {
    let tracked = c.flows.track(&c.at, c.packet, c.template.take().unwrap_or_default(), c.env);
    if c.packet.trace != 0 {
        c.env.note(c.packet, Note::Conntrack);
    }
    match tracked {
        Tracked::Accept => Verdict::Accept,
        Tracked::Full => Verdict::Drop(why::TABLE_FULL),
    }
}

fn confirm<E: Env>(c: &mut Context<E>) -> Verdict {
    if c.flows.confirm(c.packet, c.env.now()) {
        Verdict::Accept
    } else {
        Verdict::Drop(why::CLASH)
    }
}

/// The nat chains: asked once per flow and half; every packet of the flow is rewritten (nf_nat_inet_fn).
fn translate<E: Env>(tables: &mut [Option<Box<Table>>], chains: &Steps, manip: Manip, c: &mut Context<E>) -> Verdict {
    use crate::wire::CtInfo::{New, Related, RelatedReply};
    if c.flows.entry(c.packet.ct).is_none() {
        return Verdict::Accept;
    }
    if is_related_error(c.packet) {
        return translate_error(manip, c);
    }
    let fresh = matches!(c.packet.ct_info, New | Related | RelatedReply);
    if fresh && !c.flows.is_bound(c.packet, manip) {
        for (_, step) in chains {
            let Step::Chain { table, chain, .. } = step else { continue };
            let Some(table) = &mut tables[*table as usize] else { continue };
            let verdict = table.run(*chain, c);
            if verdict != Verdict::Accept {
                return verdict;
            }
            if c.flows.is_bound(c.packet, manip) {
                break;
            }
        }
        if !c.flows.is_bound(c.packet, manip) {
            c.flows.bind_null(c.packet, manip, c.env);
        }
    } else if c.at.hook == hook::POSTROUTING && c.flows.masquerade_moved(c.packet, c.at.oif) {
        return Verdict::Drop(why::NAT);
    }
    if c.packet.proto == proto::GRE && c.flows.translates(c.packet, manip) && !has_gre(manip, c) {
        return Verdict::Drop(why::NAT);
    }
    if c.flows.rewrite(c.packet, manip) && c.packet.trace != 0 {
        note_translated(manip, c);
    }
    Verdict::Accept
}

/// Translation must read GRE's header, eight bytes, and gives a new destination to versions 0 and 1 alone (gre_manip_pkt).
fn has_gre<E: Env>(manip: Manip, c: &mut Context<E>) -> bool {
    c.scratch.clear();
    c.env.bytes(c.packet, c.scratch);
    let header = c.scratch.get(c.packet.header_len() as usize..).unwrap_or_default();
    header.len() >= 8 && (manip == Manip::Source || header[1] & 7 < 2)
}

fn translate_error<E: Env>(manip: Manip, c: &mut Context<E>) -> Verdict {
    if !c.flows.rewrite_error(c.packet, manip, c.env) {
        return Verdict::Drop(why::NAT);
    }
    if c.packet.trace != 0 && c.flows.translates(c.packet, manip) {
        note_translated(manip, c);
    }
    Verdict::Accept
}

fn note_translated<E: Env>(manip: Manip, c: &mut Context<E>) {
    let reply = crate::flow::direction(c.packet.ct_info) == 1;
    c.env.note(c.packet, Note::Translated { source: manip == Manip::Source, reply });
}
