//! Parameters of several resources: which part of a list is requested.

use crate::http::admin::reply::AdminRefusal;
use crate::http::request::form::FormData;

/// The last line of the log that a client has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogPosition {
    /// Its sequence number.
    pub after: u64,
    /// The boot id of the server that numbered it; `None` if the client does not say it.
    pub boot: Option<String>,
}

/// A part of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pagination {
    /// Only entries with an id above this.
    pub after: u64,
    /// How many of these entries are left out first.
    pub offset: usize,
    /// Maximum number of entries.
    pub limit: usize,
}

impl Pagination {
    /// The complete list.
    pub const ALL: Self = Self { after: 0, offset: 0, limit: usize::MAX };

    /// Parses the parameters `after`, `offset` and `limit`.
    ///
    /// # Errors
    /// A number is invalid.
    pub fn from_form(form: &FormData) -> Result<Self, AdminRefusal> {
        Ok(Self {
            after: number(form, "after")?.unwrap_or(0),
            offset: number(form, "offset")?.unwrap_or(0) as usize,
            limit: number(form, "limit")?.map_or(usize::MAX, |limit| limit as usize),
        })
    }
}

impl Default for Pagination {
    fn default() -> Self {
        Self::ALL
    }
}

impl LogPosition {
    /// Parses the parameters `after` and `boot`.
    ///
    /// # Errors
    /// The number is invalid.
    pub fn from_form(form: &FormData) -> Result<Self, AdminRefusal> {
        Ok(Self { after: number(form, "after")?.unwrap_or(0), boot: form.non_empty_text("boot") })
    }
}

/// Returns a parameter that is a number, if the form has it.
fn number(form: &FormData, name: &str) -> Result<Option<u64>, AdminRefusal> {
    let number = form.non_empty_text(name).map(|text| text.parse()).transpose();
    number.map_err(|_| AdminRefusal::InvalidNumber)
}
