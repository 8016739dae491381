//! The server's numbers for whoever watches it, at `/metrics`.

use std::rc::Rc;
use std::time::Duration;

use super::{OnAir, Peer, Server, traffic};
use crate::http::admin::reply::AdminRefusal;
use crate::http::admin::{Needs, Style};
use crate::http::proxy::base::base;
use crate::http::request::form::Form;
use crate::http::request::{Method, Request};
use crate::http::response::reply;
use crate::pages::{Counters, Shown, StationCounters, metrics};
use crate::session::{Reply, Why};
use crate::settings::{Metrics, MetricsSettings};
use crate::time::Time;
use crate::vitals::Vitals;

/// For how long the numbers are good enough: who asks for them more often than that is told the same.
pub const REFRESHED_AFTER: Duration = Duration::from_millis(100);

/// What the server is told of its process when it asks. Must not block.
pub struct VitalSigns {
    /// What it needs of the machine.
    pub vitals: Box<dyn Fn() -> Vitals>,
    /// Lines that the access log misses.
    pub lost_lines: Box<dyn Fn() -> u64>,
    /// How many files it may have open.
    pub open_files_max: u64,
}

/// Who may read the numbers, and what they were when they were last read.
#[derive(Default)]
pub struct Meter {
    settings: MetricsSettings,
    signs: Option<VitalSigns>,
    scrapes: u64,
    /// When they were read, by somebody who reached us where, and what he was shown.
    latest: Option<(Time, String, Rc<Shown>)>,
}

impl Meter {
    /// Whether there is anything to read for anybody.
    pub fn is_on(&self) -> bool {
        self.settings.shown_to != Metrics::Nobody
    }

    fn latest(&self, base: &str, now: Time) -> Option<Rc<Shown>> {
        let (read, of, shown) = self.latest.as_ref()?;
        (of == base && now < *read + REFRESHED_AFTER).then(|| shown.clone())
    }
}

impl Server {
    /// Shows numbers to whom `settings` say. Before the first connection.
    pub fn meter(&mut self, settings: MetricsSettings, signs: Option<VitalSigns>) {
        (self.meter.settings, self.meter.signs) = (settings, signs);
    }

    /// Answers a request for the numbers.
    pub(super) fn read_meter(&mut self, peer: Peer, request: &Request, now: Time) {
        let head_only = request.method == Method::Head;
        let is_public = self.meter.settings.shown_to == Metrics::Everybody;
        let reply = match self.may_read(peer, request, now) {
            Err(refusal) => refusal.reply(Style::Icecast),
            Ok(()) if !matches!(request.method, Method::Get | Method::Head) => reply::not_allowed(),
            Ok(()) => {
                let shown = self.numbers_shown(&base(request, &self.ports), now);
                if is_public { shown.reply(head_only) } else { shown.private_reply(head_only) }
            }
        };
        self.become_reply(peer, Reply::new(reply, Why::Answered), now);
    }

    fn may_read(&mut self, peer: Peer, request: &Request, now: Time) -> Result<(), AdminRefusal> {
        // Who is banned is not everybody.
        if self.meter.settings.shown_to == Metrics::Everybody && !self.is_banned(peer) {
            return Ok(());
        }
        let claims = request.claims(&Form::of(request, &[]));
        self.admitted(peer, request, &claims, Needs::Admin, now).map(drop)
    }

    fn numbers_shown(&mut self, base: &str, now: Time) -> Rc<Shown> {
        self.meter.scrapes += 1;
        if let Some(shown) = self.meter.latest(base, now) {
            return shown;
        }
        let base_shown = self.meter.settings.icecast_names.then_some(base);
        let shown = Rc::new(metrics::render(&self.admin_snapshot(now), base_shown));
        self.meter.latest = Some((now, base.to_owned(), shown.clone()));
        shown
    }

    /// The server's numbers as they are now.
    pub(super) fn counters(&self) -> Counters {
        let signs = self.meter.signs.as_ref();
        let traffic::Counters { asked, pages, sources, relayed } = self.counters;
        Counters {
            vitals: signs.map(|signs| (signs.vitals)()).unwrap_or_default(),
            open_files_max: signs.map(|signs| signs.open_files_max),
            connections: self.connections(),
            accepted: self.tally.accepted,
            refused: self.tally.refused,
            client_connections: asked,
            page_connections: pages,
            source_connections: sources,
            relay_connections: relayed,
            requests: self.tally.requests(),
            ended: self.tally.sessions_ended(),
            loop_lag: self.tally.lag.clone(),
            delivery_delay: self.tally.lateness.clone(),
            log_lines_suppressed: self.complaints.all_withheld() + self.login_complaints.all_withheld(),
            access_log_lines_dropped: signs.map_or(0, |signs| (signs.lost_lines)()),
            scrapes: self.meter.scrapes,
        }
    }
}

impl OnAir {
    /// The station's numbers as they are now.
    pub(super) fn counters(&self) -> StationCounters {
        let timeline = self.station.timeline();
        StationCounters {
            stream_connections: self.wheel.len(),
            bytes_on_air: timeline.end(),
            bytes_sent: self.bytes_sent,
            skips: self.audience.skips,
            too_slow: self.too_slow,
            title_changes: self.station.titles(),
            ring_bytes: timeline.end() - timeline.start(),
            ring_capacity_bytes: timeline.room() as u64,
            ring_s: timeline.held().duration().as_secs_f64(),
            ring_kept_s: timeline.kept().duration().as_secs_f64(),
        }
    }
}
