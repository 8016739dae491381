//! One server, its listeners, and what was measured.

use std::env;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::bare;
use crate::crowd::{self, Crowd};
use crate::launch::Cores;
use crate::listener::{Ear, Listener};
use crate::options::Options;
use crate::process::{self, Server};
use crate::reading::{Reading, Spread, numbered, others, supply};
use crate::run::Failure;
use crate::scrape::{Scrape, Scraped};
use crate::storm::{self, Storm};
use crate::stream::Heard;
use crate::usage::{self, Memory};

/// How long all listen before the measured window begins: until the last burst is drained, and longer than one turn of
/// coldwave's delivery wheel.
const SETTLING: Duration = Duration::from_secs(2);

/// How long after SIGTERM listeners are waited for. coldwave promises 2 s.
const LEAVING_MAX: Duration = Duration::from_secs(3);

/// What a trial takes at most beside joining and the window.
pub const AROUND_MAX: Duration = Duration::from_secs(
    10 + crowd::HEARING_MAX.as_secs()
        + storm::RISING.as_secs()
        + SETTLING.as_secs()
        + LEAVING_MAX.as_secs()
        + process::STOPPING_MAX.as_secs(),
);

/// Which server is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Coldwave,
    Bare,
}

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
    /// CPU time of the server until all had joined and settled, per listener: the burst and what came until then too.
    pub cpu_to_join: Duration,
    /// From the call of connect() to the first byte of audio, of every listener.
    pub first: Spread,
    /// The longest silence of every listener.
    pub silence: Spread,
    /// Before the measured window, and after it.
    pub memory_before: Memory,
    pub memory: Memory,
    /// Bytes heard in the window, where 1 is what the bit rate says: all listeners together, the least, the most.
    pub supply: [f64; 3],
    pub checks: Checks,
    /// The part of the window in which others were busy on the server's core: with more than a few per cent, times and
    /// costs are theirs as well. `None` where the server was not on a core of its own.
    pub others: Option<f64>,
    /// How far off a measured time may be because this program was busy.
    pub longest_turn: Duration,
    /// What came of asking for status pages, if anybody did.
    pub scraped: Option<Scraped>,
    pub stop: Stop,
    pub warnings: Vec<String>,
}

/// What was checked, and what is wrong.
#[derive(Default)]
pub struct Checks {
    /// Listeners whose every byte was checked.
    pub whole: usize,
    pub heard: Heard,
    /// Listeners that ended before their time or never heard anything, and why.
    pub losses: Vec<String>,
    /// What is wrong in what listeners heard, with the listener's number.
    pub faults: Vec<String>,
}

/// How a server ended.
pub struct Stop {
    pub took: Duration,
    pub status: ExitStatus,
}

