//! The part of a Markdown file that is generated.

const BEGIN: &str = "<!-- figures -->";
const END: &str = "<!-- /figures -->";

/// `text` with `block` in place of what stood between the two marks. `None` when they are not there,
/// once each and in this order: nothing is then overwritten.
pub(crate) fn replace(text: &str, block: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    let again = [before, after].iter().any(|part| part.contains(BEGIN) || part.contains(END));
    (!again).then(|| format!("{before}{BEGIN}\n{}\n{END}{after}", block.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::replace;

    #[test]
    fn only_what_is_between_the_marks_is_replaced() {
        let text = "a\n<!-- figures -->\nold\n<!-- /figures -->\nb\n";
        let new = "a\n<!-- figures -->\nnew\n<!-- /figures -->\nb\n";
        assert_eq!(replace(text, "new\n\n").as_deref(), Some(new));
        assert_eq!(replace(new, "new").as_deref(), Some(new), "twice is once");
    }

    #[test]
    fn a_file_without_its_marks_is_left_alone() {
        for text in [
            "",
            "<!-- figures -->",
            "<!-- /figures --><!-- figures -->",
            "<!-- figures --><!-- /figures --><!-- figures -->",
        ] {
            assert_eq!(replace(text, "new"), None, "{text}");
        }
    }
}
