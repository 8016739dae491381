//! The configuration file as tables of keys, so that single keys can be changed.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A table of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    Server,
    Tls,
    Directory,
    Unlisted,
    /// The station with most listeners, which has an AutoDJ.
    Live,
    LiveDj,
    /// The stations of the live sources.
    Source,
    Source2,
    /// A station without listeners, for keys whose change disconnects some.
    Subject,
    SubjectFormat,
    SubjectRendition,
    /// A station that comes and goes.
    Spare,
}

impl Table {
    /// Returns the head of the table in the file.
    fn head(self) -> &'static str {
        match self {
            Self::Server => "[server]",
            Self::Tls => "[[tls]]",
            Self::Directory => "[directory]",
            Self::Unlisted => "[unlisted]",
            Self::Live | Self::Source | Self::Source2 | Self::Subject | Self::Spare => "[[station]]",
            Self::LiveDj => "[[station.dj]]",
            Self::SubjectFormat => "[station.format]",
            Self::SubjectRendition => "[[station.rendition]]",
        }
    }

    /// Returns the table in the reference to which the keys of this table belong.
    pub fn schema(self) -> &'static str {
        self.head()
    }
}

/// A configuration: the keys of each table, with their values as in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Configuration {
    tables: BTreeMap<Table, BTreeMap<String, String>>,
    /// Whether [`Table::Spare`] comes first of the stations.
    pub spare_first: bool,
}

impl Configuration {
    /// Creates a configuration with these keys.
    pub fn new(keys: &[(Table, &str, String)]) -> Self {
        let mut new = Self { tables: BTreeMap::new(), spare_first: false };
        keys.iter().for_each(|(table, key, value)| new.set(*table, key, value));
        new
    }

    pub fn set(&mut self, table: Table, key: &str, value: &str) {
        self.tables.entry(table).or_default().insert(key.to_owned(), value.to_owned());
    }

    pub fn remove(&mut self, table: Table, key: &str) {
        let keys = self.tables.entry(table).or_default();
        keys.remove(key);
        if keys.is_empty() {
            self.tables.remove(&table);
        }
    }

    pub fn remove_table(&mut self, table: Table) {
        self.tables.remove(&table);
    }

    /// Returns the value of a key, as in the file.
    pub fn get(&self, table: Table, key: &str) -> Option<&str> {
        self.tables.get(&table)?.get(key).map(String::as_str)
    }

    /// Returns the text of the file.
    pub fn text(&self) -> String {
        let order =
            |table: &Table| (*table >= Table::Live && !(self.spare_first && *table == Table::Spare), *table);
        let mut tables: Vec<_> = self.tables.iter().collect();
        tables.sort_by_key(|(table, _)| order(table));
        let mut out = String::new();
        for (table, keys) in tables {
            out += table.head();
            out.push('\n');
            // Writing into a String cannot fail.
            keys.iter().for_each(|(key, value)| _ = writeln!(out, "{key} = {value}"));
        }
        out
    }
}
