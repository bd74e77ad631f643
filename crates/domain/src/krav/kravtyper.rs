//! The code list of kravtyper, as far as it is known here. New ones appear; they are passed through with a warning.

use super::Edition;

/// Whose kravtyper follow rules of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Organ {
    /// NAV.
    Nav,
    /// Brønnøysundregistrene.
    Broennoeysund,
    /// Anybody else.
    Annen,
}

impl Organ {
    /// What people call it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Nav => "NAV",
            Self::Broennoeysund => "Brønnøysundregistrene",
            Self::Annen => "another oppdragsgiver than NAV and Brønnøysundregistrene",
        }
    }
}

/// Whose kravtype it is; `None` for one that is not known here.
pub fn organ_of(kravtype: &str) -> Option<Organ> {
    if KNOWN_TO_2023.contains(&kravtype) {
        return Some(Organ::Nav);
    }
    if let Some(ytelse) = kravtype.strip_prefix("TILBAKEKREVING_") {
        return NAV.contains(&ytelse).then_some(Organ::Nav);
    }
    match kravtype {
        RETTIGHETSHAVERREGISTERLOVEN => Some(Organ::Broennoeysund),
        "EGENANDEL_FRITT_RETTSRAAD" | "EGENANDEL_FRI_SAKFOERSEL" | "RETTSGEBYR_UTLEGGSBEGJAERING" => {
            Some(Organ::Annen)
        }
        _ => None,
    }
}

/// Whether it is in the code list of `edition`, as far as that is known here.
pub(super) fn is_known_to(edition: Edition, kravtype: &str) -> bool {
    let of_2023 = KNOWN_TO_2023.contains(&kravtype);
    match edition {
        Edition::Utgave2023 => of_2023,
        Edition::V1 => !of_2023 && organ_of(kravtype).is_some(),
    }
}

/// The one of Brønnøysundregistrene.
pub(super) const RETTIGHETSHAVERREGISTERLOVEN: &str = "TVANGSMULKT_RETTIGHETSHAVERREGISTERLOVEN";
/// Of NAV's, the one for organisations only.
pub(super) const LOENNSKOMPENSASJON: &str = "TILBAKEKREVING_LOENNSKOMPENSASJON";
/// Of NAV's, the one for persons and organisations.
pub(super) const OMSORGSPENGER: &str = "TILBAKEKREVING_OMSORGSPENGER";
/// Of NAV's, the one with an additional time limit of its own.
pub(super) const FORSKUTTERTE_DAGPENGER: &str = "TILBAKEKREVING_FORSKUTTERTE_DAGPENGER";

/// The kravtyper of edition 2023.
pub(super) const KNOWN_TO_2023: [&str; 2] =
    ["TILBAKEKREVING_FEILUTBETALT_YTELSE", "FORSIKRINGSPREMIE_SELVSTENDIG_NAERINGSDRIVENDE"];

/// The benefits that NAV reclaims; each kravtype is one of them after `TILBAKEKREVING_`.
const NAV: [&str; 44] = [
    "ALDERSPENSJON",
    "ATTFOERINGSPENGER",
    "ATTFOERINGSYTELSER",
    "AVTALEFESTET_PENSJON",
    "AVTALEFESTET_PENSJON_PRIVATSEKTOR",
    "BARNETRYGD",
    "BARNEPENSJON",
    "ENGANGSSTOENAD_VED_FOEDSEL",
    "FORELDREPENGER",
    "FORSKUTTERTE_DAGPENGER",
    "GAMMEL_YRKESSKADEPENSJON",
    "GJENLEVENDE_PENSJON",
    "GJENLEVENDE_PENSJON_AVREGNING",
    "KOMPENSASJON_NAERING_OG_FRILANS",
    "KONTANTSTOETTE",
    "KRIGSPENSJON",
    "LOENNSKOMPENSASJON",
    "MOBILITETSFREMMENDE_STOENADER",
    "OMSTILLINGSSTOENAD",
    "OMSORGSPENGER",
    "OPPLAERINGSPENGER",
    "OVERGANGSSTOENAD",
    "PERMITTERINGSPENGER_KORONA",
    "PLEIEPENGER_BARN",
    "PLEIEPENGER_NAERSTAAENDE",
    "SPESIALUTBETALING",
    "SVANGERSKAPSPENGER",
    "SUPPLERENDE_STOENAD_ALDERSPENSJON",
    "SUPPLERENDE_STOENAD_UFOEREPENSJON",
    "STOENAD_TIL_BARNETILSYN",
    "SYKEPENGER",
    "TIDLIGERE_FAMILIEPLEIER_PENSJON",
    "TILLEGGSTOENADER",
    "UFOEREPENSJON",
    "UFOERETRYGD",
    "UFOERETRYGD_AVREGNING",
    "UFOERETRYGD_ETTEROPPGJOER",
    "UTDANNINGSSTOENAD",
    "ARBEIDSAVKLARINGSPENGER",
    "DAGPENGER",
    "TILLEGGSTOENAD",
    "TILTAKSPENGER",
    "OMSTILLINGSSTOENAD_ETTEROPPGJOER",
    "UNGDOMSPROGRAMYTELSEN",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kravtype_belongs_to_one_organ_or_is_unknown() {
        assert_eq!(organ_of("TILBAKEKREVING_SYKEPENGER"), Some(Organ::Nav));
        assert_eq!(organ_of("TVANGSMULKT_RETTIGHETSHAVERREGISTERLOVEN"), Some(Organ::Broennoeysund));
        assert_eq!(organ_of("RETTSGEBYR_UTLEGGSBEGJAERING"), Some(Organ::Annen));
        for unknown in ["", "TILBAKEKREVING_", "TILBAKEKREVING_NOE_NYTT", "sykepenger", "SYKEPENGER"] {
            assert_eq!(organ_of(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn the_kravtyper_with_rules_of_their_own_are_in_the_list() {
        for kravtype in [LOENNSKOMPENSASJON, OMSORGSPENGER, FORSKUTTERTE_DAGPENGER] {
            assert_eq!(organ_of(kravtype), Some(Organ::Nav), "{kravtype}");
        }
    }

    #[test]
    fn each_edition_has_a_code_list_of_its_own() {
        for (kravtype, in_2023, in_v1) in [
            ("TILBAKEKREVING_FEILUTBETALT_YTELSE", true, false),
            ("TILBAKEKREVING_SYKEPENGER", false, true),
            (RETTIGHETSHAVERREGISTERLOVEN, false, true),
            ("NOE_NYTT", false, false),
        ] {
            assert_eq!(is_known_to(Edition::Utgave2023, kravtype), in_2023, "{kravtype}");
            assert_eq!(is_known_to(Edition::V1, kravtype), in_v1, "{kravtype}");
        }
    }
}
