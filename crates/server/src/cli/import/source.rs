//! The lines of a file, read twice: once for what names it, once to be sent.

use std::{
    fs::File,
    io::{self, BufRead as _, BufReader, Read, Seek as _, Take},
    path::Path,
};

use sha2::{Digest as _, Sha256};

use super::line::{LONGEST, Line};
use crate::{failure::Failure, printable::hex};

/// Bytes of the digest that name a file: no two different ones will ever meet.
const NAME_BYTES: usize = 16;
const CHUNK: usize = 64 * 1024;

/// A file that is read line by line.
pub(super) struct Source {
    reader: BufReader<Take<File>>,
    name: String,
    length: u64,
    position: u64,
    number: u64,
}

impl Source {
    /// A file, or standard input for `-`. What can be read only once is kept in a temporary file meanwhile.
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        let opened = if path == Path::new("-") { keep(io::stdin().lock()) } else { open(path) };
        let source = opened.and_then(Self::of);
        source.map_err(|error| Failure::new(format!("{} cannot be read: {error}", path.display())))
    }

    fn of(mut file: File) -> io::Result<Self> {
        let mut digest = Sha256::new();
        let mut length = 0;
        let mut chunk = vec![0; CHUNK];
        loop {
            let read = file.read(&mut chunk)?;
            let Some(some @ [_, ..]) = chunk.get(..read) else { break };
            digest.update(some);
            length += some.len() as u64;
        }
        file.rewind()?;
        let digest = digest.finalize();
        let name = hex(digest.get(..NAME_BYTES).unwrap_or(&digest));
        // What is added meanwhile has no part in its name.
        Ok(Self { reader: BufReader::new(file.take(length)), name, length, position: 0, number: 0 })
    }

    /// A name for its content.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// How many bytes it has.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// How many of them are read.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// The next line that is not empty.
    pub(super) fn next(&mut self) -> Result<Option<Line>, Failure> {
        self.read().map_err(|error| Failure::new(format!("the file cannot be read on: {error}")))
    }

    fn read(&mut self) -> io::Result<Option<Line>> {
        loop {
            let mut text = Vec::new();
            let read = (&mut self.reader).take(LONGEST as u64 + 1).read_until(b'\n', &mut text)?;
            if read == 0 {
                return Ok(None);
            }
            self.position += read as u64;
            self.number += 1;
            let number = self.number;
            if text.pop_if(|last| *last == b'\n').is_none() && text.len() > LONGEST {
                self.position += self.reader.skip_until(b'\n')? as u64;
                return Ok(Some(Line::TooLong { number }));
            }
            if !text.trim_ascii().is_empty() {
                return Ok(Some(Line::Text { number, text }));
            }
        }
    }
}

fn open(path: &Path) -> io::Result<File> {
    let file = File::open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { keep(file) }
}

fn keep(mut from: impl Read) -> io::Result<File> {
    let mut file = tempfile::tempfile()?;
    io::copy(&mut from, &mut file)?;
    file.rewind()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(content: &[u8]) -> Source {
        Source::of(keep(content).unwrap()).unwrap()
    }

    #[test]
    fn lines_keep_their_numbers_and_empty_ones_are_passed_over() {
        let mut source = source(b"a\n\n \r\nb\r\nc");
        let mut lines = Vec::new();
        while let Some(line) = source.next().unwrap() {
            lines.push(line);
        }
        let expected = [(1, "a"), (4, "b\r"), (5, "c")];
        assert_eq!(lines, expected.map(|(number, text)| Line::Text { number, text: text.into() }));
        assert_eq!((source.position(), source.length()), (10, 10));
    }

    #[test]
    fn a_line_is_held_up_to_a_length() {
        for (length, taken) in [(LONGEST, true), (LONGEST + 1, false), (3 * LONGEST, false)] {
            let mut source = source(&[&vec![b'x'; length][..], b"\ny"].concat());
            let first = source.next().unwrap().unwrap();
            assert_eq!(first == Line::TooLong { number: 1 }, !taken, "{length}");
            assert_eq!(source.next().unwrap().unwrap(), Line::Text { number: 2, text: b"y".to_vec() });
            assert_eq!((source.next().unwrap(), source.position()), (None, length as u64 + 2));
        }
    }

    #[test]
    fn the_same_content_has_the_same_name() {
        assert_eq!(source(b"a\n").name(), source(b"a\n").name());
        assert_ne!(source(b"a\n").name(), source(b"a\n\n").name());
        assert_eq!(source(b"").name().len(), 2 * NAME_BYTES);
    }
}
