//! What TypeScript calls. Cold calls go through [`Plane::call`] as word streams (`calls`); calls that carry bytes in are methods
//! of their own; bulk packets go through columns of integers and a plain export (`batch`).
//!
//! An answer is a word stream as well: errno (0 for success), then the value; or errno and the extended-ack text.

pub mod batch;
pub mod calls;
pub mod control;
pub mod evidence;
pub mod filters;
#[cfg(test)]
mod layout;
pub mod records;
pub mod routes;

use crate::errno::Answer;
use crate::fabric::Fabric;
use crate::record::{Field, Reader};
use crate::socket::datagram::Target;
use crate::wire::Ip;
use wasm_bindgen::prelude::wasm_bindgen;

/// One plane: a world of namespaces on its own clock.
#[wasm_bindgen]
pub struct Plane {
    #[wasm_bindgen(skip)]
    pub fabric: Fabric,
}

#[wasm_bindgen]
impl Plane {
    /// `seed` decides every choice by chance; `epoch` is the wall clock at virtual time 0, in seconds since 1970.
    #[wasm_bindgen(constructor)]
    pub fn new(seed: f64, epoch: f64) -> Plane {
        Plane { fabric: Fabric::new(seed as i64 as u64, epoch as u64) }
    }
    /// Virtual milliseconds since the plane began.
    pub fn now(&self) -> f64 {
        self.fabric.world.now as f64 / 1e6
    }
    /// When the next event is due, in virtual milliseconds; infinity where none is.
    #[wasm_bindgen(js_name = nextEvent)]
    pub fn next_event(&self) -> f64 {
        self.fabric.next_event().map_or(f64::INFINITY, |time| time as f64 / 1e6)
    }
    /// Runs what is due by then and moves time there.
    pub fn run(&mut self, until: f64) {
        self.fabric.settle();
        self.fabric.run((until * 1e6).round() as u64);
    }
    /// A call by its number in `abi::call`.
    pub fn call(&mut self, number: u32, words: &[u32]) -> Vec<u32> {
        calls::answer(&mut self.fabric, number, words)
    }
    /// Replaces a table by a compiled program.
    #[wasm_bindgen(js_name = loadTable)]
    pub fn load_table(&mut self, ns: u32, family: u32, table: u32, program: &[u32]) -> Vec<u32> {
        self.fabric.interrupt();
        answer(self.fabric.load_table(ns, (family, table), program).map(|()| true))
    }
    /// Replaces a set.
    #[wasm_bindgen(js_name = loadSet)]
    pub fn load_set(&mut self, ns: u32, id: u32, program: &[u32]) -> Vec<u32> {
        self.fabric.interrupt();
        answer(self.fabric.load_set(ns, id, program).map(|()| true))
    }
    /// send(2).
    pub fn send(&mut self, id: u32, data: &[u8]) -> Vec<u32> {
        self.fabric.interrupt();
        answer(self.fabric.send(id, data))
    }
    /// sendto(2); `ips` are the destination and the source (unspecified for none).
    #[wasm_bindgen(js_name = sendTo)]
    pub fn send_to(&mut self, id: u32, data: &[u8], ips: &[u32], port: u16) -> Vec<u32> {
        let mut reader = Reader::new(ips);
        let target = Target { ip: Ip::get(&mut reader), from: Ip::get(&mut reader), port };
        self.fabric.interrupt();
        answer(self.fabric.send_to(id, data, target))
    }
    /// A packet from outside comes in by a tun device.
    pub fn inject(&mut self, ns: u32, dev: u32, bytes: &[u8]) {
        self.fabric.interrupt();
        self.fabric.inject(ns, dev, bytes);
    }
}

/// A value, or the refusal.
fn answer<T: Field>(result: Answer<T>) -> Vec<u32> {
    let mut out = Vec::new();
    match result {
        Ok(value) => {
            out.push(0);
            value.put(&mut out);
        }
        Err(refusal) => {
            out.push(refusal.errno);
            refusal.extack.to_string().put(&mut out);
        }
    }
    out
}
