//! Runs the hot parts a fixed number of times, for counting their instructions.
//!
//! `benches/instructions` runs this under callgrind, which counts in [`counted`] only. So the preparation of
//! a part is not counted.

use std::hint::black_box;
use std::process::ExitCode;

use crate::meter::Meter;
use crate::{framer, listener, pages, requests, server, timeline};

/// A part that runs for every listener, every frame or every request.
struct HotPart {
    name: &'static str,
    /// The number of runs. It is large enough that the extra work of the first run does not matter.
    times: u32,
    run: fn(Counter),
}

const HOT_PARTS: [HotPart; 8] = [
    HotPart { name: "framer", times: 3, run: |it| framer::track(it) },
    HotPart { name: "push", times: 300, run: |it| timeline::push(it) },
    HotPart { name: "second-without-titles", times: 300, run: |it| listener::second(it, None) },
    HotPart { name: "second-with-titles", times: 300, run: |it| listener::second(it, listener::METAINT) },
    HotPart { name: "turn", times: 2 * server::SLOTS, run: |it| server::turn(it) },
    HotPart { name: "request-of-a-player", times: 300, run: |it| requests::parse_head(it, requests::PLAYER) },
    HotPart {
        name: "request-of-a-browser",
        times: 300,
        run: |it| requests::parse_head(it, requests::BROWSER),
    },
    HotPart { name: "7.html", times: 300, run: |it| pages::page(it, pages::SEVEN, 1) },
];

/// Runs the part with this name and prints the number of runs; without a name, prints all names.
pub fn main(name: Option<&str>) -> ExitCode {
    let Some(name) = name else {
        HOT_PARTS.iter().for_each(|part| println!("{}", part.name));
        return ExitCode::SUCCESS;
    };
    let Some(part) = HOT_PARTS.iter().find(|part| part.name == name) else {
        eprintln!("micro: there is no part {name}");
        return ExitCode::from(2);
    };
    (part.run)(Counter { times: part.times });
    println!("{}", part.times);
    ExitCode::SUCCESS
}

/// Runs an operation a fixed number of times.
struct Counter {
    times: u32,
}

impl Meter for Counter {
    fn measure<T, R>(self, mut prepare: impl FnMut() -> T, mut operation: impl FnMut(&mut T) -> R) {
        for _ in 0..self.times {
            counted(&mut operation, &mut prepare());
        }
    }
}

/// Runs an operation. callgrind counts in this function only; `benches/instructions` has its name.
#[inline(never)]
fn counted<T, R>(operation: &mut impl FnMut(&mut T) -> R, input: &mut T) {
    black_box(operation(input));
}
