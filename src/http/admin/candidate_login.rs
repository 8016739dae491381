//! Candidate logins: every way in which a request that needs a password can be read as user name and
//! password.

use std::fmt;

use crate::http::request::Request;
use crate::http::request::basic_auth::Credentials;
use crate::http::request::cross_site::Initiator;
use crate::http::request::form::FormData;
use crate::http::request::station_ref::StationRef;
use crate::http::source::login::{LineInterpretation, interpret_line};

/// A user name and password that may be valid, and the station to which they would give access. `{:?}` shows
/// neither of them: in a wrong interpretation, the name is a part of the password.
#[derive(Clone, PartialEq, Eq)]
pub struct CandidateLogin {
    /// The station that the request names; if it names none, the station in its password.
    pub station: StationRef,
    /// The user name and the password. If the user name is empty, only the password must match.
    pub credentials: Credentials,
}

impl fmt::Debug for CandidateLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CandidateLogin").field("station", &self.station).finish_non_exhaustive()
    }
}

impl Request {
    /// Returns all candidate logins of the request and its form, the most likely first: `Authorization`, then
    /// `pass` or `password`. The latter are combined with `user` or `dj`, decoded from base64 as in DNAS 2,
    /// and interpreted like the password line of a v1 source. Passwords of the form are tried
    /// percent-decoded, then as received, since butt does not escape passwords. Empty if the request has no
    /// password.
    ///
    /// If any page may have [made a browser send the request](Initiator::UnknownPage), passwords of the form
    /// are ignored: another site could guess them from the computers of its visitors. Users enter the
    /// password in the browser's dialog instead.
    pub fn candidate_logins(&self, form: &FormData) -> Vec<CandidateLogin> {
        let named = form.station();
        let from_header =
            self.credentials().map(|credentials| CandidateLogin { station: named.clone(), credentials });
        let is_from_unknown_page = Initiator::from_request(self) == Initiator::UnknownPage;
        let passwords = if is_from_unknown_page { Vec::new() } else { passwords(form) };
        let from_form =
            passwords.into_iter().flat_map(|password| logins_from_password(&password, form, &named));
        from_header.into_iter().chain(from_form).collect()
    }
}

/// Returns the possible values of `pass` and `password`.
fn passwords(form: &FormData) -> Vec<String> {
    let mut all = Vec::new();
    for name in ["pass", "password"] {
        all.extend(form.non_empty_text(name));
        let raw = form.raw(name).map(|raw| String::from_utf8_lossy(raw).into_owned());
        all.extend(raw.filter(|raw| !raw.is_empty()));
    }
    all.dedup();
    all
}

fn logins_from_password(password: &str, form: &FormData, named: &StationRef) -> Vec<CandidateLogin> {
    let user = form.non_empty_text("user").or_else(|| form.non_empty_text("dj"));
    let with_user = user.map(|user| Credentials { user, password: password.to_owned() });
    let encoded = Credentials::from_base64(password).filter(|encoded| !encoded.user.is_empty());
    let named_users = with_user.into_iter().chain(encoded);
    let named_users = named_users.map(|credentials| CandidateLogin { station: named.clone(), credentials });
    named_users.chain(interpret_line(password).map(|login| candidate_from(login, named))).collect()
}

fn candidate_from(login: LineInterpretation<'_>, named: &StationRef) -> CandidateLogin {
    let station = if *named == StationRef::Default { login.station } else { named.clone() };
    let user = login.user.unwrap_or_default().to_owned();
    CandidateLogin { station, credentials: Credentials { user, password: login.password.to_owned() } }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The candidates as `station user password`.
    #[track_caller]
    fn check(head: &str, body: &str, expected: &[&str]) {
        let request = Request::from_lines(head);
        let candidates = request.candidate_logins(&FormData::from_request(&request, body.as_bytes()));
        let shown =
            |CandidateLogin { station, credentials: Credentials { user, password } }: &CandidateLogin| {
                match station {
                    StationRef::Default => format!("- {user} {password}"),
                    StationRef::Id(sid) => format!("{sid} {user} {password}"),
                    StationRef::Mount(mount) => format!("{mount} {user} {password}"),
                }
            };
        assert_eq!(candidates.iter().map(shown).collect::<Vec<_>>(), expected, "{head}");
    }

    #[test]
    fn password_is_found_in_every_parameter_and_header() {
        check("GET /admin.cgi?pass=hackme HTTP/1.0", "", &["-  hackme"]);
        check("GET /admin.cgi?pass=hackme&sid=2 HTTP/1.0", "", &["2  hackme"]);
        check("GET /admin.cgi?pass=dj:a HTTP/1.0", "", &["-  dj:a", "- dj a"]);
        check("GET /admin.cgi?pass=a:#2 HTTP/1.0", "", &["-  a:#2", "2  a", "- a #2"]);
        check("GET /admin.cgi?pass=a:#2&mount=/x HTTP/1.0", "", &["/x  a:#2", "/x  a", "/x a #2"]);
        check("GET /admin.cgi?pass=a+b%41 HTTP/1.0", "", &["-  a bA", "-  a+b%41"]);
        check("GET /admin.cgi?pass=a&dj=Nadia HTTP/1.0", "", &["- Nadia a", "-  a"]);
        check("GET /admin.cgi HTTP/1.0", "user=admin&password=a", &["- admin a", "-  a"]);
        check("GET /admin.cgi?pass=YWRtaW46YQ== HTTP/1.0", "", &["- admin a", "-  YWRtaW46YQ=="]);
        check(
            "GET /admin/metadata?pass=a&mount=/live HTTP/1.0\nAuthorization: Basic c291cmNlOmI=",
            "",
            &["/live source b", "/live  a"],
        );
        check("GET /admin.cgi?pass=&password HTTP/1.0", "", &[]);
        check("GET /admin/metadata HTTP/1.0\nAuthorization: Basic *", "", &[]);
    }

    #[test]
    fn password_in_the_url_counts_only_if_no_other_page_can_have_written_it() {
        let browser = "User-Agent: Mozilla/5.0\nAccept-Language: en\nHost: h";
        let request = |lines: &str| format!("GET /admin/stats?pass=a HTTP/1.1\n{browser}\n{lines}");
        check(&request("Accept: text/html"), "", &[]);
        check(&request("Authorization: Basic YWRtaW46Yg=="), "", &["- admin b"]);
        check(&request("Sec-Fetch-Site: none"), "", &["-  a"]);
        check(&request("Referer: http://h/admin/"), "", &["-  a"]);
    }

    #[test]
    fn debug_output_hides_the_password() {
        let request = Request::from_lines("GET /admin.cgi?pass=hackme:hackme HTTP/1.0");
        let shown = format!("{:?}", request.candidate_logins(&FormData::from_request(&request, b"")));
        assert!(!shown.contains("hackme") && shown.contains("Default"), "{shown}");
    }
}
