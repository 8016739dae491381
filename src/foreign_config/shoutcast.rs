//! `sc_serv.conf`: lines such as `portbase=8000` and `streampath_1=/live`.

use std::path::Path;

use super::document::Document;
use super::draft::Place;
use super::rules::{self, Rule, Rules};
use super::setting::Setting;
use super::translation::Translation;
use super::translator::Translator;
use super::values;

const RULES: Rules<Setting> = &[
    ("portbase", Rule::Take(port)),
    ("password", Rule::Take(password)),
    ("adminpassword", Rule::Take(admin_password)),
    ("maxuser", Rule::Take(max_user)),
    ("streamid", Rule::Take(stream_id)),
    ("streampath", Rule::Take(stream_path)),
];

/// Translates an `sc_serv.conf`.
pub(super) fn translate(text: &str, file: &str, folder: &Path) -> Result<Translation, Vec<String>> {
    let mut translator = Translator::new(folder);
    for setting in settings(text) {
        let name = setting.path.split('_').next().unwrap_or_default().to_ascii_lowercase();
        match rules::find(RULES, &name) {
            Some(Rule::Take(take)) => take(&mut translator, &setting),
            Some(Rule::NoEffect(why)) => translator.no_effect(&setting, why),
            None => {
                let meant = rules::closest(RULES, &name).map(str::to_owned);
                translator.unknown(&setting, meant);
            }
        }
    }
    // sc_serv starts with every password; there is a warning.
    translator.default(Place::Server, "allow_weak_passwords", "true".to_owned());
    let Translator { mut draft, findings, errors, .. } = translator;
    if !errors.is_empty() {
        return Err(errors.into_iter().map(|(line, message)| format!("{file}:{line}: {message}")).collect());
    }
    draft.spread();
    let document = Document::new(&draft, file, &findings);
    Ok(Translation { document, findings })
}

/// Returns the settings of a file. `;` and `#` begin comments.
fn settings(text: &str) -> impl Iterator<Item = Setting> {
    text.lines().enumerate().filter_map(|(index, line)| {
        let line = line.split([';', '#']).next().unwrap_or_default();
        let (key, value) = line.split_once('=')?;
        let key = key.trim();
        let number = key.rsplit_once('_').and_then(|(_, number)| number.parse().ok());
        Some(Setting { line: index + 1, path: key.to_owned(), value: value.trim().to_owned(), number })
    })
}

fn port(translator: &mut Translator, setting: &Setting) {
    if let Some(number) = translator.number(setting) {
        let list = values::list([number.to_string()]);
        translator.take(Place::Server, "listen", list, setting);
    }
}

fn password(translator: &mut Translator, setting: &Setting) {
    translator.take(Place::EveryStation, "source_password", values::text(&setting.value), setting);
}

fn admin_password(translator: &mut Translator, setting: &Setting) {
    translator.take(Place::Server, "admin_password", values::text(&setting.value), setting);
}

fn max_user(translator: &mut Translator, setting: &Setting) {
    if let Some(number) = translator.number(setting) {
        translator.take(Place::Server, "max_listeners", number.clamp(1, 1_000_000).to_string(), setting);
    }
}

fn stream_id(translator: &mut Translator, setting: &Setting) {
    if let Some(number) = translator.number(setting) {
        translator.current = translator.draft.add_table("[[station]]", setting);
        translator.take(translator.current, "id", number.to_string(), setting);
    }
}

fn stream_path(translator: &mut Translator, setting: &Setting) {
    translator.take(translator.current, "mount", values::text(&setting.value), setting);
}
