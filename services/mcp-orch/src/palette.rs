use std::io::IsTerminal as _;

/// Colours, or none where nobody sees them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Palette {
    Colours,
    Plain,
}

impl Palette {
    pub(crate) fn of_terminal() -> Self {
        // no-color.org
        let is_wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        if is_wanted && std::io::stdout().is_terminal() {
            Self::Colours
        } else {
            Self::Plain
        }
    }

    /// The text in the colour of that number (ECMA-48, "SGR").
    pub(crate) fn paint(self, code: &str, text: &str) -> String {
        match self {
            Self::Colours => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            Self::Plain => text.to_owned(),
        }
    }
}
