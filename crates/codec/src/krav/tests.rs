//! The example bodies, and what must hold of any krav and any file.

use super::answers::wire::{AvstemmingWire, MottakWire, OpprettetWire, TransaksjonWire, ValideringsfeilWire};
use super::*;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use skattebro_domain::krav::{
    Date, Edition, Endring, Identifikatortype, Innkrevingsoppdrag, KravId, Kroner, Periode, RenteBeloep,
    Skyldner, Tilleggsinformasjon,
};
use skattebro_domain::masking::mask;
use std::io::BufReader;
use std::path::{Path, PathBuf};

/// General errors and jobs: adapter-http reads them.
const OF_ANOTHER_CRATE: [&str; 4] = ["feil-generell", "jobb-start-svar", "jobb-status-svar", "v1-problem"];

/// The example bodies, if they are here. Says so if not; under CI that is a failure.
fn examples() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/krav");
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(std::env::var_os("CI").is_none(), "CI must not skip: ../shared/data is not beside the project");
    eprintln!("SKIPPED, NOT CHECKED AGAINST THE EXAMPLES: ../shared/data is not beside the project");
    None
}

fn value(json: &[u8]) -> Value {
    serde_json::from_slice(json).unwrap()
}

/// The answer read into its wire form and written again.
fn again<T: DeserializeOwned + Serialize>(json: &[u8]) -> Value {
    serde_json::to_value(serde_json::from_slice::<T>(json).unwrap()).unwrap()
}

/// Read and written again.
fn round_trip(name: &str, json: &[u8]) -> Value {
    let edition = if name.starts_with("2023") { Edition::Utgave2023 } else { Edition::V1 };
    let body = value(json);
    let kroner = |field: &str| Kroner::new(body[field]["beloep"].as_i64().unwrap());
    let id = || -> KravId { body["kravidentifikator"].as_str().unwrap().parse().unwrap() };
    let any: KravId = "K".parse().unwrap();
    match name {
        "v1-opprett-svar" => {
            read_opprettet(json).unwrap();
            again::<OpprettetWire>(json)
        }
        "v1-transaksjon-svar" => {
            assert!(read_transaksjon(json).unwrap().is_some());
            again::<TransaksjonWire>(json)
        }
        "v1-mottaksstatus-svar" | "v1-mottaksstatus-svar-uten-id" => {
            let mottak = read_mottak(json).unwrap();
            assert!(mottak.status_oppdatert.is_some());
            assert_eq!(mottak.oppdragsgivers_kravidentifikator.is_none(), name.ends_with("uten-id"));
            again::<MottakWire>(json)
        }
        "v1-valideringsfeil-svar" | "v1-valideringsfeil-svar-tom" => {
            assert_eq!(read_valideringsfeil(json).unwrap().is_empty(), name.ends_with("tom"));
            again::<ValideringsfeilWire>(json)
        }
        "v1-avstemming-svar" => avstemming(json),
        "2023-avskriving" | "v1-avskriving" => value(&write_avskriving(&id())),
        "2023-endring" => value(&write_endring(&id(), &Endring::Hovedstol(kroner("nyHovedstol")), edition)),
        "v1-hovedstol" => value(&write_endring(&any, &Endring::Hovedstol(kroner("hovedstol")), edition)),
        "v1-oppdragsgiversreferanse" => {
            let referanse = body["nyOppdragsgiversReferanse"].as_str().unwrap();
            value(&write_endring(&any, &Endring::Referanse(referanse.to_owned()), edition))
        }
        "v1-renter" => value(&write_endring(&any, &received("renter", &body), edition)),
        _ if name.contains("-opprett") => {
            let names = match name {
                "v1-opprett-fradato" => PeriodNames::FraDatoTilDato,
                _ => PeriodNames::FomTom,
            };
            let krav = read_opprett(json, edition).unwrap();
            assert!(!matches!(krav.tilleggsinformasjon, Some(Tilleggsinformasjon::Annet(_))), "{name}");
            value(&write_opprett(&krav, edition, names))
        }
        _ => panic!("{name} is not covered"),
    }
}

