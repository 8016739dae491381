//! A trial: measures a server with its listeners.

use std::env;
use std::net::Ipv4Addr;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::bare;
use crate::bounds::{FIRST_BYTES_MAX, LEAVING_MAX, SETTLING};
use crate::failure::Failure;
use crate::icecast::Icecast;
use crate::kind::ServerKind;
use crate::launch::Cores;
use crate::listener::{CheckLevel, Listener, StreamRequest};
use crate::listener_pool::{self, ListenerPool};
use crate::options::Options;
use crate::process::ServerProcess;
use crate::sample::{Sample, TimePercentiles, numbered, other_load, received_ratio};
use crate::stream::StreamCounts;
use crate::usage::{self, ProcessMemory};

/// The interval of the checks whether all have received audio.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// Bit rate and delivery interval of the bare writer, as coldwave has them by default.
const KBPS: u32 = 128;
const INTERVAL: Duration = Duration::from_secs(1);

/// A server with its listeners, from start to end.
pub struct Trial<'a> {
    pub kind: ServerKind,
    pub options: &'a Options,
    pub cores: &'a Cores,
}

/// The figures of a trial.
pub struct Figures {
    /// CPU time of the server in the window, per listener and second.
    pub cpu: Duration,
    pub memory: ProcessMemory,
    /// The time from connect() to the first byte of audio.
    pub first: TimePercentiles,
    /// The longest time without data of each listener, from its first byte to the end of the window.
    pub gap: TimePercentiles,
    /// Bytes received in the window divided by the bytes due: the mean, the least and the most of a listener.
    pub received: [f64; 3],
    pub joins: JoinCounts,
    pub fully_checked: FullyChecked,
    /// Listeners that were disconnected or received nothing, and why.
    pub losses: Vec<String>,
    /// The part of the window in which something else kept the server's core busy.
    pub other_load: Option<f64>,
    /// The error of any measured time is at most this long.
    pub longest_busy: Duration,
    /// Warnings in the server's log, and errors in received streams.
    pub warnings: Vec<String>,
}

/// How the streams of all listeners begin.
#[derive(Default)]
pub struct JoinCounts {
    pub all: usize,
    /// Listeners whose first byte is not the beginning of a frame.
    pub inside_a_frame: usize,
    /// Bytes before the first whole frame: the mean and the maximum.
    pub garbage_mean: f64,
    pub garbage_max: u64,
    /// Listeners with a title in their first block.
    pub title_in_first_block: usize,
    /// The time from the head of the response to the first title.
    pub title: TimePercentiles,
}

/// The counts of the listeners whose every byte was checked.
#[derive(Default)]
pub struct FullyChecked {
    pub listeners: usize,
    pub counts: StreamCounts,
}

impl Trial<'_> {
    pub fn run(&self) -> Result<Figures, Failure> {
        match self.kind {
            ServerKind::Icecast => {
                let mut icecast = Icecast::start(self.options.listeners, self.cores)?;
                let mut figures = self.measure(&mut icecast.server)?;
                figures.warnings.extend(icecast.warnings());
                Ok(figures)
            }
            ServerKind::Coldwave => {
                let mut command = self.cores.command(env!("CARGO_BIN_EXE_coldwave"))?;
                command.args(["--listen", "127.0.0.1:0"]);
                let mut server = ServerProcess::start(command)?;
                let mut figures = self.measure(&mut server)?;
                let log = server.log();
                let is_warning =
                    |line: &&str| ["WARN", "ERROR", "panicked"].iter().any(|word| line.contains(word));
                figures.warnings.extend(log.lines().filter(is_warning).map(str::to_owned));
                Ok(figures)
            }
            ServerKind::Bare => self.measure(&mut ServerProcess::start(self.bare_writer()?)?),
        }
    }

    fn bare_writer(&self) -> Result<Command, Failure> {
        let this = env::current_exe()?;
        let this = this.to_str().ok_or("the path of this program is not UTF-8")?;
        let mut command = self.cores.command(this)?;
        let lifetime = self.options.trial_max();
        command.args(bare::arguments(Ipv4Addr::LOCALHOST.into(), 1, KBPS, INTERVAL, lifetime));
        Ok(command)
    }

    fn measure(&self, server: &mut ServerProcess) -> Result<Figures, Failure> {
        let mut pool = ListenerPool::new(server.address)?;
        let request = StreamRequest::new(CheckLevel::Nothing, "/live", true);
        pool.join(self.options.listeners, self.options.rate, listener_pool::FIRST_BYTES_MAX, |number| {
            request.with_level(self.check_level(number))
        })?;
        let limit = Instant::now() + FIRST_BYTES_MAX;
        let is_waiting = |listener: &Listener| !listener.has_received() && !listener.is_disconnected();
        while pool.listeners().iter().any(is_waiting) && Instant::now() < limit {
            pool.listen_until(Instant::now() + POLL_INTERVAL)?;
        }
        pool.listen_until(Instant::now() + SETTLING)?;

        let before = Sample::take(server, self.cores, &pool)?;
        pool.listen_until(before.at + self.options.window())?;
        let after = Sample::take(server, self.cores, &pool)?;

        let all = pool.listeners();
        let memory = usage::memory(server.pid())?;
        let gap = TimePercentiles::from_listeners(all, |listener| listener.gap(after.at));
        let losses = numbered(all, Listener::loss);
        let longest_busy = pool.longest_busy();

        server.terminate()?;
        pool.listen_to_the_end(Instant::now() + LEAVING_MAX)?;
        server.wait()?;
        let all = pool.listeners();
        Ok(Figures {
            cpu: (after.cpu - before.cpu)
                .total
                .div_f64((after.at - before.at).as_secs_f64() * all.len() as f64),
            memory,
            first: TimePercentiles::from_listeners(all, Listener::first),
            gap,
            received: received_ratio(all, &before, &after, KBPS),
            joins: count_joins(all),
            fully_checked: self.count_fully_checked(all),
            losses,
            other_load: other_load(&before, &after),
            longest_busy,
            warnings: numbered(all, |listener| listener.error().map(str::to_owned)),
        })
    }

    fn check_level(&self, number: usize) -> CheckLevel {
        match self.kind {
            ServerKind::Bare => CheckLevel::Nothing,
            _ if number.is_multiple_of(self.options.every) => CheckLevel::Everything,
            _ => CheckLevel::Beginning,
        }
    }

    fn count_fully_checked(&self, all: &[Listener]) -> FullyChecked {
        let mut checked = FullyChecked::default();
        for (number, listener) in all.iter().enumerate() {
            if self.check_level(number) == CheckLevel::Everything {
                checked.listeners += 1;
                checked.counts.add(listener.counts());
            }
        }
        checked
    }
}

fn count_joins(all: &[Listener]) -> JoinCounts {
    let garbage = || all.iter().map(|listener| listener.counts().join_garbage);
    let first_title = |listener: &Listener| listener.counts().first_title;
    let in_first = |listener: &&Listener| first_title(listener).is_some_and(|title| title.block == 1);
    JoinCounts {
        all: all.len(),
        inside_a_frame: garbage().filter(|bytes| *bytes > 0).count(),
        garbage_mean: garbage().sum::<u64>() as f64 / all.len() as f64,
        garbage_max: garbage().max().unwrap_or_default(),
        title_in_first_block: all.iter().filter(in_first).count(),
        title: TimePercentiles::from_listeners(all, |listener| {
            first_title(listener).map(|title| title.after)
        }),
    }
}
