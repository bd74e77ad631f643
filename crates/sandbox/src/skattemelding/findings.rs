//! What validation found, as the response envelope tells it.

use super::kinds::Dokumenttype;

/// Deviations between what was received and what was calculated. They vary in which of the optional
/// elements they have.
pub(crate) const AVVIK: &str = "\
<avvik><avvikstype>avvikSkattemelding</avvikstype><forekomstidentifikator>global</forekomstidentifikator>\
<mottattVerdi>344940</mottattVerdi><beregnetVerdi>44054</beregnetVerdi><avvikIVerdi>300886</avvikIVerdi>\
<sti>inntektOgUnderskudd/samletInntekt/beloep/beloepSomHeltall</sti></avvik>\
<avvik><avvikstype>avvikNaeringsopplysninger</avvikstype>\
<forekomstidentifikator>74393548-882b-48bb-b68d-43a779f15e68</forekomstidentifikator>\
<mottattVerdi>3519088.25</mottattVerdi><beregnetVerdi>3519088.5</beregnetVerdi><avvikIVerdi>-0.25</avvikIVerdi>\
<sti>spesifikasjonAvAnleggsmiddel/saerskiltAnleggsmiddelIKraftverk/utgaaendeVerdi/beloep/beloep</sti>\
<oevrigInformasjon>Beløpet er beregnet på nytt for året: øre skal føres som desimaler</oevrigInformasjon></avvik>\
<avvik><avvikstype>verdiAvvikerFraKodeliste</avvikstype>\
<mottattTekst>Årsavskrivning &amp; påkostning</mottattTekst><beregnetTekst>ordinærAvskrivning</beregnetTekst>\
<oevrigInformasjon>Verdien «Årsavskrivning &amp; påkostning» finnes ikke i kodelisten</oevrigInformasjon></avvik>\
<avvik><avvikstype>manglerSkattemelding</avvikstype></avvik>";

/// Findings of the validation itself, beside those of the calculation.
pub(crate) const AVVIK_VED_VALIDERING: &str = "\
<avvik><avvikstype>xmlValideringsfeilPaaNaeringsopplysningene</avvikstype>\
<oevrigInformasjon>cvc-datatype-valid.1.2.1: '12,5' is not a valid value for 'decimal'.</oevrigInformasjon></avvik>";

/// Guidance.
pub(crate) const VEILEDNING: &str = "\
<veiledning><veiledningstype>N_AVVIK_ÅRSRESULTAT_EGENKAPITALAVSTEMMING</veiledningstype>\
<forekomstidentifikator>global</forekomstidentifikator>\
<hjelpetekst>Årsresultatet stemmer ikke med årets overskudd i egenkapitalavstemmingen.</hjelpetekst>\
<betjeningsstrategi>merknadStandard</betjeningsstrategi>\
<sti>resultatregnskap/aarsresultat/beloep/beloep</sti></veiledning>\
<veiledning><veiledningstype>N_UVANLIG_HØY_AVSKRIVNING</veiledningstype></veiledning>";

/// Why the result is not OK.
pub(crate) const AARSAKER: [&str; 2] = ["avvikSkattemelding", "avvikNaeringsopplysninger"];

/// What is known of the tax subject.
pub(crate) fn skattesubjekt(kind: Dokumenttype) -> &'static str {
    if kind == Dokumenttype::SkattemeldingPersonlig {
        return "<informasjonOmPersonligSkattesubjekt>\
                <tolvdelVedArbeidsoppholdINorge>12</tolvdelVedArbeidsoppholdINorge>\
                <sambeskattesMedEktefelle>false</sambeskattesMedEktefelle>\
                </informasjonOmPersonligSkattesubjekt>";
    }
    "<informasjonOmUpersonligSkattesubjekt>\
     <erFritattForFormuesskatt>true</erFritattForFormuesskatt>\
     <erOmfattetAvSaerreglerForKraftforetak>true</erOmfattetAvSaerreglerForKraftforetak>\
     <erOmfattetAvPetroleumsskatteloven>false</erOmfattetAvPetroleumsskatteloven>\
     <erOmfattetAvRederiskatteordningen>false</erOmfattetAvRederiskatteordningen>\
     <erOmfattetAvFinansskattPaaLoennOgOverskudd>false</erOmfattetAvFinansskattPaaLoennOgOverskudd>\
     <harLeveringsfritak>false</harLeveringsfritak>\
     </informasjonOmUpersonligSkattesubjekt>"
}

/// The calculated tax, in outline; None for returns whose tax falls on the participants. Its type in
/// the envelope, and the document.
pub(crate) fn beregnet_skatt(kind: Dokumenttype, inntektsaar: u16) -> Option<(&'static str, String)> {
    let (name, of_whom) = match kind {
        Dokumenttype::SkattemeldingPersonlig => ("beregnetSkattPersonlig", "personlig"),
        Dokumenttype::SkattemeldingUpersonlig => ("beregnetSkattUpersonlig", "upersonlig"),
        _ => return None,
    };
    let document = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <skatteberegningsresultat xmlns=\"urn:no:skatteetaten:fastsetting:formueinntekt:skatteberegning:{of_whom}:sandkasse:v1\">\
         <inntektsaar>{inntektsaar}</inntektsaar><skattegrunnlag><alminneligInntekt>100000</alminneligInntekt></skattegrunnlag>\
         <beregnetSkatt><skattPaaAlminneligInntekt>22000</skattPaaAlminneligInntekt></beregnetSkatt>\
         </skatteberegningsresultat>\n"
    );
    Some((name, document))
}
