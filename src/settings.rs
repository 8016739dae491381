//! What a run of coldwave is told to do: plain data, filled from the command line or the configuration file.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use subtle::ConstantTimeEq;

use crate::image::Image;
use crate::proxies::Proxies;
use crate::stream_url::StreamUrl;

/// The port where nothing else is asked for.
const DEFAULT_PORT: u16 = 8000;

/// All that a run of the server is told.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where to listen. Never empty.
    pub listen: Vec<Listen>,
    /// The stations, in the order of their stream ids. Never empty.
    pub stations: Vec<StationSettings>,
    /// Listeners of all stations together; where it is not said, as many as there are open files for.
    pub max_listeners: Option<usize>,
    /// Connections from one address, or one /64 of IPv6; 0 for any number. This machine's own do not count.
    pub max_connections_per_address: usize,
    /// Where a line is written for every session that ends.
    pub access_log: Option<PathBuf>,
    /// The folder for what outlives a restart.
    pub state_dir: Option<PathBuf>,
    /// Where SHOUTcast v1 sources are expected beside [`listen`](Self::listen), where they are taken too; unset for the
    /// ports after those.
    pub source_listen: Option<Vec<Listen>>,
    /// Who may see and do everything; without a password nobody.
    pub admin: Account,
    /// Who is believed what he says of those whom he speaks for.
    pub trusted_proxies: Proxies,
    /// Where everybody finds us, such as `https://radio.example/radio`, without a slash at its end; where it is not said,
    /// wherever whoever asks found us.
    pub public_url: Option<String>,
    /// The directory in which public stations are announced.
    pub directory: Option<String>,
    /// Who is shown numbers at `/metrics`, and which.
    pub metrics: MetricsSettings,
}

impl Settings {
    /// Settings for these stations, with everything else as it is where nothing is said.
    pub fn of(stations: Vec<StationSettings>) -> Self {
        let everywhere = Listen::on((Ipv6Addr::UNSPECIFIED, DEFAULT_PORT).into());
        Self {
            listen: vec![everywhere],
            stations,
            max_listeners: None,
            max_connections_per_address: 0,
            access_log: None,
            state_dir: None,
            source_listen: None,
            admin: Account { user: "admin".into(), password: None },
            trusted_proxies: Proxies::default(),
            public_url: None,
            directory: None,
            metrics: MetricsSettings::default(),
        }
    }

    /// Whether any station takes live sources.
    pub fn takes_sources(&self) -> bool {
        self.stations.iter().any(|station| station.sources.is_on())
    }

    /// How many stations are relayed.
    pub fn relays(&self) -> usize {
        self.stations.iter().filter(|station| station.relay.is_some()).count()
    }

    /// Where SHOUTcast v1 sources are expected, beside [`listen`](Self::listen): encoders of that protocol are told the
    /// port of the listeners, and connect to the one after it. None where no station takes
    /// sources, or where everybody is listened to there already.
    pub fn source_ports(&self) -> Vec<Listen> {
        if !self.takes_sources() {
            return Vec::new();
        }
        let next = || self.listen.iter().filter_map(|listen| listen.next_port()).collect();
        let mut ports: Vec<Listen> = self.source_listen.clone().unwrap_or_else(next);
        ports.retain(|port| !self.listen.iter().any(|listen| listen.overlaps(port.address)));
        ports
    }

    /// Whether anybody is shown numbers.
    pub fn shows_metrics(&self) -> bool {
        match self.metrics.shown_to {
            Metrics::Nobody => false,
            Metrics::Admin => self.admin.password.is_some(),
            Metrics::Everybody => true,
        }
    }

    /// Whether there are passwords in it.
    pub fn holds_passwords(&self) -> bool {
        let of_relay = |relay: &RelaySettings| relay.url.login().is_some();
        let mut relays = self.stations.iter().filter_map(|station| station.relay.as_ref());
        self.admin.password.is_some() || self.takes_sources() || relays.any(of_relay)
    }
}

/// Numbers for whoever watches the server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MetricsSettings {
    /// Who is shown them.
    pub shown_to: Metrics,
    /// Whether they are shown also under the names that dashboards for Icecast have.
    pub icecast_names: bool,
}

/// Who is shown numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Metrics {
    /// Nobody: there is no such page.
    Nobody,
    /// Whoever has the admin's password. How many listen is on public pages too; how well the server copes is the
    /// operator's business, and tells an attacker how he is doing.
    #[default]
    Admin,
    /// Whoever asks.
    Everybody,
}

