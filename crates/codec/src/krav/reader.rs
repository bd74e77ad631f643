//! A walk over the JSON of a request, field by field.

use super::json::{Kind, Node};
use super::request::{AARSAKER, ERSTATTER, KRAVIDENTIFIKATOR, other, referanse};
use super::values::{self, MOST_FINDINGS, Wrong, meant, push, shown};
use super::{Extras, lines};
use skattebro_domain::krav::{
    Date, Edition, Innkrevingsoppdrag, Kroner, Periode, RenteBeloep, Skyldner, Tilleggsinformasjon,
};
use skattebro_domain::{Code, Finding, Place};
use std::collections::HashSet;

const FIELDS: [&str; 9] = [
    "kravtype",
    "skyldner",
    "hovedstol",
    "renteBeloep",
    KRAVIDENTIFIKATOR,
    "fastsettelsesdato",
    "foreldelsesfristensUtgangspunkt",
    "tilleggsfristEtterForeldelsesloven",
    "tilleggsinformasjon",
];
const NAV: [&str; 3] = ["tilbakekrevingsperiode", "stoenadstype", "ytelserForAvregning"];
const BROENNOEYSUND: [&str; 2] = ["periode", "stoppdatoForLøpendeMulkt"];

/// How much is let pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Strictness {
    /// Nothing.
    Request,
    /// The annotations of a file besides.
    Row,
    /// What the service may add to its answers.
    Answer,
}

/// Walks over a request and collects all that is wrong with its form.
pub(super) struct Reader<'t> {
    text: &'t str,
    start: Place,
    edition: Edition,
    strictness: Strictness,
    findings: Vec<Finding>,
}

/// A value, and the path of its field.
struct At<'n, 't> {
    node: &'n Node<'t>,
    path: String,
}

impl<'t> Reader<'t> {
    pub(super) fn new(text: &'t str, start: Place, edition: Edition, strictness: Strictness) -> Self {
        Self { text, start, edition, strictness, findings: Vec::new() }
    }

    /// What was read, if nothing is wrong with it.
    pub(super) fn end<T>(self, value: Option<T>) -> Result<T, Vec<Finding>> {
        match value {
            Some(value) if self.findings.is_empty() => Ok(value),
            _ => Err(self.findings),
        }
    }

    pub(super) fn krav(&mut self, node: &Node<'_>) -> Option<Innkrevingsoppdrag> {
        if self.strictness != Strictness::Answer {
            self.look_for_twice(node, "");
        }
        let top = At { node, path: String::new() };
        if !matches!(node.kind, Kind::Object(_)) {
            let message = format!(
                "an object with the fields of a request belongs here, and {} stands here",
                node.kind_name()
            );
            self.wrong(&top, Wrong::new(Code::RowBroken, message, "write one request as { … }"));
            return None;
        }
        let mut known = FIELDS.to_vec();
        known.push(referanse(self.edition));
        if self.strictness == Strictness::Row {
            known.extend([ERSTATTER, AARSAKER]);
        }
        self.fields(&top, &known);

        let kravtype = self.required(&top, "kravtype").and_then(|at| self.text_of(&at));
        let skyldner = self.required(&top, "skyldner").and_then(|at| self.skyldner(&at));
        let hovedstol = self.required(&top, "hovedstol").and_then(|at| self.beloep(&at));
        let rente_beloep = self.optional(&top, "renteBeloep").map(|at| self.renter(&at));
        let referanse = self.referanse(&top);
        let kravidentifikator = self.optional(&top, KRAVIDENTIFIKATOR).and_then(|at| self.text_of(&at));
        let fastsettelsesdato = self.required(&top, "fastsettelsesdato").and_then(|at| self.date(&at));
        let mut date = |name| self.optional(&top, name).and_then(|at| self.date(&at));
        let utgangspunkt = date("foreldelsesfristensUtgangspunkt");
        let tilleggsfrist = date("tilleggsfristEtterForeldelsesloven");
        let tillegg = self.optional(&top, "tilleggsinformasjon").and_then(|at| self.tillegg(&at));
        Some(Innkrevingsoppdrag {
            kravtype: kravtype?,
            skyldner: skyldner?,
            hovedstol: hovedstol?,
            rente_beloep,
            oppdragsgivers_referanse: referanse?,
            oppdragsgivers_kravidentifikator: kravidentifikator,
            fastsettelsesdato: fastsettelsesdato?,
            foreldelsesfristens_utgangspunkt: utgangspunkt,
            tilleggsfrist_etter_foreldelsesloven: tilleggsfrist,
            tilleggsinformasjon: tillegg,
        })
    }

