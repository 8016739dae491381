//! The process of an encode worker: `coldwave encode-worker`, which only the server starts.

use std::io::{self, IsTerminal, stdin, stdout};
use std::process::exit;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::channel;

use rlimit::Resource;

use super::framing::read_message;
use super::protocol::WorkerRequest;
use super::serve::serve;
use super::transcoders::Transcoders;
use crate::process_usage::prefer_for_oom_kill;
use crate::signals;
use crate::worker::{Inbox, WorkerBuilder};

/// The argument that makes the program an encode worker. It is no part of the public command line.
pub const SUBCOMMAND: &str = "encode-worker";

/// How much lower the priority is than that of the server: below the event loop, above batch work, because
/// listeners wait for the audio.
const NICE: i32 = 5;

/// The most memory for data in bytes. A worker that needs more is aborted, and the server goes on.
///
/// Without jobs it has 9 MB, of which 8 are a stack that is reserved. A file takes 1 MB (FLAC, WAV, Opus) to
/// 5 MB (the index of an MP4 file of four hours), a cover up to 50 MB for a moment. A core encodes for about
/// 50 stations, each of which has one or two files open. The limit is for data, not for address space, of
/// which the allocator reserves 150 MB.
const MEMORY_MAX: u64 = 512 << 20;

/// The stack of the thread that decodes and encodes, as large as that of a main thread.
const STACK: usize = 8 << 20;

/// Runs an encode worker on stdin and stdout, until stdin ends with the server.
///
/// # Errors
/// If a person has started it, or a thread cannot be started.
pub fn run() -> Result<(), String> {
    if stdin().is_terminal() || stdout().is_terminal() {
        return Err(format!(
            "`coldwave {SUBCOMMAND}` is started by the server when it needs it, not by hand"
        ));
    }
    prepare().map_err(|error| format!("the encode worker cannot limit its resources: {error}"))?;
    let (send, requests) = channel();
    let worker = WorkerBuilder::new("encode").stack(STACK).spawn(move |_: Inbox<()>| {
        // An error means that the server is gone, like the end of the loop.
        let _ = serve(requests, stdout(), Transcoders);
        exit(0);
    });
    let _encoder = worker.map_err(|error| error.to_string())?;
    // This thread only reads, so that the process ends with the server even in the middle of a request.
    let mut requests = stdin().lock();
    while let Ok(Some(request)) = read_message::<WorkerRequest>(&mut requests) {
        if send.send(request).is_err() {
            break;
        }
    }
    exit(0)
}

/// Limits what this process may use. What it prints about a panic is discarded: the server says which file
/// was to blame. Programs that try a worker read it.
fn prepare() -> io::Result<()> {
    // These signals go to whole control groups and terminals. The server goes on after most of them, takes
    // its time to end after the others, and needs this process until then.
    for signal in signals::handled() {
        signal_hook::flag::register(signal, Arc::new(AtomicBool::new(false)))?;
    }
    rustix::process::nice(NICE)?;
    prefer_for_oom_kill();
    Resource::CORE.set(0, 0)?;
    // It writes no files.
    Resource::FSIZE.set(0, 0)?;
    limit_memory()
}

/// Limits the memory, unless the limit is already lower.
fn limit_memory() -> io::Result<()> {
    let (_, hard) = Resource::DATA.get()?;
    let limit = MEMORY_MAX.min(hard);
    Resource::DATA.set(limit, limit)
}