/// A change as an avstemming tells it, which is the only place where bodies of changes come in.
fn received(kind: &str, body: &Value) -> Endring {
    let answer =
        serde_json::json!({ "kravidentifikator": "x", "endringer": { kind: [{ "mottattEndring": body }] } });
    read_avstemming(answer.to_string().as_bytes()).unwrap().endringer.remove(0).innhold
}

/// The wire form keeps krav and changes as they are, so what was read of them is put in their places.
fn avstemming(json: &[u8]) -> Value {
    let read = read_avstemming(json).unwrap();
    let mut written = again::<AvstemmingWire>(json);
    let krav = write_opprett(&read.opprinnelig.unwrap().innhold, Edition::V1, PeriodNames::FomTom);
    written["opprinneligInnkrevingsoppdrag"]["mottattInnkrevingsoppdrag"] = value(&krav);
    let [hovedstol] = &read.endringer[..] else { panic!("{:?}", read.endringer) };
    assert!(hovedstol.transaksjonsid.is_some() && hovedstol.tidspunkt_utc.is_some());
    let body = write_endring(&"K".parse().unwrap(), &hovedstol.innhold, Edition::V1);
    written["endringer"]["hovedstol"][0]["mottattEndring"] = value(&body);
    written
}

#[test]
fn every_example_is_read_and_written_back_equal() {
    let Some(folder) = examples() else { return };
    let mut covered = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if path.extension().is_none_or(|extension| extension != "json") || OF_ANOTHER_CRATE.contains(&&*name)
        {
            continue;
        }
        let json = std::fs::read(&path).unwrap();
        assert_eq!(round_trip(&name, &json), value(&json), "{name}");
        covered += 1;
    }
    assert!(covered >= 18, "{covered}");
}

#[test]
fn every_example_of_a_request_is_a_file_of_one_row() {
    let Some(folder) = examples() else { return };
    for (name, edition) in [
        ("v1-opprett-nav", Edition::V1),
        ("v1-opprett-brreg", Edition::V1),
        ("v1-opprett-fradato", Edition::V1),
        ("v1-opprett-minimal", Edition::V1),
        ("2023-opprett", Edition::Utgave2023),
    ] {
        let json = std::fs::read(folder.join(format!("{name}.json"))).unwrap();
        let rows: Vec<Row> = Rows::new(json.as_slice(), None, edition).map(Result::unwrap).collect();
        let krav = rows[0].content.clone().unwrap();
        assert_eq!((rows.len(), *krav), (1, read_opprett(&json, edition).unwrap()), "{name}");
        let other = if edition == Edition::V1 { Edition::Utgave2023 } else { Edition::V1 };
        let wrong: Vec<Row> = Rows::new(json.as_slice(), None, other).map(Result::unwrap).collect();
        assert_eq!(wrong[0].content.as_ref().unwrap_err().len(), 1, "{name}");
    }
}

#[test]
fn tilleggsinformasjon_that_is_no_json_goes_out_as_a_text() {
    let mut krav = plain_krav();
    krav.tilleggsinformasjon = Some(Tilleggsinformasjon::Annet("{ikke".into()));
    let body = value(&write_opprett(&krav, Edition::V1, PeriodNames::FomTom));
    assert_eq!(body["tilleggsinformasjon"], "{ikke");
}

fn plain_krav() -> Innkrevingsoppdrag {
    Innkrevingsoppdrag {
        kravtype: "X".into(),
        skyldner: Skyldner {
            identifikatortype: Identifikatortype::Person,
            identifikator: "13895118960".into(),
        },
        hovedstol: Kroner::new(1),
        rente_beloep: None,
        oppdragsgivers_referanse: "R".into(),
        oppdragsgivers_kravidentifikator: None,
        fastsettelsesdato: "2026-03-02".parse().unwrap(),
        foreldelsesfristens_utgangspunkt: None,
        tilleggsfrist_etter_foreldelsesloven: None,
        tilleggsinformasjon: None,
    }
}

