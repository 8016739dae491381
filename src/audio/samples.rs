//! Headers made by hand, so that tests need no files.

use super::header::Header;

/// All values of the four bytes that are a header.
pub fn all_headers() -> impl Iterator<Item = Header> {
    (0xE0FF_u16..=0xFFFF)
        .filter(|sync| sync >> 8 >= 0xE0 && sync & 0xFF == 0xFF)
        .map(u16::to_le_bytes)
        .flat_map(|[a, b]| {
            (0..=u16::MAX).map(move |rest| [a, b, rest.to_be_bytes()[0], rest.to_be_bytes()[1]])
        })
        .filter_map(Header::parse)
}

/// The header that these two bytes and two good ones make.
pub fn with_sync(sync: u16) -> Option<Header> {
    let [a, b] = sync.to_be_bytes();
    Header::parse([a, b, 0x90, 0x40])
}
