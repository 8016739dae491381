//! The parameters of a list of listeners: which of them it has, and in which order.

use std::cmp::Ordering;
use std::fmt::Write;

use ipnet::IpNet;

use super::parameters::Pagination;
use crate::http::admin::reply::AdminRefusal;
use crate::http::request::form::FormData;
use crate::pages::ListenerSnapshot;

/// The longest text to search for, in bytes. A User-Agent fits in it.
const SEARCH_MAX: usize = 200;

/// The parameters of a list of listeners.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListenerQuery {
    /// The part of the list.
    pub part: Pagination,
    /// A listener is in the list if all of these match it.
    search: Vec<SearchTerm>,
    order: ListenerOrder,
}

/// A word of the text to search for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum SearchTerm {
    /// Matches the addresses in it.
    Network(IpNet),
    /// Matches a part of the address, the User-Agent or the Referer, in small letters.
    Text(String),
}

/// The order of a list of listeners. Listeners that are equal in it are sorted by id.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct ListenerOrder {
    key: ListenerKey,
    is_descending: bool,
}

/// What listeners are sorted by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum ListenerKey {
    #[default]
    Id,
    Address,
    UserAgent,
    Connected,
    Behind,
    Skips,
    BytesSent,
}

impl ListenerQuery {
    /// Parses the parameters `after`, `offset`, `limit`, `search` and `sort`.
    ///
    /// # Errors
    /// A number is invalid, `sort` names no key, or the text to search for is too long.
    pub fn from_form(form: &FormData) -> Result<Self, AdminRefusal> {
        let search = form.non_empty_text("search").unwrap_or_default();
        if search.len() > SEARCH_MAX {
            return Err(AdminRefusal::SearchTooLong);
        }
        let order = form.non_empty_text("sort").map(|name| ListenerOrder::parse(&name)).transpose()?;
        Ok(Self {
            part: Pagination::from_form(form)?,
            search: search.split_whitespace().map(SearchTerm::parse).collect(),
            order: order.unwrap_or_default(),
        })
    }

    /// Returns which of the listeners, sorted by id, have to be known to make the list. Only a search and
    /// another order need all of them.
    pub fn gathered(&self) -> Pagination {
        if self.is_by_id() { self.part } else { Pagination::ALL }
    }

    fn is_by_id(&self) -> bool {
        self.search.is_empty() && self.order == ListenerOrder::default()
    }

    /// Returns the list from the [gathered](Self::gathered) listeners of a station that has `total`, and how
    /// many of its listeners match the search.
    pub fn select<'a>(
        &self,
        gathered: &'a [ListenerSnapshot],
        total: usize,
    ) -> (Vec<&'a ListenerSnapshot>, usize) {
        if self.is_by_id() {
            return (gathered.iter().collect(), total);
        }
        let mut text = String::new();
        let mut list: Vec<_> = gathered.iter().filter(|it| self.matches(it, &mut text)).collect();
        let matching = list.len();
        list.retain(|it| it.id > self.part.after);
        list.sort_unstable_by(|a, b| self.order.compare(a, b));
        let list = list.into_iter().skip(self.part.offset).take(self.part.limit);
        (list.collect(), matching)
    }

    /// Returns whether all terms match a listener. `text` is reused, because there may be many listeners.
    fn matches(&self, listener: &ListenerSnapshot, text: &mut String) -> bool {
        if self.search.is_empty() {
            return true;
        }
        text.clear();
        // Writing to a `String` cannot fail. No term contains a line end.
        let _ = writeln!(text, "{}", listener.address);
        text.extend(in_small_letters(&listener.user_agent));
        text.push('\n');
        text.extend(in_small_letters(&listener.referer));
        self.search.iter().all(|term| match term {
            SearchTerm::Network(network) => network.contains(&listener.address),
            SearchTerm::Text(part) => text.contains(part.as_str()),
        })
    }
}

impl SearchTerm {
    fn parse(word: &str) -> Self {
        let network = word.parse().map(Self::Network);
        network.unwrap_or_else(|_| Self::Text(in_small_letters(word).collect()))
    }
}

impl ListenerOrder {
    /// Parses the name of a key of a listener, with `-` in front for the reverse order.
    fn parse(name: &str) -> Result<Self, AdminRefusal> {
        let key = name.strip_prefix('-');
        let (key, is_descending) = (key.unwrap_or(name), key.is_some());
        let key = match key {
            "id" => ListenerKey::Id,
            "address" => ListenerKey::Address,
            "user_agent" => ListenerKey::UserAgent,
            "connected_s" => ListenerKey::Connected,
            "behind_s" => ListenerKey::Behind,
            "skips" => ListenerKey::Skips,
            "bytes_sent" => ListenerKey::BytesSent,
            _ => return Err(AdminRefusal::InvalidSort),
        };
        Ok(Self { key, is_descending })
    }

    fn compare(self, a: &ListenerSnapshot, b: &ListenerSnapshot) -> Ordering {
        let order = match self.key {
            ListenerKey::Id => a.id.cmp(&b.id),
            ListenerKey::Address => a.address.cmp(&b.address),
            ListenerKey::UserAgent => in_small_letters(&a.user_agent).cmp(in_small_letters(&b.user_agent)),
            ListenerKey::Connected => a.connected_s.cmp(&b.connected_s),
            ListenerKey::Behind => a.behind.cmp(&b.behind),
            ListenerKey::Skips => a.skips.cmp(&b.skips),
            ListenerKey::BytesSent => a.bytes_sent.cmp(&b.bytes_sent),
        };
        let order = if self.is_descending { order.reverse() } else { order };
        order.then(a.id.cmp(&b.id))
    }
}

