//! The JSON Schema of `heisen.yaml`, from the raw types, so that editors complete and explain it.
//! A test keeps the committed file true to the types; heisen itself has no need of it.

use std::borrow::Cow;

use model::Persona;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use crate::node::Spot;
use crate::raw::{
    RawAsk, RawDemand, RawInvariant, RawScenarioStep, RawSpec, RawStep, RawThreshold, RawTraffic,
    RawWhen,
};
use crate::read::{Anything, Entries, OneOrMany, Pair, Text};

/// The schema as pretty JSON, ending with a newline.
pub fn schema() -> String {
    let mut schema = schemars::schema_for!(RawSpec).to_value();
    without_null(&mut schema);
    if let Some(root) = schema.as_object_mut() {
        root.insert("title".to_string(), "heisen.yaml".into());
    }
    format!("{schema:#}\n")
}

/// A key that may be left out may not be left empty, so `null` goes.
fn without_null(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(without_null),
        Value::Object(entries) => {
            if let Some(Value::Array(types)) = entries.get_mut("type") {
                types.retain(|kind| kind != "null");
                if let [only] = types.as_slice() {
                    let only = only.clone();
                    entries.insert("type".to_string(), only);
                }
            }
            if let Some(Value::Array(choices)) = entries.get_mut("anyOf") {
                choices.retain(|choice| choice.get("type").is_none_or(|kind| kind != "null"));
                if let [only] = choices.as_slice()
                    && let Some(only) = only.as_object().cloned()
                {
                    entries.remove("anyOf");
                    entries.extend(only);
                }
            }
            entries.values_mut().for_each(without_null);
        }
        _ => {}
    }
}

impl<T: JsonSchema> JsonSchema for Spot<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<T>()
    }
}

impl<T: JsonSchema> JsonSchema for Entries<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("{}ByName", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "object", "additionalProperties": generator.subschema_for::<T>() })
    }
}

impl<T: JsonSchema> JsonSchema for OneOrMany<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("OneOrMany{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [one.clone(), { "type": "array", "items": one, "minItems": 1 }] })
    }
}

impl JsonSchema for Pair {
    fn schema_name() -> Cow<'static, str> {
        "Command".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "`{ target: command }`: SQL, a Redis command, or `METHOD /path`, by what the target speaks.",
            "type": "object",
            "additionalProperties": { "type": "string" },
            "minProperties": 1,
            "maxProperties": 1
        })
    }
}

impl JsonSchema for Text {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Text".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "number", "boolean"] })
    }
}

impl JsonSchema for Anything {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Anything".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({})
    }
}

impl JsonSchema for RawInvariant {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "RawInvariant".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "What must hold after each trial: `{ db: \"SELECT ...\" }` (true is right), \
                            `{ cache: \"GET key\", expect: \">= 0\" }`, `{ service: \"GET /path\", json: /pointer, expect: \"== 1\" }` \
                            or `{ responses: operation, json: /pointer, expect: \"is not null\" }`.",
            "type": "object",
            "properties": {
                "responses": { "description": "Looks at the answers to this operation.", "type": "string" },
                "json": { "description": "JSON pointer into what was found: `/items/0/id`.", "type": "string" },
                "expect": {
                    "description": "What it must be: `== v`, `!= v`, `< n`, `<= n`, `> n`, `>= n`, `contains T`, \
                                    `not contains T`, `starts with T`, `not starts with T`, `is null`, `is not null`, `is true`. \
                                    SQL must be true when this is left out.",
                    "type": "string"
                }
            },
            "additionalProperties": {
                "description": "What the backend or service is asked: SQL, a Redis command, or `GET /path`.",
                "type": "string"
            },
            "minProperties": 1,
            "maxProperties": 3
        })
    }
}

impl JsonSchema for RawTraffic {
    fn schema_name() -> Cow<'static, str> {
        "RawTraffic".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let demand = generator.subschema_for::<RawDemand>();
        let parts: serde_json::Map<String, Value> = Persona::ALL
            .iter()
            .map(|(word, _)| {
                let part = serde_json::json!({ "type": "number", "exclusiveMinimum": 0 });
                ((*word).to_string(), part)
            })
            .collect();
        json_schema!({
            "description": "What traffic is like: how many agents act, who they are, and for each operation when requests come.",
            "type": "object",
            "properties": {
                "agents": { "description": "How many agents act.", "type": "integer", "minimum": 1 },
                "personas": {
                    "description": "Who agents are, each with its part of all: `{ steady-buyer: 90, bot: 10 }`.",
                    "type": "object",
                    "properties": parts,
                    "additionalProperties": false
                }
            },
            "additionalProperties": demand
        })
    }
}

