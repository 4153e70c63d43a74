//! The compiled form of one iptables table: a stream of u32 words. `core/linux/netfilter/compile.ts` writes it, this
//! module reads and checks it; op numbers, target numbers and flag bits stand in `abi.rs` and nowhere else.
//!
//! ```text
//! program  = version(program::VERSION) family(4|6) table(table::*, or from program::NFT on one of nftables) chains(count) chain* rule*
//! chain    = hook(hook::* or NO_HOOK) rules(count) policy(0 drop, 1 accept; user chains 0) packets bytes
//!            a table of nftables says where its base chains stand: hook | chain::* << 8 | priority << 16 (16 bits, signed)
//!            built-in chains first, in hook order (the kernel's numbering), then user chains in the text's order.
//!            A chain's number is its place here, from 0. Counters of a user chain are written 0.
//! patch    = program::PATCH family table chains(count) (number chain)* rule*                     chains of a loaded table anew
//!            a number at the end of the table's chains is a new chain. The others, their rules' state and counters stay.
//!            Rules of a patch take lines behind all others. Where a chain says KEPT for its count of rules they stay as
//!            well: their counters begin anew, or, in a built-in chain, its policy's alone.
//! rule     = words(whole rule, this word included) packets bytes base matches(count) match* target
//!            rules stand chain by chain: all of chain 0's in order, then all of chain 1's ...
//! base     = flags(base::*) [source] [destination] [in] [out] [proto]        only the parts whose flag is set, in this order
//! source, destination = address mask
//! in, out  = name
//! proto    = number
//! match    = head operand*         head = op::* | INVERT where the whole match is inverted | (operand count) << 16
//! target   = head operand*         head = target::* | (operand count) << 16
//! packets, bytes = low high        a 64-bit count in two words
//! address, mask  = 1 word in an IPv4 program, 4 words, most significant first, in an IPv6 one (host order: 10.0.0.1 = 0x0a000001)
//! name     = 4 words: 16 bytes, first byte lowest, NUL padded; then the length in bytes, | WILDCARD for `eth+` (length without the +)
//! range    = low | high << 16
//! text     = length in bytes, then its bytes four to a word, first byte lowest, NUL padded
//! ```
//!
//! ## Matches (operands; "inv" = honours INVERT in the head)
//! ```text
//! COMMENT    -
//! TCP        source range, destination range, flag mask | flag compare << 8 | option << 16, inversions(portinv::*)
//! UDP        source range, destination range, inversions(portinv::SOURCE, DESTINATION)
//! SCTP       source range, destination range, inversions(portinv::SOURCE, DESTINATION, CHUNKS),
//!            chunk rule(0 none, 1 any, 2 all, 3 only), 8 words of chunk type bits, then n and n x (type | flag mask << 8 | flags << 16)
//! ICMP       type (255 any), code range; inv                      for ICMPv6 too
//! MULTIPORT  sides(1 source, 2 destination, 3 either), then one range a port; inv
//! IPRANGE    flags(iprange::*), source first, source last, destination first, destination last (addresses); inversion by flag
//! MAC        high 16 bits, low 32 bits; inv
//! ADDRTYPE   source types (1 << rtn), destination types, flags(addrtype::*)        rtn: UNSPEC 0 UNICAST 1 LOCAL 2 BROADCAST 3
//!            ANYCAST 4 MULTICAST 5 BLACKHOLE 6 UNREACHABLE 7 PROHIBIT 8 THROW 9
//! CONNTRACK  what(ctmatch::*), inverted(ctmatch::*), states(ctstate::*); what only tests states may end here, else on:
//!            statuses(ctstatus::*), expires min, expires max (s), proto, ranges of original source port, original destination
//!            port, reply source port, reply destination port, then address mask of original source, original destination, reply
//!            source, reply destination. Direction: ctmatch::DIRECTION, original unless inverted. `-m state` is this with STATE.
//! MARK, CONNMARK   value, mask; inv                               (mark & mask) == value
//! STATISTIC  0, mode(0 random, 1 nth), random: probability x 2^31, 0; nth: every, packet; inv
//! RECENT     0, mode(recent::SET CHECK UPDATE REMOVE), flags(recent::TTL REAP DESTINATION), seconds, hitcount, mask, text name; inv
//! LIMIT      0, interval (1/10000 s for one packet, as xt_limit's avg), burst
//! HASHLIMIT  0, mode(hashlimit::*), interval (1/10000 s for one packet; in byte mode bytes a second) low high, burst low high,
//!            buckets, max entries, gc interval ms, expire ms, source prefix length, destination prefix length, text name
//!            (hashlimit::INVERT is "above")
//! SET        set number, dimensions | directions << 8 (bit i set: dimension i is a source), flags(setmatch::*), packets operator
//!            (0 none, 1 eq, 2 ne, 3 lt, 4 gt), packets low high, bytes operator, bytes low high; inv
//! PHYSDEV    what(physdev::*), inverted(physdev::*), in name, out name (both always there)
//! PKTTYPE    0 unicast, 1 broadcast, 2 multicast; inv
//! LENGTH     range; inv
//! TTL        mode(0 eq, 1 ne, 2 lt, 3 gt), value                 for `hl` too
//! TOS        value, mask; inv
//! DSCP       value (6 bits); inv
//! TCPMSS     range; inv
//! OWNER      what(owner::*), inverted(owner::*), uid min, uid max, gid min, gid max
//! SOCKET     flags(socketmatch::*)
//! U32        per test: n, n x (number, operator(0 &, 1 <<, 2 >>, 3 @)) with the first operator 0 and unused, m, m x (min, max); inv
//! STRING     from, to, flags(1 ignore case), text pattern; inv
//! RPFILTER   flags(rpfilter::*)
//! CONNBYTES  what(0 packets, 1 bytes, 2 average packet), direction(0 original, 1 reply, 2 both), from low high, to low high; inv
//! CONNLIMIT  0, limit, flags(connlimit::*), mask
//! HELPER     text name (empty: any); inv
//! TIME       date start, date stop (s since 1970), day start, day stop (s), month days (1 << day), week days (1 << day, Monday 1 ..
//!            Sunday 7), flags(1 local time zone, 2 contiguous)
//! NFACCT     text name
//! QUOTA      0, bytes low high; inv
//! CPU        number; inv
//! POLICY     flags(1 in, 2 out, 4 none); inv                     nothing is ever transformed by IPsec here: only `--pol none` matches
//! ECN        what(1 ip, 2 cwr, 4 ece), inverted, ect
//! UNMODELLED text name                                           never matches; the plane says so in a trace
//! ```
//!
//! ## Targets
//! ```text
//! NONE       -                   a rule without -j: counts only
//! ACCEPT, DROP, RETURN  -
//! JUMP, GOTO chain number
//! QUEUE      queue number, flags(1 bypass)    nobody listens: bypassed, else dropped (also NFQUEUE)
//! REJECT     answer(reject::*)
//! DNAT, SNAT flags(nat::*), first address, last address, port range, base port          DNAT at INPUT sends the packet on from there
//! MASQUERADE, REDIRECT  flags(nat::*), port range
//! NETMAP     address, mask
//! MARK       value, mask         mark = (mark & !mask) ^ value
//! CONNMARK   mode(0 set, 1 save, 2 restore), value, ctmask, nfmask, shift(bits, | 256 right)
//! CT         flags(ct::*), zone, text helper, text timeout          NOTRACK is this with ct::NOTRACK
//! LOG        level, flags, text prefix
//! NFLOG      group, text prefix
//! TRACE      -
//! TTL        mode(0 set, 1 inc, 2 dec), value          for HL too
//! DSCP       value (6 bits)
//! TOS        value, mask         tos = (tos & !mask) ^ value
//! TCPMSS     mss (0xffff clamp to PMTU)
//! SET        add set (or NO_SET), dimensions | directions << 8, delete set, same, map set, same, flags(settarget::*), timeout s
//! CLASSIFY   priority
//! CHECKSUM   -
//! ECN        -                   --ecn-tcp-remove
//! UNMODELLED text name           the rule counts and evaluation goes on; the plane says so in a trace
//! ```
//!
//! ## Numbers of rules
//! Every rule and every policy has one number, its *line*: chain by chain in program order, a chain's rules and then, for a
//! built-in chain, its policy. `counters()` gives packets and bytes of line 0, 1, 2 ...; a trace's `rule` is a line, too.
//! SET's flag STEADY: neither rules nor time change the set, and no source port is looked up in it.
//! A leading operand written 0 in RECENT, STATISTIC, LIMIT, HASHLIMIT, CONNLIMIT and QUOTA is the plane's own, for its state.

