//! Flows: conntrack and NAT.

/// Connection tracking of one namespace.
#[derive(Default)]
pub struct Conntrack {}
