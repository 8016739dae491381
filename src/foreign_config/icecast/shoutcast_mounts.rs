//! `<shoutcast-mount>` and `<shoutcast-compat>`: the ports of SHOUTcast v1 encoders, and the mounts of those
//! that name none.

use super::super::draft::{self, ListenItem, Place};
use super::super::finding::Effect;
use super::super::setting::Setting;
use super::super::translator::Translator;
use super::super::values;
use super::super::xml::Element;

const SOURCE_LISTEN: &str = "source_listen";

/// The mount of v1 encoders if the file names none.
const DEFAULT_MOUNT: &str = "/stream";

/// Translates the ports of all sockets.
pub(super) fn run(translator: &mut Translator, root: &Element) {
    let mut is_used = false;
    for socket in root.children.iter().filter(|child| child.name == "listen-socket") {
        is_used |= take(translator, root, socket);
    }
    if let Some(mount) = root.child("shoutcast-mount") {
        match is_used {
            true => translator.already_so(&mount.setting, "the mount of the ports with <shoutcast-compat>"),
            false => translator.no_effect(&mount.setting, "no <listen-socket> has <shoutcast-compat>"),
        }
    }
}

/// Translates one socket. Returns whether it uses the mount of the whole server.
fn take(translator: &mut Translator, root: &Element, socket: &Element) -> bool {
    let own = socket.child("shoutcast-mount").filter(|it| !it.setting.value.is_empty());
    let compat = socket.child("shoutcast-compat");
    let is_compat = compat.and_then(|compat| translator.flag(&compat.setting)) == Some(true);
    let port = socket.child("port").map_or(&socket.setting, |port| &port.setting);
    let origin = port.origin();
    let Some(item) = translator.draft.listen.iter().find(|item| item.origin == origin).cloned() else {
        return false;
    };
    if let Some(compat) = compat.filter(|_| is_compat) {
        let global = root.text("shoutcast-mount").unwrap_or(DEFAULT_MOUNT);
        only_for_encoders(translator, &item, own, global, &compat.setting);
        return own.is_none();
    }
    if let Some(compat) = compat {
        translator.already_so(&compat.setting, "the port is for all clients");
    }
    own.into_iter().for_each(|own| add_next_port(translator, item.clone(), &own.setting));
    false
}

/// Makes a port one of encoders alone, with a mount of its own or that of the whole server.
fn only_for_encoders(
    translator: &mut Translator,
    item: &ListenItem,
    own: Option<&Element>,
    global: &str,
    compat: &Setting,
) {
    let mount = own.map_or(global, |own| &own.setting.value);
    translator.draft.listen.retain(|other| other.origin != item.origin);
    let address = item.address();
    add(translator, &address, mount, compat);
    let how = format!("[server] {SOURCE_LISTEN} = \"{address}\"");
    translator.replace_findings(&item.origin, Effect::Taken(how));
    own.into_iter().for_each(|own| translator.already_so(&own.setting, "the mount of this port"));
}

/// Adds the port after that of a socket, for the encoders of this mount.
fn add_next_port(translator: &mut Translator, item: ListenItem, mount: &Setting) {
    match item.port.checked_add(1) {
        Some(port) => {
            let next = ListenItem { port, ..item };
            add(translator, &next.address(), &mount.value, mount);
        }
        None => translator.no_effect(mount, "encoders use the port after this one, and there is none"),
    }
}

/// Adds a port of v1 encoders.
fn add(translator: &mut Translator, address: &str, mount: &str, setting: &Setting) {
    let entry = values::inline_table([("address", values::text(address)), ("mount", values::text(mount))]);
    let before = translator.draft.table(Place::Server).get(SOURCE_LISTEN).map(str::to_owned);
    let all = before.iter().map(|list| draft::items(list).to_owned()).chain([entry]);
    translator.take(Place::Server, SOURCE_LISTEN, values::list(all), setting);
}
