//! One server, its listeners, and what was measured.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::bounds::{CROWDED_MAX, DRAINING, LEAVING_MAX, patience};
use crate::crowd::Crowd;
use crate::failure::Failure;
use crate::kind::Kind;
use crate::launch::Cores;
use crate::listener::{Ear, Listener, Wish};
use crate::mixed::{self, Mixed};
use crate::options::Options;
use crate::process::Server;
use crate::reading::{Reading, Spread, numbered, others, supply};
use crate::scrape::{Scrape, Scraped};
use crate::setup::mount;
use crate::storm::{self, Storm};
use crate::stream::Heard;
use crate::subject::Subject;
use crate::usage::{self, Cpu, Memory};

/// As fast as this program can.
const AT_ONCE: u32 = u32::MAX;

/// How often memory is looked at in a long window.
const LOOK: Duration = Duration::from_secs(60);

/// One server with its listeners, from start to end.
pub struct Trial<'a> {
    pub kind: Kind,
    pub options: &'a Options,
    pub cores: &'a Cores,
}

/// What was measured.
pub struct Figures {
    /// CPU time of the server in the window, per listener and second.
    pub cpu: Cpu,
    /// CPU time of the server until all had joined and settled, per listener: the burst and what came until then too.
    pub cpu_to_join: Duration,
    /// From the call of connect() to the first byte of audio, of every listener, and to the first 64 KiB.
    pub first: Spread,
    pub full: Spread,
    /// The longest silence of every listener.
    pub silence: Spread,
    /// Before anyone joined, before the measured window, and after it.
    pub memory_base: Memory,
    pub memory_before: Memory,
    pub memory: Memory,
    /// What the kernel held for all TCP sockets, in KiB, after the window.
    pub kernel: u64,
    /// Bytes heard in the window, where 1 is what the bit rate says: all listeners together, the least, the most.
    pub supply: [f64; 3],
    /// Through the window: how much of it was over, memory in KiB, the bytes heard of all together so far.
    pub course: Vec<(Duration, u64, f64)>,
    /// How long it took until all heard something again, of every time that all had left.
    pub returns: Vec<Duration>,
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

/// What was wrong with those who left before anything was measured.
#[derive(Default)]
struct Disconnected {
    losses: Vec<String>,
    faults: Vec<String>,
}

impl Disconnected {
    fn note(&mut self, at: usize, leaver: &Listener) {
        // Who leaves at once may not have heard anything yet.
        let loss = leaver.loss().filter(|_| leaver.is_gone());
        self.losses.extend(loss.map(|loss| format!("listener {at}, who was to leave: {loss}")));
        self.faults.extend(leaver.fault().map(|fault| format!("listener {at}, who was to leave: {fault}")));
    }
}

/// How a server ended.
pub struct Stop {
    pub took: Duration,
    pub status: ExitStatus,
}

/// The disturbances of a window; they end with this value.
struct Disturbed {
    _storm: Option<Storm>,
    _mixed: Option<Mixed>,
}

impl Trial<'_> {
    pub fn run(&self) -> Result<Figures, Failure> {
        let mut subject = Subject::start(self.kind, self.options, self.cores)?;
        let server = subject.server();
        let memory_base = usage::memory(server.pid())?;
        let mut crowd = Crowd::new(server.address)?;
        let wishes = self.wishes();
        let wish = |at: usize| wishes[at % wishes.len()].with(self.ear(at));
        crowd.gather(self.options.listeners, self.options.rate, patience(self.kind), wish)?;
        crowd.listen_until(Instant::now() + DRAINING)?;
        let joined = Reading::take(server, self.cores, &crowd)?;
        let mut gone = Disconnected::default();
        crowd.churn(self.options.churn, self.options.rate, wish, |at, leaver| gone.note(at, leaver))?;
        crowd.listen_until(Instant::now() + Duration::from_secs(self.options.settle))?;

        let disturbed = self.disturb(server, &mut crowd)?;
        let memory_before = usage::memory(server.pid())?;
        let scrape = self.scrape(server)?;
        let before = Reading::take(server, self.cores, &crowd)?;
        let course = self.listen(server, &mut crowd, &before)?;
        let after = Reading::take(server, self.cores, &crowd)?;

        let all = crowd.listeners();
        let (memory, kernel) = (usage::memory(server.pid())?, usage::kernel_tcp()?);
        drop(disturbed);
        let scraped = scrape.map(Scrape::end).transpose()?;
        let (first, full) = (Spread::of(all, Listener::first), Spread::of(all, Listener::full));
        let silence = Spread::of(all, |listener| listener.silence(after.at));
        let losses = numbered(all, Listener::loss);
        let longest_turn = crowd.longest_turn();
        let shares = (after.at - before.at).as_secs_f64() * (all.len() - losses.len()) as f64;
        let supply = supply(all, &before, &after, self.options.kbps);
        let mut checks = self.checks(all, losses);
        checks.losses.extend(gone.losses);
        checks.faults.extend(gone.faults);
        let returns = self.return_again(&mut crowd, wish, &mut checks)?;

        let stop = self.stop(server, &mut crowd)?;
        checks.faults.extend(numbered(crowd.listeners(), |listener| listener.fault().map(str::to_owned)));
        checks.faults.sort();
        checks.faults.dedup();
        Ok(Figures {
            cpu: (after.cpu - before.cpu).div_f64(shares),
            cpu_to_join: joined.cpu.total.div_f64(self.options.listeners as f64),
            first,
            full,
            silence,
            memory_base,
            memory_before,
            memory,
            kernel,
            supply,
            course,
            returns,
            checks,
            others: others(&before, &after),
            longest_turn,
            scraped,
            stop,
            warnings: subject.warnings(),
        })
    }

