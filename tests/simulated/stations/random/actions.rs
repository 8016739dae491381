//! The actions of the random scenario.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use coldwave::audio::Header;
use coldwave::server::Dial;
use coldwave::settings::{LiveStart, RelaySettings, Secret, StationSettings, Takeover};
use coldwave::station::{Input, Readiness};
use coldwave::stream_url::StreamUrl;

use super::tracks::Tracks;
use super::{ChangingStations, Listening, SourcePeer};
use crate::stations::{SECOND, station};
use crate::world::ear::Ear;
use crate::world::encoder::{Encoder, source_request};
use crate::world::{Link, Reply};

impl ChangingStations {
    /// Completes, refuses or drops each connection that the server wants.
    pub fn dial(&mut self) {
        while let Some(Dial { ticket, .. }) = self.world.dials.front() {
            if !self.world.server.is_dial_wanted(*ticket) {
                self.world.dials.pop_front();
                continue;
            }
            match self.rng.u8(..10) {
                0 => drop(self.world.dials.pop_front()),
                1 | 2 => self.world.refuse_dial(),
                answer => {
                    let peer = self.world.accept_dial();
                    let encoder = self.encoder();
                    let head = match answer {
                        3 => "HTTP/1.0 404 Not Found\r\n\r\n",
                        4 => "HTTP/1.0 302 Found\r\nLocation: http://192.0.2.9/other\r\n\r\n",
                        5 => "",
                        _ => "ICY 200 OK\r\nicy-name:Harbour FM\r\n\r\n",
                    };
                    self.count("upstreams");
                    self.world.feed(peer, head.as_bytes());
                    self.source_peers.push(SourcePeer { peer, encoder, sends: answer > 5 });
                }
            }
        }
    }

    pub fn encoder(&mut self) -> Encoder {
        self.last_number += 1;
        Encoder::new(&self.log, self.last_number, Header::DEFAULT)
    }

    pub fn add(&mut self) {
        let settings = station(self.rng.u32(1..12));
        let settings = self.settings(settings);
        let mut inputs: Vec<Box<dyn Input>> = Vec::new();
        if self.rng.u8(..3) > 0 {
            self.last_number += 1;
            let tracks = Tracks::new(self.last_number, &self.log);
            self.inputs.push(tracks.control());
            inputs.push(Box::new(tracks));
        }
        let added = self.world.server.add_station(settings.clone(), inputs, self.world.now);
        assert_eq!(added.is_ok(), self.is_free(&settings, None), "{added:?}");
        self.stations.extend(added.ok().map(|key| (key, settings)));
        self.count("added");
    }

    /// Gives an input another format or readiness.
    pub fn change_input(&mut self) {
        let formats = [(44_100, 2, 128), (48_000, 2, 320), (22_050, 1, 64), (8_000, 1, 8)];
        let (rate, channels, kbps) = formats[self.rng.usize(..4)];
        let readiness =
            [Readiness::Ready, Readiness::Ready, Readiness::Pending, Readiness::Idle][self.rng.usize(..4)];
        if !self.inputs.is_empty() {
            let at = self.rng.usize(..self.inputs.len());
            self.inputs[at].set((readiness, Header::new_mp3(rate, channels, kbps).expect("a format")));
        }
    }

    pub fn settings(&mut self, mut it: StationSettings) -> StationSettings {
        let rng = &mut self.rng;
        for _ in 0..rng.u8(..4) {
            match rng.u8(..13) {
                0 => it.burst = Duration::from_millis(rng.u64(..8000)),
                1 => it.buffer = Duration::from_millis(rng.u64(1000..40_000)),
                2 => it.delivery_interval = Duration::from_millis(rng.u64(1..2500)),
                3 => it.metaint = rng.u32(100..20_000),
                4 => it.max_listeners = rng.bool().then(|| rng.usize(..12)),
                5 | 6 => {
                    let password = ["tide", "tide", "ebb"].get(rng.usize(..4));
                    it.sources.account.password = password.map(|&password| Secret::new(password));
                }
                7 => it.sources.max_silence = SECOND * [0, 0, 5, 20][rng.usize(..4)],
                8 | 9 => {
                    let url = ["http://192.0.2.1/a", "http://192.0.2.2/b"][rng.usize(..2)];
                    let relay = RelaySettings::new(StreamUrl::parse(url).expect("a URL"), rng.bool());
                    it.relay = (rng.u8(..3) > 0).then_some(relay);
                }
                10 => it.sources.timeout = SECOND * rng.u32(2..15),
                11 => {
                    it.sources.live_start = [LiveStart::Immediate, LiveStart::EndOfTrack][rng.usize(..2)];
                    it.sources.takeover =
                        [Takeover::SameUser, Takeover::Never, Takeover::AnyUser][rng.usize(..3)];
                    it.sources.title_delay = SECOND * [0, 0, 4][rng.usize(..3)];
                }
                _ => it.name = format!("Name {}", rng.u8(..)),
            }
        }
        it
    }

