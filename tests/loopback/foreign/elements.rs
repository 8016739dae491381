//! The effects of elements about the server, its sockets and the texts of mounts.

use std::process::Command;

use super::{ADMIN_PASSWORD, AUTHENTICATION, ForeignServer, PASSWORD};
use crate::common::tls::{Authority, ServerCertificate};
use crate::common::{BINARY, Peer, Program, Request, wait_for};

/// Waits until the mount is on the air, and returns the head of its stream.
fn stream_head(foreign: &ForeignServer, mount: &str) -> crate::common::Head {
    let get = || foreign.server.get(mount).header("Icy-MetaData", "1").open().head();
    wait_for("the mount", || Some(get()).filter(|head| head.status.contains(" 200 ")))
}

fn status_json(foreign: &ForeignServer) -> serde_json::Value {
    foreign.server.get("/status-json.xsl").send().json()["icestats"].clone()
}

#[test]
fn location_admin_and_hostname_are_on_the_status_pages() {
    let foreign = ForeignServer::with_icecast(
        "<location>Harbour &amp; quay</location><admin>studio@radio.example</admin><hostname>radio.example</hostname>",
    );
    let _source = foreign.source_with_audio("/live");
    stream_head(&foreign, "/live");
    let stats = status_json(&foreign);
    assert_eq!(
        (&stats["location"], &stats["admin"]),
        (&"Harbour & quay".into(), &"studio@radio.example".into())
    );
    let url = format!("http://radio.example:{}/live", foreign.port);
    assert_eq!(stats["source"]["listenurl"], url.as_str());
    assert_eq!(foreign.server.get("/live.m3u").send().ok().trim(), url);
}

#[test]
fn file_without_texts_about_the_server_has_those_of_icecast() {
    let stats = status_json(&ForeignServer::with_icecast("<hostname>localhost</hostname>"));
    assert_eq!((&stats["location"], &stats["admin"]), (&"Earth".into(), &"icemaster@localhost".into()));
}

#[test]
fn mount_has_its_own_login_and_texts() {
    let foreign = ForeignServer::with_icecast(
        "<mount><mount-name>/live</mount-name><username>harbour</username><password>a deep swim</password>\
         <stream-name>Harbour\n FM</stream-name><stream-description>Slow music</stream-description>\
         <stream-url>www.radio.example</stream-url><genre>Ambient</genre><charset>ISO8859-2</charset></mount>",
    );
    let login = |user: &str, password: &str| {
        let request = Request::new(foreign.server.address(), "SOURCE", "/live").auth(user, password);
        request.header("Content-Type", "audio/mpeg").open()
    };
    assert!(login("source", PASSWORD).head().status.contains(" 401 "));
    let mut source = login("harbour", "a deep swim");
    assert!(source.head().status.contains(" 200 "));
    source.send(&super::audio());
    let head = stream_head(&foreign, "/live");
    let header = |name: &str| head.get(name).unwrap_or_default().to_owned();
    assert_eq!(
        ["icy-name", "icy-description", "icy-genre", "icy-url"].map(header),
        ["Harbour FM", "Slow music", "Ambient", "http://www.radio.example"]
    );
    // Ł in ISO 8859-2.
    let title = "/admin/metadata?mode=updinfo&mount=/live&song=%A3odz";
    foreign.server.get(title).auth("harbour", "a deep swim").send().ok();
    // A title begins with the next audio.
    source.send(&super::audio());
    wait_for("the title", || (status_json(&foreign)["source"]["title"] == "Łodz").then_some(()));
}

#[test]
fn administrator_has_the_name_and_the_password_of_the_file() {
    let foreign = ForeignServer::with_icecast("");
    let stats = |user: &str, password: &str| {
        foreign.server.get("/admin/stats").auth(user, password).open().head().status
    };
    assert!(stats("admin", ADMIN_PASSWORD).contains(" 200 "));
    assert!(stats("root", ADMIN_PASSWORD).contains(" 401 ") && stats("admin", PASSWORD).contains(" 401 "));
}

#[test]
fn roles_of_icecast_2_5_are_the_accounts_of_sources_and_administrator() {
    let text = "<icecast><listen-socket><port>{port}</port></listen-socket><authentication>\
        <role type='static' allow-method='source,put'><option name='username' value='source'/>\
        <option name='password' value='a long swim'/></role>\
        <role type='static' allow-admin='*'><option name='username' value='boss'/>\
        <option name='password' value='high water'/></role></authentication></icecast>";
    let folder = tempfile::tempdir().expect("a temporary folder");
    let foreign = ForeignServer::with_file(folder, "icecast.xml", text);
    let _source = foreign.source_with_audio("/live");
    stream_head(&foreign, "/live");
    foreign.server.get("/admin/stats").auth("boss", ADMIN_PASSWORD).send().ok();
}

#[test]
fn each_socket_is_open_at_its_address_and_no_other() {
    let text = format!(
        "<icecast>{AUTHENTICATION}<listen-socket><port>{{port}}</port><bind-address>127.0.0.1</bind-address>\
         </listen-socket><listen-socket><port>{{next}}</port><bind-address>127.0.0.2</bind-address></listen-socket>\
         </icecast>"
    );
    let folder = tempfile::tempdir().expect("a temporary folder");
    let foreign = ForeignServer::with_file(folder, "icecast.xml", &text);
    let connects = |address: &str| std::net::TcpStream::connect(address).is_ok();
    let (port, next) = (foreign.port, foreign.port + 1);
    assert!(connects(&format!("127.0.0.1:{port}")) && connects(&format!("127.0.0.2:{next}")));
    assert!(!connects(&format!("127.0.0.2:{port}")) && !connects(&format!("127.0.0.1:{next}")));
}

