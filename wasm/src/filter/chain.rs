//! A table's walk over its rules: first match first, jumps on a stack, every counter exact. This linear walk is what a
//! chain means; `classifier.rs` may find a rule faster, never differently.

use super::classifier::{self, applies};
use super::context::Context;
use super::env::{why, Env, Note, Verdict};
use super::matches::fits;
use super::memory::State;
use super::table::{name_mask, name_word, Frame, Table};
use super::targets::{act, Next};
use super::vectors::Cursor;
use crate::abi::{base, ctmatch, hook as hooks, op, setmatch, target};
use crate::wire::Family;

/// Where the target of a matching rule begins, counted in the rule's words; or none.
#[inline]
fn matches<E: Env>(rule: &[u32], v4: bool, c: &mut Context<E>, states: &mut [State]) -> Option<usize> {
    let mut at = base_fits(rule, v4, c)?;
    let count = rule[at];
    at += 1;
    for _ in 0..count {
        let head = rule[at];
        let end = at + 1 + (head >> 16) as usize;
        if c.packet.probe != 0 {
            note_match(head, &rule[at + 1..end], c.env);
        }
        if !fits(head, &rule[at + 1..end], c, states) {
            return None;
        }
        at = end;
    }
    Some(at)
}

/// Matches that look at nothing but the packet's headers, its flow and settings. Others remember, draw lots or look at the clock.
const PLAIN: u64 = bits(&[
    op::COMMENT,
    op::TCP,
    op::UDP,
    op::SCTP,
    op::ICMP,
    op::MULTIPORT,
    op::IPRANGE,
    op::MAC,
    op::ADDRTYPE,
    op::CONNTRACK,
    op::MARK,
    op::CONNMARK,
    op::PHYSDEV,
    op::PKTTYPE,
    op::TTL,
    op::TOS,
    op::DSCP,
    op::TCPMSS,
    op::OWNER,
    op::SOCKET,
    op::RPFILTER,
    op::HELPER,
    op::CPU,
    op::POLICY,
    op::ECN,
    op::SET,
    op::UNMODELLED,
]);
/// Matches that look at what packets of one flow differ in.
const PARTICULAR: u64 = bits(&[op::LENGTH, op::U32, op::STRING]);

const fn bits(numbers: &[u32]) -> u64 {
    let (mut bits, mut at) = (0, 0);
    while at < numbers.len() {
        bits |= 1 << numbers[at];
        at += 1;
    }
    bits
}

/// What a trail must know of a match that a packet of a batch met.
fn note_match<E: Env>(head: u32, operands: &[u32], env: &mut E) {
    let bit = 1u64 << (head & 63);
    let by_clock = head & 0xff == op::CONNTRACK && operands[0] & ctmatch::EXPIRES != 0
        || head & 0xff == op::SET && operands[2] & setmatch::STEADY == 0;
    if bit & PARTICULAR != 0 {
        env.narrow_trail();
    } else if bit & PLAIN == 0 || by_clock {
        env.spoil_trail();
    }
}

/// -s -d -i -o -p -f: the word after them, when they fit.
#[inline]
fn base_fits<E: Env>(rule: &[u32], v4: bool, c: &mut Context<E>) -> Option<usize> {
    let flags = rule[1];
    let mut at = 2;
    for (part, inverted, source) in
        [(base::SOURCE, base::NOT_SOURCE, true), (base::DESTINATION, base::NOT_DESTINATION, false)]
    {
        if flags & part == 0 {
            continue;
        }
        let address = if source { c.packet.src } else { c.packet.dst };
        let differs = if v4 {
            at += 2;
            (address.low() ^ rule[at - 2]) & rule[at - 1] != 0
        } else {
            at += 8;
            let words = address.words();
            (0..4).any(|i| (words[i] ^ rule[at - 8 + i]) & rule[at - 4 + i] != 0)
        };
        if differs != (flags & inverted != 0) {
            return None;
        }
    }
    if flags & (base::IN | base::OUT) != 0 {
        at = names_fit(rule, at, flags, c)?;
    }
    if flags & base::PROTO != 0 {
        if (c.packet.proto as u32 != rule[at]) != (flags & base::NOT_PROTO != 0) {
            return None;
        }
        at += 1;
    }
    if flags & base::FRAGMENT != 0 && (c.packet.frag_offset == 0) != (flags & base::NOT_FRAGMENT != 0) {
        return None;
    }
    Some(at)
}

fn names_fit<E: Env>(rule: &[u32], mut at: usize, flags: u32, c: &mut Context<E>) -> Option<usize> {
    for (part, inverted, incoming) in [(base::IN, base::NOT_IN, true), (base::OUT, base::NOT_OUT, false)] {
        if flags & part == 0 {
            continue;
        }
        let have = if incoming { c.name_in() } else { c.name_out() };
        let differs = (have ^ name_word(&rule[at..])) & name_mask(rule[at + 4]) != 0;
        if differs != (flags & inverted != 0) {
            return None;
        }
        at += 5;
    }
    Some(at)
}

