//! Messages for finding faults, and the pace of the server of version 1.

use super::super::rules::{Rule, Rules};
use super::lines::ShoutcastLine;

pub(super) const RULES: Rules<ShoutcastLine> = &[
    ("yp2debug", Rule::NoEffect(DEBUG)),
    ("shoutcastsourcedebug", Rule::NoEffect(DEBUG)),
    ("uvox2sourcedebug", Rule::NoEffect(DEBUG)),
    ("shoutcast1clientdebug", Rule::NoEffect(DEBUG)),
    ("shoutcast2clientdebug", Rule::NoEffect(DEBUG)),
    ("relayshoutcastdebug", Rule::NoEffect(DEBUG)),
    ("relayuvoxdebug", Rule::NoEffect(DEBUG)),
    ("relaydebug", Rule::NoEffect(DEBUG)),
    ("streamdatadebug", Rule::NoEffect(DEBUG)),
    ("httpstyledebug", Rule::NoEffect(DEBUG)),
    ("httpclientdebug", Rule::NoEffect(DEBUG)),
    ("httpsourcedebug", Rule::NoEffect(DEBUG)),
    ("flvclientdebug", Rule::NoEffect(DEBUG)),
    ("statsdebug", Rule::NoEffect(DEBUG)),
    ("microserverdebug", Rule::NoEffect(DEBUG)),
    ("threadrunnerdebug", Rule::NoEffect(DEBUG)),
    ("flashpolicyserverdebug", Rule::NoEffect(DEBUG)),
    ("webclientdebug", Rule::NoEffect(DEBUG)),
    ("admetricsdebug", Rule::NoEffect(DEBUG)),
    ("forceshortsends", Rule::NoEffect("listeners are sent as much as they take")),
    ("ratelimit", Rule::NoEffect("listeners are sent what their stream plays, at its pace")),
    ("realtime", Rule::NoEffect("the log has no lines that change in place")),
    ("sleep", Rule::NoEffect("the event loop wakes when there is something to do")),
];

const DEBUG: &str = "RUST_LOG=coldwave=debug in the environment logs details, of all parts together";
