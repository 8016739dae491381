//! The figures of an attack, and the goals.

use std::time::Duration;

use crate::attackers::SOURCE_LOST;
use crate::crowd::Answers;
use crate::kind::AttackKind;
use crate::probes::{AllProbes, ProbeFigures};

/// The delivery interval of coldwave: with every write to a listener on time, no gap is longer.
pub const DELIVERY_INTERVAL: Duration = Duration::from_secs(1);

/// The time by which a delivery may be late. A listener has five seconds of audio in its buffer.
const DELAY_MAX: Duration = Duration::from_secs(1);

/// The most memory in MB that an attack may use, and that may remain in use afterwards.
const MEMORY_MAX_MB: f64 = 200.0;
const REMAINDER_MAX_MB: f64 = 40.0;

/// The most silence that a listener may hear. The first listener of a relay on demand waits for its upstream.
const SILENCE_MAX: Duration = Duration::from_millis(500);
const RELAY_START_MAX: Duration = Duration::from_secs(5);

/// The most time until a client that is no attacker succeeds.
const SUCCESS_MAX: Duration = Duration::from_secs(2);

/// The most bytes that the log may grow per second.
const LOG_MAX: f64 = 20_000.0;

/// The figures of an attack.
pub struct Figures {
    pub kind: AttackKind,
    pub connections: usize,
    /// The time from the first attacker to the last one.
    pub duration: Duration,
    pub listeners: usize,
    /// Listeners that were disconnected, and errors in received streams.
    pub losses: Vec<String>,
    pub errors: Vec<String>,
    /// The longest time without bytes of a listener, before the attack and until its end.
    pub gap_before: Duration,
    pub gap: Duration,
    /// The longest silence in the streams of fully checked listeners, before the attack and until its end.
    pub silence_before: Duration,
    pub silence: Duration,
    /// Resident memory in MB before the attack, its peak, when the attackers had left, and later.
    pub memory: [f64; 4],
    /// The growth of the log in bytes and in lines per second.
    pub log: [f64; 2],
    /// Whether the relay did not connect again during the attack.
    pub is_relay_kept: bool,
    pub probes: AllProbes,
    pub answers: Answers,
    /// The longest time that this program was busy without polling its sockets.
    pub longest_busy: Duration,
    /// Whether the server exited properly.
    pub is_exit_sound: bool,
    pub panics: Vec<String>,
}

/// A goal, and whether it was reached.
pub struct Goal {
    pub text: String,
    pub is_met: bool,
}

impl Figures {
    /// Returns whether no listener was lost, no error was found in a stream, and the server exited properly.
    pub fn is_sound(&self) -> bool {
        self.losses.is_empty() && self.errors.is_empty() && self.is_exit_sound && self.panics.is_empty()
    }

    /// Returns by how much the latest delivery was late, without the time that the process was stopped.
    pub fn delay(&self) -> Duration {
        self.gap.saturating_sub(DELIVERY_INTERVAL + self.kind.stop().unwrap_or_default())
    }

    /// Returns the goals of this kind of attack.
    pub fn goals(&self) -> Vec<Goal> {
        let [base, peak, _, later] = self.memory;
        let silence_max = if self.kind == AttackKind::RelayPath { RELAY_START_MAX } else { SILENCE_MAX };
        let mut goals = vec![
            goal("no listener lost or wrong", self.is_sound()),
            goal(format!("no delivery more than {DELAY_MAX:?} late"), self.delay() <= DELAY_MAX),
            goal(format!("no silence over {silence_max:?}"), self.silence <= silence_max),
            goal(format!("memory below {MEMORY_MAX_MB} MB above the base"), peak < base + MEMORY_MAX_MB),
            goal("memory falls back", later < base + REMAINDER_MAX_MB),
            goal("log below 20 KB/s", self.log[0] < LOG_MAX),
        ];
        // While the process is stopped, it answers no one.
        let wait_max = SUCCESS_MAX + self.kind.stop().unwrap_or_default();
        let succeeds = |probes: &ProbeFigures| probes.succeeded > 0 && probes.longest <= wait_max;
        goals.push(goal("a new listener gets in", succeeds(&self.probes.listeners)));
        goals.push(goal("a right password is admitted", succeeds(&self.probes.logins)));
        if self.kind.stop().is_some() {
            goals.push(goal("the source stays connected", !self.answers.contains_key(SOURCE_LOST)));
            goals.push(goal("the relay stays connected", self.is_relay_kept));
        }
        goals
    }
}

fn goal(text: impl Into<String>, is_met: bool) -> Goal {
    Goal { text: text.into(), is_met }
}
