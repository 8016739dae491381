//! Configurations of other servers: errors in what they were translated to.

use crate::config::fuzzing::load_foreign;
use crate::foreign_config::ForeignFormat;

#[test]
fn error_that_names_another_line_names_that_of_the_operators_file() {
    let text = "; streams\nadminpassword=high water\npassword=rosebud\nstreamid_1=7\nstreamid_2=7\n";
    let errors = load_foreign(ForeignFormat::Shoutcast, text.as_bytes()).expect_err("two equal ids");
    let expected = "other:5: streamid_2: [[station]] id: 7 is already the id of the station in line 4";
    assert!(errors.iter().any(|error| error == expected), "{errors:?}");
}
