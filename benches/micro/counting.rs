//! The hot parts, a fixed number of times each, for a machine that counts instructions.
//!
//! `benches/instructions` has callgrind count in [`counted`] and nowhere else, so that nothing that is made ready for a
//! part is counted with it.

use std::hint::black_box;
use std::process::ExitCode;

use crate::meter::Meter;
use crate::{framer, listener, pages, requests, server, timeline};

/// Something that is done for every listener, for every frame or for everyone who asks.
struct Hot {
    name: &'static str,
    /// How often it is done: what only the first time needs should not show.
    times: u32,
    part: fn(Counter),
}

const HOT: [Hot; 8] = [
    Hot { name: "framer", times: 3, part: |it| framer::track(it) },
    Hot { name: "push", times: 300, part: |it| timeline::push(it) },
    Hot { name: "second-without-titles", times: 300, part: |it| listener::second(it, None) },
    Hot { name: "second-with-titles", times: 300, part: |it| listener::second(it, listener::METAINT) },
    Hot { name: "turn", times: 2 * server::SLOTS, part: |it| server::turn(it) },
    Hot { name: "request-of-a-player", times: 300, part: |it| requests::read(it, requests::PLAYER) },
    Hot { name: "request-of-a-browser", times: 300, part: |it| requests::read(it, requests::BROWSER) },
    Hot { name: "7.html", times: 300, part: |it| pages::page(it, pages::SEVEN, 1) },
];

/// Does what has this name and prints how many times; without a name, prints all names.
pub fn main(name: Option<&str>) -> ExitCode {
    let Some(name) = name else {
        HOT.iter().for_each(|hot| println!("{}", hot.name));
        return ExitCode::SUCCESS;
    };
    let Some(hot) = HOT.iter().find(|hot| hot.name == name) else {
        eprintln!("micro: nothing that is called {name} is counted");
        return ExitCode::from(2);
    };
    (hot.part)(Counter { times: hot.times });
    println!("{}", hot.times);
    ExitCode::SUCCESS
}

/// Does something so many times.
struct Counter {
    times: u32,
}

impl Meter for Counter {
    fn measure<T, R>(self, mut ready: impl FnMut() -> T, mut operation: impl FnMut(&mut T) -> R) {
        for _ in 0..self.times {
            counted(&mut operation, &mut ready());
        }
    }
}

/// What is counted: a function of its own in the program, which the script knows by its name.
#[inline(never)]
fn counted<T, R>(operation: &mut impl FnMut(&mut T) -> R, ready: &mut T) {
    black_box(operation(ready));
}