impl Table {
    /// Runs a packet through a base chain.
    pub fn run<E: Env>(&mut self, first: u32, c: &mut Context<E>) -> Verdict {
        if self.compiles {
            self.compiles = false;
            self.compile();
        }
        let v4 = self.family == Family::V4;
        let hashed = !self.compiled.is_empty() && applies(c.packet);
        self.stack.clear();
        self.cursor = Cursor::NOWHERE;
        let mut here = self.enter(first, hashed, c);
        loop {
            while here.left == 0 {
                match self.stack.pop() {
                    Some(frame) => here = frame,
                    None => return self.policy(first, c),
                }
            }
            if here.left == here.stop {
                self.skip(&mut here, c);
                continue;
            }
            let words = self.code[here.at] as usize;
            let rule = &self.code[here.at..here.at + words];
            let line = here.line;
            here = Frame { at: here.at + words, left: here.left - 1, line: line + 1, ..here };
            let Some(at) = matches(rule, v4, c, &mut self.states) else {
                if c.hotdrop {
                    return Verdict::Drop(why::HOTDROP);
                }
                if c.unmodelled {
                    self.note_unmodelled(line, c);
                }
                continue;
            };
            let counter = &mut self.counters[line as usize];
            counter.packets += 1;
            counter.bytes += c.length as u64;
            if c.packet.probe != 0 {
                c.env.counted(self.family, self.id, line, c.length);
            }
            let head = self.code[here.at - words + at];
            if c.packet.trace != 0 {
                self.note(head & 0xff, line, c);
            }
            let operands = &self.code[here.at - words + at + 1..here.at];
            match act(head & 0xff, operands, c) {
                Next::Continue => {}
                Next::Return => here.left = 0,
                Next::Done(verdict) => return verdict,
                Next::Jump(callee) => {
                    self.stack.push(here);
                    here = self.enter(callee, hashed, c);
                }
                Next::Goto(callee) => here = self.enter(callee, hashed, c),
            }
        }
    }
    #[inline]
    fn enter<E: Env>(&self, number: u32, hashed: bool, c: &mut Context<E>) -> Frame {
        let chain = &self.chains[number as usize];
        if chain.ported && c.packet.probe != 0 {
            c.env.ported_trail();
        }
        let mut frame = Frame {
            at: chain.start as usize,
            left: chain.rules,
            line: chain.line,
            chain: number,
            stop: Frame::NEVER,
            run: 0,
            next: 0,
        };
        if hashed {
            self.aim(&mut frame);
        }
        frame
    }
    /// Sets where the frame's next run begins.
    #[inline]
    fn aim(&self, frame: &mut Frame) {
        let rules = self.chains[frame.chain as usize].rules;
        match self.compiled[frame.chain as usize].runs.get(frame.run as usize) {
            Some(run) => (frame.stop, frame.next) = (rules - run.first, run.first),
            None => frame.stop = Frame::NEVER,
        }
    }
    /// In a run: to the next rule that may match, or behind the run.
    fn skip<E: Env>(&mut self, frame: &mut Frame, c: &Context<E>) {
        let run = &self.compiled[frame.chain as usize].runs[frame.run as usize];
        let rule = run.next(c.packet, frame.next, (frame.chain, frame.run), &mut self.cursor);
        if rule == classifier::NONE {
            let end = run.end;
            self.place(frame, end);
            frame.run += 1;
            self.aim(frame);
            return;
        }
        self.place(frame, rule);
        frame.next = rule + 1;
        frame.stop = frame.left - 1;
    }
    fn place(&self, frame: &mut Frame, rule: u32) {
        let chain = &self.chains[frame.chain as usize];
        frame.left = chain.rules - rule;
        frame.line = chain.line + rule;
        if frame.left > 0 {
            frame.at = self.compiled[frame.chain as usize].offsets[rule as usize] as usize;
        }
    }
    fn policy<E: Env>(&mut self, number: u32, c: &mut Context<E>) -> Verdict {
        let line = self.policy_line(number);
        let counter = &mut self.counters[line as usize];
        counter.packets += 1;
        counter.bytes += c.length as u64;
        if c.packet.probe != 0 {
            c.env.counted(self.family, self.id, line, c.length);
        }
        let accept = self.chains[number as usize].accepts;
        if c.packet.trace != 0 {
            let note = Note::Policy { table: self.id as u8, hook: c.at.hook as u8, index: line, accept };
            c.env.note(c.packet, note);
        }
        if accept {
            Verdict::Accept
        } else {
            Verdict::Drop(why::POLICY)
        }
    }
    fn note<E: Env>(&self, number: u32, line: u32, c: &mut Context<E>) {
        let (table, hook) = (self.id as u8, c.at.hook as u8);
        if number == target::UNMODELLED {
            c.env.note(c.packet, Note::Unmodelled { table, hook, index: line });
        }
        c.env.note(c.packet, Note::Rule { table, hook, index: line, verdict: number as u8 });
    }
    /// A rule did not match because of a match that is not modelled: a trace says so.
    #[cold]
    fn note_unmodelled<E: Env>(&self, line: u32, c: &mut Context<E>) {
        c.unmodelled = false;
        if c.packet.trace != 0 {
            c.env.note(c.packet, Note::Unmodelled { table: self.id as u8, hook: c.at.hook as u8, index: line });
        }
    }
}

/// Bits of the hooks a table has by its kind; mangle and those of nftables have all.
pub fn hooks_of(table: u32) -> u32 {
    use crate::abi::table as t;
    let all = (2 << hooks::POSTROUTING) - 1;
    match table {
        t::RAW => 1 << hooks::PREROUTING | 1 << hooks::OUTPUT,
        t::NAT => all & !(1 << hooks::FORWARD),
        t::FILTER | t::SECURITY => all & !(1 << hooks::PREROUTING | 1 << hooks::POSTROUTING),
        _ => all,
    }
}