use super::chain::hooks_of;
use super::table::{base_words, Counter, Table};
use crate::abi::{ctmatch, hook, op, portinv, program as abi, target};
use crate::wire::Family;

/// Why a program was not taken: the kernel would have refused the same table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// Not a well-formed program (EINVAL).
    Malformed,
    /// Chains that call each other in a circle (ELOOP).
    Loop,
}

/// A chain: its rules lie together.
#[derive(Clone, Copy, Debug)]
pub struct Chain {
    /// `abi::hook` of a built-in chain.
    pub hook: Option<u32>,
    /// `abi::chain`: what it is asked for.
    pub kind: u32,
    pub priority: i32,
    pub accepts: bool,
    /// Where its first rule begins in the code.
    pub start: u32,
    pub rules: u32,
    /// Line of its first rule.
    pub line: u32,
    /// Some rule looks at source ports.
    pub ported: bool,
}

/// A program taken apart and found sound: evaluating it cannot leave its words.
#[derive(Debug)]
pub struct Program {
    pub family: Family,
    pub table: u32,
    /// All of the table's.
    pub chains: Vec<Chain>,
    /// Rules and counters that the program brings, behind those the table has.
    pub code: Vec<u32>,
    pub counters: Vec<Counter>,
    /// The chains it names, with the counters of their policies and whether they are KEPT.
    pub named: Vec<(usize, Counter, bool)>,
}

