use crate::{DocumentSource, ValidationRequest};
use skattebro_domain::innsending::{InnsendingRules, Utfoerer};
use skattebro_domain::{Dokumentidentifikator, Referanse, ResultatAvValidering};

/// By which edition a return is validated before it is submitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Utgave {
    /// At once while it is small enough for that (10 MB as base64); otherwise by a job, edition v2.
    #[default]
    Auto,
    /// At once, in one call.
    Synkron,
    /// By a job for an uploaded næringsspesifikasjon, edition v1.
    V1,
    /// By a job for what lies in the Altinn instance, edition v2.
    V2,
}

impl Utgave {
    /// Every edition with its word.
    pub const ALL: [(&'static str, Self); 4] =
        [("auto", Self::Auto), ("synkron", Self::Synkron), ("v1", Self::V1), ("v2", Self::V2)];
}

impl std::str::FromStr for Utgave {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL.iter().find(|(word, _)| *word == text);
        known.map(|(_, utgave)| *utgave).ok_or_else(|| "write auto, synkron, v1 or v2".to_owned())
    }
}

impl std::fmt::Display for Utgave {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let known = Self::ALL.iter().find(|(_, utgave)| utgave == self);
        f.write_str(known.map_or("", |(word, _)| word))
    }
}

/// What an earlier validation came to, for a submission without another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tidligere {
    pub(crate) resultat: ResultatAvValidering,
    pub(crate) referanse: Option<Referanse>,
    pub(crate) gjeldende: Dokumentidentifikator,
}

/// What is to be submitted. Made by [`new`](Self::new) of what is to be validated, and the methods that give the rest.
#[derive(Debug, Clone)]
pub struct InnsendingRequest {
    pub(crate) validation: ValidationRequest,
    pub(crate) utfoerer: Utfoerer,
    pub(crate) utgave: Utgave,
    pub(crate) vedlegg: Vec<DocumentSource>,
    pub(crate) med_feil: bool,
    pub(crate) revisor: Option<bool>,
    pub(crate) rules: InnsendingRules,
    pub(crate) tidligere: Option<Tidligere>,
}

impl InnsendingRequest {
    /// The submission of this return, by this kind of user. A systembruker takes the process one step, and a person confirms.
    pub fn new(validation: ValidationRequest, utfoerer: Utfoerer) -> Self {
        let rules = InnsendingRules { filing: validation.rules, ..InnsendingRules::default() };
        Self {
            validation,
            utfoerer,
            utgave: Utgave::Auto,
            vedlegg: Vec::new(),
            med_feil: false,
            revisor: None,
            rules,
            tidligere: None,
        }
    }

    /// The edition.
    pub fn utgave(mut self, utgave: Utgave) -> Self {
        self.utgave = utgave;
        self
    }

    /// A file that is attached: pdf, jpg, png or xlsx, at most 100 MB, at most 70 of them.
    pub fn vedlegg(mut self, file: impl Into<DocumentSource>) -> Self {
        self.vedlegg.push(file.into());
        self
    }

    /// Submit although the validation finds errors. Not wanted, unless this is called.
    pub fn med_feil(mut self, yes: bool) -> Self {
        self.med_feil = yes;
        self
    }

    /// Whether an auditor must confirm. The documents say it too, and the two must agree; the documents alone decide unless this is called.
    pub fn skal_bekreftes_av_revisor(mut self, yes: bool) -> Self {
        self.revisor = Some(yes);
        self
    }

    /// Limits and delays; those of the validation stay what they are.
    pub fn rules(mut self, rules: InnsendingRules) -> Self {
        self.rules = InnsendingRules { filing: self.rules.filing, ..rules };
        self
    }
}
