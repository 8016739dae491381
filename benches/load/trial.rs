//! A trial: measures a server with its listeners.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::admin_page::{AdminPageFigures, AdminPageProcess};
use crate::bounds::{CROWDED_MAX, DRAINING, LEAVING_MAX, first_bytes_max};
use crate::failure::Failure;
use crate::kind::TrialKind;
use crate::launch::Cores;
use crate::listener::{CheckLevel, Listener, StreamRequest};
use crate::listener_pool::ListenerPool;
use crate::mixed::{self, BadListenersProcess};
use crate::options::Options;
use crate::process::ServerProcess;
use crate::sample::{Sample, TimePercentiles, numbered, other_load, received_ratio};
use crate::scrape::{ScrapeFigures, ScrapeProcess};
use crate::server_under_test::ServerUnderTest;
use crate::setup::mount;
use crate::storm::{self, StormProcess};
use crate::stream::StreamCounts;
use crate::tls::{self, TlsClient};
use crate::usage::{self, CpuTime, ProcessMemory};

/// The rate of joins at once: as fast as this program can connect.
const AT_ONCE: u32 = u32::MAX;

/// The interval of the samples in a long window.
const SAMPLE_INTERVAL: Duration = Duration::from_secs(60);

/// A server with its listeners, from start to end.
pub struct Trial<'a> {
    pub kind: TrialKind,
    pub options: &'a Options,
    pub cores: &'a Cores,
}

/// The figures of a trial.
pub struct Figures {
    /// CPU time of the server in the window, per listener and second.
    pub cpu: CpuTime,
    /// CPU time of the server per listener until all had joined and received their bursts.
    pub cpu_to_join: Duration,
    /// The time from connect() to the first byte of audio, and to the first 64 KiB.
    pub first: TimePercentiles,
    pub full: TimePercentiles,
    /// The longest time without data of each listener.
    pub gap: TimePercentiles,
    /// ProcessMemory before the first join, before the window, and after it.
    pub memory_base: ProcessMemory,
    pub memory_before: ProcessMemory,
    pub memory: ProcessMemory,
    /// The kernel's memory for all TCP sockets after the window, in KiB.
    pub kernel: u64,
    /// Bytes received in the window divided by the bytes due: the mean, the least and the most of a listener.
    pub received: [f64; 3],
    /// Samples during the window: the time since its start, memory in KiB, received bytes divided by those
    /// due.
    pub course: Vec<(Duration, u64, f64)>,
    /// The time until all had rejoined, for each time that all had left.
    pub returns: Vec<Duration>,
    pub checks: CheckResults,
    /// The part of the window in which something else kept the server's core busy. With more than a few per
    /// cent, times and costs are not reliable. `None` if the server had no core of its own.
    pub other_load: Option<f64>,
    /// The error of any measured time is at most this long.
    pub longest_busy: Duration,
    pub scrape: Option<ScrapeFigures>,
    pub admin_page: Option<AdminPageFigures>,
    pub shutdown: Shutdown,
    pub warnings: Vec<String>,
}

/// What was checked, and the errors.
#[derive(Default)]
pub struct CheckResults {
    /// The number of listeners whose every byte was checked.
    pub fully_checked: usize,
    pub counts: StreamCounts,
    /// Listeners that were disconnected or received nothing, and why.
    pub losses: Vec<String>,
    /// Errors in received streams, with the listener's number.
    pub errors: Vec<String>,
}

/// Losses and errors of the listeners that churn replaced before the window.
#[derive(Default)]
struct ChurnErrors {
    losses: Vec<String>,
    errors: Vec<String>,
}

impl ChurnErrors {
    fn add(&mut self, number: usize, listener: &Listener) {
        // A listener that leaves right after it joined may not have received data yet.
        let loss = listener.loss().filter(|_| listener.is_disconnected());
        self.losses.extend(loss.map(|loss| format!("listener {number}, before it left: {loss}")));
        self.errors
            .extend(listener.error().map(|error| format!("listener {number}, before it left: {error}")));
    }
}

/// How a server exited.
pub struct Shutdown {
    pub duration: Duration,
    pub status: ExitStatus,
}

/// The disturbances during a window. They end when this value is dropped.
struct Disturbances {
    _storm: Option<StormProcess>,
    _bad_listeners: Option<BadListenersProcess>,
}

