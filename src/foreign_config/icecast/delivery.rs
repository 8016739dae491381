//! What listeners get, and what sources may send: the burst, the queue, times and rates.

use std::ops::RangeInclusive;

use super::super::amount::Amount;
use super::super::draft::Place;
use super::super::setting::Setting;
use super::super::translator::Translator;
use super::super::xml::Element;

/// The range of `burst_bytes`.
const BURST: RangeInclusive<u64> = 0..=4_194_304;

/// The range of `buffer_bytes`.
const QUEUE: RangeInclusive<u64> = 16_384..=67_108_864;

/// The range of `max_listener_duration_s`.
const LISTENER_DURATION: RangeInclusive<u64> = 1..=2_592_000;

/// The range of `metaint`.
const METAINT: RangeInclusive<u64> = 1..=1_048_576;

/// The maximum of `max_source_bitrate`.
const BITRATE_MAX: u64 = 2000;

/// The bytes of a second at 128 kbit/s.
const COMMON_BYTES_PER_SECOND: u64 = 16_000;

/// Icecast's defaults of `burst-size` and `queue-size`, in bytes.
const DEFAULTS: [(&str, &str); 2] = [("burst_bytes", "65536"), ("buffer_bytes", "512000")];

/// `<burst-on-connect>` of `<limits>`. As in Icecast, the last of it and `<burst-size>` counts.
pub(super) fn burst_on_connect(translator: &mut Translator, element: &Element) {
    match translator.flag(&element.setting) {
        Some(true) => translator.already_so(&element.setting, "a new listener gets <burst-size> at once"),
        Some(false) => {
            translator.take(Place::EveryMount, "burst_bytes", "0".to_owned(), &element.setting);
        }
        None => {}
    }
}

/// `<burst-size>` of all mounts.
pub(super) fn burst_size(translator: &mut Translator, element: &Element) {
    take_burst(translator, Place::EveryMount, element);
}

/// `<queue-size>` of all mounts.
pub(super) fn queue_size(translator: &mut Translator, element: &Element) {
    take_queue(translator, Place::EveryMount, element);
}

/// `<burst-size>` of a mount.
pub(super) fn mount_burst_size(translator: &mut Translator, element: &Element) {
    take_burst(translator, translator.current, element);
}

/// `<queue-size>` of a mount.
pub(super) fn mount_queue_size(translator: &mut Translator, element: &Element) {
    take_queue(translator, translator.current, element);
}

/// `<max-listener-duration>`, in seconds; 0 for no limit.
pub(super) fn max_listener_duration(translator: &mut Translator, element: &Element) {
    let unlimited = "listeners may stay as long as they like";
    let place = translator.current;
    match translator.limit(&element.setting, unlimited) {
        Some(0) => translator.already_so(&element.setting, unlimited),
        Some(seconds) => {
            let key = "max_listener_duration_s";
            translator.take_clamped(place, key, seconds, LISTENER_DURATION, &element.setting);
        }
        None => {}
    }
}

/// `<mp3-metadata-interval>`, in bytes.
pub(super) fn metadata_interval(translator: &mut Translator, element: &Element) {
    let place = translator.current;
    match translator.limit(&element.setting, "metaint is 16000") {
        Some(0) => translator.already_so(&element.setting, "metaint is 16000"),
        Some(bytes) => translator.take_clamped(place, "metaint", bytes, METAINT, &element.setting),
        None => {}
    }
}

/// `<limit-rate>` of the KH branch, in bit/s: a source that sends more is slowed down there.
pub(super) fn limit_rate(translator: &mut Translator, element: &Element) {
    let setting = &element.setting;
    if setting.value == "0" || is_negative(setting) {
        return translator.already_so(setting, "sources may have any bit rate");
    }
    let Some(bits) = bit_rate(&setting.value) else {
        return translator.invalid(setting, "a number of bit/s, such as 133000 or 133k");
    };
    let kbps = bits.div_ceil(1000).clamp(1, BITRATE_MAX);
    let how = "in kbit/s, of the audio; a source that announces more is refused, and one that sends more is \
               disconnected after ten seconds; Icecast slows it down";
    let (place, value) = (translator.current, kbps.to_string());
    translator.take_differently(place, "max_source_bitrate", value, setting, how);
}

