//! Signals that do not end the process: those for log rotation, and those that mean nothing to it.

use std::sync::Arc;

use log::{info, warn};
use signal_hook::consts::{
    SIGALRM, SIGHUP, SIGINT, SIGIO, SIGPROF, SIGTERM, SIGUSR1, SIGUSR2, SIGVTALRM, SIGXFSZ,
};
use signal_hook::low_level::signal_name;

/// The signals that stop the server.
pub const STOP: [i32; 2] = [SIGTERM, SIGINT];

/// The signal after which the server opens its access log again and reads its configuration again.
pub const RELOAD: i32 = SIGHUP;

/// The signals after which the server opens its access log again. SIGUSR1 does nothing else, so that log
/// rotation applies no configuration that is being edited.
pub const ROTATE: [i32; 2] = [RELOAD, SIGUSR1];

/// The signals that are ignored.
pub const IGNORED: [i32; 5] = [SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGIO];

/// The signal at the file size limit of the process, which is also an error of the write that exceeds the
/// limit.
pub const FILE_SIZE: i32 = SIGXFSZ;

/// Returns the signals that do something.
pub fn handled_by_server() -> impl Iterator<Item = i32> {
    STOP.into_iter().chain(ROTATE)
}

/// Returns the signals that a person or a program sends, to the process alone or to its whole control group.
/// None of them is caused by a fault of the process.
pub fn handled() -> impl Iterator<Item = i32> {
    handled_by_server().chain(IGNORED)
}

/// Lets no signal end the process that means nothing to it. The event loop, which logs them, comes later.
pub fn ignore() {
    for signal in IGNORED.into_iter().chain([FILE_SIZE]) {
        // It fails only if the signal does not exist.
        let _ = signal_hook::flag::register(signal, Arc::default());
    }
}

/// Logs a signal that is ignored.
pub fn note_ignored(signal: i32) {
    let name = signal_name(signal).unwrap_or("a signal");
    if signal == FILE_SIZE {
        warn!("{name}: a file has reached the file size limit of the process (ulimit -f)");
    } else {
        info!(
            "{name} is ignored: SIGTERM and SIGINT stop coldwave, SIGHUP reloads the configuration and reopens \
             the logs, SIGUSR1 only reopens the logs"
        );
    }
}
