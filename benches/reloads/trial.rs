//! A run: listeners join, reloads follow each other, and the server ends.

use std::time::{Duration, Instant};

use crate::breakage::Breakage;
use crate::configuration::{Configuration, Table};
use crate::edits::{self, ADMIN, Edit, LIVE, SOURCE, SOURCE_LOGIN, SOURCE2};
use crate::failure::Failure;
use crate::figures::Figures;
use crate::launch::Cores;
use crate::listener::{CheckLevel, Listener, StreamRequest};
use crate::listener_pool::FIRST_BYTES_MAX;
use crate::live_source::LiveSource;
use crate::options::Options;
use crate::process::STOPPING_MAX;
use crate::sample::{TimePercentiles, numbered};
use crate::target::{Folder, Resources, Target};
use crate::tls::{self, TlsClient};

/// The time until the stations play their sources, and the burst of new listeners has no silence from before.
const WARMING_UP: Duration = Duration::from_secs(10);

/// The time that all listen after joining, before the first reload, and after the last one.
const SETTLING: Duration = Duration::from_secs(3);

/// The time after which resources of the last configuration are free: encode workers end after a minute.
const RELEASING: Duration = Duration::from_secs(75);

/// The time in which a reload must be done.
const RELOAD_MAX: Duration = Duration::from_secs(10);

/// The time after SIGTERM until all connections must be closed.
const LEAVING_MAX: Duration = Duration::from_secs(3);

/// The interval of the questions whether a reload is done.
const QUESTION_INTERVAL: Duration = Duration::from_millis(10);

/// Every how many reloads the configuration is broken.
const BROKEN_EVERY: usize = 3;

/// The duration of a frame of the music: 1,152 samples at 44,100 Hz.
const FRAME: Duration = Duration::from_micros(26_122);

/// A run.
pub struct Trial<'a> {
    pub options: &'a Options,
    pub cores: &'a Cores,
}

/// What the reloads have shown.
#[derive(Default)]
struct Outcomes {
    valid: Vec<Duration>,
    broken: Vec<Duration>,
    wrong: Vec<String>,
}

impl Trial<'_> {
    /// Returns the upper limit for the duration of a run.
    pub fn duration_max(options: &Options) -> Duration {
        let reloads = (options.interval() + RELOAD_MAX) * options.reloads as u32;
        options.joining()
            + FIRST_BYTES_MAX
            + WARMING_UP
            + SETTLING * 2
            + RELEASING
            + reloads
            + LEAVING_MAX
            + STOPPING_MAX
    }

    pub fn run(&self) -> Result<Figures, Failure> {
        let mut target = Target::start(self.options, self.cores, Folder::create(self.options)?)?;
        let server = target.server.address;
        let music = Target::track()?;
        let sources =
            [SOURCE, SOURCE2].map(|mount| LiveSource::start(server, mount, SOURCE_LOGIN, music.clone()));
        target.listen_until(Instant::now() + WARMING_UP)?;
        self.join(&mut target)?;
        let before = target.resources()?;
        let outcomes = self.reload_all(&mut target)?;
        target.listen_until(Instant::now() + RELEASING)?;
        let after = target.resources()?;
        let mut figures = self.figures(&target, outcomes, [before, after]);
        // While the sources are connected: their stations play silence afterwards.
        let mut kept = true;
        for source in sources {
            kept &= source?.finish();
        }
        figures.are_sources_kept = kept;
        self.shut_down(&mut target, &mut figures)?;
        Ok(figures)
    }

    /// Lets the listeners join: most at the station of the AutoDJ.
    fn join(&self, target: &mut Target) -> Result<(), Failure> {
        let mounts = [LIVE, LIVE, LIVE, SOURCE, SOURCE2];
        let client = TlsClient::new(&[tls::certificate()?.der.clone()], rustls::DEFAULT_VERSIONS)?;
        let request = |number: usize| {
            let is_checked = (number / mounts.len()).is_multiple_of(self.options.every);
            let level = if is_checked { CheckLevel::Everything } else { CheckLevel::Beginning };
            let request = StreamRequest::new(level, mounts[number % mounts.len()], true);
            if self.options.uses_tls(number) { request.over_tls(client.clone()) } else { request }
        };
        target.pool.join(self.options.listeners, self.options.rate, FIRST_BYTES_MAX, request)?;
        target.listen_until(Instant::now() + SETTLING)
    }

    /// Does all reloads, and at the end one with the configuration of the start.
    fn reload_all(&self, target: &mut Target) -> Result<Outcomes, Failure> {
        let (mut outcomes, mut configuration) = (Outcomes::default(), edits::base(&target.folder.places()));
        let mut edits = edits::all(&target.folder.places()).into_iter();
        for number in 0..self.options.reloads {
            target.listen_until(Instant::now() + self.options.interval())?;
            if number % BROKEN_EVERY == BROKEN_EVERY - 1 {
                self.reload_broken(number, target, &configuration, &mut outcomes)?;
            } else {
                let step = edits.next().unwrap_or_else(|| repeated_edit(number));
                step.iter().for_each(|edit| edit.apply(&mut configuration));
                let name = format!("{step:?}");
                reload_valid(number, target, &configuration, &name, &mut outcomes)?;
            }
        }
        let last = edits::base(&target.folder.places());
        target.listen_until(Instant::now() + SETTLING)?;
        reload_valid(self.options.reloads, target, &last, "the configuration of the start", &mut outcomes)?;
        Ok(outcomes)
    }

    fn reload_broken(
        &self,
        number: usize,
        target: &mut Target,
        configuration: &Configuration,
        outcomes: &mut Outcomes,
    ) -> Result<(), Failure> {
        let breakage = Breakage::with_number(number / BROKEN_EVERY, self.options.user.is_some());
        breakage.write(&target.folder.file(), configuration, &target.folder.used()?)?;
        let before = target.administrator.results()?;
        outcomes.broken.push(reload(number, target)?);
        let after = target.administrator.results()?;
        if after.refused != before.refused + 1 || after.total() != before.total() + 1 {
            outcomes.wrong.push(format!("{number}: {breakage:?} was not refused: {before:?}, {after:?}"));
        }
        Ok(())
    }

    fn figures(&self, target: &Target, outcomes: Outcomes, resources: [Resources; 2]) -> Figures {
        let (now, listeners) = (Instant::now(), target.pool.listeners());
        let silence = listeners.iter().map(|listener| listener.counts().longest_silence).max();
        let is_complete = self.options.reloads * (BROKEN_EVERY - 1) / BROKEN_EVERY
            >= edits::all(&target.folder.places()).len();
        Figures {
            listeners: listeners.len(),
            valid: outcomes.valid,
            broken: outcomes.broken,
            wrong_results: outcomes.wrong,
            // A short run cannot change all of them.
            uncovered: if is_complete { edits::uncovered(&target.folder.places()) } else { Vec::new() },
            losses: numbered(listeners, Listener::loss),
            errors: Vec::new(),
            gap: TimePercentiles::from_listeners(listeners, |listener| listener.gap(now)).max,
            silence: FRAME * silence.unwrap_or_default() as u32,
            resources,
            are_sources_kept: false,
            is_exit_sound: false,
            panics: Vec::new(),
        }
    }

    /// Ends the server, and adds to the figures how it ended and what its listeners received.
    fn shut_down(&self, target: &mut Target, figures: &mut Figures) -> Result<(), Failure> {
        target.server.terminate()?;
        target.pool.listen_to_the_end(Instant::now() + LEAVING_MAX)?;
        figures.is_exit_sound = target.server.wait()?.success();
        figures.errors = numbered(target.pool.listeners(), |listener| listener.error().map(str::to_owned));
        let log = target.server.log();
        figures.panics = log.lines().filter(|line| line.contains("panicked")).map(str::to_owned).collect();
        Ok(())
    }
}

