//! Whether text is coloured.

use std::io::{self, IsTerminal};

use analysis::view::Colour;
use clap::ValueEnum;

/// The value of `--color`.
#[derive(Clone, Copy, ValueEnum)]
pub enum When {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    Always,
    Never,
}

impl When {
    pub fn colour(self) -> Colour {
        let no_color = || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        match self {
            Self::Always => Colour::Ansi,
            Self::Auto if io::stdout().is_terminal() && !no_color() => Colour::Ansi,
            Self::Auto | Self::Never => Colour::Plain,
        }
    }
}
