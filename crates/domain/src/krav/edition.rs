//! The two editions of the API, as what each can do: workflows ask for an ability, never for an edition by its name.

use crate::Invalid;
use std::{fmt, str::FromStr};

/// An edition of the innkreving API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Edition {
    /// The edition of 2023, under `/api/v1`; replaced since.
    Utgave2023,
    /// The edition that is served today, under `/api/innkreving/innkrevingsoppdrag/v1`.
    #[default]
    V1,
}

impl Edition {
    /// What it can do.
    pub fn capabilities(self) -> Capabilities {
        match self {
            Self::Utgave2023 => Capabilities {
                mottaksstatus: Ability::Perhaps,
                own_id: Ability::Perhaps,
                avstemming: false,
                renter: false,
                referanse: false,
            },
            Self::V1 => Capabilities {
                mottaksstatus: Ability::Yes,
                own_id: Ability::Yes,
                avstemming: true,
                renter: true,
                referanse: true,
            },
        }
    }

    /// As it is written in settings: `2023` or `v1`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Utgave2023 => "2023",
            Self::V1 => "v1",
        }
    }
}

impl fmt::Display for Edition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Edition {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        match text {
            "2023" => Ok(Self::Utgave2023),
            "v1" => Ok(Self::V1),
            _ => Err(Invalid::new("an edition of the innkreving API", text, "it must be 2023 or v1")),
        }
    }
}

/// What an edition of the API, in one environment, can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// Whether it tells how far a krav has come. Edition 2023 does in some environments.
    pub mottaksstatus: Ability,
    /// Whether a krav can be addressed by the oppdragsgiver's id. Not documented for edition 2023.
    pub own_id: Ability,
    /// Whether it tells what it has received.
    pub avstemming: bool,
    /// Whether interest can be changed.
    pub renter: bool,
    /// Whether the reference can be changed.
    pub referanse: bool,
}

/// Whether something can be done, as far as is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ability {
    /// Yes.
    Yes,
    /// Nobody knows before it is tried.
    Perhaps,
    /// No.
    No,
}
