//! What SQLite says in its own way. The statements of `shared/sql` are made of these where the databases do not agree;
//! `postgres/dialect.rs` has the same macros.

/// The values of a JSON array as the rows of `j`: `value`, and from 0 on its place, `key`.
macro_rules! each {
    ($array:literal) => {
        concat!("json_each(", $array, ") j")
    };
}

/// The values of all rows as one JSON array.
macro_rules! group_array {
    ($($value:tt)*) => {
        concat!("json_group_array(", $($value)*, ")")
    };
}

/// Some values as a JSON array.
macro_rules! array_of {
    ($values:literal) => {
        concat!("json_array(", $values, ")")
    };
}

/// A member of a JSON object by its name, or of an array by its place, as text.
macro_rules! member {
    ($json:literal, $name:literal) => {
        concat!("(", $json, " ->> ", $name, ")")
    };
}

/// Whether a text is like a pattern, be its ASCII letters capital or not.
macro_rules! like {
    ($text:expr, $pattern:literal) => {
        concat!($text, " LIKE ", $pattern, " ESCAPE '\\'")
    };
}

/// The greatest of some values.
macro_rules! greatest {
    () => {
        "max"
    };
}

/// A number of such an array.
macro_rules! number {
    ($value:literal) => {
        $value
    };
}

/// An id that was written in hexadecimal.
macro_rules! id {
    ($hex:literal) => {
        concat!("unhex(", $hex, ")")
    };
}

/// A join that looks up, for each row on the left, what is on the right: SQLite, which knows nothing of sizes here,
/// is held to that order.
macro_rules! look_up {
    () => {
        " CROSS JOIN "
    };
}

/// The time that stands for none where NULL means "as it was".
macro_rules! never {
    () => {
        "0"
    };
}