    /// The annotations of a row.
    pub(super) fn extras(&mut self, node: &Node<'_>) -> Extras {
        let top = At { node, path: String::new() };
        let erstatter = self.optional(&top, ERSTATTER).and_then(|at| self.text_of(&at));
        let aarsaker = self
            .optional(&top, AARSAKER)
            .map(|at| self.items(&at).iter().filter_map(|item| self.text_of(item)).collect());
        Extras { erstatter, aarsaker: aarsaker.unwrap_or_default() }
    }

    /// The object `{valuta, beloep}` under `name`.
    pub(super) fn beloep_in(&mut self, node: &Node<'_>, name: &str) -> Option<Kroner> {
        let top = At { node, path: String::new() };
        self.required(&top, name).and_then(|at| self.beloep(&at))
    }

    /// The list of interest under `name`.
    pub(super) fn renter_in(&mut self, node: &Node<'_>, name: &str) -> Option<Vec<RenteBeloep>> {
        let top = At { node, path: String::new() };
        self.required(&top, name).map(|at| self.renter(&at))
    }

    /// The text under `name`.
    pub(super) fn text_in(&mut self, node: &Node<'_>, name: &str) -> Option<String> {
        let top = At { node, path: String::new() };
        self.required(&top, name).and_then(|at| self.text_of(&at))
    }

    fn referanse(&mut self, top: &At<'_, '_>) -> Option<String> {
        let (name, foreign) = (referanse(self.edition), referanse(other(self.edition)));
        match top.node.get(foreign) {
            Some(_) if self.strictness == Strictness::Answer && top.node.get(name).is_none() => {
                self.required(top, foreign).and_then(|at| self.text_of(&at))
            }
            // It is told already that it has the other edition's name.
            Some(_) if top.node.get(name).is_none() => None,
            _ => self.required(top, name).and_then(|at| self.text_of(&at)),
        }
    }

    fn skyldner(&mut self, at: &At<'_, '_>) -> Option<Skyldner> {
        self.object(at, &["identifikatortype", "identifikator"])?;
        let identifikatortype = self.required(at, "identifikatortype").and_then(|at| {
            let text = self.text_of(&at)?;
            values::identifikatortype(&text).map_err(|wrong| self.wrong(&at, wrong)).ok()
        });
        let identifikator = self.required(at, "identifikator").and_then(|at| self.text_of(&at));
        Some(Skyldner { identifikatortype: identifikatortype?, identifikator: identifikator? })
    }

    fn beloep(&mut self, at: &At<'_, '_>) -> Option<Kroner> {
        self.object(at, &["valuta", "beloep"])?;
        self.kroner(at)
    }

    fn kroner(&mut self, at: &At<'_, '_>) -> Option<Kroner> {
        let valuta = match self.strictness {
            Strictness::Answer => self.optional(at, "valuta"),
            _ => self.required(at, "valuta"),
        };
        if let Some(valuta) = valuta
            && let Some(text) = self.text_of(&valuta)
            && text != "NOK"
        {
            let message = format!("«{}» is not NOK, the only currency that the service takes", shown(&text));
            self.wrong(
                &valuta,
                Wrong::new(Code::FieldMistyped, message, "give the amount in whole Norwegian kroner"),
            );
        }
        let at = self.required(at, "beloep")?;
        if !matches!(at.node.kind, Kind::Number) {
            let advice = "write whole kroner as digits without quotes, such as 48210";
            self.mistyped(&at, "a whole number", advice);
            return None;
        }
        let mut digits = at.node.raw();
        if self.strictness == Strictness::Answer
            && let Some((whole, decimals)) = digits.split_once('.')
            && decimals.bytes().all(|b| b == b'0')
        {
            digits = whole;
        }
        values::amount(digits).map_err(|wrong| self.wrong(&at, wrong)).ok()
    }

