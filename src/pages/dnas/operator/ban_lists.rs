//! Who is not let in, as pages for people and as plain lists.

use ipnet::IpNet;

use super::page::page;
use crate::bans::{Ban, BanTarget};
use crate::pages::dnas::played::escape_html;
use crate::pages::{AdminSnapshot, RenderedPage, printable};

/// One of the lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BanListPage {
    /// `viewban`: addresses, as a page.
    Addresses,
    /// `bannedlist`: the same as text.
    AddressesAsText,
    /// `viewagent`: programs, as a page.
    Agents,
    /// `useragentlist`: the same as text.
    AgentsAsText,
    /// `viewrip`: addresses for which a place is kept, as a page. There are none.
    Reserved,
    /// `reservelist`: the same as text.
    ReservedAsText,
}

impl BanListPage {
    /// The list that is called so.
    pub fn from_mode(mode: &str) -> Option<Self> {
        Some(match mode {
            "viewban" => Self::Addresses,
            "bannedlist" => Self::AddressesAsText,
            "viewagent" => Self::Agents,
            "useragentlist" => Self::AgentsAsText,
            "viewrip" => Self::Reserved,
            "reservelist" => Self::ReservedAsText,
            _ => return None,
        })
    }

    /// The page.
    pub fn render(self, snapshot: &AdminSnapshot) -> RenderedPage {
        let of = |kind: &'static str| {
            snapshot.bans.iter().map(AsRef::as_ref).filter(move |ban| ban.target.kind() == kind)
        };
        match self {
            Self::Addresses => table("Banned addresses", of("address")),
            Self::Agents => table("Banned user agents", of("agent")),
            Self::AddressesAsText => text(of("address").map(ban_file_line)),
            Self::AgentsAsText => text(of("agent").map(|ban| ban.target.to_string())),
            Self::Reserved => page("Reserved addresses", "<p>Reserved addresses are not supported.</p>"),
            Self::ReservedAsText => text(std::iter::empty()),
        }
    }
}

fn table<'b>(heading: &str, bans: impl Iterator<Item = &'b Ban>) -> RenderedPage {
    let row = |ban: &Ban| {
        format!(
            "<tr><td>{}</td><td>{}</td></tr>",
            escape_html(&ban.target.to_string()),
            escape_html(&ban.reason)
        )
    };
    let rows: String = bans.map(row).collect();
    page(heading, &format!("<table><tr><th>Value</th><th>Reason</th></tr>{rows}</table>"))
}

fn text(lines: impl Iterator<Item = String>) -> RenderedPage {
    let lines: String = lines.map(|line| printable(&line) + "\n").collect();
    RenderedPage::ok("text/plain; charset=utf-8", lines)
}

/// As in SHOUTcast's `sc_serv.ban`, which has but two masks; other networks as they are written elsewhere.
fn ban_file_line(ban: &Ban) -> String {
    match &ban.target {
        BanTarget::Network(IpNet::V4(network)) if network.prefix_len() == 32 => {
            format!("{};255;", network.addr())
        }
        BanTarget::Network(IpNet::V4(network)) if network.prefix_len() == 24 => {
            format!("{};0;", network.addr())
        }
        other => other.to_string(),
    }
}
