//! Checks user names and passwords.

use crate::session::SourceUser;
use crate::settings::{Account, SourceSettings};

/// Returns the user with this name and password among those that may go live on a station. If the name is
/// missing or empty, the password must belong to the station's own account.
///
/// All passwords are compared, each in constant time, so that the duration reveals nothing.
pub fn source_login(settings: &SourceSettings, user: Option<&str>, password: &str) -> Option<SourceUser> {
    let user = user.filter(|user| !user.is_empty());
    let account_user = SourceUser { name: settings.account.user.clone(), priority: 0 };
    let mut found = matches_account(&settings.account, user.unwrap_or(&account_user.name), password)
        .then_some(account_user);
    for dj in &settings.djs {
        let is_match = dj.password.matches(password);
        if is_match && user == Some(dj.name.as_str()) {
            found = Some(SourceUser { name: dj.name.clone(), priority: dj.priority });
        }
    }
    found
}

/// Returns the user of the station's own account, if these are its name and password. The name may be empty.
pub fn account_login(settings: &SourceSettings, user: &str, password: &str) -> Option<SourceUser> {
    let name = &settings.account.user;
    let named = if user.is_empty() { name } else { user };
    matches_account(&settings.account, named, password)
        .then(|| SourceUser { name: name.clone(), priority: 0 })
}

/// Returns a user that logged in as the settings describe it now; `None` if it has no account any more. A
/// changed password does not matter: the user has given the one that was valid at the login.
pub fn current_user(settings: &SourceSettings, login: &SourceUser) -> Option<SourceUser> {
    let Account { user, password } = &settings.account;
    let is_shared = password.is_some() && *user == login.name;
    let dj = settings.djs.iter().find(|dj| dj.name == login.name);
    let priority = dj.map(|dj| dj.priority).or(is_shared.then_some(0))?;
    Some(SourceUser { name: login.name.clone(), priority })
}

/// Returns whether these are the name and password of the account.
pub fn matches_account(account: &Account, user: &str, password: &str) -> bool {
    let is_match = account.password.as_ref().is_some_and(|expected| expected.matches(password));
    is_match && account.user == user
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Dj, Secret};

    #[test]
    fn password_is_valid_only_with_its_user_name() {
        let account = Account { user: "source".into(), password: Some(Secret::new("deep water")) };
        let dj = Dj { name: "nadia".into(), display: None, password: Secret::new("tide"), priority: 5 };
        let settings = SourceSettings { account, djs: vec![dj], ..Default::default() };
        for (user, password, expected) in [
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
            let found = source_login(&settings, user, password).map(|user| user.name);
            assert_eq!(found.as_deref(), expected, "{user:?} {password:?}");
            let is_account = account_login(&settings, user.unwrap_or_default(), password).is_some();
            assert_eq!(is_account, expected == Some("source"), "{user:?} {password:?}");
        }
        assert_eq!(source_login(&SourceSettings::default(), None, ""), None);
        let source_user = |user: &str| SourceUser { name: user.into(), priority: 0 };
        let priority = |user: &str| current_user(&settings, &source_user(user)).map(|user| user.priority);
        assert_eq!(["source", "nadia", "anna"].map(priority), [Some(0), Some(5), None]);
        let without_password = current_user(&SourceSettings::default(), &source_user("source"));
        assert_eq!(without_password, None, "the account has no password");
    }
}
