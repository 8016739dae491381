//! What was found about the renditions of a programme, as tables.

use std::fmt;
use std::time::Duration;

/// The lag that every rendition must have, in samples.
const LAG: usize = 1152;

/// What was found about one rendition.
pub struct RungFigures {
    pub name: String,
    /// The frames that the audio must have, and whether all of them are there.
    pub frames: u64,
    pub is_complete: bool,
    /// The number of bytes less that of the nominal bit rate.
    pub excess_bytes: i64,
    pub frame_bytes: i64,
    /// The lags at the start and at the end.
    pub lags: [usize; 2],
    /// The number of frames that symphonia could not decode.
    pub errors: u64,
    /// What mpg123 wrote, if it is installed.
    pub mpg123: Option<String>,
    pub cpu: Duration,
    pub length: Duration,
}

impl RungFigures {
    /// The head of the table.
    pub const HEAD: &str = "| rendition | frames | bytes too many | lag at start, end | errors | mpg123 | CPU |\n\
        | --- | ---: | ---: | --- | ---: | --- | ---: |";

    /// Returns whether everything is as it must be. CPU time is not part of it.
    pub fn is_good(&self) -> bool {
        self.is_complete
            && self.excess_bytes.abs() <= self.frame_bytes
            && self.lags.iter().all(|lag| lag.abs_diff(LAG) <= 1)
            && self.errors == 0
            && self.mpg123.as_deref().is_none_or(str::is_empty)
    }
}

/// A line of the table.
impl fmt::Display for RungFigures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mpg123 = match self.mpg123.as_deref() {
            None => "not installed",
            Some("") => "silent",
            Some(said) => said,
        };
        let cpu = percent(self.cpu, self.length);
        let missing = if self.is_complete { "" } else { " (some are missing)" };
        let (name, frames, excess, [start, end]) = (&self.name, self.frames, self.excess_bytes, self.lags);
        let errors = self.errors;
        write!(
            f,
            "| {name} | {frames}{missing} | {excess} | {start}, {end} | {errors} | {mpg123} | {cpu:.2} % |"
        )
    }
}

/// What was found about a ladder.
pub struct LadderFigures {
    pub rungs: Vec<RungFigures>,
    pub programme: String,
    /// The frames of the programme.
    pub blocks: u64,
    pub length: Duration,
    /// The processor time of everything.
    pub cpu: Duration,
    /// The processor time of a ladder without rungs.
    pub decoding: Duration,
    /// The longest time for one frame of the programme.
    pub worst: Duration,
    /// How much memory the ladder needed after its first frames, and how much that grew until the end.
    pub memory_kib: i64,
    pub growth_kib: i64,
}

impl LadderFigures {
    /// Returns whether all renditions are as they must be.
    pub fn is_good(&self) -> bool {
        self.rungs.iter().all(RungFigures::is_good)
    }
}

/// The table, and what belongs to no single rendition.
impl fmt::Display for LadderFigures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", RungFigures::HEAD)?;
        for rung in &self.rungs {
            writeln!(f, "{rung}{}", if rung.is_good() { "" } else { " WRONG" })?;
        }
        let (programme, blocks, seconds) = (&self.programme, self.blocks, self.length.as_secs());
        writeln!(f, "\nprogramme: {programme}, {blocks} frames, {seconds} s")?;
        let cpu = percent(self.cpu, self.length);
        let decoding = percent(self.decoding, self.length);
        let worst = self.worst.as_secs_f64() * 1000.0;
        writeln!(f, "CPU: {cpu:.2} % in all, {decoding:.2} % decoding alone; worst frame {worst:.1} ms")?;
        let count = self.rungs.len().max(1).cast_signed() as i64;
        let (memory, growth) = (self.memory_kib, self.growth_kib);
        write!(f, "memory: {memory} KiB, {} KiB a rendition; then {growth:+} KiB", memory / count)
    }
}

/// Returns the share of a processor core in per cent.
pub fn percent(cpu: Duration, length: Duration) -> f64 {
    100.0 * cpu.as_secs_f64() / length.as_secs_f64()
}