/// One address to listen on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listen {
    /// The address; port 0 takes any free port.
    pub address: SocketAddr,
    /// Taken instead where `address` is of a family this machine does not have.
    pub fallback: Option<SocketAddr>,
}

impl Listen {
    /// Listens on `address`. `[::]` is everywhere, also on a machine without IPv6.
    pub fn on(address: SocketAddr) -> Self {
        let everywhere = address.is_ipv6() && address.ip().is_unspecified();
        Self { address, fallback: everywhere.then(|| (Ipv4Addr::UNSPECIFIED, address.port()).into()) }
    }

    /// The same address with the port after this one. There is none after the last, nor after one that is not known
    /// yet.
    fn next_port(&self) -> Option<Self> {
        let port = self.address.port().checked_add(1).filter(|port| *port != 1)?;
        Some(Self::on((self.address.ip(), port).into()))
    }

    /// Whether a machine would refuse to listen on `other` too. `[::]` is for IPv4 as well.
    pub fn overlaps(&self, other: SocketAddr) -> bool {
        let covers = |all: SocketAddr, one: SocketAddr| {
            all.ip().is_unspecified() && (all.is_ipv6() || one.is_ipv4()) || all.ip() == one.ip()
        };
        let (this, port) = (self.address, self.address.port());
        port == other.port() && port != 0 && (covers(this, other) || covers(other, this))
    }
}

/// One station.
#[derive(Debug, Clone)]
pub struct StationSettings {
    /// The SHOUTcast stream id: the stream is also at `/stream/<id>`.
    pub id: u32,
    /// The path of the stream, beginning with `/`.
    pub mount: String,
    /// What players show as the station's name. Never empty: VLC asks for titles only when it is told a name.
    pub name: String,
    /// A sentence on the station; may be empty.
    pub description: String,
    /// May be empty.
    pub genre: String,
    /// The station's home page; may be empty.
    pub url: String,
    /// Whether directories may list the station.
    pub public: bool,
    /// What else those are told that collect streams by looking at their heads.
    pub meta: StreamMeta,
    /// Files, folders and playlists that the AutoDJ plays.
    pub music: Vec<PathBuf>,
    /// Whether the AutoDJ plays in random order.
    pub shuffle: bool,
    /// Bytes of audio between two metadata blocks.
    pub metaint: u32,
    /// How far behind the live edge a newcomer joins, which is how much he is sent at once.
    pub burst: Duration,
    /// How far behind the live edge a listener may fall before he is moved forward.
    pub buffer: Duration,
    /// How often a listener is written to. From 20 ms to [`longest_interval`](Self::longest_interval); what is beyond is
    /// taken for the nearer of the two.
    pub delivery_interval: Duration,
    /// Who is answered `ICY 200 OK`.
    pub icy: Icy,
    /// How many listeners there may be at once, if not as many as the server may have.
    pub max_listeners: Option<usize>,
    /// Whether `name` is only what is shown where a source does not say what the station is called.
    pub is_name_default: bool,
    /// Who may go on the air live, and how.
    pub sources: SourceSettings,
    /// Where live sessions are written to, if anywhere.
    pub record: Option<RecordSettings>,
    /// The station elsewhere that is passed on, if there is one.
    pub relay: Option<RelaySettings>,
    /// What stands for the station as a picture, if anything does.
    pub artwork: Option<Image>,
}

/// What a station says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct About<'a> {
    /// See [`StationSettings::name`].
    pub name: &'a str,
    /// See [`StationSettings::description`].
    pub description: &'a str,
    /// See [`StationSettings::genre`].
    pub genre: &'a str,
    /// See [`StationSettings::url`].
    pub url: &'a str,
    /// See [`StationSettings::public`].
    pub public: bool,
}

impl StationSettings {
    /// What the station says of itself while nobody else does.
    pub fn about(&self) -> About<'_> {
        let Self { name, description, genre, url, public, .. } = self;
        About { name, description, genre, url, public: *public }
    }

    /// The longest delivery interval that goes with the burst: a quarter of it, as the burst is what a listener plays
    /// from until his next delivery; without a burst 250 ms.
    pub fn longest_interval(&self) -> Duration {
        match self.burst / 4 {
            Duration::ZERO => Duration::from_millis(250),
            quarter => quarter.max(Duration::from_millis(20)),
        }
    }
}

