//! Tests of the pages with the parsers of browsers and scrapers.

use super::station_view::StationView;
use super::*;
use crate::http::response::reply::Status;
use crate::icy::Title;
use crate::pages::{OnAir, StationSnapshot};
use crate::router::testing::{RouteKind, route_kind_with};

const BROWSER: &str = "User-Agent: Mozilla/5.0\nAccept: text/html,*/*;q=0.8";
const HOSTILE: &str = "\"'--></title></script><b>x--!>\u{1}&amp;`";

fn get(target: &str, lines: &str, snapshot: &Snapshot) -> RenderedPage {
    let request = Request::from_lines(&format!("GET {target} HTTP/1.1\nHost: radio.example:8000\n{lines}"));
    let page = WebPage::from_request(&request, &FormData::from_request(&request, &[])).expect("a page");
    page.render(snapshot, "http://radio.example:8000")
}

fn text(rendered: RenderedPage) -> String {
    String::from_utf8(rendered.body).expect("UTF-8")
}

fn page(target: &str, snapshot: &Snapshot) -> String {
    text(get(target, BROWSER, snapshot))
}

fn with(change: impl FnOnce(&mut StationSnapshot)) -> Snapshot {
    let mut snapshot = Snapshot::example();
    change(snapshot.first_mut());
    snapshot
}

fn two_stations() -> Snapshot {
    let mut snapshot = Snapshot::example();
    let jazz = StationSnapshot {
        id: 7,
        mount: "/jazz".into(),
        name: "Night Ferry".into(),
        ..StationSnapshot::example()
    };
    snapshot.stations.push(jazz.into());
    snapshot
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let rest = text.split_once(before).unwrap_or_else(|| panic!("{before} in {text}")).1;
    rest.split_once(after).unwrap_or_else(|| panic!("{after} in {rest}")).0
}

