//! What happened to a filing, in a line each.

use skattebro_domain::filing::{Act, Ask, Fact};

pub(crate) fn ask(ask: &Ask) -> String {
    match ask {
        Ask::Validate(plan) => match &plan.referanse {
            Some(referanse) => format!("wanted: validate, with the upload {referanse}"),
            None => "wanted: validate".to_owned(),
        },
        Ask::Cancel => "given up".to_owned(),
        Ask::Fortsett => "wanted: go on".to_owned(),
        Ask::Restored { since } => format!("restored from a copy: since {since} anything may have been sent"),
    }
}

pub(crate) fn act(act: &Act) -> String {
    match act {
        Act::Upload => "about to upload".to_owned(),
        Act::Start { .. } => "about to start a job".to_owned(),
    }
}

pub(crate) fn fact(fact: &Fact) -> String {
    match fact {
        Fact::Gjeldende(referanse) => format!("the return in force is {}", referanse.dokumentidentifikator),
        Fact::GjeldendeUnusable(why) => why.clone(),
        Fact::Uploaded(referanse) => format!("uploaded: referanse {referanse}"),
        Fact::Started(jobb, status) => format!("started: job {jobb} ({status})"),
        Fact::Status(jobb, tilstand) => format!("job {jobb}: {}", tilstand.jobb_status),
        Fact::NoResult(jobb) => format!("job {jobb} has no result to fetch"),
        Fact::Resultat(jobb, resultat) => format!("job {jobb}: result fetched, {resultat}"),
        Fact::Failed(failure) => crate::krav::story::failed(failure),
        Fact::LookFailed(failure) => format!("looking: {}", failure.message),
    }
}
