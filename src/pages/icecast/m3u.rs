//! `/admin/buildm3u`: a playlist with user and password in the URL, for players that cannot prompt for them.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::pages::{RenderedPage, stream_url};

/// Renders a playlist with the URL of `mount` for a client that reached the server at `base`. The URL
/// contains `user` and `password` as given in the request; they are not checked.
pub fn render(base: &str, mount: &str, user: &str, password: &str) -> RenderedPage {
    let (scheme, host) = base.split_once("://").unwrap_or(("http", base));
    let [user, password] = [user, password].map(|text| utf8_percent_encode(text, NON_ALPHANUMERIC));
    let url = stream_url(&format!("{scheme}://{user}:{password}@{host}"), mount);
    let attachment = ("Content-Disposition", "attachment; filename=listen.m3u".to_owned());
    RenderedPage { headers: vec![attachment], ..RenderedPage::ok("audio/x-mpegurl", format!("{url}\r\n")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_and_password_are_percent_encoded_in_the_url() {
        let playlist = |user, password| {
            let playlist = render("http://h:8000", "/live", user, password);
            String::from_utf8(playlist.body).expect("UTF-8")
        };
        assert_eq!(playlist("a", "b"), "http://a:b@h:8000/live\r\n");
        assert_eq!(
            playlist("a@evil/", "b\r\nhttp://c"),
            "http://a%40evil%2F:b%0D%0Ahttp%3A%2F%2Fc@h:8000/live\r\n"
        );
    }
}
