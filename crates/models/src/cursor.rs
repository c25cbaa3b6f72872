//! What clients hold: a place in the log that says nothing to them and cannot be made up.
//!
//! A [`Cursor`] is one AES block. Eight bytes name what the place belongs to (an epoch, or one
//! user's list), eight are the position (of a list in the order of names, a digest of the name, which
//! follows it); the block is sealed under a key that is kept with the log
//! and written in base64url, 22 characters of `[A-Za-z0-9_-]`.
//!
//! - *Opaque, and silent about others:* consecutive positions give unrelated cursors, so nobody can
//!   count the events between two of theirs.
//! - *Tamper-evident:* a changed or invented block opens to eight bytes that name nothing
//!   (a chance of 2^-64 for each thing that is known).
//! - *Deterministic:* an event has one cursor, so its rendered bytes are shared by all readers.

use std::fmt;

use aes::{
    Aes128,
    cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretBox};
use sha2::{Digest, Sha256};

use crate::{Epoch, Position, UserId};

mod list;

/// A sealed place, as clients hold it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cursor(Box<str>);

impl Cursor {
    /// The text that clients send back.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a cursor could not be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CursorError {
    /// Not something that this log ever gave out.
    #[error("the cursor is malformed")]
    Malformed,
    /// Given out in an earlier life of this log.
    #[error("the cursor is of another epoch")]
    Epoch,
}

/// The secret that cursors are sealed under. Kept in the database with the log, so that every node
/// and every restart seals alike.
pub struct CursorKey(SecretBox<[u8; 16]>);

impl CursorKey {
    /// Length in bytes.
    pub const LEN: usize = 16;

    /// Takes a key of 16 bytes.
    #[must_use]
    pub fn new(bytes: [u8; Self::LEN]) -> Self {
        Self(SecretBox::new(Box::new(bytes)))
    }
}

/// What the first half of a block names.
type Tag = [u8; 8];

/// Seals places into cursors and opens them again, for one epoch of the log.
pub struct Cursors {
    cipher: Aes128,
    current: Tag,
    past: Vec<Tag>,
}

impl Cursors {
    /// For the epoch `current`; cursors of `past` epochs are recognised as such.
    #[must_use]
    pub fn new(key: &CursorKey, current: Epoch, past: &[Epoch]) -> Self {
        Self {
            cipher: Aes128::new(&Array::from(*key.0.expose_secret())),
            current: epoch_tag(current),
            past: past.iter().copied().map(epoch_tag).collect(),
        }
    }

    /// The cursor of `position`: a client that holds it has everything up to and with that position.
    #[must_use]
    pub fn seal(&self, position: Position) -> Cursor {
        self.seal_block(self.current, position.get().to_be_bytes())
    }

    /// The position that `cursor` stands for. Any bytes may be passed.
    pub fn open(&self, cursor: &[u8]) -> Result<Position, CursorError> {
        let (tag, place) = self.open_block(cursor).ok_or(CursorError::Malformed)?;
        if tag == self.current {
            position(place)
        } else if self.past.contains(&tag) {
            Err(CursorError::Epoch)
        } else {
            Err(CursorError::Malformed)
        }
    }

    /// The `next` of a list of `user`, after the item at `position`. Of no use to anybody else.
    #[must_use]
    pub fn seal_list(&self, user: &UserId, position: Position) -> Cursor {
        self.seal_block(list_tag(user), position.get().to_be_bytes())
    }

    /// The position that a list of `user` goes on from.
    pub fn open_list(&self, user: &UserId, cursor: &str) -> Result<Position, CursorError> {
        match self.open_block(cursor.as_bytes()) {
            Some((tag, place)) if tag == list_tag(user) => position(place),
            _ => Err(CursorError::Malformed),
        }
    }

    fn seal_block(&self, tag: Tag, place: [u8; 8]) -> Cursor {
        let mut block = [0; 16];
        block[..8].copy_from_slice(&tag);
        block[8..].copy_from_slice(&place);
        let mut block = Array::from(block);
        self.cipher.encrypt_block(&mut block);
        Cursor(URL_SAFE_NO_PAD.encode(block).into())
    }

