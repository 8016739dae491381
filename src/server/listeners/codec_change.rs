//! What happens when the codec of a station changes: it is logged, and stored for the next start.
//!
//! The listeners whose head named another codec are closed by `writing`, each when it has been sent
//! everything before the change.

use log::Level;

use crate::audio::Codec;
use crate::server::state::server::Server;
use crate::server::state::sessions::SessionEntry;
use crate::server::state::station::expected_codec::{CodecDecision, ExpectedCodec};
use crate::session::Session;
use crate::station::StationKey;
use crate::time::Time;

impl Server {
    /// Logs that the codec on air has changed since the station had begun `runs` runs of frames of one codec.
    /// Keeps the new one for a while if listeners are disconnected for it. `before` is what was expected.
    pub(super) fn note_codec_change(&mut self, key: StationKey, runs: u64, before: ExpectedCodec, now: Time) {
        let channel = &self.stations[key];
        let begun = channel.station.codec_runs() - runs;
        let is_first = runs == 0 && begun == 1;
        if begun == 0 || is_first && channel.announced_codec() == before.codec {
            return;
        }
        let told_otherwise = self.count_told_otherwise(key);
        let channel = &mut self.stations[key];
        if told_otherwise > 0 {
            channel.hold_codec(now);
        }
        let level = match channel.station.log.sources.admit(now) {
            false => Level::Debug,
            true if told_otherwise > 0 => Level::Warn,
            true => Level::Info,
        };
        let (mount, input) = (&channel.settings().mount, &channel.station.now_playing().input_name);
        let change = describe_change(channel.announced_codec(), before, told_otherwise);
        log::log!(level, "{mount}: {input} sends {change}");
    }

    /// Returns how many listeners of a station have a head that names another codec than frames which they
    /// have not been sent.
    fn count_told_otherwise(&self, key: StationKey) -> usize {
        let channel = &self.stations[key];
        let is_told_otherwise = |peer| {
            let Some(SessionEntry { session: Session::Listener(listener), .. }) = self.sessions.get(peer)
            else {
                return false;
            };
            listener.expects_other_codec(&channel.station)
        };
        channel.wheel.peers().filter(|peer| is_told_otherwise(*peer)).count()
    }

    /// Stores the format of the source or the upstream on air for the next start, if it has changed.
    pub(super) fn store_source_format(&mut self, key: StationKey, now: Time) {
        let Some(formats) = &mut self.hooks.source_formats else { return };
        let channel = &mut self.stations[key];
        if channel.is_unlisted() {
            return;
        }
        if let Some(format) = channel.source_format_to_store(now) {
            formats.store(&channel.settings().identity(), format);
        }
    }
}

/// Describes a change to `codec`. Several changes at once, after a stall of the process, may end with the
/// codec that was expected.
fn describe_change(codec: Codec, before: ExpectedCodec, told_otherwise: usize) -> String {
    let (is_back, expected) = (codec == before.codec, before.codec.name());
    let decided_by = before.decided_by.after_its_end();
    let change = match codec {
        Codec::Mp3 if is_back => "MP3 again, after AAC".to_owned(),
        Codec::Aac if is_back => "AAC again, after MP3".to_owned(),
        _ => format!("{}; {expected} was expected because of {decided_by}", codec.name()),
    };
    let consequence = match told_otherwise {
        0 => String::new(),
        1 => format!("; 1 listener that was told {expected} is disconnected, so that it reconnects"),
        count => {
            format!("; {count} listeners that were told {expected} are disconnected, so that they reconnect")
        }
    };
    let advice = match decided_by {
        CodecDecision::Key | CodecDecision::Music => String::new(),
        _ => format!("; codec = \"{}\" in its [[station]] makes it certain", codec.extension()),
    };
    format!("{change}{consequence}{advice}")
}
