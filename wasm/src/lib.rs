//! podwire's plane: a Linux network stack for many machines at once, packet by packet, on a clock that only moves when it is told.
//!
//! # Layers
//!
//! ```text
//!   export     what TypeScript calls: words in, words out; columns of packets for those in a hurry
//!   socket     what programs hold: UDP, ping, raw, TCP; a call does what it can and never waits
//!   ---------------------------------------------------------------------------------------------------------------
//!   pipeline   LIFE OF A PACKET, top to bottom. Start there. Beside it: routing checks, ICMP, fragments, REJECT, limits
//!   filter     rules: hooks in the kernel's order, chains, matches, targets, sets      flow   conntrack and NAT
//!   route      tables, tries, policy rules                                             link   devices, bridges, ARP and ND, vxlan, netem
//!   ---------------------------------------------------------------------------------------------------------------
//!   namespace  one stack: its devices, routes, hooks, sockets; and the Env its rules ask
//!   fabric     all namespaces, the run queue, the event heap, the clock
//!   wire       bytes <-> values, and the pool packets live in            trace   what happened, where, why
//! ```
//!
//! # Promises
//! * **A call walks to its end.** When `send` returns, everything that takes no virtual time has happened: ARP, forwarding,
//!   the answer, the answer's answer. What takes time (netem, timers) waits in the event heap for `run`.
//! * **A packet never recurses.** Where the kernel hands a frame to a receiver's backlog it goes into the run queue here.
//! * **Every packet ends somewhere for a reason**, and one that is traced says so ([`trace::Reason`]).
//! * **Chance is one generator.** Same calls, same seed: same MACs, ports, sequence numbers, losses, and the same log.
//! * **Owning a [`wire::Parcel`] is the duty to end its way**: hand it on, park it, `drop` it or `finish` it.
//! * **Names are the kernel's.** Comments name the function of Linux 6.18 that a step models; its order of checks is the law.
//!
//! # Not modelled
//! IPv6's router solicitations and advertisements, MLD reports, redirects, extension headers other than hop-by-hop options and
//! fragments, flow labels; STP and IGMP snooping of bridges (the options are kept and shown); macvlan's source mode, priorities of VLAN
//! tags; multicast routing and IGMP; IP
//! source routing; XFRM; TCP's SACK blocks, delayed acknowledgements, ECN, urgent data, fast open and SYN cookies; traffic control other
//! than netem. Options of TCP that the plane does not know are not carried on by a forwarded segment.
#![cfg_attr(hot, feature(optimize_attribute))]
pub mod abi;
pub mod errno;
pub mod export;
pub mod fabric;
pub mod filter;
pub mod flow;
#[cfg(test)]
pub mod golden;
pub mod hash;
pub mod heap;
pub mod link;
pub mod namespace;
pub mod pipeline;
pub mod random;
pub mod record;
pub mod route;
pub mod socket;
pub mod sysctl;
pub mod trace;
pub mod wire;

#[cfg(target_arch = "wasm32")]
#[global_allocator]
static HEAP: heap::Heap = heap::Heap::new();
