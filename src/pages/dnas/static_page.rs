//! Files at fixed paths.

use super::robots::robots_txt;
use crate::pages::{RenderedPage, Snapshot};

/// A file at a fixed path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StaticPage {
    /// `/crossdomain.xml`: allows Flash on any site to read the pages, as CORS allows browsers.
    CrossDomain,
    /// `/robots.txt`: what robots may read.
    Robots,
    /// `/favicon.ico`: three waves, 16 by 16 pixels, drawn by `fixtures/make-favicon.py`.
    Icon,
}

/// The content of `/favicon.ico`.
const ICON: &[u8] = include_bytes!("favicon.ico");

impl StaticPage {
    /// Returns the page at `path`, if there is one.
    pub fn from_path(path: &str) -> Option<Self> {
        Some(match path {
            "/crossdomain.xml" => Self::CrossDomain,
            "/robots.txt" => Self::Robots,
            "/favicon.ico" => Self::Icon,
            _ => return None,
        })
    }

    /// Renders the page.
    pub fn render(self, snapshot: &Snapshot) -> RenderedPage {
        match self {
            Self::CrossDomain => RenderedPage::ok("text/xml", cross_domain(&snapshot.ports)),
            Self::Robots => RenderedPage::ok("text/plain", robots_txt(snapshot)),
            Self::Icon => RenderedPage::ok("image/x-icon", ICON),
        }
    }
}

fn cross_domain(ports: &[u16]) -> String {
    let ports: Vec<_> = ports.iter().map(u16::to_string).collect();
    let ports = if ports.is_empty() { "*".to_owned() } else { ports.join(",") };
    format!(
        "<cross-domain-policy><allow-access-from domain=\"*\" to-ports=\"{ports}\"/></cross-domain-policy>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn icon_is_complete_and_below_1_kib() {
        // One image of type 1. Its length and offset are at the end of its directory entry.
        assert_eq!(ICON[..6], [0, 0, 1, 0, 1, 0]);
        let number = |at: usize| u32::from_le_bytes(*ICON[at..].first_chunk().expect("an entry")) as usize;
        assert_eq!((number(18), number(14) + number(18)), (22, ICON.len()));
        assert!(ICON.len() < 1024);
    }
}
