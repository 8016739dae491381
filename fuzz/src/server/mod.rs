//! A complete server with its clock, its inputs and the clients that connect to it. The input decides what
//! they do.

#[path = "../../../tests/world/converters.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod converters;
#[path = "../../../tests/world/ear.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod ear;
#[path = "../../../tests/world/ladders.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod ladders;
#[path = "../../../tests/world/tone.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod tone;

mod net;
mod script;
mod settings;
mod world;

use script::Script;
use world::World;

/// The most actions of one input.
const ACTIONS_MAX: usize = 300;

/// The input is the settings of the server, then actions: a byte for the action, then its parameters.
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
