//! Tests of the keys for renditions. A build without an encoder refuses all of them.

use super::{expect_errors, station};

/// Returns a configuration of one station with a rendition of these lines.
fn rendition(lines: &str) -> String {
    station(&format!("mount = '/live'\n[[station.rendition]]\n{lines}"))
}

/// Returns a configuration of one station with a rendition of these lines, its mount and its bit rate.
fn with(lines: &str) -> String {
    rendition(&format!("mount = '/low'\nbitrate = 64\n{lines}"))
}

#[test]
#[cfg(not(feature = "lame"))]
fn rendition_without_an_encoder_is_an_error() {
    let two = format!("{}[[station.rendition]]\nmount = '/b'\nbitrate = 32\n", with(""));
    let expected =
        "f:4: [[station]] rendition: this build has no encoder: build coldwave with the feature lame";
    expect_errors(&two, &[expected]);
}

#[cfg(feature = "lame")]
mod with_encoder {
    use std::time::Duration;

    use super::super::{check_range, expect_valid, read};
    use super::*;
    use crate::settings::DirectoryListing;
    use crate::settings::{
        FormatSettings, Process, RenditionSettings, Settings, StationCodec, StationSettings,
    };

    /// Returns the ids and the mounts of all stations in their order.
    fn ids(settings: &Settings) -> Vec<(u32, &str)> {
        settings.stations.iter().map(|station| (station.id, station.mount.as_str())).collect()
    }

    #[test]
    fn rendition_is_a_station_of_mp3_without_inputs() {
        let settings = expect_valid(&station(
            "id = 5\nmount = '/live'\nname = 'Harbour FM'\ndescription = 'Slow'\ngenre = 'Ambient'\n\
             url = 'https://x'\npublic = true\nlogo = 'https://x/logo.png'\nshuffle = true\n\
             format = { samplerate = 48000, bitrate = 192 }\nloudness = -16\nprocess = 'always'\n\
             metaint = 8000\nburst_s = 8\nbuffer_s = 60\ndelivery_interval_ms = 500\nicy_status_line = 'never'\n\
             max_listeners = 500\nsource_password = 'of my own'\nsource_timeout_s = 3\nmax_silence_s = 300\n\
             relay = 'http://radio.example/live'\nrecord = 'archive/%H'\n\
             [[station.rendition]]\nmount = '/low'\nbitrate = 48",
        ));
        let [parent, rendition] = &settings.stations[..] else { panic!("{settings:?}") };
        assert_eq!(ids(&settings), [(5, "/live"), (6, "/low")]);
        let expected = RenditionSettings { parent: "/live".into(), rate: 22_050, channels: 2, kbps: 48 };
        assert_eq!(rendition.rendition, Some(expected));
        assert_eq!(parent.rendition, None);
        assert_eq!(rendition.info(), parent.info());
        assert_eq!((&rendition.meta, rendition.is_name_default), (&parent.meta, false));
        let delivery = |it: &StationSettings| {
            (it.metaint, it.burst, it.buffer, it.delivery_interval, it.icy_status_line, it.max_listeners)
        };
        assert_eq!(delivery(rendition), delivery(parent));
        assert_eq!(rendition.sources.max_silence, Duration::from_secs(300));
        assert!(!rendition.sources.is_enabled() && parent.sources.is_enabled());
        assert!(rendition.music.is_empty() && rendition.relay.is_none() && rendition.record.is_none());
        assert_eq!((rendition.codec, rendition.process), (StationCodec::Mp3, Process::WhenNeeded));
        assert_eq!((rendition.format, rendition.loudness), (FormatSettings::default(), None));
        assert!(!rendition.shuffle && !rendition.has_explicit_id);
    }

