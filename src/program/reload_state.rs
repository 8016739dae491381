//! Which part of a reload is due: one runs at a time, and one that cannot read its configuration ends.

use std::time::Duration;

use crate::time::Time;

/// How long the configuration may take to read. Requests are then answered with an error, until the disk
/// answers.
pub const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// Which part of a reload is due.
#[derive(Debug, Default)]
pub enum ReloadState {
    /// No reload runs.
    #[default]
    Idle,
    /// The configuration is being read for these requests.
    Reading(Requests),
    /// The configuration has been read since this time, for too long. The requests were answered.
    Stuck(Time),
}

/// The requests that one reload answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requests {
    /// When the reload began.
    pub since: Time,
    /// Who has asked for it.
    pub by: Vec<String>,
}

/// What to do with requests.
#[derive(Debug, PartialEq, Eq)]
pub enum Begin {
    /// Nothing: there are none.
    Nothing,
    /// Read the configuration.
    Read,
    /// Answer them with an error: an earlier reload has been reading for this time.
    Refuse(Requests, Duration),
}

/// What to do with a configuration that was read.
#[derive(Debug, PartialEq, Eq)]
pub enum Finish {
    /// Apply it, and answer these requests.
    Apply(Requests),
    /// Ignore it: the requests were answered. It took this time.
    Ignore(Duration),
}

impl ReloadState {
    /// Returns whether requests may be taken: while the configuration is read, they have to wait, so that
    /// they cause one more reload.
    pub fn takes_requests(&self) -> bool {
        !matches!(self, Self::Reading(_))
    }

    /// Begins a reload for these requests.
    pub fn begin(&mut self, by: Vec<String>, now: Time) -> Begin {
        let requests = Requests { since: now, by };
        match self {
            _ if requests.by.is_empty() => Begin::Nothing,
            Self::Stuck(since) => Begin::Refuse(requests, now.since(*since)),
            Self::Idle | Self::Reading(_) => {
                *self = Self::Reading(requests);
                Begin::Read
            }
        }
    }

    /// Returns the requests of a reload whose configuration has been read for too long, once.
    pub fn take_overdue(&mut self, now: Time) -> Option<Requests> {
        let Self::Reading(requests) = self else { return None };
        let requests = requests.clone();
        (now.since(requests.since) >= READ_TIMEOUT).then(|| {
            *self = Self::Stuck(requests.since);
            requests
        })
    }

    /// Ends reading. `None` if nothing was being read.
    pub fn finish(&mut self, now: Time) -> Option<Finish> {
        match std::mem::take(self) {
            Self::Idle => None,
            Self::Reading(requests) => Some(Finish::Apply(requests)),
            Self::Stuck(since) => Some(Finish::Ignore(now.since(since))),
        }
    }

    /// Returns when [`take_overdue`](Self::take_overdue) has to be called.
    pub fn deadline(&self) -> Option<Time> {
        match self {
            Self::Reading(requests) => Some(requests.since + READ_TIMEOUT),
            Self::Idle | Self::Stuck(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Time {
        Time::START + Duration::from_secs(seconds)
    }

    fn by(name: &str) -> Vec<String> {
        vec![name.to_owned()]
    }

    #[test]
    fn one_reload_runs_at_a_time() {
        let mut state = ReloadState::default();
        assert_eq!(state.begin(Vec::new(), at(1)), Begin::Nothing);
        assert_eq!((state.takes_requests(), state.begin(by("a"), at(1))), (true, Begin::Read));
        assert!(!state.takes_requests());
        assert_eq!(state.take_overdue(at(30)), None);
        let requests = Requests { since: at(1), by: by("a") };
        assert_eq!(state.finish(at(30)), Some(Finish::Apply(requests)));
        assert_eq!((state.takes_requests(), state.finish(at(30)), state.deadline()), (true, None, None));
    }

    #[test]
    fn configuration_that_cannot_be_read_refuses_requests_until_it_is_read() {
        let mut state = ReloadState::default();
        state.begin(by("a"), at(1));
        assert_eq!(state.deadline(), Some(at(31)));
        let requests = Requests { since: at(1), by: by("a") };
        assert_eq!(state.take_overdue(at(31)), Some(requests));
        assert_eq!((state.take_overdue(at(32)), state.deadline()), (None, None), "it is reported once");
        let later = Requests { since: at(40), by: by("b") };
        assert_eq!(state.begin(by("b"), at(40)), Begin::Refuse(later, Duration::from_secs(39)));
        assert_eq!(state.finish(at(50)), Some(Finish::Ignore(Duration::from_secs(49))));
        assert_eq!(state.begin(by("c"), at(50)), Begin::Read);
    }
}
