//! `<alias>`: another path for what is at a path. `<webroot>` and `<fileserve>`: files.

use std::fs;
use std::os::unix::fs::symlink;

use crate::common::wait_for;

use super::{ForeignServer, icecast_xml};

#[test]
fn alias_leads_to_the_status_page_and_to_a_mount() {
    let elements = "<paths><alias source=\"/\" dest=\"/status.xsl\"/>\
        <alias source=\"/radio\" destination=\"/live\"/>\
        <resource source=\"/other\" destination=\"/live\"/>\
        <alias source=\"/elsewhere\" destination=\"/live\" port=\"1\"/></paths>";
    let foreign = ForeignServer::with_icecast(elements);
    let page = foreign.server.get("/").send().ok();
    assert!(page.contains("<h1 id=\"header\">Icecast2 Status</h1>"), "{page}");
    let _source = foreign.source_with_audio("/live");
    ["/radio", "/other"].iter().for_each(|path| foreign.wait_for_mount(path));
    assert!(foreign.status("/elsewhere").contains(" 404 "));
}

#[test]
fn files_of_the_webroot_are_served_and_nothing_else() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let web = folder.path().join("web");
    fs::create_dir_all(web.join("inner")).expect("room");
    let long: Vec<u8> = (0..300_000_u32).map(|index| (index / 7) as u8).collect();
    fs::write(web.join("inner/long song.mp3"), &long).expect("room");
    fs::write(web.join("status.css"), "body {}").expect("room");
    fs::write(web.join("mine.xsl"), "<xsl/>").expect("room");
    fs::write(web.join(".htpasswd"), "secret").expect("room");
    fs::create_dir_all(web.join(".well-known/acme-challenge")).expect("room");
    fs::write(web.join(".well-known/acme-challenge/token"), "token.key").expect("room");
    fs::write(folder.path().join("outside"), "secret").expect("room");
    symlink("../outside", web.join("link")).expect("a link");
    let paths = "<paths><webroot>{folder}/web</webroot><alias source=\"/\" dest=\"/status.css\"/></paths>";
    let foreign = ForeignServer::with_icecast_in(folder, paths);
    let get = |path: &str| foreign.server.get(path).http11().header("Host", "h");
    let song = get("/inner/long%20song.mp3").send();
    assert_eq!(song.status_line(), "HTTP/1.0 200 OK");
    assert_eq!(song.head.get("Content-Type"), Some("audio/mpeg"));
    assert!(song.body == long, "{} bytes", song.body.len());
    let part = get("/inner/long%20song.mp3").header("Range", "bytes=100000-249999").send();
    assert_eq!(part.status_line(), "HTTP/1.0 206 Partial Content");
    assert_eq!(part.head.get("Content-Range"), Some("bytes 100000-249999/300000"));
    assert!(part.body == long[100_000..250_000], "{} bytes", part.body.len());
    let too_far = get("/inner/long%20song.mp3").header("Range", "bytes=300000-").send();
    assert_eq!(too_far.status_line(), "HTTP/1.0 416 Range Not Satisfiable");
    let tag = song.head.get("ETag").expect("a tag").to_owned();
    let known = get("/inner/long%20song.mp3").header("If-None-Match", &tag).send();
    assert_eq!((known.status_line(), known.body.len()), ("HTTP/1.0 304 Not Modified", 0));
    assert_eq!(get("/").send().text(), "body {}", "an alias leads to a file");
    let challenge = get("/.well-known/acme-challenge/token").send();
    assert_eq!(challenge.text(), "token.key", "certbot puts it there");
    let json = get("/status-json.xsl").send();
    assert!(json.head.get("Content-Type").is_some_and(|media| media.starts_with("application/json")));
    for path in
        ["/inner", "/inner/", "/missing", "/mine.xsl", "/.htpasswd", "/link", "/..%2foutside", "/../outside"]
    {
        let reply = get(path).send();
        let status = reply.status_line();
        assert!(status.contains(" 404 ") || status.contains(" 400 "), "{path}: {status}");
        assert!(!reply.text().contains("secret"), "{path}");
    }
    foreign.server.log().wait_for("is refused a file of webroot: ");
    foreign.reload(&icecast_xml("<fileserve>0</fileserve><paths><webroot>{folder}/web</webroot></paths>"));
    wait_for("the reload", || get("/status.css").send().status_line().contains(" 404 ").then_some(()));
}
