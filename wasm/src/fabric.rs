//! The fabric: all namespaces, all links between them, one event queue, one clock.
//!
//! A send walks to its end before the call returns. Wherever the kernel hands a frame to a receiver's backlog (veth, lo,
//! vxlan), the frame goes into the run queue here, so a walk never recurses from one namespace into the next:
//!
//! ```text
//!   send -> ... -> veth --park--> [ run queue ] --take--> receive -> ... -> veth --park--> [ run queue ] ...
//!                   `--later (netem), timers (ARP, TCP)--> [ event heap, by time, then by order of birth ]
//! ```

use crate::export::batch::Batch;
use crate::link::Place;
use crate::namespace::Namespace;
use crate::pipeline::trail::Trails;
use crate::random::Random;
use crate::record::Log;
use crate::socket::Table;
use crate::trace::Tracer;
use crate::wire::{Ip, Packet, PacketId, Parcel, Pool, NONE};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

/// Frames that may wait for a receiver at once; beyond it the plane drops (a storm).
const BACKLOG: usize = 16_384;
/// How often a packet may be handed on before it is taken for a loop.
pub const HOP_LIMIT: u16 = 255;

/// A nanosecond count of a millisecond.
pub const MILLISECOND: u64 = 1_000_000;
/// And of a second.
pub const SECOND: u64 = 1_000_000_000;

/// Something due at a time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Event {
    /// A delayed frame leaves its device.
    Leave { ns: u32, dev: u32, packet: PacketId },
    /// A neighbour entry's timer.
    Neighbour { ns: u32, dev: u32, ip: Ip, generation: u32 },
    /// Duplicate address detection of an address goes on.
    Address { ns: u32, dev: u32, ip: Ip, generation: u32 },
    /// A TCP socket's timer.
    Tcp { socket: u32, generation: u32 },
    /// Fragments waited too long for their siblings.
    Fragments { ns: u32, generation: u32 },
    /// What redirects and PMTU discovery taught about a destination expires.
    Forget { ns: u32, ip: Ip },
    /// A proxy's answer to an ARP request.
    Proxy { ns: u32, dev: u32, packet: PacketId },
}

/// An event with its time and, among those of one time, its birth.
type Due = Reverse<(u64, u64, Event)>;

impl Event {
    /// Whether it is to happen in the namespace. TCP's timers know their sockets, which end with it.
    const fn is_in(&self, space: u32) -> bool {
        match self {
            Event::Leave { ns, .. }
            | Event::Neighbour { ns, .. }
            | Event::Address { ns, .. }
            | Event::Fragments { ns, .. }
            | Event::Forget { ns, .. }
            | Event::Proxy { ns, .. } => *ns == space,
            Event::Tcp { .. } => false,
        }
    }
}

/// What all namespaces share.
pub struct World {
    /// Virtual nanoseconds since the plane began.
    pub now: u64,
    pub random: Random,
    /// Key of hashes that the kernel draws at boot.
    pub seed: u32,
    pub pool: Pool,
    pub tracer: Tracer,
    pub sockets: Table,
    pub batch: Batch,
    pub trails: Trails,
    /// Seconds since 1970 when the plane began.
    pub epoch: u64,
    queue: VecDeque<(Place, Parcel)>,
    events: BinaryHeap<Due>,
    born: u64,
    /// Frames seen on captured devices, and packets that left by tun devices.
    pub frames: Log,
    pub out: Log,
    pub kernel_events: Log,
    pub watching: bool,
    /// The socket whose connect(2) is under way: it is locked meanwhile.
    pub connecting: u32,
    /// An ICMP message of ours is on its way out: what happens to it there is not told by another (icmp_xmit_lock).
    pub speaking_icmp: bool,
    /// Tunnels that are sending, one within the other: what fragmentation made bytes of has no layers to count.
    pub shells: usize,
    /// Conntrack events are wanted: flows end on the dot, not when somebody looks.
    pub watching_flows: bool,
}

impl World {
    /// Puts an event into the heap.
    pub fn at(&mut self, time: u64, event: Event) {
        self.trails.spoil();
        self.born += 1;
        self.events.push(Reverse((time, self.born, event)));
    }
    /// Puts a packet before a device, to be received when the present step is over; gives it back when the backlog is full.
    pub fn hand_on(&mut self, to: Place, packet: Parcel) -> Result<(), Parcel> {
        if self.queue.len() >= BACKLOG {
            return Err(packet);
        }
        self.queue.push_back((to, packet));
        Ok(())
    }
    /// The device a packet must leave by when it is routed again: its socket's; or where it is, if its address means nothing elsewhere.
    pub fn bound_to(&self, packet: &Packet, oif: u32) -> u32 {
        let device = self.sockets.get(packet.socket).and_then(|socket| socket.options.device);
        device.unwrap_or(if packet.dst.needs_device6() { oif } else { 0 })
    }
}

/// Everything.
pub struct Fabric {
    pub world: World,
    pub spaces: Vec<Option<Box<Namespace>>>,
}

