//! The figures of a run, and the goals.

use std::fmt;
use std::time::Duration;

use crate::target::Resources;

/// The delivery interval of coldwave: with every write to a listener on time, no gap is longer.
const DELIVERY_INTERVAL: Duration = Duration::from_secs(1);

/// The most silence that a listener may hear, and the most by which a delivery may be late.
const SILENCE_MAX: Duration = Duration::from_millis(1500);

/// The most memory in MB by which the process may have grown at the end, with the configuration of the start.
const GROWTH_MAX_MB: f64 = 20.0;

/// Threads that begin with their first use and stay: the timer of the encode workers, the one for requests of
/// each of two encode workers, and the resolver.
const THREADS_OF_USES: usize = 4;

/// The most losses and errors that are printed of each.
const TEXTS_MAX: usize = 5;

/// The figures of a run.
pub struct Figures {
    pub listeners: usize,
    /// The times that reloads with valid and with broken configurations took.
    pub valid: Vec<Duration>,
    pub broken: Vec<Duration>,
    /// Reloads with another result than expected.
    pub wrong_results: Vec<String>,
    /// Keys of the reference that no reload has changed.
    pub uncovered: Vec<String>,
    /// Listeners that were disconnected, and errors in received streams.
    pub losses: Vec<String>,
    pub errors: Vec<String>,
    /// The longest time without bytes of a listener.
    pub gap: Duration,
    /// The longest silence in the streams of fully checked listeners.
    pub silence: Duration,
    /// Before the first reload, and after one that restores the configuration of the start.
    pub resources: [Resources; 2],
    /// Whether both live sources were connected all the time.
    pub are_sources_kept: bool,
    pub is_exit_sound: bool,
    pub panics: Vec<String>,
}

impl Figures {
    /// Returns the goals, and whether each was reached.
    pub fn goals(&self) -> Vec<(String, bool)> {
        let [before, after] = self.resources;
        let goal = |text: &str, is_met| (text.to_owned(), is_met);
        vec![
            goal("no listener lost", self.losses.is_empty()),
            goal("no frame torn, no wrong byte", self.errors.is_empty()),
            goal("both live sources stay connected", self.are_sources_kept),
            goal("every reload has its result", self.wrong_results.is_empty()),
            goal("every key of the reference was changed", self.uncovered.is_empty()),
            goal("no silence over 1.5 s", self.silence <= SILENCE_MAX),
            goal("no delivery over 1.5 s late", self.gap <= DELIVERY_INTERVAL + SILENCE_MAX),
            goal("memory is flat", after.memory_mb <= before.memory_mb + GROWTH_MAX_MB),
            goal("open files are flat", after.open_files <= before.open_files),
            goal("threads are flat", after.threads <= before.threads + THREADS_OF_USES),
            goal("the server exits properly", self.is_exit_sound && self.panics.is_empty()),
        ]
    }

    /// Returns whether all goals were reached.
    pub fn is_sound(&self) -> bool {
        self.goals().iter().all(|(_, is_met)| *is_met)
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { listeners, losses, errors, .. } = self;
        writeln!(f, "listeners    {listeners}, {} lost, {} with wrong bytes", losses.len(), errors.len())?;
        writeln!(f, "valid        {}", Times(&self.valid))?;
        writeln!(f, "broken       {}", Times(&self.broken))?;
        writeln!(
            f,
            "longest gap  {:.2} s, silence {:.2} s",
            self.gap.as_secs_f64(),
            self.silence.as_secs_f64()
        )?;
        let [before, after] = self.resources;
        let Resources { memory_mb, open_files, threads } = before;
        let (now, files, all) = (after.memory_mb, after.open_files, after.threads);
        writeln!(f, "memory       {memory_mb:.1} MB before, {now:.1} MB after")?;
        writeln!(
            f,
            "open files   {open_files} before, {files} after; threads {threads} before, {all} after"
        )?;
        let texts = [&self.wrong_results, &self.uncovered, losses, errors, &self.panics];
        for text in texts.into_iter().flat_map(|texts| texts.iter().take(TEXTS_MAX)) {
            writeln!(f, "ERROR        {text}")?;
        }
        self.goals().iter().try_for_each(|(text, is_met)| {
            writeln!(f, "{:12} {text}", if *is_met { "met" } else { "MISSED" })
        })
    }
}

/// Times, printed as their number, median and maximum.
struct Times<'a>(&'a [Duration]);

impl fmt::Display for Times<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut times = self.0.to_vec();
        times.sort();
        let millis = |time: Option<&Duration>| time.map_or(0.0, |time| time.as_secs_f64() * 1000.0);
        let (median, longest) = (millis(times.get(times.len() / 2)), millis(times.last()));
        write!(f, "{} reloads, median {median:.1} ms, at most {longest:.1} ms", times.len())
    }
}
