//! A minimal HTTP real server that names itself and counts.
