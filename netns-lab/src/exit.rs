//! Exit codes; scripts depend on them.

/// Every expectation held.
pub const PASS: u8 = 0;
/// An expectation failed.
pub const FAIL: u8 = 1;
/// Wrong usage or a wrong file.
pub const USAGE: u8 = 2;
/// The run could not be judged.
pub const INCONCLUSIVE: u8 = 3;
/// The machine lacks something.
pub const MISSING: u8 = 69;
/// A bug, ours or the machine's.
pub const BUG: u8 = 70;
/// Inside a cage: the program to run does not exist, as shells have it.
pub const NOT_FOUND: u8 = 127;
