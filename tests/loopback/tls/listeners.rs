//! Listeners over TLS.

use super::TlsServer;

#[test]
fn listener_over_tls_hears_whole_frames_and_titles() {
    let server = TlsServer::start();
    let mut listener = server.get("/live").header("Icy-MetaData", "1").listen();
    listener.until_seconds(6.0);
    assert_eq!(listener.titles(), ["Coldwave Ensemble - Föhn over the Skerries"]);
}
