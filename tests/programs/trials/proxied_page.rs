//! A station's page in Chromium behind nginx, while the server is down: nginx answers 502, after which a
//! browser does not open an event stream again by itself.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::common::{BINARY, Coldwave, Program, are_available, two_free_ports};
use crate::proxies::ProxiedStation;
use crate::web::{are_installed, web_script};
use crate::{only_browser, wait_for};

#[test]
fn page_behind_nginx_is_connected_again_after_the_server_was_down() {
    let _only = only_browser();
    let programs = [("nginx", "nginx"), ("chromium", "chromium"), ("node", "nodejs")];
    if !are_available(&programs) || !are_installed() {
        return;
    }
    let ProxiedStation { server, folder } = ProxiedStation::start();
    let address = server.address();
    let station = ProxiedStation { server, folder };
    let port = two_free_ports();
    let directives = format!(
        "location / {{\nproxy_pass http://{address};\nproxy_buffering off;\nproxy_http_version 1.1;\n\
         proxy_set_header Host $http_host;\nproxy_set_header X-Forwarded-For $remote_addr;\n\
         proxy_set_header X-Forwarded-Proto $scheme;\nproxy_read_timeout 1d;\n}}"
    );
    let nginx = station.start_nginx(port, &directives);
    wait_for("nginx to listen", || std::net::TcpStream::connect(("127.0.0.1", port)).ok());
    let ProxiedStation { server, folder } = station;
    let [open, seen, up] = ["open", "seen", "up"].map(|name| folder.path().join(name));
    let mut command = Command::new("node");
    command.arg(web_script("events.js")).arg(format!("http://127.0.0.1:{port}"));
    command.args([&open, &seen, &up]).env("HOME", folder.path());
    let mut page = Program::start(command);
    wait_for_file(&open, &mut page);
    let mut server = server;
    server.signal("TERM");
    server.wait();
    // The server is down until the page has got several answers of nginx.
    wait_for_file(&seen, &mut page);
    let config = fs::read_to_string(folder.path().join("coldwave.toml")).expect("the configuration");
    let config = config.replace("127.0.0.1:0", &address.to_string());
    fs::write(folder.path().join("coldwave.toml"), config).expect("the folder is writable");
    let mut command = Command::new(BINARY);
    command.arg("--config").arg(folder.path().join("coldwave.toml")).env_remove("RUST_LOG");
    let _server = Coldwave::start(command, 1);
    fs::write(&up, "").expect("the folder is writable");
    wait_for("events.js", || (!page.is_running()).then_some(()));
    let finished = page.finish();
    assert_eq!(finished.code, Some(0), "{}{}", finished.stdout, finished.stderr);
    drop(nginx);
}

/// Waits until the page has written a file. Fails if it ends before.
fn wait_for_file(path: &Path, page: &mut Program) {
    wait_for("the page", || (path.exists() || !page.is_running()).then_some(()));
    assert!(path.exists(), "{}", page.stderr.text());
}
