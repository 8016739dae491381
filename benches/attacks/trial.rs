//! A trial: attacks a server with its listeners.

use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::attackers::{AttackersProcess, RAMP_UP_MAX};
use crate::crowd::Answers;
use crate::failure::Failure;
use crate::figures::Figures;
use crate::kind::AttackKind;
use crate::launch::Cores;
use crate::listener::{CheckLevel, Listener, StreamRequest};
use crate::listener_pool::{FIRST_BYTES_MAX, ListenerPool};
use crate::options::Options;
use crate::probes::{AllProbes, Probes};
use crate::process::{STOPPING_MAX, ServerProcess};
use crate::sample::{TimePercentiles, numbered};
use crate::setup::{AUTODJ, RELAY, SOURCE, Setup, Swaps};
use crate::usage;

/// The time that all listen after joining, before the attack.
const SETTLING: Duration = Duration::from_secs(2);

/// The time until a station plays its source or its relay and nothing else, and the burst of new listeners no
/// longer contains the silence before.
const WARMING_UP: Duration = Duration::from_secs(10);

/// The interval of the measurements of memory during the attack.
const SAMPLE_INTERVAL: Duration = Duration::from_millis(100);

/// The time after SIGTERM until all connections must be closed.
const LEAVING_MAX: Duration = Duration::from_secs(3);

/// The time by which the attackers may exceed their duration.
const ATTACKERS_GRACE: Duration = Duration::from_secs(10);

/// The listeners of the relay in the attack on it.
const RELAY_LISTENERS: usize = 20;

/// The duration of a frame of the music: 1,152 samples at 44,100 Hz.
const FRAME: Duration = Duration::from_micros(26_122);

/// A part of the line that the log has for each connection of a relay.
const RELAY_CONNECTED: &str = ": relaying ";

/// An attack on a server, from the start of the server to its end.
pub struct Trial<'a> {
    pub kind: AttackKind,
    pub options: &'a Options,
    pub cores: &'a Cores,
}

/// A running server, with what it needs, and its listeners.
struct Target {
    server: ServerProcess,
    pool: ListenerPool,
    setup: Setup,
    /// Changes of the music, in one attack.
    swaps: Option<Swaps>,
    _upstream: Option<ServerProcess>,
}

/// The state of a target before the attack or after it.
struct State {
    at: Instant,
    gap: Duration,
    silence: Duration,
    log: String,
}

