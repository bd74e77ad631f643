use skattebro_domain::flow::{Effect, Retry};
use skattebro_domain::masking;
use skattebro_ports::{ErrorKind, PortError};
use std::error::Error;
use std::sync::Arc;

/// Why there is no token. Unlike a [`PortError`] it can be told to everybody who waits for the same one.
#[derive(Debug, Clone)]
pub(crate) struct Failed {
    kind: ErrorKind,
    retry: Retry,
    detail: String,
    cause: Option<Arc<dyn Error + Send + Sync>>,
}

impl Failed {
    /// Something that only a person can mend.
    pub(crate) fn for_good(kind: ErrorKind, detail: impl AsRef<str>) -> Self {
        Self { kind, retry: Retry::AfterChange, detail: masking::mask(detail.as_ref()), cause: None }
    }

    /// Something that may pass.
    pub(crate) fn for_now(
        kind: ErrorKind,
        detail: impl AsRef<str>,
        wait: Option<std::time::Duration>,
    ) -> Self {
        Self { retry: Retry::Later(wait), ..Self::for_good(kind, detail) }
    }

    pub(crate) fn because(mut self, cause: impl Error + Send + Sync + 'static) -> Self {
        self.cause = Some(Arc::new(cause));
        self
    }

    /// The same, and one sentence more.
    pub(crate) fn adding(mut self, sentence: Option<&str>) -> Self {
        if let Some(sentence) = sentence {
            self.detail.push_str(". ");
            self.detail.push_str(sentence);
        }
        self
    }

    /// As an error of the port. Nothing was sent to the service that the token is for.
    pub(crate) fn into_error(self, operation: &'static str) -> PortError {
        let error = PortError::new(self.kind, operation, Effect::NotSent, self.detail).with_retry(self.retry);
        match self.cause {
            Some(cause) => error.with_source(cause),
            None => error,
        }
    }
}

/// Why there is no token: for a reason of this source, or of the one below it.
#[derive(Debug)]
pub(crate) enum Trouble {
    Own(Failed),
    Below(PortError),
}

impl Trouble {
    pub(crate) fn into_error(self, operation: &'static str) -> PortError {
        match self {
            Self::Own(failed) => failed.into_error(operation),
            Self::Below(error) => error,
        }
    }
}

impl From<Failed> for Trouble {
    fn from(failed: Failed) -> Self {
        Self::Own(failed)
    }
}