    fn renter(&mut self, at: &At<'_, '_>) -> Vec<RenteBeloep> {
        let items = self.items(at);
        items.iter().filter_map(|item| self.rente(item)).collect()
    }

    fn rente(&mut self, at: &At<'_, '_>) -> Option<RenteBeloep> {
        self.object(at, &["valuta", "beloep", "renterIlagtDato", "rentetype"])?;
        let beloep = self.kroner(at);
        let renter_ilagt_dato = self.optional(at, "renterIlagtDato").and_then(|at| self.date(&at));
        let rentetype = self.optional(at, "rentetype").and_then(|at| self.text_of(&at));
        Some(RenteBeloep { beloep: beloep?, renter_ilagt_dato, rentetype })
    }

    fn tillegg(&mut self, at: &At<'_, '_>) -> Option<Tilleggsinformasjon> {
        let Kind::Object(members) = &at.node.kind else {
            self.mistyped(at, "an object", "write it as { … }");
            return None;
        };
        let has = |names: &[&str]| members.iter().any(|(name, _)| names.contains(&name.as_str()));
        if has(&NAV) {
            self.fields(at, &NAV);
            let periode = self.optional(at, NAV[0]).and_then(|at| self.periode(&at));
            let stoenadstype = self.optional(at, NAV[1]).and_then(|at| self.text_of(&at));
            let ytelser = self.optional(at, NAV[2]).and_then(|at| self.beloep(&at));
            return Some(Tilleggsinformasjon::Nav {
                tilbakekrevingsperiode: periode,
                stoenadstype,
                ytelser_for_avregning: ytelser,
            });
        }
        if has(&BROENNOEYSUND) {
            self.fields(at, &BROENNOEYSUND);
            let periode = self.optional(at, BROENNOEYSUND[0]).and_then(|at| self.periode(&at));
            let stoppdato = self.optional(at, BROENNOEYSUND[1]).and_then(|at| self.date(&at));
            return Some(Tilleggsinformasjon::Broennoeysund {
                periode,
                stoppdato_for_loepende_mulkt: stoppdato,
            });
        }
        Some(Tilleggsinformasjon::Annet(at.node.canonical()))
    }

    fn periode(&mut self, at: &At<'_, '_>) -> Option<Periode> {
        self.object(at, &["fom", "tom", "fraDato", "tilDato"])?;
        let has = |name| at.node.get(name).is_some();
        let (short, long) = (has("fom") || has("tom"), has("fraDato") || has("tilDato"));
        if short && long {
            let message = "the period is spelt both as fom and tom and as fraDato and tilDato";
            self.wrong(at, Wrong::new(Code::FieldTwice, message, "keep one of the two"));
            return None;
        }
        let (first, last) = if long { ("fraDato", "tilDato") } else { ("fom", "tom") };
        let fom = self.required(at, first).and_then(|at| self.date(&at));
        let tom = self.required(at, last).and_then(|at| self.date(&at));
        Some(Periode { fom: fom?, tom: tom? })
    }

    fn text_of(&mut self, at: &At<'_, '_>) -> Option<String> {
        if let Kind::Text(text) = &at.node.kind {
            return Some(text.clone());
        }
        self.mistyped(at, "a text", "write it between quotes");
        None
    }

    fn date(&mut self, at: &At<'_, '_>) -> Option<Date> {
        let Kind::Text(text) = &at.node.kind else {
            self.mistyped(at, "a date", "write it between quotes, such as \"2025-12-31\"");
            return None;
        };
        values::date(text).map_err(|wrong| self.wrong(at, wrong)).ok()
    }

