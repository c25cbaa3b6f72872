//! Comparing what is printed with what came. `…` is anything; a name like `$BUILD` is what came the first
//! time, and the same from then on.

use std::collections::BTreeMap;

use serde_json::Value;

const ANYTHING: &str = "…";

/// What the names stand for.
#[derive(Clone, Debug, Default)]
pub(super) struct Names(BTreeMap<String, String>);

impl Names {
    pub(super) fn set(&mut self, name: &str, value: String) {
        self.0.insert(name.to_owned(), value);
    }

    /// The text with every name that is known replaced.
    pub(super) fn fill(&self, text: &str) -> String {
        let mut parts = text.split('$');
        let mut filled = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let end = part.find(|c: char| !(c.is_ascii_uppercase() || c == '_')).unwrap_or(part.len());
            let (name, rest) = part.split_at(end);
            match self.0.get(name) {
                Some(value) => filled.push_str(value),
                None => filled.extend(["$", name]),
            }
            filled.push_str(rest);
        }
        filled
    }

    /// Compares a text. Tells what is wrong.
    pub(super) fn text(&mut self, printed: &str, came: &str) -> Result<(), String> {
        if let Some(name) = printed.strip_prefix('$')
            && name.chars().all(|c| c.is_ascii_uppercase() || c == '_')
            && !self.0.contains_key(name)
        {
            self.set(name, came.to_owned());
            return Ok(());
        }
        let printed = self.fill(printed);
        // What stands around the parts that may be anything.
        let mut rest = came;
        for (index, part) in printed.split(ANYTHING).enumerate() {
            let at = if index == 0 { rest.starts_with(part).then_some(0) } else { rest.find(part) };
            let Some(at) = at else { return Err(format!("{came:?} is not {printed:?}")) };
            rest = &rest[at + part.len()..];
        }
        if rest.is_empty() || printed.ends_with(ANYTHING) {
            Ok(())
        } else {
            Err(format!("{came:?} is not {printed:?}"))
        }
    }

    /// Compares JSON: the same fields and no others. Tells where it differs.
    pub(super) fn json(&mut self, printed: &str, came: &str) -> Result<(), String> {
        if printed == ANYTHING {
            return Ok(());
        }
        // Where a number is printed as `…`, it becomes a string that is anything.
        let quoted = printed.replace(&format!(": {ANYTHING}"), &format!(": \"{ANYTHING}\""));
        let printed = serde_json::from_str(&quoted).map_err(|error| format!("what is printed is no JSON: {error}"))?;
        let came = serde_json::from_str(came).map_err(|error| format!("what came is no JSON: {error}: {came}"))?;
        self.value("", &printed, &came).map_err(|what| format!("{what}\nin {came:#}"))
    }

    fn value(&mut self, path: &str, printed: &Value, came: &Value) -> Result<(), String> {
        match (printed, came) {
            (Value::String(printed), _) if printed == ANYTHING && !came.is_null() => Ok(()),
            (Value::String(printed), Value::String(came)) => {
                self.text(printed, came).map_err(|what| format!("{path}: {what}"))
            }
            (Value::Object(printed), Value::Object(came)) => {
                if let Some(name) = came.keys().find(|name| !printed.contains_key(*name)) {
                    return Err(format!("{path}.{name} is not printed"));
                }
                for (name, printed) in printed {
                    let came = came.get(name).ok_or_else(|| format!("{path}.{name} did not come"))?;
                    self.value(&format!("{path}.{name}"), printed, came)?;
                }
                Ok(())
            }
            (Value::Array(printed), Value::Array(came)) if printed.len() == came.len() => printed
                .iter()
                .zip(came)
                .enumerate()
                .try_for_each(|(index, (printed, came))| self.value(&format!("{path}[{index}]"), printed, came)),
            _ if printed == came => Ok(()),
            _ => Err(format!("{path}: {came} is not {printed}")),
        }
    }
}

#[test]
fn only_what_is_said_to_differ_may() {
    let mut names = Names::default();
    names.set("ID", "7".into());
    assert_eq!(names.fill("/x/$ID?$NEW=$ID"), "/x/7?$NEW=7");
    for (printed, came) in [
        (r#"{"a": "…", "n": …, "id": "$ID"}"#, r#"{"n": 5, "a": "x", "id": "7"}"#),
        (r#"["$NEW", "x$NEW", "a…c"]"#, r#"["b", "xb", "abc"]"#),
        ("…", "<html>"),
    ] {
        assert_eq!(names.json(printed, came), Ok(()), "{printed}");
    }
    for (printed, came) in [
        (r#"{"a": 1}"#, r#"{"a": 1, "b": 2}"#),
        (r#"{"a": 1, "b": 2}"#, r#"{"a": 1}"#),
        (r#""$ID""#, r#""8""#),
        (r#""a…c""#, r#""abd""#),
        (r#""a""#, r#""ab""#),
        ("[1]", "[1, 2]"),
        (r#"{"a": "…"}"#, r#"{"a": null}"#),
    ] {
        assert!(names.json(printed, came).is_err(), "{printed}");
    }
}