/// Returns a change for a run that is longer than the list of edits.
fn repeated_edit(number: usize) -> Vec<Edit> {
    vec![Edit::Set(Table::Live, "description", format!("\"number {number}\""))]
}

/// Reloads a valid configuration, which must be applied.
fn reload_valid(
    number: usize,
    target: &mut Target,
    configuration: &Configuration,
    name: &str,
    outcomes: &mut Outcomes,
) -> Result<(), Failure> {
    target.folder.write(configuration)?;
    let before = target.administrator.results()?;
    outcomes.valid.push(reload(number, target)?);
    follow(target, configuration)?;
    let after = target.administrator.results()?;
    if after.refused != before.refused || after.total() != before.total() + 1 {
        outcomes.wrong.push(format!("{number}: {name} was not applied: {before:?}, {after:?}"));
    }
    Ok(())
}

/// Lets the administrator use the account and the address of a configuration that was applied.
fn follow(target: &mut Target, configuration: &Configuration) -> Result<(), Failure> {
    let account = ADMIN.iter().find(|(_, password)| {
        configuration.get(Table::Server, "admin_password") == Some(&format!("{password:?}"))
    });
    let (user, password) = *account.ok_or("no account of the administrator")?;
    let listen = configuration.get(Table::Server, "listen").unwrap_or_default();
    let places = target.folder.places();
    let server = places.listen.into_iter().rev().find(|address| listen.contains(&address.to_string()));
    let server = server.ok_or("no address")?;
    let administrator = &mut target.administrator;
    (administrator.server, administrator.user, administrator.password) =
        (server, user.to_owned(), password.to_owned());
    Ok(())
}

/// Reloads, by turns with a request and with SIGHUP. Returns how long it took.
fn reload(number: usize, target: &mut Target) -> Result<Duration, Failure> {
    let started = Instant::now();
    if number.is_multiple_of(2) {
        target.administrator.reload()?;
        return Ok(started.elapsed());
    }
    let before = target.administrator.results()?.total();
    target.hang_up()?;
    while started.elapsed() < RELOAD_MAX {
        target.listen_until(Instant::now() + QUESTION_INTERVAL)?;
        // A reload may change the account or the port: then the question fails, and it is done.
        if target.administrator.results().map_or(true, |results| results.total() > before) {
            return Ok(started.elapsed());
        }
    }
    Err(format!("reload {number} is not done after {RELOAD_MAX:?}").into())
}
