//! Finds titles in the audio, where no player looks for them.

use crate::probe::finding::{FindingKind, Findings};

/// The beginning of a title.
const TITLE: &[u8] = b"StreamTitle='";

/// Looks for titles in the audio of a stream.
#[derive(Debug)]
pub(super) struct StrayMetadata {
    metaint: Option<u32>,
    /// The last bytes, in which a title may begin.
    tail: Vec<u8>,
}

impl StrayMetadata {
    /// `metaint` is the announced distance between metadata blocks.
    pub fn new(metaint: Option<u32>) -> Self {
        Self { metaint, tail: Vec::new() }
    }

    /// Examines the audio from byte `at` on.
    pub fn push(&mut self, audio: &[u8], at: u64, findings: &mut Findings) {
        let before = self.tail.len();
        self.tail.extend_from_slice(audio);
        let found = self.tail.windows(TITLE.len()).position(|window| window == TITLE);
        if let Some(index) = found {
            self.report(at + index as u64 - before as u64, findings);
        }
        self.tail.drain(..self.tail.len().saturating_sub(TITLE.len() - 1));
    }

    fn report(&self, at: u64, findings: &mut Findings) {
        match self.metaint {
            Some(metaint) => findings.add(FindingKind::WrongMetaint, || {
                format!("a title is in the audio, at byte {at} of it: the blocks do not come every {metaint} bytes")
            }),
            None => findings.add(FindingKind::StrayMetadata, || {
                format!("a title is in the audio, at byte {at} of it, and no icy-metaint announces it")
            }),
        }
    }
}
