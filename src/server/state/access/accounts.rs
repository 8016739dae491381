//! Whose name and password are given.

use crate::session::SourceUser;
use crate::settings::{Account, SourceSettings};

/// Whose name and password these are among those who may go live on a station. Without a name, or with an empty one, the
/// password has to be that of the station's own account.
///
/// Every password is compared, and each in constant time, so that the time it takes reveals nothing.
pub fn source_login(settings: &SourceSettings, user: Option<&str>, password: &str) -> Option<SourceUser> {
    let user = user.filter(|user| !user.is_empty());
    let nameless = SourceUser { name: settings.account.user.clone(), priority: 0 };
    let mut found =
        matches_account(&settings.account, user.unwrap_or(&nameless.name), password).then_some(nameless);
    for dj in &settings.djs {
        let is_right = dj.password.matches(password);
        if is_right && user == Some(dj.name.as_str()) {
            found = Some(SourceUser { name: dj.name.clone(), priority: dj.priority });
        }
    }
    found
}

/// Whether a user that logged in still has an account, under whatever password.
pub fn has_account(settings: &SourceSettings, who: &SourceUser) -> bool {
    let Account { user, password } = &settings.account;
    (password.is_some() && *user == who.name) || settings.djs.iter().any(|dj| dj.name == who.name)
}

/// Whether these are an account's name and password.
pub fn matches_account(account: &Account, user: &str, password: &str) -> bool {
    let is_right = account.password.as_ref().is_some_and(|right| right.matches(password));
    is_right && account.user == user
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Dj, Secret};

    #[test]
    fn a_password_goes_with_its_name() {
        let account = Account { user: "source".into(), password: Some(Secret::new("deep water")) };
        let dj = Dj { name: "nadia".into(), password: Secret::new("tide"), priority: 5 };
        let settings = SourceSettings { account, djs: vec![dj], ..Default::default() };
        for (user, password, who) in [
            (None, "deep water", Some("source")),
            (Some(""), "deep water", Some("source")),
            (Some("source"), "deep water", Some("source")),
            (Some("nadia"), "tide", Some("nadia")),
            (Some("nadia"), "deep water", None),
            (Some("source"), "tide", None),
            (None, "tide", None),
            (None, "", None),
            (Some("Nadia"), "tide", None),
        ] {
            let found = source_login(&settings, user, password).map(|who| who.name);
            assert_eq!(found.as_deref(), who, "{user:?} {password:?}");
        }
        assert_eq!(source_login(&SourceSettings::default(), None, ""), None);
        let who = |user: &str| SourceUser { name: user.into(), priority: 0 };
        let known = ["source", "nadia", "anna"].map(|user| has_account(&settings, &who(user)));
        assert_eq!(known, [true, true, false]);
        assert!(!has_account(&SourceSettings::default(), &who("source")), "it has no password");
    }
}
