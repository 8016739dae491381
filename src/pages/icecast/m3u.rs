//! `/admin/buildm3u`: a playlist with a name and a password in it, for players that ask nobody.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::pages::{RenderedPage, stream_url};

/// Where `mount` is for whoever reached us at `base`, with what was given in it. Nobody has looked whether it is right.
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
    fn what_is_given_ends_up_in_its_place() {
        let shown = |user, password| {
            let shown = render("http://h:8000", "/live", user, password);
            String::from_utf8(shown.body).expect("UTF-8")
        };
        assert_eq!(shown("a", "b"), "http://a:b@h:8000/live\r\n");
        assert_eq!(
            shown("a@evil/", "b\r\nhttp://c"),
            "http://a%40evil%2F:b%0D%0Ahttp%3A%2F%2Fc@h:8000/live\r\n"
        );
    }
}
