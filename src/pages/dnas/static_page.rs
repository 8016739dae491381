//! What is the same whatever is on the air.

use crate::pages::{RenderedPage, Snapshot};

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StaticPage {
    /// `/crossdomain.xml`: Flash may read what is here from any site, as browsers may.
    CrossDomain,
    /// `/robots.txt`: nothing here is worth a search engine's while, and a stream has no end.
    Robots,
    /// `/favicon.ico`: three waves, 16 by 16; `fixtures/make-favicon.py` draws them.
    Icon,
}

/// The icon.
const ICON: &[u8] = include_bytes!("favicon.ico");

impl StaticPage {
    /// The one at that path.
    pub fn from_path(path: &str) -> Option<Self> {
        Some(match path {
            "/crossdomain.xml" => Self::CrossDomain,
            "/robots.txt" => Self::Robots,
            "/favicon.ico" => Self::Icon,
            _ => return None,
        })
    }

    /// The page.
    pub fn render(self, snapshot: &Snapshot) -> RenderedPage {
        match self {
            Self::CrossDomain => RenderedPage::ok("text/xml", cross_domain(&snapshot.ports)),
            Self::Robots => RenderedPage::ok("text/plain", "User-agent:*\r\nDisallow:/"),
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
    fn the_icon_is_small_and_whole() {
        // Kind 1 of which there is one; its length and its place stand at the end of its entry.
        assert_eq!(ICON[..6], [0, 0, 1, 0, 1, 0]);
        let number = |at: usize| u32::from_le_bytes(*ICON[at..].first_chunk().expect("an entry")) as usize;
        assert_eq!((number(18), number(14) + number(18)), (22, ICON.len()));
        assert!(ICON.len() < 1024);
    }
}
