//! `/robots.txt`: what robots may read (RFC 9309).

use std::fmt::Write;

use crate::pages::{Snapshot, stream_url};
use crate::settings::RobotsPolicy;

/// The longest rule wins, and the shortest mounts are prefixes of these paths.
const ALLOWED: [&str; 5] = ["/index.html", "/assets/", "/streamart", "/playingart", "/embed"];

/// Paths that lead to endless or useless responses, besides the mounts.
const DISALLOWED: [&str; 5] = ["/admin", "/api/", "/metrics", "/stream", "/;"];

/// Returns the content of the file. It lists the mount of every station and rendition: a robot on a stream is
/// a listener that stays for ever.
pub fn robots_txt(snapshot: &Snapshot) -> String {
    let mut text = "User-agent: *\n".to_owned();
    if snapshot.robots == RobotsPolicy::Nothing {
        return text + "Disallow: /\n";
    }
    let mounts = snapshot.stations.iter().map(|station| mount_rule(&station.mount));
    let disallowed = DISALLOWED.map(str::to_owned).into_iter().chain(mounts);
    for path in ALLOWED {
        // Old robots take the first rule that matches, so these come first.
        let _ = writeln!(text, "Allow: {path}");
    }
    for path in disallowed {
        let _ = writeln!(text, "Disallow: {path}");
    }
    text
}

/// Returns the path of a rule for everything that begins with `mount`: its spellings and its playlists.
fn mount_rule(mount: &str) -> String {
    // These two have a meaning in rules.
    stream_url("", mount).replace('*', "%2A").replace('$', "%24")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::StationSnapshot;

    /// Returns whether a robot may read `path`: the longest rule decides, and `Allow` wins a tie.
    fn may_read(text: &str, path: &str) -> bool {
        let rule = |line: &str| {
            let (kind, prefix) = line.split_once(": ").expect("a rule");
            path.starts_with(prefix).then_some((prefix.len(), kind == "Allow"))
        };
        text.lines().skip(1).filter_map(rule).max().is_none_or(|(_, is_allowed)| is_allowed)
    }

    #[test]
    fn robots_may_read_pages_and_pictures_and_nothing_else() {
        let mut snapshot = Snapshot::example_ladder();
        let short = StationSnapshot { id: 9, mount: "/a".into(), ..StationSnapshot::example() };
        let strange = StationSnapshot { id: 10, mount: "/é $*".into(), ..StationSnapshot::example() };
        snapshot.stations.extend([short, strange].map(Into::into));
        let text = robots_txt(&snapshot);
        assert!(text.starts_with("User-agent: *\n"));
        for path in [
            "/",
            "/?sid=2",
            "/index.html",
            "/index.html?sid=2",
            "/assets/page.css?v=1",
            "/assets/cover.png?sid=1",
            "/playingart?sid=1",
            "/streamart?sid=1",
            "/embed?sid=1",
            "/favicon.ico",
            "/robots.txt",
            "/listen.pls",
        ] {
            assert!(may_read(&text, path), "{path}: {text}");
        }
        for path in [
            "/live",
            "/live/",
            "/live;x",
            "/live.m3u",
            "/live-96",
            "/jazz",
            "/stream",
            "/stream/2",
            "/stream?sid=2",
            "/;",
            "/;stream.mp3",
            "/admin",
            "/admin/",
            "/admin.cgi",
            "/api/v1/events",
            "/metrics",
            "/a",
            "/%C3%A9%20%24%2A",
        ] {
            assert!(!may_read(&text, path), "{path}: {text}");
        }
        assert!(text.is_ascii());
    }

    #[test]
    fn robots_may_read_nothing_if_so_configured() {
        let snapshot = Snapshot { robots: RobotsPolicy::Nothing, ..Snapshot::example() };
        assert_eq!(robots_txt(&snapshot), "User-agent: *\nDisallow: /\n");
    }
}
