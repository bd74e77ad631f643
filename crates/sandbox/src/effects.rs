//! What the sandbox changed, in order. A test compares it with what the client believes.

use std::collections::HashSet;
use std::fmt::Display;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::krav::{KravChanged, KravRente};
use crate::world::lock;

/// One committed change. Reads and refusals leave none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// Counts from 1.
    pub nr: u64,
    /// Virtual time; seconds in JSON.
    #[serde(with = "crate::seconds")]
    pub at: Duration,
    /// The route's name, for example `start`.
    pub route: String,
    /// The `Korrelasjonsid` that the client sent.
    pub korrelasjonsid: Option<String>,
    /// Whom it concerns; personal numbers are masked (`010190*****`). For krav it is the
    /// oppdragsgiver, not the skyldner.
    pub identifikator: String,
    /// The income year of the call; none for krav.
    pub inntektsaar: Option<u16>,
    /// What was changed.
    #[serde(flatten)]
    pub what: What,
    /// How the request reached the service.
    pub delivery: Delivery,
}

/// A change, with the ids it concerns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
#[non_exhaustive]
pub enum What {
    /// A næringsspesifikasjon was stored.
    UploadStored {
        /// The reference that was given for it.
        referanse: String,
    },
    /// A validation job was created.
    JobStarted {
        /// The new job.
        jobb_id: String,
        /// The uploaded document it uses; of a job of edition v2 the instance.
        referanse: String,
    },
    /// A live job was aborted because a newer one was created for the same identifier.
    JobAborted {
        /// The job that was aborted.
        jobb_id: String,
        /// The job that took its place.
        newer: String,
    },
    /// An instance was created in Altinn.
    InstansOpprettet {
        /// `partyId/guid`.
        instans_id: String,
    },
    /// An instance's metadata were written anew.
    MetadataSatt {
        /// `partyId/guid`.
        instans_id: String,
        /// The income year; 0 for none.
        inntektsaar_satt: u16,
        /// What they say of the auditor; it decides nothing any more.
        skal_bekreftes_av_revisor: bool,
    },
    /// An envelope was put into an instance.
    KonvoluttLastetOpp {
        /// `partyId/guid`.
        instans_id: String,
        /// The new element.
        data_id: String,
        /// In bytes.
        size: u64,
    },
    /// An envelope took the place of another.
    KonvoluttErstattet {
        /// `partyId/guid`.
        instans_id: String,
        /// The element, which keeps its id.
        data_id: String,
        /// In bytes.
        size: u64,
    },
    /// An attachment, or what the auditor has to say, was put into an instance.
    VedleggLastetOpp {
        /// `partyId/guid`.
        instans_id: String,
        /// The new element.
        data_id: String,
        /// Its `dataType`.
        data_type: String,
        /// In bytes.
        size: u64,
    },
    /// An attachment, or what the auditor has to say, took the place of another.
    VedleggErstattet {
        /// `partyId/guid`.
        instans_id: String,
        /// The element, which keeps its id.
        data_id: String,
        /// Its `dataType`.
        data_type: String,
        /// In bytes.
        size: u64,
    },
    /// Something was taken out of an instance.
    ElementSlettet {
        /// `partyId/guid`.
        instans_id: String,
        /// What it was.
        data_id: String,
    },
    /// An instance's process was moved on.
    ProsessFlyttet {
        /// `partyId/guid`.
        instans_id: String,
        /// The task it was in: `Task_1`, `Task_2`, `Task_2Revisor`.
        from: String,
        /// The task it is in now.
        to: String,
        /// What kind of caller moved it: `systembruker`, `organisasjon`, `person`, `revisor`.
        by: String,
    },
    /// An instance was submitted: its process reached the feedback.
    Innsendt {
        /// `partyId/guid`.
        instans_id: String,
    },
    /// A krav was received.
    KravOpprettet {
        /// Skatteetaten's id of it, new.
        kravidentifikator: String,
        /// The oppdragsgiver's id of it.
        oppdragsgivers_kravidentifikator: Option<String>,
        /// Its hovedstol, in kroner.
        beloep: i64,
        /// Not told to anyone: the transaction of the creation.
        transaksjonsid: String,
    },
    /// A krav got a new hovedstol.
    HovedstolEndret {
        /// Skatteetaten's id.
        kravidentifikator: String,
        /// The oppdragsgiver's id.
        oppdragsgivers_kravidentifikator: Option<String>,
        /// The new hovedstol, in kroner.
        beloep: i64,
        /// What was answered.
        transaksjonsid: String,
    },
    /// A krav got new interest in place of all it had.
    RenterEndret {
        /// Skatteetaten's id.
        kravidentifikator: String,
        /// The oppdragsgiver's id.
        oppdragsgivers_kravidentifikator: Option<String>,
        /// All interest that is now in force.
        renter: Vec<KravRente>,
        /// What was answered.
        transaksjonsid: String,
    },
    /// A krav got a new oppdragsgiversReferanse.
    ReferanseEndret {
        /// Skatteetaten's id.
        kravidentifikator: String,
        /// The oppdragsgiver's id.
        oppdragsgivers_kravidentifikator: Option<String>,
        /// The new reference.
        referanse: String,
        /// What was answered.
        transaksjonsid: String,
    },
    /// A krav was written off.
    KravAvskrevet {
        /// Skatteetaten's id.
        kravidentifikator: String,
        /// The oppdragsgiver's id.
        oppdragsgivers_kravidentifikator: Option<String>,
        /// What was answered.
        transaksjonsid: String,
    },
}