impl Default for StationSettings {
    fn default() -> Self {
        Self {
            id: 1,
            mount: "/live".into(),
            name: "coldwave".into(),
            description: String::new(),
            genre: String::new(),
            url: String::new(),
            public: false,
            meta: StreamMeta::default(),
            music: Vec::new(),
            shuffle: false,
            metaint: 16_000,
            burst: Duration::from_secs(5),
            buffer: Duration::from_secs(30),
            delivery_interval: Duration::from_secs(1),
            icy: Icy::Auto,
            max_listeners: None,
            is_name_default: true,
            sources: SourceSettings::default(),
            record: None,
            relay: None,
            artwork: None,
        }
    }
}

/// What a station says of itself in version 2 of stream-meta.info. Of each, nothing where it is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StreamMeta {
    /// The address of its logo.
    pub logo: String,
    /// The country it is from, as ISO 3166-1 has it in two letters: `DE`.
    pub country_code: String,
    /// The part of that country, as ISO 3166-2 has it: `DE-HH`.
    pub country_subdivision_code: String,
    /// The languages spoken, as ISO 639 has them: `de`, `en`.
    pub language_codes: Vec<String>,
    /// Where it is, as latitude and longitude in degrees: `53.5436,9.9807`.
    pub geo_lat_long: String,
    /// Whether it asks not to be listed anywhere.
    pub do_not_index: bool,
}

impl StreamMeta {
    /// Whether it says nothing at all.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Where live sessions are written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordSettings {
    /// From where the pattern leads, taken as it stands: what looks like a pattern in it is none.
    pub folder: PathBuf,
    /// A path without its extension, with `%Y` and the like for the local time at which the session begins, `{dj}` for
    /// who it is, `{mount}` and `{station}`. See [`check_pattern`](crate::record::check_pattern).
    pub pattern: String,
}

/// A station elsewhere that is passed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelaySettings {
    /// Where it is heard.
    pub url: StreamUrl,
    /// Whether it is only fetched while there is someone to hear it.
    pub on_demand: bool,
}

/// What a station does with live sources.
#[derive(Debug, Clone)]
pub struct SourceSettings {
    /// The name and password of whoever has no name of his own. Without a password, and without DJs, there are no sources.
    pub account: Account,
    /// People with names and passwords of their own.
    pub djs: Vec<Dj>,
    /// How long a source may send no audio before it is given up.
    pub timeout: Duration,
    /// When a source that begins is heard.
    pub handover: Handover,
    /// Who may begin while another is on.
    pub takeover: Takeover,
    /// In what titles are encoded that are no UTF-8 and do not say; a label of the Encoding Standard.
    pub charset: Option<String>,
    /// How much later than it was announced a title becomes true.
    pub title_delay: Duration,
    /// Whether a source may send another codec than the station plays, at which players stop.
    pub allow_codec_change: bool,
    /// How long there is silence where there is nothing to play, before listeners are told goodbye; zero for as long as it
    /// takes.
    pub silence: Duration,
}

impl SourceSettings {
    /// Whether anybody can go on the air live.
    pub fn is_on(&self) -> bool {
        self.account.password.is_some() || !self.djs.is_empty()
    }
}

impl Default for SourceSettings {
    fn default() -> Self {
        Self {
            account: Account { user: "source".into(), password: None },
            djs: Vec::new(),
            timeout: Duration::from_secs(10),
            handover: Handover::Now,
            takeover: Takeover::SameUser,
            charset: None,
            title_delay: Duration::ZERO,
            allow_codec_change: false,
            silence: Duration::ZERO,
        }
    }
}

/// A name, and the password that goes with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The name.
    pub user: String,
    /// The password; nobody has it while there is none.
    pub password: Option<Secret>,
}

/// Somebody with a name and a password of his own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dj {
    /// As it is shown, and as he logs in.
    pub name: String,
    /// His password.
    pub password: Secret,
    /// Where [`Takeover::Priority`] decides: who has more may take over from who has less. Whoever is no DJ has 0.
    pub priority: i32,
}

/// A password. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// This password.
    pub fn new(password: impl Into<String>) -> Self {
        Self(password.into())
    }

    /// Whether `given` is this password. How long that takes tells nothing but the length.
    pub fn is(&self, given: &str) -> bool {
        self.0.as_bytes().ct_eq(given.as_bytes()).into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// When a source that begins is heard.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Handover {
    /// At its first frame.
    #[default]
    Now,
    /// When the AutoDJ's track ends.
    EndOfTrack,
}

