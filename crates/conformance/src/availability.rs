//! Cases of [`Availability`](skattebro_ports::Availability).

use crate::World;
use crate::steps::{call, organisation, start, status};

suite! { $
    /// A test for each case of [`Availability`](skattebro_ports::Availability), given a [`World`].
    availability for &dyn World:
    a_service_that_is_there_gives_a_sign_of_life,
    a_ping_aborts_no_job,
}

async fn a_service_that_is_there_gives_a_sign_of_life(world: &dyn World) {
    for _ in 0..2 {
        world.availability().ping(&call()).await.unwrap();
    }
}

async fn a_ping_aborts_no_job(world: &dyn World) {
    let job = start(world, &organisation()).await.jobb_id;
    world.availability().ping(&call()).await.unwrap();
    assert!(!status(world, &organisation(), &job).await.is_terminal());
}
