//! What the API promises, as an OpenAPI document, and the test that it is kept.

/// The document. Its version is to be put in.
const DOCUMENT: &str = include_str!("openapi.json");

/// The document as it is sent.
pub fn document() -> String {
    DOCUMENT.replacen("COLDWAVE_VERSION", env!("CARGO_PKG_VERSION"), 1)
}

/// Fails unless `value` is what the schema of this name says: all of its keys, and no others.
#[cfg(test)]
#[track_caller]
pub fn assert_matches_schema(name: &str, value: &serde_json::Value) {
    tests::check(name, value);
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[track_caller]
    pub fn check(name: &str, value: &Value) {
        let whole = whole();
        let schema = &whole["components"]["schemas"][name];
        assert!(schema.is_object(), "there is no schema {name}");
        if let Err(why) = fits(&whole, schema, value) {
            panic!("{name}: {why}");
        }
    }

    fn whole() -> Value {
        serde_json::from_str(&document()).expect("the document is JSON")
    }

    /// The few words of JSON Schema that the document uses; of another it is told.
    fn fits(whole: &Value, schema: &Value, value: &Value) -> Result<(), String> {
        for (word, what) in schema.as_object().ok_or("a schema is an object")? {
            let fits = match word.as_str() {
                "$ref" => fits(whole, target(whole, what), value),
                "oneOf" => one_of(whole, what, value),
                "type" => claim(is_type(what, value), || format!("{value} is not of type {what}")),
                "enum" => claim(what.as_array().is_some_and(|all| all.contains(value)), || {
                    format!("{value} is none of {what}")
                }),
                "minimum" => {
                    claim(value.as_f64() >= what.as_f64() || value.is_null(), || format!("{value} < {what}"))
                }
                "format" => claim(is_format(what, value), || format!("{value} is no {what}")),
                "properties" => properties(whole, what, value),
                "required" => {
                    claim(has_exactly(what, value), || format!("{value} has other keys than {what}"))
                }
                "items" => {
                    value.as_array().into_iter().flatten().try_for_each(|item| fits(whole, what, item))
                }
                "additionalProperties" => {
                    claim(*what == Value::Bool(false), || "nothing may be added".to_owned())
                }
                "description" => Ok(()),
                _ => Err(format!("{word} is not known here")),
            };
            fits?;
        }
        Ok(())
    }

    fn claim(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
        if holds { Ok(()) } else { Err(otherwise()) }
    }

    fn target<'a>(whole: &'a Value, reference: &Value) -> &'a Value {
        let pointer = reference.as_str().and_then(|reference| reference.strip_prefix('#'));
        pointer
            .and_then(|pointer| whole.pointer(pointer))
            .unwrap_or_else(|| panic!("{reference} leads nowhere"))
    }

    fn one_of(whole: &Value, schemas: &Value, value: &Value) -> Result<(), String> {
        let tried: Vec<_> =
            schemas.as_array().into_iter().flatten().map(|schema| fits(whole, schema, value)).collect();
        claim(tried.iter().filter(|tried| tried.is_ok()).count() == 1, || format!("{value}: {tried:?}"))
    }

    fn is_type(types: &Value, value: &Value) -> bool {
        let is = |name: &Value| match name.as_str() {
            Some("object") => value.is_object(),
            Some("array") => value.is_array(),
            Some("string") => value.is_string(),
            Some("boolean") => value.is_boolean(),
            Some("integer") => value.is_u64() || value.is_i64(),
            Some("number") => value.is_number(),
            Some("null") => value.is_null(),
            _ => false,
        };
        types.as_array().map_or_else(|| is(types), |types| types.iter().any(is))
    }

    fn is_format(format: &Value, value: &Value) -> bool {
        let Some(text) = value.as_str() else { return value.is_null() };
        match format.as_str() {
            Some("date-time") => {
                text.len() == 24 && text.ends_with('Z') && text.parse::<jiff::Timestamp>().is_ok()
            }
            Some("uri") => text.starts_with("http://") || text.starts_with("https://"),
            _ => false,
        }
    }

    fn properties(whole: &Value, properties: &Value, value: &Value) -> Result<(), String> {
        for (key, schema) in properties.as_object().into_iter().flatten() {
            fits(whole, schema, &value[key]).map_err(|why| format!("{key}: {why}"))?;
        }
        Ok(())
    }

    fn has_exactly(keys: &Value, value: &Value) -> bool {
        let expected: Option<Vec<&str>> =
            keys.as_array().map(|keys| keys.iter().filter_map(Value::as_str).collect());
        let mut found: Vec<&str> =
            value.as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect();
        found.sort_unstable();
        expected.is_some_and(|mut expected| {
            expected.sort_unstable();
            expected == found
        })
    }

    #[test]
    fn the_document_is_what_it_says() {
        let whole = whole();
        assert_eq!(whole["openapi"], "3.1.0");
        assert_eq!(whole["info"]["version"], env!("CARGO_PKG_VERSION"));
        for (name, schema) in whole["components"]["schemas"].as_object().expect("schemas") {
            let keys: Vec<_> = schema["properties"].as_object().expect(name).keys().cloned().collect();
            assert!(
                has_exactly(&schema["required"], &schema["properties"]),
                "{name}: {keys:?} are all required"
            );
            assert_eq!(schema["additionalProperties"], Value::Bool(false), "{name}");
        }
        every_reference(&whole, &whole);
    }

    /// Fails unless all lead somewhere.
    fn every_reference(whole: &Value, part: &Value) {
        match part {
            Value::Object(object) => object.iter().for_each(|(key, value)| match key.as_str() {
                "$ref" => drop(target(whole, value)),
                _ => every_reference(whole, value),
            }),
            Value::Array(items) => items.iter().for_each(|item| every_reference(whole, item)),
            _ => {}
        }
    }

    #[test]
    fn what_does_not_fit_is_found() {
        let history = |text: &str| -> Result<(), String> {
            let whole = whole();
            let value = serde_json::from_str(text).expect("JSON");
            fits(&whole, &whole["components"]["schemas"]["History"], &value)
        };
        let played =
            r#"{"title":"A","artist":null,"song":null,"set_by":"B","on_air_at":"2025-03-04T10:11:12.000Z"}"#;
        assert_eq!(history(&format!(r#"{{"station":1,"history":[{played}]}}"#)), Ok(()));
        for wrong in [
            r#"[]"#.to_owned(),
            r#"{"station":1}"#.to_owned(),
            r#"{"station":"1","history":[]}"#.to_owned(),
            r#"{"station":-1,"history":[]}"#.to_owned(),
            r#"{"station":1,"history":[],"more":1}"#.to_owned(),
            format!(r#"{{"station":1,"history":[{}]}}"#, played.replace("12.000Z", "12Z")),
            format!(r#"{{"station":1,"history":[{}]}}"#, played.replace("null", "1")),
            format!(r#"{{"station":1,"history":[{}]}}"#, played.replace("\"set_by\":\"B\",", "")),
        ] {
            assert!(history(&wrong).is_err(), "{wrong}");
        }
    }
}
