//! The declarative use: files, plans, and a model of the kernel's table to carry them out on.

mod arbitrary;
mod carry_out;
mod file_texts;
mod model;
mod plan_properties;
mod plan_texts;
mod round_trip;
