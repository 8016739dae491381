//! What the head of a response says about the stream, and what is wrong with it.

use super::finding::{FindingKind, Findings};
use super::options::ProbeOptions;
use super::report::ProbeReport;
use super::shown::shown;
use crate::audio::Codec;
use crate::http::source::head::SourceInfo;
use crate::http::upstream::{self, ResponseHead};

/// How the bytes after the head are to be read.
pub(super) struct StreamFormat {
    /// The codec that the content type announces.
    pub announced: Announced,
    /// Bytes of audio between two metadata blocks.
    pub metaint: Option<u32>,
    pub is_chunked: bool,
    /// The announced bit rate in kbit/s.
    pub kbps: Option<u32>,
}

/// What a content type announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Announced {
    /// There is no content type.
    Nothing,
    Frames(Codec),
    /// Something that is not examined, if it is what it says.
    Other,
}

/// Examines the head of a stream.
pub(super) fn check(
    head: &ResponseHead,
    options: &ProbeOptions,
    report: &mut ProbeReport,
    findings: &mut Findings,
) -> StreamFormat {
    let info = upstream::describe(head);
    // Another encoding is no stream.
    let is_chunked = head.is_chunked().unwrap_or_default();
    check_certificate(options, report, findings);
    check_name(&info, options, findings);
    check_length(head, findings);
    let metaint = check_metaint(&info, head, findings);
    // 0 means that the server does not know it.
    let kbps = [info.bitrate, info.audio_info.bitrate].into_iter().flatten().find(|kbps| *kbps > 0);
    let announced = announced(&info, findings);
    if kbps.is_none() && announced != Announced::Other {
        findings.add(FindingKind::NoBitRate, || "no header announces the bit rate (icy-br)".to_owned());
    }
    report.metadata.interval = metaint;
    report.describe(info);
    StreamFormat { announced, metaint, is_chunked, kbps }
}

fn announced(info: &SourceInfo, findings: &mut Findings) -> Announced {
    match (&info.content_type, info.codec()) {
        (None, _) => {
            let message = "no Content-Type says what the stream is";
            findings.add(FindingKind::NoContentType, || message.to_owned());
            Announced::Nothing
        }
        (Some(_), Ok(codec)) => Announced::Frames(codec),
        (Some(_), Err(_)) => Announced::Other,
    }
}

fn check_certificate(options: &ProbeOptions, report: &ProbeReport, findings: &mut Findings) {
    let tls = report.connection.as_ref().and_then(|connection| connection.tls.as_ref());
    let days = tls.and_then(|tls| tls.certificate_days_left);
    if let Some(days) = days.filter(|days| *days < options.thresholds.certificate_days) {
        findings.add(FindingKind::Certificate, || {
            format!("the certificate of the server expires in {days} days")
        });
    }
}

fn check_name(info: &SourceInfo, options: &ProbeOptions, findings: &mut Findings) {
    let Some(wanted) = &options.name else { return };
    match &info.name {
        Some(name) if name == wanted => {}
        Some(name) => {
            findings.add(FindingKind::Name, || format!("the name of the station is {name:?}, not {wanted:?}"))
        }
        None => findings.add(FindingKind::Name, || format!("the station has no name, expected {wanted:?}")),
    }
}

fn check_length(head: &ResponseHead, findings: &mut Findings) {
    if let Some(length) = head.value("content-length") {
        findings.add(FindingKind::ContentLength, || {
            format!(
                "it is announced with an end, Content-Length {}: players may treat it as a file",
                shown(length)
            )
        });
    }
}

fn check_metaint(info: &SourceInfo, head: &ResponseHead, findings: &mut Findings) -> Option<u32> {
    if upstream::check_metaint(info.metaint, head).is_err() {
        let value = shown(head.value("icy-metaint").unwrap_or_default());
        findings.add(FindingKind::BadMetaint, || {
            format!("icy-metaint {value:?} is no number of bytes from 1 to {}", upstream::METAINT_MAX)
        });
        return None;
    }
    if info.metaint.is_none() {
        findings
            .add(FindingKind::NoMetaint, || "the server sends no titles: there is no icy-metaint".to_owned());
    }
    info.metaint
}
