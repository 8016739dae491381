//! What only an operator may know of the server, as plain data.

use std::net::IpAddr;

use super::{Traffic, plain};

/// What there is to know beside [`Facts`](super::Facts), at the same moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inside {
    /// Whoever listens to the station that is asked for, by id. Those who have just come are among them.
    pub listeners: Vec<ListenerFacts>,
    /// Who came.
    pub traffic: Traffic,
}

/// A listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenerFacts {
    /// Unique while he is connected; what [`Client::Id`](crate::http::admin::Client::Id) names.
    pub id: u64,
    /// Where he is.
    pub address: IpAddr,
    /// His program; empty if it does not say.
    pub user_agent: String,
    /// The page that sent him; empty if none did.
    pub referer: String,
    /// What a proxy says of where he is; empty if there is none.
    pub forwarded_for: String,
    /// For how long he has been connected, in seconds.
    pub connected_s: u64,
    /// Bytes that he was sent, head and titles included.
    pub bytes_sent: u64,
}

impl ListenerFacts {
    /// The same without what no page can show.
    pub fn plain(&self) -> Self {
        Self {
            user_agent: plain(&self.user_agent),
            referer: plain(&self.referer),
            forwarded_for: plain(&self.forwarded_for),
            ..self.clone()
        }
    }
}

#[cfg(test)]
impl Inside {
    /// A listener like any other, and one who means no good.
    pub fn example() -> Self {
        let vlc = ListenerFacts {
            id: 5,
            address: [203, 0, 113, 9].into(),
            user_agent: "VLC/3.0".into(),
            referer: String::new(),
            forwarded_for: String::new(),
            connected_s: 77,
            bytes_sent: 1_232_000,
        };
        let evil = ListenerFacts {
            id: u64::MAX,
            address: [0x2001, 0xdb8, 0, 0, 0, 0, 0, 1].into(),
            user_agent: String::new(),
            referer: "http://h/?a=1&b=\"<c>'\u{1b}\u{ffff}".into(),
            forwarded_for: "192.0.2.1, \u{85}x".into(),
            connected_s: 0,
            bytes_sent: 0,
        };
        Self { listeners: vec![vlc, evil], ..Self::default() }
    }
}