impl Trial<'_> {
    pub fn run(&self) -> Result<Figures, Failure> {
        let mut server = Server::start(self.command()?)?;
        let mut crowd = Crowd::new(server.address)?;
        crowd.gather(self.options.listeners, self.options.rate, |at| self.ear(at))?;
        crowd.listen_until(Instant::now() + SETTLING)?;

        let storm = self.storm(&server, &mut crowd)?;
        let memory_before = usage::memory(server.pid())?;
        let scrape = self.scrape(&server)?;
        let before = Reading::take(&server, self.cores, &crowd)?;
        crowd.listen_until(before.at + self.options.window())?;
        let after = Reading::take(&server, self.cores, &crowd)?;

        let all = crowd.listeners();
        let memory = usage::memory(server.pid())?;
        drop(storm);
        let scraped = scrape.map(Scrape::end).transpose()?;
        let silence = Spread::of(all, |listener| listener.silence(after.at));
        let losses = numbered(all, Listener::loss);
        let longest_turn = crowd.longest_turn();

        let stop = self.stop(&mut server, &mut crowd)?;
        let all = crowd.listeners();
        Ok(Figures {
            cpu: (after.cpu - before.cpu).div_f64((after.at - before.at).as_secs_f64() * all.len() as f64),
            cpu_to_join: before.cpu.div_f64(all.len() as f64),
            first: Spread::of(all, Listener::first),
            silence,
            memory_before,
            memory,
            supply: supply(all, &before, &after),
            checks: self.checks(all, losses),
            others: others(&before, &after),
            longest_turn,
            scraped,
            stop,
            warnings: warnings(&server.log()),
        })
    }

    /// Begins the storm, if there is to be one, and waits until it has risen.
    fn storm(&self, server: &Server, crowd: &mut Crowd) -> Result<Option<Storm>, Failure> {
        if !self.options.storm {
            return Ok(None);
        }
        let storm = Storm::begin(server.address, storm::RISING + self.options.window())?;
        crowd.listen_until(Instant::now() + storm::RISING)?;
        Ok(Some(storm))
    }

    /// Begins to ask for status pages, if they are to be asked for.
    fn scrape(&self, server: &Server) -> Result<Option<Scrape>, Failure> {
        let Options { scrape, .. } = self.options;
        (*scrape > 0).then(|| Scrape::begin(server.address, *scrape, self.options.window())).transpose()
    }

    fn command(&self) -> Result<Command, Failure> {
        match self.kind {
            Kind::Coldwave => {
                let mut command = self.cores.command(env!("CARGO_BIN_EXE_coldwave"))?;
                command.args(["--listen", "127.0.0.1:0", "--"]).args(&self.options.music);
                Ok(command)
            }
            Kind::Bare => {
                let this = env::current_exe()?;
                let mut command =
                    self.cores.command(this.to_str().ok_or("the path of this program is no text")?)?;
                let lifetime = self.options.joining() + self.options.window() + AROUND_MAX;
                command.args([
                    bare::MODE,
                    &self.options.interval_ms.to_string(),
                    &lifetime.as_secs().to_string(),
                ]);
                Ok(command)
            }
        }
    }

    fn ear(&self, at: usize) -> Ear {
        match self.kind {
            Kind::Bare => Ear::Bare,
            Kind::Coldwave if at.is_multiple_of(self.options.every) => Ear::Whole,
            Kind::Coldwave => Ear::Deaf,
        }
    }

    /// Ends the server. Its listeners go on listening: what they hear last is checked too.
    fn stop(&self, server: &mut Server, crowd: &mut Crowd) -> Result<Stop, Failure> {
        let asked = Instant::now();
        server.terminate()?;
        crowd.listen_to_the_end(asked + LEAVING_MAX)?;
        let status = server.wait()?;
        Ok(Stop { took: asked.elapsed(), status })
    }

    fn checks(&self, all: &[Listener], losses: Vec<String>) -> Checks {
        let mut heard = Heard::default();
        all.iter().for_each(|listener| heard.add(listener.heard()));
        let whole = (0..all.len()).filter(|at| self.ear(*at) == Ear::Whole).count();
        let faults = numbered(all, |listener| listener.fault().map(str::to_owned));
        Checks { whole, heard, losses, faults }
    }
}

impl Figures {
    /// Whether nobody was lost, nothing wrong was heard, every page was there, and the server ended by itself and well.
    pub fn is_sound(&self) -> bool {
        self.scraped.is_none_or(|scraped| scraped.failed == 0)
            && self.checks.losses.is_empty()
            && self.checks.faults.is_empty()
            && self.stop.status.success()
    }
}

impl Stop {
    /// Whether the server had to be killed.
    pub fn by_force(&self) -> bool {
        self.status.signal() == Some(Signal::KILL.as_raw())
    }
}

/// The lines of a log that an operator should see.
fn warnings(log: &str) -> Vec<String> {
    let warns = |line: &&str| line.contains("WARN") || line.contains("ERROR") || line.contains("panicked");
    log.lines().filter(warns).map(str::to_owned).collect()
}
