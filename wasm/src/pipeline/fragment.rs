//! Fragments: put together where whole packets are needed, cut where a link is too narrow (ip_fragment.c, ip_output.c).

use super::icmp::{kind, IcmpError};
use crate::abi::hook;
use crate::fabric::{Event, Fabric, SECOND};
use crate::link::Place;
use crate::sysctl;
use crate::trace::{Action, Layer, Reason};
use crate::wire::packet::proto;
use crate::wire::{checksum, parse, print, Ip, Packet, PacketId, Parcel, Pool, NONE};

/// Which fragments belong together; those that conntrack collects are kept apart from those of local delivery.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Key {
    src: Ip,
    dst: Ip,
    id: u16,
    proto: u8,
    /// Collected for which hook.
    user: u32,
}

/// A packet in pieces.
struct Pile {
    key: Key,
    /// Ordered by offset.
    pieces: Vec<PacketId>,
    generation: u32,
    longest: u16,
}

/// The piles of one namespace.
#[derive(Default)]
pub struct Fragments {
    piles: Vec<Pile>,
    generation: u32,
}

/// Bytes of a fragment behind its IP header.
fn body(packet: &Packet) -> u32 {
    packet.transport_len() + u32::from(packet.payload_len)
}

impl Fabric {
    /// Whether a packet is a fragment that conntrack waits with for its siblings.
    pub fn collects(&self, ns: u32, packet: &Packet) -> bool {
        packet.is_fragment() && !packet.is_truncated6() && self.space(ns).hooks.wants_defrag(packet.family())
    }

    /// Keeps a fragment until its siblings are there, then gives the whole packet (ip_defrag).
    pub fn defragment(&mut self, ns: u32, packet: Parcel, user: u32) -> Option<Parcel> {
        self.world.trails.spoil();
        let key = Key { src: packet.src, dst: packet.dst, id: packet.ip_id, proto: packet.proto, user };
        let ends_odd = packet.more_fragments && !body(&packet).is_multiple_of(8);
        if ends_odd || u32::from(packet.frag_offset) * 8 + body(&packet) > 65_535 {
            self.drop(Place { ns, dev: packet.iif }, packet, Layer::Local, Reason::Malformed);
            return None;
        }
        let (space, world) = self.both(ns);
        let fragments = &mut space.stack.fragments;
        let at = match fragments.piles.iter().position(|pile| pile.key == key) {
            Some(at) => at,
            None => {
                fragments.generation += 1;
                let generation = fragments.generation;
                fragments.piles.push(Pile { key, pieces: Vec::new(), generation, longest: 0 });
                let number = if key.src.is_v4() { sysctl::IPFRAG_TIME } else { sysctl::IP6FRAG_TIME };
                let time = space.stack.sysctls.get(number) as u64 * SECOND;
                world.at(world.now + time, Event::Fragments { ns, generation });
                fragments.piles.len() - 1
            }
        };
        let pile = &mut fragments.piles[at];
        pile.longest = pile.longest.max(packet.len() as u16);
        let offset = packet.frag_offset;
        let place =
            pile.pieces.iter().position(|id| world.pool.get(*id).frag_offset >= offset).unwrap_or(pile.pieces.len());
        let twin = pile.pieces.get(place).is_some_and(|id| world.pool.get(*id).frag_offset == offset);
        if twin {
            self.drop(Place { ns, dev: packet.iif }, packet, Layer::Local, Reason::Malformed);
            return None;
        }
        let id = world.pool.park(packet);
        pile.pieces.insert(place, id);
        if !is_complete(pile, &world.pool) {
            return None;
        }
        let pile = fragments.piles.remove(at);
        let whole = self.join(pile);
        self.world.note(Place { ns, dev: whole.iif }, &whole, Layer::Local, Action::Reassembled);
        Some(whole)
    }

