//! Synchronous validation: one envelope with everything in it, and the outcome as its answer.

use crate::error::ValidationError;
use crate::gjeldende::usable;
use crate::outside::Ports;
use crate::prepare::{Way, prepare};
use crate::{DiscardSink, ValidationRequest};
use skattebro_domain::{Code, Dokumentreferanse, Finding, ValidationOutcome};
use skattebro_ports::Call;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// What the service takes as base64 in one synchronous validation.
const MAX_BASE64_BYTES: u64 = 10_000_000;

/// What a synchronous validation came to.
#[derive(Debug, Clone)]
pub struct ValidatedSynchronously {
    /// The outcome; look at its verdict first.
    pub outcome: ValidationOutcome,
    /// Findings about the documents that did not stop the validation.
    pub warnings: Vec<Finding>,
}

pub(crate) async fn validate(
    ports: &Ports,
    request: ValidationRequest,
) -> Result<ValidatedSynchronously, ValidationError> {
    if request.referanse.is_some() {
        return Err(ValidationError::Findings(vec![Finding::error(
            Code::DocumentTwice,
            "",
            "a reference to an upload cannot be used in a synchronous validation",
            "give the næringsspesifikasjon itself, or validate asynchronously",
        )]));
    }
    let subject = request.subject.clone();
    let sink = request.sink.clone().unwrap_or_else(|| Arc::new(DiscardSink));
    let given = request.gjeldende.clone();
    let way = Way::Synchronous { max_base64_bytes: MAX_BASE64_BYTES };
    // Dropping this future ends the reading, too.
    let cancel = CancellationToken::new();
    let _cancel_on_drop = cancel.clone().drop_guard();
    let prepared = tokio::task::spawn_blocking(move || prepare(&request, way, &cancel))
        .await
        .map_err(|error| ValidationError::Lost(error.to_string()))?
        .map_err(ValidationError::Findings)?;
    let gjeldende = match given {
        Some(dokumentidentifikator) => {
            Dokumentreferanse { dokumenttype: prepared.return_type, dokumentidentifikator }
        }
        None => {
            let call = Call::new(ports.desk.korrelasjonsid());
            let gjeldende =
                ports.current_returns.gjeldende(&call, &subject, false, Arc::new(DiscardSink)).await?;
            usable(&gjeldende, prepared.return_type).map_err(|why| {
                let advice = "check the identifikator, the year and the document";
                ValidationError::Findings(vec![Finding::error(Code::GjeldendeDiffers, "", why, advice)])
            })?
        }
    };
    let envelope =
        prepared.envelope(None, gjeldende).map_err(|error| ValidationError::Lost(error.to_string()))?;
    let call = Call::new(ports.desk.korrelasjonsid());
    let outcome = ports.validations.valider(&call, &subject, &envelope, sink).await?;
    Ok(ValidatedSynchronously { outcome, warnings: prepared.warnings })
}
