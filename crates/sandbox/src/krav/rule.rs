//! The rules that a request can break, with what is constant about each: the last part of the problem's
//! `type`, its `status` and its `title`.

/// A rule of the contract, or one of the sandbox's own where the contract names none.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) slug: &'static str,
    pub(crate) status: u16,
    pub(crate) title: &'static str,
}

macro_rules! rules {
    ($($name:ident = $status:literal $slug:literal $title:literal;)*) => {
        $(pub(crate) const $name: Rule = Rule { slug: $slug, status: $status, title: $title };)*
        #[cfg(test)]
        const ALL: &[Rule] = &[$($name),*];
    };
}

rules! {
    // Not of the contract.
    UGYLDIG_FORESPOERSEL = 400 "ugyldig-forespoersel" "Ugyldig forespørsel";
    // The older edition's first document says 422 for fields that are not filled in rightly.
    UGYLDIG_INNHOLD = 422 "ugyldig-forespoersel" "Ugyldig forespørsel";
    UGYLDIG_KRAVIDENTIFIKATORTYPE = 422 "ugyldig-kravidentifikatortype" "Ugyldig kravidentifikatortype";
    TOM_OPPDRAGSGIVERS_SAKSNUMMER = 422 "tom-oppdragsgivers-saksnummer" "Tom oppdragsgivers saksnummer";
    UGYLDIG_OPPDRAGSGIVERS_SAKSNUMMER = 422 "ugyldig-oppdragsgivers-saksnummer"
        "Ugyldig oppdragsgivers saksnummer";

    // Creation, for all, in the order in which they are looked at.
    KRAVTYPE_EKSISTERER_IKKE = 422 "kravtype-eksisterer-ikke" "Kravtype eksisterer ikke";
    KRAVTYPE_ER_INAKTIV = 422 "kravtype-er-inaktiv" "Kravtype er inaktiv";
    BELOEP_ER_IKKE_OVER_0 = 422 "beloep-er-ikke-over-0" "Beloep er ikke over 0";
    TOM_OPPDRAGSGIVERS_REFERANSE = 422 "tom-oppdragsgivers-referanse" "Tom oppdragsgivers referanse";
    UGYLDIG_OPPDRAGSGIVERS_REFERANSE = 422 "ugyldig-oppdragsgivers-referanse"
        "Ugyldig oppdragsgivers referanse";
    UGYLDIG_OPPDRAGSGIVERS_KRAVIDENTIFIKATOR = 422 "ugyldig-oppdragsgivers-kravidentifikator"
        "Ugyldig oppdragsgivers kravidentifikator";
    OPPDRAGSGIVERS_KRAVIDENTIFIKATOR_EKSISTERER_ALLEREDE = 422
        "oppdragsgivers-kravidentifikator-eksisterer-allerede"
        "Oppdragsgivers kravidentifikator eksisterer allerede";
    UGYLDIG_FASTSETTELSESDATO = 422 "ugyldig-fastsettelsesdato" "Ugyldig fastsettelsesdato";
    UGYLDIG_FORELDELSESFRISTENS_UTGANGSPUNKT = 422 "ugyldig-foreldelsesfristens-utgangspunkt"
        "Ugyldig foreldelsesfristens utgangspunkt";
    UGYLDIG_TILLEGGSFRIST = 422 "ugyldig-tilleggsfrist-etter-foreldelsesloven"
        "Ugyldig tilleggsfrist etter foreldelsesloven";
    TILLEGGSFRIST_ELDRE_ENN_10_MAANEDER = 422 "tilleggsfrist-etter-foreldelsesloven-eldre-enn-10-maaneder"
        "Tilleggsfrist etter foreldelsesloven eldre enn 10 måneder";
    UGYLDIG_SKYLDNERS_IDENTIFIKATOR = 422 "ugyldig-skyldners-identifikator"
        "Ugyldig skyldners identifikator";
    UGYLDIG_KRAVTYPE = 422 "ugyldig-kravtype" "Ugyldig kravtype";
    RENTEBELOEP_ER_IKKE_OVER_0 = 422 "rentebeloep-er-ikke-over-0" "Rentebeloep er ikke over 0";
    UGYLDIG_RENTERILAGTDATO = 422 "ugyldig-renterilagtdato" "Ugyldig renterilagtdato";
    UGYLDIG_TILLEGGSINFORMASJON = 400 "ugyldig-tilleggsinformasjon" "Ugyldig tilleggsinformasjon";

    // Creation, for one oppdragsgiver's kravtyper.
    KRAVTYPE_GJELDER_KUN_FOR_PERSON = 422 "kravtype-gjelder-kun-for-person"
        "Kravtype gjelder kun for person";
    KRAVTYPE_GJELDER_KUN_FOR_ORGANISASJON = 422 "kravtype-gjelder-kun-for-organisasjon"
        "Kravtype gjelder kun for organisasjon";
    TILLEGGSFRIST_ELDRE_ENN_11_MAANEDER = 422 "tilleggsfrist-etter-foreldelsesloven-eldre-enn-11-maaneder"
        "Tilleggsfrist etter foreldelsesloven eldre enn 11 måneder";
    YTELSER_FOR_AVREGNING_ER_IKKE_OVER_0 = 422 "ytelser-for-avregning-er-ikke-over-0"
        "Ytelser for avregning er ikke over 0";
    UGYLDIG_TILBAKEKREVINGSPERIODE = 422 "ugyldig-tilbakekrevingsperiode" "Ugyldig tilbakekrevingsperiode";
    UGYLDIG_PERIODE = 422 "ugyldig-periode" "Ugyldig periode";
    UGYLDIG_STOPPDATO = 422 "ugyldig-stoppdato-for-løpende-mulkt" "Ugyldig stoppdato for løpende mulkt";
    UTGANGSPUNKT_ELDRE_ENN_2_AAR_OG_10_MAANEDER = 422
        "foreldelsesfristens-utgangspunkt-eldre-enn-2-aar-og-10-maaneder"
        "Foreldelsesfristens utgangspunkt eldre enn 2 år og 10 måneder";
    RENTEBELOEP_ER_IKKE_TILLATT = 422 "rentebeloep-er-ikke-tillatt-for-kravtype"
        "Rentebeloep er ikke tillatt for kravtype";

    // The calls on a krav.
    UGYLDIG_KRAVIDENTIFIKATOR = 422 "ugyldig-kravidentifikator" "Ugyldig kravidentifikator";
    EKSISTERER_IKKE = 404 "innkrevingsoppdrag-eksisterer-ikke" "Innkrevingsoppdrag eksisterer ikke";
    HOVEDSTOL_ER_IKKE_OVER_0 = 422 "hovedstol-er-ikke-over-0" "Hovedstol er ikke over 0";
    RENTEBELOEP_ER_UNDER_0 = 422 "rentebeloep-er-under-0" "Rentebeloep er under 0";
    KAN_IKKE_ENDRES = 403 "kravtypen-kan-ikke-endres" "Kravtypen kan ikke endres";
    KAN_IKKE_AVSKRIVES = 403 "kravtypen-kan-ikke-avskrives" "Kravtypen kan ikke avskrives";
    ER_IKKE_RESKONTROFOERT = 409 "innkrevingsoppdrag-er-ikke-reskontrofoert"
        "Innkrevingsoppdrag er ikke reskontrofoert";
    // The same rule where something is read: there is nothing to find yet.
    FINNES_IKKE_FOER_RESKONTROFOERING = 404 "innkrevingsoppdrag-er-ikke-reskontrofoert"
        "Innkrevingsoppdrag er ikke reskontrofoert";
    AVSKREVET_KAN_IKKE_ENDRES = 409 "avskrevet-innkrevingsoppdrag-kan-ikke-endres"
        "Avskrevet innkrevingsoppdrag kan ikke endres";
    AVSKREVET_KAN_IKKE_AVSKRIVES = 409 "avskrevet-innkrevingsoppdrag-kan-ikke-avskrives"
        "Avskrevet innkrevingsoppdrag kan ikke avskrives";
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_rules_are_told_apart_by_nothing() {
        let told: HashSet<_> = ALL.iter().map(|rule| (rule.slug, rule.status)).collect();
        assert_eq!(told.len(), ALL.len());
    }
}