struct Reader<'a> {
    words: &'a [u32],
    at: usize,
}

impl Reader<'_> {
    fn next(&mut self) -> Result<u32, Refusal> {
        let word = *self.words.get(self.at).ok_or(Refusal::Malformed)?;
        self.at += 1;
        Ok(word)
    }
    fn long(&mut self) -> Result<u64, Refusal> {
        Ok(self.next()? as u64 | (self.next()? as u64) << 32)
    }
    fn counter(&mut self) -> Result<Counter, Refusal> {
        Ok(Counter { packets: self.long()?, bytes: self.long()? })
    }
}

impl Program {
    /// Reads and checks the program of a table (`abi::table`); `base` is the table that a patch goes on from.
    pub fn read(words: &[u32], (family, table): (Family, u32), base: Option<&Table>) -> Result<Program, Refusal> {
        let mut reader = Reader { words, at: 0 };
        let version = base.map_or(abi::VERSION, |_| abi::PATCH);
        for word in [version, if family == Family::V4 { 4 } else { 6 }, table] {
            if reader.next()? != word {
                return Err(Refusal::Malformed);
            }
        }
        let chains = base.map_or(Vec::new(), |base| base.chains.clone());
        let (code, counters, named) = Default::default();
        let mut program = Program { family, table, chains, code, counters, named };
        program.read_chains(&mut reader, base.is_some())?;
        let (old, lines) = base.map_or((&[][..], 0), |base| (&base.code[..], base.counters.len()));
        for at in 0..program.named.len() {
            let (number, counter, kept) = program.named[at];
            if kept {
                continue;
            }
            program.chains[number].start = (old.len() + program.code.len()) as u32;
            program.chains[number].line = (lines + program.counters.len()) as u32;
            for _ in 0..program.chains[number].rules {
                program.chains[number].ported |= program.read_rule(&mut reader)?;
            }
            if program.chains[number].hook.is_some() {
                program.counters.push(counter);
            }
        }
        if reader.at != words.len() {
            return Err(Refusal::Malformed);
        }
        if program.has_loop(old) {
            return Err(Refusal::Loop);
        }
        Ok(program)
    }
    fn read_chains(&mut self, reader: &mut Reader, patch: bool) -> Result<(), Refusal> {
        for _ in 0..reader.next()? {
            let place = if patch { reader.next()? as usize } else { self.chains.len() };
            let (number, rules, policy) = (reader.next()?, reader.next()?, reader.next()?);
            let counter = reader.counter()?;
            let hook = (number != abi::NO_HOOK).then_some(number & 0xff);
            // a patch brings user chains, or built-in ones again
            let misplaced = match self.chains.get(place) {
                Some(old) => old.hook != hook,
                None => patch && hook.is_some(),
            };
            let kept = rules == abi::KEPT;
            let gap = place + (kept as usize) > self.chains.len();
            if misplaced
                || gap
                || hook.is_some_and(|hook| hook > hook::POSTROUTING || hooks_of(self.table) >> hook & 1 == 0)
            {
                return Err(Refusal::Malformed);
            }
            self.named.push((place, counter, kept));
            if kept {
                continue;
            }
            let (kind, priority) = place_of(self.table, number);
            let (accepts, ported) = (policy == 1, false);
            let chain = Chain { hook, kind, priority, accepts, start: 0, rules, line: 0, ported };
            if place == self.chains.len() {
                self.chains.push(chain);
            } else {
                self.chains[place] = chain;
            }
        }
        Ok(())
    }
    /// One rule, copied without its counters; whether it looks at source ports.
    fn read_rule(&mut self, reader: &mut Reader) -> Result<bool, Refusal> {
        let start = reader.at;
        let end = start + reader.next()? as usize;
        self.counters.push(reader.counter()?);
        let body = reader.words.get(reader.at..end).ok_or(Refusal::Malformed)?;
        let ported = self.check_rule(body).ok_or(Refusal::Malformed)?;
        self.code.push(body.len() as u32 + 1);
        self.code.extend_from_slice(body);
        reader.at = end;
        Ok(ported)
    }
    /// Whether a rule looks at source ports; nothing where not every part of it ends where it should, and leads to a chain.
    fn check_rule(&self, body: &[u32]) -> Option<bool> {
        let mut ported = false;
        let mut at = base_words(*body.first()?, self.family);
        let matches = *body.get(at)?;
        at += 1;
        for _ in 0..matches {
            let head = *body.get(at)?;
            let operands = body.get(at + 1..at + 1 + (head >> 16) as usize)?;
            if !match_fits(head & 0xff, operands, self.family) {
                return None;
            }
            ported |= looks_at_source_port(head & 0xff, operands);
            at += 1 + operands.len();
        }
        let head = *body.get(at)?;
        let operands = body.get(at + 1..)?;
        if operands.len() != (head >> 16) as usize || !target_fits(head & 0xff, operands, self.family) {
            return None;
        }
        let callee = if calls(head) { self.chains.get(operands[0] as usize)?.hook } else { None };
        callee.is_none().then_some(ported)
    }
    /// Whether chains call each other in a circle; `old` is the code before this program's.
    fn has_loop(&self, old: &[u32]) -> bool {
        const OPEN: u8 = 1;
        const DONE: u8 = 2;
        let mut marks = vec![0; self.chains.len()];
        let mut path = Vec::new();
        for root in 0..self.chains.len() {
            let mut next = Some(root);
            while let Some(chain) = next.take() {
                // roots come again, callees only when they are new
                if marks[chain] == 0 {
                    marks[chain] = OPEN;
                    path.push((chain, self.chains[chain].start as usize, self.chains[chain].rules));
                }
                while let Some((chain, at, left)) = path.last_mut() {
                    if *left == 0 {
                        marks[*chain] = DONE;
                        path.pop();
                        continue;
                    }
                    let rule = old.get(*at..).filter(|rule| !rule.is_empty());
                    let rule = rule.unwrap_or_else(|| &self.code[*at - old.len()..]);
                    (*at, *left) = (*at + rule[0] as usize, *left - 1);
                    let target = target_at(rule, self.family);
                    if calls(rule[target]) {
                        let callee = rule[target + 1] as usize;
                        match marks[callee] {
                            OPEN => return true,
                            0 => {
                                next = Some(callee);
                                break;
                            }
                            _ => {}
                        }
                    }
                }
            }
        }
        false
    }
}

