//! Which process a worker is, so that one that was killed need not be waited for.

use skattebro_ports::journal::WorkerId;
use std::fs;
use uuid::Uuid;

/// The name of this process as a worker: where it runs, which process it is, and something that nobody else has, so that each call makes
/// another one. [`Cases::has_ended`](crate::Cases::has_ended) tells on the same machine whether it has ended.
pub fn this_process() -> WorkerId {
    let id = Uuid::new_v4();
    let process = std::process::id();
    let place = Place::here().map_or_else(|| "elsewhere".to_owned(), |place| place.0);
    let started = started(process).unwrap_or_default();
    let name = format!("{process}.{started}@{place}#{}", id.simple());
    name.parse().unwrap_or_else(|_| WorkerId::from_uuid(id.as_u128()))
}

/// Whether that worker was a process of this machine that has ended. `false` where nobody can tell.
pub(crate) fn has_ended(worker: &WorkerId) -> bool {
    let parts = || {
        let (process, rest) = worker.as_str().split_once('.')?;
        let (began, rest) = rest.split_once('@')?;
        let (place, _) = rest.split_once('#')?;
        (Place::here()?.0 == place).then_some((process.parse::<u32>().ok()?, began))
    };
    parts().is_some_and(|(process, began)| !began.is_empty() && started(process).as_deref() != Some(began))
}

/// One boot of one machine, and one set of process numbers on it: containers have their own.
struct Place(String);

impl Place {
    fn here() -> Option<Self> {
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
        let numbers = fs::read_link("/proc/self/ns/pid").ok()?;
        let numbers: String = numbers.to_str()?.chars().filter(char::is_ascii_digit).collect();
        Some(Self(format!("{}.{numbers}", boot.trim())))
    }
}

/// When a process began, in ticks since the machine did; with its number this names it.
fn started(process: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name of the program stands in parentheses and may hold anything.
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_ascii_whitespace();
    let state = fields.next()?;
    // One that nobody has waited for yet sends nothing any more.
    (!matches!(state, "Z" | "X")).then(|| fields.nth(18).map(str::to_owned)).flatten()
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn this_process_has_not_ended() {
        assert!(!has_ended(&this_process()));
    }

    #[test]
    fn a_process_that_was_waited_for_has_ended() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let began = started(child.id()).unwrap();
        let name: WorkerId =
            format!("{}.{began}@{}#x", child.id(), Place::here().unwrap().0).parse().unwrap();
        assert!(!has_ended(&name));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(has_ended(&name));
    }

    #[test]
    fn of_workers_elsewhere_nothing_is_known() {
        for name in ["1.2@another-boot.1#x", "somebody", "1.@#"] {
            assert!(!has_ended(&name.parse().unwrap()), "{name}");
        }
    }
}