    pub fn remove(&mut self) {
        if self.stations.is_empty() {
            return;
        }
        let (key, _) = self.stations.swap_remove(self.rng.usize(..self.stations.len()));
        assert!(self.world.server.remove_station(key, self.world.now));
        self.world.turn();
        for (peer, _) in self.readers.iter().filter(|(_, only)| *only == Some(key)) {
            let socket = self.world.socket(*peer);
            assert!(
                socket.finished || socket.closed || socket.link != Link::Fast,
                "{peer:?} is closed with its station"
            );
        }
        assert!(!self.world.server.remove_station(key, self.world.now));
        self.count("removed");
    }

    pub fn change(&mut self) {
        if self.stations.is_empty() {
            return;
        }
        let at = self.rng.usize(..self.stations.len());
        let mut settings = self.settings(self.stations[at].1.clone());
        match self.rng.u8(..6) {
            0 => settings.id = self.rng.u32(1..12),
            1 => settings.mount = format!("/{}", self.rng.u32(1..12)),
            _ => {}
        }
        let is_free = self.is_free(&settings, Some(at));
        let applied = self.world.server.apply_station(self.stations[at].0, settings.clone(), self.world.now);
        assert_eq!(applied.is_ok(), is_free, "{applied:?}");
        if is_free {
            self.stations[at].1 = settings;
        }
        self.count("changed");
    }

    pub fn is_free(&self, settings: &StationSettings, own: Option<usize>) -> bool {
        let others = self.stations.iter().enumerate().filter(|(at, _)| Some(*at) != own);
        others.map(|(_, (_, other))| other).all(|it| it.id != settings.id && it.mount != settings.mount)
    }

    pub fn any_mount(&mut self) -> Option<String> {
        if self.stations.is_empty() {
            return None;
        }
        let settings = &self.stations[self.rng.usize(..self.stations.len())].1;
        Some(if self.rng.u8(..4) == 0 { format!("/stream/{}", settings.id) } else { settings.mount.clone() })
    }

    pub fn any_address(&mut self) -> SocketAddr {
        // Each has its own port, which identifies it in the session log.
        self.last_number += 1;
        let port = 1024 + (self.last_number % 60_000) as u16;
        match self.rng.u8(..10) {
            0..3 => (Ipv4Addr::LOCALHOST, port).into(),
            _ => (Ipv4Addr::new(203, 0, 113, self.rng.u8(1..9)), port).into(),
        }
    }

    pub fn join(&mut self) {
        let Some(mount) = self.any_mount() else { return };
        let link = match self.rng.u8(..12) {
            0..6 => Link::Fast,
            6..8 => Link::Erratic,
            8 => Link::Stuck { buffer: self.rng.usize(..300_000) },
            _ => Link::Slow { per_second: self.rng.usize(..40_000), buffer: self.rng.usize(1..300_000) },
        };
        let address = self.any_address();
        let Some(peer) = self.world.try_connect_from(address, link) else { return };
        let mut ear = Ear::new(&self.log);
        (ear.may_be_refused, ear.ignores_titles) = (true, self.sets_titles);
        self.world.socket_mut(peer).ear = Some(ear);
        let more = [
            "Icy-MetaData: 1\r\n",
            "Icy-MetaData: 1\r\n",
            "",
            "Icy-MetaData: 1\r\nRange: bytes=0-1\r\n",
            "X-Coldwave-Path: 0123456789abcdef\r\n",
        ];
        let more = more[self.rng.usize(..more.len())];
        self.world.send(peer, format!("GET {mount} HTTP/1.0\r\n{more}\r\n").as_bytes());
        self.listening.push(Listening { peer, address, frames: 0, since: self.world.now });
        self.count("joined");
    }

    pub fn leave(&mut self) {
        if self.listening.is_empty() {
            return;
        }
        let at = self.rng.usize(..self.listening.len());
        let (peer, now) = (self.listening[at].peer, self.world.now);
        match self.rng.u8(..8) {
            0..4 => self.world.disconnect(peer),
            4 => self.world.socket_mut(peer).broken = true,
            5 | 6 => self.world.server.received_eof(peer, now),
            _ => self.world.send(peer, &[b'x'; 40_000]),
        }
    }

    pub fn connect_source(&mut self) {
        let Some(mount) = self.any_mount() else { return };
        let address = self.any_address();
        let Some(peer) = self.world.try_connect_from(address, Link::Fast) else { return };
        let mut encoder = self.encoder();
        let password = if self.rng.u8(..8) == 0 { "wrong" } else { "tide" };
        let request = match self.rng.u8(..5) {
            0 => format!("{password}\r\nicy-name:Half").into_bytes(),
            1 => format!("{password}\r\nicy-name:Whole\r\n\r\n").into_bytes(),
            _ => source_request(&mount, "source", password),
        };
        self.world.send(peer, &request);
        if self.rng.bool() && !self.world.socket(peer).closed && request.ends_with(b"\n\r\n") {
            let count = self.rng.u64(..200);
            self.world.feed(peer, &encoder.frames(count));
        }
        let sends = self.rng.u8(..5) > 0 && request.ends_with(b"\n\r\n");
        self.source_peers.push(SourcePeer { peer, encoder, sends });
        self.count("sources");
    }

