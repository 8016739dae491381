//! The bit rates that sources may have: a source that announces another one is refused, and one that sends
//! another one is disconnected.

use crate::http::source::head::SourceInfo;
use crate::http::source::reply::SourceRefusal;
use crate::server::state::peer::Peer;
use crate::server::state::server::Server;
use crate::session::CloseReason;
use crate::station::StationKey;
use crate::time::Time;

/// An announced bit rate from this on is in bit/s: no encoder sends so many kbit/s.
const BITS_FROM: u32 = 8_000;

impl Server {
    /// Checks the bit rate that a source announces, if it does.
    pub(super) fn admit_announced_bitrate(
        &self,
        key: StationKey,
        info: &SourceInfo,
    ) -> Result<(), SourceRefusal> {
        let limits = self.stations[key].settings().sources.bitrates;
        let announced = info.bitrate.or(info.audio_info.bitrate).unwrap_or_default();
        let kbps = if announced >= BITS_FROM { announced / 1000 } else { announced };
        limits.fault_of_announced(kbps).map_or(Ok(()), |fault| Err(SourceRefusal::BitRate(fault)))
    }

    /// Disconnects a live source whose bit rate is not allowed; returns whether it was disconnected. The
    /// audio that it has sent is played.
    pub(super) fn ends_for_its_bit_rate(&mut self, peer: Peer, now: Time) -> bool {
        let Some(key) = self.live_source_of(peer) else { return false };
        let channel = &mut self.stations[key];
        let limits = channel.settings().sources.bitrates;
        let measured = channel.live.source.as_mut().and_then(|source| source.producer.take_bit_rate());
        let Some(fault) = measured.and_then(|kbps| limits.fault_of_measured(kbps)) else { return false };
        self.set_end_cause(peer, || format!("its stream {fault}"));
        self.close_session(peer, CloseReason::NotAllowed, now);
        true
    }
}
