//! Tells clients that show or check pages from players: what `/` means to a client.
//!
//! The rule and its reasons are in protocol-notes/listener.md, "The page or the stream on /".

use super::head::{Method, Request};

/// Names in the User-Agent of clients that play no audio: link previews, monitors, text browsers, search
/// engines and archives. protocol-notes/page-clients.md has what each of them sends.
const NAMES: &[&str] = &[
    // Link previews.
    "WhatsApp",
    "facebookexternalhit",
    "Facebot",
    "facebookcatalog",
    "meta-external",
    "Twitterbot",
    "TelegramBot",
    "Slackbot",
    "Slack-ImgProxy",
    "Discordbot",
    "LinkedInBot",
    "Mastodon/",
    "SummalyBot",
    "Misskey/",
    "Pleroma ",
    "Akkoma ",
    "Friendica",
    "Lemmy/",
    "Synapse (bot",
    "Matrix-Media-Repo",
    "XING-contenttabreceiver",
    "kakaotalk-scrap",
    "Cardyb",
    "BlueskyPreviewBot",
    "SkypeUriPreview",
    "MicrosoftPreview",
    "BingPreview",
    "Viber",
    "Pinterestbot",
    "Pinterest/0.",
    "redditbot",
    "Embedly",
    "Iframely",
    "vkShare",
    "OdklBot",
    "Snap URL Preview",
    "SnapURLPreview",
    "FlipboardProxy",
    "Mattermost-Bot",
    "Quora-Bot",
    "DingTalkBot",
    "Google-PageRenderer",
    // Monitors.
    "UptimeRobot",
    "Pingdom",
    "PingdomTMS",
    "StatusCake",
    "Uptime-Kuma",
    "check_http",
    "Better Uptime Bot",
    "BetterUptimeBot",
    "Site24x7",
    "HetrixTools",
    "Zabbix",
    "Blackbox Exporter",
    "Blackbox-Exporter",
    "kube-probe",
    "ELB-HealthChecker",
    "Amazon-Route53-Health-Check",
    "GoogleHC",
    "GoogleStackdriverMonitoring",
    "Consul Health Check",
    "Envoy/HC",
    "Cloudflare-Healthchecks",
    "CloudFlare-AlwaysOnline",
    "FreshpingBot",
    "NodePing",
    "updown.io",
    "OhDear",
    "cron-job.org",
    "SentryUptimeBot",
    "Datadog",
    "DatadogSynthetics",
    "NewRelic",
    "Checkly",
    "Honeybadger Uptime Check",
    "PRTG",
    "Montastic",
    "Uptimebot",
    "Uptime/",
    "Catchpoint",
    "Dotcom-Monitor",
    "jetmon",
    "SiteUptime",
    "elmahio-uptimebot",
    "Monit/",
    // Text browsers, and browsers that play no audio.
    "Lynx/",
    "w3m/",
    "Links (",
    "ELinks/",
    "Dillo/",
    "NetSurf/",
    // Search engines.
    "Googlebot",
    "Google-InspectionTool",
    "GoogleOther",
    "AdsBot-Google",
    "Mediapartners-Google",
    "bingbot",
    "msnbot",
    "YandexBot",
    "DuckDuckBot",
    "Baiduspider",
    "Applebot",
    "PetalBot",
    "SeznamBot",
    "Qwantify",
    "Sogou web spider",
    "Sogou Pic Spider",
    "SemrushBot",
    "AhrefsBot",
    "MJ12bot",
    "DotBot",
    "Amazonbot",
    "Bytespider",
    "GPTBot",
    "OAI-SearchBot",
    "ChatGPT-User",
    "ClaudeBot",
    "Claude-User",
    "PerplexityBot",
    // Archives.
    "archive.org_bot",
    "ia_archiver",
    "special_archiver",
    "heritrix",
    "ArchiveTeam",
    "ArchiveBox",
    "HTTrack",
    "CCBot",
];

/// The beginning of the `Accept` that Java sends for programs that set none. It says nothing about the
/// program, which may be a player.
const JAVA_ACCEPT: &str = "text/html, image/gif, image/jpeg, *";

impl Request {
    /// Returns whether the client of this request for `/` gets the page rather than the stream. A client that
    /// nothing is known about gets the stream: most hardware radios are such clients.
    pub fn is_for_page(&self) -> bool {
        let plays = self.header("icy-metadata").is_some()
            || self.header("sec-fetch-dest").is_some_and(|dest| matches!(dest, "audio" | "video"));
        let is_browser = self.user_agent().contains("Mozilla");
        // The `<audio>` element of a browser that sends no `Sec-Fetch-Dest` sends `Range`.
        let may_play = !is_browser || self.header("range").is_some();
        !plays && (self.reads_html() || !may_play)
    }

