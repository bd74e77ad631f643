//! One worker drives one case, with the real driver and the real notations.

use super::hands::{FilingHands, InnsendingHands, KravHands, SimHands};
use super::planted::{Bendable, Bent, BentNotation, Planted};
use super::sent::Speaks;
use super::world::{World, ready};
use crate::filing::{FILING, FilingNotation};
use crate::innsending::{INNSENDING, InnsendingNotation};
use crate::journal::{Desk, Driver, Drove, Hands, Notation, Patience, fold};
use crate::krav::KravNotation;
use skattebro_domain::filing::Filing;
use skattebro_domain::flow::Flow;
use skattebro_domain::innsending::Innsending;
use skattebro_domain::krav::machine::Krav;
use skattebro_ports::Journal;
use skattebro_ports::journal::{Case, CaseId};
use std::pin::Pin;
use std::sync::Arc;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// The state of a case, of any kind.
#[derive(Debug, Clone)]
pub(super) enum AnyFlow {
    Krav(Box<Krav>),
    Filing(Box<Filing>),
    Innsending(Box<Innsending>),
}

/// What a drive came to.
#[derive(Debug)]
pub(super) enum Outcome {
    Ended(AnyFlow),
    Left,
    Lost,
    /// This worker cannot do it.
    NotHere,
    Unreadable(String),
}

pub(super) type Drive = Pin<Box<dyn Future<Output = Outcome> + Send>>;

/// What a worker needs to drive a case.
pub(super) struct Job {
    pub(super) desk: Arc<Desk>,
    pub(super) case: Case,
    pub(super) hands: SimHands,
    pub(super) patience: Patience,
    pub(super) stop: CancellationToken,
    pub(super) stirred: Arc<Notify>,
    /// Whether it has the edition and the documents of its cases.
    pub(super) is_able: bool,
    /// Opened by this worker just now, rather than claimed.
    pub(super) is_fresh: bool,
    pub(super) planted: Planted,
}

impl Job {
    /// As the runner does with a case that it has claimed.
    pub(super) fn drive(self) -> Drive {
        Box::pin(async move {
            if !self.is_able && self.planted != Planted::AnyWorkerDoes {
                return Outcome::NotHere;
            }
            match self.case.summary.kind.as_str() {
                FILING => {
                    let notation = FilingNotation::of(&self.case).unwrap();
                    self.bent(notation, FilingHands, |filing| AnyFlow::Filing(Box::new(filing))).await
                }
                INNSENDING => {
                    let notation = InnsendingNotation::of(&self.case).unwrap();
                    let any = |innsending| AnyFlow::Innsending(Box::new(innsending));
                    self.bent(notation, InnsendingHands, any).await
                }
                _ => {
                    let notation = KravNotation::of(&self.case).unwrap();
                    self.bent(notation, KravHands, |krav| AnyFlow::Krav(Box::new(krav))).await
                }
            }
        })
    }

    /// With what is planted.
    async fn bent<F, N, H>(self, notation: N, hands: fn(SimHands) -> H, any: fn(F) -> AnyFlow) -> Outcome
    where
        F: Bendable + Send + Sync,
        F::Act: Send + Sync,
        F::Read: Send,
        F::Fact: Send + Sync,
        N: Notation<F>,
        H: Hands<F> + Hands<Bent<F>>,
    {
        match self.planted {
            Planted::Nothing => self.with(&notation, hands, any).await,
            how => self.with(&BentNotation { notation, how }, hands, |bent: Bent<F>| any(bent.flow)).await,
        }
    }

    async fn with<F, N, H>(
        self,
        notation: &N,
        hands: fn(SimHands) -> H,
        any: impl Fn(F) -> AnyFlow + Send,
    ) -> Outcome
    where
        F: Flow + Send + Sync,
        F::Act: Send + Sync,
        F::Read: Send,
        F::Fact: Send + Sync,
        N: Notation<F>,
        H: Hands<F>,
    {
        let (desk, case) = (&*self.desk, &self.case);
        let driver = if self.is_fresh {
            let flow = fold(notation, case, None).unwrap().flow;
            Driver::opened(desk, notation, case.summary.id.clone(), flow, case.summary.version)
        } else {
            match Driver::claimed(desk, notation, case) {
                Ok(driver) => driver,
                Err(why) => return Outcome::Unreadable(why.to_string()),
            }
        };
        let hands = hands(self.hands);
        match driver.drive(&hands, self.patience, &self.stop, &self.stirred).await {
            Drove::Ended(flow) => Outcome::Ended(any(flow)),
            Drove::Left(_) => Outcome::Left,
            Drove::Lost(_) => Outcome::Lost,
            Drove::Unreadable(why) => Outcome::Unreadable(why.to_string()),
        }
    }
}

/// What a worker with these documents and this edition speaks.
pub(super) fn speaks(case: &Case, is_able: bool) -> Speaks {
    use skattebro_domain::krav::Edition;
    if matches!(case.summary.kind.as_str(), FILING | INNSENDING) {
        return Speaks::Documents(is_able);
    }
    let edition = KravNotation::of(case).unwrap().content().edition;
    let other = if edition == Edition::V1 { Edition::Utgave2023 } else { Edition::V1 };
    Speaks::Edition(if is_able { edition } else { other })
}

/// The state of a case as its records tell it, from the first to the last.
pub(super) fn folded(case: &Case, planted: Planted) -> AnyFlow {
    match case.summary.kind.as_str() {
        FILING => AnyFlow::Filing(Box::new(straight(FilingNotation::of(case).unwrap(), case, planted))),
        INNSENDING => {
            AnyFlow::Innsending(Box::new(straight(InnsendingNotation::of(case).unwrap(), case, planted)))
        }
        _ => AnyFlow::Krav(Box::new(straight(KravNotation::of(case).unwrap(), case, planted))),
    }
}

fn straight<F: Bendable, N: Notation<F>>(notation: N, case: &Case, how: Planted) -> F {
    match how {
        Planted::Nothing => fold(&notation, case, None).unwrap().flow,
        how => fold(&BentNotation { notation, how }, case, None).unwrap().flow.flow,
    }
}

impl World {
    pub(super) fn case(&self, id: &CaseId) -> Option<Case> {
        ready(self.journal().read(id)).unwrap()
    }
}
