//! One header line of a reply: the only way a value gets into one, so nothing configured can forge another.

use std::borrow::Cow;

/// Who serves: several programs that watch stations tell servers apart by it.
pub const SERVER: &str = concat!("coldwave/", env!("CARGO_PKG_VERSION"));

/// Appends `name: value\r\n`. Control characters in the value are left out: a line end would begin a header of
/// the value's own choosing, and VLC gives up on a line without a colon.
pub fn push_header(out: &mut Vec<u8>, name: &str, value: &str) {
    out.extend_from_slice(name.as_bytes());
    // Recent mpv splits its header lines at colon *and* space.
    out.extend_from_slice(b": ");
    out.extend_from_slice(printable(value).as_bytes());
    out.extend_from_slice(b"\r\n");
}

/// `value` without control characters and without white space around it.
pub fn printable(value: &str) -> Cow<'_, str> {
    let value = value.trim();
    if value.contains(char::is_control) {
        value.chars().filter(|char| !char.is_control()).collect::<String>().trim().to_owned().into()
    } else {
        value.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_end_its_line() {
        let mut out = Vec::new();
        push_header(&mut out, "icy-name", " Harbour\r\nSet-Cookie: a=b\r\n\r\n<html>\0\u{85}\x7F ");
        assert_eq!(String::from_utf8(out).unwrap(), "icy-name: HarbourSet-Cookie: a=b<html>\r\n");
    }
}
