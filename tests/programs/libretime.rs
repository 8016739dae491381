//! LibreTime with coldwave in the place of its Icecast: the configuration that its installer writes, and what
//! it polls.

use std::fs;

use crate::common::{BINARY, Program, Request, are_available, fixture, two_free_ports};
use crate::wait_for;

/// The configuration of LibreTime's installer: a stock one with its passwords, and the CORS header.
const CONFIG: &str = "<icecast>
    <location>Earth</location>
    <admin>icemaster@localhost</admin>
    <limits>
        <clients>100</clients>
        <sources>10</sources>
        <queue-size>524288</queue-size>
        <client-timeout>30</client-timeout>
        <header-timeout>15</header-timeout>
        <source-timeout>10</source-timeout>
        <burst-on-connect>1</burst-on-connect>
        <burst-size>65535</burst-size>
    </limits>
    <authentication>
        <source-password>deep-water-7</source-password>
        <relay-password>relay-water-9</relay-password>
        <admin-user>admin</admin-user>
        <admin-password>high-water-8</admin-password>
    </authentication>
    <hostname>localhost</hostname>
    <listen-socket>
        <port>{port}</port>
        <bind-address>127.0.0.1</bind-address>
    </listen-socket>
    <http-headers>
        <header name=\"Access-Control-Allow-Origin\" value=\"*\" />
    </http-headers>
    <fileserve>1</fileserve>
    <paths>
        <basedir>/usr/share/icecast2</basedir>
        <logdir>{folder}</logdir>
        <webroot>/usr/share/icecast2/web</webroot>
        <adminroot>/usr/share/icecast2/admin</adminroot>
        <alias source=\"/\" destination=\"/status.xsl\"/>
    </paths>
    <logging>
        <accesslog>access.log</accesslog>
        <errorlog>error.log</errorlog>
        <loglevel>3</loglevel>
        <logsize>10000</logsize>
    </logging>
    <security>
        <chroot>0</chroot>
    </security>
</icecast>
";

/// LibreTime reads `source[@mount]/listeners` of `/admin/stats.xml` with the administrator's password. Its
/// mounts come and go with their sources: there is no `<mount>`.
#[test]
fn libretime_reads_the_listeners_of_each_mount() {
    if !are_available(&[("ffmpeg", "ffmpeg")]) {
        return;
    }
    let (folder, port) = (tempfile::tempdir().expect("a temporary folder"), two_free_ports());
    let text =
        CONFIG.replace("{port}", &port.to_string()).replace("{folder}", &folder.path().to_string_lossy());
    let config = folder.path().join("icecast.xml");
    fs::write(&config, text).expect("the folder is writable");
    let mut command = std::process::Command::new(BINARY);
    command.arg("-c").arg(config).env_remove("RUST_LOG");
    let _server = Program::start(command);
    let address = ([127, 0, 0, 1], port).into();
    wait_for("coldwave to listen", || std::net::TcpStream::connect::<std::net::SocketAddr>(address).ok());
    let stats = || Request::new(address, "GET", "/admin/stats.xml").auth("admin", "high-water-8").send().ok();
    assert_eq!(listeners(&stats(), "/main"), None);
    let mut command = std::process::Command::new("ffmpeg");
    command.args(["-hide_banner", "-nostdin", "-loglevel", "error", "-re", "-stream_loop", "-1", "-i"]);
    command.arg(fixture("station/01-foehn-over-the-skerries.mp3"));
    command.args(["-c", "copy", "-f", "mp3", "-content_type", "audio/mpeg"]);
    command.arg(format!("icecast://source:deep-water-7@127.0.0.1:{port}/main"));
    let encoder = Program::start(command);
    wait_for("the mount", || listeners(&stats(), "/main").filter(|count| count == "0"));
    let mut listener = Request::new(address, "GET", "/main").agent("tests").open();
    assert!(listener.head().status.contains(" 200 "), "a listener is admitted");
    wait_for("the listener to count", || {
        listener.read().expect("audio");
        listeners(&stats(), "/main").filter(|count| count == "1")
    });
    drop(encoder);
    wait_for("the mount to go with its source", || listeners(&stats(), "/main").is_none().then_some(()));
}

/// Returns the text of `source[@mount]/listeners`.
fn listeners(page: &str, mount: &str) -> Option<String> {
    let (_, source) = page.split_once(&format!("<source mount=\"{mount}\">"))?;
    let (source, _) = source.split_once("</source>")?;
    let (_, count) = source.split_once("<listeners>")?;
    count.split_once('<').map(|(count, _)| count.to_owned())
}