    /// What listeners ask for, in turn.
    fn wishes(&self) -> Vec<Wish> {
        let stations = 0..self.options.stations(self.kind);
        stations.map(|station| Wish::new(Ear::Deaf, &mount(station), self.kind.has_titles())).collect()
    }

    /// Begins what is to disturb the listeners, and waits until it does.
    fn disturb(&self, server: &Server, crowd: &mut Crowd) -> Result<Disturbed, Failure> {
        let Options { storm, mixed, listeners, kbps, .. } = *self.options;
        // They end with their value; that they last longer is for what is read when the window is over.
        let length = |rising: Duration| rising + self.options.window() + LEAVING_MAX;
        let storm = storm.then(|| Storm::begin(server.address, length(storm::RISING))).transpose()?;
        if storm.is_some() {
            crowd.listen_until(Instant::now() + storm::RISING)?;
        }
        let mixed = mixed
            .then(|| Mixed::begin(server.address, listeners, kbps, length(mixed::RISING)))
            .transpose()?;
        if mixed.is_some() {
            crowd.listen_until(Instant::now() + mixed::RISING)?;
        }
        Ok(Disturbed { _storm: storm, _mixed: mixed })
    }

    /// Begins to ask for status pages, if anybody is to.
    fn scrape(&self, server: &Server) -> Result<Option<Scrape>, Failure> {
        let Options { scrape, .. } = *self.options;
        (scrape > 0).then(|| Scrape::begin(server.address, scrape, self.options.window())).transpose()
    }

    /// Lets all listen through the window, and looks now and then at where things stand.
    fn listen(
        &self,
        server: &Server,
        crowd: &mut Crowd,
        before: &Reading,
    ) -> Result<Vec<(Duration, u64, f64)>, Failure> {
        let window = self.options.window();
        let mut course = Vec::new();
        for look in 1.. {
            let until = (LOOK * look).min(window);
            crowd.listen_until(before.at + until)?;
            if until == window {
                break;
            }
            let now = Reading::take(server, self.cores, crowd)?;
            let [all, ..] = supply(crowd.listeners(), before, &now, self.options.kbps);
            course.push((now.at - before.at, usage::memory(server.pid())?.now, all));
        }
        Ok(course)
    }

    /// Has all leave at once and come back at once, as often as was asked for. Those who were there before are kept in
    /// `checks` as they were.
    fn return_again(
        &self,
        crowd: &mut Crowd,
        wish: impl Fn(usize) -> Wish,
        checks: &mut Checks,
    ) -> Result<Vec<Duration>, Failure> {
        let mut took = Vec::new();
        for _ in 0..self.options.returns {
            crowd.leave();
            let left = Instant::now();
            crowd.gather(self.options.listeners, AT_ONCE, CROWDED_MAX, &wish)?;
            took.push(left.elapsed());
            checks.losses.extend(numbered(crowd.listeners(), Listener::loss));
            checks.faults.extend(numbered(crowd.listeners(), |listener| listener.fault().map(str::to_owned)));
        }
        Ok(took)
    }

    fn ear(&self, at: usize) -> Ear {
        match self.kind {
            Kind::Bare | Kind::BareMany => Ear::Bare,
            // It begins anywhere in a frame; what that is worth is the comparison's business.
            Kind::Icecast => Ear::Unseen,
            _ if at.is_multiple_of(self.options.every) => Ear::Whole,
            _ => Ear::Deaf,
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
