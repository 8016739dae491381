//! The output of the attack program.

use std::fmt;
use std::time::Duration;

use crate::figures::Figures;
use crate::launch::Cores;
use crate::options::Options;
use crate::probes::ProbeFigures;

/// The most losses, errors and panics that are printed of each.
const TEXTS_MAX: usize = 5;

/// The first lines.
pub struct Heading<'a> {
    pub options: &'a Options,
    pub cores: &'a Cores,
}

impl fmt::Display for Heading<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Options { listeners, seconds, program, .. } = self.options;
        writeln!(f, "{listeners} listeners, attacks of {seconds} s; {}", self.cores)?;
        writeln!(f, "program: {program}")
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, connections, listeners, losses, errors, .. } = self;
        writeln!(
            f,
            "{kind}: {} ({connections} connections, {:.0} s)",
            kind.about(),
            self.duration.as_secs_f64()
        )?;
        writeln!(
            f,
            "  listeners      {listeners}, {} lost, {} with wrong bytes",
            losses.len(),
            errors.len()
        )?;
        let [gap_before, gap] = [self.gap_before, self.gap].map(seconds);
        let delay = seconds(self.delay());
        writeln!(f, "  longest gap    {gap} ({gap_before} before); delivery at most {delay} late")?;
        let [before, silence] = [self.silence_before, self.silence].map(seconds);
        writeln!(f, "  silence        {silence} ({before} before)")?;
        let [base, peak, left, later] = self.memory;
        writeln!(
            f,
            "  memory         base {base:.0} MB, peak {peak:.0} MB, when the attackers left {left:.0} MB, later {later:.0} MB"
        )?;
        let [bytes, lines] = self.log;
        writeln!(f, "  log            {bytes:.0} bytes and {lines:.0} lines per second")?;
        writeln!(f, "  new listeners  {}", self.probes.listeners)?;
        writeln!(f, "  right password {}", self.probes.logins)?;
        let answers: Vec<String> =
            self.answers.iter().map(|(label, count)| format!("{count} × {label}")).collect();
        writeln!(f, "  answers        {}", answers.join("; "))?;
        writeln!(f, "  client         busy for at most {}", seconds(self.longest_busy))?;
        for text in [losses, errors, &self.panics].into_iter().flat_map(|texts| texts.iter().take(TEXTS_MAX))
        {
            writeln!(f, "  ERROR          {text}")?;
        }
        if !self.is_exit_sound {
            writeln!(f, "  ERROR          the server did not exit properly")?;
        }
        for goal in self.goals() {
            writeln!(f, "  {:14} {}", verdict(goal.is_met), goal.text)?;
        }
        Ok(())
    }
}

impl fmt::Display for ProbeFigures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { succeeded, failed, longest, last_error } = self;
        write!(f, "{succeeded} succeeded, {failed} attempts failed, longest wait {}", seconds(*longest))?;
        last_error.iter().try_for_each(|error| write!(f, " ({error})"))
    }
}

/// Returns the table of all attacks.
pub fn summary(all: &[Figures]) -> String {
    let mut out = String::from(
        "attack             lost  wrong  late     silence  base MB  peak MB  later MB  log B/s   join     login    goals\n",
    );
    for figures in all {
        let [base, peak, _, later] = figures.memory;
        let missed = figures.goals().iter().filter(|goal| !goal.is_met).count();
        let verdict = if missed == 0 { "met".into() } else { format!("{missed} MISSED") };
        out += &format!(
            "{:18} {:<5} {:<6} {:8} {:8} {base:<8.0} {peak:<8.0} {later:<9.0} {:<9.0} {:8} {:8} {verdict}\n",
            figures.kind,
            figures.losses.len(),
            figures.errors.len(),
            seconds(figures.delay()),
            seconds(figures.silence),
            figures.log[0],
            wait(&figures.probes.listeners),
            wait(&figures.probes.logins),
        );
    }
    out
}

/// Returns the longest wait of a client that is no attacker.
fn wait(probes: &ProbeFigures) -> String {
    if probes.succeeded == 0 { "never".into() } else { seconds(probes.longest) }
}

fn verdict(is_met: bool) -> &'static str {
    if is_met { "met" } else { "MISSED" }
}

fn seconds(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}