impl Trial<'_> {
    /// Returns the upper limit for the duration of a trial.
    pub fn duration_max(options: &Options, kind: AttackKind) -> Duration {
        options.joining()
            + FIRST_BYTES_MAX * 2
            + WARMING_UP
            + SETTLING
            + RAMP_UP_MAX
            + kind.stop().unwrap_or_default()
            + options.window()
            + ATTACKERS_GRACE
            + Duration::from_secs(options.recovery)
            + LEAVING_MAX
            + STOPPING_MAX * 4
    }

    pub fn run(&self) -> Result<Figures, Failure> {
        let mut target = self.start()?;
        // A live source is on air before the listeners join, and stays until the attack is over.
        let source = self.kind.stop().map(|_| self.attackers(&target)).transpose()?;
        if source.is_some() {
            target.pool.listen_until(Instant::now() + WARMING_UP)?;
        }
        self.join(&mut target)?;
        let base = target.memory()?;
        let before = target.state();
        let probes = Probes::start(target.server.address, self.kind);
        let mut attackers = source.map_or_else(|| self.attackers(&target), Ok)?;
        self.disturb(&mut target)?;
        let peak = self.watch(&mut target, &mut attackers)?;
        target.swaps = None;
        let (left, after) = (target.memory()?, target.state());
        let probes = probes.finish()?;
        target.pool.listen_until(Instant::now() + Duration::from_secs(self.options.recovery))?;
        let memory = [base, peak, left, target.memory()?];
        let mut figures = self.figures(&target, &before, &after, memory, probes);
        figures.answers = attackers.answers()?;
        target.shut_down(&mut figures)?;
        Ok(figures)
    }

    /// Lets the listeners join.
    fn join(&self, target: &mut Target) -> Result<(), Failure> {
        let requests = self.requests();
        let request = |number: usize| requests[number % requests.len()].with_level(self.check_level(number));
        target.pool.join(self.options.listeners, self.options.rate, FIRST_BYTES_MAX, request)?;
        target.pool.listen_until(Instant::now() + SETTLING)
    }

    /// Does what attackers on the network cannot do, and adds listeners that only one attack has.
    fn disturb(&self, target: &mut Target) -> Result<(), Failure> {
        match self.kind {
            AttackKind::Fifo => {
                target.swaps = Some(target.setup.swap_tracks_and_fifos()?);
                Ok(())
            }
            AttackKind::RelayPath => {
                // The attacker is the first listener.
                target.pool.listen_until(Instant::now() + SETTLING)?;
                let request = StreamRequest::new(CheckLevel::Everything, RELAY, true);
                target.pool.join(RELAY_LISTENERS, self.options.rate, FIRST_BYTES_MAX, |_| request.clone())
            }
            kind => kind.stop().map_or(Ok(()), |stop| target.stop(stop)),
        }
    }

    /// Lets all listen until the attackers have left. Returns the peak of the memory in the meantime.
    fn watch(&self, target: &mut Target, attackers: &mut AttackersProcess) -> Result<f64, Failure> {
        let limit = Instant::now() + RAMP_UP_MAX + self.lifetime() + ATTACKERS_GRACE;
        let mut peak = target.memory()?;
        while !attackers.is_over()? && Instant::now() < limit {
            target.pool.listen_until(Instant::now() + SAMPLE_INTERVAL)?;
            peak = peak.max(target.memory()?);
        }
        Ok(peak)
    }

    /// Returns the figures that are known before the end of the server.
    fn figures(
        &self,
        target: &Target,
        before: &State,
        after: &State,
        memory: [f64; 4],
        probes: AllProbes,
    ) -> Figures {
        let duration = after.at - before.at;
        let growth = &after.log[before.log.len()..];
        let per_second = |count: usize| count as f64 / duration.as_secs_f64();
        let listeners = target.pool.listeners();
        Figures {
            kind: self.kind,
            connections: self.kind.connections(self.options.listeners),
            duration,
            listeners: listeners.len(),
            losses: numbered(listeners, Listener::loss),
            errors: Vec::new(),
            gap_before: before.gap,
            gap: target.gap(),
            silence_before: before.silence,
            // A live source leaves with the attackers, and its station plays silence afterwards.
            silence: if self.kind.has_live_source() { after.silence } else { target.silence() },
            memory,
            log: [per_second(growth.len()), per_second(growth.lines().count())],
            is_relay_kept: !growth.lines().any(|line| line.contains(RELAY_CONNECTED)),
            probes,
            answers: Answers::new(),
            longest_busy: target.pool.longest_busy(),
            is_exit_sound: false,
            panics: Vec::new(),
        }
    }

    /// Starts the server, and the upstream of its relay.
    fn start(&self) -> Result<Target, Failure> {
        let program = &self.options.program;
        let upstream = self.kind.has_relay().then(|| {
            let mut command = self.cores.command(program)?;
            command.args(["--listen", "127.0.0.1:0"]);
            ServerProcess::start(command)
        });
        let upstream = upstream.transpose()?;
        let url = upstream.as_ref().map(|upstream| format!("http://{}{AUTODJ}", upstream.address));
        let setup = Setup::create(self.kind, self.options.listeners, url.as_deref())?;
        let mut command = self.cores.command(program)?;
        command.args(["--listen", "127.0.0.1:0", "--config"]).arg(setup.file());
        let server = ServerProcess::start(command)?;
        Ok(Target {
            pool: ListenerPool::new(server.address)?,
            server,
            setup,
            swaps: None,
            _upstream: upstream,
        })
    }

    fn attackers(&self, target: &Target) -> Result<AttackersProcess, Failure> {
        let connections = self.kind.connections(self.options.listeners);
        AttackersProcess::start(self.kind, target.server.address, connections, self.lifetime())
    }

    /// Returns how long the attackers stay after they have connected.
    fn lifetime(&self) -> Duration {
        let before = |stop| WARMING_UP + self.options.joining() + SETTLING + stop;
        self.kind.stop().map_or(Duration::ZERO, before) + self.options.window()
    }

    /// Returns the requests of the listeners, one for each station.
    fn requests(&self) -> Vec<StreamRequest> {
        let mounts: &[&str] = match self.kind.stop() {
            Some(_) => &[AUTODJ, SOURCE, RELAY],
            None => &[AUTODJ],
        };
        mounts.iter().map(|mount| StreamRequest::new(CheckLevel::Beginning, mount, true)).collect()
    }

    fn check_level(&self, number: usize) -> CheckLevel {
        if number.is_multiple_of(self.options.every) { CheckLevel::Everything } else { CheckLevel::Beginning }
    }
}

impl Target {
    /// Returns the resident memory in MB.
    fn memory(&self) -> Result<f64, Failure> {
        Ok(usage::memory(self.server.pid())?.now as f64 * 1024.0 / 1e6)
    }

    fn state(&self) -> State {
        State { at: Instant::now(), gap: self.gap(), silence: self.silence(), log: self.server.log() }
    }

    /// Returns the longest time without bytes of a listener.
    fn gap(&self) -> Duration {
        let now = Instant::now();
        TimePercentiles::from_listeners(self.pool.listeners(), |listener| listener.gap(now)).max
    }

    /// Returns the longest silence in the streams of fully checked listeners.
    fn silence(&self) -> Duration {
        let frames = self.pool.listeners().iter().map(|listener| listener.counts().longest_silence).max();
        FRAME * frames.unwrap_or_default() as u32
    }

    /// Stops the process for a while.
    fn stop(&mut self, duration: Duration) -> Result<(), Failure> {
        self.signal(Signal::STOP)?;
        let stopped = self.pool.listen_until(Instant::now() + duration);
        self.signal(Signal::CONT)?;
        stopped
    }

    fn signal(&self, signal: Signal) -> Result<(), Failure> {
        let pid = i32::try_from(self.server.pid()).ok().and_then(Pid::from_raw);
        Ok(kill_process(pid.ok_or("an invalid process id")?, signal)?)
    }

    /// Ends the server, and adds to the figures how it ended and what its listeners received.
    fn shut_down(&mut self, figures: &mut Figures) -> Result<(), Failure> {
        self.server.terminate()?;
        self.pool.listen_to_the_end(Instant::now() + LEAVING_MAX)?;
        figures.is_exit_sound = self.server.wait()?.success();
        figures.errors = numbered(self.pool.listeners(), |listener| listener.error().map(str::to_owned));
        let log = self.server.log();
        figures.panics = log.lines().filter(|line| line.contains("panicked")).map(str::to_owned).collect();
        Ok(())
    }
}