/// Whether a target's head is that of a jump.
fn calls(head: u32) -> bool {
    matches!(head & 0xff, target::JUMP | target::GOTO)
}

/// Where a rule's target begins.
fn target_at(rule: &[u32], family: Family) -> usize {
    let mut at = 1 + base_words(rule[1], family);
    let matches = rule[at];
    at += 1;
    for _ in 0..matches {
        at += 1 + (rule[at] >> 16) as usize;
    }
    at
}

/// What a base chain is asked for, and when among the chains of its hook (NF_IP_PRI_*): an iptables table's own, else as written.
fn place_of(table: u32, number: u32) -> (u32, i32) {
    use crate::abi::{chain, table as tables};
    match table {
        tables::RAW => (chain::FILTER, -300),
        tables::MANGLE => (chain::ROUTE, -150),
        tables::NAT if matches!(number, hook::PREROUTING | hook::OUTPUT) => (chain::NAT, -100),
        tables::NAT => (chain::NAT, 100),
        tables::FILTER => (chain::FILTER, 0),
        tables::SECURITY => (chain::FILTER, 50),
        _ => (number >> 8 & 0xff, (number as i32) >> 16),
    }
}

/// A text operand at the end of `operands`, from `at` on, must lie inside.
fn text_fits(operands: &[u32], at: usize) -> bool {
    operands.get(at).is_some_and(|length| operands.len() == at + 1 + (*length as usize).div_ceil(4))
}

