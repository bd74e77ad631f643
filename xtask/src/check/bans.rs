//! Crates that must not come in, not even behind others: the list of `deny.toml`, so that it holds where cargo-deny is missing.

use crate::Result;
use xshell::{Shell, cmd};

pub(crate) fn check(shell: &Shell) -> Result {
    let deny: toml::Table = shell.read_file("deny.toml")?.parse()?;
    // The tree is what is built; the lock file also names what optional parts of other crates would bring.
    let tree =
        cmd!(shell, "cargo tree --workspace --all-features --edges all --prefix none").quiet().read()?;
    let mut found = found(&deny, &tree)?;
    for (name, wrappers) in wrapped(&deny) {
        if let Some(place) = found.iter().position(|banned| *banned == name) {
            let behind = cmd!(
                shell,
                "cargo tree --workspace --all-features --edges normal,build,dev --prefix none --depth 1 --invert {name}"
            );
            if only_behind(&wrappers, &behind.quiet().read()?) {
                found.remove(place);
            }
        }
    }
    if found.is_empty() { Ok(()) } else { Err(format!("banned crates: {}", found.join(", ")).into()) }
}

fn found(deny: &toml::Table, tree: &str) -> Result<Vec<String>> {
    let list = deny.get("bans").and_then(|bans| bans.get("deny")).and_then(toml::Value::as_array);
    let banned = list.into_iter().flatten().filter_map(|item| item.get("name")?.as_str());
    let banned: Vec<&str> = banned.collect();
    if banned.is_empty() {
        return Err("deny.toml bans nothing; was it moved?".into());
    }
    let is_built = |name: &&str| tree.lines().any(|line| line.split(' ').next() == Some(*name));
    Ok(banned.into_iter().filter(is_built).map(str::to_owned).collect())
}

/// The banned crates that others may bring, and which others.
fn wrapped(deny: &toml::Table) -> Vec<(&str, Vec<&str>)> {
    let list = deny.get("bans").and_then(|bans| bans.get("deny")).and_then(toml::Value::as_array);
    let wrapped = list.into_iter().flatten().filter_map(|item| {
        let wrappers = item.get("wrappers")?.as_array()?.iter().filter_map(toml::Value::as_str);
        Some((item.get("name")?.as_str()?, wrappers.collect()))
    });
    wrapped.collect()
}

/// Whether nothing but these crates depends on the one that the inverted tree begins with.
fn only_behind(wrappers: &[&str], inverted: &str) -> bool {
    let mut parents = inverted.lines().skip(1).filter(|line| !line.is_empty());
    parents.all(|line| line.split(' ').next().is_some_and(|parent| wrappers.contains(&parent)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_banned_crate_may_come_behind_its_wrappers_only() {
        let deny = "[bans]\ndeny = [{ name = \"ring\" }, { name = \"rsa\", wrappers = [\"a\", \"b\"] }]";
        assert_eq!(wrapped(&deny.parse().unwrap()), [("rsa", vec!["a", "b"])]);
        assert!(only_behind(&["a", "b"], "rsa v0.9.0\na v1.0.0\nb v1.0.0"));
        assert!(!only_behind(&["a"], "rsa v0.9.0\na v1.0.0\nb v1.0.0"));
    }

    #[test]
    fn a_banned_crate_is_found_in_the_tree() {
        let deny = "[bans]\ndeny = [{ name = \"ring\" }, { name = \"rsa\" }]".parse().unwrap();
        assert_eq!(found(&deny, "skattebro v0.1.0 (/x)\nring v0.17.8\nrsax v1.0.0").unwrap(), ["ring"]);
        assert!(found(&deny, "rustls v0.23.0\n").unwrap().is_empty());
        assert!(found(&toml::Table::new(), "ring v0.17.8").is_err());
    }
}