impl Fabric {
    pub fn new(seed: u64, epoch: u64) -> Fabric {
        let mut random = Random::new(seed);
        let world = World {
            now: 0,
            seed: random.draw(),
            random,
            pool: Pool::default(),
            tracer: Tracer::default(),
            sockets: Table::default(),
            batch: Batch::default(),
            trails: Trails::default(),
            epoch,
            queue: VecDeque::new(),
            events: BinaryHeap::new(),
            born: 0,
            frames: Log::default(),
            out: Log::default(),
            kernel_events: Log::default(),
            watching: false,
            connecting: NONE,
            speaking_icmp: false,
            shells: 0,
            watching_flows: false,
        };
        Fabric { world, spaces: vec![None] }
    }

    /// A namespace that must be there: a number the plane never gave is our own bug.
    pub fn space(&self, ns: u32) -> &Namespace {
        self.spaces[ns as usize].as_deref().expect("no such namespace")
    }
    pub fn space_mut(&mut self, ns: u32) -> &mut Namespace {
        self.spaces[ns as usize].as_deref_mut().expect("no such namespace")
    }
    pub fn has_space(&self, ns: u32) -> bool {
        self.spaces.get(ns as usize).is_some_and(Option::is_some)
    }
    /// A namespace and the world at once.
    pub fn both(&mut self, ns: u32) -> (&mut Namespace, &mut World) {
        (self.spaces[ns as usize].as_deref_mut().expect("no such namespace"), &mut self.world)
    }

    /// A new namespace with `lo`; numbers count from 1 and are used again.
    pub fn add_namespace(&mut self) -> u32 {
        let free = self.spaces.iter().skip(1).position(Option::is_none).map(|at| at + 1);
        let ns = free.unwrap_or(self.spaces.len());
        if ns == self.spaces.len() {
            self.spaces.push(None);
        }
        let ip_id = self.world.random.draw() as u16;
        let mut space = Namespace::new(ns as u32, ip_id);
        space.hooks.flows.watch(self.world.watching_flows);
        self.spaces[ns] = Some(Box::new(space));
        ns as u32
    }

    /// Ends a namespace with its sockets and devices.
    pub fn remove_namespace(&mut self, ns: u32) {
        if !self.has_space(ns) {
            return;
        }
        self.close_all_sockets(ns);
        self.run_queue();
        let devices: Vec<u32> = self.space(ns).stack.links.iter().map(|device| device.index).collect();
        devices.into_iter().rev().filter(|dev| *dev != 1).for_each(|dev| self.destroy_link(Place { ns, dev }));
        self.forget_events(ns);
        self.spaces[ns as usize] = None;
    }

    /// Takes out what was still to happen in a namespace: its number may be given again.
    fn forget_events(&mut self, ns: u32) {
        let (gone, kept) = std::mem::take(&mut self.world.events).into_iter().partition(|Reverse(due)| due.2.is_in(ns));
        self.world.events = kept;
        let gone: BinaryHeap<Due> = gone;
        for Reverse((.., event)) in gone {
            if let Event::Leave { packet, .. } | Event::Proxy { packet, .. } = event {
                let packet = self.world.pool.take(packet);
                self.world.pool.release(packet);
            }
        }
    }

    /// Runs every frame under way to its end.
    pub fn run_queue(&mut self) {
        while let Some((place, packet)) = self.world.queue.pop_front() {
            self.receive(place, packet);
        }
    }

    /// When the next event is due.
    pub fn next_event(&self) -> Option<u64> {
        let heap = self.world.events.peek().map(|Reverse((time, ..))| *time);
        [heap, self.next_flow_end()].into_iter().flatten().min()
    }

    /// When the next flow may end, while somebody watches.
    fn next_flow_end(&self) -> Option<u64> {
        if !self.world.watching_flows {
            return None;
        }
        self.spaces.iter().flatten().filter_map(|space| space.hooks.flows.next_due(self.world.now)).min()
    }

    /// Runs every event due by `until` and moves time there.
    pub fn run(&mut self, until: u64) {
        while let Some(due) = self.next_event().filter(|due| *due <= until) {
            self.world.now = self.world.now.max(due);
            if self.world.watching_flows {
                let now = self.world.now;
                self.spaces.iter_mut().flatten().for_each(|space| space.hooks.flows.sweep(now));
            }
            let Some(Reverse((time, ..))) = self.world.events.peek() else { continue };
            if *time > self.world.now {
                continue;
            }
            if let Some(Reverse((_, _, event))) = self.world.events.pop() {
                self.fire(event);
                self.run_queue();
            }
        }
        self.world.now = self.world.now.max(until);
    }

    fn fire(&mut self, event: Event) {
        self.world.trails.disturb();
        match event {
            Event::Leave { ns, dev, packet } => {
                let packet = self.world.pool.take(packet);
                if let Some(netem) = self.device_mut(Place { ns, dev }).and_then(|device| device.netem.as_deref_mut()) {
                    netem.held = netem.held.saturating_sub(1);
                }
                self.leave(Place { ns, dev }, packet);
            }
            Event::Neighbour { ns, dev, ip, generation } => self.neighbour_timer(Place { ns, dev }, ip, generation),
            Event::Address { ns, dev, ip, generation } => self.address_timer(Place { ns, dev }, ip, generation),
            Event::Tcp { socket, generation } => self.tcp_timer(socket, generation),
            Event::Fragments { ns, generation } => self.fragments_timer(ns, generation),
            Event::Forget { ns, ip } => self.forget(ns, ip),
            Event::Proxy { ns, dev, packet } => {
                let packet = self.world.pool.take(packet);
                self.xmit(Place { ns, dev }, packet);
            }
        }
    }
}
