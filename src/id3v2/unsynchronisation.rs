//! Undoes unsynchronisation, a scheme of ID3v2 that prevents old players from mistaking a tag for audio: a
//! zero is inserted after an `FF` that is followed by three set bits or by a zero.

/// Returns whether these bytes can be the result of unsynchronisation: no `FF` is followed by three set bits.
/// Programs set the flags of tags and frames that are not unsynchronised.
pub fn may_be_unsynchronised(bytes: &[u8]) -> bool {
    !bytes.windows(2).any(|pair| pair[0] == 0xff && pair[1] >= 0xe0)
}

/// Returns the bytes without those that unsynchronisation inserted. They are unchanged if unsynchronisation
/// cannot have produced them.
pub fn remove_unsynchronisation(bytes: Vec<u8>) -> Vec<u8> {
    if may_be_unsynchronised(&bytes) { without_inserted(&bytes) } else { bytes }
}

/// Returns the bytes without the zeros after `FF`.
pub fn without_inserted(bytes: &[u8]) -> Vec<u8> {
    let mut before = 0;
    bytes.iter().copied().filter(|&byte| !is_inserted(std::mem::replace(&mut before, byte), byte)).collect()
}

/// Returns the index of the byte that is the one at `index` when the inserted zeros are removed.
pub fn index_with_inserted(bytes: impl IntoIterator<Item = u8>, index: usize) -> usize {
    let (mut before, mut end) = (0, 0);
    let kept = bytes.into_iter().enumerate().filter(|&(at, byte)| {
        end = at + 1;
        !is_inserted(std::mem::replace(&mut before, byte), byte)
    });
    let found = kept.map(|(at, _)| at).nth(index);
    found.unwrap_or(end)
}

fn is_inserted(before: u8, byte: u8) -> bool {
    before == 0xff && byte == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inserted_zeros_are_removed() {
        for (encoded, decoded) in [
            (&b"\xff\0\xe0 \xff\0\0\0x"[..], &b"\xff\xe0 \xff\0\0x"[..]),
            (b"\xff\0\xff\0\xff\0", b"\xff\xff\xff"),
            (b"plain \xff\x41 \0\0", b"plain \xff\x41 \0\0"),
            (b"", b""),
        ] {
            assert_eq!(remove_unsynchronisation(encoded.to_vec()), decoded);
        }
    }

    #[test]
    fn bytes_that_were_never_unsynchronised_are_unchanged() {
        let jpeg = b"\xff\xd8\xff\xe0\0\x10 \xff\0";
        assert_eq!(remove_unsynchronisation(jpeg.to_vec()), jpeg);
    }

    #[test]
    fn index_skips_inserted_zeros() {
        let encoded = b"a\xff\0b\xff\0\0c";
        let decoded = without_inserted(encoded);
        for (index, byte) in decoded.iter().enumerate() {
            let at = index_with_inserted(encoded.iter().copied(), index);
            assert_eq!(encoded[at], *byte, "{index}");
            assert_eq!(without_inserted(&encoded[..at]).len(), index);
        }
        assert_eq!(index_with_inserted(encoded.iter().copied(), 6), encoded.len());
    }
}
