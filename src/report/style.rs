//! How text looks on a terminal.

use anstyle::{AnsiColor, Effects};

/// Whether colours are wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Colours {
    /// For a terminal.
    On,
    /// For files, pipes and `NO_COLOR`.
    Off,
}

/// How text is laid out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Style {
    /// Whether there are colours.
    pub colours: Colours,
    /// Characters a line; tables that do not fit take two lines a row.
    pub width: usize,
}

/// What a piece of text means to the reader.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ink {
    /// Nothing special.
    Plain,
    /// An error or a regression.
    Bad,
    /// An improvement or a pass.
    Good,
    /// No verdict.
    Unsure,
    /// Beside the point.
    Faint,
}

impl Style {
    /// The text in its colour, if there are colours.
    pub(super) fn paint(self, ink: Ink, text: &str) -> String {
        let bold = |colour: AnsiColor| colour.on_default().effects(Effects::BOLD);
        let style = match (self.colours, ink) {
            (Colours::Off, _) | (_, Ink::Plain) => return text.to_owned(),
            (Colours::On, Ink::Bad) => bold(AnsiColor::Red),
            (Colours::On, Ink::Good) => bold(AnsiColor::Green),
            (Colours::On, Ink::Unsure) => bold(AnsiColor::Yellow),
            (Colours::On, Ink::Faint) => anstyle::Style::new().effects(Effects::DIMMED),
        };
        format!("{style}{text}{style:#}")
    }
}