fn write(krav: &Innkrevingsoppdrag, layout: Layout, extras: &Extras) -> Result<Vec<u8>, RowWriteError> {
    let mut writer = RowWriter::new(Vec::new(), layout, Edition::V1, PeriodNames::FomTom);
    writer.write(krav, extras)?;
    Ok(writer.finish().unwrap())
}

fn read(file: &[u8]) -> Vec<Row> {
    Rows::new(file, None, Edition::V1).map(Result::unwrap).collect()
}

#[test]
fn a_krav_that_csv_has_no_cells_for_is_not_written() {
    let fits = |change: &dyn Fn(&mut Innkrevingsoppdrag), layout: Layout| {
        let mut krav = plain_krav();
        change(&mut krav);
        match write(&krav, layout, &Extras::default()) {
            Ok(file) => Some(read(&file).remove(0).content == Ok(Box::new(krav))),
            Err(RowWriteError::Inexpressible) => None,
            Err(RowWriteError::Io(error)) => panic!("{error}"),
        }
    };
    let csv = || Layout::csv(Edition::V1);
    let narrow = || {
        let file = "kravtype,identifikator,hovedstol,oppdragsgiversReferanse,fastsettelsesdato\nX,13895118960,1,R,2026-03-02";
        let mut rows = Rows::new(file.as_bytes(), None, Edition::V1);
        rows.next().unwrap().unwrap();
        rows.layout().unwrap()
    };
    assert_eq!((fits(&|_| {}, csv()), fits(&|_| {}, narrow())), (Some(true), Some(true)));
    let rente = RenteBeloep { beloep: Kroner::new(1), renter_ilagt_dato: None, rentetype: None };
    for (change, in_csv) in [
        (
            &(|krav: &mut Innkrevingsoppdrag| krav.rente_beloep = Some(vec![rente.clone(); 9]))
                as &dyn Fn(&mut Innkrevingsoppdrag),
            true,
        ),
        (&|krav| krav.rente_beloep = Some(vec![rente.clone(); 10]), false),
        (&|krav| krav.kravtype = "a;b\"c".into(), true),
        (&|krav| krav.kravtype = "a\nb".into(), false),
        (&|krav| krav.kravtype = " a".into(), false),
        (&|krav| krav.kravtype = String::new(), false),
        (&|krav| krav.oppdragsgivers_referanse = "x".repeat(1 << 20), false),
        (&|krav| krav.tilleggsinformasjon = Some(Tilleggsinformasjon::Annet("{}".into())), false),
    ] {
        assert_eq!(fits(change, csv()), in_csv.then_some(true));
    }
    // Without the columns for it.
    assert_eq!(fits(&|krav| krav.oppdragsgivers_kravidentifikator = Some("K".into()), narrow()), None);
    assert_eq!(
        fits(&|krav| krav.skyldner.identifikatortype = Identifikatortype::Organisasjon, narrow()),
        None
    );
    assert_eq!(fits(&|krav| krav.oppdragsgivers_referanse = "x".repeat(1 << 20), Layout::json_lines()), None);
}

#[test]
fn a_csv_file_without_rows_has_its_header() {
    let writer = RowWriter::new(Vec::new(), Layout::csv(Edition::V1), Edition::V1, PeriodNames::FomTom);
    let file = String::from_utf8(writer.finish().unwrap()).unwrap();
    assert!(
        file.starts_with("kravtype;identifikatortype;") && file.ends_with(";erstatter;aarsaker\n"),
        "{file}"
    );
}

/// The broken rows of a file, written like it, each with one more reason.
fn written_again(file: &[u8]) -> Vec<u8> {
    let mut rows = Rows::new(file, None, Edition::V1);
    let all: Vec<Row> = rows.by_ref().map(Result::unwrap).collect();
    let mut writer = RowWriter::new(Vec::new(), rows.layout().unwrap(), Edition::V1, PeriodNames::FomTom);
    for mut row in all {
        row.extras.aarsaker.push("ny".into());
        match &row.raw {
            Some(raw) => writer.write_raw(raw, &row.extras).unwrap(),
            None => writer.write(row.content.as_ref().unwrap(), &row.extras).unwrap(),
        }
    }
    writer.finish().unwrap()
}

