//! Which crate may depend on which. The layers are the architecture, so a new arrow is a decision, made here.

use crate::Result;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use xshell::{Shell, cmd};

/// Every crate of the workspace, and the crates of the workspace that it may depend on. Dependencies of tests are free.
const ALLOWED: &[(&str, &[&str])] = &[
    ("skattebro-domain", &[]),
    ("skattebro-ports", &["skattebro-domain"]),
    ("skattebro-codec", &["skattebro-domain"]),
    ("skattebro-adapter-http", &["skattebro-domain", "skattebro-ports", "skattebro-codec"]),
    ("skattebro-adapter-store", &["skattebro-domain", "skattebro-ports"]),
    ("skattebro-conformance", &["skattebro-domain", "skattebro-ports"]),
    // Two independent readings of the contract, so that one mistake cannot cancel the other out.
    ("skattebro-sandbox", &[]),
    ("skattebro-testdata", &[]),
    ("skattebro-testpg", &[]),
    (
        "skattebro",
        &[
            "skattebro-domain",
            "skattebro-ports",
            "skattebro-codec",
            "skattebro-adapter-http",
            "skattebro-adapter-store",
        ],
    ),
    ("skattebro-cli", &["skattebro", "skattebro-sandbox", "skattebro-testdata"]),
    ("xtask", &[]),
];

pub(crate) fn check(shell: &Shell) -> Result {
    let metadata = cmd!(shell, "cargo metadata --format-version 1 --no-deps").quiet().read()?;
    let arrows = arrows(&serde_json::from_str(&metadata)?);
    let wrong = wrong(&arrows);
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

fn arrows(metadata: &Value) -> BTreeMap<String, BTreeSet<String>> {
    let empty = Vec::new();
    let list = |value: &'_ Value| value.as_array().cloned().unwrap_or_default();
    let name = |value: &Value| value["name"].as_str().unwrap_or_default().to_owned();
    let packages = metadata["packages"].as_array().unwrap_or(&empty);
    let members: BTreeSet<String> = packages.iter().map(name).collect();
    packages
        .iter()
        .map(|package| {
            let normal = list(&package["dependencies"]).into_iter().filter(|d| d["kind"].is_null());
            (name(package), normal.map(|d| name(&d)).filter(|n| members.contains(n)).collect())
        })
        .collect()
}

fn wrong(arrows: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let mut wrong = Vec::new();
    for (from, targets) in arrows {
        match ALLOWED.iter().find(|(name, _)| name == from) {
            None => wrong.push(format!("{from} has no place in the architecture yet; give it one in xtask")),
            Some((_, allowed)) => {
                let forbidden = targets.iter().filter(|target| !allowed.contains(&target.as_str()));
                wrong.extend(forbidden.map(|target| format!("{from} must not depend on {target}")));
            }
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_forbidden_arrow_is_found_and_one_of_a_test_is_not() {
        let dependency = |name: &str, kind: Value| json!({ "name": name, "kind": kind });
        let package =
            |name: &str, dependencies: Vec<Value>| json!({ "name": name, "dependencies": dependencies });
        let metadata = json!({ "packages": [
            package("skattebro-domain", vec![dependency("skattebro-ports", json!("dev")), dependency("serde", Value::Null)]),
            package("skattebro-ports", vec![dependency("skattebro-domain", Value::Null)]),
            package("skattebro-sandbox", vec![dependency("skattebro-domain", Value::Null)]),
            package("skattebro-new", vec![]),
        ]});
        let wrong = wrong(&arrows(&metadata));
        assert_eq!(wrong.len(), 2, "{wrong:?}");
        assert!(wrong.contains(&"skattebro-sandbox must not depend on skattebro-domain".to_owned()));
    }
}