/// Starts a server with a certificate, on two ports.
fn with_tls(issued: &ServerCertificate, certificate: &str, second_socket: &str) -> ForeignServer {
    let text = format!(
        "<icecast>{AUTHENTICATION}<listen-socket><port>{{port}}</port></listen-socket>\
         <listen-socket><port>{{next}}</port>{second_socket}</listen-socket>{certificate}</icecast>"
    );
    let folder = tempfile::tempdir().expect("a temporary folder");
    let pem = format!("{}{}", issued.certificate, issued.key);
    std::fs::write(folder.path().join("radio.pem"), pem).expect("a file");
    ForeignServer::with_file(folder, "icecast.xml", &text)
}

#[test]
fn port_with_ssl_speaks_only_tls_and_the_others_both() {
    for (certificate, ssl) in [
        ("<paths><ssl-certificate>{folder}/radio.pem</ssl-certificate></paths>", "<ssl>1</ssl>"),
        (
            "<security><tls-context><tls-certificate>{folder}/radio.pem</tls-certificate>\
             <tls-key>{folder}/radio.pem</tls-key></tls-context></security>",
            "<tls>rfc2818</tls>",
        ),
        (
            "<paths><ssl_certificate>{folder}/radio.pem</ssl_certificate>\
             <ssl-private-key>{folder}/radio.pem</ssl-private-key></paths>",
            "<ssl>yes</ssl>",
        ),
        (
            "<paths><tls-certificate>{folder}/radio.pem</tls-certificate>\
             <ssl-cafile>{folder}/radio.pem</ssl-cafile></paths>",
            "<ssl>1</ssl>",
        ),
    ] {
        let authority = Authority::new("Harbour");
        let issued = authority.certificate(&["localhost", "127.0.0.1"]);
        let foreign = with_tls(&issued, certificate, ssl);
        let first = foreign.server.address();
        let second = (first.ip(), foreign.port + 1).into();
        let client = authority.client();
        let status = |address, tls: bool| {
            let request = Request::new(address, "GET", "/status-json.xsl");
            if tls { request.over_tls(&client) } else { request }.open().head().status
        };
        assert!(status(first, false).contains(" 200 ") && status(first, true).contains(" 200 "));
        assert!(status(second, true).contains(" 200 "), "{certificate}");
        let mut plain = Peer::connect(second);
        plain.send(b"GET / HTTP/1.0\r\n\r\n");
        let answer = plain.read_to_end().unwrap_or_default();
        assert!(!String::from_utf8_lossy(&answer).contains(" 200 "), "{answer:?}");
    }
}

#[test]
fn port_for_tls_without_a_certificate_speaks_plain_text_with_a_line_in_the_log() {
    let issued = Authority::new("Harbour").certificate(&["localhost"]);
    let foreign = with_tls(&issued, "", "<ssl>1</ssl>");
    foreign.server.log().wait_for("the port speaks plain text: there is no certificate");
    let second = (foreign.server.address().ip(), foreign.port + 1).into();
    let reply = Request::new(second, "GET", "/status-json.xsl").open().head().status;
    assert!(reply.contains(" 200 "), "{reply}");
}

#[test]
fn reload_applies_the_changed_file_and_says_what_differs() {
    let foreign = ForeignServer::with_icecast("<location>Harbour</location>");
    foreign.reload(&super::icecast_xml("<location>Quay</location>\n<weather>fair</weather>"));
    foreign.server.log().wait_for("icecast.xml:5: <weather>: unknown");
    wait_for("the reload", || (status_json(&foreign)["location"] == "Quay").then_some(()));
    // An error leaves everything as it is.
    foreign.reload(&super::icecast_xml("<limits>\n<clients>many</clients></limits>"));
    foreign
        .server
        .log()
        .wait_for("icecast.xml:5: <limits><clients>: \"many\" is invalid, expected a whole number");
    assert_eq!(status_json(&foreign)["location"], "Quay");
}

#[test]
fn check_against_a_server_says_what_differs() {
    let foreign = ForeignServer::with_icecast("<weather>fair</weather>");
    let mut command = Command::new(BINARY);
    let address = format!("http://{}", foreign.server.address());
    command.args(["--check", "--against", &address, "-c"]).arg(foreign.folder.path().join("icecast.xml"));
    let finished = Program::start(command).finish();
    assert_eq!(finished.stdout, format!("A reload of {address} would change nothing.\n"), "{finished:?}");
    assert!(finished.stderr.contains("icecast.xml:4: <weather>: unknown"), "{finished:?}");
}

/// A mount named `/stream` is a mount, and a source there replaces no other programme.
#[test]
fn stream_is_the_name_of_a_mount_as_in_icecast() {
    for elements in ["", "<mount><mount-name>/stream</mount-name></mount>"] {
        let foreign = ForeignServer::with_icecast(elements);
        let _live = foreign.source_with_audio("/live");
        stream_head(&foreign, "/live");
        let _stream = foreign.source_with_audio("/stream");
        wait_for("two mounts", || {
            let sources = status_json(&foreign)["source"].clone();
            sources.as_array().filter(|sources| sources.len() == 2).map(drop)
        });
    }
}