    fn items<'n, 'a>(&mut self, at: &At<'n, 'a>) -> Vec<At<'n, 'a>> {
        let Kind::List(items) = &at.node.kind else {
            self.mistyped(at, "a list", "write it as [ … ]");
            return Vec::new();
        };
        let item = |(number, node)| At { node, path: format!("{}[{number}]", at.path) };
        items.iter().enumerate().map(item).collect()
    }

    fn object(&mut self, at: &At<'_, '_>, known: &[&str]) -> Option<()> {
        if !matches!(at.node.kind, Kind::Object(_)) {
            self.mistyped(at, "an object", "write it as { … }");
            return None;
        }
        self.fields(at, known);
        Some(())
    }

    /// Tells of the fields that are not known.
    fn fields(&mut self, at: &At<'_, '_>, known: &[&str]) {
        if self.strictness == Strictness::Answer {
            return;
        }
        for (name, node) in at.node.members() {
            if known.contains(&name.as_str()) || self.findings.len() >= MOST_FINDINGS {
                continue;
            }
            let wrong = if at.path.is_empty() && name == referanse(other(self.edition)) {
                let message = format!("{name} is what edition {} calls it", other(self.edition));
                let advice = format!("in edition {} write {}", self.edition, referanse(self.edition));
                Wrong::new(Code::NotInThisEdition, message, advice)
            } else {
                let advice = match meant(name, known.iter().copied()) {
                    Some(meant) => format!("names are exact; write {meant}"),
                    None => format!("remove it; known here are {}", known.join(", ")),
                };
                Wrong::new(Code::FieldUnknown, "unknown field, it would be lost", advice)
            };
            self.wrong(&At { node, path: join(&at.path, name) }, wrong);
        }
    }

    fn optional<'n, 'a>(&mut self, at: &At<'n, 'a>, name: &str) -> Option<At<'n, 'a>> {
        let node = at.node.get(name).filter(|node| !matches!(node.kind, Kind::Null))?;
        Some(At { node, path: join(&at.path, name) })
    }

    fn required<'n, 'a>(&mut self, at: &At<'n, 'a>, name: &str) -> Option<At<'n, 'a>> {
        let found = self.optional(at, name);
        if found.is_none() {
            let message = match at.node.get(name) {
                Some(_) => "the field is null, and it must have a value",
                None => "the field is missing",
            };
            let missing = At { node: at.node, path: join(&at.path, name) };
            self.wrong(&missing, Wrong::new(Code::FieldMissing, message, format!("add {name}")));
        }
        found
    }

    /// A name that is given twice in one object, anywhere in the request.
    fn look_for_twice(&mut self, node: &Node<'_>, path: &str) {
        match &node.kind {
            Kind::List(items) => {
                for (number, item) in items.iter().enumerate().filter(|(_, item)| item.has_parts()) {
                    self.look_for_twice(item, &format!("{path}[{number}]"));
                }
            }
            Kind::Object(members) => {
                let mut seen = HashSet::new();
                for (name, member) in members {
                    if !seen.insert(name) {
                        let message = "the field is given twice";
                        let wrong = Wrong::new(Code::FieldTwice, message, "keep the one that is meant");
                        self.wrong(&At { node: member, path: join(path, name) }, wrong);
                    }
                    if member.has_parts() {
                        self.look_for_twice(member, &join(path, name));
                    }
                }
            }
            _ => {}
        }
    }

    fn mistyped(&mut self, at: &At<'_, '_>, expected: &str, advice: &str) {
        let message = format!("{expected} belongs here, and {} stands here", at.node.kind_name());
        self.wrong(at, Wrong::new(Code::FieldMistyped, message, advice));
    }

    fn wrong(&mut self, at: &At<'_, '_>, wrong: Wrong) {
        if self.findings.len() >= MOST_FINDINGS {
            return;
        }
        let place = lines::place(self.start, self.text, at.node.offset_in(self.text));
        push(&mut self.findings, wrong.at(place).in_field(at.path.clone()));
    }
}

fn join(path: &str, name: &str) -> String {
    let name = shown(name);
    if path.is_empty() { name } else { format!("{path}.{name}") }
}
