//! Renditions: the programme of a station at other bit rates, each of which is a station for its listeners.

mod changes;
mod encoding;
