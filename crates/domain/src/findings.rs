//! Findings: what is wrong with an input, as data. All of them at once, each with place, cause and advice.

use crate::Place;
use std::fmt;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth a look; sent all the same.
    Warning,
    /// Nothing is sent while this stands.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// One thing that is wrong, or may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which rule; stable, for machines.
    pub code: Code,
    /// How bad.
    pub severity: Severity,
    /// In which input: a file name, or a role such as `næringsspesifikasjon`. Empty if it is about the whole.
    pub source: String,
    /// Which row of it, counted from 1; of inputs that have rows.
    pub row: Option<u64>,
    /// Which field, as a path in the API's own names, such as `hovedstol.beloep`. Empty if it is about no single one.
    pub field: String,
    /// Where in it.
    pub place: Option<Place>,
    /// What is wrong, and why that matters.
    pub message: String,
    /// What to do about it.
    pub advice: String,
}

impl Finding {
    /// An error in `source`.
    pub fn error(
        code: Code,
        source: impl Into<String>,
        message: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self {
            code,
            severity: Severity::Error,
            source: source.into(),
            row: None,
            field: String::new(),
            place: None,
            message: message.into(),
            advice: advice.into(),
        }
    }

    /// A warning about `source`.
    pub fn warning(
        code: Code,
        source: impl Into<String>,
        message: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, source, message, advice) }
    }

    /// The same finding, at `place`.
    pub fn at(self, place: Place) -> Self {
        Self { place: Some(place), ..self }
    }

    /// The same finding, about `field`.
    pub fn in_field(self, field: impl Into<String>) -> Self {
        Self { field: field.into(), ..self }
    }

    /// The same finding, in `row` of its source.
    pub fn in_row(self, row: u64) -> Self {
        Self { row: Some(row), ..self }
    }

    /// Whether it stops what was asked for.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// `source: row 7: line 1, column 2 (byte 1): hovedstol.beloep: error [code]: message – advice`, on one line.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.source.is_empty() {
            write!(f, "{}: ", self.source)?;
        }
        if let Some(row) = self.row {
            write!(f, "row {row}: ")?;
        }
        if let Some(place) = &self.place {
            write!(f, "{place}: ")?;
        }
        if !self.field.is_empty() {
            write!(f, "{}: ", self.field)?;
        }
        write!(f, "{} [{}]: {} – {}", self.severity, self.code, self.message, self.advice)
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal),+ $(,)?) => {
        /// The rule behind a finding. `Display` is its stable name for machines.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Code { $($(#[$doc])* $variant),+ }

        impl Code {
            /// Its stable name.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }
    };
}

