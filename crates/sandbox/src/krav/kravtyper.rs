//! The code list of kravtyper and whose they are.

use super::edition::Edition;

pub(crate) const LOENNSKOMPENSASJON: &str = "TILBAKEKREVING_LOENNSKOMPENSASJON";
pub(crate) const OMSORGSPENGER: &str = "TILBAKEKREVING_OMSORGSPENGER";
pub(crate) const FORSKUTTERTE_DAGPENGER: &str = "TILBAKEKREVING_FORSKUTTERTE_DAGPENGER";
pub(crate) const RETTIGHETSHAVERREGISTERLOVEN: &str = "TVANGSMULKT_RETTIGHETSHAVERREGISTERLOVEN";

/// An oppdragsgiver with kravtyper, and rules for them, of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    Nav,
    Broennoeysund,
    Others,
}

/// The organisations that may use nothing but their own kravtyper. All others may use any, so that
/// whoever tries the sandbox out can try everything.
const BOUND: [(&str, Owner); 2] = [("889640782", Owner::Nav), ("974760673", Owner::Broennoeysund)];

/// A kravtype of the code list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kravtype {
    pub(crate) name: &'static str,
    pub(crate) owner: Owner,
}

impl Kravtype {
    pub(crate) fn find(name: &str, edition: Edition) -> Option<Self> {
        let lists: &[(Owner, &[&'static str])] = match edition {
            Edition::V1 => &[
                (Owner::Nav, &NAV),
                (Owner::Broennoeysund, &[RETTIGHETSHAVERREGISTERLOVEN]),
                (Owner::Others, &OTHERS),
            ],
            Edition::Aar2023 => &[(Owner::Nav, &NAV_2023)],
        };
        lists.iter().find_map(|(owner, names)| {
            let name = names.iter().find(|listed| **listed == name)?;
            Some(Kravtype { name, owner: *owner })
        })
    }

    /// Whether the organisation may use it.
    pub(crate) fn belongs_to(self, organisation: &str) -> bool {
        BOUND.iter().all(|(bound, owner)| *bound != organisation || *owner == self.owner)
    }
}

const NAV_2023: [&str; 2] =
    ["TILBAKEKREVING_FEILUTBETALT_YTELSE", "FORSIKRINGSPREMIE_SELVSTENDIG_NAERINGSDRIVENDE"];

const OTHERS: [&str; 3] =
    ["EGENANDEL_FRITT_RETTSRAAD", "EGENANDEL_FRI_SAKFOERSEL", "RETTSGEBYR_UTLEGGSBEGJAERING"];

const NAV: [&str; 44] = [
    "TILBAKEKREVING_ALDERSPENSJON",
    "TILBAKEKREVING_ATTFOERINGSPENGER",
    "TILBAKEKREVING_ATTFOERINGSYTELSER",
    "TILBAKEKREVING_AVTALEFESTET_PENSJON",
    "TILBAKEKREVING_AVTALEFESTET_PENSJON_PRIVATSEKTOR",
    "TILBAKEKREVING_BARNETRYGD",
    "TILBAKEKREVING_BARNEPENSJON",
    "TILBAKEKREVING_ENGANGSSTOENAD_VED_FOEDSEL",
    "TILBAKEKREVING_FORELDREPENGER",
    "TILBAKEKREVING_FORSKUTTERTE_DAGPENGER",
    "TILBAKEKREVING_GAMMEL_YRKESSKADEPENSJON",
    "TILBAKEKREVING_GJENLEVENDE_PENSJON",
    "TILBAKEKREVING_GJENLEVENDE_PENSJON_AVREGNING",
    "TILBAKEKREVING_KOMPENSASJON_NAERING_OG_FRILANS",
    "TILBAKEKREVING_KONTANTSTOETTE",
    "TILBAKEKREVING_KRIGSPENSJON",
    "TILBAKEKREVING_LOENNSKOMPENSASJON",
    "TILBAKEKREVING_MOBILITETSFREMMENDE_STOENADER",
    "TILBAKEKREVING_OMSTILLINGSSTOENAD",
    "TILBAKEKREVING_OMSORGSPENGER",
    "TILBAKEKREVING_OPPLAERINGSPENGER",
    "TILBAKEKREVING_OVERGANGSSTOENAD",
    "TILBAKEKREVING_PERMITTERINGSPENGER_KORONA",
    "TILBAKEKREVING_PLEIEPENGER_BARN",
    "TILBAKEKREVING_PLEIEPENGER_NAERSTAAENDE",
    "TILBAKEKREVING_SPESIALUTBETALING",
    "TILBAKEKREVING_SVANGERSKAPSPENGER",
    "TILBAKEKREVING_SUPPLERENDE_STOENAD_ALDERSPENSJON",
    "TILBAKEKREVING_SUPPLERENDE_STOENAD_UFOEREPENSJON",
    "TILBAKEKREVING_STOENAD_TIL_BARNETILSYN",
    "TILBAKEKREVING_SYKEPENGER",
    "TILBAKEKREVING_TIDLIGERE_FAMILIEPLEIER_PENSJON",
    "TILBAKEKREVING_TILLEGGSTOENADER",
    "TILBAKEKREVING_UFOEREPENSJON",
    "TILBAKEKREVING_UFOERETRYGD",
    "TILBAKEKREVING_UFOERETRYGD_AVREGNING",
    "TILBAKEKREVING_UFOERETRYGD_ETTEROPPGJOER",
    "TILBAKEKREVING_UTDANNINGSSTOENAD",
    "TILBAKEKREVING_ARBEIDSAVKLARINGSPENGER",
    "TILBAKEKREVING_DAGPENGER",
    "TILBAKEKREVING_TILLEGGSTOENAD",
    "TILBAKEKREVING_TILTAKSPENGER",
    "TILBAKEKREVING_OMSTILLINGSSTOENAD_ETTEROPPGJOER",
    "TILBAKEKREVING_UNGDOMSPROGRAMYTELSEN",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_one_owner_and_two_organisations_are_bound() {
        for name in [LOENNSKOMPENSASJON, OMSORGSPENGER, FORSKUTTERTE_DAGPENGER] {
            let kravtype = Kravtype::find(name, Edition::V1).unwrap();
            assert!(kravtype.belongs_to("889640782") && kravtype.belongs_to("974761076"), "{name}");
            assert!(!kravtype.belongs_to("974760673"), "{name}");
            assert!(Kravtype::find(name, Edition::Aar2023).is_none(), "{name}");
        }
        let mulkt = Kravtype::find(RETTIGHETSHAVERREGISTERLOVEN, Edition::V1).unwrap();
        assert!(mulkt.belongs_to("974760673") && !mulkt.belongs_to("889640782"));
        for name in OTHERS {
            assert!(!Kravtype::find(name, Edition::V1).unwrap().belongs_to("889640782"), "{name}");
        }
        assert!(Kravtype::find(NAV_2023[0], Edition::Aar2023).unwrap().belongs_to("889640782"));
        assert!(Kravtype::find(NAV_2023[0], Edition::V1).is_none());
    }
}