fn in_small_letters(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().flat_map(char::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::request::Request;
    use std::time::Duration;

    fn query(parameters: &str) -> Result<ListenerQuery, AdminRefusal> {
        let request = Request::from_lines(&format!("GET /?{parameters} HTTP/1.0"));
        ListenerQuery::from_form(&FormData::from_request(&request, &[]))
    }

    /// Five listeners with the ids 1 to 5.
    fn listeners() -> Vec<ListenerSnapshot> {
        let listener = |id: u64, address: &str, user_agent: &str, behind, skips| ListenerSnapshot {
            id,
            address: address.parse().expect("an address"),
            user_agent: user_agent.to_owned(),
            referer: if id == 4 { "http://Harbour.example/".to_owned() } else { String::new() },
            forwarded_for: String::new(),
            connected_s: 100 - id,
            bytes_sent: 1000 * (6 - id),
            behind: Duration::from_millis(behind),
            skips,
            is_encrypted: false,
            is_counted: true,
        };
        vec![
            listener(1, "203.0.113.9", "VLC/3.0.24 LibVLC/3.0.24", 900, 0),
            listener(2, "9.0.0.1", "mpv 0.40", 20_000, 2),
            listener(3, "2001:db8::1", "vlc/2.0 Ärger", 100, 0),
            listener(4, "203.0.114.10", "Mozilla/5.0", 1000, 1),
            listener(5, "203.0.113.200", "", 950, 0),
        ]
    }

    #[track_caller]
    fn ids(parameters: &str) -> Vec<u64> {
        let query = query(parameters).expect("valid parameters");
        let listeners = listeners();
        // The server gathers a part by id itself.
        assert_eq!(query.gathered(), Pagination::ALL, "{parameters}");
        query.select(&listeners, 5).0.iter().map(|it| it.id).collect()
    }

    #[test]
    fn search_finds_every_word_in_address_program_or_referer() {
        for (search, expected) in [
            ("203.0.113.", &[1, 5][..]),
            ("VLC", &[1, 3]),
            ("vlc%20203.", &[1]),
            ("harbour", &[4]),
            ("%C3%A4rger", &[3]),
            ("%C3%84RGER", &[3]),
            ("203.0.112.0/23", &[1, 5]),
            ("2001:db8::/32", &[3]),
            ("203.0.112.0/22+mozilla", &[4]),
            ("nothing", &[]),
            ("203.0.113.9%0aVLC", &[1]),
        ] {
            assert_eq!(ids(&format!("search={search}")), expected, "{search}");
        }
    }

    #[test]
    fn lists_are_sorted_by_any_key_in_both_directions() {
        for (sort, expected) in [
            ("-id", [5, 4, 3, 2, 1]),
            ("address", [2, 1, 5, 4, 3]),
            ("-address", [3, 4, 5, 1, 2]),
            ("user_agent", [5, 4, 2, 3, 1]),
            ("connected_s", [5, 4, 3, 2, 1]),
            ("-connected_s", [1, 2, 3, 4, 5]),
            ("-behind_s", [2, 4, 5, 1, 3]),
            ("-skips", [2, 4, 1, 3, 5]),
            ("bytes_sent", [5, 4, 3, 2, 1]),
        ] {
            assert_eq!(ids(&format!("sort={sort}")), expected, "{sort}");
        }
        for sort in ["name", "-", "id,skips", "--id", "Address"] {
            assert_eq!(query(&format!("sort={sort}")), Err(AdminRefusal::InvalidSort), "{sort}");
        }
    }

    #[test]
    fn part_is_taken_after_the_search_and_in_the_order() {
        assert_eq!(ids("sort=-behind_s&offset=1&limit=2"), [4, 5]);
        assert_eq!(ids("sort=-id&after=2&limit=2"), [5, 4]);
        assert_eq!(ids("search=203.&offset=2"), [5]);
        assert_eq!(ids("search=203.&offset=9"), [0; 0]);
        let listeners = listeners();
        let query = query("search=203.&limit=1").expect("valid parameters");
        let (list, matching) = query.select(&listeners, 5);
        assert_eq!((list.len(), matching), (1, 3));
    }

    #[test]
    fn list_by_id_needs_only_its_part() {
        let query = query("after=7&offset=200&limit=100&sort=id&search=+").expect("valid parameters");
        assert_eq!(query.gathered(), Pagination { after: 7, offset: 200, limit: 100 });
        let listeners = listeners();
        assert_eq!(query.select(&listeners[..2], 19_000), (vec![&listeners[0], &listeners[1]], 19_000));
    }

    #[test]
    fn text_to_search_for_is_bounded() {
        assert!(query(&format!("search={}", "x".repeat(SEARCH_MAX))).is_ok());
        let longer = query(&format!("search={}", "x".repeat(SEARCH_MAX + 1)));
        assert_eq!(longer, Err(AdminRefusal::SearchTooLong));
    }
}
