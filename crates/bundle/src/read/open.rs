//! Opens whatever holds a bundle, recognised by its first bytes: a tar, a tar packed by zstd or gzip, or a folder.

use std::fs::{self, File};
use std::io::{self, Cursor, Read};
use std::path::Path;

use super::unpack::{self, GZIP, ZSTD};
use super::{FolderSource, Source, TarSource};
use crate::{layout, ustar};

/// Why there is no bundle to read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    #[error("cannot open `{path}`")]
    Io {
        path: String,
        #[source]
        source: io::Error,
    },
    #[error("cannot read `{path}`")]
    Read {
        path: String,
        #[source]
        source: io::Error,
    },
    #[error("`{path}` is not a bundle: it is {found}")]
    NotABundle { path: String, found: &'static str },
    #[error("`{path}` is not a bundle but a store of bundles: name one of them, as `{path}/{bundle}`")]
    Store { path: String, bundle: String },
}

/// Opens a file or an unpacked folder. At most `max` bytes come out of a packed one.
pub fn open(path: &Path, max: u64) -> Result<Box<dyn Source>, OpenError> {
    let name = path.display().to_string();
    let failed = |source| OpenError::Io { path: name.clone(), source };
    if fs::metadata(path).map_err(failed)?.is_dir() {
        return open_folder(path, name);
    }
    let file = File::open(path).map_err(failed)?;
    open_stream(file, &name, max)
}

fn open_folder(path: &Path, name: String) -> Result<Box<dyn Source>, OpenError> {
    if path.join(layout::STATEMENT).exists() {
        return Ok(Box::new(FolderSource::new(path)));
    }
    if path.join(layout::CHECKPOINT).exists() {
        return Err(OpenError::Store { path: name.trim_end_matches('/').to_owned(), bundle: layout::bundle(0) });
    }
    Err(OpenError::NotABundle { path: name, found: "a folder without `statement.sigstore.json`" })
}

/// Opens a stream that is read once; `name` is what messages call it.
pub fn open_stream<'r>(input: impl Read + 'r, name: &str, max: u64) -> Result<Box<dyn Source + 'r>, OpenError> {
    let failed = |source| OpenError::Read { path: name.to_owned(), source };
    let not = |found| Err(OpenError::NotABundle { path: name.to_owned(), found });
    let (first, input) = peek(input).map_err(failed)?;
    let (tar, inside) = if first.starts_with(&ZSTD) || unpack::is_skippable(&first) {
        (peek_packed(unpack::zstd(input, max)), "packed by zstd, and no tar inside")
    } else if first.starts_with(&GZIP) {
        (peek_packed(unpack::gzip(input, max)), "packed by gzip, and no tar inside")
    } else if is_tar(&first) {
        return Ok(Box::new(TarSource::new(input, name)));
    } else if first.is_empty() {
        return not("empty");
    } else {
        return not("neither a tar nor a tar packed by zstd or gzip");
    };
    match tar {
        (Some(first), _) if !is_tar(&first) => not(inside),
        (_, tar) => Ok(Box::new(TarSource::new(tar, name))),
    }
}

/// Takes the first block off a stream and puts it before it again.
fn peek<'r>(mut input: impl Read + 'r) -> io::Result<(Vec<u8>, impl Read + 'r)> {
    let mut first = Vec::with_capacity(ustar::BLOCK);
    (&mut input).take(ustar::BLOCK as u64).read_to_end(&mut first)?;
    Ok((first.clone(), Cursor::new(first).chain(input)))
}

/// The same for a packed one. What is wrong with the packing is said where the bundle is read: `None`.
fn peek_packed<'r>(mut input: impl Read + 'r) -> (Option<Vec<u8>>, Box<dyn Read + 'r>) {
    let mut first = Vec::with_capacity(ustar::BLOCK);
    match (&mut input).take(ustar::BLOCK as u64).read_to_end(&mut first) {
        Ok(_) => (Some(first.clone()), Box::new(Cursor::new(first).chain(input))),
        Err(error) => (None, Box::new(Failed(Some(error)))),
    }
}

/// Says once what went wrong.
struct Failed(Option<io::Error>);