/// Returns a rate in bit/s. Its units are thousands, unlike those of sizes: `133k`, `1M`.
fn bit_rate(text: &str) -> Option<u64> {
    let digits = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().ok()?;
    match unit.trim() {
        "" => Some(number),
        "k" | "K" => Some(number.saturating_mul(1000)),
        "m" | "M" => Some(number.saturating_mul(1_000_000)),
        _ => None,
    }
}

fn is_negative(setting: &Setting) -> bool {
    setting.value.parse::<i64>().is_ok_and(|number| number < 0)
}

/// Sets what Icecast does if its file does not say otherwise.
pub(super) fn defaults(translator: &mut Translator) {
    for (key, value) in DEFAULTS {
        translator.default(Place::EveryMount, key, value.to_owned());
    }
}

fn take_burst(translator: &mut Translator, place: Place, element: &Element) {
    take_size(translator, place, &element.setting, ("burst_bytes", BURST));
}

fn take_queue(translator: &mut Translator, place: Place, element: &Element) {
    take_size(translator, place, &element.setting, ("buffer_bytes", QUEUE));
}

fn take_size(
    translator: &mut Translator,
    place: Place,
    setting: &Setting,
    (key, range): (&'static str, RangeInclusive<u64>),
) {
    if is_negative(setting) {
        return translator.already_so(setting, "the size is that of the server");
    }
    let Some(amount) = translator.amount(setting) else { return };
    let used = |bytes: u64| bytes.clamp(*range.start(), *range.end());
    let how = match amount {
        Amount::Seconds(seconds) => {
            let bytes = used(seconds.min(600) * COMMON_BYTES_PER_SECOND);
            (bytes, "so many seconds of audio at 128 kbit/s".to_owned())
        }
        Amount::Bytes(bytes) if used(bytes) == bytes => (bytes, String::new()),
        Amount::Bytes(bytes) if bytes > used(bytes) => (used(bytes), "this is the most".to_owned()),
        Amount::Bytes(bytes) => (used(bytes), "this is the least".to_owned()),
    };
    match how {
        (bytes, how) if how.is_empty() => translator.take(place, key, bytes.to_string(), setting),
        (bytes, how) => translator.take_differently(place, key, bytes.to_string(), setting, &how),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::icecast;

    fn document(inner: &str) -> (String, Vec<String>) {
        let password = "<authentication><source-password>rosebud</source-password></authentication>";
        let translation = icecast(&format!("{inner}{password}<mount><mount-name>/a</mount-name></mount>"));
        let findings = translation.findings.iter().map(ToString::to_string).collect();
        (translation.document.text, findings)
    }

    #[test]
    fn sizes_have_units_and_limits() {
        for (element, line, finding) in [
            (
                "<burst-size>65535</burst-size>",
                "burst_bytes = 65535",
                "taken: all mounts: burst_bytes = 65535",
            ),
            ("<burst-size>64k</burst-size>", "burst_bytes = 65536", "taken: "),
            ("<queue-size>1M</queue-size>", "buffer_bytes = 1048576", "taken: "),
            ("<queue-size>10s</queue-size>", "buffer_bytes = 160000", "so many seconds of audio"),
            ("<queue-size>1000</queue-size>", "buffer_bytes = 16384", "this is the least"),
            ("<burst-size>99999999</burst-size>", "burst_bytes = 4194304", "this is the most"),
            ("<burst-on-connect>0</burst-on-connect>", "burst_bytes = 0", "taken: "),
            ("<burst-on-connect>1</burst-on-connect>", "burst_bytes = 65536", "taken: "),
            ("<clients>5</clients>", "buffer_bytes = 512000", "taken: "),
            (
                "<burst-on-connect>0</burst-on-connect><burst-size>70000</burst-size>",
                "burst_bytes = 70000",
                "taken: ",
            ),
        ] {
            let (text, findings) = document(&format!("<limits>{element}</limits>"));
            let count = text.lines().filter(|found| found.split(" #").next() == Some(line)).count();
            assert_eq!(count, 2, "of /a and of [unlisted]: {element}: {text}");
            assert!(findings[0].contains(finding), "{element}: {findings:?}");
        }
    }
}
