//! The OpenAPI document of the API, and a validator for tests that checks values against it.

use std::sync::LazyLock;

use serde_json::Value;

/// The document, with a placeholder for the version.
const DOCUMENT: &str = include_str!("openapi.json");

/// Returns the document with the version of coldwave.
pub fn document() -> String {
    DOCUMENT.replacen("COLDWAVE_VERSION", env!("CARGO_PKG_VERSION"), 1)
}

/// Returns the document as a value. It is parsed once: its 70 kB would delay each page that is made from it.
pub fn parsed_document() -> &'static Value {
    static PARSED: LazyLock<Value> =
        LazyLock::new(|| serde_json::from_str(&document()).expect("the document is JSON"));
    &PARSED
}

/// Fails unless `value` matches the schema `name`: it must have all keys of the schema and no others.
#[cfg(test)]
#[track_caller]
pub fn assert_matches_schema(name: &str, value: &Value) {
    tests::check(name, value);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    pub fn check(name: &str, value: &Value) {
        let document = parsed_document();
        let schema = &document["components"]["schemas"][name];
        assert!(schema.is_object(), "there is no schema {name}");
        if let Err(reason) = validate(document, schema, value) {
            panic!("{name}: {reason}");
        }
    }

    /// Validates `value` against `schema`. Supports only the keywords of JSON Schema that the document uses,
    /// and fails for any other keyword.
    fn validate(document: &Value, schema: &Value, value: &Value) -> Result<(), String> {
        for (keyword, expected) in schema.as_object().ok_or("a schema is an object")? {
            let result = match keyword.as_str() {
                "$ref" => validate(document, resolve(document, expected), value),
                "oneOf" => one_of(document, expected, value),
                "type" => ensure(is_type(expected, value), || format!("{value} is not of type {expected}")),
                "enum" => ensure(expected.as_array().is_some_and(|all| all.contains(value)), || {
                    format!("{value} is none of {expected}")
                }),
                "minimum" => ensure(value.as_f64() >= expected.as_f64() || value.is_null(), || {
                    format!("{value} < {expected}")
                }),
                "format" => {
                    ensure(is_format(expected, value), || format!("{value} is not in the format {expected}"))
                }
                "properties" => properties(document, expected, value),
                "required" => {
                    ensure(has_exactly(expected, value), || format!("{value} has other keys than {expected}"))
                }
                "items" => value
                    .as_array()
                    .into_iter()
                    .flatten()
                    .try_for_each(|item| validate(document, expected, item)),
                "additionalProperties" => ensure(*expected == Value::Bool(false), || {
                    "additionalProperties must be false".to_owned()
                }),
                "description" => Ok(()),
                _ => Err(format!("{keyword} is not supported")),
            };
            result?;
        }
        Ok(())
    }

    fn ensure(condition: bool, message: impl FnOnce() -> String) -> Result<(), String> {
        if condition { Ok(()) } else { Err(message()) }
    }

    fn resolve<'a>(document: &'a Value, reference: &Value) -> &'a Value {
        let pointer = reference.as_str().and_then(|reference| reference.strip_prefix('#'));
        pointer
            .and_then(|pointer| document.pointer(pointer))
            .unwrap_or_else(|| panic!("there is no {reference}"))
    }

    fn one_of(document: &Value, schemas: &Value, value: &Value) -> Result<(), String> {
        let results: Vec<_> = schemas
            .as_array()
            .into_iter()
            .flatten()
            .map(|schema| validate(document, schema, value))
            .collect();
        ensure(results.iter().filter(|result| result.is_ok()).count() == 1, || {
            format!("{value}: {results:?}")
        })
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

    fn properties(document: &Value, properties: &Value, value: &Value) -> Result<(), String> {
        for (key, schema) in properties.as_object().into_iter().flatten() {
            validate(document, schema, &value[key]).map_err(|reason| format!("{key}: {reason}"))?;
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
    fn document_is_openapi_3_1_and_all_schema_keys_are_required() {
        let document = parsed_document();
        assert_eq!(document["openapi"], "3.1.0");
        assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
        for (name, schema) in document["components"]["schemas"].as_object().expect("schemas") {
            let keys: Vec<_> = schema["properties"].as_object().expect(name).keys().cloned().collect();
            assert!(
                has_exactly(&schema["required"], &schema["properties"]),
                "{name}: {keys:?} are all required"
            );
            assert_eq!(schema["additionalProperties"], Value::Bool(false), "{name}");
        }
        check_references(document, document);
    }

    /// Fails unless the target of every reference exists.
    fn check_references(document: &Value, part: &Value) {
        match part {
            Value::Object(object) => object.iter().for_each(|(key, value)| match key.as_str() {
                "$ref" => drop(resolve(document, value)),
                _ => check_references(document, value),
            }),
            Value::Array(items) => items.iter().for_each(|item| check_references(document, item)),
            _ => {}
        }
    }

    #[test]
    fn values_that_violate_the_schema_are_rejected() {
        let history = |text: &str| -> Result<(), String> {
            let document = parsed_document();
            let value = serde_json::from_str(text).expect("JSON");
            validate(document, &document["components"]["schemas"]["History"], &value)
        };
        let played = r#"{"title":"A","artist":null,"song":null,"set_by":"B","on_air_at":"2025-03-04T10:11:12.000Z","artwork_url":null}"#;
        assert_eq!(history(&format!(r#"{{"station":1,"history":[{played}]}}"#)), Ok(()));
        for wrong in [
            r#"[]"#.to_owned(),
            r#"{"station":1}"#.to_owned(),
            r#"{"station":"1","history":[]}"#.to_owned(),
            r#"{"station":-1,"history":[]}"#.to_owned(),
            r#"{"station":1,"history":[],"more":1}"#.to_owned(),
            format!(r#"{{"station":1,"history":[{}]}}"#, played.replace("12.000Z", "12Z")),
            format!(r#"{{"station":1,"history":[{}]}}"#, played.replacen("null", "1", 1)),
            format!(r#"{{"station":1,"history":[{}]}}"#, played.replace("\"set_by\":\"B\",", "")),
        ] {
            assert!(history(&wrong).is_err(), "{wrong}");
        }
    }
}