#[test]
fn station_page_works_without_a_script() {
    let snapshot = Snapshot::example();
    let page = page("/", &snapshot);
    for part in [
        "<h1>Harbour FM</h1>",
        "Slow music",
        "Tidewater",
        "Nadia Karim",
        "<strong data-part=\"listeners\">12<",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(page.contains("<audio controls preload=\"none\" src=\"/live\">"));
    assert_eq!(between(&page, "<title>", "</title>"), "Harbour FM");
}

#[test]
fn several_stations_have_an_overview_and_a_page_each() {
    let snapshot = two_stations();
    for target in ["/", "/index.html", "/index.html?sid=0"] {
        let overview = page(target, &snapshot);
        assert_eq!(overview.matches("<li data-station=").count(), 2, "{target}");
        assert!(overview.contains("<a href=\"/index.html?sid=7\">Night Ferry</a>"));
    }
    for target in ["/?sid=7", "/index.html?sid=7", "/index.html?mount=/jazz"] {
        let station = page(target, &snapshot);
        assert!(station.contains("<h1>Night Ferry</h1>") && station.contains("All stations"), "{target}");
    }
    assert_eq!(get("/index.html?sid=2", BROWSER, &snapshot).status, Status::NotFound);
    assert!(!page("/", &Snapshot::example()).contains("All stations"));
}

#[test]
fn station_page_offers_its_renditions_best_first_with_their_listeners() {
    let snapshot = Snapshot::example_ladder();
    let page = page("/index.html?sid=1", &snapshot);
    let nav = between(&page, "<nav class=\"rungs\" aria-label=\"Quality\">", "</nav>");
    let links: Vec<_> = nav.split("<a ").skip(1).map(|link| between(link, "href=\"", "</a>")).collect();
    let link = |id: u32, stream: &str, attributes: &str, text: &str, listeners: u32| {
        format!(
            "/index.html?sid={id}\" data-rung=\"{id}\" data-stream=\"{stream}\"{attributes}>{text} \
             <span><b>{listeners}</b> listening</span>"
        )
    };
    let expected = [
        link(1, "/live", " aria-current=\"true\"", "128\u{a0}kbit/s MP3", 12),
        link(8, "/live-96", "", "96\u{a0}kbit/s MP3", 5),
        link(9, "/live-64", " hidden", "64\u{a0}kbit/s MP3", 1),
        link(2, "/live-32", "", "32\u{a0}kbit/s MP3, mono", 4),
    ];
    assert_eq!(links, expected);
    assert!(page.contains("<strong data-part=\"listeners\">22</strong> listening now</p>"), "the sum");
    for (part, count) in
        [("<audio controls preload=\"none\" src=\"/live\">", 1), (">Direct</a>", 3), ("live-64", 1)]
    {
        assert_eq!(page.matches(part).count(), count, "{part}");
    }
    let without = self::page("/", &Snapshot::example());
    assert!(!without.contains("rungs") && without.contains("listening now · 128\u{a0}kbit/s MP3</p>"));
}

#[test]
fn page_of_a_rendition_is_that_of_its_station_with_the_rendition_chosen() {
    let mut snapshot = Snapshot::example_ladder();
    for target in ["/index.html?sid=8", "/index.html?mount=/live-96"] {
        let page = page(target, &snapshot);
        assert!(page.contains("<main class=\"station\" data-station=\"1\""), "{page}");
        assert!(page.contains("<audio controls preload=\"none\" src=\"/live-96\">"));
        assert_eq!(page.matches(" aria-current=\"true\"").count(), 1);
        assert!(
            page.contains("data-rung=\"8\" data-stream=\"/live-96\" aria-current=\"true\">96\u{a0}kbit/s")
        );
        assert!(page.contains("<a href=\"/listen.m3u?sid=1\">"), "a playlist with all renditions");
    }
    // A link that a source sent is no link to this server on any of these pages.
    snapshot.first_mut().url = "http://radio.example:8000/admin/".into();
    for target in ["/index.html?sid=1", "/index.html?sid=8"] {
        let request = Request::from_lines(&format!("GET {target} HTTP/1.1\n{BROWSER}"));
        let page = crate::pages::Page::from_request(&request).expect("a page");
        let rendered = text(page.render(&snapshot, "http://radio.example:8000"));
        assert!(!rendered.contains("Home page"), "{target}");
    }
}

#[test]
fn overview_shows_stations_with_the_sum_and_no_renditions() {
    let snapshot = Snapshot::example_ladder();
    let overview = page("/", &snapshot);
    assert_eq!(overview.matches("<li data-station=").count(), 2);
    assert!(overview.contains("<strong data-part=\"listeners\">22</strong>"));
    // With its renditions alone, a station is the only one.
    let stations = snapshot.stations.iter().filter(|it| it.id != 7).cloned().collect();
    let one = Snapshot { stations, ..snapshot };
    let page = page("/", &one);
    assert!(
        page.contains("<h1>Harbour FM</h1>")
            && page.contains("96\u{a0}kbit/s")
            && !page.contains("All stations")
    );
}

#[test]
fn silence_and_live_sources_are_labelled() {
    let silence = page("/", &with(|it| (it.on_air, it.title) = (OnAir::Silence, Title::default())));
    assert!(silence.contains("data-kind=\"silence\">Off air<") && silence.contains("Nothing is on the air"));
    let snapshot = with(|it| (it.on_air, it.title) = (OnAir::Silence, Title::default()));
    assert!(
        self::page("/embed?sid=1", &snapshot).contains("data-part=\"song\">Off air<"),
        "it has less room"
    );
    let live = with(|it| {
        it.on_air = OnAir::Live(crate::time::Time::START);
        it.input_name = "nina <3".into();
    });
    assert!(page("/", &live).contains("data-kind=\"live\">Live: nina &#60;3<"));
}

#[test]
fn hostile_texts_add_no_markup() {
    let hostile = with(|it| {
        for text in [&mut it.name, &mut it.description, &mut it.genre] {
            *text = HOSTILE.into();
        }
        it.url = format!("http://h/{HOSTILE}");
        it.mount = format!("/{HOSTILE}");
        it.title = Title { artist: Some(HOSTILE.into()), title: Some(HOSTILE.into()), ..Title::new(HOSTILE) };
    });
    let tags = |page: &str| ["<", ">", "\"", "'"].map(|c| page.matches(c).count());
    for lines in [BROWSER, "User-Agent: Mozilla/5.0"] {
        for target in ["/", "/?sid=0", "/embed"] {
            let harmless = text(get(target, lines, &Snapshot::example()));
            let page = text(get(target, lines, &hostile));
            assert_eq!(tags(&page), tags(&harmless), "{page}");
            assert!(!page.contains('\u{1}') && page.matches("-->").count() < 2, "{page}");
        }
    }
}

#[test]
fn pages_load_nothing_external_and_have_no_inline_scripts() {
    let request = Request::from_lines("GET /admin/ HTTP/1.1");
    let admin = WebAdminPage::from_path(&request.path).expect("a page").render();
    let snapshot = two_stations();
    let pages = ["/", "/?sid=1", "/embed"].map(|target| get(target, BROWSER, &snapshot));
    for rendered in pages.into_iter().chain([admin, not_found()]) {
        let policy =
            &rendered.headers.iter().find(|(name, _)| *name == "Content-Security-Policy").expect("one").1;
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self'; "), "{policy}");
        assert!(policy.contains("; base-uri 'none'; frame-ancestors '"), "{policy}");
        let page = text(rendered.clone());
        for inline in
            ["<style", " style=", " onclick", " onload", "javascript:", "<script>", "src=\"http", "src=\"//"]
        {
            assert!(!page.contains(inline), "{inline}: {page}");
        }
        for asset in page.split("\"/assets/").skip(1) {
            let target = format!("/assets/{}", asset.split('"').next().unwrap().replace("&#38;", "&"));
            assert_eq!(get(&target, "", &snapshot).status, Status::Ok, "{target}");
        }
    }
}

/// Lock screens and link previews show neither SVG nor WebP.
#[test]
fn preview_image_is_artwork_in_png_or_jpeg_or_else_the_generated_png() {
    let preview = |kind: Option<&'static str>| {
        let snapshot = with(|it| (it.artwork_version, it.artwork_type) = (kind.map(|_| 255), kind));
        let view = StationView::new(&snapshot, &snapshot.stations[0], "http://h");
        view.preview_image("http://h")
    };
    let artwork = "http://h/streamart?sid=1&v=00000000000000ff";
    assert_eq!([preview(Some("image/png")), preview(Some("image/jpeg"))], [artwork, artwork]);
    for kind in [None, Some("image/webp"), Some("image/gif")] {
        let url = preview(kind);
        assert!(url.starts_with("http://h/assets/cover.png?sid=1&v="), "{url}");
        let picture = get(url.strip_prefix("http://h").expect("a path"), "", &Snapshot::example());
        assert_eq!((picture.status, picture.content_type), (Status::Ok, "image/png"));
    }
}

