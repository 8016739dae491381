//! Tests of the configuration of a container.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::*;

/// A container's folders, with a station's music in place of the demo.
struct Container {
    root: tempfile::TempDir,
}

impl Container {
    fn new() -> Self {
        let container = Self { root: tempfile::tempdir().expect("a folder") };
        for folder in ["config", "music", "state", "demo"] {
            fs::create_dir(container.path(folder)).expect("a folder");
        }
        container
    }

    fn path(&self, below: &str) -> PathBuf {
        self.root.path().join(below)
    }

    fn load(&self, variables: &[(&str, &str)]) -> Result<LoadedConfig, Errors> {
        let all = variables.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
        load(&Environment::new(all), &ContainerFolders::below(self.root.path()), &|| Ok(self.path("demo")))
    }

    fn errors(&self, variables: &[(&str, &str)]) -> Errors {
        self.load(variables).expect_err("an error")
    }
}

#[test]
fn container_without_variables_plays_the_demo_with_passwords_of_its_own() {
    let container = Container::new();
    let first = container.load(&[]).expect("a configuration").settings;
    assert_eq!(first.stations[0].music, [container.path("demo")]);
    assert_eq!(first.state_dir, Some(container.path("state")));
    let admin = container.path("state/admin_password");
    let mode = fs::metadata(&admin).expect("a file").permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    let text = fs::read_to_string(&admin).expect("a file");
    assert_eq!(text.trim_end().len(), 20);
    assert_ne!(text, fs::read_to_string(container.path("state/source_password")).expect("a file"));
    let second = container.load(&[]).expect("a configuration").settings;
    assert!(first.admin.password == second.admin.password, "a restart keeps the password");
    assert!(first.stations[0].sources.account.password.is_some());
}

#[test]
fn variables_of_icecast_images_are_taken() {
    let container = Container::new();
    fs::write(container.path("admin"), "correct horse\n").expect("a file");
    let file = container.path("admin").display().to_string();
    let loaded = container.load(&[
        ("ICECAST_SOURCE_PASSWORD", "battery \"staple\""),
        ("ICECAST_ADMIN_PASSWORD_FILE", &file),
        ("ICECAST_ADMIN_USERNAME", "nina"),
        ("ICECAST_ADMIN_EMAIL", "nina@radio.example"),
        ("ICECAST_LOCATION", "Harbour"),
        ("ICECAST_HOSTNAME", "https://radio.example"),
        ("ICECAST_MAX_CLIENTS", "50"),
        ("ICECAST_MAX_SOURCES", "2"),
        ("COLDWAVE_NAME", "Harbour FM"),
        ("COLDWAVE_MOUNT", "/harbour"),
        ("PATH", "/bin"),
    ]);
    let LoadedConfig { settings, warnings, .. } = loaded.expect("a configuration");
    assert_eq!(warnings, [""; 0]);
    assert_eq!((settings.max_listeners, settings.max_sources), (Some(50), Some(2)));
    assert_eq!((settings.admin.user.as_str(), settings.info.location.as_str()), ("nina", "Harbour"));
    assert_eq!(settings.public_url.as_deref(), Some("https://radio.example"));
    let station = &settings.stations[0];
    assert_eq!((station.mount.as_str(), station.name.as_str()), ("/harbour", "Harbour FM"));
    assert!(station.music.is_empty(), "an encoder plays, not the demo");
    assert!(settings.unlisted.is_some(), "an encoder may use another mount, as with Icecast");
    assert!(!container.path("state/admin_password").exists());
}

#[test]
fn music_of_the_container_is_played() {
    let container = Container::new();
    fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/mp3/cbr.mp3"), container.path("music/a.mp3"))
        .expect("a file");
    let settings =
        container.load(&[("ICECAST_SOURCE_PASSWORD", "battery staple")]).expect("a configuration").settings;
    assert_eq!(settings.stations[0].music, [container.path("music")]);
}

#[test]
fn errors_name_the_variable() {
    let container = Container::new();
    for (variables, expected) in [
        (
            &[("ICECAST_ADMIN_PASSWORD", "hackme")][..],
            "ICECAST_ADMIN_PASSWORD: [server] admin_password: is a well-known",
        ),
        (
            &[("ICECAST_SOURCE_PASSWORD", "hackme")],
            "ICECAST_SOURCE_PASSWORD: [[station]] source_password: is a well-known",
        ),
        (&[("ICECAST_MAX_CLIENTS", "many")], "ICECAST_MAX_CLIENTS: [server] max_listeners: "),
        (
            &[("ICECAST_ADMIN_PASSWORD_FILE", "/no/such/file")],
            "ICECAST_ADMIN_PASSWORD_FILE: /no/such/file: no such file",
        ),
        (
            &[("ICECAST_ADMIN_PASSWORD", "a b"), ("ICECAST_ADMIN_PASSWORD_FILE", "/x")],
            "ICECAST_ADMIN_PASSWORD and ICECAST_ADMIN_PASSWORD_FILE are both set",
        ),
        (&[("COLDWAVE_MOUNT", "live")], "COLDWAVE_MOUNT: [[station]] mount: "),
    ] {
        let errors = container.errors(variables);
        assert!(errors[0].contains(expected), "{variables:?}: {errors:?}");
        assert!(errors.iter().all(|error| !error.contains("hackme")), "{errors:?}");
    }
    let made = fs::read_dir(container.path("state")).expect("a folder").count();
    assert_eq!(made, 0, "a start that fails makes no password, which it would show");
}

