//! One setting of another server's configuration.

/// A setting: an XML element, or a line `key=value`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Setting {
    /// The line in the file, counted from 1.
    pub line: usize,
    /// The name in messages, with the elements around it: `<limits><clients>`, `streampath_1`.
    pub path: String,
    /// The value, without white space around it.
    pub value: String,
    /// The number in the name of a key of sc_serv, such as 1 in `streampath_1`.
    pub number: Option<u32>,
}
