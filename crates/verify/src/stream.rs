//! `leaves.txt` and `records.jsonl`: hashed as they come, in bounded memory.
//!
//! One thread hashes records, a second one reads them and takes up what they say, in order; where the second lags
//! behind, the first reads for it. Where no second thread can be had (WebAssembly) one does both. What is reported does
//! not depend on which was faster.

use std::sync::mpsc::{Receiver, Sender, SyncSender, TrySendError, channel, sync_channel};
use std::thread;

use bundle::layout::{LEAVES, RECORDS};
use bundle::limits;
use bundle::read::{Line, LineError, LineReader, ReadError, Source};
use bundle::statement::Statement;
use ledger::{CompactRange, LeafHasher};
use model::Digest;
use sha2::{Digest as _, Sha256};

use crate::contents::Contents;
use crate::observer::Observer;
use crate::problem::Problem;

/// So many leaf hashes are kept one by one, to name the record that is wrong; of the rest a digest.
const LEAVES_NAMED: usize = 1 << 17;
/// Records are handed on in pieces of about this size; a longer line makes a longer piece.
const CHUNK: usize = 256 * 1024;
/// Pieces that wait between the two threads.
const WAITING: usize = 2;

/// The leaves that were signed.
#[derive(Debug)]
pub(crate) struct Leaves {
    named: Vec<Digest>,
    rest: Sha256,
}

/// Reads `leaves.txt` and proves it from the statement.
pub(crate) fn read_leaves(source: &mut dyn Source, statement: &Statement) -> Result<Leaves, Problem> {
    /// 64 digits and LF.
    const LINE: usize = 65;
    let mut leaves = Leaves { named: Vec::new(), rest: Sha256::new() };
    let mut file = Sha256::new();
    let mut tree = CompactRange::new();
    let mut buffer = [0; LINE * 512];
    let mut malformed = None;
    loop {
        let filled = fill(source, &mut buffer)?;
        let bytes = buffer.get(..filled).unwrap_or_default();
        if bytes.is_empty() {
            break;
        }
        file.update(bytes);
        for line in bytes.chunks(LINE) {
            let hash = line
                .strip_suffix(b"\n")
                .and_then(|hex| std::str::from_utf8(hex).ok())
                .and_then(|hex| hex.parse::<Digest>().ok());
            let Some(hash) = hash else {
                malformed.get_or_insert(tree.size() + 1);
                continue;
            };
            tree.append(hash);
            leaves.keep(&hash);
        }
    }
    let records = &statement.predicate.records;
    // The digest says more than a form: bytes that were not signed are altered, whatever they are.
    if Digest::from_bytes(file.finalize().into()) != statement.leaves_sha256 {
        return Err(Problem::Leaves);
    }
    if let Some(line) = malformed {
        return Err(Problem::LeafForm { line });
    }
    if tree.size() != records.count {
        return Err(Problem::Count { path: LEAVES, signed: records.count, found: tree.size() });
    }
    if tree.root() != records.root {
        return Err(Problem::Leaves);
    }
    Ok(leaves)
}

impl Leaves {
    fn keep(&mut self, leaf: &Digest) {
        if self.named.len() < LEAVES_NAMED {
            self.named.push(*leaf);
        } else {
            self.rest.update(leaf.as_bytes());
        }
    }
}

/// Reads until the buffer is full or the file ends.
fn fill(source: &mut dyn Source, buffer: &mut [u8]) -> Result<usize, ReadError> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..)
        && !rest.is_empty()
    {
        let count = source.read(rest)?;
        if count == 0 {
            break;
        }
        filled += count;
    }
    Ok(filled)
}

/// Whole lines of `records.jsonl`.
#[derive(Debug, Default)]
struct Chunk {
    /// The lines; what is after the last one means nothing.
    bytes: Vec<u8>,
    /// Where each line's LF stands.
    ends: Vec<usize>,
    /// Number of its first line, from 0.
    first: u64,
    /// The lines as they read, where the hashing thread had time for that.
    read: Option<Vec<Result<Line, LineError>>>,
}

