//! Files of packets in a container: FLAC, Ogg, MP4, WAV, AIFF, CAF, and MPEG audio of layers I and II.

use symphonia::core::codecs::audio::well_known as codecs;
use symphonia::core::codecs::audio::{
    AudioCodecId, AudioCodecParameters, AudioDecoder, AudioDecoderOptions, CODEC_ID_NULL_AUDIO,
};
use symphonia::core::errors::Error;
use symphonia::core::packet::Packet;
use symphonia::default::get_codecs;

use super::aac_config::AacConfig;
use super::caught::caught;
use super::demuxer::{Demuxed, Demuxer};
use super::first_frames::aac_channels_left_out;
use super::frame_decoder::decode_into;
use super::opus::OpusStream;
use super::sbr::SbrCheckedPackets;
use crate::transcode::{AudioKind, LeftOut, PcmBlock};

/// A file whose packets are decoded.
pub(super) struct PacketFile {
    demuxer: Demuxer,
    /// Packets that were read to examine them.
    read_ahead: SbrCheckedPackets,
    decoder: PacketDecoder,
    /// The format of the last decoded block, for silence instead of a damaged one.
    rate: u32,
    channels: usize,
}

enum PacketDecoder {
    Symphonia(Box<dyn AudioDecoder>),
    Opus(OpusStream),
    /// The decoder has panicked, or the codec of a later stream in the file is unknown.
    None,
}

/// The longest silence for a damaged packet, in samples per channel: the longest block of FLAC.
const MAX_SILENCE: u64 = 65_535;

impl PacketFile {
    /// Returns a file whose packets come from this demuxer.
    ///
    /// # Errors
    /// If the codec is not supported, or AAC is HE-AAC.
    pub fn new(mut demuxer: Demuxer) -> Result<Self, LeftOut> {
        let parameters = demuxer.codec();
        let mut read_ahead = SbrCheckedPackets::default();
        if parameters.codec == codecs::CODEC_ID_AAC {
            check_aac(&parameters)?;
            read_ahead = SbrCheckedPackets::read(&mut demuxer)?;
        }
        let decoder = PacketDecoder::new(&parameters)?;
        let rate = parameters.sample_rate.unwrap_or(0);
        let channels = parameters.channels.as_ref().map_or(0, |channels| channels.count());
        Ok(Self { demuxer, read_ahead, decoder, rate, channels })
    }

    /// Returns the kind of audio.
    pub fn kind(&self) -> Option<AudioKind> {
        kind(self.demuxer.codec().codec)
    }

    /// Returns the number of samples per channel, as far as the file says so.
    pub fn samples(&self) -> Option<u64> {
        let samples = self.demuxer.track().num_frames.filter(|samples| *samples > 0)?;
        match &self.decoder {
            PacketDecoder::Opus(stream) => samples.checked_sub(stream.pre_skip() as u64),
            _ => Some(samples),
        }
    }

    /// Decodes the next packet. Returns whether it could be decoded, and `None` at the end.
    pub fn next_block(&mut self, block: &mut PcmBlock) -> Option<bool> {
        loop {
            match self.next_packet() {
                Demuxed::Packet(packet) => return Some(self.decode(&packet, block)),
                Demuxed::NewStream => self.begin_stream(),
                Demuxed::End => return None,
            }
        }
    }

    /// Drops the next packet. Returns its length in samples, and `None` at the end.
    pub fn drop_next(&mut self) -> Option<u64> {
        loop {
            match (self.next_packet(), &mut self.decoder) {
                (Demuxed::Packet(packet), PacketDecoder::Opus(stream)) => return Some(stream.skip(&packet)),
                (Demuxed::Packet(packet), _) => return Some(self.packet_samples(&packet)),
                (Demuxed::NewStream, _) => self.begin_stream(),
                (Demuxed::End, _) => return None,
            }
        }
    }

    fn next_packet(&mut self) -> Demuxed {
        self.read_ahead.next(&mut self.demuxer)
    }

    fn begin_stream(&mut self) {
        self.decoder = PacketDecoder::new(&self.demuxer.codec()).unwrap_or(PacketDecoder::None);
    }

    fn decode(&mut self, packet: &Packet, block: &mut PcmBlock) -> bool {
        let decoded = match &mut self.decoder {
            PacketDecoder::Opus(stream) => return stream.decode(packet, block),
            PacketDecoder::Symphonia(decoder) => {
                caught(|| decode_into(&mut **decoder, &packet.as_packet_ref(), block))
            }
            PacketDecoder::None => Some(false),
        };
        match decoded {
            Some(true) => (self.rate, self.channels) = (block.rate, block.channels),
            Some(false) => self.silence(packet, block),
            None => {
                self.decoder = PacketDecoder::None;
                self.silence(packet, block);
            }
        }
        decoded == Some(true)
    }

