//! What a station says about itself.

use super::Channel;
use crate::http::source::head::SourceInfo;
use crate::http::untrusted_url::OwnHosts;
use crate::settings::StationInfo;

impl Channel {
    /// Returns the name, description and so on of the station: from its settings, else from the live source,
    /// else from the upstream of `programme`. That is this station, or the one whose rendition it is.
    pub fn about<'a>(&'a self, programme: &'a Self) -> StationInfo<'a> {
        let about = self.settings.info();
        let live = programme.live.source.as_ref().map(|source| &source.info);
        let infos = [live, programme.upstream.as_ref().and_then(|upstream| upstream.info.as_ref())];
        let announced =
            |field: fn(&SourceInfo) -> Option<&String>| infos.into_iter().flatten().find_map(field);
        let name = announced(|info| info.name.as_ref()).filter(|_| self.settings.is_name_default);
        let announced_public = infos.into_iter().flatten().next().and_then(|info| info.public);
        StationInfo {
            name: name.map_or(about.name, String::as_str),
            description: unless_empty(about.description, announced(|info| info.description.as_ref())),
            genre: unless_empty(about.genre, announced(|info| info.genre.as_ref())),
            url: unless_empty(about.url, announced(|info| info.url.as_ref())),
            public: self.settings.public.applies(announced_public),
        }
    }

    /// Like [`about`](Self::about), without a home page on one of `own_hosts`, unless it is configured.
    pub fn about_without_links_to<'a>(
        &'a self,
        programme: &'a Self,
        own_hosts: &OwnHosts,
    ) -> StationInfo<'a> {
        let about = self.about(programme);
        let url = if self.settings.url.is_empty() { own_hosts.admitted(about.url) } else { about.url };
        StationInfo { url, ..about }
    }
}

fn unless_empty<'a>(by_station: &'a str, by_others: Option<&'a String>) -> &'a str {
    if by_station.is_empty() { by_others.map_or("", String::as_str) } else { by_station }
}
