//! Test support: compares replies with the recorded ones in `src/http/golden/`.
//!
//! `COLDWAVE_RECORD=1 cargo test --lib` records them again; read the difference before you commit it.

use std::path::Path;

/// Compares the reply with the recorded one of that name in `src/http/golden`, in which `VERSION` replaces
/// the version of coldwave.
#[track_caller]
pub fn check(name: &str, reply: &[u8]) {
    check_at(&format!("http/golden/{name}"), reply);
}

/// Like [`check`], for a recorded reply at another path in `src`, such as `pages/golden/stats`.
#[track_caller]
pub fn check_at(path_in_src: &str, reply: &[u8]) {
    let shown = show(reply);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(path_in_src).with_extension("txt");
    if std::env::var_os("COLDWAVE_RECORD").is_some() {
        std::fs::write(&path, &shown).unwrap();
    }
    let recorded = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(shown, recorded, "{} differs", path.display());
}

#[track_caller]
fn show(reply: &[u8]) -> String {
    let text = str::from_utf8(reply).unwrap().replace("\r\n", "\n");
    assert!(!text.contains('\r'), "a lone \\r in {text:?}");
    text.replace(env!("CARGO_PKG_VERSION"), "VERSION")
}
