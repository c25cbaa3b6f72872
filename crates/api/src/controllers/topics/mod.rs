//! Topics, as users see them.

pub(crate) mod list;
