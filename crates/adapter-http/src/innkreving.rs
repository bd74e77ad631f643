//! The calls of innkrevingsoppdrag, in both editions.

use crate::body::Outgoing;
use crate::send::{Request, Sender};
use crate::settings::{HttpSettings, SettingsError};
use async_trait::async_trait;
use bytes::Bytes;
use reqwest::{Method, StatusCode};
use skattebro_codec::krav::{
    AnswerError, PeriodNames, read_avstemming, read_detaljer, read_mottak, read_opprettet, read_transaksjon,
    read_valideringsfeil, write_avskriving, write_endring, write_opprett,
};
use skattebro_domain::flow::{Effect, Retry};
use skattebro_domain::krav::{
    Avstemming, Capabilities, Detaljer, Edition, Endring, Innkrevingsoppdrag, KravId, Mottak,
    Valideringsfeil, slugs,
};
use skattebro_domain::{Kravidentifikator, Slug, Transaksjonsid, masking};
use skattebro_ports::{Api, Call, ErrorKind, KravActs, KravLookup, PortError, Problem, TokenSource};
use std::sync::Arc;

const JSON: &str = "application/json";

/// Skatteetaten's innkreving API over HTTP, in one of its editions. The token's organisation is the oppdragsgiver.
///
/// Cheap to clone; clones share connections. Hosts: contract page `innkreving.md`.
#[derive(Debug, Clone)]
pub struct HttpInnkreving {
    sender: Arc<Sender>,
    edition: Edition,
    period_names: PeriodNames,
}

impl HttpInnkreving {
    /// The service that `settings` lead to, with tokens from `tokens`. Connects to nothing yet.
    ///
    /// # Errors
    /// If the settings cannot be used on this machine.
    pub fn new(
        settings: HttpSettings,
        tokens: Arc<dyn TokenSource>,
        edition: Edition,
    ) -> Result<Self, SettingsError> {
        let sender = Arc::new(Sender::new(settings, tokens)?);
        Ok(Self { sender, edition, period_names: PeriodNames::default() })
    }

    /// How periods are spelt in requests; `fom`/`tom` unless this is called. Both are understood in answers.
    pub fn period_names(mut self, names: PeriodNames) -> Self {
        self.period_names = names;
        self
    }

    fn request(
        &self,
        operation: &'static str,
        route: &'static str,
        method: Method,
        rest: &[&str],
    ) -> Request {
        let base: &[&str] = match self.edition {
            Edition::Utgave2023 => &["api", "v1", "innkrevingsoppdrag"],
            Edition::V1 => &["api", "innkreving", "innkrevingsoppdrag", "v1", "innkrevingsoppdrag"],
        };
        let deadline = self.sender.settings.deadlines.short;
        Request {
            api: Api::Innkreving,
            operation,
            route,
            only_looks: method == Method::GET,
            method,
            path: base.iter().chain(rest).map(|segment| (*segment).to_owned()).collect(),
            query: None,
            accept: "application/json, application/problem+json",
            body: None,
            answer_within: deadline,
            deadline,
            with_token: true,
            part: None,
        }
    }

    fn look(&self, operation: &'static str, route: &'static str, id: &KravId, rest: &[&str]) -> Request {
        let mut path = vec![id.as_str()];
        path.extend(rest);
        with_id_type(self.request(operation, route, Method::GET, &path), id)
    }

