//! Tests of the command line: forms of options, and what is said about mistakes.

use std::path::Path;

use super::stations::named_after_music;
use super::*;
use crate::settings::{Listen, Settings};

fn parse_line(line: &str) -> Result<Command, StartupError> {
    let demo = || Err("/nowhere: no such directory".to_owned());
    let arguments = line.split_whitespace().map(OsString::from).collect();
    parse_args(OsStr::new("coldwave"), arguments, demo)
}

fn run(line: &str) -> Settings {
    match parse_line(line) {
        Ok(Command::Run(loaded, _)) => loaded.settings,
        other => panic!("{line}: {other:?}"),
    }
}

#[test]
fn options_are_parsed_in_every_form() {
    for line in ["--listen 127.0.0.1:9000 x", "--listen=127.0.0.1:9000 x", "-l 127.0.0.1:9000 x"] {
        assert_eq!(run(line).listen[0].address.to_string(), "127.0.0.1:9000", "{line}");
    }
    for line in ["-l 9000 x", "--listen=:9000 x"] {
        assert_eq!(run(line).listen, [Listen::new("[::]:9000".parse().expect("an address"))], "{line}");
    }
    let localhost: Vec<String> =
        run("-l localhost:9100 x").listen.iter().map(|listen| listen.address.to_string()).collect();
    assert_eq!(localhost, ["127.0.0.1:9100", "[::1]:9100"]);
    let two = run("-l 127.0.0.1:0 --listen=[::1]:0 --shuffle a.mp3 b.mp3");
    assert_eq!(two.listen.len(), 2);
    assert!(two.stations[0].shuffle);
    assert_eq!(two.stations[0].music, [Path::new("a.mp3"), Path::new("b.mp3")]);
    assert_eq!(run("-- --a=b.mp3 -h").stations[0].music, [Path::new("--a=b.mp3"), Path::new("-h")]);
}

#[test]
fn listens_on_all_addresses_by_default() {
    let listen = run("x").listen[0];
    assert_eq!(listen.address.to_string(), "[::]:8000");
    assert_eq!(listen.fallback.map(|address| address.to_string()).as_deref(), Some("0.0.0.0:8000"));
}

#[test]
fn help_and_version_are_printed() {
    for line in ["--help", "-h", "help"] {
        assert!(matches!(parse_line(line), Ok(Command::Print(text)) if text.contains("--listen")), "{line}");
    }
    let version = format!("coldwave {}\n", env!("CARGO_PKG_VERSION"));
    for line in ["--version", "-V"] {
        assert!(matches!(parse_line(line), Ok(Command::Print(text)) if text == version), "{line}");
    }
}

#[test]
fn arguments_of_other_servers_name_the_configuration() {
    for line in ["icecast -c /no/such/file", "icecast2 -c /no/such/file", "sc_serv /no/such/file"] {
        let StartupError(sentences) = parse_line(line).expect_err(line);
        assert_eq!(sentences, ["/no/such/file: no such file"], "{line}");
    }
}

#[test]
fn another_process_reads_the_configuration_in_the_background() {
    for (line, expected) in [
        ("icecast -b -c /no/such/file", "icecast -c /no/such/file"),
        ("icecast -c /no/such/file -b", "icecast -c /no/such/file"),
        ("sc_serv daemon /no/such/file", "sc_serv /no/such/file"),
    ] {
        let Ok(Command::StartInBackground(arguments)) = parse_line(line) else { panic!("{line}") };
        assert_eq!(arguments.join(OsStr::new(" ")), expected, "{line}");
    }
}

#[test]
fn file_that_does_not_show_its_format_has_that_of_the_name_of_the_program() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("a file");
        path.to_str().expect("UTF-8").to_owned()
    };
    let short = write("short.conf", "password=a long swim\nlogfile=a.log\n");
    assert_eq!(run(&format!("sc_serv {short}")).stations[0].mount, "/stream1");
    let comment = format!("<!-- portbase=8000\n{} -->\n", "x".repeat(70_000));
    let xml = "<icecast><source-password>a long swim</source-password></icecast>";
    let late = write("late.xml", &(comment + xml));
    assert!(run(&format!("icecast -c {late}")).unlisted.is_some());
    let capital = write("capital.xml", "<Icecast></Icecast>");
    let StartupError(errors) = parse_line(&format!("icecast -c {capital}")).expect_err("another element");
    assert_eq!(errors, [format!("{capital}:1: <Icecast>: expected <icecast>")]);
    // A file that was converted can have the old name of the program.
    let own = write("own.toml", "[[station]]\nsource_password = \"a long swim\"\n");
    for line in [format!("icecast -c {own}"), format!("sc_serv {own}")] {
        assert_eq!(run(&line).stations[0].mount, "/live", "{line}");
    }
}

