use skattebro_domain::flow::{Effect, ErrorKind, Failure, Retry};
use skattebro_domain::krav::slugs;
use skattebro_domain::{Korrelasjonsid, Slug, masking};
use std::error::Error;
use std::fmt;

/// Why a call failed, what it did at the other side, and what to do.
///
/// The text has no personal numbers, no token and no URL. The cause below it, if there is one, is its
/// [`source`](Error::source).
#[derive(Debug)]
pub struct PortError(Box<Parts>);

#[derive(Debug)]
struct Parts {
    kind: ErrorKind,
    operation: &'static str,
    only_looks: bool,
    effect: Effect,
    retry: Retry,
    about_referanse: bool,
    detail: String,
    problem: Option<Problem>,
    korrelasjonsid: Option<Korrelasjonsid>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// What the service itself said about an error, as it said it; personal numbers are masked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The HTTP status.
    pub status: u16,
    /// The `type` of a problem document, or the `kode` of a general error.
    pub slug: Slug,
    /// The service's sentence, in Norwegian.
    pub melding: String,
    /// The service's id for the call, which support asks for.
    pub korrelasjonsid: Option<String>,
}

impl PortError {
    /// An error of `operation` (a noun phrase: "the upload"), which did `effect`. Says of itself that trying again cannot help;
    /// see the `with_` methods for the rest.
    pub fn new(kind: ErrorKind, operation: &'static str, effect: Effect, detail: impl AsRef<str>) -> Self {
        Self(Box::new(Parts {
            kind,
            operation,
            only_looks: false,
            effect,
            retry: Retry::AfterChange,
            about_referanse: false,
            detail: masking::mask(detail.as_ref()),
            problem: None,
            korrelasjonsid: None,
            source: None,
        }))
    }

    /// The same, and whether trying again can help.
    pub fn with_retry(mut self, retry: Retry) -> Self {
        self.0.retry = retry;
        self
    }

    /// The same, knowing better what it did at the other side.
    pub fn with_effect(mut self, effect: Effect) -> Self {
        self.0.effect = effect;
        self
    }

    /// The same, of a call that changes nothing at the other side.
    pub fn only_looking(mut self) -> Self {
        self.0.only_looks = true;
        self
    }

    /// The same, with what the service said.
    pub fn with_problem(mut self, problem: Problem) -> Self {
        self.0.problem = Some(problem);
        self
    }

    /// The same, refused for the reference to an uploaded document.
    pub fn about_referanse(mut self) -> Self {
        self.0.about_referanse = true;
        self
    }

    /// The same, with the id of the call.
    pub fn with_korrelasjonsid(mut self, id: Korrelasjonsid) -> Self {
        self.0.korrelasjonsid = Some(id);
        self
    }

    /// The same, with its cause. A cause that shows a personal number, itself or below it, is replaced by its masked text.
    pub fn with_source(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let source = source.into();
        self.0.source =
            Some(if shows_a_person(&*source) { MaskedCause::of(&*source).into() } else { source });
        self
    }

    /// What went wrong, by meaning.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What the call did at the other side.
    pub fn effect(&self) -> &Effect {
        &self.0.effect
    }

    /// Whether trying again can help.
    pub fn retry(&self) -> Retry {
        self.0.retry
    }

    /// What the service said, if it said something that the contract knows.
    pub fn problem(&self) -> Option<&Problem> {
        self.0.problem.as_ref()
    }

    /// Whether it was refused for the reference to an uploaded document.
    pub fn is_about_referanse(&self) -> bool {
        self.0.about_referanse
    }

    /// The id of the call.
    pub fn korrelasjonsid(&self) -> Option<&Korrelasjonsid> {
        self.0.korrelasjonsid.as_ref()
    }

    /// As much of it as a state machine needs.
    pub fn failure(&self) -> Failure {
        Failure {
            kind: self.0.kind,
            korrelasjonsid: self.0.korrelasjonsid.clone(),
            effect: self.0.effect.clone(),
            retry: self.0.retry,
            about_referanse: self.0.about_referanse,
            message: self.with_causes(),
        }
    }

