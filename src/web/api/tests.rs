//! The description against the routes.

use std::collections::BTreeSet;

use serde_json::Value;

use super::DESCRIPTION;
use crate::web::routes;

fn described() -> Value {
    serde_json::from_str(DESCRIPTION).expect("the description is JSON")
}

#[test]
fn every_route_is_described_and_every_description_is_a_route() {
    let served: BTreeSet<(String, String)> = routes::table()
        .listed
        .into_iter()
        .filter(|(_, path)| path.starts_with("/api/"))
        .map(|(method, path)| (path.to_owned(), method.to_owned()))
        .collect();
    let mut described_ones = BTreeSet::new();
    for (path, methods) in described()["paths"].as_object().expect("paths") {
        described_ones.extend(methods.as_object().expect("methods").keys().map(|one| (path.clone(), one.clone())));
    }
    assert_eq!(described_ones, served);
}

#[test]
fn every_parameter_of_a_path_is_described() {
    let description = described();
    for (path, methods) in description["paths"].as_object().expect("paths") {
        let has_parameter = path.contains("{id}");
        for (method, operation) in methods.as_object().expect("methods") {
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            let named =
                parameters.iter().any(|one| one["$ref"] == "#/components/parameters/Job" || one["in"] == "path");
            assert_eq!(named, has_parameter, "{method} {path}");
        }
    }
}

#[test]
fn every_reference_leads_somewhere() {
    fn follow(all: &Value, part: &Value) {
        match part {
            Value::Object(fields) => fields.iter().for_each(|(name, value)| match (name.as_str(), value) {
                ("$ref", Value::String(to)) => {
                    assert!(all.pointer(to.trim_start_matches('#')).is_some(), "{to}");
                }
                (_, value) => follow(all, value),
            }),
            Value::Array(parts) => parts.iter().for_each(|part| follow(all, part)),
            _ => {}
        }
    }
    let description = described();
    follow(&description, &description);
}

#[test]
fn what_changes_something_needs_the_token_and_says_so() {
    for (path, methods) in described()["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            assert_eq!(operation["security"].is_array(), method == "post", "{method} {path}");
        }
    }
}
