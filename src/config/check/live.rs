//! What a check says of going on the air live. Passwords are not shown.

use crate::config::problems::shown;
use crate::settings::{Handover, Metrics, Settings, SourceSettings, StationSettings, Takeover};

/// What is said of a thing: the thing, and the sentence.
pub type Line = (&'static str, String);

/// Who may go on the air at a station, and what happens then.
pub fn of_station(station: &StationSettings) -> Vec<Line> {
    let sources = &station.sources;
    let mut lines = vec![("sources", who(sources))];
    if sources.is_on() {
        lines.extend(how(sources));
    }
    if sources.is_on() || !sources.silence.is_zero() {
        lines.push(("silence", silence(sources)));
    }
    lines.extend(station.record.as_ref().map(|record| {
        let path = record.folder.join(&record.pattern);
        ("recording", shown(&path.to_string_lossy()))
    }));
    lines.extend(station.artwork.as_ref().map(|artwork| ("artwork", format!("{artwork:?}"))));
    lines.extend(station.relay.as_ref().map(|relay| {
        let when = if relay.on_demand { "on demand" } else { "always" };
        ("relay", format!("{} ({when})", relay.url))
    }));
    lines
}

/// Where sources of the old protocol are expected, who may do everything, and what is known of the way here.
pub fn in_all(settings: &Settings) -> Vec<Line> {
    let mut lines = Vec::new();
    if settings.takes_sources() {
        let ports = settings.source_ports();
        let ports: Vec<String> = ports.iter().map(|port| port.address.to_string()).collect();
        let besides = if ports.is_empty() { String::new() } else { format!("{} and ", ports.join(", ")) };
        lines.push(("v1 sources", format!("{besides}the listening ports")));
    }
    let metrics = match settings.metrics.shown_to {
        Metrics::Everybody => Some("public"),
        Metrics::Admin if settings.shows_metrics() => Some("administrator only"),
        Metrics::Admin | Metrics::Nobody => None,
    };
    lines.extend(metrics.map(|to| ("metrics", format!("/metrics ({to})"))));
    lines.push((
        "admin",
        match settings.admin.password {
            Some(_) => shown(&settings.admin.user),
            None => "disabled: no admin_password".to_owned(),
        },
    ));
    if let Some(url) = &settings.public_url {
        lines.push(("public url", url.clone()));
    }
    let proxies = settings.trusted_proxies.networks();
    if !proxies.is_empty() {
        let proxies: Vec<String> = proxies.iter().map(ToString::to_string).collect();
        lines.push(("proxies", proxies.join(", ")));
    }
    lines
}

fn who(sources: &SourceSettings) -> String {
    if !sources.is_on() {
        return "none: neither source_password nor dj is set".to_owned();
    }
    let source = sources.account.password.as_ref().map(|_| sources.account.user.clone());
    let djs = sources.djs.iter().map(|dj| format!("DJ {} (priority {})", dj.name, dj.priority));
    shown(&source.into_iter().chain(djs).collect::<Vec<_>>().join(", "))
}

fn how(sources: &SourceSettings) -> [Line; 5] {
    let handover = match sources.handover {
        Handover::Now => "immediately, with the first frame",
        Handover::EndOfTrack => "at the end of the AutoDJ's track",
    };
    let takeover = match sources.takeover {
        Takeover::SameUser => "by the same user",
        Takeover::Refuse => "never",
        Takeover::Newest => "by any user",
        Takeover::Priority => "by the same user or a higher priority",
    };
    let titles = format!("{}; {}", charset(sources), title_delay(sources));
    let codec = if sources.allow_codec_change { "may change" } else { "must be that of the station" };
    [
        ("live start", handover.to_owned()),
        ("takeover", takeover.to_owned()),
        ("timeout", format!("{} s without audio", sources.timeout.as_secs())),
        ("titles", titles),
        ("codec", codec.to_owned()),
    ]
}

fn charset(sources: &SourceSettings) -> String {
    let charset = sources.charset.as_deref().unwrap_or("windows-1252");
    format!("UTF-8, else {charset}")
}

fn title_delay(sources: &SourceSettings) -> String {
    match sources.title_delay.as_millis() {
        0 => "no delay".to_owned(),
        delay_ms => format!("delayed by {delay_ms} ms"),
    }
}

fn silence(sources: &SourceSettings) -> String {
    match sources.silence.as_secs() {
        0 => "no limit".to_owned(),
        seconds => format!("disconnects listeners after {seconds} s"),
    }
}