#[test]
fn a_broken_row_stays_as_it_was_and_says_why() {
    let json = concat!(
        "{\"kravtype\": 1.50, \"_aarsaker\": [\"gammel\"], \"x\": {\"b\": [ ], \"a\": null}, \"x\": 1}\n",
        "{\"kravtype\":\n",
        "{\"_erstatter\": 7}\n"
    );
    let again = String::from_utf8(written_again(json.as_bytes())).unwrap();
    let lines: Vec<&str> = again.lines().collect();
    assert_eq!(lines[0], r#"{"kravtype":1.50,"x":{"b":[],"a":null},"x":1,"_aarsaker":["gammel","ny"]}"#);
    assert_eq!(lines[1], r#"{"_aarsaker":["ny","the row was: {\"kravtype\":"]}"#);
    assert_eq!(lines[2], r#"{"_erstatter":7,"_aarsaker":["ny"]}"#);

    let csv = "\u{feff}hovedstol,kravtype,identifikator,oppdragsgiversReferanse,fastsettelsesdato,aarsaker\r\n\
               \"1,5\",X,1, R,i går,gammel\r\n\
               for,få\r\n";
    let again = String::from_utf8(written_again(csv.as_bytes())).unwrap();
    let lines: Vec<&str> = again.lines().collect();
    assert_eq!(
        lines[0],
        "\u{feff}hovedstol,kravtype,identifikator,oppdragsgiversReferanse,fastsettelsesdato,aarsaker,erstatter"
    );
    assert_eq!(lines[1], "\"1,5\",X,1, R,i går,gammel | ny,");
    assert_eq!(lines[2], ",,,,,\"ny | the row was: for,få\",");
}

#[test]
fn a_broken_row_of_the_other_format_is_kept_as_a_reason() {
    let row = read(b"{\"kravtype\":1}").remove(0);
    let mut writer = RowWriter::new(Vec::new(), Layout::csv(Edition::V1), Edition::V1, PeriodNames::FomTom);
    writer.write_raw(row.raw.as_ref().unwrap(), &row.extras).unwrap();
    let file = writer.finish().unwrap();
    let again = read(&file).remove(0);
    assert_eq!(again.extras.aarsaker, ["the row was: {\"kravtype\":1}"]);
    assert!(again.content.is_err());
}

fn date() -> impl Strategy<Value = Date> {
    (0i16..=9999, 1i8..=12, 1i8..=28).prop_map(|(y, m, d)| Date::new(y, m, d).unwrap())
}

fn periode() -> impl Strategy<Value = Periode> {
    (date(), date()).prop_map(|(fom, tom)| Periode { fom, tom })
}

fn kroner() -> impl Strategy<Value = Kroner> {
    any::<i64>().prop_map(Kroner::new)
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Value::from),
            proptest::collection::btree_map("[a-zø\"]{0,4}", inner, 0..3)
                .prop_map(|map| map.into_iter().collect::<serde_json::Map<_, _>>().into()),
        ]
    })
}

fn tillegg(text: &'static str) -> impl Strategy<Value = Tilleggsinformasjon> {
    // Without any of its fields nobody can tell which form it was.
    let nav =
        (option::of(periode()), option::of(text), option::of(kroner()))
            .prop_filter("one of its fields", |(periode, type_, kroner)| {
                periode.is_some() || type_.is_some() || kroner.is_some()
            })
            .prop_map(|(tilbakekrevingsperiode, stoenadstype, ytelser_for_avregning)| {
                Tilleggsinformasjon::Nav { tilbakekrevingsperiode, stoenadstype, ytelser_for_avregning }
            });
    let broennoeysund = (option::of(periode()), option::of(date()))
        .prop_filter("one of its fields", |(periode, stoppdato)| periode.is_some() || stoppdato.is_some())
        .prop_map(|(periode, stoppdato_for_loepende_mulkt)| Tilleggsinformasjon::Broennoeysund {
            periode,
            stoppdato_for_loepende_mulkt,
        });
    let annet = proptest::collection::btree_map("[a-zø\"]{0,4}", json(), 0..3)
        .prop_map(|map| Tilleggsinformasjon::Annet(Value::from_iter(map).to_string()));
    prop_oneof![3 => nav, 3 => broennoeysund, 1 => annet]
}

