//! The plane's parts built native, measured on request. Reads requests line by line, answers each with one number:
//!
//! ```text
//!   load PART FILE   makes the part and gives it the file's words   -> nanoseconds
//!   keys FILE        inputs of the next runs                        -> how many
//!   run KIND         works through them                             -> nanoseconds
//! ```
//! Files are little-endian 32-bit words.
use plane_bench::{part, Part};
use std::io::{BufRead, Write};
use std::time::Instant;

fn words(path: &str) -> Vec<u32> {
    let bytes = std::fs::read(path).expect("a file of words");
    bytes.chunks_exact(4).map(|w| u32::from_le_bytes(w.try_into().expect("4 bytes"))).collect()
}

fn timed(work: impl FnOnce()) -> u128 {
    let start = Instant::now();
    work();
    start.elapsed().as_nanos()
}

fn answer(held: &mut Option<Box<dyn Part>>, request: &[&str]) -> u128 {
    match request {
        ["load", name, path] => {
            let words = words(path);
            let made = held.insert(part(name).expect("a part of that name"));
            timed(|| made.load(&words))
        }
        ["keys", path] => held.as_mut().expect("loaded").keys(&words(path)) as u128,
        ["run", kind] => {
            let kind = kind.parse().expect("a number");
            timed(|| held.as_mut().expect("loaded").run(kind))
        }
        other => panic!("no request {other:?}"),
    }
}

fn main() {
    let mut held = None;
    let mut out = std::io::stdout();
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let answer = answer(&mut held, &line.split(' ').collect::<Vec<_>>());
        if writeln!(out, "{answer}").and_then(|()| out.flush()).is_err() {
            return;
        }
    }
}
