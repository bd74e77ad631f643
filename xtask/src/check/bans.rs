//! Crates that must not come in, not even behind others: the list of `deny.toml`, so that it holds where cargo-deny is missing.

use crate::Result;
use xshell::{Shell, cmd};

pub(crate) fn check(shell: &Shell) -> Result {
    let deny: toml::Table = shell.read_file("deny.toml")?.parse()?;
    // The tree is what is built; the lock file also names what optional parts of other crates would bring.
    let tree =
        cmd!(shell, "cargo tree --workspace --all-features --edges all --prefix none").quiet().read()?;
    let found = found(&deny, &tree)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_banned_crate_is_found_in_the_tree() {
        let deny = "[bans]\ndeny = [{ name = \"ring\" }, { name = \"rsa\" }]".parse().unwrap();
        assert_eq!(found(&deny, "skattebro v0.1.0 (/x)\nring v0.17.8\nrsax v1.0.0").unwrap(), ["ring"]);
        assert!(found(&deny, "rustls v0.23.0\n").unwrap().is_empty());
        assert!(found(&toml::Table::new(), "ring v0.17.8").is_err());
    }
}
