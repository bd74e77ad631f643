//! What happened to a submission, in a line each.

use skattebro_domain::innsending::{Act, Ask, Fact};

pub(crate) fn ask(ask: &Ask) -> String {
    match ask {
        Ask::SendInn(plan) => format!("wanted: submit for {}", plan.metadata.inntektsaar),
        Ask::MedFeil => "wanted: submit although there are errors".to_owned(),
        Ask::Cancel => "given up".to_owned(),
        Ask::Fortsett => "wanted: go on".to_owned(),
        Ask::Restored { since } => format!("restored from a copy: since {since} anything may have been sent"),
    }
}

pub(crate) fn act(act: &Act) -> String {
    match act {
        Act::Opprett => "about to make an instance".to_owned(),
        Act::SettMetadata(instans, _) => format!("about to write the metadata of {instans}"),
        Act::LastOppVedlegg(_, place) => format!("about to upload attachment {}", place + 1),
        Act::LastOppKonvolutt(..) => "about to upload the envelope".to_owned(),
        Act::Slett(..) => "about to take out what is there twice".to_owned(),
        Act::Neste(_, prosess) => format!("about to take the process on from «{}»", prosess.as_str()),
        Act::Validering(act, ..) => crate::filing::story::act(act),
    }
}

pub(crate) fn fact(fact: &Fact) -> String {
    match fact {
        Fact::Gjeldende(referanse) => format!("the return in force is {}", referanse.dokumentidentifikator),
        Fact::GjeldendeUnusable(why) => why.clone(),
        Fact::Validert(resultat) => format!("validated: {resultat}"),
        Fact::Opprettet(instans) => format!("instance {} was made", instans.id),
        Fact::MetadataSatt => "the metadata are written".to_owned(),
        Fact::VedleggLastetOpp(place, id) => format!("attachment {} is in, as {id}", place + 1),
        Fact::KonvoluttLastetOpp(element) => format!("the envelope is in, as {}", element.id),
        Fact::Slettet => "what was there twice is out".to_owned(),
        Fact::Flyttet(prosess) => format!("the process is at «{}»", prosess.as_str()),
        Fact::Aapne(instanser) => format!("{} open instances were seen", instanser.len()),
        Fact::Instans(instans) => {
            let prosess = instans.prosess.as_str();
            format!("instance {} was seen at «{prosess}», with {} elements", instans.id, instans.data.len())
        }
        Fact::Kvittering(resultat, aarsaker) if aarsaker.is_empty() => format!("receipt: {resultat}"),
        Fact::Kvittering(resultat, aarsaker) => format!("receipt: {resultat} ({})", aarsaker.join(", ")),
        Fact::Validering(fact) => crate::filing::story::fact(fact),
        Fact::Failed(failure) => crate::krav::story::failed(failure),
        Fact::LookFailed(_, failure) => format!("looking: {}", failure.message),
    }
}
