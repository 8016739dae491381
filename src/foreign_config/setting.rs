//! One setting of another server's configuration.

/// A setting: an XML element, or a line `key=value`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Setting {
    /// The line in the file, counted from 1.
    pub line: usize,
    /// Which element or line of the file it is: several elements can be on one line.
    pub ordinal: usize,
    /// The name in messages, with the elements around it: `<limits><clients>`, `streampath_1`.
    pub path: String,
    /// The value, without white space around it.
    pub value: String,
    /// The number in the name of a key of sc_serv, such as 1 in `streampath_1`.
    pub number: Option<u32>,
}

/// Where a key or a finding comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The line in the other file, counted from 1.
    pub line: usize,
    /// The setting, such as `<limits><clients>`.
    pub setting: String,
    /// Which element or line of the file it is.
    pub ordinal: usize,
}

impl Setting {
    /// Returns where what becomes of it comes from.
    pub fn origin(&self) -> Origin {
        Origin { line: self.line, setting: self.path.clone(), ordinal: self.ordinal }
    }
}