/// Returns name and content of a tag for link previews.
fn preview_tag(line: &str) -> Option<(&str, &str)> {
    let rest = line.strip_prefix("<meta property=\"").or(line.strip_prefix("<meta name=\"twitter:"))?;
    let (name, rest) = rest.split_once("\" content=\"")?;
    Some((name, rest.strip_suffix("\">")?))
}

/// Returns all tags for link previews, and the canonical URL.
fn preview_tags(page: &str) -> Vec<(&str, &str)> {
    let canonical = ("canonical", between(page, "<link rel=\"canonical\" href=\"", "\""));
    page.lines().filter_map(preview_tag).chain([canonical]).collect()
}

#[test]
fn pages_have_tags_for_link_previews() {
    let (one, two) = (Snapshot::example(), two_stations());
    let page_of_one = page("/", &one);
    let picture = StationView::new(&one, &one.stations[0], "").preview_image("http://radio.example:8000");
    let picture = picture.replace('&', "&#38;");
    assert_eq!(
        preview_tags(&page_of_one),
        [
            ("og:type", "music.radio_station"),
            ("og:site_name", "radio.example"),
            ("og:title", "Harbour FM"),
            ("og:description", one.stations[0].description.as_str()),
            ("og:url", "http://radio.example:8000/index.html"),
            ("og:image", &picture),
            ("og:image:type", "image/png"),
            ("og:image:width", "640"),
            ("og:image:height", "640"),
            ("image", &picture),
            ("card", "summary"),
            ("canonical", "http://radio.example:8000/index.html"),
        ]
    );
    for (target, snapshot, url) in [
        ("/?sid=1", &one, "/index.html"),
        ("/?sid=7", &two, "/index.html?sid=7"),
        ("/index.html?mount=/jazz", &two, "/index.html?sid=7"),
        ("/", &two, "/index.html"),
        ("/index.html?sid=8", &Snapshot::example_ladder(), "/index.html?sid=1"),
    ] {
        let page = page(target, snapshot);
        let tags = preview_tags(&page);
        for name in ["canonical", "og:url"] {
            let expected = format!("http://radio.example:8000{url}");
            assert!(tags.contains(&(name, expected.as_str())), "{target}: {tags:?}");
        }
        assert!(!page.contains("og:audio"), "a preview would fetch a stream without an end");
    }
    let artwork =
        page("/", &with(|it| (it.artwork_version, it.artwork_type) = (Some(1), Some("image/jpeg"))));
    assert!(artwork.contains("og:image\" content=\"http://radio.example:8000/streamart?sid=1"), "{artwork}");
    assert!(!artwork.contains("og:image:width"), "its size is not known");
    let without = page("/", &with(|it| it.description = String::new()));
    assert!(preview_tags(&without).contains(&("og:description", "Harbour FM: listen live")), "{without}");
}

