//! What the cases about Altinn have in common: instances, and what is put into them.

use crate::AltinnWorld;
use crate::documents::naeringsspesifikasjon;
use crate::steps::{call, envelope};
use skattebro_domain::altinn::{
    DataId, Dataelement, Datatype, Instans, InstansId, Metadata, VedleggNavn, Vedleggstype,
};
use skattebro_domain::flow::Effect;
use skattebro_domain::{Digest, Dokumenttype, Konvoluttdokument};
use skattebro_ports::{Body, ErrorKind, MemoryBody, PortError, RequestEnvelope, Subject, Vedlegg};
use std::io::{self, Read};
use std::sync::Arc;

pub(crate) fn metadata(subject: &Subject) -> Metadata {
    Metadata { inntektsaar: subject.inntektsaar, skal_bekreftes_av_revisor: false }
}

/// An instance that no service has.
pub(crate) fn unknown() -> InstansId {
    "59999999/ffffffff-ffff-4fff-8fff-ffffffffffff".parse().unwrap()
}

/// An element that no instance has.
pub(crate) fn unknown_element() -> DataId {
    "ffffffff-ffff-4fff-8fff-ffffffffffff".parse().unwrap()
}

pub(crate) async fn opprett(world: &dyn AltinnWorld, subject: &Subject) -> Instans {
    world.altinn().opprett(&call(), &subject.identifikator, &metadata(subject)).await.unwrap()
}

pub(crate) async fn se(world: &dyn AltinnWorld, subject: &Subject, instans: &InstansId) -> Instans {
    let seen = world.altinn().se(&call(), &subject.identifikator, instans).await.unwrap();
    assert_eq!(seen.id, *instans);
    seen
}

/// The subject's return and a næringsspesifikasjon, both inline.
pub(crate) async fn konvolutt(world: &dyn AltinnWorld, subject: &Subject) -> RequestEnvelope {
    let specification: Arc<dyn Body> = Arc::new(MemoryBody::new(naeringsspesifikasjon(subject.inntektsaar)));
    with(world, subject, specification).await
}

/// The subject's return, and that næringsspesifikasjon.
pub(crate) async fn with(
    world: &dyn AltinnWorld,
    subject: &Subject,
    specification: Arc<dyn Body>,
) -> RequestEnvelope {
    let specification = Konvoluttdokument::inline(Dokumenttype::Naeringsspesifikasjon, specification);
    envelope(subject, Some(specification), Some(world.gjeldende(subject).await))
}

pub(crate) async fn last_opp(
    world: &dyn AltinnWorld,
    subject: &Subject,
    instans: &InstansId,
    erstatter: Option<&DataId>,
) -> Dataelement {
    let konvolutt = konvolutt(world, subject).await;
    let altinn = world.altinn();
    altinn.last_opp_konvolutt(&call(), &subject.identifikator, instans, erstatter, &konvolutt).await.unwrap()
}

/// An instance with an envelope that was scanned.
pub(crate) async fn filled(world: &dyn AltinnWorld, subject: &Subject) -> InstansId {
    let instans = opprett(world, subject).await.id;
    last_opp(world, subject, &instans, None).await;
    world.pass_scan().await;
    instans
}

/// The same, confirmed by a person.
pub(crate) async fn submitted(world: &dyn AltinnWorld, subject: &Subject) -> InstansId {
    let instans = filled(world, subject).await;
    world.altinn().neste(&call(), &subject.identifikator, &instans).await.unwrap();
    world.person_confirms(&instans).await;
    instans
}

/// The elements of that type, by their ids.
pub(crate) fn ids(instans: &Instans, datatype: &Datatype) -> Vec<DataId> {
    instans.av(datatype).map(|element| element.id.clone()).collect()
}

/// A small file that begins as its kind does.
pub(crate) fn vedlegg(kind: Vedleggstype) -> Vedlegg {
    let begins: &[u8] = match kind {
        Vedleggstype::Pdf => b"%PDF-1.7\n",
        Vedleggstype::Jpeg => b"\xff\xd8\xff\xe0\0\x10JFIF\0",
        Vedleggstype::Png => b"\x89PNG\r\n\x1a\n",
        Vedleggstype::Xlsx => b"PK\x03\x04",
    };
    let navn: VedleggNavn = format!("vedlegg_1.{}", kind.ending()).parse().unwrap();
    Vedlegg { navn, kind, body: Arc::new(MemoryBody::new([begins, &[7; 1000]].concat())) }
}

/// A body of that size, which nobody may open.
#[derive(Debug)]
pub(crate) struct Enormous(pub(crate) u64);

impl Body for Enormous {
    fn len(&self) -> u64 {
        self.0
    }

    fn sha256(&self) -> Digest {
        Digest([0; 32])
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        panic!("it is too large to be sent")
    }
}

pub(crate) fn assert_not_found<T: std::fmt::Debug>(result: Result<T, PortError>) {
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error:?}");
}

/// That nothing was sent, and that both sizes are told.
pub(crate) fn assert_too_large<T: std::fmt::Debug>(result: Result<T, PortError>, limit: u64) {
    let error = result.unwrap_err();
    assert_eq!((error.kind(), error.effect()), (ErrorKind::TooLarge, &Effect::NotSent), "{error:?}");
    let told = error.to_string();
    let numbers = told.split(|c: char| !c.is_ascii_digit()).filter_map(|word| word.parse::<u64>().ok());
    let (mut own, mut limits) = (0, 0);
    for number in numbers {
        limits += usize::from(number == limit);
        own += usize::from(number > limit);
    }
    assert!(own == 1 && limits == 1, "{told}");
}
