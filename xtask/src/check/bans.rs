//! Crates that must not come in, not even behind others: the list of `deny.toml`, so that it holds where cargo-deny is missing.

use crate::Result;
use xshell::Shell;

pub(crate) fn check(shell: &Shell) -> Result {
    let deny: toml::Table = shell.read_file("deny.toml")?.parse()?;
    let lock: toml::Table = shell.read_file("Cargo.lock")?.parse()?;
    let found = found(&deny, &lock)?;
    if found.is_empty() { Ok(()) } else { Err(format!("banned crates: {}", found.join(", ")).into()) }
}

fn found(deny: &toml::Table, lock: &toml::Table) -> Result<Vec<String>> {
    let names = |list: Option<&toml::Value>| -> Vec<String> {
        let list = list.and_then(toml::Value::as_array).cloned().unwrap_or_default();
        list.iter().filter_map(|item| item.get("name")?.as_str().map(str::to_owned)).collect()
    };
    let banned = names(deny.get("bans").and_then(|bans| bans.get("deny")));
    if banned.is_empty() {
        return Err("deny.toml bans nothing; was it moved?".into());
    }
    let locked = names(lock.get("package"));
    Ok(banned.into_iter().filter(|name| locked.contains(name)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_banned_crate_is_found_in_the_lock() {
        let deny = "[bans]\ndeny = [{ name = \"ring\" }, { name = \"rsa\" }]".parse().unwrap();
        let lock =
            |name: &str| format!("[[package]]\nname = \"{name}\"\nversion = \"1.0.0\"").parse().unwrap();
        assert_eq!(found(&deny, &lock("ring")).unwrap(), ["ring"]);
        assert!(found(&deny, &lock("rustls")).unwrap().is_empty());
        assert!(found(&toml::Table::new(), &lock("ring")).is_err());
    }
}
