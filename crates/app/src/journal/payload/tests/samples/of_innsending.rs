use super::of_filing::{
    bare, content as whole_filing, gjeldende, input, jobb, referanse, rules as filing_rules,
};
use super::*;
use innsending::{Content, VedleggInput, Vei};
use skattebro_domain::altinn::{
    DataId, Dataelement, Datatype, Instans, InstansId, Metadata, Prosess, Skanning, Vedleggstype,
};
use skattebro_domain::filing::Polling;
use skattebro_domain::innsending::{
    Act, Ask, Fact, InnsendingRules, Konvolutt, Lest, Plan, PlanlagtVedlegg, Utfoerer, Validering,
};
use skattebro_domain::{ResultatAvValidering, filing as domain_filing};
use std::time::Duration;

fn instans_id() -> InstansId {
    "50006869/2b23eb3a-5a28-4d2b-9c1b-9d0f2b1c3a4d".parse().unwrap()
}

fn data_id() -> DataId {
    "0b1e2c3d-0000-4d2b-9c1b-9d0f2b1c3a4d".parse().unwrap()
}

/// Not the defaults, which may change.
fn rules() -> InnsendingRules {
    InnsendingRules {
        filing: filing_rules(),
        looks: Polling { min: Duration::from_millis(3), max: Duration::from_millis(4) },
        deadline: Duration::from_millis(5),
        person_deadline: Duration::from_millis(6),
        receipt_deadline: Duration::from_millis(7),
        late_action: Duration::from_millis(8),
        gjeldende_counts_for: Duration::from_millis(9),
        clocks_differ: Duration::from_millis(10),
        max_failures: 11,
        max_unreadable: 12,
        max_refused_looks: 13,
        max_backoff: Duration::from_millis(14),
    }
}

fn contents() -> Vec<(String, Kept)> {
    let vedlegg = |name: &str, kind| VedleggInput {
        input: input(name, Some("/inn/v")),
        navn: format!("01-{name}"),
        kind,
    };
    let of = |vei, utfoerer| Content {
        filing: bare(),
        vei,
        utfoerer,
        skal_bekreftes_av_revisor: false,
        vedlegg: Vec::new(),
        rules: rules(),
    };
    let whole = Content {
        filing: whole_filing(),
        skal_bekreftes_av_revisor: true,
        vedlegg: vec![
            vedlegg("a.pdf", Vedleggstype::Pdf),
            vedlegg("b.jpg", Vedleggstype::Jpeg),
            vedlegg("c.png", Vedleggstype::Png),
            vedlegg("d.xlsx", Vedleggstype::Xlsx),
        ],
        ..of(Vei::Instans, Utfoerer::Systembruker)
    };
    [
        ("whole", whole),
        ("by a job", of(Vei::Jobb, Utfoerer::Person)),
        ("at once", of(Vei::Synkron, Utfoerer::Person)),
        ("validated before", of(Vei::Utfoert(ResultatAvValidering::ValidertOk), Utfoerer::Person)),
    ]
    .map(|(name, content)| (name.to_owned(), Kept::InnsendingContent(Box::new(content))))
    .into()
}

fn asks() -> Vec<(String, Kept)> {
    let plan = |validering, utfoerer| Plan {
        eier: "974761076".parse().unwrap(),
        metadata: Metadata { inntektsaar: "2023".parse().unwrap(), skal_bekreftes_av_revisor: false },
        utfoerer,
        validering,
        gjeldende: None,
        vedlegg: Vec::new(),
        med_feil: false,
    };
    let whole = Plan {
        metadata: Metadata { inntektsaar: "2024".parse().unwrap(), skal_bekreftes_av_revisor: true },
        gjeldende: Some(gjeldende()),
        vedlegg: vec![PlanlagtVedlegg { navn: "01-a.pdf".into(), stoerrelse: 10 }],
        med_feil: true,
        ..plan(Validering::Jobb { referanse: Some(referanse()), can_upload: true }, Utfoerer::Systembruker)
    };
    let utfoert = |resultat, referanse| Validering::Utfoert { resultat, referanse };
    let ok = utfoert(ResultatAvValidering::ValidertOk, None);
    let wrong = utfoert(ResultatAvValidering::ValidertMedFeil, Some(referanse()));
    [
        ("send-inn, whole", Ask::SendInn(whole), Some(said())),
        ("send-inn, instans", Ask::SendInn(plan(Validering::Instans, Utfoerer::Person)), None),
        ("send-inn, synkron", Ask::SendInn(plan(Validering::Synkron, Utfoerer::Person)), None),
        ("send-inn, utfoert", Ask::SendInn(plan(ok, Utfoerer::Person)), None),
        ("send-inn, utfoert with errors", Ask::SendInn(plan(wrong, Utfoerer::Person)), None),
        ("med-feil", Ask::MedFeil, None),
        ("cancel", Ask::Cancel, Some(said())),
        ("fortsett", Ask::Fortsett, None),
        ("restored", Ask::Restored { since: time("2026-03-02T10:15:30.1Z") }, None),
    ]
    .map(|(name, ask, said)| (name.to_owned(), Kept::InnsendingAsk(ask, said)))
    .into()
}

fn konvolutt() -> Konvolutt {
    Konvolutt { referanse: Some(referanse()), gjeldende: gjeldende(), vedlegg: vec![data_id(), data_id()] }
}

fn prosesser() -> [Prosess; 6] {
    let ukjent = Prosess::Ukjent("Task_9".into());
    [
        Prosess::Data,
        Prosess::Bekreftelse,
        Prosess::Revisor,
        Prosess::Tilbakemelding,
        Prosess::Avsluttet,
        ukjent,
    ]
}

