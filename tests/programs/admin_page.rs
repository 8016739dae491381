//! The admin page in Chromium with many listeners and stations, and while the server is restarted.

use std::fmt::Write;

use crate::common::{BINARY, fixture};
use crate::web::{PASSWORD, Site, run_script};

/// With 230 listeners and twelve stations: pages, search, order, the keyboard, the filters of the log, graphs
/// that are told apart without colours. axe-core finds nothing at all in any tab. `COLDWAVE_PICTURES` is a
/// folder for a picture of each tab.
#[test]
fn admin_page_is_usable_with_many_listeners_and_stations() {
    let Some(site) = Site::start_stations(&stations(12)) else { return };
    let folder = std::env::var("COLDWAVE_PICTURES").unwrap_or_default();
    site.check("admin-many.js", &[site.base(), PASSWORD, &folder]);
}

/// A banner says that the server is away and what to do, and the log goes on after a restart.
#[test]
fn admin_page_says_that_it_is_not_connected_and_goes_on_after_a_restart() {
    check_own_server("admin-restart.js");
}

/// The button reloads the configuration and shows the changes or the errors, and a refused configuration is
/// what needs attention until one is accepted.
#[test]
fn admin_page_reloads_the_configuration_and_shows_the_result() {
    check_own_server("admin-reload.js");
}

/// The page says which station is silent and why, which one is full, and draws no listeners where the server
/// did not run. Names as long as they may be leave the filters of a phone usable.
#[test]
fn admin_page_says_why_a_station_is_silent_or_full() {
    let Some(site) = Site::start_stations(&stations(6)) else { return };
    site.check("admin-trouble.js", &[site.base(), PASSWORD]);
}

/// Runs a script that starts coldwave itself, with a station of its own.
fn check_own_server(script: &str) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let config = folder.path().join("coldwave.toml");
    let text = format!(
        "[server]\nlisten = [\"127.0.0.1:0\"]\nsource_listen = []\nadmin_password = \"{PASSWORD}\"\n\
         [[station]]\nmount = \"/live\"\nmusic = [{:?}]\n",
        fixture("station")
    );
    std::fs::write(&config, text).expect("the folder is writable");
    if crate::web::has_browser() {
        run_script(script, &[BINARY, &config.display().to_string(), PASSWORD], folder.path());
    }
}

/// Returns this many stations: `Station 1` at `/s1` and so on.
fn stations(count: u32) -> String {
    let mut stations = String::new();
    for id in 1..=count {
        let _ = write!(
            stations,
            "[[station]]\nid = {id}\nmount = \"/s{id}\"\nname = \"Station {id}\"\nmusic = [\"0.mp3\", \"1.mp3\"]\n\
             source_password = \"a herring\"\n"
        );
    }
    stations
}
