//! What PostgreSQL says in its own way. The statements of `shared/sql` are made of these where the databases do not
//! agree; `sqlite/dialect.rs` has the same macros, and says what each is.

macro_rules! each {
    ($array:literal) => {
        concat!(
            "(SELECT value, place - 1 AS key FROM json_array_elements_text(CAST(",
            $array,
            " AS json)) WITH ORDINALITY AS element (value, place)) j"
        )
    };
}

macro_rules! group_array {
    ($($value:tt)*) => {
        concat!("CAST(COALESCE(json_agg(", $($value)*, "), '[]') AS text)")
    };
}

macro_rules! array_of {
    ($values:literal) => {
        concat!("json_build_array(", $values, ")")
    };
}

/// PostgreSQL decodes all of the JSON to find one member, and fails on what no text of it can be: `\u0000`, and halves of
/// surrogate pairs. Contents may hold both, as what belongs to somebody else is kept to the letter. So they are passed
/// over here; an escaped backslash before them is one of its own, and stays. No title or body is written with them.
macro_rules! member {
    ($json:literal, $name:literal) => {
        concat!(
            "(CAST(regexp_replace(",
            $json,
            ", '(\\\\[^u])|\\\\u(?:0000|[dD][89a-fA-F][0-9a-fA-F]{2})', '\\1', 'g') AS json) ->> ",
            $name,
            ")"
        )
    };
}

/// By the rules of "C", as the locale of the database would find something else on another server.
macro_rules! like {
    ($text:expr, $pattern:literal) => {
        concat!($text, " COLLATE \"C\" ILIKE ", $pattern, " ESCAPE '\\'")
    };
}

macro_rules! greatest {
    () => {
        "GREATEST"
    };
}

macro_rules! number {
    ($value:literal) => {
        concat!("CAST(", $value, " AS bigint)")
    };
}

macro_rules! id {
    ($hex:literal) => {
        concat!("CAST(", $hex, " AS uuid)")
    };
}

macro_rules! look_up {
    () => {
        " JOIN "
    };
}

macro_rules! never {
    () => {
        "'epoch'"
    };
}
