//! `listen` and `source_listen`, and single values instead of lists.

use super::{expect_errors, expect_valid, folder, station};

#[test]
fn listen_addresses_are_checked() {
    let server = |list: &str| format!("[server]\nlisten = {list}\n{}", station(""));
    let settings =
        expect_valid(&server("[\"127.0.0.1:8000\", \"[::1]:8000\", \"127.0.0.1:0\", \"127.0.0.1:0\"]"));
    assert_eq!(settings.listen.len(), 4);
    assert_eq!(settings.listen[0].fallback, None);
    let everywhere = expect_valid(&server("[\"[::]:80\"]")).listen[0];
    assert_eq!(everywhere.fallback, Some("0.0.0.0:80".parse().unwrap()));
    for list in ["[]", "[\"nowhere\"]", "-1", "80000", "8000.5", "true", "[\"::1:8000:x\"]", "[[8000]]"] {
        expect_errors(&server(list), &["listen: "]);
        expect_errors(
            &server(list),
            &["expected a port or a list of addresses with ports, such as 8000, [\"[::]:8000\"]"],
        );
    }
    for list in [
        "[\"1.2.3.4:5\", \"1.2.3.4:5\"]",
        "[\"[::]:80\", \"0.0.0.0:80\"]",
        "[\"1.2.3.4:80\", \"[::]:80\"]",
        "[\"1.2.3.4:80\", \"0.0.0.0:80\"]",
    ] {
        expect_errors(&server(list), &["in the same list"]);
    }
    let many: Vec<String> = (1..=65).map(|port| format!("\"127.0.0.1:{port}\"")).collect();
    expect_errors(&server(&format!("[{}]", many.join(","))), &["has more than 64 addresses"]);
}

#[test]
fn single_values_count_as_lists_of_one() {
    let server = |listen: &str| format!("[server]\nlisten = {listen}\n{}", station(""));
    for (value, expected) in [
        ("9100", "[::]:9100"),
        ("0x1F40", "[::]:8000"),
        ("\"9100\"", "[::]:9100"),
        ("\":9100\"", "[::]:9100"),
        ("[9100, \"[::1]:9200\"]", "[::]:9100 [::1]:9200"),
        ("\"localhost:9100\"", "127.0.0.1:9100 [::1]:9100"),
        ("\"127.0.0.1\"", "127.0.0.1:8000"),
    ] {
        let listen = expect_valid(&server(value)).listen;
        let listen: Vec<String> = listen.iter().map(|listen| listen.address.to_string()).collect();
        assert_eq!(listen.join(" "), expected, "{value}");
    }
    let ports = expect_valid(&server("8000\nsource_listen = 9001")).source_listen.expect("ports");
    assert_eq!(ports.len(), 1);
    let settings = expect_valid("[[station]]\nmusic = \"station/\"\nlanguage_codes = \"de\"\n");
    assert_eq!(settings.stations[0].music, [folder().join("station/")]);
    let proxies = expect_valid(&server("8000\ntrusted_proxies = '127.0.0.1'")).trusted_proxies;
    assert_eq!(proxies.networks().len(), 1);
}

fn with_listen(listen: &str) -> String {
    format!("[server]\nlisten = {listen}\n[[station]]\nsource_password = 'a long swim'\n")
}

#[test]
fn ports_of_sources_can_have_mounts() {
    let list = "[{ address = '127.0.0.1:8001', mount = '/live' }, 8011]";
    let settings = expect_valid(&with_listen(&format!("8000\nsource_listen = {list}")));
    assert_eq!(settings.source_mounts, [("127.0.0.1:8001".parse().expect("an address"), "/live".to_owned())]);
    assert_eq!(settings.source_listen.map(|ports| ports.len()), Some(2));
    let with_mount = |mount: &str| {
        with_listen(&format!("8000\nsource_listen = [{{ address = 8001, mount = '{mount}' }}]"))
    };
    expect_errors(&with_mount("live"), &["[server] source_listen mount: 'live'"]);
    expect_errors(&with_listen("[{ address = 8001, mount = '/live' }]"), &["[server] listen mount: "]);
}
