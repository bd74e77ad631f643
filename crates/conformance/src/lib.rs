//! One test suite per port of skattebro, run against every adapter