    pub fn end_sender(&mut self) {
        if self.source_peers.is_empty() {
            return;
        }
        let at = self.rng.usize(..self.source_peers.len());
        let (peer, now) = (self.source_peers[at].peer, self.world.now);
        match self.rng.u8(..4) {
            0 => self.world.disconnect(peer),
            1 => self.world.server.received_eof(peer, now),
            2 => self.world.feed(peer, &[0; 3000]),
            _ => self.source_peers[at].sends ^= true,
        }
    }

    pub fn follow_events(&mut self) {
        let only = self.rng.bool().then(|| self.stations.get(self.rng.usize(..5)).cloned()).flatten();
        let link = match self.rng.u8(..4) {
            0 => Link::Erratic,
            1 => Link::Slow { per_second: self.rng.usize(..3000), buffer: self.rng.usize(1..3000) },
            _ => Link::Fast,
        };
        let address = self.any_address();
        let Some(peer) = self.world.try_connect_from(address, link) else { return };
        let path = only.as_ref().map_or(String::new(), |(_, settings)| format!("?sid={}", settings.id));
        self.world.send(peer, format!("GET /api/v1/events{path} HTTP/1.1\r\nHost: h\r\n\r\n").as_bytes());
        self.readers.push((peer, only.map(|(key, _)| key)));
        self.count("readers");
    }

    pub fn get_as_admin(&mut self, path: &str) -> Reply {
        let peer = self.world.get(path).by_admin().open();
        let reply = self.world.reply(peer);
        assert!(self.world.socket(peer).finished, "{path} is answered at once");
        self.world.disconnect(peer);
        reply
    }

    pub fn request_page(&mut self) {
        let id = self.rng.u32(1..12);
        let paths = [
            "/metrics",
            "/7.html",
            "/status-json.xsl",
            "/admin/stats",
            "/admin/",
            "/statistics",
            "/played",
            "/api/v1/admin/stations",
            "/api/v1/admin/audience",
            "/admin/listmounts",
            "/admin.cgi?mode=viewxml",
            "/index.html?sid=1",
            "/currentsong",
            "/api/v1/stations",
        ];
        let path = match self.rng.usize(..paths.len() + 3) {
            0 => format!("/api/v1/stations/{id}/history"),
            1 => format!("/stats?sid={id}"),
            2 => format!("/api/v1/admin/stations/{id}/listeners"),
            at => paths[at - 3].to_owned(),
        };
        self.get_as_admin(&path);
        self.count("pages");
    }

    pub fn move_listeners(&mut self) {
        if self.stations.len() < 2 {
            return;
        }
        let from = self.stations[self.rng.usize(..self.stations.len())].clone();
        let to = self.stations[self.rng.usize(..self.stations.len())].1.mount.clone();
        let ids = self.listeners_of(from.1.id);
        let reply = self.get_as_admin(&format!("/admin/moveclients?mount={}&destination={to}", from.1.mount));
        if reply.contains("<return>1</return>") {
            self.count("moves");
            for id in ids {
                let moved =
                    self.world.net.peers.iter_mut().find(|(peer, _)| u64::from(peer.generation) == id);
                moved
                    .and_then(|(_, it)| it.ear.as_mut())
                    .expect("the listener is connected")
                    .forget_numbers();
            }
        }
    }

    pub fn listeners_of(&mut self, id: u32) -> Vec<u64> {
        let reply = self.get_as_admin(&format!("/api/v1/admin/stations/{id}/listeners"));
        let body = reply.json();
        let list = body["listeners"].as_array().unwrap_or_else(|| panic!("{body}"));
        list.iter().map(|it| it["id"].as_u64().expect("a number")).collect()
    }

    pub fn administer(&mut self) {
        let Some(mount) = self.any_mount().filter(|it| !it.starts_with("/stream")) else { return };
        let address = self.rng.u8(1..9);
        let path = match self.rng.u8(..8) {
            0 => format!("/admin/killsource?mount={mount}"),
            1 => format!("/admin.cgi?mode=bandst&bandst=203.0.113.{address}&banmsk=255"),
            2 => format!("/admin.cgi?mode=unbandst&unbandst=203.0.113.{address}&banmsk=255"),
            3 => "/admin.cgi?mode=kickdst&kickdst=all".to_owned(),
            4 => "/admin.cgi?mode=startrelay".to_owned(),
            5 => "/admin.cgi?mode=resetxml".to_owned(),
            6 if self.sets_titles => format!("/admin/metadata?mount={mount}&mode=updinfo&song=Set{address}"),
            _ => "/admin.cgi?mode=skip".to_owned(),
        };
        self.get_as_admin(&path);
        self.count("admin");
    }

    pub fn configure(&mut self) {
        let rng = &mut self.rng;
        self.world.configure(|config| match rng.u8(..4) {
            0 => config.max_listeners = rng.usize(..40),
            1 => config.max_connections_per_address = [0, 0, 5][rng.usize(..3)],
            2 => config.max_event_readers = rng.usize(..10),
            _ => (config.max_listeners, config.max_event_readers) = (1000, 1000),
        });
        self.count("configured");
    }
}
