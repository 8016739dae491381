//! Generated frames, tags and noise, so that tests need no files.

use super::adts::AdtsHeader;
use super::header::Header;
use super::mp3::Mp3Header;
use super::silence::silent_frame;

/// Returns all headers of MP3 frames.
pub fn all_headers() -> impl Iterator<Item = Header> {
    all_mp3_headers().map(Header::Mp3)
}

/// Returns all valid headers of MP3 frames.
pub fn all_mp3_headers() -> impl Iterator<Item = Mp3Header> {
    (0xE0FF_u16..=0xFFFF)
        .filter(|sync| sync >> 8 >= 0xE0 && sync & 0xFF == 0xFF)
        .map(u16::to_le_bytes)
        .flat_map(|[a, b]| {
            (0..=u16::MAX).map(move |rest| [a, b, rest.to_be_bytes()[0], rest.to_be_bytes()[1]])
        })
        .filter_map(Mp3Header::parse)
}

/// Returns headers of AAC frames of 300 bytes: every version, profile, sampling rate, channel configuration
/// and number of blocks, with and without CRC.
pub fn all_adts_headers() -> impl Iterator<Item = AdtsHeader> {
    let fixed = (0..=u16::MAX).map(u16::to_be_bytes).filter(|[_, fourth]| fourth & 0x3F == 0);
    let firsts = fixed.flat_map(|[third, fourth]| {
        [0xF0, 0xF1, 0xF8, 0xF9].map(|second| [0xFF, second, third & 0xFD, fourth])
    });
    firsts.flat_map(|[a, b, c, d]| {
        (0..4).filter_map(move |blocks| {
            let [.., high, low] = (300_u32 << 5 | 0x1F).to_be_bytes();
            AdtsHeader::parse([a, b, c, d, high, low, 0xFC | blocks])
        })
    })
}

/// Returns the header of an AAC frame. Panics if AAC has no such format.
pub fn aac_header(rate: u32, channels: u8, len: usize) -> Header {
    Header::new_aac(rate, channels, len).expect("AAC has this format")
}

/// Returns the header made of these two bytes and two valid ones.
pub fn with_sync(sync: u16) -> Option<Header> {
    let [a, b] = sync.to_be_bytes();
    Header::parse_mp3([a, b, 0x90, 0x40])
}

/// Returns the header of an MP3 frame. Panics if layer III has no such format.
pub fn mp3_header(rate: u32, channels: u8, kbps: u16) -> Header {
    Header::new_mp3(rate, channels, kbps).expect("layer III has this format")
}

/// Returns `header` with its padding bit set.
pub fn padded(header: Header) -> Header {
    let [a, b, c, d] = mp3_bytes(header);
    Header::parse_mp3([a, b, c | 0x02, d]).expect("padding does not make a header invalid")
}

/// Returns `header` with CRC announced.
pub fn with_crc(header: Header) -> Header {
    let [a, b, c, d] = mp3_bytes(header);
    Header::parse_mp3([a, b & 0xFE, c, d]).expect("a CRC does not make a header invalid")
}

fn mp3_bytes(header: Header) -> [u8; 4] {
    header.bytes().try_into().expect("the header of an MP3 frame")
}

/// Returns a frame whose payload depends on `seed` and contains neither a sync byte nor letters that begin a
/// tag.
pub fn frame(header: Header, seed: u64) -> Vec<u8> {
    let mut rng = fastrand::Rng::with_seed(seed);
    let payload = std::iter::repeat_with(|| rng.u8(0x80..0xFF));
    header.bytes().iter().copied().chain(payload).take(header.frame_len()).collect()
}

/// Returns `count` different frames of one format.
pub fn frames(header: Header, count: u64) -> Vec<Vec<u8>> {
    (0..count).map(|seed| frame(header, seed)).collect()
}

/// Returns a frame with a table instead of audio: Xing or Info after the side information.
pub fn info_frame(header: Header, id: &[u8; 4]) -> Vec<u8> {
    let side_info = match (header.samples(), header.channels()) {
        (1152, 2) => 32,
        (576, 1) => 9,
        _ => 17,
    };
    let mut bytes = silent_frame(&header);
    bytes[..4].copy_from_slice(header.bytes());
    bytes.resize(header.frame_len(), 0);
    bytes[4 + side_info..][..4].copy_from_slice(id);
    bytes
}

/// Returns a frame with Fraunhofer's table, which is always 32 bytes after the header.
pub fn vbri_frame(header: Header) -> Vec<u8> {
    let mut bytes = silent_frame(&header);
    bytes[36..42].copy_from_slice(b"VBRI\x00\x01");
    bytes
}

/// Returns an ID3v2.`major` tag with `len` bytes of body that look like frames.
pub fn id3v2(major: u8, len: u32, footer: bool) -> Vec<u8> {
    let size = [len >> 21, len >> 14, len >> 7, len].map(|part| (part & 0x7F) as u8);
    let flags = if footer { 0x10 } else { 0 };
    let mut tag = [b'I', b'D', b'3', major, 0, flags].to_vec();
    tag.extend(size);
    tag.extend(decoy_frames(len as usize));
    if footer {
        tag.extend(b"3DI");
        tag.extend_from_within(3..10);
    }
    tag
}

/// Returns an ID3v1 tag: 128 bytes.
pub fn id3v1(title: &str) -> Vec<u8> {
    let mut tag = b"TAG".to_vec();
    tag.extend(title.bytes());
    tag.resize(128, 0);
    tag
}

/// Returns the 227 bytes that may precede an ID3v1 tag.
pub fn enhanced_tag() -> Vec<u8> {
    let mut tag = b"TAG+".to_vec();
    tag.resize(227, b'x');
    tag
}

/// Returns an APE tag of `version` (1000, 2000) with `len` bytes of items, a footer and, if `header`, a
/// header.
pub fn ape(version: u32, len: u32, header: bool) -> Vec<u8> {
    let part = |is_header: bool| {
        let flags = u32::from(header) << 31 | u32::from(is_header) << 29;
        let numbers = [version, len + 32, 1, flags].map(u32::to_le_bytes);
        [b"APETAGEX".as_slice(), &numbers.concat(), &[0; 8]].concat()
    };
    let mut tag = if header { part(true) } else { Vec::new() };
    tag.extend(vec![b'a'; len as usize]);
    tag.extend(part(false));
    tag
}

/// Returns bytes that a framer would take for frames if it parsed them.
pub fn decoy_frames(len: usize) -> Vec<u8> {
    frame(mp3_header(48_000, 1, 32), 7).into_iter().cycle().take(len).collect()
}

/// Returns random bytes.
pub fn noise(len: usize, seed: u64) -> Vec<u8> {
    let mut bytes = vec![0; len];
    fastrand::Rng::with_seed(seed).fill(&mut bytes);
    bytes
}
