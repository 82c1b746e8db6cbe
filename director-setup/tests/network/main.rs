//! Real servers' hosts and ARP probes in network namespaces that the tests make; the host's own is
//! never touched. Needs root.

mod arp;
mod command;
mod namespace;
mod realserver;
