//! Tests: recorded connections of encoders in fixtures/sources/, and the results of parsing them.
//!
//! `COLDWAVE_RECORD=1 cargo test http::source::encoders` records the expected results again; read the
//! difference before you commit it.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use super::chunked::ChunkedDecoder;
use super::head::SourceInfo;
use super::login::{IcyHead, LineInterpretation, find_icy_head};
use crate::http::admin::{AdminAction, AdminRequest};
use crate::http::incoming::{Incoming, parse};
use crate::http::request::form::FormData;
use crate::http::request::station_ref::StationRef;
use crate::http::request::{Method, Request};
use crate::router::testing::{RouteKind, route_kind_with};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/sources")
}

fn recorded() -> Vec<PathBuf> {
    let entries = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> =
        entries.filter(|path| path.extension().is_some_and(|it| it == "source")).collect();
    paths.sort_by_key(|path| path.file_stem().map(ToOwned::to_owned));
    paths
}

#[test]
fn recordings_are_parsed_as_expected() {
    for path in recorded() {
        let description = describe(&fs::read(&path).unwrap());
        let expected = path.with_extension("txt");
        if std::env::var_os("COLDWAVE_RECORD").is_some() {
            fs::write(&expected, &description).unwrap();
        }
        assert_eq!(description, fs::read_to_string(&expected).unwrap_or_default(), "{}", path.display());
    }
}

/// The README lists exactly the recordings that exist.
#[test]
fn readme_lists_every_recording() {
    let readme = fs::read_to_string(folder().join("README.md")).unwrap();
    let listed = readme.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let mut listed: Vec<_> = listed.collect();
    listed.sort_unstable();
    let recorded = recorded();
    let recorded: Vec<_> = recorded.iter().map(|path| path.file_stem().unwrap().to_str().unwrap()).collect();
    assert_eq!(listed, recorded);
}

/// Returns everything parsed from one connection as text, passwords included.
fn describe(bytes: &[u8]) -> String {
    let mut out = String::new();
    match parse(bytes) {
        Incoming::Password { line, consumed } => {
            line.interpretations().for_each(|login| out += &candidate_line(login));
            describe_icy_head(&bytes[consumed..], &mut out);
        }
        Incoming::Audiocast { login, consumed } => {
            writeln!(out, "xaudiocast, mount {}, password {:?}", login.mount, login.password).unwrap();
            describe_info(&login.info, &mut out);
            describe_audio(&bytes[consumed..], &mut out);
        }
        Incoming::Poke { .. } => out += "a poke\n",
        Incoming::Request { request, consumed } => describe_request(&request, &bytes[consumed..], &mut out),
        Incoming::Incomplete => out += "not whole\n",
        Incoming::Refused(refusal) => writeln!(out, "refused: {refusal}").unwrap(),
    }
    out
}

fn candidate_line(LineInterpretation { station, user, password }: LineInterpretation<'_>) -> String {
    format!("maybe {}, user {:?}, password {password:?}\n", station_label(&station), user.unwrap_or_default())
}

fn station_label(station: &StationRef) -> String {
    match station {
        StationRef::Default => "the first station".into(),
        StationRef::Id(sid) => format!("station {sid}"),
        StationRef::Mount(mount) => mount.clone(),
    }
}

fn describe_icy_head(rest: &[u8], out: &mut String) {
    let IcyHead::Complete(end) = find_icy_head(rest, 0) else { panic!("the head has no end") };
    describe_info(&SourceInfo::from_lines(&rest[..end]), out);
    describe_audio(&rest[end..], out);
}

fn describe_info(info: &SourceInfo, out: &mut String) {
    let SourceInfo {
        name, genre, description, url, content_type, user_agent, public, bitrate, metaint, ..
    } = info;
    let audio = &info.audio_info;
    let texts = [("name", name), ("genre", genre), ("description", description), ("url", url)];
    let texts = texts.into_iter().chain([("program", user_agent), ("type", content_type)]);
    texts.for_each(|(what, text)| push_line(out, what, text.as_deref()));
    push_line(out, "public", *public);
    let numbers = [("bit rate", bitrate), ("interval", metaint), ("of the audio: bit rate", &audio.bitrate)];
    let numbers = numbers.into_iter().chain([("rate", &audio.samplerate), ("channels", &audio.channels)]);
    numbers.for_each(|(what, number)| push_line(out, what, *number));
    writeln!(out, "codec: {:?}", info.codec()).unwrap();
}

fn push_line(out: &mut String, what: &str, value: Option<impl std::fmt::Display>) {
    if let Some(value) = value {
        writeln!(out, "{what}: {value}").unwrap();
    }
}

fn describe_audio(audio: &[u8], out: &mut String) {
    writeln!(out, "audio: {}", audio.escape_ascii()).unwrap();
}

fn describe_request(request: &Request, rest: &[u8], out: &mut String) {
    let route = route_kind_with(request, &[(1, "/live"), (2, "/jazz")]);
    writeln!(out, "{}\n{route:?}", request.masked_line()).unwrap();
    match route {
        RouteKind::Source(_) => describe_source(request, rest, out),
        RouteKind::Admin => describe_admin(request, rest, out),
        _ => assert_eq!(rest, b""),
    }
}

fn describe_source(request: &Request, rest: &[u8], out: &mut String) {
    let credentials = request.credentials().map(|it| (it.user, it.password));
    let body = (request.content_length(), request.is_chunked(), request.expects_continue());
    writeln!(out, "credentials {credentials:?}\n(length, chunked, expects 100) {body:?}").unwrap();
    describe_info(&SourceInfo::from_request(request), out);
    let mut audio = Vec::new();
    if request.is_chunked() {
        ChunkedDecoder::new().push(rest, |run| audio.extend_from_slice(run)).unwrap();
    } else {
        audio = rest.to_vec();
    }
    describe_audio(&audio, out);
}

fn describe_admin(request: &Request, rest: &[u8], out: &mut String) {
    assert_eq!(request.content_length().unwrap_or(0), rest.len() as u64);
    assert!(request.method == Method::Post || rest.is_empty());
    let admin_request = match AdminRequest::parse(request, &FormData::from_request(request, rest)) {
        Ok(admin_request) => admin_request,
        Err(refusal) => return writeln!(out, "{refusal:?}").unwrap(),
    };
    writeln!(out, "{:?}, {}", admin_request.format, station_label(&admin_request.station)).unwrap();
    for candidate in &admin_request.candidates {
        let (user, password) = (&candidate.credentials.user, &candidate.credentials.password);
        writeln!(out, "maybe {}, user {user:?}, password {password:?}", station_label(&candidate.station))
            .unwrap();
    }
    match admin_request.action {
        AdminAction::UpdateTitle(update) => {
            let title = update.title(None);
            push_line(out, "line", Some(title.text));
            push_line(out, "artist", title.artist);
            push_line(out, "title", title.title);
            push_line(out, "url", Some(title.url).filter(|url| !url.is_empty()));
        }
        other => writeln!(out, "{other:?}").unwrap(),
    }
}
