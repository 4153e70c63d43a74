//! Sessions typed on a real machine, played again: each `transcripts/*.txt` was recorded by `record.sh` in a namespace of
//! its own on Linux 6.18 with iproute2 6.1, and every line that it printed must come from here too.
mod command;
mod print;
mod world;

use world::World;

/// Plays a transcript and compares what each command prints, blanks at line ends aside.
fn play(transcript: &str) {
    let mut world = World::new();
    for (n, block) in transcript.split("\n$ ").enumerate() {
        let (line, answer) = block.split_once('\n').unwrap_or((block, ""));
        let line = line.trim_start_matches("$ ");
        let printed = world.run(line);
        assert_eq!(clean(&printed), clean(answer), "command {n}: {line}");
    }
}

fn clean(text: &str) -> String {
    text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

macro_rules! transcripts {
    ($($name:ident: $file:literal,)*) => { $(
        #[test]
        fn $name() {
            play(include_str!(concat!("transcripts/", $file, ".txt")));
        }
    )* };
}

transcripts! {
    ipv4_routes_are_added_and_refused_as_on_linux: "route4",
    ipv4_routes_go_and_come_with_devices_and_addresses: "purge4",
    ipv4_lookups_end_as_on_linux: "get4",
    ipv6_routes_are_added_and_refused_as_on_linux: "route6",
    ipv6_routes_go_with_devices: "purge6",
    rules_are_added_refused_and_obeyed_as_on_linux: "rule",
    multipath_legs_are_those_linux_takes: "multipath",
}

/// Any other recorded sessions: `ROUTE_TRANSCRIPTS=folder cargo test -- --ignored`.
#[test]
#[ignore = "plays the transcripts of the folder that ROUTE_TRANSCRIPTS names"]
fn sessions_recorded_elsewhere_are_answered_as_on_linux() {
    let folder = std::env::var("ROUTE_TRANSCRIPTS").expect("ROUTE_TRANSCRIPTS");
    for entry in std::fs::read_dir(folder).expect("the folder") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|e| e == "txt") {
            println!("{}", path.display());
            play(&std::fs::read_to_string(path).expect("the transcript"));
        }
    }
}
