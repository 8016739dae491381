//! Writes a header line of a reply. All values pass through here, so no configured value can forge another
//! header.

use std::borrow::Cow;

/// The value of `Server`, by which several monitoring programs identify the software.
pub const SERVER: &str = concat!("coldwave/", env!("CARGO_PKG_VERSION"));

/// Appends `name: value\r\n`. Removes control characters from the value: a line end in it could add another
/// header, and VLC fails on a line without a colon.
pub fn push_header(out: &mut Vec<u8>, name: &str, value: &str) {
    out.extend_from_slice(name.as_bytes());
    // Recent mpv splits its header lines at colon *and* space.
    out.extend_from_slice(b": ");
    out.extend_from_slice(printable(value).as_bytes());
    out.extend_from_slice(b"\r\n");
}

/// Returns `value` without control characters and surrounding white space.
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
    fn value_with_line_ends_stays_on_one_line() {
        let mut out = Vec::new();
        push_header(&mut out, "icy-name", " Harbour\r\nSet-Cookie: a=b\r\n\r\n<html>\0\u{85}\x7F ");
        assert_eq!(String::from_utf8(out).unwrap(), "icy-name: HarbourSet-Cookie: a=b<html>\r\n");
    }
}
