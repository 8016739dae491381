//! `/admin/buildm3u`: a playlist with user and password in the URL, for players that cannot prompt for them.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::playlist::m3u;
use crate::pages::{RenderedPage, Snapshot, StationSnapshot, StreamEntry};

/// Renders a playlist with the URLs of `station` and its renditions for a client that reached the server at
/// `base`. The URLs contain `user` and `password` as given in the request; they are not checked.
pub fn render(
    snapshot: &Snapshot,
    station: &StationSnapshot,
    base: &str,
    user: &str,
    password: &str,
) -> RenderedPage {
    let (scheme, host) = base.split_once("://").unwrap_or(("http", base));
    let [user, password] = [user, password].map(|text| utf8_percent_encode(text, NON_ALPHANUMERIC));
    let entries = StreamEntry::all(snapshot, station, &format!("{scheme}://{user}:{password}@{host}"));
    let urls = m3u(entries.iter().map(|entry| entry.url.as_str()));
    let attachment = ("Content-Disposition", "attachment; filename=listen.m3u".to_owned());
    RenderedPage { headers: vec![attachment], ..RenderedPage::ok("audio/x-mpegurl", urls) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_and_password_are_percent_encoded_in_the_url() {
        let playlist = |user, password| {
            let snapshot = Snapshot::example();
            let playlist = render(&snapshot, &snapshot.stations[0], "http://h:8000", user, password);
            String::from_utf8(playlist.body).expect("UTF-8")
        };
        assert_eq!(playlist("a", "b"), "http://a:b@h:8000/live\r\n");
        assert_eq!(
            playlist("a@evil/", "b\r\nhttp://c"),
            "http://a%40evil%2F:b%0D%0Ahttp%3A%2F%2Fc@h:8000/live\r\n"
        );
    }

    #[test]
    fn playlist_has_the_renditions_with_user_and_password() {
        let snapshot = Snapshot::example_ladder();
        let playlist = render(&snapshot, &snapshot.stations[0], "http://h", "a", "b");
        assert_eq!(
            String::from_utf8(playlist.body).expect("UTF-8"),
            "http://a:b@h/live\r\nhttp://a:b@h/live-96\r\nhttp://a:b@h/live-32\r\n"
        );
    }
}