fn acts() -> Vec<(String, Kept)> {
    let bare = Konvolutt { referanse: None, vedlegg: Vec::new(), ..konvolutt() };
    let start = |referanse| domain_filing::Act::Start { referanse, gjeldende: gjeldende() };
    let mut acts = vec![
        ("opprett".to_owned(), Act::Opprett),
        ("sett-metadata".to_owned(), Act::SettMetadata(instans_id(), data_id())),
        ("last-opp-vedlegg".to_owned(), Act::LastOppVedlegg(instans_id(), 69)),
        ("last-opp-konvolutt".to_owned(), Act::LastOppKonvolutt(instans_id(), konvolutt())),
        ("last-opp-konvolutt, bare".to_owned(), Act::LastOppKonvolutt(instans_id(), bare.clone())),
        ("slett".to_owned(), Act::Slett(instans_id(), data_id())),
        ("validering, upload".to_owned(), Act::Validering(domain_filing::Act::Upload, bare.clone(), None)),
        ("validering, start".to_owned(), Act::Validering(start(Some(referanse())), konvolutt(), None)),
        ("validering, instans".to_owned(), Act::Validering(start(None), bare, Some(instans_id()))),
    ];
    for prosess in prosesser() {
        acts.push((format!("neste, {}", prosess.as_str()), Act::Neste(instans_id(), prosess)));
    }
    acts.into_iter().map(|(name, act)| (name, Kept::InnsendingAct(act))).collect()
}

fn facts() -> Vec<(String, Kept)> {
    let element = |skanning: Option<Skanning>| Dataelement {
        id: data_id(),
        datatype: Datatype::Konvolutt,
        filnavn: Some("skattemelding.xml".into()),
        stoerrelse: Some(u64::MAX),
        skanning,
    };
    let bare_element = Dataelement {
        datatype: Datatype::Ukjent("noe-nytt".into()),
        filnavn: None,
        stoerrelse: None,
        ..element(None)
    };
    let whole = Instans {
        id: instans_id(),
        opprettet: Some(time("2026-03-02T10:15:30.123456Z")),
        inntektsaar: Some("2023".parse().unwrap()),
        eier: Some("13895118960".parse().unwrap()),
        prosess: Prosess::Data,
        metadata: Some(data_id()),
        data: vec![element(Some(Skanning::Pending)), bare_element.clone()],
    };
    let bare = Instans {
        opprettet: None,
        inntektsaar: None,
        eier: None,
        metadata: None,
        data: Vec::new(),
        ..whole.clone()
    };
    let mut facts = vec![
        ("gjeldende".to_owned(), Fact::Gjeldende(gjeldende())),
        ("gjeldende-unusable".to_owned(), Fact::GjeldendeUnusable("noeNyttUtkast".into())),
        ("opprettet".to_owned(), Fact::Opprettet(whole.clone())),
        ("metadata-satt".to_owned(), Fact::MetadataSatt),
        ("vedlegg-lastet-opp".to_owned(), Fact::VedleggLastetOpp(0, data_id())),
        ("konvolutt-lastet-opp, bare".to_owned(), Fact::KonvoluttLastetOpp(bare_element)),
        ("slettet".to_owned(), Fact::Slettet),
        ("aapne, none".to_owned(), Fact::Aapne(Vec::new())),
        ("aapne".to_owned(), Fact::Aapne(vec![whole.clone(), bare.clone()])),
        ("instans".to_owned(), Fact::Instans(whole)),
        ("instans, bare".to_owned(), Fact::Instans(bare)),
        ("kvittering".to_owned(), Fact::Kvittering(ResultatAvValidering::ValidertOk, Vec::new())),
        (
            "kvittering with reasons".to_owned(),
            Fact::Kvittering(ResultatAvValidering::ValidertMedFeil, vec!["tomInnsending".into(), "b".into()]),
        ),
        ("validering".to_owned(), Fact::Validering(domain_filing::Fact::NoResult(jobb()))),
    ];
    for scan in ["Pending", "Clean", "Infected", "NotApplicable", "Noe"] {
        let Ok(skanning) = scan.parse();
        let fact = Fact::KonvoluttLastetOpp(element(Some(skanning)));
        facts.push((format!("konvolutt-lastet-opp, {scan}"), fact));
    }
    for resultat in ["validertOK", "validertMedFeil", "noeNytt"] {
        let Ok(verdict) = resultat.parse();
        facts.push((format!("validert {resultat}"), Fact::Validert(verdict)));
    }
    for prosess in prosesser() {
        facts.push((format!("flyttet, {}", prosess.as_str()), Fact::Flyttet(prosess)));
    }
    let (name, failure) = failures().into_iter().next().unwrap();
    facts.push((format!("failed, {name}"), Fact::Failed(failure.clone())));
    facts.push((format!("look-failed, {name}"), Fact::LookFailed(Lest::Annet, failure.clone())));
    facts.push((format!("look-failed at the instance, {name}"), Fact::LookFailed(Lest::Instans, failure)));
    facts.into_iter().map(|(name, fact)| (name, Kept::InnsendingFact(fact))).collect()
}

pub(super) fn all() -> Vec<(String, Kept)> {
    let groups = [("content", contents()), ("ask", asks()), ("act", acts()), ("fact", facts())];
    let named = |(what, records): (&'static str, Vec<(String, Kept)>)| {
        records.into_iter().map(move |(name, kept)| (format!("innsending {what}: {name}"), kept))
    };
    groups.into_iter().flat_map(named).collect()
}
