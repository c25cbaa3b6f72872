//! What texts of requests look like, for the document: as far as a pattern can say what the rules of the domain say
//! in words. Patterns are of JSON Schema (ECMA-262), and never narrower than the rule.

use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Object, ObjectBuilder, RefOr, Schema,
        schema::{SchemaType, Type},
    },
};

/// Inside a character class: what breaks a line, or turns the direction of what follows.
macro_rules! breaks {
    () => {
        r"\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069"
    };
}

/// Inside a character class: blanks, and what has no ink.
macro_rules! blanks {
    () => {
        r" \u00a0\u00ad\u034f\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u202f\u205f-\u2064\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0"
    };
}

/// One line with something to see in it.
macro_rules! line {
    () => {
        concat!("^[^", breaks!(), "]*[^", breaks!(), blanks!(), "][^", breaks!(), "]*$")
    };
}

/// Inside a character class: what no link holds.
macro_rules! unlinkable {
    () => {
        r"\u0000-\u0020\u007f-\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\\"
    };
}

macro_rules! texts {
    ($($about:literal, $name:ident, $least:literal to $most:literal, $pattern:expr;)+) => {$(
        #[doc = $about]
        pub(crate) struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let text = ObjectBuilder::new().schema_type(Type::String).description(Some($about));
                text.min_length(Some($least)).max_length(Some($most)).pattern(Some($pattern)).into()
            }
        }

        impl ToSchema for $name {}
    )+};
}

texts! {
    "A user: 1 to 255 characters, none of them a control character.",
    UserName, 1 to 255, r"^[^\u0000-\u001f\u007f-\u009f]+$";
    "The name of a topic.",
    TopicName, 1 to 64, "^[a-z0-9][a-z0-9._-]*$";
    "One line of 1 to 200 characters, with something to see in it, and without control or text-direction characters.",
    Title, 1 to 200, line!();
    "One line of 1 to 100 characters, with something to see in it, and without control or text-direction characters.",
    Word, 1 to 100, line!();
    "Up to 8 KiB of text: lines and tabs, no other control characters.",
    Body, 0 to 8192, r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*$";
    "http, https, or a path on the same site; up to 2,048 bytes.",
    Link, 1 to 2048, concat!(
        "^(/([^/", unlinkable!(), "][^", unlinkable!(), "]*)?",
        "|[hH][tT][tT][pP][sS]?://[^/?#@", unlinkable!(), "]+([/?#][^", unlinkable!(), "]*)?)$"
    );
    "The name of a signal on the stream, which is none of the server's own.",
    SignalType, 1 to 64, "^[a-z][a-z0-9_.-]*$";
    "1 to 255 visible ASCII characters.",
    IdempotencyKey, 1 to 255, "^[!-~]+$";
    "Opaque: as it was given out here, by this list.",
    Next, 1 to 2048, "^[A-Za-z0-9._~-]+$";
    "Opaque: as it was given out here.",
    Cursor, 1 to 128, "^[A-Za-z0-9._~-]+$";
    "`everyone`, `topic:` and its name, or `user:` and theirs.",
    AudienceName, 1 to 260, r"^(everyone|topic:[a-z0-9][a-z0-9._-]{0,63}|user:[^\u0000-\u001f\u007f-\u009f]{1,255})$";
    "A minute of the day.",
    Minute, 5 to 5, "^([01][0-9]|2[0-3]):[0-5][0-9]$";
    "The name of a time zone, like `Europe/Berlin`.",
    TimeZone, 1 to 64, "^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z][A-Za-z0-9_+-]*)*$";
}

/// A boolean that says nothing when it is false.
pub(crate) fn only_true() -> Object {
    ObjectBuilder::new().schema_type(Type::Boolean).enum_values(Some([true])).build()
}

/// The same, where it need not be said.
pub(crate) fn only_true_or_null(about: &str) -> Object {
    let types = SchemaType::from_iter([Type::Boolean, Type::Null]);
    let values = ObjectBuilder::new().schema_type(types).enum_values(Some([Some(true), None]));
    values.description(Some(about)).build()
}