/// Whether a match may say another thing of another source port.
fn looks_at_source_port(number: u32, operands: &[u32]) -> bool {
    let other = |inversions: u32| operands[0] != 0xffff_0000 || inversions & portinv::SOURCE != 0;
    match number {
        op::TCP => other(operands[3]),
        op::UDP | op::SCTP => other(operands[2]),
        op::MULTIPORT => operands[0] & 1 != 0,
        op::CONNTRACK => operands[0] & (ctmatch::ORIGSRC_PORT | ctmatch::REPLDST_PORT) != 0,
        op::U32 | op::STRING | op::SOCKET => true,
        _ => false,
    }
}

fn match_fits(number: u32, operands: &[u32], family: Family) -> bool {
    let a = if family == Family::V4 { 1 } else { 4 };
    let fixed = match number {
        op::COMMENT => return true,
        op::TCP => 4,
        op::UDP => 3,
        op::SCTP => return operands.len() >= 13 && operands.len() == 13 + operands[12] as usize,
        op::ICMP | op::MAC | op::MARK | op::CONNMARK | op::TTL | op::TOS => 2,
        op::MULTIPORT => return operands.len() >= 2,
        op::IPRANGE => 1 + 4 * a,
        op::LIMIT => return operands.len() == 3 && super::memory::limit_fits(operands[1], operands[2]),
        op::ADDRTYPE | op::QUOTA | op::ECN => 3,
        op::CONNTRACK => return operands.len() == 3 || operands.len() == 11 + 8 * a,
        op::STATISTIC => 4,
        op::RECENT => return text_fits(operands, 5 + a),
        op::HASHLIMIT => return text_fits(operands, 12),
        op::SET => 9,
        op::PHYSDEV => 12,
        op::PKTTYPE | op::LENGTH | op::DSCP | op::TCPMSS | op::SOCKET | op::RPFILTER | op::CPU | op::POLICY => 1,
        op::OWNER | op::CONNBYTES => 6,
        op::U32 => return super::matches::payload::u32_fits(operands),
        op::STRING => return text_fits(operands, 3),
        op::CONNLIMIT => 3 + a,
        op::HELPER | op::NFACCT | op::UNMODELLED => return text_fits(operands, 0),
        op::TIME => 7,
        _ => return false,
    };
    operands.len() == fixed
}

fn target_fits(number: u32, operands: &[u32], family: Family) -> bool {
    let a = if family == Family::V4 { 1 } else { 4 };
    let fixed = match number {
        target::NONE
        | target::ACCEPT
        | target::DROP
        | target::RETURN
        | target::TRACE
        | target::CHECKSUM
        | target::ECN => 0,
        target::JUMP | target::GOTO | target::REJECT | target::DSCP | target::TCPMSS | target::CLASSIFY => 1,
        target::QUEUE | target::MASQUERADE | target::REDIRECT | target::MARK | target::TTL | target::TOS => 2,
        target::DNAT | target::SNAT => 3 + 2 * a,
        target::NETMAP => 2 * a,
        target::CONNMARK => 5,
        target::SET => 8,
        target::CT => return ct_fits(operands),
        target::LOG => return text_fits(operands, 2),
        target::NFLOG => return text_fits(operands, 1),
        target::UNMODELLED => return text_fits(operands, 0),
        _ => return false,
    };
    operands.len() == fixed
}

/// CT: flags, zone, and two texts.
fn ct_fits(operands: &[u32]) -> bool {
    let Some(length) = operands.get(2) else { return false };
    text_fits(operands, 3 + (*length as usize).div_ceil(4))
}
