//! What is found of one part.

use serde::Serialize;

use crate::printable::printable;

/// How a part is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    Fine,
    /// It works, and there is something to know.
    Mind,
    /// It does not work, or soon will not.
    Wrong,
}

/// What is found of one part, in a sentence or two.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    pub(super) part: &'static str,
    pub(super) state: State,
    pub(super) says: String,
}

impl Finding {
    pub(super) fn fine(part: &'static str, says: impl Into<String>) -> Self {
        Self { part, state: State::Fine, says: says.into() }
    }

    pub(super) fn mind(part: &'static str, says: impl Into<String>) -> Self {
        Self { part, state: State::Mind, says: says.into() }
    }

    pub(super) fn wrong(part: &'static str, says: impl Into<String>) -> Self {
        Self { part, state: State::Wrong, says: says.into() }
    }

    /// As one line, with room for names of this width.
    pub(super) fn line(&self, width: usize) -> String {
        let state = match self.state {
            State::Fine => "fine ",
            State::Mind => "mind ",
            State::Wrong => "WRONG",
        };
        format!("{state}  {:width$}  {}", self.part, printable(&self.says))
    }
}
