//! Takes a tar out of what it is packed in: zstd (RFC 8878) or gzip (RFC 1952).
//!
//! The input may be hostile. Memory is bounded by the window (8 MiB, as RFC 8878 §3.1.1.1.2 recommends to every
//! decoder), and how much may come out is bounded by whoever reads. Several frames or members after each other are one
//! stream. Nothing else may be before, between or after them: a skippable frame would be a place for bytes that
//! no one looks at.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::GzDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, FrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// Largest window of a zstd frame, in bytes: 8 MiB.
pub const WINDOW_MAX: u64 = 8 << 20;

/// How much may come out of a packed bundle unless someone says otherwise, in bytes: 16 GiB.
pub const UNPACKED_MAX: u64 = 16 << 30;

/// First bytes of a zstd frame.
pub(super) const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// First bytes of a member of a gzip file.
pub(super) const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Whether a skippable frame begins here (RFC 8878 §3.1.2).
pub(super) fn is_skippable(first: &[u8]) -> bool {
    first.first().is_some_and(|byte| byte >> 4 == 5) && first.get(1..4) == Some(&[0x2a, 0x4d, 0x18])
}

/// Bytes read from the packed input at once.
const BUFFER: usize = 64 * 1024;

/// Why the input cannot be unpacked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnpackError {
    #[error("it ends too early")]
    Ends,
    #[error("it is damaged: {0}")]
    Damaged(String),
    #[error("bytes follow that belong to no {form}")]
    Trailing { form: &'static str },
    #[error("it has a skippable frame, whose contents no reader would see")]
    Skippable,
    #[error("it was packed with a window of {window} bytes; at most {WINDOW_MAX} are unpacked")]
    Window { window: u64 },
    #[error("it was packed with a dictionary")]
    Dictionary,
    #[error("it unpacks to more than {max} bytes")]
    TooMuch { max: u64 },
}

impl UnpackError {
    /// Whether another reader, or this one with another bound, could still say what the input holds.
    #[must_use]
    pub const fn is_undecided(&self) -> bool {
        matches!(self, Self::Ends | Self::Window { .. } | Self::Dictionary | Self::TooMuch { .. })
    }
}

impl From<UnpackError> for io::Error {
    fn from(error: UnpackError) -> Self {
        Self::other(error)
    }
}

/// What a zstd file unpacks to.
pub fn zstd<'r>(input: impl Read + 'r, max: u64) -> impl Read + 'r {
    Bounded { inner: Frames::new(Watched::new(input)), left: max, max }
}

/// What a gzip file unpacks to.
pub fn gzip<'r>(input: impl Read + 'r, max: u64) -> impl Read + 'r {
    Bounded { inner: Members { now: Member::Between(Watched::new(input)) }, left: max, max }
}

/// Input that remembers how reading it went: decoders say only that it did not go well.
struct Watched<R> {
    input: BufReader<R>,
    ended: bool,
    failed: Option<io::Error>,
}

impl<R: Read> Watched<R> {
    fn new(input: R) -> Self {
        Self { input: BufReader::with_capacity(BUFFER, input), ended: false, failed: None }
    }

    /// The next four bytes, fewer at the end. They are taken: a buffer cannot be made to hold more.
    fn first_of_frame(&mut self) -> io::Result<Vec<u8>> {
        let mut first = Vec::with_capacity(ZSTD.len());
        (&mut *self).take(ZSTD.len() as u64).read_to_end(&mut first)?;
        Ok(first)
    }

    /// Why a decoder did not go on.
    fn why(&mut self, said: impl std::fmt::Display) -> io::Error {
        match self.failed.take() {
            Some(error) => error,
            None if self.ended => UnpackError::Ends.into(),
            None => UnpackError::Damaged(said.to_string()).into(),
        }
    }
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer);
        self.noted(&read, buffer.is_empty())?;
        read
    }
}

impl<R: Read> BufRead for Watched<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let read = self.input.fill_buf().map(<[u8]>::len);
        self.noted(&read, false)?;
        Ok(self.input.buffer())
    }

    fn consume(&mut self, amount: usize) {
        self.input.consume(amount);
    }
}

