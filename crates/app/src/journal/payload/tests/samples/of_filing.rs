use super::*;
use skattebro_codec::Compression;
use skattebro_domain::filing::{Act, Ask, Fact, FilingRules, Plan, Polling};
use skattebro_domain::{
    Digest, Dokumentreferanse, Dokumenttype, Innsendingsformaal, Innsendingstype, JobbId, JobbTilstand,
    Referanse,
};
use skattebro_ports::Subject;
use std::time::Duration;

pub(super) fn referanse() -> Referanse {
    "a7a076307d21385cf50209cebdc2b2886467".parse().unwrap()
}

pub(super) fn jobb() -> JobbId {
    "668226ad7643181b4c525c98ec96773492b9".parse().unwrap()
}

pub(super) fn gjeldende() -> Dokumentreferanse {
    Dokumentreferanse {
        dokumenttype: Dokumenttype::SkattemeldingUpersonlig,
        dokumentidentifikator: "SKI:755:15086617".parse().unwrap(),
    }
}

pub(super) fn input(name: &str, path: Option<&str>) -> filing::Input {
    let sha256 = Digest(std::array::from_fn(|at| u8::try_from(at * 8).unwrap()));
    filing::Input { name: name.into(), path: path.map(Into::into), sha256, bytes: 1_234_567 }
}

/// Not the defaults, which may change.
pub(super) fn rules() -> FilingRules {
    FilingRules {
        polling: Polling { min: Duration::from_millis(1), max: Duration::from_millis(2) },
        deadline: Duration::from_millis(u64::MAX),
        late_action: Duration::from_millis(4),
        max_jobs: 5,
        max_failures_before_job: 6,
        max_unreadable: 7,
        max_foreign_results: 8,
        max_refused_looks: u32::MAX,
        pause_between_jobs: Duration::from_millis(10),
        max_backoff: Duration::ZERO,
    }
}

/// With all that a filing can have.
pub(in super::super) fn content() -> filing::Content {
    filing::Content {
        subject: Subject {
            inntektsaar: "2024".parse().unwrap(),
            identifikator: "13895118960".parse().unwrap(),
        },
        skattemelding: Some(input("skattemelding.xml", Some("/inn/skattemelding.xml"))),
        selskapsmelding: Some(input("sdf.xml.gz", Some("sdf.xml.gz"))),
        naeringsspesifikasjon: Some(input("næring.xml", None)),
        referanse: Some(referanse()),
        gjeldende: Some("SKI:755:15086617".parse().unwrap()),
        innsendingstype: Innsendingstype::IkkeKomplett,
        innsendingsformaal: Some(Innsendingsformaal::Klage),
        opprettet_av: Some("eksempel/1.0".parse().unwrap()),
        tin: Some("DE 123\t456".parse().unwrap()),
        forhaandsfastsetting: true,
        compression: Compression::Gzip,
        rules: rules(),
        out: Some("resultat".into()),
    }
}

pub(super) fn bare() -> filing::Content {
    filing::Content {
        subject: Subject {
            inntektsaar: "2023".parse().unwrap(),
            identifikator: "974761076".parse().unwrap(),
        },
        skattemelding: None,
        selskapsmelding: None,
        naeringsspesifikasjon: None,
        referanse: None,
        gjeldende: None,
        innsendingstype: Innsendingstype::Komplett,
        innsendingsformaal: None,
        opprettet_av: None,
        tin: None,
        forhaandsfastsetting: false,
        compression: Compression::Auto,
        rules: rules(),
        out: None,
    }
}

pub(super) fn all() -> Vec<(String, Kept)> {
    let groups = [("content", contents()), ("ask", asks()), ("act", acts()), ("fact", facts())];
    let named = |(what, records): (&'static str, Vec<(String, Kept)>)| {
        records.into_iter().map(move |(name, kept)| (format!("filing {what}: {name}"), kept))
    };
    groups.into_iter().flat_map(named).collect()
}

