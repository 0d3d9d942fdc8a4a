//! The one spelling of a USTAR header in an exported bundle: a plain file, mode 0644, owner 0, time 0.
//!
//! POSIX.1-2017, pax, "ustar Interchange Format". Reader and writer share it, so a header is either
//! exactly this or refused.

/// Bytes of a block.
pub const BLOCK: usize = 512;

/// Largest size that eleven octal digits can say.
const SIZE_MAX: u64 = (1 << 33) - 1;
const NAME: usize = 100;
const TYPE_FLAG: usize = 156;

/// Why a block is not a header of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeaderError {
    /// A header of a link, folder, device or extension.
    NotAFile {
        path: String,
    },
    Malformed,
}

/// The header of a plain file. `None` when path or size do not fit.
#[must_use]
pub fn header(path: &str, size: u64) -> Option<[u8; BLOCK]> {
    if path.is_empty() || path.len() > NAME || !path.is_ascii() || size > SIZE_MAX {
        return None;
    }
    let mut block = Vec::with_capacity(BLOCK);
    block.extend_from_slice(path.as_bytes());
    block.resize(NAME, 0);
    block.extend_from_slice(b"0000644\x000000000\x000000000\x00");
    block.extend_from_slice(format!("{size:011o}\0").as_bytes());
    block.extend_from_slice(b"00000000000\x00        0");
    block.resize(257, 0);
    block.extend_from_slice(b"ustar\x0000");
    block.resize(329, 0);
    block.extend_from_slice(b"0000000\x000000000\x00");
    block.resize(BLOCK, 0);
    // The sum over the header with its own field as spaces.
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    let sum = format!("{sum:06o}\0 ");
    block.get_mut(148..156)?.copy_from_slice(sum.as_bytes().get(..8)?);
    block.try_into().ok()
}

/// Path and size of a header that is exactly [`header`]'s.
pub fn parse(block: &[u8; BLOCK]) -> Result<(String, u64), HeaderError> {
    let field = |from: usize, to: usize| -> Option<&str> {
        let bytes = block.get(from..to)?;
        let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(to - from);
        std::str::from_utf8(bytes.get(..end)?).ok()
    };
    let path = field(0, NAME).ok_or(HeaderError::Malformed)?;
    if block.get(TYPE_FLAG) != Some(&b'0') && block.get(257..262) == Some(b"ustar") {
        return Err(HeaderError::NotAFile { path: path.chars().filter(|c| !c.is_control()).collect() });
    }
    let size = field(124, 136).and_then(|digits| u64::from_str_radix(digits, 8).ok()).ok_or(HeaderError::Malformed)?;
    match header(path, size) {
        Some(expected) if expected == *block => Ok((path.to_owned(), size)),
        _ => Err(HeaderError::Malformed),
    }
}

/// Zeros after a file of this size, up to the next block.
#[must_use]
pub const fn padding(size: u64) -> usize {
    // The remainder is below 512.
    #[expect(clippy::cast_possible_truncation, reason = "a remainder of 512")]
    let used = (size % BLOCK as u64) as usize;
    if used == 0 { 0 } else { BLOCK - used }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_read_back_and_has_one_spelling() {
        let block = header("raw/000/000000000", 1234).unwrap();
        assert_eq!(parse(&block), Ok(("raw/000/000000000".into(), 1234)));
        for at in 0..BLOCK {
            for bit in 0..8 {
                let mut altered = block;
                altered[at] ^= 1 << bit;
                assert!(parse(&altered).is_err(), "byte {at}");
            }
        }
        let mut link = block;
        link[TYPE_FLAG] = b'2';
        assert!(matches!(parse(&link), Err(HeaderError::NotAFile { .. })));
        assert_eq!(header(&"a".repeat(101), 0), None);
        assert_eq!(header("a", SIZE_MAX + 1), None);
    }

    #[test]
    fn pads_to_the_block() {
        assert_eq!([0, 1, 511, 512, 513].map(padding), [0, 511, 1, 0, 511]);
    }
}