    /// The whole text, with every cause below it.
    pub fn with_causes(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            text.push_str(&masking::mask(&format!(" – because: {error}")));
            cause = error.source();
        }
        text
    }

    fn effect_sentence(&self) -> &'static str {
        match &self.0.effect {
            Effect::NotSent => "Nothing was sent.",
            _ if self.0.only_looks => "The call only looks, so nothing changed.",
            Effect::Refused(_) => "Nothing changed at the service.",
            Effect::Open | Effect::Unknown => "Whether the service acted on it is not known.",
            Effect::Done => "The service acted on it.",
        }
    }

    fn advice(&self) -> &'static str {
        if let Effect::Refused(slug) = &self.0.effect
            && slugs::short(slug) == slugs::NOT_BOOKED
        {
            return "The krav is not booked yet, which takes seconds to a minute: try again then.";
        }
        match (self.0.kind, self.0.retry) {
            // There is no token, and it was said why.
            (ErrorKind::Unauthorized | ErrorKind::Forbidden, Retry::AfterChange)
                if self.0.effect == Effect::NotSent =>
            {
                "Mend that, then try again."
            }
            (ErrorKind::Unauthorized, _) => {
                "Check the token: whose it is, its scope, and whether it has expired."
            }
            (ErrorKind::Forbidden, _) => {
                "Check that the token's owner may act for this party (delegation, role, scope)."
            }
            (ErrorKind::NotFound, _) => "Check the number, the year and the id.",
            (ErrorKind::TooLarge, _) => "Make it smaller. Where edition v1 is used: v2 takes 500 MB.",
            (ErrorKind::Unreachable, _) => "Check the address, the network and the proxy, then try again.",
            (_, Retry::Later(_)) => "Try again later.",
            (_, Retry::AFewTimes) => "Try again; if it stays so, give Skatteetaten the korrelasjonsid.",
            (ErrorKind::Local, Retry::AfterChange) => "Mend that, then try again.",
            (_, Retry::AfterChange) => "Change what was refused; sending the same again cannot help.",
        }
    }
}

/// What happened, what the service said, whether anything changed, and what to do.
impl fmt::Display for PortError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} failed: {}.", self.0.operation, self.0.detail)?;
        if let Some(problem) = &self.0.problem {
            write!(
                f,
                " The service said: «{}» ({}, HTTP {}).",
                problem.melding, problem.slug, problem.status
            )?;
        }
        write!(f, " {} {}", self.effect_sentence(), self.advice())?;
        let of_service = self.0.problem.as_ref().and_then(|problem| problem.korrelasjonsid.as_deref());
        match of_service.or(self.0.korrelasjonsid.as_ref().map(Korrelasjonsid::as_str)) {
            Some(id) => write!(f, " (korrelasjonsid {id})"),
            None => Ok(()),
        }
    }
}

impl Error for PortError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn Error + 'static))
    }
}

fn shows_a_person(error: &dyn Error) -> bool {
    let text = format!("{error} {error:?}");
    masking::mask(&text) != text || error.source().is_some_and(shows_a_person)
}

/// What an error said, and the errors below it, without personal numbers.
#[derive(Debug)]
struct MaskedCause {
    text: String,
    cause: Option<Box<MaskedCause>>,
}

impl MaskedCause {
    fn of(error: &dyn Error) -> Self {
        let cause = error.source().map(|cause| Box::new(Self::of(cause)));
        Self { text: masking::mask(&error.to_string()), cause }
    }
}

impl fmt::Display for MaskedCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Error for MaskedCause {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as &(dyn Error + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_what_happened_what_changed_and_what_to_do() {
        let error =
            PortError::new(ErrorKind::Timeout, "the upload", Effect::Unknown, "no answer within 60 s")
                .with_retry(Retry::Later(None))
                .with_korrelasjonsid("k-1".parse().unwrap());
        assert_eq!(
            error.to_string(),
            "the upload failed: no answer within 60 s. Whether the service acted on it is not known. Try again later. \
             (korrelasjonsid k-1)"
        );
        let look = PortError::new(ErrorKind::Timeout, "the look", Effect::Unknown, "x").only_looking();
        assert!(look.to_string().contains("nothing changed"), "{look}");
    }

    #[test]
    fn what_the_service_said_is_shown_as_it_said_it_without_personal_numbers() {
        let problem = Problem {
            status: 403,
            slug: "DAS-008".parse().unwrap(),
            melding: "Mangler rettighet".into(),
            korrelasjonsid: Some("theirs".into()),
        };
        let refused = Effect::Refused(problem.slug.clone());
        let error = PortError::new(ErrorKind::Forbidden, "the start", refused, "for 17912099997")
            .with_problem(problem)
            .with_source(std::io::Error::other("also 17912099997"));
        let text = error.with_causes();
        assert!(
            text.contains("«Mangler rettighet» (DAS-008, HTTP 403). Nothing changed at the service."),
            "{text}"
        );
        assert!(text.contains("(korrelasjonsid theirs) – because: also 179120*****"), "{text}");
        assert!(!text.contains("99997"), "{text}");
    }

    #[test]
    fn a_cause_is_kept_as_it_is_unless_it_shows_a_person() {
        let error = |cause: std::io::Error| {
            PortError::new(ErrorKind::Local, "x", Effect::NotSent, "x").with_source(cause)
        };
        let harmless = error(std::io::ErrorKind::NotFound.into());
        assert!(harmless.source().unwrap().is::<std::io::Error>());
        let inner = std::io::Error::other("/arkiv/17912099997/x.xml");
        let telling = error(std::io::Error::other(
            PortError::new(ErrorKind::Local, "y", Effect::NotSent, "y").with_source(inner),
        ));
        let shown = format!("{telling:?} {}", telling.source().unwrap().source().unwrap());
        assert!(shown.contains("/arkiv/179120*****/x.xml") && !shown.contains("99997"), "{shown}");
    }
}
