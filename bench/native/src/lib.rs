//! Parts of the plane for the bench, one by one: as exports for Wasm, and as a library for the native program.
//! Every part is a [`Part`]: it is given words, and measured by runs over what it was given.
pub use plane::route;

mod chains;
mod flows;
mod quiet;
mod routes;
mod world;

pub use chains::Chains;
pub use flows::Flows;
pub use routes::{Golden4, Golden6, Routes4, Routes6};
pub use world::World;

/// Something to measure.
pub trait Part {
    /// Takes a table, program or size.
    fn load(&mut self, words: &[u32]);
    /// Takes the inputs of the next runs; how many there are.
    fn keys(&mut self, words: &[u32]) -> usize;
    /// Works through the inputs; `kind` is the part's own. The answers are for [`Part::answers`].
    fn run(&mut self, kind: u32);
    /// What the last run gave, one word an input.
    fn answers(&self) -> &[u32];
    /// Bytes that the structure under test holds.
    fn bytes(&self) -> usize;
}

/// The parts by name, as requests and exports call them.
pub fn part(name: &str) -> Option<Box<dyn Part>> {
    Some(match name {
        "routes4" => Box::<Routes4>::default(),
        "routes6" => Box::<Routes6>::default(),
        "golden4" => Box::<Golden4>::default(),
        "golden6" => Box::<Golden6>::default(),
        "chains" => Box::new(Chains::new(false)),
        "chains-linear" => Box::new(Chains::new(true)),
        "flows" => Box::<Flows>::default(),
        "world" => Box::<World>::default(),
        _ => return None,
    })
}

/// The order in which exports number the parts.
pub const PARTS: [&str; 8] = ["routes4", "routes6", "golden4", "golden6", "chains", "chains-linear", "flows", "world"];

mod exports {
    use super::{part, Part, PARTS};
    use std::cell::RefCell;

    #[derive(Default)]
    struct Bench {
        region: Vec<u32>,
        part: Option<Box<dyn Part>>,
    }

    thread_local! {
        static BENCH: RefCell<Bench> = RefCell::default();
    }

    /// Makes the region `words` long and gives its address.
    #[no_mangle]
    pub extern "C" fn part_reserve(words: u32) -> *mut u32 {
        BENCH.with_borrow_mut(|bench| {
            bench.region = vec![0; words as usize];
            bench.region.as_mut_ptr()
        })
    }

    /// Makes part `number` and gives it the first `words` words of the region.
    #[no_mangle]
    pub extern "C" fn part_load(number: u32, words: u32) {
        BENCH.with_borrow_mut(|Bench { region, part: held }| {
            let mut made = part(PARTS[number as usize]).expect("it has a name");
            made.load(&region[..words as usize]);
            *held = Some(made);
        });
    }

    /// Gives the part its inputs; how many there are.
    #[no_mangle]
    pub extern "C" fn part_keys(words: u32) -> u32 {
        BENCH.with_borrow_mut(|Bench { region, part }| {
            part.as_mut().expect("loaded").keys(&region[..words as usize]) as u32
        })
    }

    /// One run.
    #[no_mangle]
    pub extern "C" fn part_run(kind: u32) {
        BENCH.with_borrow_mut(|bench| bench.part.as_mut().expect("loaded").run(kind));
    }

    /// Puts the last run's answers into the region.
    #[no_mangle]
    pub extern "C" fn part_answers() {
        BENCH.with_borrow_mut(|Bench { region, part }| {
            let answers = part.as_ref().expect("loaded").answers();
            region[..answers.len()].copy_from_slice(answers);
        });
    }

    /// Bytes of the structure under test.
    #[no_mangle]
    pub extern "C" fn part_bytes() -> u32 {
        BENCH.with_borrow(|bench| bench.part.as_ref().expect("loaded").bytes() as u32)
    }
}
