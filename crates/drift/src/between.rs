//! Two bundles verified side by side, each on its own thread, and compared while they are read.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use verify::Observer;

use crate::compare::compare;
use crate::feed::Feed;
use crate::found::{Alike, Sink};
use crate::item::Item;

/// Batches of records that wait.
const WAITING: usize = 4;

/// Verifies two bundles and compares them. What went to `sink` is proven when both readings accepted their bundles, and worth nothing before: whoever
/// calls this looks at what they gave first.
pub fn between<A: Send, B: Send>(
    before: impl FnOnce(&mut (dyn Observer + Send)) -> A + Send,
    after: impl FnOnce(&mut (dyn Observer + Send)) -> B + Send,
    sink: &mut dyn Sink,
) -> (A, B, Alike) {
    let (one, one_batches) = sync_channel(WAITING);
    let (other, other_batches) = sync_channel(WAITING);
    thread::scope(|scope| {
        let before = scope.spawn(move || observed(before, one));
        let after = scope.spawn(move || observed(after, other));
        let mut one = Batches { batches: one_batches, now: Vec::new().into_iter() };
        let mut other = Batches { batches: other_batches, now: Vec::new().into_iter() };
        let alike = compare(&mut one, &mut other, sink);
        // What nobody asked for is not waited for.
        drop((one, other));
        let before = before.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        let after = after.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        (before, after, alike)
    })
}

fn observed<T>(read: impl FnOnce(&mut (dyn Observer + Send)) -> T, out: SyncSender<Vec<Item>>) -> T {
    let mut feed = Feed::new(out);
    let read = read(&mut feed);
    feed.flush();
    read
}

/// The records of one bundle, as they come.
struct Batches {
    batches: Receiver<Vec<Item>>,
    now: std::vec::IntoIter<Item>,
}

impl Iterator for Batches {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        loop {
            if let Some(item) = self.now.next() {
                return Some(item);
            }
            self.now = self.batches.recv().ok()?.into_iter();
        }
    }
}