impl Trial<'_> {
    pub fn run(&self) -> Result<Figures, Failure> {
        let mut server_under_test = ServerUnderTest::start(self.kind, self.options, self.cores)?;
        let server = server_under_test.process();
        let memory_base = usage::memory(server.pid())?;
        let mut pool = ListenerPool::new(server.address)?;
        let requests = self.requests()?;
        let request = |number: usize| requests[number % requests.len()].with_level(self.check_level(number));
        pool.join(self.options.listeners, self.options.rate, first_bytes_max(self.kind), request)?;
        pool.listen_until(Instant::now() + DRAINING)?;
        let joined = Sample::take(server, self.cores, &pool)?;
        let mut churned = ChurnErrors::default();
        let on_leave = |number: usize, listener: &Listener| churned.add(number, listener);
        pool.churn(self.options.churn, self.options.rate, request, on_leave)?;
        pool.listen_until(Instant::now() + Duration::from_secs(self.options.settle))?;

        let disturbances = self.start_disturbances(server, &mut pool)?;
        let memory_before = usage::memory(server.pid())?;
        let scrape = self.start_scraping(server)?;
        let admin_page = self.open_admin_page(server)?;
        let before = Sample::take(server, self.cores, &pool)?;
        let course = self.listen(server, &mut pool, &before)?;
        let after = Sample::take(server, self.cores, &pool)?;

        let all = pool.listeners();
        let (memory, kernel) = (usage::memory(server.pid())?, usage::kernel_tcp_kib()?);
        drop(disturbances);
        let scrape = scrape.map(ScrapeProcess::finish).transpose()?;
        let admin_page = admin_page.map(AdminPageProcess::finish).transpose()?;
        let first = TimePercentiles::from_listeners(all, Listener::first);
        let full = TimePercentiles::from_listeners(all, Listener::full);
        let gap = TimePercentiles::from_listeners(all, |listener| listener.gap(after.at));
        let losses = numbered(all, Listener::loss);
        let longest_busy = pool.longest_busy();
        let listener_seconds = (after.at - before.at).as_secs_f64() * (all.len() - losses.len()) as f64;
        let received = received_ratio(all, &before, &after, self.options.kbps);
        let mut checks = self.check_results(all, losses);
        checks.losses.extend(churned.losses);
        checks.errors.extend(churned.errors);
        let returns = self.leave_and_rejoin(&mut pool, request, &mut checks)?;

        let shutdown = self.shut_down(server, &mut pool)?;
        checks.errors.extend(numbered(pool.listeners(), |listener| listener.error().map(str::to_owned)));
        checks.errors.sort();
        checks.errors.dedup();
        Ok(Figures {
            cpu: (after.cpu - before.cpu).div_f64(listener_seconds),
            cpu_to_join: joined.cpu.total.div_f64(self.options.listeners as f64),
            first,
            full,
            gap,
            memory_base,
            memory_before,
            memory,
            kernel,
            received,
            course,
            returns,
            checks,
            other_load: other_load(&before, &after),
            longest_busy,
            scrape,
            admin_page,
            shutdown,
            warnings: server_under_test.warnings(),
        })
    }

    /// Returns the requests of the listeners, one for each station.
    fn requests(&self) -> Result<Vec<StreamRequest>, Failure> {
        let (level, titles) = (CheckLevel::Beginning, self.kind.has_titles());
        let stations = 0..self.options.stations(self.kind);
        let requests = stations.map(|station| StreamRequest::new(level, &mount(station), titles));
        if self.kind != TrialKind::Tls {
            return Ok(requests.collect());
        }
        let client = TlsClient::new(&[tls::certificate()?.der.clone()], rustls::DEFAULT_VERSIONS)?;
        Ok(requests.map(|request| request.over_tls(client.clone())).collect())
    }

    /// Starts the storm and the bad listeners, if requested, and waits until they have their full effect.
    fn start_disturbances(
        &self,
        server: &ServerProcess,
        pool: &mut ListenerPool,
    ) -> Result<Disturbances, Failure> {
        let Options { storm, mixed, listeners, kbps, .. } = *self.options;
        // They are killed after the window. Until then they must not end by themselves.
        let duration = |ramp_up: Duration| ramp_up + self.options.window() + LEAVING_MAX;
        let storm =
            storm.then(|| StormProcess::start(server.address, duration(storm::RAMP_UP))).transpose()?;
        if storm.is_some() {
            pool.listen_until(Instant::now() + storm::RAMP_UP)?;
        }
        let start = || BadListenersProcess::start(server.address, listeners, kbps, duration(mixed::RAMP_UP));
        let bad_listeners = mixed.then(start).transpose()?;
        if bad_listeners.is_some() {
            pool.listen_until(Instant::now() + mixed::RAMP_UP)?;
        }
        Ok(Disturbances { _storm: storm, _bad_listeners: bad_listeners })
    }

    /// Starts to request status pages, if requested.
    fn start_scraping(&self, server: &ServerProcess) -> Result<Option<ScrapeProcess>, Failure> {
        let Options { scrape, .. } = *self.options;
        let start = || ScrapeProcess::start(server.address, scrape, self.options.window());
        (scrape > 0).then(start).transpose()
    }

    /// Opens an admin page, if requested.
    fn open_admin_page(&self, server: &ServerProcess) -> Result<Option<AdminPageProcess>, Failure> {
        let start = || AdminPageProcess::start(server.address, self.options.window());
        self.options.admin.then(start).transpose()
    }

    /// Lets all listen during the window. Returns the samples of the course.
    fn listen(
        &self,
        server: &ServerProcess,
        pool: &mut ListenerPool,
        before: &Sample,
    ) -> Result<Vec<(Duration, u64, f64)>, Failure> {
        let window = self.options.window();
        let mut course = Vec::new();
        for number in 1.. {
            let until = (SAMPLE_INTERVAL * number).min(window);
            pool.listen_until(before.at + until)?;
            if until == window {
                break;
            }
            let now = Sample::take(server, self.cores, pool)?;
            let [all, ..] = received_ratio(pool.listeners(), before, &now, self.options.kbps);
            course.push((now.at - before.at, usage::memory(server.pid())?.now, all));
        }
        Ok(course)
    }

    /// Lets all leave and rejoin at once, as often as requested, and adds their losses and errors to
    /// `checks`. Returns the times until all had rejoined.
    fn leave_and_rejoin(
        &self,
        pool: &mut ListenerPool,
        request: impl Fn(usize) -> StreamRequest,
        checks: &mut CheckResults,
    ) -> Result<Vec<Duration>, Failure> {
        let mut times = Vec::new();
        for _ in 0..self.options.returns {
            pool.leave();
            let left_at = Instant::now();
            pool.join(self.options.listeners, AT_ONCE, CROWDED_MAX, &request)?;
            times.push(left_at.elapsed());
            checks.losses.extend(numbered(pool.listeners(), Listener::loss));
            checks.errors.extend(numbered(pool.listeners(), |listener| listener.error().map(str::to_owned)));
        }
        Ok(times)
    }

    fn check_level(&self, number: usize) -> CheckLevel {
        match self.kind {
            TrialKind::Bare | TrialKind::BareMany => CheckLevel::Nothing,
            // Its streams begin inside a frame. The comparison measures that.
            TrialKind::Icecast => CheckLevel::Head,
            _ if number.is_multiple_of(self.options.every) => CheckLevel::Everything,
            _ => CheckLevel::Beginning,
        }
    }

    /// Sends SIGTERM to the server. Its listeners continue, so that the ends of the streams are checked.
    fn shut_down(&self, server: &mut ServerProcess, pool: &mut ListenerPool) -> Result<Shutdown, Failure> {
        let start = Instant::now();
        server.terminate()?;
        pool.listen_to_the_end(start + LEAVING_MAX)?;
        let status = server.wait()?;
        Ok(Shutdown { duration: start.elapsed(), status })
    }

    fn check_results(&self, all: &[Listener], losses: Vec<String>) -> CheckResults {
        let mut counts = StreamCounts::default();
        all.iter().for_each(|listener| counts.add(listener.counts()));
        let is_fully_checked = |number: &usize| self.check_level(*number) == CheckLevel::Everything;
        let fully_checked = (0..all.len()).filter(is_fully_checked).count();
        let errors = numbered(all, |listener| listener.error().map(str::to_owned));
        CheckResults { fully_checked, counts, losses, errors }
    }
}

impl Figures {
    /// Returns whether no listener was lost, no error was found, every page was received, and the server
    /// exited with status 0.
    pub fn is_sound(&self) -> bool {
        self.scrape.is_none_or(|scrape| scrape.failed == 0)
            && self.checks.losses.is_empty()
            && self.checks.errors.is_empty()
            && self.shutdown.status.success()
    }
}

impl Shutdown {
    /// Returns whether the server was killed because it did not exit.
    pub fn was_killed(&self) -> bool {
        self.status.signal() == Some(Signal::KILL.as_raw())
    }
}
