//! An origin, two edges and HAProxy, each on a machine of its own, with the files of docs/scaling.md.

mod network;
mod player;

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use crate::common::{BINARY, Program, are_available, fixture};
use crate::{wait_for, wait_within};
use network::Network;
use player::{Heard, Player};

const ORIGIN: &str = "origin";
const EDGES: [&str; 2] = ["edge1", "edge2"];
const BALANCER: &str = "balancer";
const HOME: &str = "home";

const MACHINES: [(&str, Ipv4Addr); 5] = [
    (ORIGIN, Ipv4Addr::new(192, 0, 2, 1)),
    (EDGES[0], Ipv4Addr::new(192, 0, 2, 21)),
    (EDGES[1], Ipv4Addr::new(192, 0, 2, 22)),
    (BALANCER, Ipv4Addr::new(192, 0, 2, 10)),
    (HOME, Ipv4Addr::new(192, 0, 2, 100)),
];

const PORT: u16 = 8000;

/// The number of players.
const PLAYERS: usize = 12;

/// How long a listener may hear nothing new when an edge is killed.
const KILLED_MAX: Duration = Duration::from_secs(2);

/// The same when the machine of an edge vanishes, which takes two failed checks to notice.
const VANISHED_MAX: Duration = Duration::from_secs(4);

/// How long a delivery interval and a busy machine may delay audio.
const ON_TIME: Duration = Duration::from_millis(1500);

/// Returns the file of docs/scaling.md whose first line is a comment with this name.
fn file_of_page(name: &str) -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/scaling.md");
    let page = fs::read_to_string(page).expect("docs/scaling.md");
    let begin = page.find(&format!("# {name}\n")).unwrap_or_else(|| panic!("{name} is not in the page"));
    let file = &page[begin..];
    file[..file.find("```").expect("the end of the file")].to_owned()
}

/// All machines and what runs on them.
struct Site {
    folder: tempfile::TempDir,
    balancer: Option<Program>,
    edges: [Option<Program>; 2],
    origin: Option<Program>,
    // Last, so that its machines are removed when nothing runs on them.
    network: Network,
}

impl Site {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let network = Network::new(&MACHINES);
        let mut site = Self { folder, balancer: None, edges: [None, None], origin: None, network };
        let music = format!("[{:?}]", fixture("station"));
        let admin = "[server]\nadmin_password = \"lighthouse\"\nmetrics = \"public\"\n";
        let origin = file_of_page("origin.toml").replace("[\"music/\"]", &music).replace("[server]\n", admin);
        site.write("origin.toml", &origin);
        for edge in EDGES {
            let named = format!("name = {edge:?}\nrelay");
            let file = file_of_page("edge.toml").replace("[server]\n", admin).replace("relay", &named);
            site.write(&format!("{edge}.toml"), &file);
        }
        let socket = site.socket().display().to_string();
        site.write("haproxy.cfg", &file_of_page("haproxy.cfg").replace("/run/haproxy/admin.sock", &socket));
        site.start_origin();
        (0..EDGES.len()).for_each(|edge| site.start_edge(edge));
        let mut command = site.network.command(BALANCER, "haproxy");
        command.args(["-db", "-f", "haproxy.cfg"]).current_dir(site.folder.path());
        site.balancer = Some(Program::start(command));
        wait_for("both edges to be up", || {
            let balancer = site.balancer.as_mut().expect("it was started");
            assert!(balancer.is_running(), "{}", balancer.stderr.text());
            (site.states() == ["UP", "UP"]).then_some(())
        });
        site
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("haproxy.sock")
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.path().join(name), text).expect("the folder is writable");
    }

    fn coldwave(&self, machine: &str) -> Program {
        let mut command = self.network.command(machine, BINARY);
        command.arg("-c").arg(self.folder.path().join(format!("{machine}.toml")));
        Program::start(command)
    }

    fn start_origin(&mut self) {
        self.origin = Some(self.coldwave(ORIGIN));
    }

    fn start_edge(&mut self, edge: usize) {
        self.edges[edge] = Some(self.coldwave(EDGES[edge]));
    }

    /// Returns what HAProxy answers to a command at its socket.
    fn ask_haproxy(&self, command: &str) -> Option<String> {
        let mut socket = UnixStream::connect(self.socket()).ok()?;
        socket.write_all(format!("{command}\n").as_bytes()).ok()?;
        let mut answer = String::new();
        socket.read_to_string(&mut answer).ok()?;
        Some(answer)
    }

    /// Returns the states of the edges.
    fn states(&self) -> Vec<String> {
        let table = self.ask_haproxy("show stat").unwrap_or_default();
        let rows = table.lines().map(|line| line.split(',').collect::<Vec<_>>());
        rows.filter(|row| EDGES.contains(row.get(1).unwrap_or(&""))).map(|row| row[17].to_owned()).collect()
    }

    /// Returns a value of `/metrics` of a machine.
    fn metric(&self, machine: &'static str, address: Ipv4Addr, name: &str) -> Option<f64> {
        let page = thread::spawn(move || {
            Network::enter(machine);
            crate::common::Request::new(SocketAddr::from((address, PORT)), "GET", "/metrics").send().ok()
        });
        let page = page.join().ok()?;
        let line = page.lines().find(|line| line.starts_with(name))?;
        line.split(' ').next_back()?.parse().ok()
    }
}

