//! What the sandbox changed, in order. A test compares it with what the client believes.

use std::sync::Mutex;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::identifikator::Identifikator;
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
    /// Whom it concerns; personal numbers are masked (`010190*****`).
    pub identifikator: String,
    /// The income year of the call.
    pub inntektsaar: u16,
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
        /// The uploaded document it uses.
        referanse: String,
    },
    /// A live job was aborted because a newer one was created for the same identifier.
    JobAborted {
        /// The job that was aborted.
        jobb_id: String,
        /// The job that took its place.
        newer: String,
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
    pub(crate) korrelasjonsid: Option<String>,
    pub(crate) delivery: Delivery,
}

#[derive(Debug, Default)]
pub(crate) struct EffectLog {
    effects: Mutex<Vec<Effect>>,
}

impl EffectLog {
    pub(crate) fn add(
        &self,
        at: Duration,
        visit: &Visit,
        identifikator: &Identifikator,
        inntektsaar: u16,
        what: What,
    ) {
        let mut effects = lock(&self.effects);
        let nr = effects.len() as u64 + 1;
        effects.push(Effect {
            nr,
            at,
            route: visit.route.to_owned(),
            korrelasjonsid: visit.korrelasjonsid.clone(),
            identifikator: identifikator.to_string(),
            inntektsaar,
            what,
            delivery: visit.delivery,
        });
    }

    pub(crate) fn all(&self) -> Vec<Effect> {
        lock(&self.effects).clone()
    }
}
