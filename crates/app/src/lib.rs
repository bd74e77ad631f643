//! The bridge between a company's systems and Skatteetaten: the library that enterprises embed
