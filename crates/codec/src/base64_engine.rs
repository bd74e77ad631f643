//! The one engine for base64: of the standard alphabet, padded, many bytes at a time where the processor can.

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
pub(crate) use base64::engine::general_purpose::STANDARD as ENGINE;

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
pub(crate) static ENGINE: std::sync::LazyLock<base64::engine::Simd> =
    std::sync::LazyLock::new(|| base64::engine::Simd::standard(base64::engine::general_purpose::PAD));
