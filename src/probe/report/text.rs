//! The report as text. The first line is the result, as monitoring plug-ins print it.

use std::fmt::{self, Display, Write};

use super::{AudioReport, ConnectionReport, HeardTitle, PaceReport, ProbeReport, ProbeStatus};
use crate::http::text::to_single_line;
use crate::probe::finding::{FindingKind, Severity, StreamFinding};

/// The titles that are shown.
const TITLES_SHOWN: usize = 10;

/// The headers that are shown.
const HEADERS_SHOWN: [&str; 6] =
    ["Server", "Content-Type", "icy-br", "ice-audio-info", "icy-metaint", "Cache-Control"];

/// The most bytes of a header.
const HEADER_MAX: usize = 200;

/// What is printed for `|`, behind which monitoring expects performance data, in every line.
const INSTEAD_OF_PIPE: &str = "¦";

/// Renders a report. If it `is_brief`, only the first line.
pub fn render_text(report: &ProbeReport, is_brief: bool) -> String {
    let mut text = format!("{}\n", summary(report));
    if !is_brief {
        // A `String` takes everything.
        let _ = write!(text, "{}", Details(report));
    }
    text.replace('|', INSTEAD_OF_PIPE)
}

fn summary(report: &ProbeReport) -> String {
    let status = match report.status {
        ProbeStatus::Ok => "OK",
        ProbeStatus::Warning => "WARNING",
        ProbeStatus::Critical => "CRITICAL",
    };
    let url = &report.url;
    let mut parts: Vec<String> = Vec::new();
    let findings = report.findings.iter().filter(|finding| finding.severity > Severity::Note);
    parts.extend(findings.map(|finding| finding.message.clone()));
    parts.extend(
        report.audio.as_ref().map(|audio| format!("{}, {:.1} s heard", short(audio), report.heard_s)),
    );
    if parts.is_empty() {
        let is_main =
            |note: &&StreamFinding| matches!(note.kind, FindingKind::NotExamined | FindingKind::OtherCodec);
        let note = report.findings.iter().find(is_main).or(report.findings.first());
        parts.extend(note.map(|note| note.message.clone()));
    }
    let text = parts.join("; ");
    // Findings about a URL name it, because it may not be this one.
    if text.starts_with(url) { format!("{status} - {text}") } else { format!("{status} - {url}: {text}") }
}

fn short(audio: &AudioReport) -> String {
    format!("{} {} kbit/s", audio.codec, audio.bit_rate_kbps)
}

/// The lines after the first.
struct Details<'r>(&'r ProbeReport);

impl Display for Details<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let report = self.0;
        self.findings(f)?;
        for hop in &report.via {
            line(f, "via", format_args!("{} ({})", hop.url, hop.because))?;
        }
        if let Some(connection) = &report.connection {
            line(f, "server", ConnectionLine(connection))?;
        }
        self.headers(f)?;
        self.times(f)?;
        self.audio(f)?;
        if let Some(pace) = &report.pace {
            line(f, "pace", Pacing(pace))?;
        }
        self.titles(f)?;
        if let Some(silence) = &report.silence {
            let (longest, level) = (silence.longest_s, silence.highest_level_db);
            line(f, "silence", format_args!("at most {longest:.1} s; loudest frame {level:.1} dB"))?;
        }
        Ok(())
    }
}

