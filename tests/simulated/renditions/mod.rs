//! Renditions: the programme of a station at other bit rates.

mod ladder;
