//! Tests of the replies to admin requests.

use super::*;
use crate::http::golden;

const MOVED: AdminOutcome<'static> = AdminOutcome::ClientsMoved { from: "/a&b", to: "/<c>" };

#[test]
fn outcomes_match_the_recordings() {
    for (name, outcome) in [
        ("title-updated", AdminOutcome::TitleUpdated),
        ("source-removed", AdminOutcome::SourceRemoved),
        ("client-removed", AdminOutcome::ClientRemoved(5)),
        ("client-not-found", AdminOutcome::ClientNotFound(5)),
        ("clients-removed", AdminOutcome::ClientsRemoved(2)),
        ("clients-moved", MOVED),
        ("ban", AdminOutcome::Banned { disconnected: 2, persistence: Persistence::Saved }),
        ("ban-for-now", AdminOutcome::Banned { disconnected: 0, persistence: Persistence::NoStateDir }),
        ("ban-pending", AdminOutcome::Banned { disconnected: 1, persistence: Persistence::Pending }),
        ("ban-failed", AdminOutcome::Banned { disconnected: 1, persistence: Persistence::Failed }),
        ("sources-removed", AdminOutcome::SourcesRemoved(2)),
        ("statistics-reset", AdminOutcome::StatisticsReset),
        ("log-reopened", AdminOutcome::LogReopened),
        ("pages-forgotten", AdminOutcome::PageCacheCleared),
        ("relays-started", AdminOutcome::RelaysStarted(1)),
        ("unban", AdminOutcome::Unbanned { persistence: Persistence::Saved }),
        ("unban-for-now", AdminOutcome::Unbanned { persistence: Persistence::NoStateDir }),
    ] {
        golden::check(&format!("admin-{name}"), &outcome.reply(AdminFormat::Icecast));
        golden::check(&format!("admin-{name}-dnas"), &outcome.reply(AdminFormat::Dnas));
        golden::check(&format!("admin-{name}-api"), &outcome.reply(AdminFormat::Api));
        assert_eq!(outcome.reply(AdminFormat::IcecastHtml), outcome.reply(AdminFormat::Dnas));
    }
}

#[test]
fn refusals_match_the_recordings() {
    for (name, refusal) in [
        ("unauthenticated", AdminRefusal::Unauthenticated),
        ("off", AdminRefusal::Disabled),
        ("too-many-failures", AdminRefusal::TooManyFailures),
        ("cross-site", AdminRefusal::CrossSite),
        ("action-by-link", AdminRefusal::ActionByLink),
        ("missing-parameter", AdminRefusal::MissingParameter),
        ("unknown-command", AdminRefusal::UnknownCommand),
        ("unknown-action", AdminRefusal::UnknownAction),
        ("no-such-source", AdminRefusal::NoSuchSource),
        ("source-not-available", AdminRefusal::SourceNotAvailable),
        ("no-such-destination", AdminRefusal::NoSuchDestination),
        ("same-destination", AdminRefusal::SameDestination),
        ("destination-not-running", AdminRefusal::DestinationNotRunning),
        ("no-fallbacks", AdminRefusal::NoFallbacks),
        ("no-listener-accounts", AdminRefusal::NoListenerAccounts),
        ("banned", AdminRefusal::Banned),
        ("unbannable", AdminRefusal::InvalidBanTarget(BanTargetError::TooWide)),
        ("too-many-bans", AdminRefusal::TooManyBans),
        ("not-here", AdminRefusal::Unsupported("bandwidth statistics are not supported")),
        ("no-such-ban", AdminRefusal::NoSuchBan),
        ("not-allowed", AdminRefusal::NotAllowed),
    ] {
        golden::check(&format!("admin-{name}"), &refusal.reply(AdminFormat::Icecast));
        let code = |reply: &[u8]| String::from_utf8_lossy(&reply[9..12]).into_owned();
        let by_api = refusal.reply(AdminFormat::Api);
        assert!(by_api.ends_with(b"\"}") && code(&by_api).starts_with('4'), "{name}");
    }
    golden::check("admin-unauthenticated-dnas", &AdminRefusal::Unauthenticated.reply(AdminFormat::Dnas));
    golden::check("admin-unauthenticated-api", &AdminRefusal::Unauthenticated.reply(AdminFormat::Api));
}

#[test]
fn api_refusals_use_the_right_http_status() {
    for (refusal, code, header) in [
        (AdminRefusal::Unauthenticated, 401, "WWW-Authenticate: Basic realm="),
        (AdminRefusal::Disabled, 403, ""),
        (AdminRefusal::TooManyFailures, 429, "Retry-After: 60\r\n"),
        (AdminRefusal::ActionByLink, 405, "Allow: POST, OPTIONS\r\n"),
        (AdminRefusal::MissingParameter, 400, ""),
        (AdminRefusal::InvalidNumber, 400, ""),
        (AdminRefusal::InvalidClient, 400, ""),
        (AdminRefusal::NoSuchSource, 404, "\r\n{\"error\":\"no such station\"}"),
        (AdminRefusal::NoSuchDestination, 404, ""),
        (AdminRefusal::NotFound, 404, ""),
        (AdminRefusal::NotAllowed, 405, "Allow: GET, HEAD, POST, OPTIONS\r\n"),
        (AdminRefusal::OnlyGet, 405, "Allow: GET, HEAD, OPTIONS\r\n"),
        (AdminRefusal::OnlyPost, 405, "Allow: POST, OPTIONS\r\n"),
        (AdminRefusal::SourceNotAvailable, 409, ""),
        (AdminRefusal::NoTrackToSkip, 409, ""),
        (AdminRefusal::NotAForm, 415, ""),
    ] {
        let reply = String::from_utf8(refusal.reply(AdminFormat::Api)).expect("UTF-8");
        assert!(reply.starts_with(&format!("HTTP/1.0 {code} ")), "{refusal:?}: {reply}");
        assert!(reply.contains(&format!("\r\n{header}")), "{refusal:?}: {reply}");
    }
    let code =
        |outcome: AdminOutcome| String::from_utf8_lossy(&outcome.reply(AdminFormat::Api)[9..12]).into_owned();
    assert_eq!([AdminOutcome::ClientNotFound(5), AdminOutcome::ClientsNotFound].map(code), ["404", "404"]);
    assert_eq!([AdminOutcome::TrackSkipped, AdminOutcome::ClientsRemoved(0)].map(code), ["200", "200"]);
}

#[test]
fn admin_replies_have_no_cors_headers() {
    let all = [
        MOVED.reply(AdminFormat::Icecast),
        AdminRefusal::Disabled.reply(AdminFormat::Api),
        AdminRefusal::NotAllowed.reply(AdminFormat::Icecast),
        AdminRefusal::NoSuchSource.reply(AdminFormat::Icecast),
        reply::admin_options(),
    ];
    for reply in all {
        assert!(!String::from_utf8_lossy(&reply).to_lowercase().contains("access-control"));
    }
}
