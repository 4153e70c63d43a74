//! Sockets in the words of the joint.

use super::records::*;
use super::{answer, outcome, read, words, Plane};
use crate::record::{Bytes, Field, Reader};
use crate::socket::datagram::Target;
use crate::wire::Ip;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
impl Plane {
    /// `kind` by its number in SocketKind.
    pub fn socket(&mut self, ns: u32, kind: u32, family: u32, protocol: u8) -> u32 {
        let kind = SocketKind::get(&mut Reader::new(&[kind]));
        self.fabric.socket(ns, kind, (family, protocol))
    }
    #[wasm_bindgen(js_name = setSocket)]
    pub fn set_socket(&mut self, id: u32, options: &[u32]) -> Vec<u32> {
        outcome(self.fabric.set_socket(id, read::<SocketOptions>(options)))
    }
    pub fn bind(&mut self, id: u32, ip: &[u32], port: u16) -> Vec<u32> {
        outcome(self.fabric.bind(id, read::<Ip>(ip), port))
    }
    pub fn listen(&mut self, id: u32, backlog: u32) -> Vec<u32> {
        outcome(self.fabric.listen(id, backlog))
    }
    pub fn connect(&mut self, id: u32, ip: &[u32], port: u16) -> Vec<u32> {
        outcome(self.fabric.connect(id, read::<Ip>(ip), port))
    }
    pub fn accept(&mut self, id: u32) -> Vec<u32> {
        answer(self.fabric.accept(id))
    }
    pub fn send(&mut self, id: u32, data: &[u8]) -> Vec<u32> {
        answer(self.fabric.send(id, data))
    }
    /// `ips` are the destination and the source (unspecified for none).
    #[wasm_bindgen(js_name = sendTo)]
    pub fn send_to(&mut self, id: u32, data: &[u8], ips: &[u32], port: u16) -> Vec<u32> {
        let mut reader = Reader::new(ips);
        let target = Target { ip: Ip::get(&mut reader), from: Ip::get(&mut reader), port };
        answer(self.fabric.send_to(id, data, target))
    }
    pub fn receive(&mut self, id: u32, limit: u32) -> Vec<u32> {
        answer(self.fabric.receive_bytes(id, limit as usize).map(Bytes))
    }
    #[wasm_bindgen(js_name = receiveFrom)]
    pub fn receive_from(&mut self, id: u32) -> Vec<u32> {
        answer(self.fabric.receive_from(id))
    }
    #[wasm_bindgen(js_name = takeError)]
    pub fn take_error(&mut self, id: u32) -> Vec<u32> {
        words(&self.fabric.take_socket_error(id))
    }
    pub fn shutdown(&mut self, id: u32) -> Vec<u32> {
        outcome(self.fabric.shutdown(id))
    }
    pub fn close(&mut self, id: u32) {
        self.fabric.close(id);
    }
    #[wasm_bindgen(js_name = socketView)]
    pub fn socket_view(&self, id: u32) -> Vec<u32> {
        words(&self.fabric.socket_view(id))
    }
    pub fn sockets(&self, ns: u32) -> Vec<u32> {
        words(&self.fabric.sockets(ns))
    }
    #[wasm_bindgen(js_name = takeWakeups)]
    pub fn take_wakeups(&mut self) -> Vec<u32> {
        self.fabric.world.sockets.take_woken()
    }
}
