//! The tables and keys of a configuration of coldwave that is being translated.

use super::setting::{Origin, Setting};

/// A table that can have keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// `[server]`.
    Server,
    /// `[unlisted]`.
    Unlisted,
    /// Each `[[station]]` that does not have the key itself.
    EveryStation,
    /// Each `[[station]]` that does not have the key itself, and `[unlisted]`.
    EveryMount,
    /// The table that was added at this position.
    Table(usize),
}

/// A key with its value.
#[derive(Debug, Clone)]
pub struct Entry {
    pub key: &'static str,
    /// The value as TOML.
    pub value: String,
    /// Where it comes from; `None` for a default of the other server.
    pub origin: Option<Origin>,
}

/// A table with its keys.
#[derive(Debug, Clone)]
pub struct Table {
    /// The header: `[server]`, `[[station]]`.
    pub header: &'static str,
    pub entries: Vec<Entry>,
    /// Where it comes from.
    pub origin: Option<Origin>,
}

impl Table {
    fn new(header: &'static str) -> Self {
        Self { header, entries: Vec::new(), origin: None }
    }

    /// Sets a key. A value that was set before is replaced, as in the other servers.
    pub fn set(&mut self, entry: Entry) {
        match self.entries.iter_mut().find(|other| other.key == entry.key) {
            Some(other) => *other = entry,
            None => self.entries.push(entry),
        }
    }

    /// Sets a key that is not set.
    pub fn set_missing(&mut self, entry: &Entry) {
        if self.get(entry.key).is_none() {
            self.entries.push(entry.clone());
        }
    }

    /// Removes a key that has no effect without another one.
    pub fn remove(&mut self, key: &str) {
        self.entries.retain(|entry| entry.key != key);
    }

    /// Returns the value of a key as TOML.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.entries.iter().find(|entry| entry.key == key).map(|entry| entry.value.as_str())
    }
}

/// An address on which the server listens.
#[derive(Debug, Clone)]
pub struct ListenItem {
    /// The address without its port, with brackets around one of IPv6; `None` for all addresses.
    pub host: Option<String>,
    pub port: u16,
    pub tls_only: bool,
    pub origin: Origin,
}

impl ListenItem {
    /// Returns the address as coldwave writes it.
    pub fn address(&self) -> String {
        format!("{}:{}", self.host.as_deref().unwrap_or("[::]"), self.port)
    }
}

/// All tables.
#[derive(Debug)]
pub struct Draft {
    pub server: Table,
    /// `listen` in `[server]`, if it is written there.
    pub listen: Vec<ListenItem>,
    pub unlisted: Table,
    /// Keys of each `[[station]]` that does not have them itself.
    pub every_station: Table,
    /// Keys of each `[[station]]` and of `[unlisted]`, unless these have them themselves.
    pub every_mount: Table,
    /// Further tables, in the order in which they are written. The keys of a table that begins inside
    /// another, such as `[[station.dj]]`, follow that table.
    pub tables: Vec<Table>,
}

impl Draft {
    pub fn new() -> Self {
        Self {
            server: Table::new("[server]"),
            listen: Vec::new(),
            unlisted: Table::new("[unlisted]"),
            every_station: Table::new("[[station]]"),
            every_mount: Table::new("[[station]]"),
            tables: Vec::new(),
        }
    }

    /// Adds a table and returns its place.
    pub fn add_table(&mut self, header: &'static str, setting: &Setting) -> Place {
        let origin = Some(setting.origin());
        self.tables.push(Table { origin, ..Table::new(header) });
        Place::Table(self.tables.len() - 1)
    }

    /// Returns the table at a place.
    pub fn table(&mut self, place: Place) -> &mut Table {
        match place {
            Place::Server => &mut self.server,
            Place::Unlisted => &mut self.unlisted,
            Place::EveryStation => &mut self.every_station,
            Place::EveryMount => &mut self.every_mount,
            Place::Table(index) => &mut self.tables[index],
        }
    }

    /// Returns the `[[station]]` tables.
    pub fn stations(&mut self) -> impl Iterator<Item = &mut Table> {
        self.tables.iter_mut().filter(|table| table.header == "[[station]]")
    }

    /// Gives each station, and `[unlisted]` if it has keys, the keys that all have.
    pub fn spread(&mut self) {
        let (every_station, every_mount) = (self.every_station.clone(), self.every_mount.clone());
        for station in self.tables.iter_mut().filter(|table| table.header == "[[station]]") {
            add_missing(station, &every_station);
            add_missing(station, &every_mount);
        }
        if !self.unlisted.entries.is_empty() {
            add_missing(&mut self.unlisted, &every_mount);
        }
    }
}

/// Returns what is between the brackets of a list.
pub fn items(list: &str) -> &str {
    list.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(list)
}

fn add_missing(table: &mut Table, others: &Table) {
    others.entries.iter().for_each(|entry| table.set_missing(entry));
}