impl<R> Watched<R> {
    /// Keeps the error, and gives one that says nothing in its place.
    fn noted(&mut self, read: &io::Result<usize>, asked_for_nothing: bool) -> io::Result<()> {
        match read {
            Ok(0) if !asked_for_nothing => self.ended = true,
            Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                self.failed = Some(copy(error));
                return Err(copy(error));
            }
            Ok(_) | Err(_) => {}
        }
        Ok(())
    }
}

/// An error of the system once more.
fn copy(error: &io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(number) => io::Error::from_raw_os_error(number),
        None => io::Error::new(error.kind(), error.to_string()),
    }
}

/// Frames of a zstd file, one after the other.
struct Frames<R> {
    input: Watched<R>,
    decoder: FrameDecoder,
    inside: bool,
}

impl<R: Read> Frames<R> {
    fn new(input: Watched<R>) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(WINDOW_MAX);
        Self { input, decoder, inside: false }
    }

    /// Begins the next frame; `false` where there is none.
    fn next_frame(&mut self) -> io::Result<bool> {
        let first = self.input.first_of_frame()?;
        if first.is_empty() {
            return Ok(false);
        }
        if is_skippable(&first) {
            return Err(UnpackError::Skippable.into());
        }
        if first.len() < ZSTD.len() && ZSTD.starts_with(&first) {
            return Err(UnpackError::Ends.into());
        }
        if first != ZSTD {
            return Err(UnpackError::Trailing { form: "frame of zstd" }.into());
        }
        let began = self.decoder.reset(first.as_slice().chain(&mut self.input));
        began.map_err(|error| match error {
            FrameDecoderError::WindowSizeTooBig { requested: window, .. }
            | FrameDecoderError::FrameHeaderError(FrameHeaderError::WindowTooBig { got: window }) => {
                UnpackError::Window { window }.into()
            }
            FrameDecoderError::DictNotProvided { .. } => UnpackError::Dictionary.into(),
            other => self.input.why(other),
        })?;
        self.inside = true;
        Ok(true)
    }

    fn end_frame(&mut self) -> io::Result<()> {
        self.inside = false;
        let sealed = self.decoder.get_checksum_from_data();
        if sealed.is_some() && sealed != self.decoder.get_calculated_checksum() {
            return Err(UnpackError::Damaged("a checksum is not that of the contents".to_owned()).into());
        }
        Ok(())
    }
}

impl<R: Read> Read for Frames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            if !self.inside && !self.next_frame()? {
                return Ok(0);
            }
            while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                let decoded = self.decoder.decode_blocks(&mut self.input, BlockDecodingStrategy::UptoBlocks(1));
                if let Err(error) = decoded {
                    return Err(self.input.why(error));
                }
            }
            let count = self.decoder.read(buffer)?;
            if count > 0 {
                return Ok(count);
            }
            self.end_frame()?;
        }
    }
}

/// Members of a gzip file, one after the other (RFC 1952 §2.2).
struct Members<R> {
    now: Member<R>,
}

enum Member<R> {
    Between(Watched<R>),
    Inside(GzDecoder<Watched<R>>),
    Ended,
}

impl<R: Read> Read for Members<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            self.now = match std::mem::replace(&mut self.now, Member::Ended) {
                Member::Ended => return Ok(0),
                Member::Between(mut input) => {
                    let next = input.fill_buf()?;
                    if next.is_empty() {
                        return Ok(0);
                    }
                    if next.first() != GZIP.first() {
                        return Err(UnpackError::Trailing { form: "member of gzip" }.into());
                    }
                    Member::Inside(GzDecoder::new(input))
                }
                Member::Inside(mut decoder) => match decoder.read(buffer) {
                    Ok(0) => Member::Between(decoder.into_inner()),
                    Ok(count) => {
                        self.now = Member::Inside(decoder);
                        return Ok(count);
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => Member::Inside(decoder),
                    Err(error) => return Err(decoder.get_mut().why(error)),
                },
            };
        }
    }
}

/// Lets no more through than it may.
struct Bounded<R> {
    inner: R,
    left: u64,
    max: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // One byte more, so that what ends exactly at the bound is not an error.
        let room = usize::try_from(self.left.saturating_add(1)).unwrap_or(usize::MAX).min(buffer.len());
        let count = self.inner.read(buffer.get_mut(..room).unwrap_or_default())?;
        self.left = self.left.checked_sub(count as u64).ok_or(UnpackError::TooMuch { max: self.max })?;
        Ok(count)
    }
}
