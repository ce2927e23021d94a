//! Holds calls against GitHub's own description of its API, where `LOADMARK_GITHUB_API` names a copy.
//!
//! A request's body must be valid, and have no field that is not described. Of an answer, every field that the fake
//! gives must be described and of its type; the fake leaves many out.

use std::fs;

use serde_json::{Map, Value, json};

use super::reply::Reply;
use super::server::Call;

/// The variable that names the file.
const FILE: &str = "LOADMARK_GITHUB_API";

/// The description.
pub struct Schema {
    paths: Map<String, Value>,
}

/// What was found in a call.
#[derive(Default)]
pub struct Found {
    pub breaches: Vec<String>,
    /// The method and path, where the description does not have it.
    pub undescribed: Option<String>,
}

impl Schema {
    /// The description, where one is given.
    pub fn given() -> Option<Self> {
        let file = std::env::var_os(FILE)?;
        let text = fs::read(&file).unwrap_or_else(|error| panic!("{FILE} names {}: {error}", file.display()));
        let description: Value = serde_json::from_slice(&text).expect("the description is JSON");
        let paths = description["paths"].as_object().expect("the description has paths").clone();
        Some(Self { paths })
    }

    /// The description's path of a call, with what it says of the method.
    fn operation(&self, call: &Call) -> Option<(&String, &Value)> {
        let is_meant = |path: &str| {
            let parts: Vec<_> = path.split('/').filter(|part| !part.is_empty()).collect();
            // There, `{ref}` stands for a path of its own.
            let is_open = path.ends_with("/git/ref/{ref}");
            let fits = |(part, segment): (&&str, &String)| part.starts_with('{') || *part == segment;
            let is_long_enough = parts.len() == call.segments.len() || (is_open && call.segments.len() > parts.len());
            is_long_enough && parts.iter().zip(&call.segments).all(fits)
        };
        let method = call.method.to_lowercase();
        let mut found: Vec<_> = self.paths.iter().filter(|(path, _)| is_meant(path)).collect();
        // A written segment is meant before a placeholder.
        found.sort_by_key(|(path, _)| path.matches('{').count());
        found.into_iter().find_map(|(path, methods)| Some((path, methods.get(&method)?)))
    }

    /// Holds a request against the description.
    pub fn request(&self, call: &Call, has_body: bool) -> Found {
        let name = format!("{} /{}", call.method, shape(call));
        let Some((_, operation)) = self.operation(call) else {
            return Found { undescribed: Some(name), ..Found::default() };
        };
        let Some(schema) = operation.pointer("/requestBody/content/application~1json/schema") else {
            let breaches = if has_body { vec![format!("{name}: a body, where none is described")] } else { Vec::new() };
            return Found { breaches, undescribed: None };
        };
        Found { breaches: breaches(&name, &strict(schema, true), &call.body), undescribed: None }
    }

    /// Holds an answer of the fake against the description.
    pub fn answer(&self, call: &Call, reply: &Reply) -> Found {
        let Some((_, operation)) = self.operation(call).filter(|_| reply.status < 300) else { return Found::default() };
        let name = format!("{} /{} {}", call.method, shape(call), reply.status);
        let Some(answer) = operation["responses"].get(reply.status.to_string()) else {
            return Found { breaches: vec![format!("{name}: no such answer is described")], undescribed: None };
        };
        let Some(schema) = answer.pointer("/content/application~1json/schema") else { return Found::default() };
        Found { breaches: breaches(&name, &strict(schema, false), &reply.body), undescribed: None }
    }
}

/// A call's path with what changes from call to call left out.
fn shape(call: &Call) -> String {
    let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let is_sha = |part: &str| part.len() >= 40;
    let part = |part: &String| if is_number(part) || is_sha(part) { "*".to_owned() } else { part.clone() };
    call.segments.iter().map(part).collect::<Vec<_>>().join("/")
}

fn breaches(name: &str, schema: &Value, content: &Value) -> Vec<String> {
    let validator = jsonschema::validator_for(schema).unwrap_or_else(|error| panic!("{name}: {error}"));
    let told = |error: jsonschema::ValidationError<'_>| format!("{name}: {} at {}", error, error.instance_path());
    validator.iter_errors(content).map(told).collect()
}

/// A schema of OpenAPI 3.0 as one of JSON, that knows no fields but its own; `is_whole`: and wants those required.
fn strict(schema: &Value, is_whole: bool) -> Value {
    let Value::Object(schema) = schema else { return schema.clone() };
    let mut strict_one = Map::new();
    for (key, value) in schema {
        let changed = match (key.as_str(), value) {
            ("required", _) if !is_whole => continue,
            ("nullable" | "example" | "examples" | "discriminator" | "format" | "default" | "description", _) => {
                continue;
            }
            ("properties", Value::Object(fields)) => {
                fields.iter().map(|(name, field)| (name.clone(), strict(field, is_whole))).collect()
            }
            ("anyOf" | "oneOf" | "allOf", Value::Array(all)) => all.iter().map(|one| strict(one, is_whole)).collect(),
            ("items" | "additionalProperties", Value::Object(_)) => strict(value, is_whole),
            _ => value.clone(),
        };
        // Without what is required, one answer may fit several shapes.
        let key = if key == "oneOf" && !is_whole { "anyOf" } else { key };
        strict_one.insert(key.to_owned(), changed);
    }
    let is_closed = schema.contains_key("properties") && !schema.contains_key("additionalProperties");
    if is_closed && !schema.contains_key("oneOf") && !schema.contains_key("anyOf") && !schema.contains_key("allOf") {
        strict_one.insert("additionalProperties".to_owned(), Value::Bool(false));
    }
    if schema.get("nullable") == Some(&Value::Bool(true)) {
        return json!({ "anyOf": [{ "type": "null" }, strict_one] });
    }
    Value::Object(strict_one)
}
