//! The cursors of lists that are in the order of names: a sealed block that holds the list and the name, and the
//! name.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use super::{CursorError, Cursors, Tag, first_eight};

/// Characters of a sealed block.
const BLOCK: usize = 22;

impl Cursors {
    /// The `next` of a list after the item of this name. Of no use for another list.
    #[must_use]
    pub fn seal_name(&self, list: &str, name: &str) -> String {
        let block = self.seal_block(tag(list), digest(name));
        format!("{block}{}", URL_SAFE_NO_PAD.encode(name))
    }

    /// The name that a list goes on after.
    pub fn open_name(&self, list: &str, cursor: &str) -> Result<String, CursorError> {
        let (block, name) = cursor.split_at_checked(BLOCK).ok_or(CursorError::Malformed)?;
        let name = URL_SAFE_NO_PAD.decode(name).map_err(|_| CursorError::Malformed)?;
        let name = String::from_utf8(name).map_err(|_| CursorError::Malformed)?;
        match self.open_block(block.as_bytes()) {
            Some(sealed) if sealed == (tag(list), digest(&name)) => Ok(name),
            _ => Err(CursorError::Malformed),
        }
    }
}

fn tag(list: &str) -> Tag {
    first_eight(&Sha256::digest([b"names:", list.as_bytes()].concat()))
}

fn digest(name: &str) -> [u8; 8] {
    first_eight(&Sha256::digest(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CursorKey, Epoch, Position, UserId};

    fn cursors() -> Cursors {
        Cursors::new(&CursorKey::new([7; 16]), Epoch::from_random([1; 16]), &[])
    }

    #[test]
    fn what_was_sealed_opens_for_its_list_alone() {
        let cursors = cursors();
        for name in ["", "deploys", "Zoë 🦀", &"x".repeat(1000)] {
            let next = cursors.seal_name("topics", name);
            assert!(next.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
            assert_eq!(cursors.open_name("topics", &next).as_deref(), Ok(name));
            assert_eq!(cursors.open_name("topic", &next), Err(CursorError::Malformed));
        }
    }

    #[test]
    fn every_changed_character_is_noticed() {
        let cursors = cursors();
        let good = cursors.seal_name("topics", "deploys");
        for i in 0..=good.len() {
            for other in ["", "A", "-", "z", "=", "é"] {
                let (before, after) = good.split_at(i);
                for rest in [after, after.get(1..).unwrap_or_default()] {
                    let bad = format!("{before}{other}{rest}");
                    assert_eq!(cursors.open_name("topics", &bad).is_ok(), bad == good, "{bad}");
                }
            }
        }
    }

    #[test]
    fn cursors_of_other_kinds_are_none() {
        let cursors = cursors();
        let (ann, at) = (UserId::parse("ann").unwrap(), Position::new(7).unwrap());
        for other in [cursors.seal(at), cursors.seal_list(&ann, at)] {
            assert_eq!(cursors.open_name("ann", other.as_str()), Err(CursorError::Malformed));
        }
        let next = cursors.seal_name("ann", "x");
        assert!(cursors.open(next.as_bytes()).is_err());
        assert!(cursors.open_list(&ann, &next).is_err());
        assert!(cursors.open_list(&ann, &next[..BLOCK]).is_err());
    }
}
