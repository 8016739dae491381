//! TLS and plain connections on the same ports.

mod listeners;
mod upstreams;

use crate::common::tls::{Authority, TlsClient};
use crate::common::{Coldwave, Request, fixture};

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
    /// Starts a coldwave that plays music at `/live` on one port.
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
            "[server]\n{listen}{server}\n{tls}\n[[station]]\nid = 1\nmount = \"/live\"\nmusic = [{music:?}]\n"
        );
        let server = Coldwave::with_config(folder.path(), &config, 1);
        Self { server, client: authority.client(), _folder: folder }
    }

    /// Starts a GET request over TLS.
    fn get(&self, target: &str) -> Request {
        self.server.get(target).http11().header("Host", NAME).agent("tests").over_tls(&self.client)
    }
}
