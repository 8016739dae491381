//! Programs that read the admin pages.

use serde_json::Value;

use super::requests::{SONG, get, ok, radio, song};
use super::xml::{text, texts};
use crate::world::World;

/// AzuraCast with the admin password reads the numbers of a page that does not exist, and the listeners as
/// JSON.
#[test]
fn azuracast_reads_the_numbers_and_the_listeners() {
    let mut world = radio();
    let song = song();
    let login = "Authorization: Basic YWRtaW46bGlnaHRob3VzZQ==";
    let summary = get(&mut world, "/admin.cgi?sid=1&mode=viewxml&page=7", login);
    assert_eq!(summary.status_line(), "HTTP/1.0 200 OK");
    for (name, value) in [
        ("SONGTITLE", song.as_str()),
        ("CURRENTLISTENERS", "3"),
        ("UNIQUELISTENERS", "2"),
        ("BITRATE", "128"),
        ("CONTENT", "audio/mpeg"),
    ] {
        assert_eq!(text(summary.body(), &format!("SHOUTCASTSERVER/{name}")), value);
    }
    let clients = get(&mut world, "/admin.cgi?sid=1&mode=viewjson&page=3", login);
    let clients: Vec<Value> = serde_json::from_str(clients.body()).expect("a list");
    assert_eq!(clients.len(), 3);
    for client in &clients {
        assert!(client.as_object().expect("an object").values().all(Value::is_string), "{client}");
        let seconds = client["connecttime"].as_str().map(str::parse::<u64>);
        assert!(matches!(seconds, Some(Ok(19..=20))), "{client}");
        assert_eq!((&client["xff"], &client["useragent"]), (&"".into(), &"**EMPTY**".into()), "{client}");
        assert!(client["uid"] != "" && client["hostname"] != "", "{client}");
    }
}

/// Perl's Net::Shoutcast::Admin puts the password into the URL, and parses the whole page into a tree.
#[test]
fn net_shoutcast_admin_reads_songs_and_listeners() {
    let mut world = radio();
    let agent = "User-Agent: Mozilla/5.0 (compatible; Net::Shoutcast::Admin)";
    let reply = get(&mut world, "/admin.cgi?pass=lighthouse&mode=viewxml", agent);
    assert_eq!(reply.status_line(), "HTTP/1.0 200 OK");
    let at = |path: &str| texts(reply.body(), &format!("SHOUTCASTSERVER/{path}"));
    assert_eq!((at("SONGTITLE"), at("STREAMSTATUS")), (vec![song()], vec!["1".into()]));
    assert_eq!(at("SONGHISTORY/SONG/TITLE"), [3, 2, 1].map(|track| format!("{SONG} {track}")));
    let times: Vec<u64> = at("SONGHISTORY/SONG/PLAYEDAT").iter().filter_map(|at| at.parse().ok()).collect();
    assert!(times.len() == 3 && times.is_sorted_by(|a, b| a > b), "{times:?}");
    let mut addresses = at("LISTENERS/LISTENER/HOSTNAME");
    addresses.sort();
    assert_eq!(addresses, ["2001:db8::1", "203.0.113.9", "203.0.113.9"]);
    for name in ["USERAGENT", "UNDERRUNS", "CONNECTTIME", "UID"] {
        assert_eq!(at(&format!("LISTENERS/LISTENER/{name}")).len(), 3, "{name}");
    }
}

/// Cast reads the parts of the admin page in XML and in JSON, which must agree.
#[test]
fn cast_reads_the_parts_of_the_admin_page() {
    let mut world = radio();
    let page = |world: &mut World, mode: &str, number: u8| {
        ok(world, &format!("/admin.cgi?sid=1&mode={mode}&page={number}&pass=lighthouse"))
    };
    let json = |world: &mut World, number| {
        serde_json::from_str::<Value>(&page(world, "viewjson", number)).expect("JSON")
    };
    assert_eq!(page(&mut world, "viewxml", 1), ok(&mut world, "/stats?sid=1"));
    let stats: Value = serde_json::from_str(&ok(&mut world, "/stats?sid=1&json=1")).expect("JSON");
    assert_eq!(json(&mut world, 1), stats);
    for (number, row, keys) in [
        (3, "LISTENERS/LISTENER", &["hostname", "useragent", "connecttime", "uid"][..]),
        (4, "SONGHISTORY/SONG", &["playedat", "title"]),
    ] {
        let (xml, json) = (page(&mut world, "viewxml", number), json(&mut world, number));
        for key in keys {
            let listed: Vec<&str> =
                json.as_array().expect("a list").iter().filter_map(|it| it[key].as_str()).collect();
            let path = format!("SHOUTCASTSERVER/{row}/{}", key.to_uppercase());
            assert_eq!(
                (texts(&xml, &path), listed.len()),
                (listed.iter().map(|it| (*it).to_owned()).collect(), 3),
                "{key}"
            );
        }
    }
}