fn contents() -> Vec<(String, Kept)> {
    let of = |formaal| filing::Content { innsendingsformaal: Some(formaal), ..bare() };
    let d_nummer = Subject { identifikator: "53896310042".parse().unwrap(), ..bare().subject };
    let mut contents = vec![
        ("whole", content()),
        ("bare", bare()),
        ("egenfastsetting", of(Innsendingsformaal::Egenfastsetting)),
        ("endringsanmodning", of(Innsendingsformaal::Endringsanmodning)),
        ("brotli", filing::Content { compression: Compression::Brotli, ..bare() }),
        (
            "brotli where gzip does not fit",
            filing::Content { compression: Compression::AutoOrBrotli, ..bare() },
        ),
        ("not compressed", filing::Content { compression: Compression::None, ..bare() }),
        ("a person with a D-nummer", filing::Content { subject: d_nummer, ..bare() }),
    ];
    // Other systems write other paths.
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStringExt;
        let odd = std::ffi::OsString::from_vec(b"/inn/n\xe6ring".to_vec());
        contents.push(("a path that is not Unicode", filing::Content { out: Some(odd.into()), ..bare() }));
    }
    contents
        .into_iter()
        .map(|(name, content)| (name.to_owned(), Kept::FilingContent(Box::new(content))))
        .collect()
}

fn asks() -> Vec<(String, Kept)> {
    let whole = Plan { referanse: Some(referanse()), can_upload: true, gjeldende: Some(gjeldende()) };
    let bare = Plan { referanse: None, can_upload: false, gjeldende: None };
    [
        ("validate, whole", Ask::Validate(whole), Some(said())),
        ("validate, bare", Ask::Validate(bare), None),
        ("cancel", Ask::Cancel, None),
        ("fortsett", Ask::Fortsett, None),
        ("restored", Ask::Restored { since: time("2026-03-02T10:15:30.1Z") }, None),
    ]
    .map(|(name, ask, said)| (name.to_owned(), Kept::FilingAsk(ask, said)))
    .into()
}

fn acts() -> Vec<(String, Kept)> {
    let mut acts = vec![
        ("upload".to_owned(), Act::Upload),
        ("start".to_owned(), Act::Start { referanse: Some(referanse()), gjeldende: gjeldende() }),
    ];
    for &dokumenttype in Dokumenttype::ALL {
        let gjeldende = Dokumentreferanse { dokumenttype, ..gjeldende() };
        acts.push((
            format!("start without a referanse, {dokumenttype}"),
            Act::Start { referanse: None, gjeldende },
        ));
    }
    acts.into_iter().map(|(name, act)| (name, Kept::FilingAct(act))).collect()
}

fn facts() -> Vec<(String, Kept)> {
    let whole = JobbTilstand {
        jobb_status: "KJOERER".parse().unwrap(),
        forrige_status: Some("NY".parse().unwrap()),
        sekunder_siden_opprettelse: Some(u64::MAX),
        sekunder_siden_endring: Some(0),
    };
    let unusable = Fact::GjeldendeUnusable("noeNyttUtkast".into());
    let mut facts = vec![
        ("gjeldende".to_owned(), Fact::Gjeldende(gjeldende())),
        ("gjeldende-unusable".to_owned(), unusable),
        ("uploaded".to_owned(), Fact::Uploaded(referanse())),
        ("started".to_owned(), Fact::Started(jobb(), "OPPRETTET".parse().unwrap())),
        ("status, whole".to_owned(), Fact::Status(jobb(), whole)),
        ("no-result".to_owned(), Fact::NoResult(jobb())),
    ];
    for status in
        ["OPPRETTET", "NY", "KJOERER", "PAUSET", "VENTER", "AVBRUTT", "FEILET", "FERDIG", "NOE_NYTT"]
    {
        let Ok(jobb_status) = status.parse();
        facts.push((format!("status {status}"), Fact::Status(jobb(), JobbTilstand::of(jobb_status))));
    }
    for resultat in ["validertOK", "validertMedFeil", "noeNytt"] {
        let Ok(verdict) = resultat.parse();
        facts.push((format!("resultat {resultat}"), Fact::Resultat(jobb(), verdict)));
    }
    for (name, failure) in failures() {
        facts.push((format!("failed, {name}"), Fact::Failed(failure.clone())));
        facts.push((format!("look-failed, {name}"), Fact::LookFailed(failure)));
    }
    facts.into_iter().map(|(name, fact)| (name, Kept::FilingFact(fact))).collect()
}
