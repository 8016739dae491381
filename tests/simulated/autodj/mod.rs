//! The AutoDJ against real files, with a simulated clock.

mod changes;
mod harness;
mod leaving;
mod order;
mod up_next;
