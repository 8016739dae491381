//! Machines of a test: network namespaces, connected by a bridge.

use std::fs::File;
use std::net::Ipv4Addr;
use std::os::fd::AsFd;
use std::process::{self, Command};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

/// The machine with the bridge, on which nothing else runs.
const SWITCH: &str = "switch";

/// A network of machines, which is removed at the end of the test.
pub struct Network {
    machines: Vec<&'static str>,
}

impl Network {
    /// Makes machines with these names and addresses.
    pub fn new(machines: &[(&'static str, Ipv4Addr)]) -> Self {
        let mut network = Self { machines: Vec::new() };
        network.add(SWITCH);
        network.run(SWITCH, "link add bridge type bridge");
        network.run(SWITCH, "link set bridge up");
        for (name, address) in machines {
            network.add(name);
            let (switch, machine) = (namespace(SWITCH), namespace(name));
            ip(&format!("link add {name} netns {switch} type veth peer name cable netns {machine}"));
            network.run(SWITCH, &format!("link set {name} master bridge up"));
            network.run(name, &format!("addr add {address}/24 dev cable"));
            network.run(name, "link set cable up");
        }
        network
    }

    fn add(&mut self, name: &'static str) {
        ip(&format!("netns add {}", namespace(name)));
        self.machines.push(name);
        self.run(name, "link set lo up");
    }

    fn run(&self, machine: &str, arguments: &str) {
        ip(&format!("-n {} {arguments}", namespace(machine)));
    }

    /// Pulls the cable of a machine.
    pub fn disconnect(&self, machine: &str) {
        self.run(SWITCH, &format!("link set {machine} down"));
    }

    /// Plugs the cable in.
    pub fn connect(&self, machine: &str) {
        self.run(SWITCH, &format!("link set {machine} up"));
    }

    /// Returns a command that runs a program on a machine. It has the process id of that program.
    pub fn command(&self, machine: &str, program: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &namespace(machine), program]);
        command
    }

    /// Moves this thread to a machine: its connections begin there.
    pub fn enter(machine: &str) {
        let file = File::open(format!("/run/netns/{}", namespace(machine))).expect("the machine exists");
        let moved = move_into_link_name_space(file.as_fd(), Some(LinkNameSpaceType::Network));
        moved.expect("a thread of root can enter a network namespace");
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        for name in &self.machines {
            let _ = Command::new("ip").args(["netns", "del", &namespace(name)]).status();
        }
    }
}

fn namespace(machine: &str) -> String {
    format!("coldwave-{}-{machine}", process::id())
}

#[track_caller]
fn ip(arguments: &str) {
    let output = Command::new("ip").args(arguments.split(' ')).output().expect("ip can be run");
    assert!(output.status.success(), "ip {arguments}: {}", String::from_utf8_lossy(&output.stderr));
}
