//! Links: devices of every kind, what is plugged into them, and how frames cross them.
//!
//! ```text
//! device      what every device has, and the table of one namespace        control     add, set, remove; carrier, names, moves
//! address     addresses and the routes they bring                          neighbour   who has which MAC, and since when
//! arp         asking and answering                                         bridge      learning, flooding, forwarding
//! br_netfilter  a bridge that shows its frames to iptables                 vxlan       frames inside datagrams
//! inet6       IPv6 comes and goes; duplicate address detection                 ndisc   neighbour discovery
//! source6     which address speaks
//! upper       vlan, macvlan, ipvlan: devices on others                     ipip        IP inside IP
//! netem       delay, jitter, loss, rate on the way out
//! ```
pub mod address;
pub mod arp;
pub mod br_netfilter;
pub mod bridge;
pub mod control;
pub mod device;
pub mod inet6;
pub mod ipip;
pub mod master;
pub mod ndisc;
pub mod neighbour;
pub mod netem;
pub mod source6;
pub mod upper;
pub mod view;
pub mod vxlan;
pub use address::Address;
pub use bridge::Bridge;
pub use device::{Device, Kind, Links, Place, Stats};
pub use neighbour::{Neighbour, Neighbours, Nud};
pub use netem::Netem;
pub use vxlan::Vxlan;
