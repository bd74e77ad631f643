//! What the service said about a krav.

use super::oppdrag;
use crate::journal::payload::json::{Fields, Object, Read, number, object, objects, owned, parsed};
use crate::journal::payload::values::count;
use skattebro_domain::krav::{Avstemming, Mottak, Mottatt, Valideringsfeil};

pub(super) fn write_mottak(mottak: &Mottak) -> Object {
    let Mottak { kravidentifikator, oppdragsgivers_kravidentifikator, mottaksstatus, status_oppdatert } =
        mottak;
    Object::new()
        .with("kravidentifikator", kravidentifikator.as_str())
        .maybe(
            "oppdragsgiversKravidentifikator",
            oppdragsgivers_kravidentifikator.as_ref().map(|id| id.as_str()),
        )
        // As the service wrote it: one that nobody has seen yet is understood when the program has learned it.
        .with("mottaksstatus", mottaksstatus.as_str())
        .maybe("statusOppdatert", status_oppdatert.map(|at| at.to_string()))
}

pub(super) fn mottak(fields: Fields<'_>) -> Read<Mottak> {
    Ok(Mottak {
        kravidentifikator: fields.get("kravidentifikator", parsed)?,
        oppdragsgivers_kravidentifikator: fields.maybe("oppdragsgiversKravidentifikator", parsed)?,
        mottaksstatus: fields.get("mottaksstatus", parsed)?,
        status_oppdatert: fields.maybe("statusOppdatert", parsed)?,
    })
}

pub(super) fn write_feil(feil: &Valideringsfeil) -> Object {
    let Valideringsfeil { error, message } = feil;
    Object::new().with("error", error.as_str()).with("message", message.as_str())
}

pub(super) fn feil(fields: Fields<'_>) -> Read<Valideringsfeil> {
    Ok(Valideringsfeil { error: fields.get("error", owned)?, message: fields.get("message", owned)? })
}

pub(super) fn write_avstemming(avstemming: &Avstemming) -> Object {
    let Avstemming {
        kravidentifikator,
        oppdragsgivers_kravidentifikator,
        opprinnelig,
        endringer,
        andre_endringer,
        avskriving,
    } = avstemming;
    let endring = |endring: &Mottatt<_>| write_mottatt(endring, |it| Some(oppdrag::write_endring(it)));
    Object::new()
        .with("kravidentifikator", kravidentifikator.as_str())
        .maybe(
            "oppdragsgiversKravidentifikator",
            oppdragsgivers_kravidentifikator.as_ref().map(|id| id.as_str()),
        )
        .maybe(
            "opprinnelig",
            opprinnelig.as_ref().map(|krav| write_mottatt(krav, |krav| Some(oppdrag::write(krav)))),
        )
        .with("endringer", endringer.iter().map(endring).collect::<Vec<_>>())
        .with("andreEndringer", count(*andre_endringer))
        .maybe("avskriving", avskriving.as_ref().map(|avskriving| write_mottatt(avskriving, |()| None)))
}

pub(super) fn avstemming(fields: Fields<'_>) -> Read<Avstemming> {
    let krav = |fields| mottatt(fields, |fields| fields.get(INNHOLD, object(oppdrag::read)));
    let endring = |fields| mottatt(fields, |fields| fields.get(INNHOLD, object(oppdrag::endring)));
    Ok(Avstemming {
        kravidentifikator: fields.get("kravidentifikator", parsed)?,
        oppdragsgivers_kravidentifikator: fields.maybe("oppdragsgiversKravidentifikator", parsed)?,
        opprinnelig: fields.maybe("opprinnelig", object(krav))?,
        endringer: fields.get("endringer", objects(endring))?,
        andre_endringer: fields.get("andreEndringer", number)?,
        avskriving: fields.maybe("avskriving", object(|fields| mottatt(fields, |_| Ok(()))))?,
    })
}

const INNHOLD: &str = "innhold";

fn write_mottatt<T>(mottatt: &Mottatt<T>, write: impl FnOnce(&T) -> Option<Object>) -> Object {
    let Mottatt { innhold, tidspunkt, tidspunkt_utc, transaksjonsid } = mottatt;
    Object::new()
        .maybe(INNHOLD, write(innhold))
        .with("tidspunkt", tidspunkt.as_str())
        // Not read anew from the text: what it was taken for then is what was acted on.
        .maybe("tidspunktUtc", tidspunkt_utc.map(|at| at.to_string()))
        .maybe("transaksjonsid", transaksjonsid.as_ref().map(|id| id.as_str()))
}

fn mottatt<'a, T>(fields: Fields<'a>, innhold: impl FnOnce(Fields<'a>) -> Read<T>) -> Read<Mottatt<T>> {
    Ok(Mottatt {
        innhold: innhold(fields)?,
        tidspunkt: fields.get("tidspunkt", owned)?,
        tidspunkt_utc: fields.maybe("tidspunktUtc", parsed)?,
        transaksjonsid: fields.maybe("transaksjonsid", parsed)?,
    })
}
