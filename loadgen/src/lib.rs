//! A concurrent HTTP load generator in the manner of ab.
