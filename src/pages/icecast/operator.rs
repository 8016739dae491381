//! Those below `/admin/`.

use askama::Template;

use super::XML;
use crate::http::admin_reply::AdminRefusal;
use crate::http::form::Form;
use crate::http::which::Which;
use crate::pages::{Inside, ListenerFacts, Shown, StationFacts};

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OperatorPage {
    /// `/admin/listclients`: whoever listens to a mount.
    Clients,
}

impl OperatorPage {
    /// The page at `path`, if there is one.
    ///
    /// # Errors
    /// It has to say of which mount, and does not.
    pub fn of(path: &str, form: &Form) -> Option<Result<Self, AdminRefusal>> {
        match path {
            "/admin/listclients" => Some(on_mount(form, Self::Clients)),
            _ => None,
        }
    }

    /// The page.
    pub fn render(&self, inside: &Inside, station: &StationFacts) -> Shown {
        match self {
            Self::Clients => Shown::template(XML, &Clients::of(inside, station)),
        }
    }
}

fn on_mount<T>(form: &Form, page: T) -> Result<T, AdminRefusal> {
    if form.station() == Which::Lowest { Err(AdminRefusal::MissingParameter) } else { Ok(page) }
}

#[derive(Template)]
#[template(path = "icecast/clients.xml")]
struct Clients<'a> {
    mount: &'a str,
    listeners: Vec<ListenerFacts>,
}

impl<'a> Clients<'a> {
    fn of(inside: &Inside, station: &'a StationFacts) -> Self {
        Self { mount: &station.mount, listeners: inside.listeners.iter().map(ListenerFacts::plain).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::golden::check_at;

    #[test]
    fn lists_are_as_recorded() {
        let station = StationFacts { mount: "/a&b".into(), ..StationFacts::example() };
        let shown = OperatorPage::Clients.render(&Inside::example(), &station);
        check_at("pages/golden/listclients", &shown.private_reply(false));
        let none = OperatorPage::Clients.render(&Inside::default(), &StationFacts::example());
        check_at("pages/golden/listclients-empty", &none.private_reply(false));
    }
}
