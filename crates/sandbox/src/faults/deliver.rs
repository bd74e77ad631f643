//! Acts faults out: the layer between the connection and a route's work.

use std::time::Duration;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::RETRY_AFTER;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::{Fault, bodies};
use crate::effects::{Delivery, Visit};
use crate::problem::{self, Problem};
use crate::spool::{SpoolError, Spooled};
use crate::wire::Connection;
use crate::world::Shared;

/// Which route a request came to.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) route: &'static str,
    /// Of a whole request body, in bytes.
    pub(crate) limit: u64,
    pub(crate) world: Shared,
    /// Whether its calls are among those of which the service takes only so many at a time.
    pub(crate) counted: bool,
}

/// Middleware that reads the request whole, does what the faults in force say, and has the work done.
///
/// It goes on when the client goes away meanwhile, as the real service would: a request that timed
/// out may have been done.
pub(crate) async fn deliver(
    State(place): State<Place>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    request: Request,
    next: Next,
) -> Response {
    let stop = place.world.stop.clone();
    let busy = place.counted.then(|| place.world.concurrency.enter());
    let handling = tokio::spawn(async move {
        // Until the answer is ready, which a client that has gone away does not change.
        let _busy = busy;
        tokio::select! {
            response = handle(place, connection.clone(), request, next) => response,
            () = stop.cancelled() => dropped(&connection),
        }
    });
    handling.await.unwrap_or_else(|panic| Problem::internal(panic).into_response())
}

async fn handle(place: Place, connection: Connection, request: Request, next: Next) -> Response {
    let strike = place.world.faults.strike(place.route);
    if let Some(fault) = &strike.fault {
        tracing::debug!(route = place.route, ?fault, "fault");
    }
    tokio::time::sleep(strike.latency).await;
    if strike.fault == Some(Fault::DropBefore) {
        return dropped(&connection);
    }
    let call = match Call::read(place, request, next).await {
        Ok(call) => call,
        Err(SpoolError::TooLarge) => {
            return Problem::too_large("Forespørselen er større enn tjenesten tar imot").into_response();
        }
        Err(SpoolError::Broken) => return dropped(&connection),
    };
    match strike.fault {
        None => call.work(Delivery::Normal).await,
        Some(fault) => struck(fault, call, &connection).await,
    }
}

async fn struck(fault: Fault, call: Call, connection: &Connection) -> Response {
    match fault {
        Fault::TooManyRequests { retry_after } => too_many(retry_after),
        Fault::ErrorBefore(status) => Problem::injected(status).into_response(),
        Fault::ErrorAfter(status) => {
            call.work(Delivery::Normal).await;
            Problem::injected(status).into_response()
        }
        Fault::DropAfter => {
            call.work(Delivery::Normal).await;
            dropped(connection)
        }
        Fault::ActLate(after) => {
            call.work_late(after);
            dropped(connection)
        }
        Fault::Twice => {
            call.work(Delivery::Normal).await;
            call.work(Delivery::Second).await
        }
        Fault::TruncatedBody => bodies::truncated(call.work(Delivery::Normal).await, connection.clone()),
        Fault::SlowDrip(pause) => bodies::dripping(call.work(Delivery::Normal).await, pause),
        Fault::HtmlInsteadOfJson => bodies::gateway_page(200),
        Fault::HtmlError(status) => bodies::gateway_page(status),
        Fault::EmptyOk => {
            call.work(Delivery::Normal).await;
            StatusCode::OK.into_response()
        }
        Fault::NeverAnswer => {
            connection.until_cut().await;
            dropped(connection)
        }
        Fault::Latency(_) | Fault::DropBefore => call.work(Delivery::Normal).await,
    }
}

/// A request that was read whole; its work can be done now, later, and more than once.
struct Call {
    place: Place,
    arrived: Duration,
    parts: Parts,
    body: Spooled,
    next: Next,
}

impl Call {
    async fn read(place: Place, request: Request, next: Next) -> Result<Self, SpoolError> {
        let (parts, body) = request.into_parts();
        let world = &place.world;
        let arrived = world.clock.now();
        let body = Spooled::read(body, place.limit, world.dir.path()).await?;
        Ok(Call { place, arrived, parts, body, next })
    }

    async fn work(&self, delivery: Delivery) -> Response {
        match self.request(delivery).await {
            Ok(request) => self.next.clone().run(request).await,
            Err(error) => Problem::internal(error).into_response(),
        }
    }

    fn work_late(self, after: Duration) {
        let due = self.place.world.clock.now().saturating_add(after);
        let expected = self.place.world.late.expect(due);
        tokio::spawn(async move {
            let _expected = expected;
            let world = self.place.world.clone();
            let late = async {
                // From when the request came, however late this task gets its turn.
                world.clock.sleep(due.saturating_sub(world.clock.now())).await;
                self.work(Delivery::Late).await;
            };
            tokio::select! {
                () = late => {}
                () = world.stop.cancelled() => {}
            }
        });
    }

    async fn request(&self, delivery: Delivery) -> std::io::Result<Request> {
        let mut request = Request::from_parts(self.parts.clone(), self.body.body().await?);
        request.extensions_mut().insert(Visit {
            route: self.place.route,
            arrived: self.arrived,
            korrelasjonsid: problem::korrelasjonsid(&self.parts.headers),
            delivery,
        });
        // For those who keep the body as it is: a large one is not written to the disk again.
        request.extensions_mut().insert(self.body.clone());
        Ok(request)
    }
}

/// Closes the connection. The response goes nowhere: writing it fails, which ends the connection
/// even where nobody is reading from it.
fn dropped(connection: &Connection) -> Response {
    connection.cut();
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

fn too_many(retry_after: Option<Duration>) -> Response {
    let problem =
        Problem::new(StatusCode::TOO_MANY_REQUESTS, "SANDBOX-KVOTE", "For mange samtidige forespørsler");
    match retry_after {
        Some(wait) => {
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            problem.with_header(RETRY_AFTER, HeaderValue::from(seconds)).into_response()
        }
        None => problem.into_response(),
    }
}