/// Any krav, with texts as `text` says.
fn krav(text: &'static str) -> impl Strategy<Value = Innkrevingsoppdrag> {
    let rente = (kroner(), option::of(date()), option::of(text)).prop_map(
        |(beloep, renter_ilagt_dato, rentetype)| RenteBeloep { beloep, renter_ilagt_dato, rentetype },
    );
    let skyldner = (any::<bool>(), text).prop_map(|(is_person, identifikator)| Skyldner {
        identifikatortype: if is_person {
            Identifikatortype::Person
        } else {
            Identifikatortype::Organisasjon
        },
        identifikator,
    });
    let texts = (text, text, option::of(text));
    let dates = (date(), option::of(date()), option::of(date()));
    (texts, skyldner, kroner(), option::of(vec(rente, 0..4)), dates, option::of(tillegg(text))).prop_map(
        |((kravtype, referanse, id), skyldner, hovedstol, rente_beloep, dates, tilleggsinformasjon)| {
            Innkrevingsoppdrag {
                kravtype,
                skyldner,
                hovedstol,
                rente_beloep,
                oppdragsgivers_referanse: referanse,
                oppdragsgivers_kravidentifikator: id,
                fastsettelsesdato: dates.0,
                foreldelsesfristens_utgangspunkt: dates.1,
                tilleggsfrist_etter_foreldelsesloven: dates.2,
                tilleggsinformasjon,
            }
        },
    )
}

fn edition() -> impl Strategy<Value = Edition> {
    prop_oneof![Just(Edition::V1), Just(Edition::Utgave2023)]
}

fn names() -> impl Strategy<Value = PeriodNames> {
    prop_oneof![Just(PeriodNames::FomTom), Just(PeriodNames::FraDatoTilDato)]
}

fn layout(edition: Edition) -> impl Strategy<Value = Layout> {
    prop_oneof![Just(Layout::json_lines()), Just(Layout::csv(edition))]
}

/// Files that are nearly right, so that chance gets further than the first byte.
fn nearly_a_file() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        Just("kravtype;identifikator;hovedstol;oppdragsgiversReferanse;fastsettelsesdato\n".to_owned()),
        Just("\"kravtype\",\"identifikator\",".to_owned()),
        Just("{\"kravtype\":\"X\",\"skyldner\":{\"identifikator\":13895118960},\"hovedstol\":{".to_owned()),
        Just("\"beloep\":13895118960.5}}".to_owned()),
        Just("13895118960".to_owned()),
        Just("\"010190 12345\"".to_owned()),
        "[\\[\\]{}:,;\"\r\n\\\\ 0-9a]{0,12}",
        any::<String>(),
    ];
    let text = vec(part, 0..12).prop_map(|parts| parts.concat().into_bytes());
    let broken =
        (text.clone(), any::<proptest::sample::Index>(), any::<u8>()).prop_map(|(mut bytes, at, byte)| {
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            bytes
        });
    prop_oneof![3 => text, 2 => broken, 1 => vec(any::<u8>(), 0..200)]
}

