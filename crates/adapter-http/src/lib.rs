//! skattebro's ports over HTTP, against Skatteetaten's real endpoints
