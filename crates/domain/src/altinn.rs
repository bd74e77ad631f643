//! A return on its way through Altinn: the instance of the app `skd/formueinntekt-skattemelding-v2`, what lies in it, and how far its
//! process has come. Every value of the wire is open: what nobody has seen yet survives as it was written.
//!
//! Source: contract page `altinn.md`.

use crate::{Identifikator, Inntektsaar, Invalid, Timestamp};
use std::{convert::Infallible, fmt, str::FromStr};

mod vedlegg;

pub use vedlegg::{VedleggIMelding, VedleggNavn, Vedleggstype};

/// The app, as the wire names it.
pub const APP_ID: &str = "skd/formueinntekt-skattemelding-v2";

/// The most that an envelope may be. Source: contract page `skattemelding.md`, edition v2, step 2.
pub const MAX_ENVELOPE_BYTES: u64 = 500_000_000;
/// How many attachments a return may have.
pub const MAX_VEDLEGG: usize = 70;
/// The most that an attachment may be.
pub const MAX_VEDLEGG_BYTES: u64 = 100_000_000;

/// The id of an instance: `{partyId}/{guid}`. Both parts go into URL paths.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InstansId {
    part: PartId,
    guid: String,
}

/// Altinn's own number of a party.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PartId(String);

/// The id of something that lies in an instance, a GUID in practice.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DataId(String);

fn is_segment(text: &str, max: usize) -> bool {
    let good = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    !text.is_empty() && text.len() <= max && text.bytes().all(good)
}

impl InstansId {
    /// The party that owns it.
    pub fn part(&self) -> &PartId {
        &self.part
    }

    /// What tells it from the party's other instances.
    pub fn guid(&self) -> &str {
        &self.guid
    }
}

impl FromStr for InstansId {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let wrong = || Invalid::new("an instance's id", text, "it must look like 50006869/2b23eb3a-…");
        let (part, guid) = text.split_once('/').ok_or_else(wrong)?;
        let part = part.parse().map_err(|_| wrong())?;
        if is_segment(guid, 100) { Ok(Self { part, guid: guid.to_owned() }) } else { Err(wrong()) }
    }
}

impl fmt::Display for InstansId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.part, self.guid)
    }
}

impl fmt::Debug for InstansId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

macro_rules! segment {
    ($name:ident, $what:literal, $max:literal) => {
        impl $name {
            /// The text as the service writes it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = Invalid;

            fn from_str(text: &str) -> Result<Self, Invalid> {
                if is_segment(text, $max) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(Invalid::new($what, text, "it must be letters, digits, - or _"))
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

segment!(PartId, "an Altinn party's number", 20);
segment!(DataId, "the id of a data element", 100);

macro_rules! open_word {
    ($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $variant:ident = $wire:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$of])* $variant,)+
            /// A value this version does not know, as it was written.
            Ukjent(String),
        }

        impl $name {
            /// The value as it is on the wire.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $wire,)+
                    Self::Ukjent(text) => text,
                }
            }
        }

        impl FromStr for $name {
            type Err = Infallible;

            fn from_str(text: &str) -> Result<Self, Infallible> {
                Ok(match text {
                    $($wire => Self::$variant,)+
                    other => Self::Ukjent(other.to_owned()),
                })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

open_word! {
    /// What an element of an instance is.
    Datatype {
        /// The envelope with the return.
        Konvolutt = "skattemeldingOgNaeringsspesifikasjon",
        /// An attachment.
        Vedlegg = "skattemelding-vedlegg",
        /// The receipt: a response envelope.
        Tilbakemelding = "tilbakemelding",
        /// The auditor's confirmation.
        RevisorBekreftelse = "revisor-bekreftelse",
        /// What the auditor attached.
        RevisorVedlegg = "revisor-vedlegg",
    }
}

open_word! {
    /// What the virus scan says of an element.
    Skanning {
        /// Not scanned yet.
        Pending = "Pending",
        /// Nothing was found.
        Clean = "Clean",
        /// Something was found; the instance goes no further with it.
        Infected = "Infected",
        /// This kind is not scanned.
        NotApplicable = "NotApplicable",
    }
}

impl Skanning {
    /// Whether the element may go on.
    pub fn is_passed(&self) -> bool {
        matches!(self, Self::Clean | Self::NotApplicable)
    }
}

/// How far an instance's process has come.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Prosess {
    /// Documents are put in.
    Data,
    /// The taxpayer confirms.
    Bekreftelse,
    /// The auditor confirms.
    Revisor,
    /// Submitted; the receipt is made.
    Tilbakemelding,
    /// Over. The receipt lies in the instance.
    Avsluttet,
    /// A step this version does not know, by its name.
    Ukjent(String),
}

impl Prosess {
    /// The step of a task by its `altinnTaskType` and its `elementId`; the auditor's is told by its element alone.
    pub fn of_task(altinn_task_type: &str, element_id: &str) -> Self {
        match (altinn_task_type, element_id) {
            (_, "Task_2Revisor") => Self::Revisor,
            ("data", _) => Self::Data,
            ("confirmation", _) => Self::Bekreftelse,
            ("feedback", _) => Self::Tilbakemelding,
            (_, element) => Self::Ukjent(element.to_owned()),
        }
    }

    /// A word for it: in the journal, in lists.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Data => "data",
            Self::Bekreftelse => "bekreftelse",
            Self::Revisor => "revisor",
            Self::Tilbakemelding => "tilbakemelding",
            Self::Avsluttet => "avsluttet",
            Self::Ukjent(element) => element,
        }
    }

    /// Whether it has come so far that the return is submitted.
    pub fn is_submitted(&self) -> bool {
        matches!(self, Self::Tilbakemelding | Self::Avsluttet)
    }
}

