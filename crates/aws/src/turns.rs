//! One limit on requests under way for each source of a run: AWS counts an account's requests together, whichever of our
//! targets and collectors make them.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};

use sdk::Environment;
use tokio::sync::Semaphore;

/// Which requests are counted together: run, source (as it is reached), account, and how many at once.
type Key = (String, String, String, usize);

/// Collectors of one run know nothing of each other; the process does. What no session holds any more is forgotten.
static TURNS: LazyLock<Mutex<HashMap<Key, Weak<Semaphore>>>> = LazyLock::new(Mutex::default);

/// The turns of an account in this run.
pub fn of(account: &str, environment: &Environment) -> Arc<Semaphore> {
    let limit = environment.concurrency.max(1);
    let source = environment.overrides.endpoint_url.clone().unwrap_or_default();
    let key = (environment.run_id.clone(), source, account.to_owned(), limit);
    let mut turns = TURNS.lock().unwrap_or_else(PoisonError::into_inner);
    turns.retain(|_, known| known.strong_count() > 0);
    if let Some(known) = turns.get(&key).and_then(Weak::upgrade) {
        return known;
    }
    let new = Arc::new(Semaphore::new(limit));
    turns.insert(key, Arc::downgrade(&new));
    new
}
