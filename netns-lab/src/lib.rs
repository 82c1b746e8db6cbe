//! Builds network-namespace labs around IPVS, drives load through them and judges the shares.
