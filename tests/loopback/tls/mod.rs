//! TLS and plain connections on the same ports.

mod listeners;
mod refusals;
mod sources;
mod upgrade;
mod upstreams;

use std::net::{SocketAddr, TcpStream};

use crate::common::tls::{Authority, TlsClient};
use crate::common::{Coldwave, DEADLINE, Request, fixture};

/// The name for which the server of [`TlsServer`] has a certificate, besides its address.
const NAME: &str = "radio.example";

/// A coldwave with a certificate, and a client that trusts it.
struct TlsServer {
    server: Coldwave,
    client: TlsClient,
    /// Holds the configuration and the certificate.
    _folder: tempfile::TempDir,
}

impl TlsServer {
    /// Starts a coldwave that plays music at `/live` on one port, and takes sources there.
    fn start() -> Self {
        Self::with_config("")
    }

    /// Starts a coldwave that plays music at `/live`, with `server` in the table `[server]`.
    fn with_config(server: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let authority = Authority::new("tests");
        let tls = authority.certificate(&[NAME, "127.0.0.1"]).write(folder.path(), "station");
        let listen = if server.contains("listen =") { "" } else { "listen = [\"127.0.0.1:0\"]\n" };
        let music = fixture("station");
        let config = format!(
            "[server]\nadmin_password = \"lighthouse\"\n{listen}{server}\n{tls}\n[[station]]\nid = 1\n\
             mount = \"/live\"\nmusic = [{music:?}]\nsource_password = \"deep water\"\n"
        );
        let server = Coldwave::with_config(folder.path(), &config, 1);
        Self { server, client: authority.client(), _folder: folder }
    }

    fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Starts a request over TLS.
    fn request(&self, method: &str, target: &str) -> Request {
        let request = Request::new(self.address(), method, target).http11().header("Host", NAME);
        request.agent("tests").over_tls(&self.client)
    }

    /// Starts a GET request over TLS.
    fn get(&self, target: &str) -> Request {
        self.request("GET", target)
    }

    /// Returns the value of a line of the metrics, with its labels.
    fn metric(&self, line: &str) -> u64 {
        let metrics = self.get("/metrics").auth("admin", "lighthouse").send().ok();
        let value = metrics.lines().find_map(|it| it.strip_prefix(line));
        value.and_then(|value| value.trim().parse().ok()).unwrap_or_else(|| panic!("no {line}: {metrics}"))
    }

    /// Opens a socket, which sends nothing by itself.
    fn raw(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address()).expect("the server accepts connections");
        stream.set_read_timeout(Some(DEADLINE)).expect("a read timeout");
        stream
    }
}