/// Who may begin while another source is on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Takeover {
    /// Who is on himself: his encoder has lost its connection, which we have not noticed yet.
    #[default]
    SameUser,
    /// Nobody.
    Refuse,
    /// Whoever may at all.
    Newest,
    /// Who is on himself, and who has a higher priority.
    Priority,
}

/// Who is answered with the status line `ICY 200 OK` instead of `HTTP/1.0 200 OK`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Icy {
    /// Players known to speak it, see `protocol-notes/listener.md`.
    #[default]
    Auto,
    /// Everyone.
    Always,
    /// Nobody: right behind an HTTP proxy.
    Never,
}

/// Where a station can be heard on this machine, for an operator to click on. A wildcard address is shown as
/// `localhost`.
pub fn url(address: SocketAddr, mount: &str) -> String {
    let port = address.port();
    if address.ip().is_unspecified() {
        format!("http://localhost:{port}{mount}")
    } else {
        format!("http://{address}{mount}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_can_be_clicked_on() {
        for (address, shown) in [
            ("[::]:8000", "http://localhost:8000/live"),
            ("0.0.0.0:80", "http://localhost:80/live"),
            ("[::1]:81", "http://[::1]:81/live"),
            ("10.0.0.1:82", "http://10.0.0.1:82/live"),
        ] {
            assert_eq!(url(address.parse().expect(address), "/live"), shown);
        }
    }

    fn listen(addresses: &[&str]) -> Vec<Listen> {
        addresses.iter().map(|address| Listen::on(address.parse().expect(address))).collect()
    }

    fn with_sources(listening: &[&str], source_listen: Option<&[&str]>) -> Settings {
        let mut station = StationSettings::default();
        station.sources.account.password = Some(Secret::new("rosebud"));
        Settings {
            listen: listen(listening),
            source_listen: source_listen.map(listen),
            ..Settings::of(vec![StationSettings::default(), station])
        }
    }

    #[test]
    fn sources_are_expected_on_the_port_after_each() {
        let check = |listening: &[&str], source_listen: Option<&[&str]>, ports: &[&str]| {
            let found = with_sources(listening, source_listen).source_ports();
            assert_eq!(found, listen(ports), "{listening:?} {source_listen:?}");
        };
        check(&["[::]:8000"], None, &["[::]:8001"]);
        check(&["127.0.0.1:8000", "[::1]:80"], None, &["127.0.0.1:8001", "[::1]:81"]);
        check(&["[::]:8000", "[::]:8001"], None, &["[::]:8002"]);
        check(&["1.2.3.4:8000", "[::]:8001"], None, &["[::]:8002"]);
        check(&["1.2.3.4:8000", "4.3.2.1:8001"], None, &["1.2.3.4:8001", "4.3.2.1:8002"]);
        check(&["[::]:65535", "[::]:0", "[::]:65534"], None, &[]);
        check(&["[::]:8000"], Some(&["1.2.3.4:9000", "1.2.3.4:0"]), &["1.2.3.4:9000", "1.2.3.4:0"]);
        check(&["[::]:8000"], Some(&["[::]:8000", "1.2.3.4:8000"]), &[]);
        check(&["[::]:8000"], Some(&[]), &[]);
    }

    #[test]
    fn without_sources_no_port_is_opened_for_them() {
        let mut settings = with_sources(&["[::]:8000"], Some(&["[::]:9000"]));
        assert!(settings.holds_passwords());
        settings.stations.pop();
        assert_eq!(settings.source_ports(), []);
        assert!(!settings.holds_passwords());
        settings.admin.password = Some(Secret::new("rosebud"));
        assert!(settings.holds_passwords());
        settings.admin.password = None;
        let url = StreamUrl::parse("http://me:rosebud@radio.example/live").expect("an address");
        settings.stations[0].relay = Some(RelaySettings { url, on_demand: false });
        assert!(settings.holds_passwords());
    }

    #[test]
    fn passwords_are_not_printed() {
        let mut settings = with_sources(&["[::]:8000"], None);
        let url = StreamUrl::parse("http://me:rosebud@radio.example/live").expect("an address");
        settings.stations[0].relay = Some(RelaySettings { url, on_demand: false });
        let printed = format!("{settings:?}");
        assert!(printed.contains("radio.example") && !printed.contains("rosebud"), "{printed}");
    }
}