fn all(players: &[Player], condition: impl Fn(&Heard) -> bool) -> Option<()> {
    players.iter().all(|player| condition(&player.heard())).then_some(())
}

#[track_caller]
fn check_gaps(players: &[Player], max: Duration, event: &str) {
    for heard in players.iter().map(Player::heard) {
        assert!(heard.longest_gap <= max, "{event}: {heard:?}");
    }
}

/// Waits until all players have heard audio for a while without another gap.
fn wait_until_steady(players: &[Player]) {
    players.iter().for_each(Player::forget);
    let began = Instant::now();
    wait_for("steady audio", || {
        if all(players, |heard| heard.last.is_some() && heard.longest_gap < ON_TIME).is_none() {
            players.iter().for_each(Player::forget);
        }
        (began.elapsed() > 2 * ON_TIME)
            .then_some(())
            .and_then(|()| all(players, |it| it.longest_gap < ON_TIME))
    });
    players.iter().for_each(Player::forget);
}

#[test]
fn listeners_of_a_failing_edge_are_on_another_within_seconds() {
    if !are_available(&[("haproxy", "haproxy"), ("ip", "iproute2")]) {
        return;
    }
    if !rustix::process::geteuid().is_root() {
        eprintln!("LEFT OUT: only root can make network namespaces");
        return;
    }
    let mut site = Site::start();
    let address = SocketAddr::from((MACHINES[3].1, PORT));
    let players: Vec<Player> = (0..PLAYERS).map(|_| Player::start(HOME, address)).collect();
    wait_for("all players to play", || all(&players, |heard| heard.last.is_some()));
    wait_until_steady(&players);
    let on = |edge: &str| players.iter().filter(|player| player.heard().name == edge).count();
    assert_eq!(EDGES.map(on), [PLAYERS / 2; 2], "connections are spread");
    check_counts(&site);

    // The process of an edge dies.
    site.edges[0] = None;
    wait_within(VANISHED_MAX, "the other edge", || all(&players, |heard| heard.name == EDGES[1]));
    wait_until_heard(&players);
    check_gaps(&players, KILLED_MAX, "an edge was killed");

    // It comes back, and the machine of the other one vanishes.
    site.start_edge(0);
    wait_for("the edge to be up", || (site.states() == ["UP", "UP"]).then_some(()));
    wait_until_steady(&players);
    site.network.disconnect(EDGES[1]);
    wait_for("the first edge", || all(&players, |heard| heard.name == EDGES[0]));
    wait_until_heard(&players);
    check_gaps(&players, VANISHED_MAX, "the machine of an edge vanished");
    site.network.connect(EDGES[1]);
    wait_for("the edge to be up", || (site.states() == ["UP", "UP"]).then_some(()));

    check_restart_of_origin(&mut site, &players);
    check_maintenance(&site, &players, address);
}

/// Waits until every player has heard something from where it is connected now.
fn wait_until_heard(players: &[Player]) {
    let now = Instant::now();
    wait_for("audio", || all(players, |heard| heard.last.is_some_and(|last| last > now)));
}

/// The edges count the listeners, and the origin does not count the edges.
fn check_counts(site: &Site) {
    let listeners = "coldwave_listeners{";
    let counted = |machine: &'static str, at: usize| site.metric(machine, MACHINES[at].1, listeners);
    wait_for("the listeners to be counted", || {
        let sum = counted(EDGES[0], 1)? + counted(EDGES[1], 2)?;
        (sum == PLAYERS as f64).then_some(())
    });
    assert_eq!(counted(ORIGIN, 0), Some(0.0), "edges are no listeners of the origin");
    assert_eq!(site.metric(ORIGIN, MACHINES[0].1, "coldwave_stream_connections{"), Some(2.0));
}

/// The origin restarts: no listener is disconnected.
fn check_restart_of_origin(site: &mut Site, players: &[Player]) {
    wait_until_steady(players);
    let before: Vec<usize> = players.iter().map(|player| player.heard().connections).collect();
    site.origin = None;
    site.start_origin();
    wait_for("the relays of the edges", || {
        let streams = site.metric(ORIGIN, MACHINES[0].1, "coldwave_stream_connections{")?;
        (streams == 2.0).then_some(())
    });
    wait_until_steady(players);
    let after: Vec<usize> = players.iter().map(|player| player.heard().connections).collect();
    assert_eq!(before, after, "no listener was disconnected");
}

/// An edge in maintenance keeps its listeners and gets no new ones, until it is told to give them away.
fn check_maintenance(site: &Site, players: &[Player], address: SocketAddr) {
    let ask = |command: &str| {
        let answer = site.ask_haproxy(command).expect("HAProxy answers");
        assert_eq!(answer.trim(), "", "{command}");
    };
    ask("set server edges/edge1 state drain");
    let late: Vec<Player> = (0..4).map(|_| Player::start(HOME, address)).collect();
    wait_for("the other edge", || all(&late, |heard| heard.last.is_some() && heard.name == EDGES[1]));
    assert!(players.iter().all(|player| player.heard().name == EDGES[0]), "no listener was moved");
    wait_until_steady(players);
    ask("set server edges/edge1 state maint");
    wait_for("all to be moved", || all(players, |heard| heard.name == EDGES[1]));
    wait_until_heard(players);
    check_gaps(players, KILLED_MAX, "maintenance");
}
