//! Describes the end of a live source for the log.

use std::time::Duration;

use crate::session::CloseReason;

/// A source that has sent nothing for this long before its connection was lost probably lost its link then.
const SILENCE_MIN: Duration = Duration::from_secs(2);

/// Returns how a live source ended, for the log: `ended (…)`. `silent` is how long it has sent no frame.
/// `cause` is what the server did to it, such as "kicked by admin at 192.0.2.1", and has priority.
pub fn describe_end(reason: CloseReason, silent: Duration, cause: Option<&str>) -> String {
    let seconds = silent.as_secs_f32();
    let described = match (reason, cause) {
        (_, Some(cause)) => cause.to_owned(),
        (CloseReason::SourceEnded, None) => "connection closed by the encoder".to_owned(),
        (CloseReason::SourceIncomplete, None) => {
            "connection closed by the encoder before the end of its body".to_owned()
        }
        (CloseReason::SourceReset | CloseReason::PeerClosed, None) if silent >= SILENCE_MIN => {
            format!("connection reset, nothing sent for {seconds:.0} s")
        }
        (CloseReason::SourceReset | CloseReason::PeerClosed, None) => "connection reset".to_owned(),
        (CloseReason::SourceTimeout, None) => format!("sent nothing for {seconds:.0} s"),
        (CloseReason::Shutdown, None) => "server shutdown".to_owned(),
        (reason, None) => reason.to_string(),
    };
    format!("ended ({described})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn end_is_described_by_its_cause() {
        let describe = |reason, silent, cause| describe_end(reason, Duration::from_secs(silent), cause);
        for (reason, silent, cause, expected) in [
            (CloseReason::SourceEnded, 0, None, "ended (connection closed by the encoder)"),
            (CloseReason::SourceEnded, 0, Some("end of its body"), "ended (end of its body)"),
            (
                CloseReason::SourceIncomplete,
                0,
                None,
                "ended (connection closed by the encoder before the end of its body)",
            ),
            (CloseReason::SourceReset, 0, None, "ended (connection reset)"),
            (CloseReason::SourceReset, 7, None, "ended (connection reset, nothing sent for 7 s)"),
            (CloseReason::SourceTimeout, 10, None, "ended (sent nothing for 10 s)"),
            (
                CloseReason::Kicked,
                0,
                Some("kicked by admin at 192.0.2.1"),
                "ended (kicked by admin at 192.0.2.1)",
            ),
            (CloseReason::MalformedBody, 0, None, "ended (sent a malformed body)"),
            (CloseReason::Shutdown, 0, None, "ended (server shutdown)"),
        ] {
            assert_eq!(describe(reason, silent, cause), expected);
        }
    }
}
