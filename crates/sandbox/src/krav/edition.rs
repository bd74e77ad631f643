//! The two editions that are served, and what is not known of the older one.

use serde::{Deserialize, Serialize};

/// Which of them a request came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edition {
    V1,
    Aar2023,
}

/// What edition 2023 is like: its documentation leaves it open. As JSON every field may be left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Edition2023 {
    /// Whether it has `mottaksstatus`, as it had some weeks after it began; on by default. Off, the
    /// call is a 404 with `DAS-002`, like that of any path that does not exist.
    pub mottaksstatus: bool,
    /// Whether problem documents name the rule in `type`; on by default. Off, `type` is `about:blank`,
    /// `title` is that of the status, and only `detail` says what is wrong.
    pub problem_slugs: bool,
    /// Whether `OPPDRAGSGIVERS_KRAVIDENTIFIKATOR` addresses a krav; off by default, which is a 422.
    pub oppdragsgivers_id: bool,
}

impl Default for Edition2023 {
    fn default() -> Self {
        Edition2023 { mottaksstatus: true, problem_slugs: true, oppdragsgivers_id: false }
    }
}