/// How a request reached the service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// As sent.
    #[default]
    Normal,
    /// After its connection was closed ([`Fault::ActLate`](crate::Fault::ActLate)).
    Late,
    /// Again ([`Fault::Twice`](crate::Fault::Twice)); the first of the two is `Normal`.
    Second,
}

/// What is known of the request that is being handled.
#[derive(Clone, Debug)]
pub(crate) struct Visit {
    pub(crate) route: &'static str,
    /// When the request came, by the virtual clock; its work may be done much later.
    pub(crate) arrived: Duration,
    pub(crate) korrelasjonsid: Option<String>,
    pub(crate) delivery: Delivery,
}

/// What is noted of a change; it is written out for those who read the log.
#[derive(Debug)]
pub(crate) enum Noted {
    What(Box<What>),
    Krav(KravChanged),
}

impl From<What> for Noted {
    fn from(what: What) -> Self {
        Noted::What(Box::new(what))
    }
}

impl From<KravChanged> for Noted {
    fn from(changed: KravChanged) -> Self {
        Noted::Krav(changed)
    }
}

#[derive(Debug, Default)]
pub(crate) struct EffectLog {
    log: Mutex<Log>,
}

#[derive(Debug, Default)]
struct Log {
    entries: Vec<Entry>,
    /// Each identifier once, however many effects concern it.
    identifiers: HashSet<Arc<str>>,
}

#[derive(Debug)]
struct Entry {
    at: Duration,
    route: &'static str,
    korrelasjonsid: Option<Box<str>>,
    identifikator: Arc<str>,
    inntektsaar: Option<u16>,
    noted: Noted,
    delivery: Delivery,
}

impl EffectLog {
    pub(crate) fn add(
        &self,
        at: Duration,
        visit: &Visit,
        identifikator: &(dyn Display + Sync),
        inntektsaar: Option<u16>,
        noted: impl Into<Noted>,
    ) {
        let noted = noted.into();
        let identifikator = identifikator.to_string();
        let mut log = lock(&self.log);
        let known = log.identifiers.get(identifikator.as_str()).cloned();
        let identifikator = known.unwrap_or_else(|| {
            let new: Arc<str> = identifikator.into();
            log.identifiers.insert(new.clone());
            new
        });
        log.entries.push(Entry {
            at,
            route: visit.route,
            korrelasjonsid: visit.korrelasjonsid.as_deref().map(Into::into),
            identifikator,
            inntektsaar,
            noted,
            delivery: visit.delivery,
        });
    }

    pub(crate) fn all(&self) -> Vec<Effect> {
        lock(&self.log).entries.iter().enumerate().map(|(before, entry)| entry.told(before)).collect()
    }
}

impl Entry {
    fn told(&self, before: usize) -> Effect {
        Effect {
            nr: before as u64 + 1,
            at: self.at,
            route: self.route.to_owned(),
            korrelasjonsid: self.korrelasjonsid.as_deref().map(str::to_owned),
            identifikator: self.identifikator.to_string(),
            inntektsaar: self.inntektsaar,
            what: match &self.noted {
                Noted::What(what) => (**what).clone(),
                Noted::Krav(changed) => changed.told(),
            },
            delivery: self.delivery,
        }
    }
}
