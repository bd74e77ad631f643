//! What skattebro needs of the outside world, as small traits with in-memory fakes
