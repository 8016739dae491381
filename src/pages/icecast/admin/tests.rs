//! Icecast's admin pages, compared byte by byte.

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::http::golden::check_at;
use crate::http::request::Request;
use crate::pages::{
    ListenerSnapshot, OnAir, RefusedConnections, RenderedPage, ServerMetrics, Snapshot, SourceSnapshot,
    StationMetrics, StationSnapshot,
};
use crate::time::Time;

const BASE: &str = "http://radio.example:8000";

fn private_reply(page: RenderedPage) -> Vec<u8> {
    [page.head(page.body.len(), true), page.body].concat()
}

fn parse(target: &str) -> Option<Result<IcecastAdminPage, AdminRefusal>> {
    let request = Request::from_lines(&format!("GET {target} HTTP/1.1"));
    IcecastAdminPage::from_path(&request.path, &FormData::from_request(&request, &[]))
}

/// Returns a snapshot of the example station of protocol-notes/ with a live source, and of a station whose
/// mount needs escaping.
fn snapshot() -> AdminSnapshot {
    let live = SourceSnapshot {
        user: "nadia".into(),
        address: [203, 0, 113, 7].into(),
        user_agent: "butt <0.1>\u{1b}".into(),
        since: Time::START,
        is_encrypted: false,
        is_recorded: false,
    };
    let on_air = OnAir::Live(Time::after_start(Duration::from_secs(60)));
    let first =
        StationSnapshot { source_user: Some(live.user.clone()), on_air, ..StationSnapshot::example() };
    let second =
        StationSnapshot { id: 2, mount: "/a&b c".into(), on_demand: true, ..StationSnapshot::example() };
    let metrics = ServerMetrics {
        connections: 14,
        accepted: 1199,
        refused: RefusedConnections { address_limit: 1, connection_limit: 10, system_limit: 100 },
        client_connections: 1100,
        page_connections: 190,
        source_connections: 4,
        relay_connections: 5,
        ..ServerMetrics::default()
    };
    let stations = [first, second].map(Arc::new).to_vec();
    let public = Snapshot { stations, ..Snapshot::example() };
    let listeners = AdminSnapshot::example().listeners;
    let mut snapshot = AdminSnapshot { metrics, listeners, ..AdminSnapshot::from_public(public) };
    snapshot.stations[0].source = Some(live);
    for (station, (bytes_on_air, too_slow)) in snapshot.stations.iter_mut().zip([(1_400_000, 3), (7, 0)]) {
        let bytes_sent = 1_000_000;
        station.metrics = StationMetrics { bytes_on_air, bytes_sent, too_slow, ..StationMetrics::default() };
    }
    snapshot
}

fn get(target: &str) -> RenderedPage {
    let snapshot = snapshot();
    let page = parse(target).expect("a page").expect("complete parameters");
    let request = Request::from_lines(&format!("GET {target} HTTP/1.1"));
    let station = snapshot.find(&FormData::from_request(&request, &[]).station()).expect("a station");
    page.render(&snapshot, Some(station), BASE).expect("a page")
}

#[test]
fn pages_match_the_golden_files() {
    for (name, target) in [
        ("admin-stats", "/admin/stats"),
        ("admin-stats-xsl", "/admin/stats.xsl"),
        ("listmounts", "/admin/listmounts"),
        ("listmounts-xsl", "/admin/listmounts.xsl"),
        ("streamlist-txt", "/admin/streamlist.txt"),
        ("listclients-xsl", "/admin/listclients.xsl?mount=/a%26b+c"),
        ("updatemetadata", "/admin/updatemetadata?mount=/a%26b+c"),
        ("updatemetadata-xsl", "/admin/updatemetadata.xsl?mount=/a%26b+c"),
        ("moveclients", "/admin/moveclients?mount=/live"),
        ("moveclients-xsl", "/admin/moveclients.xsl?mount=/live"),
        ("buildm3u", "/admin/buildm3u?mount=/live&username=nadia&password=a%2Fb"),
    ] {
        check_at(&format!("pages/golden/{name}"), &private_reply(get(target)));
    }
    assert_eq!(get("/admin/stats.xml"), get("/admin/stats"));
    assert_eq!(get("/admin/streamlist"), get("/admin/listmounts"));
}

#[test]
fn listener_lists_match_the_golden_files() {
    let station = StationSnapshot { mount: "/a&b".into(), ..StationSnapshot::example() };
    let list = |station: StationSnapshot, listeners: Vec<ListenerSnapshot>| {
        let public = Snapshot { stations: vec![station.into()], ..Snapshot::example() };
        let snapshot = AdminSnapshot { listeners, ..AdminSnapshot::from_public(public) };
        let page = IcecastAdminPage::Clients(Markup::Xml);
        private_reply(page.render(&snapshot, snapshot.stations.first(), BASE).expect("a page"))
    };
    check_at("pages/golden/listclients", &list(station, AdminSnapshot::example().listeners));
    check_at("pages/golden/listclients-empty", &list(StationSnapshot::example(), Vec::new()));
}

#[test]
fn mount_parameter_selects_one_source() {
    let one = String::from_utf8(get("/admin/stats?mount=/live").body).expect("UTF-8");
    assert_eq!(one.matches("<source mount=").count(), 1);
    assert!(one.contains("<sources>2</sources>"), "{one}");
}

#[test]
fn missing_parameters_and_unsupported_pages_are_refused() {
    for (target, refusal) in [
        ("/admin/listclients", AdminRefusal::MissingParameter),
        ("/admin/updatemetadata.xsl?mount=", AdminRefusal::MissingParameter),
        ("/admin/moveclients", AdminRefusal::MissingParameter),
        ("/admin/buildm3u?mount=/live&username=a", AdminRefusal::MissingParameter),
        ("/admin/fallbacks", AdminRefusal::MissingParameter),
        ("/admin/fallbacks?mount=/live&fallback=/b", AdminRefusal::NoFallbacks),
        ("/admin/manageauth.xsl?mount=/live&action=add", AdminRefusal::NoListenerAccounts),
    ] {
        assert_eq!(parse(target), Some(Err(refusal)), "{target}");
    }
    for target in ["/admin/", "/admin/killsource", "/admin/moveclients?mount=/live&destination=/b", "/stats"]
    {
        assert_eq!(parse(target), None, "{target}");
    }
}

/// Some of these pages are public, and collecting thousands of listeners is expensive.
#[test]
fn only_listclients_collects_the_listeners() {
    for (target, expected) in [
        ("/admin/listclients?mount=/live", true),
        ("/admin/listclients.xsl?mount=/live", true),
        ("/admin/streamlist.txt", false),
        ("/admin/buildm3u?mount=/live&username=a&password=b", false),
        ("/admin/stats", false),
        ("/admin/listmounts", false),
        ("/admin/moveclients?mount=/live", false),
        ("/admin/updatemetadata?mount=/live", false),
    ] {
        let page = parse(target).expect("a page").expect("complete parameters");
        assert_eq!(page.has_listeners(), expected, "{target}");
    }
}
