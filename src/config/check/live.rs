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
        ("recorded", shown(&path.to_string_lossy()))
    }));
    lines.extend(station.artwork.as_ref().map(|artwork| ("picture", format!("{artwork:?}"))));
    lines.extend(station.relay.as_ref().map(|relay| {
        let when = if relay.on_demand { "while someone listens" } else { "always" };
        ("relay of", format!("{}, {when}", relay.url))
    }));
    lines
}

/// Where sources of the old protocol are expected, who may do everything, and what is known of the way here.
pub fn in_all(settings: &Settings) -> Vec<Line> {
    let mut lines = Vec::new();
    if settings.takes_sources() {
        let ports = settings.source_ports();
        let ports: Vec<String> = ports.iter().map(|port| port.address.to_string()).collect();
        let besides = if ports.is_empty() { String::new() } else { format!("{}, and ", ports.join(", ")) };
        lines.push(("v1 sources", format!("at {besides}where listeners are")));
    }
    let metrics = match settings.metrics.shown_to {
        Metrics::Everybody => Some("for everybody"),
        Metrics::Admin if settings.shows_metrics() => Some("for the admin"),
        Metrics::Admin | Metrics::Nobody => None,
    };
    lines.extend(metrics.map(|to| ("metrics", format!("at /metrics, {to}"))));
    lines.push((
        "admin",
        match settings.admin.password {
            Some(_) => shown(&settings.admin.user),
            None => "nobody, as there is no admin_password".to_owned(),
        },
    ));
    if let Some(url) = &settings.public_url {
        lines.push(("found at", url.clone()));
    }
    let proxies = settings.trusted_proxies.networks();
    if !proxies.is_empty() {
        let proxies: Vec<String> = proxies.iter().map(ToString::to_string).collect();
        lines.push(("believed", format!("{}, of whom they speak for", proxies.join(", "))));
    }
    lines
}

fn who(sources: &SourceSettings) -> String {
    if !sources.is_on() {
        return "none, as there is neither source_password nor dj".to_owned();
    }
    let source = sources.account.password.as_ref().map(|_| sources.account.user.clone());
    let djs = sources.djs.iter().map(|dj| format!("DJ {} (priority {})", dj.name, dj.priority));
    shown(&source.into_iter().chain(djs).collect::<Vec<_>>().join(", "))
}

fn how(sources: &SourceSettings) -> [Line; 5] {
    let handover = match sources.handover {
        Handover::Now => "now, at the first frame",
        Handover::EndOfTrack => "when the AutoDJ's track ends",
    };
    let takeover = match sources.takeover {
        Takeover::SameUser => "only from oneself",
        Takeover::Refuse => "from nobody",
        Takeover::Newest => "from anybody",
        Takeover::Priority => "from oneself, and from a lower priority",
    };
    let titles = format!("{}; {}", charset(sources), title_delay(sources));
    let codec = if sources.allow_codec_change { "may change" } else { "has to be the station's" };
    [
        ("handover", handover.to_owned()),
        ("takeover", takeover.to_owned()),
        ("given up", format!("after {} s without audio", sources.timeout.as_secs())),
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
        0 => "shown at once".to_owned(),
        delay_ms => format!("shown {delay_ms} ms later"),
    }
}

fn silence(sources: &SourceSettings) -> String {
    match sources.silence.as_secs() {
        0 => "as long as there is nothing to play".to_owned(),
        seconds => format!("for {seconds} s, then goodbye"),
    }
}