    fn silence(&self, packet: &Packet, block: &mut PcmBlock) {
        (block.rate, block.channels) = (self.rate, self.channels);
        block.samples.clear();
        block.samples.resize(self.packet_samples(packet).min(MAX_SILENCE) as usize * self.channels, 0.0);
    }

    /// Returns the ticks of a packet that are heard. For MPEG audio, symphonia cuts off what is behind the
    /// end of the file, but it only guesses the end; so all of a packet is heard.
    fn heard_ticks(&self, packet: &Packet) -> u64 {
        if is_mpeg(self.demuxer.codec().codec) { packet.block_dur().get() } else { packet.dur.get() }
    }

    /// Returns the length of a packet in samples per channel.
    fn packet_samples(&self, packet: &Packet) -> u64 {
        let Some(base) = self.demuxer.track().time_base else { return 0 };
        let ticks = u128::from(self.heard_ticks(packet)) * u128::from(base.numer.get());
        (ticks * u128::from(self.rate) / u128::from(base.denom.get())).min(u128::from(u64::MAX)) as u64
    }
}

impl PacketDecoder {
    fn new(parameters: &AudioCodecParameters) -> Result<Self, LeftOut> {
        if kind(parameters.codec).is_none() {
            return Err(LeftOut::UnknownCodec(name(parameters.codec)));
        }
        if parameters.codec == codecs::CODEC_ID_OPUS {
            let header = parameters.extra_data.as_deref().unwrap_or_default();
            return OpusStream::new(header).map(Self::Opus);
        }
        let channels = parameters.channels.as_ref().map_or(0, |channels| channels.count());
        if parameters.codec == codecs::CODEC_ID_VORBIS && channels > 2 {
            // symphonia 0.6.1 undoes the coupling of channels in the order of the header, not in the reverse
            // order (Vorbis I, 4.3.5). It makes no difference for one pair; the channels of 5.1 are wrong.
            return Err(LeftOut::Unsupported(format!("Vorbis with {channels} channels")));
        }
        let options = AudioDecoderOptions::default().gapless(!is_mpeg(parameters.codec));
        let made = caught(|| get_codecs().make_audio_decoder(parameters, &options));
        match made.ok_or(LeftOut::Damaged)? {
            Ok(decoder) => Ok(Self::Symphonia(decoder)),
            Err(Error::Unsupported(what)) => Err(LeftOut::Unsupported(what.to_owned())),
            Err(_) => Err(LeftOut::Damaged),
        }
    }
}

/// Returns an error if AAC is not decoded, according to its configuration.
fn check_aac(parameters: &AudioCodecParameters) -> Result<(), LeftOut> {
    let Some(config) = parameters.extra_data.as_deref() else { return Ok(()) };
    let config = AacConfig::parse(config)?;
    aac_channels_left_out(config.channels()).map_or(Ok(()), Err)
}

fn is_mpeg(codec: AudioCodecId) -> bool {
    [codecs::CODEC_ID_MP1, codecs::CODEC_ID_MP2, codecs::CODEC_ID_MP3].contains(&codec)
}

/// Returns the kind of audio of a codec that is decoded.
fn kind(codec: AudioCodecId) -> Option<AudioKind> {
    Some(match codec {
        codecs::CODEC_ID_FLAC => AudioKind::Flac,
        codecs::CODEC_ID_ALAC => AudioKind::Alac,
        codecs::CODEC_ID_AAC => AudioKind::AacLc,
        codecs::CODEC_ID_VORBIS => AudioKind::Vorbis,
        codecs::CODEC_ID_OPUS => AudioKind::Opus,
        codecs::CODEC_ID_MP1 => AudioKind::Mp1,
        codecs::CODEC_ID_MP2 => AudioKind::Mp2,
        codecs::CODEC_ID_MP3 => AudioKind::Mp3,
        codec if codec >= codecs::CODEC_ID_PCM_S32LE && codec <= codecs::CODEC_ID_PCM_MULAW => AudioKind::Pcm,
        codecs::CODEC_ID_ADPCM_MS | codecs::CODEC_ID_ADPCM_IMA_WAV | codecs::CODEC_ID_ADPCM_IMA_QT => {
            AudioKind::Adpcm
        }
        _ => return None,
    })
}

/// Returns the usual name of a codec that is not decoded, else its number.
fn name(codec: AudioCodecId) -> String {
    match codec {
        codecs::CODEC_ID_AC3 => "AC-3",
        codecs::CODEC_ID_EAC3 => "E-AC-3",
        codecs::CODEC_ID_AC4 => "AC-4",
        codecs::CODEC_ID_DCA => "DTS",
        codecs::CODEC_ID_SPEEX => "Speex",
        codecs::CODEC_ID_WAVPACK => "WavPack",
        codecs::CODEC_ID_TRUEHD => "TrueHD",
        CODEC_ID_NULL_AUDIO => "in its container",
        other => return other.to_string(),
    }
    .to_owned()
}