    #[test]
    fn rendition_has_values_of_its_own() {
        let settings = expect_valid(&with(
            "id = 9\nsamplerate = 44100\nchannels = 1\nname = 'Low'\ndescription = 'For phones'\n\
             public = true\nmax_listeners = 10",
        ));
        let [parent, rendition] = &settings.stations[..] else { panic!("{settings:?}") };
        let expected = RenditionSettings { parent: "/live".into(), rate: 44_100, channels: 1, kbps: 64 };
        assert_eq!(
            (rendition.id, rendition.has_explicit_id, &rendition.rendition),
            (9, true, &Some(expected))
        );
        assert_eq!((rendition.name.as_str(), rendition.is_name_default), ("Low", false));
        assert_eq!(
            (rendition.description.as_str(), rendition.public),
            ("For phones", DirectoryListing::Always)
        );
        assert_eq!((rendition.max_listeners, parent.max_listeners), (Some(10), None));
        assert!(!parent.public.is_possible() && parent.is_name_default);
        let unnamed = expect_valid(&with(""));
        assert!(unnamed.stations[1].is_name_default, "a source names it, as its station");
        let named = expect_valid(&station("name = 'x'\nrendition = [{ mount = '/low', bitrate = 64 }]"));
        assert!(!named.stations[1].is_name_default);
        let private =
            station("public = true\nrendition = [{ mount = '/low', bitrate = 64, public = false }]");
        assert!(!expect_valid(&private).stations[1].public.is_possible());
    }

    #[test]
    fn format_suits_the_bit_rate_unless_it_is_given() {
        for (lines, expected) in [
            ("bitrate = 192", (44_100, 2, 192)),
            ("bitrate = 96", (44_100, 2, 96)),
            ("bitrate = 64", (24_000, 2, 64)),
            ("bitrate = 48", (22_050, 2, 48)),
            ("bitrate = 32", (22_050, 1, 32)),
            ("bitrate = 32\nchannels = 2", (16_000, 2, 32)),
            ("bitrate = 64\nchannels = 1", (44_100, 1, 64)),
            ("bitrate = 64\nsamplerate = 22050", (22_050, 2, 64)),
            ("bitrate = 8", (8_000, 1, 8)),
            ("bitrate = 320", (44_100, 2, 320)),
        ] {
            let settings = expect_valid(&rendition(&format!("mount = '/low'\n{lines}")));
            let found = settings.stations[1].rendition.as_ref().expect("a rendition");
            assert_eq!((found.rate, found.channels, found.kbps), expected, "{lines}");
        }
    }

    #[test]
    fn wrong_values_are_refused_with_what_would_be_right() {
        for (lines, expected) in [
            (
                "mount = '/low'",
                "f:4: [[station]] rendition bitrate: is required, in kbit/s, such as bitrate = 64",
            ),
            ("bitrate = 64", "f:4: [[station]] rendition mount: is required, such as mount = \"/live-64\""),
            ("mount = 'low'\nbitrate = 64", "f:5: [[station]] rendition mount: 'low' does not begin with /"),
            ("mount = '/7.html'\nbitrate = 64", "mount: '/7.html' is reserved for a page or a playlist"),
            ("mount = '/stream/2'\nbitrate = 64", "mount: '/stream/2' is reserved for stations by id"),
            (
                "mount = '/low'\nbitrate = 56",
                "f:6: [[station]] rendition bitrate: 56 is invalid, expected one of these bit rates in kbit/s: 8, ",
            ),
            ("mount = '/low'\nbitrate = 144", "bitrate: 144 is invalid, expected one of these bit rates"),
            (
                "mount = '/low'\nbitrate = 80\nsamplerate = 11025",
                "bitrate: 80 is not available at 11025 Hz, expected 8, 16, 24, 32, 40, 48 or 64",
            ),
            (
                "mount = '/low'\nbitrate = 24\nsamplerate = 44100",
                "bitrate: 24 is not available at 44100 Hz, expected 32, 40, ",
            ),
            (
                "mount = '/low'\nbitrate = 64\nsamplerate = 44000",
                "samplerate: 44000 is invalid, expected one of",
            ),
            (
                "mount = '/low'\nbitrate = 64\nchannels = 3",
                "channels: 3 is out of range, expected a whole number",
            ),
            ("mount = '/low'\nbitrate = 64\nname = ''", "name: '' is empty"),
            ("mount = '/low'\nbitrate = 64\npublic = 1", "public: 1 is invalid, expected true or false"),
            ("mount = '/low'\nkbps = 64\nbitrate = 64", "kbps: unknown key, did you mean \"bitrate\"?"),
            ("mont = '/low'\nmount = '/low'\nbitrate = 64", "mont: unknown key, did you mean \"mount\"?"),
            (
                "mount = '/low'\nbitrate = 64\ngenre = 'x'",
                "genre: unknown key here, it belongs below [[station]]",
            ),
            (
                "mount = '/low'\nbitrate = 64\nmusic = ['x']",
                "music: unknown key here, it belongs below [[station]]",
            ),
            (
                "mount = '/low'\nbitrate = 64\ncodec = 'aac'",
                "codec: unknown key here: a rendition is always MP3",
            ),
            (
                "mount = '/low'\nbitrate = 64\nformat = { channels = 1 }",
                "format: unknown key here, write its samplerate, channels and bitrate without it",
            ),
        ] {
            expect_errors(&rendition(lines), &[expected]);
        }
        for value in ["[]", "'/low'", "{ mount = '/low', bitrate = 64 }", "[64]"] {
            let expected = "rendition: expected a list such as [{ mount = \"/live-64\", bitrate = 64 }]";
            expect_errors(&station(&format!("rendition = {value}")), &[expected]);
        }
        check_range("max_listeners", 1, 1_000_000, with);
        check_range("id", 1, i32::MAX as u32, |line| {
            with(line).replacen("[[station]]", "[[station]]\nid = 3", 1)
        });
        let list = "renditions = [{ mount = '/low', bitrate = 64 }]";
        expect_errors(&station(list), &["renditions: unknown key, did you mean \"rendition\"?"]);
    }

