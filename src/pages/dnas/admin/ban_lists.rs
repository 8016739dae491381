//! The bans, as HTML and as plain text.

use ipnet::IpNet;

use super::page::page;
use crate::bans::{Ban, BanTarget};
use crate::pages::dnas::played::escape_html;
use crate::pages::{AdminSnapshot, RenderedPage, printable};

/// A list of bans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BanListPage {
    /// `viewban`: banned addresses as HTML.
    Addresses,
    /// `bannedlist`: the same as text.
    AddressesAsText,
    /// `viewagent`: banned User-Agents as HTML.
    Agents,
    /// `useragentlist`: the same as text.
    AgentsAsText,
    /// `viewrip`: reserved addresses as HTML. coldwave does not support them.
    Reserved,
    /// `reservelist`: the same as text.
    ReservedAsText,
}

impl BanListPage {
    /// Returns the list for the parameter `mode`, if there is one.
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

    /// Renders the list.
    pub fn render(self, snapshot: &AdminSnapshot) -> RenderedPage {
        let bans_of = |kind: &'static str| {
            snapshot.bans.iter().map(AsRef::as_ref).filter(move |ban| ban.target.kind() == kind)
        };
        match self {
            Self::Addresses => table("Banned addresses", bans_of("address")),
            Self::Agents => table("Banned user agents", bans_of("agent")),
            Self::AddressesAsText => text(bans_of("address").map(ban_file_line)),
            Self::AgentsAsText => text(bans_of("agent").map(|ban| ban.target.to_string())),
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

/// Formats a banned address as in SHOUTcast's `sc_serv.ban`, which has two masks only: /32 and /24. Other
/// networks keep their CIDR notation.
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
