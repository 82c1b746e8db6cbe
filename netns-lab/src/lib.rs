//! Builds network-namespace labs around IPVS, drives load through them and judges the shares.
//!
//! ```text
//! Experiment --plan--> Topology --engine--> Lab --load--> Observation --judge--> Record --> views
//! ```
//!
//! One executable plays every part: the host's command, the keeper and the inmate of a cage, the
//! lab inside it, and a guest's init ([`parts`]).

pub mod cage;
pub mod cli;
pub mod engine;
pub mod exit;
pub mod experiment;
pub mod guest;
pub mod lab;
pub mod link;
pub mod namespace;
pub mod parts;
pub mod topology;