impl Details<'_> {
    fn findings(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.0.findings {
            let label = match finding.severity {
                Severity::Note => "note",
                Severity::Fault => "fault",
                Severity::Outage => "outage",
            };
            let times = if finding.count > 1 { format!(" ({} times)", finding.count) } else { String::new() };
            line(f, label, format_args!("{}: {}{times}", finding.kind.name(), finding.message))?;
        }
        Ok(())
    }

    fn headers(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.0.name {
            let genre = self.0.genre.iter().map(|genre| format!(" ({genre})")).collect::<String>();
            line(f, "station", format_args!("{name}{genre}"))?;
        }
        let is_shown = |name: &str| HEADERS_SHOWN.iter().any(|shown| shown.eq_ignore_ascii_case(name));
        let shown = self.0.headers.iter().filter(|(name, _)| is_shown(name));
        let shown = shown.map(|(name, value)| {
            format!("{name}: {}", to_single_line(value, HEADER_MAX).unwrap_or_default())
        });
        let shown: Vec<String> = shown.take(HEADERS_SHOWN.len()).collect();
        if shown.is_empty() { Ok(()) } else { line(f, "headers", shown.join(" · ")) }
    }

    fn times(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let times = &self.0.times;
        let steps = [
            ("connected", times.connected_s),
            ("head", times.head_s),
            ("first byte", times.first_byte_s),
            ("64 KiB", times.first_64_kib_s),
        ];
        let steps = steps.into_iter().filter_map(|(name, at)| Some(format!("{name} {:.3} s", at?)));
        let steps: Vec<String> = steps.collect();
        if steps.is_empty() { Ok(()) } else { line(f, "times", steps.join(", ")) }
    }

    fn audio(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Some(audio), Some(join)) = (&self.0.audio, &self.0.join) else { return Ok(()) };
        let rate = if audio.is_variable { "on average" } else { "constant" };
        let announced = audio.announced_kbps.map_or("none".to_owned(), |kbps| kbps.to_string());
        let channels = match audio.channels {
            1 => "mono".to_owned(),
            2 => "stereo".to_owned(),
            more => format!("{more} channels"),
        };
        let AudioReport { codec, sample_rate_hz: hz, bit_rate_kbps: kbps, .. } = audio;
        let shown = format!("{codec}, {hz} Hz, {channels}, {kbps} kbit/s {rate} (announced: {announced})");
        line(f, "audio", shown)?;
        let begins = match join.on_frame {
            true => "begins on a frame".to_owned(),
            false => format!("begins {} bytes before a frame", join.bytes_before),
        };
        line(f, "frames", format_args!("{} in {:.2} s of audio; {begins}", self.0.frames, self.0.audio_s))
    }

    fn titles(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let metadata = &self.0.metadata;
        let Some(interval) = metadata.interval else { return Ok(()) };
        let (blocks, count) = (metadata.blocks, metadata.titles.len());
        line(f, "titles", format_args!("{count} in {blocks} blocks, one every {interval} bytes"))?;
        metadata.titles.iter().take(TITLES_SHOWN).try_for_each(|title| line(f, "", HeardTitleLine(title)))
    }
}

fn line(f: &mut fmt::Formatter<'_>, label: &str, text: impl Display) -> fmt::Result {
    writeln!(f, "  {label:<8} {text}")
}

struct ConnectionLine<'r>(&'r ConnectionReport);

impl Display for ConnectionLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ConnectionReport { address, tls, protocol, status } = self.0;
        write!(f, "{address}")?;
        if let Some(tls) = tls {
            write!(f, ", {}", tls.version)?;
            let days = tls.certificate_days_left;
            days.map_or(Ok(()), |days| write!(f, ", certificate valid for {days} days"))?;
        }
        let answer = protocol.iter().zip(status).next();
        answer.map_or(Ok(()), |(protocol, status)| write!(f, ", {protocol} {status}"))
    }
}

struct Pacing<'r>(&'r PaceReport);

impl Display for Pacing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pace = self.0;
        if let (Some(seconds), Some(bytes)) = (pace.burst_s, pace.burst_bytes) {
            write!(f, "burst {seconds:.1} s ({:.1} KiB), ", bytes as f64 / 1024.0)?;
        }
        if let Some(rate) = pace.audio_per_second {
            write!(f, "then {rate:.3} s of audio a second, ")?;
        }
        write!(f, "longest pause {:.1} s", pace.longest_pause_s)?;
        pace.lowest_buffer_s.map_or(Ok(()), |buffer| write!(f, ", buffer at least {buffer:.1} s"))
    }
}

struct HeardTitleLine<'r>(&'r HeardTitle);

impl Display for HeardTitleLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let HeardTitle { title, url, at_byte, at_s, .. } = self.0;
        write!(f, "byte {at_byte}")?;
        at_s.map_or(Ok(()), |at| write!(f, " ({at:.2} s)"))?;
        write!(f, ": {title}")?;
        url.iter().try_for_each(|url| write!(f, " <{url}>"))
    }
}
