//! Those of `/admin.cgi`.

use askama::Template;

use crate::http::form::Form;
use crate::pages::{Inside, ListenerFacts, Shown};

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OperatorPage {
    /// `mode=viewxml&page=3`: whoever listens.
    Listeners,
}

impl OperatorPage {
    /// The page that is asked for, if there is one.
    pub fn of(form: &Form) -> Option<Self> {
        match (form.text("mode")?.as_str(), form.text("page").as_deref()) {
            ("viewxml", Some("3")) => Some(Self::Listeners),
            _ => None,
        }
    }

    /// The page.
    pub fn render(&self, inside: &Inside) -> Shown {
        match self {
            Self::Listeners => Shown::template("text/xml", &Listeners::of(inside)),
        }
    }
}

/// All on one line: scripts look for it with expressions whose dot is no line end.
#[derive(Template)]
#[template(path = "dnas/listeners.xml")]
struct Listeners {
    listeners: Vec<ListenerFacts>,
}

impl Listeners {
    fn of(inside: &Inside) -> Self {
        Self { listeners: inside.listeners.iter().map(ListenerFacts::plain).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::golden::check_at;

    #[test]
    fn lists_are_as_recorded() {
        let shown = |inside: &Inside| OperatorPage::Listeners.render(inside).private_reply(false);
        check_at("pages/golden/viewxml-3", &shown(&Inside::example()));
        check_at("pages/golden/viewxml-3-empty", &shown(&Inside::default()));
    }
}
