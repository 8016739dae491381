//! The names that pages show instead of the user names of sources and of the administrator.

use crate::settings::{Account, SourceSettings};

/// The names of a station that the public may know: those of its DJs, by their user names, and those of its
/// other inputs. Every other name may be a login, also one of an earlier configuration, because the title
/// history survives restarts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PublicNames(Vec<(String, String)>);

impl PublicNames {
    /// Returns the names for a station with these sources and the inputs `inputs`, on a server with this
    /// administrator. An input with the name of a shared account has none.
    pub fn new(sources: &SourceSettings, inputs: impl Iterator<Item = String>, admin: &Account) -> Self {
        let djs = sources.djs.iter();
        let djs = djs.map(|dj| (dj.name.clone(), dj.display.as_ref().unwrap_or(&dj.name).clone()));
        let inputs = inputs.filter(|name| *name != sources.account.user && *name != admin.user);
        Self(djs.chain(inputs.map(|name| (name.clone(), name))).collect())
    }

    /// Returns the public name for `name`, a user name or the name of another input; `None` if it must not be
    /// shown, or is empty.
    pub fn public_name(&self, name: &str) -> Option<&str> {
        let own = self.0.iter().find(|(user, _)| user == name).map(|(_, public)| public.as_str());
        own.filter(|name| !name.is_empty())
    }
}

#[cfg(test)]
impl PublicNames {
    /// The names of a station with an AutoDJ and a DJ.
    pub fn example() -> Self {
        Self(["AutoDJ", "nina"].map(|name| (name.to_owned(), name.to_owned())).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Dj, Secret};

    #[test]
    fn only_djs_and_inputs_of_today_have_a_public_name() {
        let dj = |name: &str, display: Option<&str>| Dj {
            name: name.into(),
            display: display.map(str::to_owned),
            password: Secret::new("tide"),
            priority: 0,
        };
        let djs = vec![dj("nadia", Some("DJ Nadia")), dj("anna", None), dj("admin", Some("The Boss"))];
        let account = |user: &str| Account { user: user.into(), password: None };
        let sources = SourceSettings { account: account("desk"), djs, ..SourceSettings::default() };
        let inputs = ["AutoDJ", "root"].map(str::to_owned);
        let names = PublicNames::new(&sources, inputs.clone().into_iter(), &account("admin"));
        for (user, shown) in [
            ("nadia", Some("DJ Nadia")),
            ("anna", Some("anna")),
            ("desk", None),
            // A user of an earlier run.
            ("old-desk", None),
            // A DJ with the name of the administrator.
            ("admin", Some("The Boss")),
            ("AutoDJ", Some("AutoDJ")),
            ("", None),
        ] {
            assert_eq!(names.public_name(user), shown, "{user}");
        }
        let names = PublicNames::new(&sources, inputs.into_iter(), &account("root"));
        assert_eq!(names.public_name("root"), None);
    }
}
