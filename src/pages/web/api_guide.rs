//! `/api/v1/`: the API for a reader with a browser. The page is made from the OpenAPI document, so that it
//! describes every resource.

use askama::Template;
use serde_json::Value;

use super::asset::PAGE_CSS;
use super::front::HTML;
use super::policy::{POLICY, with_policy};
use crate::http::response::reply::SERVER;
use crate::pages::api::{events, schema};
use crate::pages::{RenderedPage, Snapshot, StationSnapshot, stream_url};

/// The paths of the page.
pub const PATHS: [&str; 4] = ["/api", "/api/", "/api/v1", "/api/v1/"];

/// The page.
#[derive(Template)]
#[template(path = "web/api_guide.html")]
struct GuidePage {
    css: String,
    server: &'static str,
    description: String,
    groups: Vec<GuideGroup>,
    objects: Vec<GuideObject>,
}

/// The resources with one tag.
struct GuideGroup {
    name: String,
    description: String,
    endpoints: Vec<GuideEndpoint>,
}

/// A method of a resource.
struct GuideEndpoint {
    method: String,
    path: String,
    summary: String,
    description: String,
    parameters: Vec<GuideField>,
    /// The object in the response.
    returns: Option<String>,
    examples: Vec<GuideExample>,
}

/// A command, and the path of its resource if a browser can show it.
struct GuideExample {
    command: String,
    path: Option<String>,
}

/// An object in responses.
struct GuideObject {
    name: String,
    description: String,
    fields: Vec<GuideField>,
}

/// A key of an object, or a parameter.
struct GuideField {
    name: String,
    kind: String,
    /// The object that it is or contains.
    object: Option<String>,
    description: String,
}

/// Renders the page, with examples for the first station of `snapshot` and a client that reached the server
/// at `base`.
pub fn render(snapshot: &Snapshot, base: &str) -> RenderedPage {
    let document = schema::parsed_document();
    let station = snapshot.stations.first().map(AsRef::as_ref);
    let group = |tag: &Value| {
        let name = text(tag, "name");
        let endpoints = endpoints(document, &name, station, base);
        GuideGroup { description: text(tag, "description"), endpoints, name }
    };
    let page = GuidePage {
        css: PAGE_CSS.url(),
        server: SERVER,
        description: text(&document["info"], "description"),
        groups: list(&document["tags"]).map(group).collect(),
        objects: entries(&document["components"]["schemas"])
            .map(|it| GuideObject::new(document, it))
            .collect(),
    };
    with_policy(RenderedPage::from_template(HTML, &page), POLICY)
}

/// Returns the endpoints of the document with this tag.
fn endpoints(
    document: &Value,
    tag: &str,
    station: Option<&StationSnapshot>,
    base: &str,
) -> Vec<GuideEndpoint> {
    let methods = entries(&document["paths"]).flat_map(|(path, methods)| {
        entries(methods).map(move |(method, operation)| (path, method, operation))
    });
    let of_tag = methods.filter(|(_, _, operation)| operation["tags"][0] == tag);
    of_tag
        .map(|(path, method, operation)| GuideEndpoint::new(path, method, operation, station, base))
        .collect()
}

impl GuideEndpoint {
    fn new(
        path: &str,
        method: &str,
        operation: &Value,
        station: Option<&StationSnapshot>,
        base: &str,
    ) -> Self {
        let is_public = operation["tags"][0] == "public";
        let content = &operation["responses"]["200"]["content"]["application/json"]["schema"];
        Self {
            method: method.to_uppercase(),
            path: path.to_owned(),
            summary: text(operation, "summary"),
            description: text(operation, "description"),
            parameters: parameters(operation),
            returns: object_of(content),
            examples: if is_public { examples(path, station, base) } else { Vec::new() },
        }
    }
}

/// Returns the parameters of a method, and the fields of its form.
fn parameters(operation: &Value) -> Vec<GuideField> {
    let form = &operation["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"];
    let fields = entries(&form["properties"]).map(|(name, schema)| {
        let field = GuideField::new(name, schema);
        GuideField { kind: format!("{}, form field", field.kind), ..field }
    });
    list(&operation["parameters"]).map(GuideField::from_parameter).chain(fields).collect()
}

/// Returns examples of requests to a path, for a station by its id and by its mount.
fn examples(path: &str, station: Option<&StationSnapshot>, base: &str) -> Vec<GuideExample> {
    if !path.contains("{id}") {
        return vec![GuideExample::new(path.to_owned(), base)];
    }
    let mut names = station.map(|station| vec![station.id.to_string()]).unwrap_or_default();
    let mount = station.map(|station| stream_url("", &station.mount)).unwrap_or_default();
    let mount = mount.trim_start_matches('/');
    // Such a mount would be read as an id or as a history.
    if !mount.is_empty() && mount.parse::<u32>().is_err() && !mount.ends_with("/history") {
        names.push(mount.to_owned());
    }
    names.iter().map(|name| GuideExample::new(path.replace("{id}", name), base)).collect()
}

impl GuideExample {
    fn new(path: String, base: &str) -> Self {
        // curl prints events only without its buffer, and a browser would offer them as a download.
        let is_endless = path == events::PATH;
        let option = if is_endless { "-N " } else { "" };
        Self { command: format!("curl {option}{base}{path}"), path: (!is_endless).then_some(path) }
    }
}

