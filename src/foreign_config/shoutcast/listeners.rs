//! How many listeners there may be, and what they get.

use super::super::draft::Place;
use super::super::rules::{Rule, Rules};
use super::super::translator::Translator;
use super::super::values;
use super::lines::ShoutcastLine;
use super::read_values::{flag, number, take_number};

pub(super) const RULES: Rules<ShoutcastLine> = &[
    (
        "maxuser",
        Rule::Take(|translator, line| {
            take_number(translator, line, Place::Server, "max_listeners", LISTENERS)
        }),
    ),
    ("autodumptime", Rule::Take(|translator, line| timeout(translator, line, Place::EveryMount))),
    ("autodumpsourcetime", Rule::Take(|translator, line| timeout(translator, line, Place::EveryMount))),
    ("autodumpusers", Rule::Take(|translator, line| dump_users(translator, line, Place::EveryStation))),
    (
        "metainterval",
        Rule::Take(|translator, line| take_number(translator, line, Place::EveryStation, "metaint", METAINT)),
    ),
    ("titleformat", Rule::Take(|translator, line| format_of(translator, line, "name"))),
    ("urlformat", Rule::Take(|translator, line| format_of(translator, line, "url"))),
    ("buffertype", Rule::Take(buffer_type)),
    ("adaptivebuffersize", Rule::Take(adaptive_buffer)),
    ("fixedbuffersize", Rule::Take(fixed_buffer)),
    ("listenertime", Rule::Take(|translator, line| listener_time(translator, line, Place::EveryMount))),
    ("listenertimer", Rule::Take(|translator, line| listener_time(translator, line, Place::EveryMount))),
    ("minbitrate", Rule::Take(|translator, line| bitrate(translator, line, Place::EveryMount, MIN))),
    ("maxbitrate", Rule::Take(|translator, line| bitrate(translator, line, Place::EveryMount, MAX))),
    ("bufferhardlimit", Rule::NoEffect("a listener has no buffer of its own: all of a stream share one")),
];

pub(super) const STREAM_RULES: Rules<ShoutcastLine> = &[
    ("streammaxuser", Rule::Take(stream_max_user)),
    ("streamautodumptime", Rule::Take(|translator, line| timeout(translator, line, translator.current))),
    (
        "streamautodumpsourcetime",
        Rule::Take(|translator, line| timeout(translator, line, translator.current)),
    ),
    ("streamautodumpusers", Rule::Take(|translator, line| dump_users(translator, line, translator.current))),
    (
        "streamlistenertime",
        Rule::Take(|translator, line| listener_time(translator, line, translator.current)),
    ),
    ("streamminbitrate", Rule::Take(|translator, line| bitrate(translator, line, translator.current, MIN))),
    ("streammaxbitrate", Rule::Take(|translator, line| bitrate(translator, line, translator.current, MAX))),
];

const MIN: &str = "min_source_bitrate";
const MAX: &str = "max_source_bitrate";

/// The longest time that a listener may be limited to, in seconds.
const DURATION_MAX: u64 = 2_592_000;

/// The range of bit rates in kbit/s.
const BITRATES: [u64; 2] = [1, 2000];

/// The range of a buffer in bytes.
const BUFFER_BYTES: [u64; 2] = [16_384, 67_108_864];

const LISTENERS: [u64; 2] = [1, 1_000_000];
const METAINT: [u64; 2] = [1, 1_048_576];

/// The longest time that a source may send nothing, in seconds.
const TIMEOUT_MAX: u64 = 3600;

/// The longest burst in seconds.
const BURST_MAX: u64 = 60;

/// Sets the limit of a stream. 0 is that of the server.
fn stream_max_user(translator: &mut Translator, line: &ShoutcastLine) {
    if line.setting.value.parse::<i64>().is_ok_and(|number| number < 0) {
        return translator.already_so(&line.setting, "the limit is that of the server");
    }
    match number(translator, line) {
        Some(0) => translator.already_so(&line.setting, "0 is the limit of the server"),
        Some(_) => take_number(translator, line, translator.current, "max_listeners", LISTENERS),
        None => {}
    }
}