    /// Sends a look and understands its answer; `None` if the service refused it with `absent`.
    async fn look_at<T>(
        &self,
        call: &Call,
        request: &Request,
        absent: &str,
        read: impl FnOnce(&[u8]) -> Result<T, AnswerError>,
    ) -> Result<Option<T>, PortError> {
        match self.sender.send_for_body(call, request).await {
            Ok((status, body)) => self.understand(call, request, status, &body, read).map(Some),
            Err(error) if error.kind() == ErrorKind::NotFound && is_refused_with(&error, absent) => Ok(None),
            Err(error) if self.is_unnamed_404(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn understand<T>(
        &self,
        call: &Call,
        request: &Request,
        status: StatusCode,
        body: &[u8],
        read: impl FnOnce(&[u8]) -> Result<T, AnswerError>,
    ) -> Result<T, PortError> {
        read(body)
            .map_err(|error| self.sender.not_the_contract(call, request, status, body).with_source(error))
    }

    async fn change(
        &self,
        call: &Call,
        mut request: Request,
        body: Vec<u8>,
        written_off_already: &str,
    ) -> Result<Option<Transaksjonsid>, PortError> {
        request.body = Some((JSON.to_owned(), Outgoing::small(body)));
        let answer = self.sender.send_for_body(call, &request).await;
        let (status, body): (_, Bytes) =
            answer.map_err(|error| self.recognise_conflict(error, written_off_already))?;
        let transaksjonsid = self.understand(call, &request, status, &body, read_transaksjon)?;
        // Edition v1 always gives an id. Edition 2023 does not say what it answers; but a gateway's page is no answer of its own.
        let is_its_answer = match self.edition {
            Edition::V1 => transaksjonsid.is_some(),
            Edition::Utgave2023 => {
                body.trim_ascii().is_empty() || serde_json::from_slice::<serde::de::IgnoredAny>(&body).is_ok()
            }
        };
        if !is_its_answer {
            return Err(self.sender.not_the_contract(call, &request, status, &body));
        }
        Ok(transaksjonsid)
    }

    fn not_in_this_edition(&self, call: &Call, request: &Request) -> PortError {
        let detail = format!("edition {} of the API has no such call", self.edition);
        self.sender.error(call, request, ErrorKind::Local, Effect::NotSent, detail)
    }

    /// Edition 2023 documents no names for its problems: where there is none, a 422 that quotes the id is the duplicate.
    fn recognise_duplicate(&self, error: PortError, id: Option<&str>) -> PortError {
        let (Edition::Utgave2023, Some(id), Some(problem)) = (self.edition, id, error.problem()) else {
            return error;
        };
        let unnamed = !slugs::is_rule_about_krav(&problem.slug);
        if problem.status == 422 && unnamed && quotes(&problem.melding, &masking::mask(id)) {
            return refused_with(error, slugs::EXISTS_ALREADY);
        }
        error
    }

    /// Likewise, a 409 is told by its words. `written_off_already` is the rule that a krav which is written off breaks with this call. That
    /// it *cannot be* written off says nothing of the kind.
    fn recognise_conflict(&self, error: PortError, written_off_already: &str) -> PortError {
        let (Edition::Utgave2023, Some(problem)) = (self.edition, error.problem()) else { return error };
        if problem.status != 409 || slugs::is_rule_about_krav(&problem.slug) {
            return error;
        }
        let melding = problem.melding.to_lowercase();
        if melding.contains("reskontro") {
            refused_with(error, slugs::NOT_BOOKED)
        } else if melding.contains("avskrevet") {
            refused_with(error, written_off_already)
        } else {
            error
        }
    }

    /// Likewise, a 404 in a problem document without a name is the krav that is not there; the endpoint that is not there is a general
    /// error (`DAS-002`).
    fn is_unnamed_404(&self, error: &PortError) -> bool {
        let unnamed = |problem: &Problem| problem.status == 404 && problem.slug.as_str() == "about:blank";
        self.edition == Edition::Utgave2023 && error.problem().is_some_and(unnamed)
    }
}

fn with_id_type(mut request: Request, id: &KravId) -> Request {
    request.query = Some(match id {
        KravId::Skatteetatens(_) => "kravidentifikatortype=SKATTEETATENS_KRAVIDENTIFIKATOR",
        KravId::Oppdragsgivers(_) => "kravidentifikatortype=OPPDRAGSGIVERS_KRAVIDENTIFIKATOR",
    });
    request
}

fn is_refused_with(error: &PortError, rule: &str) -> bool {
    matches!(error.effect(), Effect::Refused(slug) if slugs::short(slug) == rule)
}

fn refused_with(error: PortError, rule: &str) -> PortError {
    match rule.parse::<Slug>() {
        Ok(slug) => error.with_effect(Effect::Refused(slug)).with_retry(Retry::AfterChange),
        Err(_) => error,
    }
}

/// Whether `text` holds `id` as a word of its own.
fn quotes(text: &str, id: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '-' || c == '/';
    text.match_indices(id).any(|(at, found)| {
        let before = text[..at].chars().next_back();
        let after = text[at + found.len()..].chars().next();
        !id.is_empty() && !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

#[async_trait]
impl KravActs for HttpInnkreving {
    fn capabilities(&self) -> Capabilities {
        self.edition.capabilities()
    }

    async fn opprett(
        &self,
        call: &Call,
        oppdrag: &Innkrevingsoppdrag,
    ) -> Result<Kravidentifikator, PortError> {
        let mut request =
            self.request("the creation of a krav", "POST /innkrevingsoppdrag", Method::POST, &[]);
        let body = write_opprett(oppdrag, self.edition, self.period_names);
        request.body = Some((JSON.to_owned(), Outgoing::small(body)));
        let answer = self.sender.send_for_body(call, &request).await;
        let id = oppdrag.oppdragsgivers_kravidentifikator.as_deref();
        let (status, body) = answer.map_err(|error| self.recognise_duplicate(error, id))?;
        self.understand(call, &request, status, &body, read_opprettet)
    }

    async fn endre(
        &self,
        call: &Call,
        id: &KravId,
        endring: &Endring,
    ) -> Result<Option<Transaksjonsid>, PortError> {
        let operation = "the change of a krav";
        let request = match (self.edition, endring) {
            (Edition::Utgave2023, Endring::Hovedstol(_)) => {
                self.request(operation, "PUT /innkrevingsoppdrag/endring", Method::PUT, &["endring"])
            }
            _ => {
                let route = match endring {
                    Endring::Hovedstol(_) => "PUT /innkrevingsoppdrag/{id}/hovedstol",
                    Endring::Renter(_) => "PUT /innkrevingsoppdrag/{id}/renter",
                    Endring::Referanse(_) => "PUT /innkrevingsoppdrag/{id}/oppdragsgiversreferanse",
                };
                let rest = [id.as_str(), endring.name()];
                with_id_type(self.request(operation, route, Method::PUT, &rest), id)
            }
        };
        if self.edition == Edition::Utgave2023 && !matches!(endring, Endring::Hovedstol(_)) {
            return Err(self.not_in_this_edition(call, &request));
        }
        let body = write_endring(id, endring, self.edition);
        self.change(call, request, body, slugs::WRITTEN_OFF_NO_CHANGE).await
    }

    async fn avskriv(&self, call: &Call, id: &KravId) -> Result<Option<Transaksjonsid>, PortError> {
        let route = "POST /innkrevingsoppdrag/avskriving";
        let request = self.request("the write-off of a krav", route, Method::POST, &["avskriving"]);
        self.change(call, request, write_avskriving(id), slugs::WRITTEN_OFF_ALREADY).await
    }
}

#[async_trait]
impl KravLookup for HttpInnkreving {
    async fn mottaksstatus(&self, call: &Call, id: &KravId) -> Result<Option<Mottak>, PortError> {
        let route = "GET /innkrevingsoppdrag/{id}/mottaksstatus";
        let request = self.look("the look at a krav's mottaksstatus", route, id, &["mottaksstatus"]);
        self.look_at(call, &request, slugs::DOES_NOT_EXIST, read_mottak).await
    }

    async fn valideringsfeil(&self, call: &Call, id: &KravId) -> Result<Vec<Valideringsfeil>, PortError> {
        let route = "GET /innkrevingsoppdrag/{id}/valideringsfeil";
        let request = self.look("the look at a krav's valideringsfeil", route, id, &["valideringsfeil"]);
        let (status, body) = self.sender.send_for_body(call, &request).await?;
        self.understand(call, &request, status, &body, read_valideringsfeil)
    }

    async fn avstemming(&self, call: &Call, id: &KravId) -> Result<Option<Avstemming>, PortError> {
        let route = "GET /innkrevingsoppdrag/{id}/avstemming";
        let request = self.look("the reconciliation of a krav", route, id, &["avstemming"]);
        if !self.capabilities().avstemming {
            return Err(self.not_in_this_edition(call, &request));
        }
        self.look_at(call, &request, slugs::NOT_BOOKED, read_avstemming).await
    }

    async fn detaljer(&self, call: &Call, id: &KravId) -> Result<Detaljer, PortError> {
        let request = self.look("the look at a krav's details", "GET /innkrevingsoppdrag/{id}", id, &[]);
        if self.edition == Edition::Utgave2023 {
            return Err(self.not_in_this_edition(call, &request));
        }
        let (status, body) = self.sender.send_for_body(call, &request).await?;
        self.understand(call, &request, status, &body, read_detaljer)
    }
}

#[cfg(test)]
mod tests {
    use super::quotes;

    #[test]
    fn an_id_is_quoted_only_as_a_word_of_its_own() {
        assert!(quotes("oppdragsgiversKravidentifikator=K-1 eksisterer allerede", "K-1"));
        assert!(quotes("«K-1» finnes", "K-1") && quotes("K-1", "K-1"));
        for other in ["K-10 finnes", "AK-1 finnes", "K-1/2", "ingen", ""] {
            assert!(!quotes(other, "K-1"), "{other}");
        }
        assert!(!quotes("x", ""));
    }
}