impl GuideObject {
    fn new(document: &Value, (name, schema): (&str, &Value)) -> Self {
        // The keys of a JSON object have no order, those of the list do.
        let keys = list(&schema["required"]).filter_map(Value::as_str);
        let field = |key: &str| GuideField::new(key, resolve(document, &schema["properties"][key]));
        Self {
            name: name.to_owned(),
            description: text(schema, "description"),
            fields: keys.map(field).collect(),
        }
    }
}

impl GuideField {
    fn new(name: &str, schema: &Value) -> Self {
        Self {
            name: name.to_owned(),
            kind: kind_of(schema),
            object: object_of(schema),
            description: text(schema, "description"),
        }
    }

    fn from_parameter(parameter: &Value) -> Self {
        let place = if parameter["in"] == "path" { "in the path" } else { "optional" };
        let kind = format!("{}, {place}", kind_of(&parameter["schema"]));
        let description = text(parameter, "description");
        Self { name: text(parameter, "name"), kind, object: None, description }
    }
}

/// Returns the type of a value in words.
fn kind_of(schema: &Value) -> String {
    let types: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        several => list(several).filter_map(Value::as_str).collect(),
    };
    match (types.as_slice(), &schema["enum"]) {
        (["array"], _) => "list".to_owned(),
        (_, Value::Array(values)) => {
            let words: Vec<String> = values.iter().map(|value| value.to_string().replace('"', "")).collect();
            words.join(", ")
        }
        (types, _) => types.join(" or "),
    }
}

/// Returns the key that a value refers to, if it is the same as a key of another object.
fn resolve<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let path = schema["$ref"].as_str().filter(|path| path.contains("/properties/"));
    path.and_then(|path| document.pointer(path.trim_start_matches('#'))).unwrap_or(schema)
}

/// Returns the name of the object that a value is or contains.
fn object_of(schema: &Value) -> Option<String> {
    let name = schema["$ref"].as_str().and_then(|name| name.strip_prefix("#/components/schemas/"));
    let direct = name.filter(|name| !name.contains('/')).map(str::to_owned);
    direct
        .or_else(|| schema.get("items").and_then(object_of))
        .or_else(|| list(&schema["oneOf"]).find_map(object_of))
}

fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(key, value)| (key.as_str(), value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn html(snapshot: &Snapshot) -> String {
        let page = render(snapshot, "http://radio.example:8000");
        assert!(page.headers.contains(&("Content-Security-Policy", POLICY.to_owned())));
        String::from_utf8(page.body).expect("a page is text")
    }

    #[test]
    fn page_describes_every_resource_and_object_of_the_document() {
        let html = html(&Snapshot::example());
        let document = schema::parsed_document();
        for (path, methods) in entries(&document["paths"]) {
            for (method, _) in entries(methods) {
                let heading = format!("<code>{} {path}</code>", method.to_uppercase());
                assert_eq!(html.matches(&heading).count(), 1, "{heading}");
            }
        }
        for (name, schema) in entries(&document["components"]["schemas"]) {
            assert_eq!(html.matches(&format!(" id=\"{name}\"")).count(), 1, "{name}");
            let escapes = [("&", "&#38;"), ("'", "&#39;"), ("\"", "&#34;"), ("<", "&#60;"), (">", "&#62;")];
            let description = text(schema, "description");
            let description = escapes.iter().fold(description, |text, (from, to)| text.replace(from, to));
            assert!(html.contains(&description), "{description}");
        }
        for link in html.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(html.contains(&format!(" id=\"{link}\"")), "{link}");
        }
        for field in [
            "<li><code>client</code> <span class=\"quiet\">(string, form field)</span> Comma-separated ids",
            "<li><code>song</code> <span class=\"quiet\">(string, form field)</span> ",
        ] {
            assert!(html.contains(field), "{field}");
        }
        let station = html.split("<h3 id=\"AdminStation\">").nth(1).expect("the object");
        let mount = station.lines().find(|line| line.contains("<code>mount</code>")).expect("a key");
        assert!(mount.contains("(string)") && mount.len() > 60, "what it is: {mount}");
        for example in [
            "<a href=\"/api/v1/stations\">curl http://radio.example:8000/api/v1/stations</a>",
            "<a href=\"/api/v1/stations/1/history\">",
            "<a href=\"/api/v1/stations/live\">curl http://radio.example:8000/api/v1/stations/live</a>",
            "curl -N http://radio.example:8000/api/v1/events",
        ] {
            assert!(html.contains(example), "{example}");
        }
    }

    #[test]
    fn page_loads_nothing_but_its_style_sheet() {
        let mut snapshot = Snapshot::example();
        snapshot.first_mut().mount = "/\"><script>\u{e9}'&".into();
        let html = html(&snapshot);
        assert!(!html.contains("<script") && !html.contains(" src=") && !html.contains(" style="), "{html}");
        assert_eq!(html.matches("<link ").count(), 1);
        assert!(html.contains("/api/v1/stations/%22%3E%3Cscript%3E%C3%A9%27%26\""), "{html}");
    }

    #[test]
    fn mounts_that_are_read_otherwise_are_no_examples() {
        for mount in ["/1", "/news/history"] {
            let mut snapshot = Snapshot::example();
            snapshot.first_mut().mount = mount.into();
            assert_eq!(html(&snapshot).matches("<a href=\"/api/v1/stations/").count(), 2, "{mount}");
        }
        assert!(
            html(&Snapshot { stations: Vec::new(), ..Snapshot::example() }).contains("GET /api/v1/stations")
        );
    }
}
