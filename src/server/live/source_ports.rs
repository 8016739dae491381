//! Ports of SHOUTcast v1 sources that lead to one mount.

use std::net::SocketAddr;

use crate::http::request::station_ref::StationRef;
use crate::http::source::login::PasswordLine;
use crate::server::state::peer::Peer;
use crate::server::state::server::Server;
use crate::session::Session;

impl Server {
    /// Returns the password line of a source. If it names no station, that is the one of the port to which
    /// it has connected, if that has one.
    pub(in crate::server) fn with_mount_of_port(&self, peer: Peer, line: PasswordLine) -> PasswordLine {
        let local = match self.sessions.get(peer).map(|entry| &entry.session) {
            Some(Session::Handshake(handshake)) => handshake.local_address(),
            _ => None,
        };
        match self.station_of_port(local, 0) {
            Some(station) => line.with_default(station),
            None => line,
        }
    }

    /// Returns the station for whose encoder the port with this number below its own is meant. A v1 encoder
    /// sends its titles to the port below the one at which it logs in.
    pub(in crate::server) fn station_of_port(
        &self,
        local: Option<SocketAddr>,
        below: u16,
    ) -> Option<StationRef> {
        let local = local?;
        let is_it = |address: &SocketAddr| {
            let is_all = address.ip().is_unspecified();
            Some(address.port()) == local.port().checked_add(below)
                && (is_all || address.ip().to_canonical() == local.ip().to_canonical())
        };
        let mut ports = self.access.source_mounts.iter();
        ports.find(|(address, _)| is_it(address)).map(|(_, mount)| StationRef::Mount(mount.clone()))
    }
}
