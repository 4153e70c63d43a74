//! What TypeScript calls. Cold calls are methods of [`Plane`] (wasm-bindgen), with records as word streams; hot ones are
//! plain exports over integers in `batch`.
//!
//! An answer is a word stream as well: errno (0 for success), then the value; or errno and the extended-ack text.

pub mod batch;
pub mod control;
pub mod evidence;
pub mod filters;
#[cfg(test)]
mod layout;
pub mod records;
pub mod routes;
pub mod sockets;

use crate::errno::Answer;
use crate::fabric::Fabric;
use crate::record::{Field, Reader};
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
        self.fabric.run((until * 1e6).round() as u64);
    }
}

/// A value of the joint out of its words.
pub(crate) fn read<T: Field>(words: &[u32]) -> T {
    T::get(&mut Reader::new(words))
}

/// A value as words.
pub(crate) fn words<T: Field>(value: &T) -> Vec<u32> {
    let mut out = Vec::new();
    value.put(&mut out);
    out
}

/// A value, or the refusal.
pub(crate) fn answer<T: Field>(result: Answer<T>) -> Vec<u32> {
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

/// Success without a value, or the refusal.
pub(crate) fn outcome(result: Answer<()>) -> Vec<u32> {
    answer(result.map(|()| true))
}