fn policy_of(rendered: &RenderedPage) -> &str {
    &rendered.headers.iter().find(|(name, _)| *name == "Content-Security-Policy").expect("a policy").1
}

/// Without the key no other site may show any page in a frame; with it, only the small player.
#[test]
fn only_the_small_player_may_be_in_frames_of_configured_sites() {
    let mut snapshot = Snapshot::example();
    assert!(policy_of(&get("/embed?sid=1", BROWSER, &snapshot)).ends_with("; frame-ancestors 'self'"));
    snapshot.embed_from = vec!["https://www.example.org".into(), "http://localhost:8080".into()];
    let policy = "; frame-ancestors 'self' https://www.example.org http://localhost:8080";
    assert!(policy_of(&get("/embed?sid=1", BROWSER, &snapshot)).ends_with(policy));
    let missing = get("/embed?sid=99", BROWSER, &snapshot);
    assert!(missing.status == Status::NotFound && policy_of(&missing).ends_with(policy));
    assert!(text(missing).contains("No such station"), "a permitted site shows why there is no player");
    assert!(policy_of(&get("/", BROWSER, &snapshot)).ends_with("; frame-ancestors 'self'"));
    assert!(policy_of(&not_found()).ends_with("; frame-ancestors 'self'"));
}

#[test]
fn small_player_has_the_title_the_stream_and_a_link_to_the_page() {
    let player = page("/embed?sid=1", &Snapshot::example());
    for part in [
        "<a href=\"/index.html?sid=1\" target=\"_blank\" rel=\"noopener\">Harbour FM</a>",
        "data-part=\"song\">Tidewater<",
        "data-part=\"artist\">Nadia Karim<",
        "<audio controls preload=\"none\" src=\"/live\">",
    ] {
        assert!(player.contains(part), "{part}: {player}");
    }
    // The player of a rendition plays that one.
    let rendition = page("/embed?sid=8", &Snapshot::example_ladder());
    assert!(rendition.contains("src=\"/live-96\"") && rendition.contains("data-station=\"1\""));
    assert_eq!(get("/embed?sid=99", BROWSER, &Snapshot::example()).status, Status::NotFound);
}

#[test]
fn home_page_is_linked_only_if_it_is_an_http_url() {
    let home = |url: &str| page("/", &with(|it| it.url = url.into())).contains("Home page");
    assert!(home("https://example.org"));
    assert!(!home("javascript:alert(1)") && !home(""));
}

#[test]
fn player_url_routes_to_the_stream() {
    for mount in ["/live", "/café am see", "/a%20b?c#d", "/;x", "/\"\\&"] {
        let page = page("/", &with(|it| it.mount = mount.into()));
        let target = between(&page, "<audio controls preload=\"none\" src=\"", "\"").replace("&#38;", "&");
        let request = Request::from_lines(&format!("GET {target} HTTP/1.1"));
        assert_eq!(route_kind_with(&request, &[(1, mount)]), RouteKind::Stream(0), "{target}");
    }
}