impl FromStr for Prosess {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text {
            "data" => Self::Data,
            "bekreftelse" => Self::Bekreftelse,
            "revisor" => Self::Revisor,
            "tilbakemelding" => Self::Tilbakemelding,
            "avsluttet" => Self::Avsluttet,
            other => Self::Ukjent(other.to_owned()),
        })
    }
}

/// What an instance is told about the return: at its creation, and again in its metadata element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metadata {
    /// The income year. An instance is made with 0, which stops it later.
    pub inntektsaar: Inntektsaar,
    /// Whether an auditor must confirm; can be set at the creation only.
    pub skal_bekreftes_av_revisor: bool,
}

/// Something that lies in an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dataelement {
    /// Its id.
    pub id: DataId,
    /// What it is.
    pub datatype: Datatype,
    /// The name it was given.
    pub filnavn: Option<String>,
    /// Its size in bytes, if the service says it.
    pub stoerrelse: Option<u64>,
    /// What the scan says; `None` where the service says nothing.
    pub skanning: Option<Skanning>,
}

/// An instance, as a look shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instans {
    /// Its id.
    pub id: InstansId,
    /// When it was made, on Altinn's clock, if the service says so.
    pub opprettet: Option<Timestamp>,
    /// The income year of its metadata; `None` while that is 0 or not told.
    pub inntektsaar: Option<Inntektsaar>,
    /// Whose it is, if the service says so in numbers.
    pub eier: Option<Identifikator>,
    /// How far it has come.
    pub prosess: Prosess,
    /// Its metadata element: the first one.
    pub metadata: Option<DataId>,
    /// What lies in it beside that.
    pub data: Vec<Dataelement>,
}

impl Instans {
    /// What lies in it of one type.
    pub fn av(&self, datatype: &Datatype) -> impl Iterator<Item = &Dataelement> {
        self.data.iter().filter(move |element| element.datatype == *datatype)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_cannot_leave_its_place_in_a_path() {
        let id: InstansId = "50006869/2b23eb3a-5a28-4d2b-9c1b-9d0f2b1c3a4d".parse().unwrap();
        assert_eq!(
            (id.part().as_str(), id.to_string().as_str()),
            ("50006869", "50006869/2b23eb3a-5a28-4d2b-9c1b-9d0f2b1c3a4d")
        );
        for bad in ["", "1", "1/", "/a", "1/../2", "1/a/b", "1/a?b", "1/a b", "../a"] {
            assert!(bad.parse::<InstansId>().is_err(), "{bad}");
        }
        assert!("a/b".parse::<DataId>().is_err() && "0b1e-2".parse::<DataId>().is_ok());
    }

    #[test]
    fn unknown_words_survive() {
        let Ok(skanning) = "Quarantined".parse::<Skanning>();
        assert_eq!((skanning.as_str(), skanning.is_passed()), ("Quarantined", false));
        let Ok(datatype) = "tilbakemelding".parse::<Datatype>();
        assert_eq!(datatype, Datatype::Tilbakemelding);
        assert_eq!(Prosess::of_task("confirmation", "Task_2Revisor"), Prosess::Revisor);
        assert_eq!(Prosess::of_task("confirmation", "Task_2"), Prosess::Bekreftelse);
        assert_eq!(Prosess::of_task("signing", "Task_9"), Prosess::Ukjent("Task_9".to_owned()));
        for prosess in [Prosess::Data, Prosess::Revisor, Prosess::Avsluttet, Prosess::Ukjent("Task_9".into())]
        {
            let Ok(read) = prosess.as_str().parse::<Prosess>();
            assert_eq!(read, prosess);
        }
    }
}