impl JsonSchema for RawStep {
    fn schema_name() -> Cow<'static, str> {
        "RawStep".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let latency = generator.subschema_for::<Text>();
        let flag = |about: &str| serde_json::json!({ "description": about, "type": "boolean" });
        json_schema!({
            "description": "What is done: `{ db: \"UPDATE ...\" }`, `{ cache: \"GET key\", decides: true }`, `{ service: \"POST /path\" }` \
                            (one of that service's operations), `{ own-service: \"LOCK name\" }` and `UNLOCK name`, or `{ work: 0.3ms }`.",
            "type": "object",
            "properties": {
                "work": with_about(&latency, "The service works by itself for so long: `0.3ms`, `uniform(1ms, 5ms)`, `lognormal(0.4ms, 0.5)`, `measured(0.2ms, 0.3ms)`."),
                "takes": with_about(&latency, "How long it takes, request to reply; the edge's latency when left out."),
                "decides": flag("What it reads decides: the request goes on only while the operation's `limit` is not reached by what it saw."),
                "on_miss": flag("Made only when the read before it found nothing."),
                "background": flag("Made after the answer was given.")
            },
            "additionalProperties": {
                "description": "What the backend or service is asked; `${name}` is an argument.",
                "type": "string"
            },
            "minProperties": 1,
            "maxProperties": 5
        })
    }
}

impl JsonSchema for RawScenarioStep {
    fn schema_name() -> Cow<'static, str> {
        "RawScenarioStep".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let text = generator.subschema_for::<Text>();
        let ask = generator.subschema_for::<RawAsk>();
        json_schema!({
            "description": "`OPERATION`, `{ OPERATION: { args: { event: 42 }, take: { token: /token } } }`, `{ think: 200ms }` \
                            or `{ meet: 20, patience: 1s }`.",
            "anyOf": [
                { "type": "string" },
                {
                    "type": "object",
                    "properties": {
                        "think": with_about(&text, "The user thinks for so long: `200ms`, `uniform(200ms, 1s)`."),
                        "meet": { "description": "Users wait here until so many are here.", "type": "integer", "minimum": 1 },
                        "patience": with_about(&text, "Or until the first of them has waited so long.")
                    },
                    "additionalProperties": ask,
                    "minProperties": 1,
                    "maxProperties": 2
                }
            ]
        })
    }
}

impl JsonSchema for RawThreshold {
    fn schema_name() -> Cow<'static, str> {
        "RawThreshold".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let when = generator.subschema_for::<RawWhen>();
        json_schema!({ "anyOf": [{ "type": "string" }, when] })
    }
}

/// A schema with a description of its own.
fn with_about(schema: &Schema, about: &str) -> Value {
    let mut schema = schema.clone().to_value();
    if let Some(entries) = schema.as_object_mut() {
        entries.insert("description".to_string(), about.into());
    }
    schema
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schema_is_committed() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/heisen.schema.json");
        if std::env::var_os("HEISEN_UPDATE_SCHEMA").is_some() {
            std::fs::write(path, schema()).unwrap();
        }
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            committed == schema(),
            "heisen.schema.json is not what the types say; \
             write it anew with: HEISEN_UPDATE_SCHEMA=1 cargo test -p spec schema"
        );
    }

    #[test]
    fn schema_knows_every_key_and_explains_it() {
        let schema: Value = serde_json::from_str(&schema()).unwrap();
        let properties = schema["properties"].as_object().unwrap();
        assert!(
            RawSpec::KEYS
                .iter()
                .all(|key| properties[*key]["description"].is_string())
        );
        assert_eq!(properties.len(), RawSpec::KEYS.len());
        assert_eq!(
            schema["required"],
            serde_json::json!(["system", "services", "operations"])
        );
        assert_eq!(schema["additionalProperties"], false);
        assert!(!schema.to_string().contains("\"null\""));
    }
}