    /// Makes one packet of a complete pile.
    fn join(&mut self, pile: Pile) -> Parcel {
        let pool = &mut self.world.pool;
        let mut bytes = Vec::new();
        let mut whole = *pool.get(pile.pieces[0]);
        let first = body(&whole);
        let options = pool.bytes(&whole)[..whole.options_len as usize].to_vec();
        for id in &pile.pieces {
            let piece = pool.take(*id);
            print::print_transport(&piece, pool, &mut bytes);
            pool.release(piece);
        }
        whole.more_fragments = false;
        whole.frag_header = false;
        whole.payload = NONE;
        whole.inner = NONE;
        whole.frag_max = pile.longest;
        whole.headless = false;
        let scattered = whole.proto == proto::SCTP && !whole.src.is_v4() && first < 12;
        whole.frag_list = pile.longest & !Packet::SCATTERED | if scattered { Packet::SCATTERED } else { 0 };
        let length = bytes.len() as u32;
        let read = parse::parse_transport(&mut whole, &options, &bytes, length, pool);
        whole.bad_checksum |= read.is_err();
        pool.begin(whole)
    }

    /// Some pieces never came: their sender is told, if the first one is there and it was for us.
    pub fn fragments_timer(&mut self, ns: u32, generation: u32) {
        if !self.has_space(ns) {
            return;
        }
        let fragments = &mut self.space_mut(ns).stack.fragments;
        let Some(at) = fragments.piles.iter().position(|pile| pile.generation == generation) else { return };
        let pile = fragments.piles.remove(at);
        for id in pile.pieces {
            let piece = self.world.pool.take(id);
            if piece.frag_offset == 0 && pile.key.user == hook::INPUT {
                let error = IcmpError { local: true, ..IcmpError::new(kind::TIME_EXCEEDED, 1) };
                self.send_icmp_error(ns, &piece, error);
            }
            self.drop(Place { ns, dev: piece.iif }, piece, Layer::Local, Reason::FragmentTimeout);
        }
    }

    /// Cuts a packet to pieces of at most `mtu` bytes and gives each to `send`.
    pub fn fragment(&mut self, ns: u32, mtu: u32, mut packet: Parcel, send: &mut dyn FnMut(&mut Fabric, Parcel)) {
        self.world.trails.spoil();
        self.world.note(Place { ns, dev: packet.iif }, &packet, Layer::Local, Action::Fragmented);
        let mut bytes = Vec::new();
        print::print_transport(&packet, &self.world.pool, &mut bytes);
        let header6 = if packet.dst.is_v4() { 0 } else { 8 };
        let room = (mtu.saturating_sub(packet.header_len() + header6) & !7).max(8) as usize;
        let options = self.world.pool.bytes(&packet)[..packet.options_len as usize].to_vec();
        let header = packet.transport_len() as usize;
        let mut base = *packet;
        (base.frag_header, base.dont_fragment, base.frag_max, base.frag_list) = (header6 != 0, false, 0, 0);
        (base.inner, base.ct, base.summed) = (NONE, NONE, Packet::BY_NOBODY);
        if let Some(at) = print::checksum_place(&packet).filter(|_| packet.has_transport()) {
            base.sum = checksum::without(u16::from_be_bytes([bytes[at], bytes[at + 1]]), print::ends(&packet));
        }
        if !packet.more_fragments && packet.proto == proto::UDP {
            base.window = 8 + packet.payload_len;
        } else if packet.proto == proto::SCTP && packet.has_transport() {
            base.ack = parse::u32_at(&bytes, 8);
        }
        if packet.ct != NONE {
            self.space_mut(ns).hooks.release(&mut packet);
        }
        for (number, part) in bytes.chunks(room).enumerate() {
            let more = (number + 1) * room < bytes.len();
            let mut piece = base;
            piece.frag_offset += (number * room / 8) as u16;
            piece.more_fragments |= more;
            piece.headless |= number == 0 && part.len() < header;
            let data = if piece.has_transport() { &part[header..] } else { part };
            piece.payload_len = data.len() as u16;
            let mut payload = options.clone();
            payload.extend_from_slice(data);
            piece.payload = self.world.pool.store(&payload);
            let piece = self.world.pool.begin(piece);
            send(self, piece);
        }
        self.world.pool.release(packet);
    }
}

/// All bytes from offset 0 to an end without "more fragments", without gaps or overlaps.
fn is_complete(pile: &Pile, pool: &Pool) -> bool {
    let mut next = 0;
    for id in &pile.pieces {
        let piece = pool.get(*id);
        if u32::from(piece.frag_offset) * 8 != next {
            return false;
        }
        next += body(piece);
        if !piece.more_fragments {
            return true;
        }
    }
    false
}