    fn open_block(&self, cursor: &[u8]) -> Option<(Tag, [u8; 8])> {
        let mut block = [0; 16];
        // Without padding and with unused bits refused, a block has exactly one written form.
        if URL_SAFE_NO_PAD.decode_slice(cursor, &mut block).ok()? != block.len() {
            return None;
        }
        let mut block = Array::from(block);
        self.cipher.decrypt_block(&mut block);
        let (tag, place) = block.split_at(8);
        Some((tag.try_into().ok()?, place.try_into().ok()?))
    }
}

fn position(place: [u8; 8]) -> Result<Position, CursorError> {
    Position::new(i64::from_be_bytes(place)).ok_or(CursorError::Malformed)
}

fn epoch_tag(epoch: Epoch) -> Tag {
    first_eight(&Sha256::digest([b"epoch".as_slice(), epoch.as_uuid().as_bytes()].concat()))
}

fn list_tag(user: &UserId) -> Tag {
    first_eight(&Sha256::digest([b"list:".as_slice(), user.as_str().as_bytes()].concat()))
}

fn first_eight(digest: &[u8]) -> Tag {
    let mut tag = Tag::default();
    for (to, from) in tag.iter_mut().zip(digest) {
        *to = *from;
    }
    tag
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(value: i64) -> Position {
        Position::new(value).unwrap()
    }

    fn epoch(byte: u8) -> Epoch {
        Epoch::from_random([byte; 16])
    }

    fn cursors(current: u8, past: &[u8]) -> Cursors {
        let past: Vec<_> = past.iter().copied().map(epoch).collect();
        Cursors::new(&CursorKey::new([7; 16]), epoch(current), &past)
    }

    #[test]
    fn what_was_sealed_opens() {
        let cursors = cursors(1, &[]);
        for value in [0, 1, 2, 255, 1 << 40, i64::MAX] {
            let cursor = cursors.seal(at(value));
            assert_eq!(cursor.as_str().len(), 22);
            assert!(cursor.as_str().bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
            assert_eq!(cursors.open(cursor.as_str().as_bytes()), Ok(at(value)));
            assert_eq!(cursors.seal(at(value)), cursor, "deterministic");
        }
    }

    #[test]
    fn every_changed_character_is_noticed() {
        let cursors = cursors(1, &[]);
        let good = cursors.seal(at(42)).to_string();
        for i in 0..good.len() {
            for other in ['A', '-', 'z', '9', '='] {
                let mut bad: Vec<char> = good.chars().collect();
                if bad[i] != other {
                    bad[i] = other;
                    let bad: String = bad.into_iter().collect();
                    assert_eq!(cursors.open(bad.as_bytes()), Err(CursorError::Malformed), "{bad}");
                }
            }
        }
    }

    #[test]
    fn any_bytes_are_survived() {
        let cursors = cursors(1, &[]);
        let long = "A".repeat(8192);
        for bad in ["", "-1", "18446744073709551616", "🦀", "\0\r\n", "null", long.as_str()] {
            assert_eq!(cursors.open(bad.as_bytes()), Err(CursorError::Malformed));
        }
        assert_eq!(cursors.open(&[0xFF, 0xFE]), Err(CursorError::Malformed));
    }

    #[test]
    fn an_earlier_epoch_is_told_from_nonsense() {
        let old = cursors(1, &[]).seal(at(5));
        assert_eq!(cursors(2, &[1]).open(old.as_str().as_bytes()), Err(CursorError::Epoch));
        assert_eq!(cursors(2, &[]).open(old.as_str().as_bytes()), Err(CursorError::Malformed));
    }

    #[test]
    fn a_list_cursor_is_one_users_and_no_stream_cursor() {
        let cursors = cursors(1, &[]);
        let (alice, bob) = (UserId::parse("alice").unwrap(), UserId::parse("bob").unwrap());
        let next = cursors.seal_list(&alice, at(9));
        assert_eq!(cursors.open_list(&alice, next.as_str()), Ok(at(9)));
        assert!(cursors.open_list(&bob, next.as_str()).is_err());
        assert!(cursors.open(next.as_str().as_bytes()).is_err());
        assert!(cursors.open_list(&alice, cursors.seal(at(9)).as_str()).is_err());
    }
}