#[test]
fn variables_without_effect_are_reported() {
    let container = Container::new();
    let loaded = container.load(&[
        ("ICECAST_RELAY_PASSWORD", "x"),
        ("ICECAST_HOSTNAME", "radio.example"),
        ("ICECAST_ADMIN_PASSWRD", "x"),
        ("ICECAST_ADMIN_PASSWORD", ""),
    ]);
    let warnings = loaded.expect("a configuration").warnings;
    let [misspelt, host, relay] = &warnings[..] else { panic!("{warnings:?}") };
    assert_eq!(misspelt, "ICECAST_ADMIN_PASSWRD has no effect, did you mean ICECAST_ADMIN_PASSWORD?");
    assert!(
        host.starts_with("ICECAST_HOSTNAME has no effect") && relay.starts_with("ICECAST_RELAY_PASSWORD")
    );
}

#[test]
fn only_a_similar_variable_with_an_effect_is_suggested() {
    let container = Container::new();
    for (name, suggested) in [
        ("ICECAST_PASSWORD", Some("ICECAST_SOURCE_PASSWORD or ICECAST_ADMIN_PASSWORD")),
        ("ICECAST_RELAY_PASWORD", None),
        ("ICECAST_SOURCE_PASWORD_FILE", Some("ICECAST_SOURCE_PASSWORD_FILE")),
        ("COLDWAVE_SOURCE_PASSWORD", Some("ICECAST_SOURCE_PASSWORD")),
        ("ICECAST_ADMIN", Some("ICECAST_ADMIN_PASSWORD")),
        ("ICECAST_ADMIN_USER", Some("ICECAST_ADMIN_USERNAME")),
        ("ICECAST_MAX_CLIENT", Some("ICECAST_MAX_CLIENTS")),
        ("ICECAST_MOUNT", Some("COLDWAVE_MOUNT")),
        ("COLDWAVE_NAME_FILE", Some("COLDWAVE_NAME")),
        ("ICECAST_BURST_SIZE", None),
        ("ICECAST_VERSION", None),
        ("ICECAST_PORT", None),
        ("ICECAST_SERVICE_HOST", None),
        ("COLDWAVE_PORT_8000_TCP_ADDR", None),
    ] {
        let warnings = container.load(&[(name, "x")]).expect("a configuration").warnings;
        let expected = suggested.map(|meant| format!("{name} has no effect, did you mean {meant}?"));
        assert_eq!(warnings, expected.into_iter().collect::<Vec<_>>(), "{name}");
    }
}

#[test]
fn configuration_file_leaves_variables_without_effect() {
    let container = Container::new();
    let folders = ContainerFolders::below(container.root.path());
    assert_eq!(folders.config_file(), None);
    fs::write(container.path("config/icecast.xml"), "<icecast/>").expect("a file");
    let file = folders.config_file().expect("a file");
    assert_eq!(file, container.path("config/icecast.xml"));
    let environment =
        Environment::new([("ICECAST_MAX_CLIENTS".into(), "1".into()), ("HOME".into(), "/".into())]);
    let [line] = &environment.without_effect(&file)[..] else { panic!() };
    assert!(
        line.starts_with("ICECAST_MAX_CLIENTS has no effect: ")
            && line.ends_with("/icecast.xml is the configuration")
    );
}

#[test]
fn folders_that_cannot_be_read_are_not_taken_for_empty() {
    let container = Container::new();
    for folder in ["config", "music"] {
        fs::remove_dir(container.path(folder)).expect("a folder");
        fs::write(container.path(folder), "a file").expect("a file");
    }
    let folders = ContainerFolders::below(container.root.path());
    assert_eq!(folders.config_file(), Some(container.path("config/coldwave.toml")));
    let settings = container.load(&[]).expect("a configuration").settings;
    assert_eq!(settings.stations[0].music, [container.path("music")], "not the demo");
}

#[test]
fn without_a_folder_for_the_state_the_admin_page_is_off() {
    let container = Container::new();
    fs::remove_dir(container.path("state")).expect("a folder");
    let settings = container.load(&[]).expect("a configuration").settings;
    assert!(settings.admin.password.is_none() && settings.state_dir.is_none());
    assert!(settings.unlisted.is_none());
}