/// Reads `records.jsonl` and proves each line from `leaves.txt`. Gives the SHA-256 of the file.
pub(crate) fn read_records(
    source: &mut dyn Source,
    statement: &Statement,
    leaves: Option<Leaves>,
    contents: &mut Contents,
    observer: &mut (dyn Observer + Send),
) -> Result<Digest, Problem> {
    let mut reading = Reading { lines: LineReader::new(), contents, observer, problem: None };
    let mut hashing = Hashing::new(leaves);
    let in_parallel = thread::scope(|scope| -> Result<bool, Problem> {
        let (hand_over, chunks) = sync_channel(WAITING);
        let (give_back, spare) = channel();
        let work = &mut reading;
        let Ok(worker) =
            thread::Builder::new().name("records".into()).spawn_scoped(scope, move || work.run(&chunks, &give_back))
        else {
            return Ok(false);
        };
        let mut lines = LineReader::new();
        let result = hashing.run(source, &mut |chunk| exchange(&hand_over, &spare, &mut lines, chunk));
        drop(hand_over);
        if let Err(panic) = worker.join() {
            std::panic::resume_unwind(panic);
        }
        result.map(|()| true)
    })?;
    if !in_parallel {
        hashing.run(source, &mut |mut chunk| {
            reading.chunk(&mut chunk);
            chunk
        })?;
    }
    let (digest, altered) = hashing.finish(statement);
    match (altered, reading.problem) {
        // The earliest line counts; and that it is altered, rather than how it now reads.
        (Some((line, problem)), Some((read_line, _))) if line <= read_line => Err(problem),
        (_, Some((_, problem))) | (Some((_, problem)), None) => Err(problem),
        (None, None) => Ok(digest),
    }
}

/// Gives a piece to the other thread and takes one to fill again. Where the other thread lags behind, this
/// one reads the lines for it.
fn exchange(hand_over: &SyncSender<Chunk>, spare: &Receiver<Chunk>, lines: &mut LineReader, chunk: Chunk) -> Chunk {
    let sent = match hand_over.try_send(chunk) {
        Err(TrySendError::Full(mut chunk)) => {
            let read = chunk.lines().map(|text| lines.read(text)).collect();
            chunk.read = Some(read);
            hand_over.send(chunk).map_err(|refused| refused.0)
        }
        Err(TrySendError::Disconnected(chunk)) => Err(chunk),
        Ok(()) => Ok(()),
    };
    // When the other thread stopped at a problem it takes nothing more; hashing goes on, because
    // an altered line is reported before what the other thread found later.
    match sent {
        Ok(()) => spare.try_recv().unwrap_or_default(),
        Err(refused) => refused,
    }
}

/// Parses lines and takes their contents up.
struct Reading<'a> {
    lines: LineReader,
    contents: &'a mut Contents,
    observer: &'a mut (dyn Observer + Send),
    /// With the number of the line, from 0.
    problem: Option<(u64, Problem)>,
}

impl Reading<'_> {
    fn run(&mut self, chunks: &Receiver<Chunk>, give_back: &Sender<Chunk>) {
        while let Ok(mut chunk) = chunks.recv() {
            self.chunk(&mut chunk);
            if self.problem.is_some() {
                return;
            }
            // Not wanted any more at the end of the file.
            let _ = give_back.send(chunk);
        }
    }

    fn chunk(&mut self, chunk: &mut Chunk) {
        if self.problem.is_some() || !self.contents.reads() {
            return;
        }
        let mut read = chunk.read.take().map(Vec::into_iter);
        for (number, text) in (chunk.first..).zip(chunk.lines()) {
            let line = match &mut read {
                Some(read) => read.next(),
                None => None,
            };
            let line = line.unwrap_or_else(|| self.lines.read(text));
            if let Err(problem) = self.line(number, line, text) {
                self.problem = Some((number, problem));
                return;
            }
            if !self.contents.reads() {
                return;
            }
        }
    }

    fn line(&mut self, number: u64, line: Result<Line, LineError>, text: &[u8]) -> Result<(), Problem> {
        let line = match line {
            Err(LineError::Assessment { .. }) => {
                self.contents.later_rules();
                return Ok(());
            }
            line => line.map_err(|error| Problem::Line { line: number + 1, error })?,
        };
        let at = self.contents.next_reference();
        self.contents.line(&line, text)?;
        if let Some(at) = at {
            self.observer.record(at, &line, text);
        }
        Ok(())
    }
}

impl Chunk {
    /// Its lines without LF.
    fn lines(&self) -> impl Iterator<Item = &[u8]> {
        let mut from = 0;
        self.ends.iter().map(move |end| {
            let line = self.bytes.get(from..*end).unwrap_or_default();
            from = end + 1;
            line
        })
    }
}

/// Cuts the file into lines and hashes them.
struct Hashing {
    /// `None` where `leaves.txt` is not there: then the root of the lines must be the signed one.
    leaves: Option<Leaves>,
    tree: CompactRange,
    file: Sha256,
    /// Lines hashed so far.
    lines: u64,
    /// Digest over the leaf hashes after the named ones.
    rest: Sha256,
    problem: Option<(u64, Problem)>,
}