#[test]
fn admin_page_forbids_frames_and_admin_without_slash_redirects() {
    let page = WebAdminPage::from_path("/admin/").expect("a page").render();
    let policy = &page.headers.iter().find(|(name, _)| *name == "Content-Security-Policy").expect("one").1;
    assert!(policy.ends_with("frame-ancestors 'none'"), "{policy}");
    let redirect = WebAdminPage::from_path("/admin").expect("a page").render();
    assert_eq!(
        (redirect.status, &redirect.headers[..]),
        (Status::Found, &[("Location", "/admin/".to_owned())][..])
    );
    assert_eq!(WebAdminPage::from_path("/admin/listclients"), None);
}

/// Some scripts cut strings out of the index page of SHOUTcast's servers.
#[test]
fn index_page_has_the_strings_that_scrapers_cut() {
    let page = page("/", &Snapshot::example());
    assert!(page.contains("Server is currently up and private."));
    let cell = |name| {
        let row = format!(
            "<tr><td width=100 nowrap><font class=default>{name}: </font></td><td><font class=default><b>"
        );
        between(&page, &row, "</b></td></tr>")
    };
    assert_eq!(cell("Current Song"), "Nadia Karim - Tidewater");
    assert_eq!(cell("Stream Title"), "Harbour FM");
    assert_eq!(cell("Stream Genre"), "Ambient");
    assert_eq!(
        between(&page, "Stream is up at ", "</b>"),
        "128 kbps with <B>12 of 512 listeners (11 unique)"
    );
    assert_eq!(between(&page, "Listener Peak: ", "</td></tr>"), "40");
    assert_eq!(between(&page, "<font class=\"st\">Available Streams: ", "</font>"), "1");
    let public = text(get("/", BROWSER, &with(|it| it.public = true)));
    assert!(public.contains("Server is currently up and public."));
    let down = text(get("/", BROWSER, &with(|it| it.on_air = OnAir::Silence)));
    assert!(down.contains("Server is currently down.") && !down.contains("Stream is up"));
    assert!(down.contains("Available Streams: 0</font>"));
}

/// shoutcast-probe reads the first word of the title, then the cells of the last centred table, split at
/// their colons.
#[test]
fn shoutcast_probe_finds_its_title_and_table() {
    let page = text(get("/", "User-Agent: Mozilla/5.0", &Snapshot::example()));
    let first = between(&page, "<title>", "</title>").split_whitespace().next().expect("a word");
    assert_eq!(first.to_lowercase(), "shoutcast");
    // An HTML parser drops comments, so the table must not be in one.
    assert!(!page.contains("<!--"), "{page}");
    let table = page
        .rsplit("<table align=\"center\">")
        .next()
        .expect("a table")
        .split("</table>")
        .next()
        .expect("its end");
    let plain = |cell: &str| cell.split('<').map(|part| part.rsplit('>').next().unwrap()).collect::<String>();
    let cells: Vec<String> =
        table.split("<td").skip(1).map(|cell| plain(&format!("<td{cell}")).trim().into()).collect();
    let value = |name: &str| {
        let at = cells.iter().position(|cell| cell.split(':').next() == Some(name)).expect(name);
        let own = cells[at].split_once(':').expect("a colon").1.trim();
        if own.is_empty() { cells[at + 1].clone() } else { own.to_owned() }
    };
    assert_eq!(value("Server Status"), "Server is currently up and private.");
    assert_eq!(value("Stream Status"), "Stream is up at 128 kbps with 12 of 512 listeners (11 unique)");
    assert_eq!(value("Current Song"), "Nadia Karim - Tidewater");
    assert_eq!(value("Listener Peak"), "40");
}

/// The markup for scrapers is in a comment, so neither browsers nor screen readers show it.
#[test]
fn browsers_show_no_scraper_markup() {
    let page = page("/", &Snapshot::example());
    let rendered = page.split("<!--").next().expect("a page");
    assert!(!rendered.contains("<table") && !rendered.contains("SHOUTcast"), "{rendered}");
    assert_eq!(page.matches("-->").count(), 1);
    let for_programs = text(get("/", "", &Snapshot::example()));
    assert!(for_programs.contains("<div hidden>\n<table align=\"center\">"), "{for_programs}");
}