    /// Returns whether the client is known to read HTML: it accepts HTML explicitly, or it is one of those
    /// that play no audio.
    pub fn reads_html(&self) -> bool {
        self.accepts_html() || is_listed(self.user_agent())
    }

    /// Returns whether the client requests a page to show it: it accepts HTML explicitly, and plays no audio.
    pub fn accepts_page(&self) -> bool {
        matches!(self.method, Method::Get | Method::Head) && self.accepts_html() && self.is_for_page()
    }

    fn accepts_html(&self) -> bool {
        let accept = self.header("accept").unwrap_or_default();
        !accept.starts_with(JAVA_ACCEPT) && accept.split(',').any(is_html)
    }
}

/// Returns whether an element of `Accept` is HTML. The weight 0 means that it is not accepted.
fn is_html(range: &str) -> bool {
    let mut parts = range.split(';').map(str::trim);
    let is_html = parts.next().is_some_and(|media| media.eq_ignore_ascii_case("text/html"));
    let weight = |part: &str| part.strip_prefix("q=").and_then(|weight| weight.trim().parse::<f32>().ok());
    is_html && parts.filter_map(weight).all(|weight| weight > 0.0)
}

/// Returns whether `user_agent` contains one of the [`NAMES`].
fn is_listed(user_agent: &str) -> bool {
    NAMES.iter().any(|name| contains_word(user_agent.as_bytes(), name.as_bytes()))
}

/// Returns whether `text` contains `name`, in any case, at the beginning of a word.
fn contains_word(text: &[u8], name: &[u8]) -> bool {
    let begins_word = |at: usize| at == 0 || !text[at - 1].is_ascii_alphanumeric();
    let found = |(at, window): (usize, &[u8])| begins_word(at) && window.eq_ignore_ascii_case(name);
    text.windows(name.len()).enumerate().any(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTES: &str = include_str!("../../../protocol-notes/page-clients.md");

    /// Returns the cells of the tables in the notes: client, name, User-Agent, Accept and evidence.
    fn rows() -> Vec<[String; 5]> {
        let cells = |line: &str| -> Option<[String; 5]> {
            let cells = line.strip_prefix("| ")?.strip_suffix(" |")?.split(" | ");
            let cells: Vec<_> = cells.map(|cell| cell.trim_matches('`').to_owned()).collect();
            cells.try_into().ok().filter(|row: &[String; 5]| !["client", "---"].contains(&&*row[0]))
        };
        NOTES.lines().filter_map(cells).collect()
    }

    fn is_for_page(lines: &str) -> bool {
        Request::from_lines(&format!("GET / HTTP/1.1\n{lines}")).is_for_page()
    }

    #[test]
    fn every_listed_client_is_in_the_notes_and_gets_the_page() {
        let rows = rows();
        for name in NAMES {
            assert!(rows.iter().any(|row| row[1] == *name), "{name} is not in the notes");
        }
        for [client, name, user_agent, accept, _] in &rows {
            assert!(NAMES.contains(&name.as_str()), "{client}: {name} is not in the list");
            assert!(contains_word(user_agent.as_bytes(), name.as_bytes()), "{client}: {user_agent}");
            let accept = if accept == "unknown" { "*/*" } else { accept };
            for more in ["", "\nRange: bytes=0-524288", "\nAccept-Encoding: gzip"] {
                let lines = format!("User-Agent: {user_agent}\nAccept: {accept}{more}");
                assert!(is_for_page(&lines), "{lines}");
                assert!(!is_for_page(&format!("{lines}\nIcy-MetaData: 1")), "{lines}");
            }
        }
    }

    #[test]
    fn names_match_at_the_beginning_of_a_word_only() {
        for user_agent in ["whatsapp/2", "x (WhatsApp)", "http.rb/3 (Mastodon/4)"] {
            assert!(is_listed(user_agent), "{user_agent}");
        }
        for user_agent in
            ["", "a", "notWhatsApp/2", "RadioLinks (1)", "Links/1", "StreamCheckBot/0.1.0", "curl/8"]
        {
            assert!(!is_listed(user_agent), "{user_agent}");
        }
    }

    #[test]
    fn html_is_accepted_if_it_is_named_with_a_weight() {
        for (accept, expected) in [
            ("text/html", true),
            ("text/plain, TEXT/HTML;level=1;q=0.4, */*", true),
            ("text/html;q=0", false),
            ("text/html; q=0.000", false),
            ("text/htmlx", false),
            ("text/*", false),
            ("*/*", false),
            ("", false),
            ("text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", false),
            ("text/html, image/gif, image/jpeg, */*; q=0.2", false),
            ("text/html, image/gif, */*", true),
        ] {
            assert_eq!(is_for_page(&format!("User-Agent: any\nAccept: {accept}")), expected, "{accept}");
        }
    }
}