    #[test]
    fn renditions_without_an_id_get_those_above_all_stations() {
        let table = "[[station.rendition]]\nbitrate = 64\nmount =";
        let settings = expect_valid(&format!(
            "{}{table} '/a-64'\n{table} '/a-32'\nid = 5\n{}{table} '/b-64'\n{}",
            station("mount = '/a'"),
            station("mount = '/b'"),
            station("mount = '/c'\nid = 4"),
        ));
        let expected = [(1, "/a"), (2, "/b"), (4, "/c"), (5, "/a-32"), (6, "/a-64"), (7, "/b-64")];
        assert_eq!(ids(&settings), expected);
        let parents: Vec<Option<&str>> = settings
            .stations
            .iter()
            .map(|station| station.rendition.as_ref().map(|rendition| rendition.parent.as_str()))
            .collect();
        assert_eq!(parents, [None, None, None, Some("/a"), Some("/a"), Some("/b")]);
        let highest = format!("id = {}\nmount = '/a'\n{table} '/b'", i32::MAX);
        let expected = "f:5: [[station]] rendition id: is required, because a station has the id 2147483647";
        expect_errors(&station(&highest), &[expected]);
        expect_valid(&station(&format!("{highest}\nid = 7")));
    }

    /// As for stations: only two ids that are given exclude each other.
    #[test]
    fn id_that_is_given_excludes_no_station_without_one() {
        let settings = expect_valid(&format!("{}{}", with("id = 1"), station("mount = '/b'")));
        assert_eq!(ids(&settings), [(1, "/low"), (2, "/b"), (3, "/live")]);
        let settings = expect_valid(&format!("{}{}", with(""), station("mount = '/b'\nid = 1")));
        assert_eq!(ids(&settings), [(1, "/b"), (2, "/live"), (3, "/low")]);
    }

    #[test]
    fn ids_and_mounts_are_unique_among_stations_and_renditions() {
        expect_errors(
            &with("id = 1").replacen("[[station]]\n", "[[station]]\nid = 1\n", 1),
            &["f:8: [[station]] rendition id: 1 is already the id of the station in line 2"],
        );
        expect_errors(
            &rendition("mount = '/live'\nbitrate = 64"),
            &["f:5: [[station]] rendition mount: \"/live\" is already the mount of the station in line 3"],
        );
        // A single station has this mount without naming it.
        expect_errors(
            &station("[[station.rendition]]\nmount = '/live'\nbitrate = 64"),
            &["f:4: [[station]] rendition mount: \"/live\" is already the mount of the station in line 1"],
        );
        let second = "[[station.rendition]]\nmount = '/low'\nbitrate = 32\nid = 7\n";
        expect_errors(
            &format!("{}{second}", with("id = 7")),
            &[
                "f:9: [[station]] rendition mount: \"/low\" is already the mount of the rendition in line 5",
                "f:11: [[station]] rendition id: 7 is already the id of the rendition in line 7",
            ],
        );
        expect_errors(
            &format!("{}{}", with("id = 2"), station("mount = '/low'\nid = 2")),
            &[
                "f:10: [[station]] mount: \"/low\" is already the mount of the rendition in line 5",
                "f:11: [[station]] id: 2 is already the id of the rendition in line 7",
            ],
        );
    }