codes! {
    /// The file cannot be opened or read.
    UnreadableFile = "unreadable-file",
    /// The file is empty.
    EmptyFile = "empty-file",
    /// It is not XML.
    NotXml = "not-xml",
    /// It ends in the middle.
    Truncated = "truncated",
    /// It is not well-formed.
    Malformed = "malformed",
    /// It is not UTF-8.
    NotUtf8 = "not-utf8",
    /// It has a DTD.
    DocumentType = "document-type",
    /// It uses an entity that XML does not define.
    UnknownEntity = "unknown-entity",
    /// A single value is larger than any real one.
    TooLargeValue = "too-large-value",
    /// It is nested deeper than any real one.
    TooDeep = "too-deep",
    /// A `.gz` is not gzip, or a broken one.
    BadGzip = "bad-gzip",
    /// A compressed input expands beyond every limit.
    ExpandsTooFar = "expands-too-far",
    /// The root element or its namespace belongs to no known document.
    WrongRoot = "wrong-root",
    /// A document stands where another kind belongs.
    WrongKind = "wrong-kind",
    /// The namespace version belongs to another income year.
    VersionOfAnotherYear = "version-of-another-year",
    /// The year or version is newer than this program.
    NewerThanKnown = "newer-than-known",
    /// The year is older than the service.
    OlderThanKnown = "older-than-known",
    /// An advance assessment, which follows other version rules.
    AdvanceAssessment = "advance-assessment",
    /// The document says no income year.
    InntektsaarMissing = "inntektsaar-missing",
    /// The document says another income year.
    InntektsaarDiffers = "inntektsaar-differs",
    /// The party's number is missing.
    PartMissing = "part-missing",
    /// The party's number is a placeholder or no number.
    PartNotANumber = "part-not-a-number",
    /// Attachments in the næringsspesifikasjon.
    Vedlegg = "vedlegg",
    /// The auditor is asked to confirm.
    Revisor = "revisor",
    /// Something that may ask the auditor to confirm, which the contract does not name.
    PerhapsRevisor = "perhaps-revisor",
    /// What must be sent is over the service's limit.
    OverLimit = "over-limit",
    /// A document that the filing needs is missing.
    DocumentMissing = "document-missing",
    /// The same kind of document was given twice.
    DocumentTwice = "document-twice",
    /// `innsendingsformaal` is missing.
    InnsendingsformaalMissing = "innsendingsformaal-missing",
    /// A krav has no oppdragsgiversKravidentifikator.
    IdMissing = "id-missing",
    /// Two rows have the same oppdragsgiversKravidentifikator.
    IdTwice = "id-twice",
    /// A validation for the same party is under way in this process.
    PartyBusy = "party-busy",
    /// The current return is of a kind that no envelope can refer to, or unlike the one that is sent.
    GjeldendeDiffers = "gjeldende-differs",
    // The service's own names of the rules for krav, so that a finding here and a refusal there are called the same.
    /// The kravtype is not in the code list.
    KravtypeEksistererIkke = "kravtype-eksisterer-ikke",
    /// The kravtype is in the code list, and no longer in use.
    KravtypeErInaktiv = "kravtype-er-inaktiv",
    /// The principal is not more than nothing.
    BeloepErIkkeOver0 = "beloep-er-ikke-over-0",
    /// The oppdragsgiver's reference is empty.
    TomOppdragsgiversReferanse = "tom-oppdragsgivers-referanse",
    /// The oppdragsgiver's reference has characters or a length that is not taken.
    UgyldigOppdragsgiversReferanse = "ugyldig-oppdragsgivers-referanse",
    /// The oppdragsgiver's id of the krav has characters or a length that is not taken.
    UgyldigOppdragsgiversKravidentifikator = "ugyldig-oppdragsgivers-kravidentifikator",
    /// The oppdragsgiver has a krav with this id.
    OppdragsgiversKravidentifikatorEksistererAllerede = "oppdragsgivers-kravidentifikator-eksisterer-allerede",
    /// The krav was decided in the future.
    UgyldigFastsettelsesdato = "ugyldig-fastsettelsesdato",
    /// The time limit begins on or after the day of the decision.
    UgyldigForeldelsesfristensUtgangspunkt = "ugyldig-foreldelsesfristens-utgangspunkt",
    /// The additional time limit stands beside a beginning of the ordinary one.
    UgyldigTilleggsfristEtterForeldelsesloven = "ugyldig-tilleggsfrist-etter-foreldelsesloven",
    /// The additional time limit is more than 10 months back.
    TilleggsfristEtterForeldelseslovenEldreEnn10Maaneder =
        "tilleggsfrist-etter-foreldelsesloven-eldre-enn-10-maaneder",
    /// The additional time limit is more than 11 months back.
    TilleggsfristEtterForeldelseslovenEldreEnn11Maaneder =
        "tilleggsfrist-etter-foreldelsesloven-eldre-enn-11-maaneder",
    /// The skyldner's number is none, or not of its kind.
    UgyldigSkyldnersIdentifikator = "ugyldig-skyldners-identifikator",
    /// The kravtype is another's than the oppdragsgiver's.
    UgyldigKravtype = "ugyldig-kravtype",
    /// Interest that is not more than nothing, of a new krav.
    RentebeloepErIkkeOver0 = "rentebeloep-er-ikke-over-0",
    /// Interest that was imposed in the future.
    UgyldigRenterilagtdato = "ugyldig-renterilagtdato",
    /// What the kravtype demands besides is missing, or in the form of another kravtype.
    UgyldigTilleggsinformasjon = "ugyldig-tilleggsinformasjon",
    /// The kravtype is for persons only.
    KravtypeGjelderKunForPerson = "kravtype-gjelder-kun-for-person",
    /// The kravtype is for organisations only.
    KravtypeGjelderKunForOrganisasjon = "kravtype-gjelder-kun-for-organisasjon",
    /// Payments to be set off against that are not more than nothing.
    YtelserForAvregningErIkkeOver0 = "ytelser-for-avregning-er-ikke-over-0",
    /// The time for which NAV reclaims ends in the future, or before it begins.
    UgyldigTilbakekrevingsperiode = "ugyldig-tilbakekrevingsperiode",
    /// The time that a fine of Brønnøysundregistrene is for ends in the future, or before it begins.
    UgyldigPeriode = "ugyldig-periode",
    /// A daily fine stops running in the future.
    UgyldigStoppdatoForLoependeMulkt = "ugyldig-stoppdato-for-løpende-mulkt",
    /// The time limit began more than 2 years and 10 months ago.
    ForeldelsesfristensUtgangspunktEldreEnn2AarOg10Maaneder =
        "foreldelsesfristens-utgangspunkt-eldre-enn-2-aar-og-10-maaneder",
    /// Interest, of a kravtype that takes none.
    RentebeloepErIkkeTillattForKravtype = "rentebeloep-er-ikke-tillatt-for-kravtype",
    /// A new principal that is not more than nothing.
    HovedstolErIkkeOver0 = "hovedstol-er-ikke-over-0",
    /// New interest that is less than nothing.
    RentebeloepErUnder0 = "rentebeloep-er-under-0",
    // What we find besides about krav.
    /// A new principal that is not lower than the one in force.
    HovedstolNotLower = "hovedstol-not-lower",
    /// A kind of interest that is not known here.
    RentetypeUnknown = "rentetype-unknown",
    /// Something that only the other edition of the API has.
    NotInThisEdition = "not-in-this-edition",
    /// A field that is demanded is missing.
    FieldMissing = "field-missing",
    /// A field that is not known here; it would be lost.
    FieldUnknown = "field-unknown",
    /// A field holds something else than belongs there.
    FieldMistyped = "field-mistyped",
    /// A field is given twice, so that nobody can say which one counts.
    FieldTwice = "field-twice",
    /// A row is longer than any real one.
    RowTooLong = "row-too-long",
    /// A row cannot be read as the format of its file.
    RowBroken = "row-broken",
    /// A row has more or fewer fields than the header.
    RowCount = "row-fields",
}

impl Code {
    /// Whether only the service can know: what is in its code list and in use, which kravtyper it has agreed with an oppdragsgiver, and
    /// which ids it has taken. What is found about these here is a warning, since the list known here may be older than the service's.
    pub fn is_for_the_service(self) -> bool {
        matches!(
            self,
            Self::KravtypeEksistererIkke
                | Self::KravtypeErInaktiv
                | Self::OppdragsgiversKravidentifikatorEksistererAllerede
                | Self::UgyldigKravtype
        )
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