impl Hashing {
    fn new(leaves: Option<Leaves>) -> Self {
        Self { leaves, tree: CompactRange::new(), file: Sha256::new(), lines: 0, rest: Sha256::new(), problem: None }
    }

    fn run(&mut self, source: &mut dyn Source, hand_on: &mut dyn FnMut(Chunk) -> Chunk) -> Result<(), Problem> {
        let mut chunk = Chunk::default();
        // The beginning of a line whose end is not read yet.
        let mut begun: Vec<u8> = Vec::new();
        loop {
            chunk.ends.clear();
            chunk.first = self.lines;
            let from = begun.len();
            let filled = {
                // Never shrunk, so that most pieces are not cleared before they are filled.
                if chunk.bytes.len() < from + CHUNK {
                    chunk.bytes.resize(from + CHUNK, 0);
                }
                let (before, fresh) = chunk.bytes.split_at_mut(from);
                before.copy_from_slice(&begun);
                fill(source, fresh.get_mut(..CHUNK).unwrap_or_default())?
            };
            let end = from + filled;
            let fresh = chunk.bytes.get(from..end).unwrap_or_default();
            self.file.update(fresh);
            chunk.ends.extend(memchr::memchr_iter(b'\n', fresh).map(|at| from + at));
            let ended = filled < CHUNK;

            self.hash_lines(&mut chunk);
            let cut = chunk.ends.last().map_or(0, |end| end + 1);
            begun.clear();
            begun.extend_from_slice(chunk.bytes.get(cut..end).unwrap_or_default());
            if self.problem.is_none() && begun.len() > limits::LINE_MAX {
                self.problem = Some((self.lines, Problem::LineTooLong { line: self.lines + 1, max: limits::LINE_MAX }));
            }
            if self.problem.is_none() && ended && !begun.is_empty() {
                self.problem = Some((self.lines, Problem::LineUnfinished));
            }
            if !chunk.ends.is_empty() {
                chunk = hand_on(chunk);
            }
            // A piece that one long line made large is not kept.
            if chunk.bytes.len() > 4 * CHUNK {
                chunk.bytes = Vec::new();
            }
            if ended || self.problem.is_some() {
                return Ok(());
            }
        }
    }

    /// Hashes the lines of a piece; what follows a line that is not the sealed one is cut off.
    fn hash_lines(&mut self, chunk: &mut Chunk) {
        let mut altered = None;
        for (index, line) in chunk.lines().enumerate() {
            let leaf = leaf(line);
            let Some(leaves) = &self.leaves else {
                self.tree.append(leaf);
                self.lines += 1;
                continue;
            };
            let named = usize::try_from(self.lines).ok().and_then(|number| leaves.named.get(number));
            match named {
                Some(expected) if *expected != leaf => {
                    altered = Some(index);
                    break;
                }
                Some(_) => {}
                None => self.rest.update(leaf.as_bytes()),
            }
            self.lines += 1;
        }
        if let Some(index) = altered {
            chunk.ends.truncate(index);
            self.problem = Some((self.lines, Problem::Leaf { line: self.lines + 1 }));
        }
    }

    /// The file's digest, and what is wrong with it.
    fn finish(self, statement: &Statement) -> (Digest, Option<(u64, Problem)>) {
        let digest = Digest::from_bytes(self.file.finalize().into());
        if self.problem.is_some() {
            return (digest, self.problem);
        }
        let signed = statement.predicate.records.count;
        let same = match self.leaves {
            Some(leaves) => self.rest.finalize() == leaves.rest.finalize(),
            // Which line is another one cannot be told; that one is, counts before what any of them says.
            None if self.lines == signed && self.tree.root() != statement.predicate.records.root => {
                return (digest, Some((0, Problem::Records)));
            }
            None => true,
        };
        let problem = if self.lines != signed {
            Some(Problem::Count { path: RECORDS, signed, found: self.lines })
        } else if !same {
            Some(Problem::Records)
        } else {
            None
        };
        // A line too many stands where the signed ones end.
        (digest, problem.map(|problem| (self.lines.min(signed), problem)))
    }
}

/// The leaf hash of a line: computed, or the one that stands for a withheld record.
fn leaf(line: &[u8]) -> Digest {
    if let Some(hash) = line.strip_prefix(b"~") {
        // What is not a hash is refused when the line is read; here it only has to differ.
        return std::str::from_utf8(hash)
            .ok()
            .and_then(|hash| hash.parse().ok())
            .unwrap_or(Digest::from_bytes([0; 32]));
    }
    let mut hasher = LeafHasher::new();
    hasher.update(line);
    hasher.finish()
}