impl Read for Failed {
    fn read(&mut self, _buffer: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

fn is_tar(first: &[u8]) -> bool {
    first.get(257..262) == Some(b"ustar")
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "files of a test")]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};

    use super::*;
    use crate::export::TarWriter;
    use crate::layout::Entry;
    use crate::read::source::read_all;
    use crate::read::unpack::{UNPACKED_MAX, UnpackError, WINDOW_MAX};
    use crate::read::{Item, ReadError};

    fn tar() -> Vec<u8> {
        let mut tar = TarWriter::new(Vec::new());
        for (entry, content) in [(Entry::Statement, &b"statement"[..]), (Entry::Records, &[b'r'; 300_000])] {
            tar.append(entry, content.len() as u64, content).unwrap();
        }
        tar.finish().unwrap()
    }

    fn zstd(bytes: &[u8]) -> Vec<u8> {
        compress_to_vec(bytes, CompressionLevel::Fastest)
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut out = GzEncoder::new(Vec::new(), Compression::default());
        out.write_all(bytes).unwrap();
        out.finish().unwrap()
    }

    /// In two pieces, as a store has it.
    fn pieces(pack: fn(&[u8]) -> Vec<u8>, bytes: &[u8]) -> Vec<u8> {
        let (front, rest) = bytes.split_at(1024);
        [pack(front), pack(rest)].concat()
    }

    fn entries(bytes: &[u8], max: u64) -> Result<Vec<(String, usize)>, ReadError> {
        let mut source = open_stream(bytes, "input", max).unwrap();
        let mut found = Vec::new();
        while let Some(item) = source.next_item()? {
            let Item { entry, .. } = &item;
            found.push((entry.path(), read_all(source.as_mut(), &item)?.len()));
        }
        Ok(found)
    }

    fn not_a_bundle(bytes: &[u8]) -> &'static str {
        match open_stream(bytes, "input", UNPACKED_MAX) {
            Err(OpenError::NotABundle { found, .. }) => found,
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("opened"),
        }
    }

    fn refused(bytes: &[u8]) -> UnpackError {
        match entries(bytes, UNPACKED_MAX) {
            Err(ReadError::Packed { problem, .. }) => problem,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_form_gives_the_same() {
        let plain = tar();
        let expected = entries(&plain, 0).unwrap();
        assert_eq!(expected, [("statement.sigstore.json".to_owned(), 9), ("records.jsonl".to_owned(), 300_000)]);
        for packed in [zstd(&plain), pieces(zstd, &plain), gzip(&plain), pieces(gzip, &plain)] {
            assert_eq!(entries(&packed, UNPACKED_MAX).unwrap(), expected);
            // One byte at a time, as a slow pipe gives it.
            let mut source = open_stream(OneByOne(&packed), "pipe", UNPACKED_MAX).unwrap();
            assert!(source.next_item().unwrap().is_some());
        }
    }

    struct OneByOne<'b>(&'b [u8]);

    impl Read for OneByOne<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let one = buffer.len().min(1);
            self.0.read(&mut buffer[..one])
        }
    }

    #[test]
    fn what_is_no_bundle_is_named() {
        assert_eq!(not_a_bundle(b""), "empty");
        let neither = "neither a tar nor a tar packed by zstd or gzip";
        for bytes in [&b"x"[..], &[0; 10_240], b"PK\x03\x04", &tar()[512..], &ZSTD[..3]] {
            assert_eq!(not_a_bundle(bytes), neither);
        }
        assert_eq!(not_a_bundle(&zstd(b"a letter")), "packed by zstd, and no tar inside");
        assert_eq!(not_a_bundle(&gzip(b"a letter")), "packed by gzip, and no tar inside");
        assert_eq!(not_a_bundle(&gzip(&zstd(&tar()))), "packed by gzip, and no tar inside");

        let folder = tempfile::tempdir().unwrap();
        let said = |folder: &Path| open(folder, 0).map(|_| ()).unwrap_err().to_string();
        assert!(said(folder.path()).ends_with("is not a bundle: it is a folder without `statement.sigstore.json`"));
        fs::create_dir(folder.path().join("ledger")).unwrap();
        fs::write(folder.path().join("ledger/checkpoint"), "").unwrap();
        assert!(said(folder.path()).contains("is not a bundle but a store of bundles"));
        assert!(said(&folder.path().join("other")).starts_with("cannot open `"));
    }

    /// Every byte that is altered, and every place where it is cut, is noticed before the end.
    #[test]
    fn nothing_altered_or_cut_goes_through() {
        let plain = tar();
        for packed in [pieces(zstd, &plain), pieces(gzip, &plain)] {
            let whole = entries(&packed, UNPACKED_MAX).unwrap();
            for at in 0..packed.len() {
                let mut altered = packed.clone();
                altered[at] ^= 0x10;
                // What may be altered changes nothing of the contents: the time in a gzip header, a larger window.
                if open_stream(altered.as_slice(), "input", UNPACKED_MAX).is_ok()
                    && let Ok(found) = entries(&altered, UNPACKED_MAX)
                {
                    assert_eq!(found, whole, "byte {at}");
                }
                let Ok(_) = open_stream(&packed[..at], "input", UNPACKED_MAX) else { continue };
                let cut = entries(&packed[..at], UNPACKED_MAX);
                assert!(matches!(cut, Err(ReadError::Ends)), "cut at {at}: {cut:?}");
            }
        }
    }

    #[test]
    fn nothing_may_stand_around_the_frames() {
        let plain = tar();
        let skippable = [&[0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"abc"].concat();
        assert_eq!(refused(&[zstd(&plain), skippable.clone()].concat()), UnpackError::Skippable);
        assert_eq!(refused(&[skippable, zstd(&plain)].concat()), UnpackError::Skippable);
        for rest in [&b"x"[..], b"\0\0\0\0", &gzip(b"x")] {
            let packed = [&zstd(&plain), rest].concat();
            assert_eq!(refused(&packed), UnpackError::Trailing { form: "frame of zstd" });
        }
        for rest in [&b"x"[..], b"\0\0\0\0", &zstd(b"x")] {
            let packed = [&gzip(&plain), rest].concat();
            assert_eq!(refused(&packed), UnpackError::Trailing { form: "member of gzip" });
        }
        // A frame more is a piece of the tar, and after its end nothing may come.
        let more = entries(&[zstd(&plain), zstd(b"x")].concat(), UNPACKED_MAX);
        assert!(matches!(more, Err(ReadError::End)), "{more:?}");
        assert_eq!(entries(&[zstd(&plain), zstd(b"")].concat(), UNPACKED_MAX).unwrap().len(), 2);
    }

    #[test]
    fn what_comes_out_is_bounded() {
        let plain = tar();
        let exactly = plain.len() as u64;
        for packed in [zstd(&plain), gzip(&plain)] {
            assert_eq!(entries(&packed, exactly).unwrap().len(), 2);
            for max in [0, 512, exactly - 1] {
                let found = entries(&packed, max);
                assert!(
                    matches!(&found, Err(ReadError::Packed { problem: UnpackError::TooMuch { max: said }, .. }) if *said == max),
                    "{found:?}"
                );
            }
        }
    }

    /// The header alone says how large a window it wants: nothing is allocated for one that is too large.
    #[test]
    fn a_large_window_is_refused_by_its_size() {
        // RFC 8878 §3.1.1.1.2: exponent in the upper five bits, from 2^10 on; mantissa in eighths.
        let with_window =
            |exponent: u8, mantissa: u8| [&ZSTD[..], &[0, (exponent - 10) << 3 | mantissa, 1, 0, 0]].concat();
        assert!(matches!(refused(&with_window(23, 1)), UnpackError::Window { window } if window == WINDOW_MAX / 8 * 9));
        assert!(matches!(refused(&with_window(41, 7)), UnpackError::Window { .. }));
        // One of 8 MiB is taken; this one holds nothing.
        assert_eq!(not_a_bundle(&with_window(23, 0)), "packed by zstd, and no tar inside");
        // A single segment of 16 MiB: the window is the size of the contents.
        let single = [&ZSTD[..], &[0b1010_0000, 0, 0, 0, 1, 1, 0, 0]].concat();
        assert!(matches!(refused(&single), UnpackError::Window { window } if window == 1 << 24));
        let with_dictionary = [&ZSTD[..], &[1, 0, 7, 1, 0, 0]].concat();
        assert_eq!(refused(&with_dictionary), UnpackError::Dictionary);
    }
}
