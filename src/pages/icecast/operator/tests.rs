//! The pages of operators, byte for byte.

use std::time::Duration;

use super::*;
use crate::http::golden::check_at;
use crate::http::request::Request;
use crate::pages::{OnAir, Source, StationTraffic, Traffic};
use crate::time::Time;

const BASE: &str = "http://radio.example:8000";

fn asked(target: &str) -> Option<Result<OperatorPage, AdminRefusal>> {
    let request = Request::of(&format!("GET {target} HTTP/1.1"));
    OperatorPage::of(&request.path, &Form::of(&request, &[]))
}

/// The example of the notes with somebody live, and a station with a mount that is hard to write.
fn facts() -> Facts {
    let live = Source {
        user: "nadia".into(),
        address: [203, 0, 113, 7].into(),
        user_agent: "butt <0.1>\u{1b}".into(),
        since: Time::START,
    };
    let on_air = OnAir::Live(Time::after_start(Duration::from_secs(60)));
    let first = StationFacts { source: Some(live), on_air, ..StationFacts::example() };
    let second = StationFacts { id: 2, mount: "/a&b c".into(), on_demand: true, ..StationFacts::example() };
    Facts { stations: vec![first, second], ..Facts::example() }
}

fn inside() -> Inside {
    let stations =
        [(1_400_000, 3), (7, 0)].map(|(on_air, too_slow)| StationTraffic { on_air, too_slow }).to_vec();
    let traffic = Traffic {
        connections: 14,
        connected: 1200,
        asked: 1100,
        pages: 190,
        sources: 4,
        relayed: 5,
        stations,
    };
    Inside { traffic, ..Inside::example() }
}

fn shown(target: &str) -> Shown {
    let facts = facts();
    let page = asked(target).expect("a page").expect("all that it has to say");
    let request = Request::of(&format!("GET {target} HTTP/1.1"));
    let station = facts.find(&Form::of(&request, &[]).station()).expect("a station");
    page.render(&facts, &inside(), station, BASE)
}

#[test]
fn pages_are_as_recorded() {
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
        check_at(&format!("pages/golden/{name}"), &shown(target).private_reply(false));
    }
    assert_eq!(shown("/admin/stats.xml"), shown("/admin/stats"));
    assert_eq!(shown("/admin/streamlist"), shown("/admin/listmounts"));
}

#[test]
fn lists_of_listeners_are_as_recorded() {
    let station = StationFacts { mount: "/a&b".into(), ..StationFacts::example() };
    let facts = Facts { stations: vec![station], ..Facts::example() };
    let list = |inside: &Inside, station: &StationFacts| {
        OperatorPage::Clients(Look::Xml).render(&facts, inside, station, BASE).private_reply(false)
    };
    check_at("pages/golden/listclients", &list(&Inside::example(), &facts.stations[0]));
    check_at("pages/golden/listclients-empty", &list(&Inside::default(), &StationFacts::example()));
}

#[test]
fn one_source_can_be_asked_for() {
    let one = String::from_utf8(shown("/admin/stats?mount=/live").body).expect("UTF-8");
    assert_eq!(one.matches("<source mount=").count(), 1);
    assert!(one.contains("<sources>2</sources>"), "{one}");
}

#[test]
fn what_cannot_be_is_told() {
    for (target, refusal) in [
        ("/admin/listclients", AdminRefusal::MissingParameter),
        ("/admin/updatemetadata.xsl?mount=", AdminRefusal::MissingParameter),
        ("/admin/moveclients", AdminRefusal::MissingParameter),
        ("/admin/buildm3u?mount=/live&username=a", AdminRefusal::MissingParameter),
        ("/admin/fallbacks", AdminRefusal::MissingParameter),
        ("/admin/fallbacks?mount=/live&fallback=/b", AdminRefusal::NoFallbacks),
        ("/admin/manageauth.xsl?mount=/live&action=add", AdminRefusal::NoListenerAccounts),
    ] {
        assert_eq!(asked(target), Some(Err(refusal)), "{target}");
    }
    for target in ["/admin/", "/admin/killsource", "/admin/moveclients?mount=/live&destination=/b", "/stats"]
    {
        assert_eq!(asked(target), None, "{target}");
    }
}

/// Everybody may ask for some of these, and there may be very many listeners.
#[test]
fn only_their_list_takes_all_listeners() {
    for (target, takes) in [
        ("/admin/listclients?mount=/live", true),
        ("/admin/listclients.xsl?mount=/live", true),
        ("/admin/streamlist.txt", false),
        ("/admin/buildm3u?mount=/live&username=a&password=b", false),
        ("/admin/stats", false),
        ("/admin/listmounts", false),
        ("/admin/moveclients?mount=/live", false),
        ("/admin/updatemetadata?mount=/live", false),
    ] {
        let page = asked(target).expect("a page").expect("all that it has to say");
        assert_eq!(page.has_listeners(), takes, "{target}");
    }
}
