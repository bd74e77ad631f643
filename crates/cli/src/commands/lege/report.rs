//! What was looked at, and what came of it.

use crate::exit::Exit;
use crate::output::{print, print_json};
use serde_json::{Value, json};
use skattebro::domain::masking::mask;
use skattebro::ports::PortError;

/// What came of a look.
#[derive(Debug, Clone)]
pub(super) enum Came {
    /// All is well; with what was found.
    Ok(String),
    /// Something must be changed here, or at those who give access.
    Wrong(String, String),
    /// Something does not answer.
    OutOfReach(String, String),
    /// It could not be looked at, for a reason that is told elsewhere or is none to worry about.
    NotLookedAt(String),
}

impl Came {
    pub(super) fn ok(what: impl Into<String>) -> Self {
        Self::Ok(what.into())
    }

    pub(super) fn wrong(what: impl Into<String>, to_do: impl Into<String>) -> Self {
        Self::Wrong(what.into(), to_do.into())
    }

    pub(super) fn not_looked_at(why: impl Into<String>) -> Self {
        Self::NotLookedAt(why.into())
    }

    /// A call that failed; `to_do` is for a failure that is ours.
    pub(super) fn failed(error: &PortError, to_do: &str) -> Self {
        match Exit::from(error) {
            Exit::Unavailable => Self::OutOfReach(error.with_causes(), TRY_AGAIN.to_owned()),
            _ => Self::Wrong(error.with_causes(), to_do.to_owned()),
        }
    }
}

const TRY_AGAIN: &str = "check the address, the network, the proxy (HTTPS_PROXY) and the firewall; or wait, if the service is down";

/// Tells each look at once, or all of them as JSON in the end.
pub(super) struct Report {
    as_json: bool,
    checks: Vec<Value>,
    any_wrong: bool,
    any_out_of_reach: bool,
}

impl Report {
    pub(super) fn new(as_json: bool) -> Self {
        Self { as_json, checks: Vec::new(), any_wrong: false, any_out_of_reach: false }
    }

    pub(super) fn tell(&mut self, check: &str, came: Came) {
        let (status, mark, what, to_do) = match came {
            Came::Ok(what) => ("ok", "ok", what, None),
            Came::Wrong(what, to_do) => ("wrong", "WRONG", what, Some(to_do)),
            Came::OutOfReach(what, to_do) => ("outOfReach", "DOWN", what, Some(to_do)),
            Came::NotLookedAt(why) => ("notLookedAt", "–", why, None),
        };
        self.any_wrong |= status == "wrong";
        self.any_out_of_reach |= status == "outOfReach";
        let (what, to_do) = (mask(&what), to_do.map(|to_do| mask(&to_do)));
        if self.as_json {
            self.checks.push(json!({ "check": check, "status": status, "what": what, "toDo": to_do }));
            return;
        }
        let to_do = to_do.map(|to_do| format!("\n{:26}→ {to_do}", "")).unwrap_or_default();
        print(&format!("{mark:6} {check:18} {what}{to_do}"));
    }

    /// What is wrong here comes before what is out of reach: it may be why.
    pub(super) fn end(self) -> Exit {
        let exit = match (self.any_wrong, self.any_out_of_reach) {
            (true, _) => Exit::BadInput,
            (false, true) => Exit::Unavailable,
            (false, false) => Exit::Ok,
        };
        if self.as_json {
            print_json(&json!({ "well": exit == Exit::Ok, "checks": self.checks }));
        } else {
            print(match exit {
                Exit::Ok => "All is well.",
                Exit::BadInput => "Something is wrong; see the lines with WRONG.",
                _ => "Something is out of reach; see the lines with DOWN.",
            });
        }
        exit
    }
}
