//! One server, its listeners, and what was measured.

use std::env;
use std::net::Ipv4Addr;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::bare;
use crate::bounds::{HEARING_MAX, LEAVING_MAX, SETTLING};
use crate::crowd::{self, Crowd};
use crate::failure::Failure;
use crate::icecast::Icecast;
use crate::kind::Kind;
use crate::launch::Cores;
use crate::listener::{Ear, Listener, Wish};
use crate::options::Options;
use crate::process::Server;
use crate::reading::{Reading, Spread, numbered, others, supply};
use crate::stream::Heard;
use crate::usage::{self, Memory};

/// How often it is looked whether they do.
const LOOK: Duration = Duration::from_millis(100);

/// What the bare writer does, as coldwave does by default.
const KBPS: u32 = 128;
const INTERVAL: Duration = Duration::from_secs(1);

/// One server with its listeners, from start to end.
pub struct Trial<'a> {
    pub kind: Kind,
    pub options: &'a Options,
    pub cores: &'a Cores,
}

/// What was measured.
pub struct Figures {
    /// CPU time of the server in the window, per listener and second.
    pub cpu: Duration,
    pub memory: Memory,
    /// From the call of connect() to the first byte of audio, of every listener.
    pub first: Spread,
    /// The longest silence of every listener since its first byte, until the end of the window.
    pub silence: Spread,
    /// Bytes heard in the window, where 1 is what the bit rate says: all listeners together, the least, the most.
    pub supply: [f64; 3],
    pub joins: Joins,
    pub whole: Whole,
    /// Listeners that ended before their time or never heard anything, and why.
    pub losses: Vec<String>,
    /// The part of the window in which others were busy on the server's core.
    pub others: Option<f64>,
    /// How far off a measured time may be because this program was busy.
    pub longest_turn: Duration,
    /// What the server logged for its operator's attention, and what in a stream was no stream.
    pub warnings: Vec<String>,
}

/// How the streams of all listeners begin.
#[derive(Default)]
pub struct Joins {
    pub all: usize,
    /// Listeners whose first byte is not a whole frame's.
    pub inside_a_frame: usize,
    /// Bytes before the first whole frame, on the average of all, and the most.
    pub garbage_mean: f64,
    pub garbage_max: u64,
    /// Listeners who were told a title in their first block.
    pub title_in_first_block: usize,
    /// From the reply's head to the first title.
    pub title: Spread,
}

/// What those heard of whom every byte was looked at.
#[derive(Default)]
pub struct Whole {
    pub listeners: usize,
    pub heard: Heard,
}

impl Trial<'_> {
    pub fn run(&self) -> Result<Figures, Failure> {
        match self.kind {
            Kind::Icecast => {
                let mut icecast = Icecast::start(self.options.listeners, self.cores)?;
                let mut figures = self.measure(&mut icecast.server)?;
                figures.warnings.extend(icecast.warnings());
                Ok(figures)
            }
            Kind::Coldwave => {
                let mut command = self.cores.command(env!("CARGO_BIN_EXE_coldwave"))?;
                command.args(["--listen", "127.0.0.1:0"]);
                let mut server = Server::start(command)?;
                let mut figures = self.measure(&mut server)?;
                let log = server.log();
                let warns =
                    |line: &&str| ["WARN", "ERROR", "panicked"].iter().any(|word| line.contains(word));
                figures.warnings.extend(log.lines().filter(warns).map(str::to_owned));
                Ok(figures)
            }
            Kind::Bare => self.measure(&mut Server::start(self.bare()?)?),
        }
    }

    fn bare(&self) -> Result<Command, Failure> {
        let this = env::current_exe()?;
        let mut command = self.cores.command(this.to_str().ok_or("the path of this program is no text")?)?;
        let lifetime = self.options.turn_max();
        command.args(bare::arguments(Ipv4Addr::LOCALHOST.into(), 1, KBPS, INTERVAL, lifetime));
        Ok(command)
    }

    fn measure(&self, server: &mut Server) -> Result<Figures, Failure> {
        let mut crowd = Crowd::new(server.address)?;
        let wish = Wish::new(Ear::Bare, "/live", true);
        crowd.gather(self.options.listeners, self.options.rate, crowd::HEARING_MAX, |at| {
            wish.with(self.ear(at))
        })?;
        let limit = Instant::now() + HEARING_MAX;
        let waits = |listener: &Listener| !listener.hears() && !listener.is_gone();
        while crowd.listeners().iter().any(waits) && Instant::now() < limit {
            crowd.listen_until(Instant::now() + LOOK)?;
        }
        crowd.listen_until(Instant::now() + SETTLING)?;

        let before = Reading::take(server, self.cores, &crowd)?;
        crowd.listen_until(before.at + self.options.window())?;
        let after = Reading::take(server, self.cores, &crowd)?;

        let all = crowd.listeners();
        let memory = usage::memory(server.pid())?;
        let silence = Spread::of(all, |listener| listener.silence(after.at));
        let losses = numbered(all, Listener::loss);
        let longest_turn = crowd.longest_turn();

        server.terminate()?;
        crowd.listen_to_the_end(Instant::now() + LEAVING_MAX)?;
        server.wait()?;
        let all = crowd.listeners();
        Ok(Figures {
            cpu: (after.cpu - before.cpu)
                .total
                .div_f64((after.at - before.at).as_secs_f64() * all.len() as f64),
            memory,
            first: Spread::of(all, Listener::first),
            silence,
            supply: supply(all, &before, &after, KBPS),
            joins: joins(all),
            whole: self.whole(all),
            losses,
            others: others(&before, &after),
            longest_turn,
            warnings: numbered(all, |listener| listener.fault().map(str::to_owned)),
        })
    }

    fn ear(&self, at: usize) -> Ear {
        match self.kind {
            Kind::Bare => Ear::Bare,
            _ if at.is_multiple_of(self.options.every) => Ear::Whole,
            _ => Ear::Deaf,
        }
    }

    fn whole(&self, all: &[Listener]) -> Whole {
        let mut whole = Whole::default();
        for (_, listener) in all.iter().enumerate().filter(|(at, _)| self.ear(*at) == Ear::Whole) {
            whole.listeners += 1;
            whole.heard.add(listener.heard());
        }
        whole
    }
}

fn joins(all: &[Listener]) -> Joins {
    let garbage = || all.iter().map(|listener| listener.heard().join_garbage);
    let first_title = |listener: &Listener| listener.heard().first_title;
    let in_first = |listener: &&Listener| first_title(listener).is_some_and(|title| title.block == 1);
    Joins {
        all: all.len(),
        inside_a_frame: garbage().filter(|bytes| *bytes > 0).count(),
        garbage_mean: garbage().sum::<u64>() as f64 / all.len() as f64,
        garbage_max: garbage().max().unwrap_or_default(),
        title_in_first_block: all.iter().filter(in_first).count(),
        title: Spread::of(all, |listener| first_title(listener).map(|title| title.after)),
    }
}