    #[test]
    fn number_of_renditions_is_limited() {
        let table = |station: usize, number: usize| {
            format!("[[station.rendition]]\nmount = '/s{station}-{number}'\nbitrate = 64\n")
        };
        let all = |station: usize, count: usize| (0..count).map(|it| table(station, it)).collect::<String>();
        assert_eq!(expect_valid(&station(&all(0, 8))).stations.len(), 9);
        expect_errors(
            &station(&all(0, 9)),
            &["f:27: [[station]] rendition: expected at most 8 for each station"],
        );
        let many = |stations: usize| -> String {
            let one = |it: usize| station(&format!("mount = '/s{it}'\n{}", all(it, 8)));
            (0..stations).map(one).collect()
        };
        assert_eq!(expect_valid(&many(111)).stations.len(), 999);
        let last = station("mount = '/last'\n[[station.rendition]]\nmount = '/more'\nbitrate = 64");
        let expected = "[[station]] rendition: expected at most 1000 stations and renditions together";
        expect_errors(&(many(111) + &last), &[expected]);
    }

    #[test]
    fn bit_rate_above_that_of_the_station_gets_a_warning() {
        let warnings = |lines: &str| {
            let text = station(&format!("{lines}\nrendition = [{{ mount = '/x', bitrate = 160 }}]"));
            let (_, errors, warnings) = read(&text);
            assert!(errors.is_empty(), "{errors:?}");
            warnings
        };
        let expected = "rendition bitrate: 160 kbit/s is more than the 128 of the station: it costs bandwidth and \
                        cannot sound better";
        assert!(warnings("process = 'always'")[0].ends_with(expected), "128 is the default");
        assert!(warnings("process = 'always'\nformat = { bitrate = 128 }")[0].ends_with(expected));
        for lines in ["", "process = 'always'\nformat = { bitrate = 160 }", "format = { bitrate = 128 }"] {
            assert!(warnings(lines).is_empty(), "{lines}");
        }
    }

    #[test]
    fn rendition_with_the_lowest_id_gets_a_warning() {
        let (_, errors, warnings) =
            read(&station("id = 2\n[[station.rendition]]\nid = 1\nmount = '/low'\nbitrate = 64"));
        assert!(errors.is_empty(), "{errors:?}");
        let expected = "f:5: [[station]] rendition id: 1 is the lowest id, so players get this rendition, and not \
                        its station, at / and /stream";
        assert_eq!(warnings, [expected]);
        let (_, _, warnings) = read(&with("id = 3"));
        assert!(warnings.is_empty(), "{warnings:?}");
    }

    #[test]
    fn directory_lists_renditions_with_the_name_of_a_source() {
        let file = |station: &str, rendition: &str| {
            format!(
                "[server]\npublic_url = 'http://x'\n[directory]\nurl = 'http://x/yp'\n{}",
                super::station(&format!(
                    "mount = '/live'\n{station}\n[[station.rendition]]\nmount = '/low'\nbitrate = 64\n{rendition}"
                ))
            )
        };
        let warnings = |station: &str, rendition: &str| read(&file(station, rendition)).2;
        let unnamed = "f:4: [directory] url: will not list \"/low\", which sets no name";
        assert_eq!(warnings("", "public = true"), [unnamed]);
        assert!(warnings("", "public = true\nname = 'x'").is_empty());
        assert!(warnings("public = true\nsource_password = 'of my own'", "").is_empty());
        assert_eq!(warnings("public = true", "").len(), 2, "the station and its rendition have no name");
    }
}