fn timeout(translator: &mut Translator, line: &ShoutcastLine, place: Place) {
    match number(translator, line) {
        Some(0) => {
            let value = TIMEOUT_MAX.to_string();
            let how = "a source that sends nothing for an hour does not come back";
            translator.take_differently(place, "source_timeout_s", value, &line.setting, how);
        }
        Some(_) => take_number(translator, line, place, "source_timeout_s", [1, TIMEOUT_MAX]),
        None => {}
    }
}

fn dump_users(translator: &mut Translator, line: &ShoutcastLine, place: Place) {
    match flag(translator, line) {
        Some(true) => {
            let how = "listeners leave after ten seconds, so that a source can log in again";
            translator.take_differently(place, "max_silence_s", "10".to_owned(), &line.setting, how);
        }
        Some(false) => translator.take(place, "max_silence_s", "0".to_owned(), &line.setting),
        None => {}
    }
}

/// Sets a text that listeners get in place of that of the source, which is `%s`.
fn format_of(translator: &mut Translator, line: &ShoutcastLine, key: &'static str) {
    let value = line.setting.value.as_str();
    if value == "%s" {
        return translator
            .already_so(&line.setting, &format!("without {key}, a station has that of its source"));
    }
    match value.contains("%s") {
        true => translator.no_effect(&line.setting, "a text around that of the source is not added"),
        false => translator.take(Place::EveryStation, key, values::text(value), &line.setting),
    }
}

fn buffer_type(translator: &mut Translator, line: &ShoutcastLine) {
    let key = if line.setting.value == "0" { "fixedbuffersize" } else { "adaptivebuffersize" };
    translator.already_so(&line.setting, &format!("{key} applies"));
}

fn adaptive_buffer(translator: &mut Translator, line: &ShoutcastLine) {
    if line.other("buffertype").is_some_and(|kind| kind.value == "0") {
        return translator.no_effect(&line.setting, "buffertype is 0, so fixedbuffersize applies");
    }
    let Some(seconds) = number(translator, line) else { return };
    let burst = seconds.min(BURST_MAX);
    let how = "new listeners get as much at once; a listener may fall behind by buffer_s";
    translator.take_differently(
        Place::EveryMount,
        "burst_s",
        values::decimal(burst as f64),
        &line.setting,
        how,
    );
    // The buffer may not be shorter than the burst, which the default is not for 30 s.
    if burst > 30 {
        translator.put(Place::EveryMount, "buffer_s", values::decimal(burst as f64), &line.setting);
    }
}

/// In sc_serv, the buffer of a stream also decides what new listeners get.
fn fixed_buffer(translator: &mut Translator, line: &ShoutcastLine) {
    if line.other("buffertype").is_none_or(|kind| kind.value != "0") {
        return translator.no_effect(&line.setting, "buffertype is 1, so adaptivebuffersize applies");
    }
    let Some(bytes) = number(translator, line) else { return };
    let [min, max] = BUFFER_BYTES;
    let value = bytes.clamp(min, max).to_string();
    let how = "a listener may fall behind by as much; new listeners get five seconds at once";
    translator.take_differently(Place::EveryMount, "buffer_bytes", value, &line.setting, how);
}

/// Sets how long a listener may listen, which is in minutes here.
fn listener_time(translator: &mut Translator, line: &ShoutcastLine, place: Place) {
    match number(translator, line) {
        Some(0) => translator.already_so(&line.setting, "0 is no limit"),
        Some(minutes) => {
            let (key, seconds) = ("max_listener_duration_s", minutes.saturating_mul(60));
            translator.take_clamped(place, key, seconds, 1..=DURATION_MAX, &line.setting);
        }
        None => {}
    }
}

/// Sets a limit of bit rates, which is in bit/s here.
fn bitrate(translator: &mut Translator, line: &ShoutcastLine, place: Place, key: &'static str) {
    let [min, max] = BITRATES;
    match number(translator, line) {
        Some(0) => translator.already_so(&line.setting, "0 is no limit"),
        Some(bits) => {
            let kilobits = if key == MAX { bits.div_ceil(1000) } else { bits / 1000 };
            translator.take_clamped(place, key, kilobits, min..=max, &line.setting);
        }
        None => {}
    }
}