proptest! {
    #[test]
    fn any_krav_is_the_same_after_json(krav in krav("(?s).{0,12}"), edition in edition(), names in names()) {
        let json = write_opprett(&krav, edition, names);
        prop_assert_eq!(read_opprett(&json, edition), Ok(krav));
    }

    #[test]
    fn any_krav_is_the_same_after_a_row_that_can_hold_it(
        krav in krav("(?s).{0,12}"),
        (edition, layout) in edition().prop_flat_map(|edition| (Just(edition), layout(edition))),
        names in names(),
        erstatter in option::of("\\PC{1,9}"),
        aarsaker in vec("[a-zø\";,= ]{1,9}", 0..3),
    ) {
        let extras = Extras { erstatter: erstatter.map(|id| id.trim().to_owned()).filter(|id| !id.is_empty()), aarsaker };
        let mut writer = RowWriter::new(Vec::new(), layout, edition, names);
        if writer.write(&krav, &extras).is_err() {
            return Ok(());
        }
        let file = writer.finish().unwrap();
        let rows: Vec<Row> = Rows::new(file.as_slice(), None, edition).map(Result::unwrap).collect();
        prop_assert_eq!(rows.len(), 1);
        prop_assert_eq!(rows[0].content.clone().map(|krav| without_empty_list(*krav)), Ok(without_empty_list(krav)));
        prop_assert_eq!(&rows[0].extras, &extras);
    }

    #[test]
    fn csv_can_hold_every_krav_of_plain_texts(krav in krav("[A-Za-zæøå0-9\";,/-]{1,12}")) {
        let is_known = !matches!(krav.tilleggsinformasjon, Some(Tilleggsinformasjon::Annet(_)));
        prop_assert_eq!(write(&krav, Layout::csv(Edition::V1), &Extras::default()).is_ok(), is_known);
    }

    #[test]
    fn any_bytes_are_rows_or_findings_that_show_no_person(
        bytes in nearly_a_file(),
        format in option::of(prop_oneof![Just(RowFormat::Csv), Just(RowFormat::JsonLines)]),
        edition in edition(),
        capacity in 1usize..64,
    ) {
        let lines = bytes.split(|b| *b == b'\n').count();
        let mut rows = Rows::new(BufReader::with_capacity(capacity, bytes.as_slice()), format, edition);
        let mut count = 0;
        for row in rows.by_ref() {
            let row = row.unwrap();
            count += 1;
            prop_assert_eq!(row.raw.is_some(), row.content.is_err() && row.number > 0);
            let findings = row.content.err();
            prop_assert!(findings.as_ref().is_none_or(|findings| !findings.is_empty()));
            let findings = findings.unwrap_or_default();
            for finding in &findings {
                let shown = finding.to_string();
                prop_assert_eq!(&mask(&shown), &shown);
                prop_assert!(finding.place.is_some());
                prop_assert!(finding.row == Some(row.number) || (row.number == 0 && finding.row.is_none()));
            }
        }
        prop_assert!((1..=lines).contains(&count), "{} rows of {} lines", count, lines);
        prop_assert!(rows.next().is_none());
    }

    #[test]
    fn a_broken_row_that_is_written_again_is_broken_again(bytes in nearly_a_file()) {
        let mut rows = Rows::new(bytes.as_slice(), None, Edition::V1);
        let all: Vec<Row> = rows.by_ref().map(Result::unwrap).collect();
        for layout in [Some(Layout::json_lines()), Some(Layout::csv(Edition::V1)), rows.layout()].into_iter().flatten() {
            let mut writer = RowWriter::new(Vec::new(), layout, Edition::V1, PeriodNames::FomTom);
            let broken: Vec<_> = all.iter().filter_map(|row| Some((row.raw.as_ref()?, &row.extras))).collect();
            for (raw, extras) in &broken {
                let extras = Extras { aarsaker: [extras.aarsaker.clone(), vec!["ny".to_owned()]].concat(), ..(*extras).clone() };
                writer.write_raw(raw, &extras).unwrap();
            }
            let file = writer.finish().unwrap();
            if !broken.is_empty() {
                let again = read(&file);
                prop_assert_eq!(again.len(), broken.len());
                prop_assert!(again.iter().all(|row| row.content.is_err()));
            }
        }
    }

    #[test]
    fn no_answer_panics_or_shows_a_person(bytes in nearly_a_file()) {
        let errors = [
            read_opprettet(&bytes).err(),
            read_transaksjon(&bytes).err(),
            read_mottak(&bytes).err(),
            read_valideringsfeil(&bytes).err(),
            read_avstemming(&bytes).err(),
            read_detaljer(&bytes).err(),
        ];
        for error in errors.into_iter().flatten() {
            prop_assert_eq!(mask(&error.to_string()), error.to_string());
        }
    }
}

fn without_empty_list(mut krav: Innkrevingsoppdrag) -> Innkrevingsoppdrag {
    krav.rente_beloep = krav.rente_beloep.filter(|renter| !renter.is_empty());
    krav
}
