//! The HTTP adapter, in front of a sandbox, passes the suites that the fakes pass.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use async_trait::async_trait;
use skattebro_adapter_http::{HttpSettings, HttpSkatteetaten};
use skattebro_conformance::World;
use skattebro_ports::fakes::StaticToken;
use skattebro_ports::{Availability, CurrentReturns, Jobs, Token, Uploads, Validations};
use skattebro_sandbox::{Sandbox, Scenario, VirtualClock};
use std::sync::Arc;
use std::time::Duration;

struct SandboxWorld {
    sandbox: Sandbox,
    adapter: Arc<HttpSkatteetaten>,
}

impl SandboxWorld {
    async fn start() -> Self {
        let sandbox = Sandbox::builder().clock(VirtualClock::stepped()).start().await.unwrap();
        let token = StaticToken::new(Token::parse("hemmelig.token").unwrap());
        let settings = HttpSettings::new(&sandbox.url()).unwrap();
        let adapter = Arc::new(HttpSkatteetaten::new(settings, Arc::new(token)).unwrap());
        Self { sandbox, adapter }
    }
}

#[async_trait]
impl World for SandboxWorld {
    fn uploads(&self) -> Arc<dyn Uploads> {
        self.adapter.clone()
    }

    fn jobs(&self) -> Arc<dyn Jobs> {
        self.adapter.clone()
    }

    fn current_returns(&self) -> Arc<dyn CurrentReturns> {
        self.adapter.clone()
    }

    fn validations(&self) -> Arc<dyn Validations> {
        self.adapter.clone()
    }

    fn availability(&self) -> Arc<dyn Availability> {
        self.adapter.clone()
    }

    async fn finish_jobs(&self) {
        self.sandbox.clock().advance(Duration::from_secs(2 * 3600));
    }

    async fn find_faults(&self) {
        self.sandbox.set_scenario(Scenario::med_feil());
    }
}

mod upload {
    use super::*;
    skattebro_conformance::upload!(SandboxWorld::start().await);
}

mod jobs {
    use super::*;
    skattebro_conformance::jobs!(SandboxWorld::start().await);
}

mod current_return {
    use super::*;
    skattebro_conformance::current_return!(SandboxWorld::start().await);
}

mod validation {
    use super::*;
    skattebro_conformance::validation!(SandboxWorld::start().await);
}

mod availability {
    use super::*;
    skattebro_conformance::availability!(SandboxWorld::start().await);
}
