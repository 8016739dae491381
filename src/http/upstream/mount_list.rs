//! The list of a master's mounts, `/admin/streamlist.txt` of Icecast: one path on a line.

use std::collections::HashSet;
use std::fmt;

use percent_encoding::percent_decode_str;

use crate::http::proxy::relay_path::RelayPath;
use crate::http::text::decode_text;
use crate::stream_url::StreamUrl;

/// The path of the list.
pub const MOUNT_LIST_PATH: &str = "/admin/streamlist.txt";

/// The mounts of a master.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MountList {
    /// The mounts, in the order of the list, each once.
    pub mounts: Vec<ListedMount>,
    /// The servers running coldwave from which the master has its own mounts, itself last. Empty for another
    /// server program.
    pub path: RelayPath,
}

/// A mount of a master.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedMount {
    /// The mount.
    pub mount: String,
    /// The URL of its stream.
    pub url: StreamUrl,
}

/// A response is no list of mounts. `Display` is the end of a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAMountList {
    /// The first line that is no mount, counted from 1.
    pub line: usize,
}

impl fmt::Display for NotAMountList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} of its list is not a mount", self.line)
    }
}

/// Parses the body of a list from the server at `master`. A line is a path, or a URL at the same host: a
/// master must not lead to other servers. Other URLs, and paths that are not streams, are left out.
///
/// # Errors
/// A line is neither a path nor a URL: the response is something else, such as a page of a proxy.
pub fn parse_mount_list(body: &[u8], master: &StreamUrl) -> Result<Vec<ListedMount>, NotAMountList> {
    let text = decode_text(body);
    let mut seen = HashSet::new();
    let mut mounts = Vec::new();
    for (index, line) in text.lines().map(str::trim).enumerate() {
        let is_path = line.starts_with('/');
        let is_url = ["http://", "https://"].iter().any(|scheme| line.starts_with(scheme));
        if !line.is_empty() && !is_path && !is_url {
            return Err(NotAMountList { line: index + 1 });
        }
        if let Some(listed) = listed(line, is_url, master).filter(|it| seen.insert(it.mount.clone())) {
            mounts.push(listed);
        }
    }
    Ok(mounts)
}

fn listed(line: &str, is_url: bool, master: &StreamUrl) -> Option<ListedMount> {
    // A path that begins with two slashes would be a URL without a scheme.
    if line.is_empty() || line.starts_with("//") {
        return None;
    }
    let url = master.join(line).ok().filter(|url| url.host() == master.host())?;
    let path = if is_url { url.target() } else { line };
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let mount = percent_decode_str(path).decode_utf8().ok()?.into_owned();
    Some(ListedMount { mount, url })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn master() -> StreamUrl {
        StreamUrl::parse("http://relay:pass@master.example:8000/").expect("a URL")
    }

    fn parsed(body: &[u8]) -> Vec<(String, String)> {
        let mounts = parse_mount_list(body, &master()).expect("a list");
        mounts.into_iter().map(|it| (it.mount, it.url.to_string())).collect()
    }

    #[test]
    fn each_line_is_a_mount_of_the_master() {
        let list = parsed(b"/live\r\n/caf%C3%A9\r\n\r\n /two words\n/live\n");
        let expected = [
            ("/live", "http://master.example:8000/live"),
            ("/caf\u{e9}", "http://master.example:8000/caf%C3%A9"),
            ("/two words", "http://master.example:8000/two%20words"),
        ];
        let expected = expected.map(|(mount, url)| (mount.to_owned(), url.to_owned()));
        assert_eq!(list, expected);
        assert_eq!(parsed(b""), []);
    }

    #[test]
    fn url_may_lead_to_the_same_host_only() {
        let lines =
            b"http://master.example:9000/a?x=1\nhttps://master.example/b\nhttp://127.0.0.1/c\n//evil/d\n";
        let mounts: Vec<String> = parsed(lines).into_iter().map(|(mount, _)| mount).collect();
        assert_eq!(mounts, ["/a", "/b"]);
    }

    #[test]
    fn login_is_that_of_the_list() {
        let mounts = parse_mount_list(b"/live\nhttp://master.example:9000/a\n", &master()).expect("a list");
        assert_eq!(mounts[0].url.login(), Some(&b"relay:pass"[..]));
        assert_eq!(mounts[1].url.login(), None, "another port is another server");
    }

    #[test]
    fn anything_else_is_no_list() {
        for (body, line) in [(&b"<html>\n"[..], 1), (b"/live\n\nnot found", 3), (b"\xff\x00", 1)] {
            assert_eq!(parse_mount_list(body, &master()), Err(NotAMountList { line }));
        }
    }

    #[test]
    fn playlists_are_left_out() {
        assert_eq!(parsed(b"/live.m3u\n/live\n").len(), 1);
    }
}
