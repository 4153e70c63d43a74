//! How the kernel says no to a route or rule: an errno and, where it has one, netlink's extended-ack text.

pub use crate::errno;

/// A refused change; `extack` is empty where the kernel sends none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Refusal {
    pub errno: u32,
    pub extack: &'static str,
}

impl Refusal {
    /// An errno alone.
    pub const fn new(errno: u32) -> Refusal {
        Refusal { errno, extack: "" }
    }
    /// An errno with netlink's text.
    pub const fn with(errno: u32, extack: &'static str) -> Refusal {
        Refusal { errno, extack }
    }
    /// EINVAL with netlink's text.
    pub const fn invalid(extack: &'static str) -> Refusal {
        Refusal { errno: errno::EINVAL, extack }
    }
}