#[test]
fn invalid_arguments_give_one_sentence() {
    for (line, expected) in [
        ("icecast -c", "-c has no file"),
        ("sc_serv --loud", "sc_serv FILE"),
        ("", "coldwave ~/Music"),
        ("--listen", "--listen"),
        ("--listen nowhere x", "nowhere"),
        ("--listen nowhere:0x x", "--listen \"nowhere:0x\" has no port"),
        ("--check --against 8000", "give it with -c FILE, or give the music that the server plays"),
        ("--listen 8000 --listen 8000 x", "--listen [::]:8000 is covered by --listen [::]:8000"),
        ("-l 8000 -l localhost:8000 x", "--listen 127.0.0.1:8000 is covered by --listen [::]:8000"),
        ("--loud x", "--loud; see coldwave --help"),
        ("--shufle x", "--shufle, did you mean --shuffle? See coldwave --help"),
        ("--listne 8000 x", "did you mean --listen?"),
        ("-p 9000 x", "did you mean --listen?"),
        ("-config x", "did you mean --config?"),
        ("--shuffle=true x", "--shuffle takes no value"),
        ("--config", "--config"),
        ("--config a --config b", "duplicate"),
        (
            "--config a b.mp3",
            "combined with music on the command line: leave out one of them, or write music = [\"b.mp3\"]",
        ),
        ("-c a --shuffle", "or write shuffle = true into"),
        ("http://radio.example/live", "use coldwave relay http://radio.example/live"),
        ("https://radio.example/live", "use coldwave relay https://radio.example/live"),
        ("Cargo.toml", "Cargo.toml is a configuration file of coldwave, not music: use -c Cargo.toml"),
        ("relay", "relay takes one address"),
        ("relay http://a/ http://b/", "relay takes one address"),
        ("relay radio.example", "begins with http://"),
        ("relay icy://radio.example/", "begins with http:// or https://"),
        ("--shuffle relay http://a/", "--shuffle is for music"),
        ("-c a relay http://a/", "combined with a relay"),
    ] {
        let StartupError(sentences) = parse_line(line).expect_err(line);
        let [sentence] = sentences.as_slice() else { panic!("{line}: {sentences:?}") };
        assert!(sentence.contains(expected) && !sentence.contains('\n'), "{line}: {sentence}");
        assert!(sentence.starts_with("coldwave: "), "{line}: {sentence}");
    }
}

#[test]
fn relay_is_a_station_without_music() {
    for line in [
        "relay http://radio.example/live",
        "-l 9000 relay http://radio.example/live",
        "relay -l 9000 http://radio.example/live",
        "relay http://radio.example/live --listen=9000",
    ] {
        let [station] = &run(line).stations[..] else { panic!("{line}") };
        let relay = station.relay.as_ref().unwrap_or_else(|| panic!("{line}"));
        assert_eq!((relay.url.to_string().as_str(), relay.on_demand), ("http://radio.example/live", false));
        assert!(station.music.is_empty() && station.is_name_default, "{line}");
    }
    for line in ["./relay", "-- relay", "a.mp3 relay", "--shuffle -- relay"] {
        assert!(run(line).stations[0].relay.is_none(), "{line}");
    }
}

#[test]
fn check_loads_what_would_run() {
    let Ok(Command::Check(loaded, _)) = parse_line("--check --shuffle -l 127.0.0.1:1 x") else { panic!() };
    assert!(loaded.settings.stations[0].shuffle);
    assert_eq!(loaded.settings.listen, [Listen::new("127.0.0.1:1".parse().unwrap())]);
}

#[test]
fn station_is_named_after_its_music() {
    assert_eq!(run("Music/Night.m3u").stations[0].name, "Night");
    assert_eq!(run("a.mp3 b.mp3").stations[0].name, "coldwave");
    assert_eq!(run("/").stations[0].name, "coldwave");
    let folder = tempfile::tempdir().expect("a folder");
    let volume = folder.path().join("Vol. 2");
    std::fs::create_dir(&volume).expect("a folder");
    assert_eq!(named_after_music(vec![volume]).name, "Vol. 2");
}
