//! A whole server and everyone who connects to it, as an input says.

#[path = "../../../tests/world/ear.rs"]
#[allow(dead_code, reason = "the tests ask more of it")]
mod ear;
#[path = "../../../tests/world/tone.rs"]
#[allow(dead_code, reason = "the tests ask more of it")]
mod tone;

mod net;
mod script;
mod settings;
mod world;

use script::Script;
use world::World;

/// So many things happen at most.
const ACTIONS_MAX: usize = 300;

/// Bytes that say how the server is set up, then one that says what happens, and what that needs, over and over.
pub fn check(input: &[u8]) {
    let mut script = Script(input);
    let mut world = World::new(&mut script);
    for _ in 0..ACTIONS_MAX {
        let Some(action) = script.next() else { break };
        world.act(action, &mut script);
        world.turn();
    }
    world.stop();
}
