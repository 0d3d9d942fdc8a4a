//! A store that several machines write, in memory: an object store as it is for a test. What one of them asks can fail, be
//! done and its answer lost, or be the last that it asks.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::StoreError;
use crate::faults::{Failpoint, Fault};
use crate::keep::{CHECKPOINT, Content, Store};

type Objects = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

/// One machine's way to it.
#[derive(Clone, Debug)]
pub struct SharedStore {
    objects: Objects,
    failpoint: Arc<dyn Failpoint>,
    dead: Arc<Mutex<bool>>,
}

impl SharedStore {
    /// An empty store.
    pub fn new(failpoint: Arc<dyn Failpoint>) -> Self {
        Self { objects: Objects::default(), failpoint, dead: Arc::default() }
    }

    /// The same store, as another machine reaches it.
    #[must_use]
    pub fn for_another(&self, failpoint: Arc<dyn Failpoint>) -> Self {
        Self { objects: Arc::clone(&self.objects), failpoint, dead: Arc::default() }
    }

    /// A store that holds the same.
    #[must_use]
    pub fn copied(&self, failpoint: Arc<dyn Failpoint>) -> Self {
        Self { objects: Arc::new(Mutex::new(self.all())), failpoint, dead: Arc::default() }
    }

    /// Everything in it, by name.
    pub fn all(&self) -> BTreeMap<String, Vec<u8>> {
        self.objects.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn pass<T>(
        &self,
        action: &'static str,
        path: &str,
        act: impl FnOnce(&mut BTreeMap<String, Vec<u8>>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let failed = || StoreError::NoAnswer { action, place: path.to_owned(), said: "made to fail".to_owned() };
        let mut dead = self.dead.lock().unwrap_or_else(PoisonError::into_inner);
        if *dead {
            return Err(failed());
        }
        let fault = self.failpoint.meet(action, Path::new(path));
        *dead = matches!(fault, Some(Fault::KillBefore | Fault::KillDuring | Fault::KillAfter));
        // Nothing is half there in an object store, and none is full.
        if matches!(fault, Some(Fault::Fail | Fault::KillBefore | Fault::KillDuring | Fault::Full)) {
            return Err(failed());
        }
        let done = act(&mut self.objects.lock().unwrap_or_else(PoisonError::into_inner));
        if fault.is_some() { Err(failed()) } else { done }
    }

    fn create_one(&self, path: &str, bytes: Vec<u8>) -> Result<(), StoreError> {
        self.pass("create", path, |objects| match objects.get(path) {
            Some(there) if *there != bytes => Err(StoreError::Differs { place: path.to_owned() }),
            _ => {
                objects.insert(path.to_owned(), bytes);
                Ok(())
            }
        })
    }
}

impl Store for SharedStore {
    fn location(&self) -> String {
        "shared".to_owned()
    }

    fn is_shared(&self) -> bool {
        true
    }

    fn read(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let found = self.pass("read", path, |objects| Ok(objects.get(path).cloned()))?;
        match found {
            Some(bytes) if bytes.len() as u64 > limit => Err(StoreError::TooLarge { place: path.to_owned(), limit }),
            other => Ok(other),
        }
    }

    fn open(&self, path: &str) -> Result<Option<Box<dyn Read + Send>>, StoreError> {
        let found = self.pass("open", path, |objects| Ok(objects.get(path).cloned()))?;
        Ok(found.map(|bytes| Box::new(Cursor::new(bytes)) as Box<dyn Read + Send>))
    }

    fn holds(&self, path: &str) -> Result<bool, StoreError> {
        self.pass("look at", path, |objects| Ok(objects.contains_key(path)))
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        let next = |name: &String| Some(name.strip_prefix(prefix)?.strip_prefix('/')?.split('/').next()?.to_owned());
        let found: BTreeSet<String> =
            self.pass("list", prefix, |objects| Ok(objects.keys().filter_map(next).collect()))?;
        Ok(found.into_iter().collect())
    }

    fn create(&self, files: &[(&str, &[u8])]) -> Result<(), StoreError> {
        files.iter().try_for_each(|(path, bytes)| self.create_one(path, bytes.to_vec()))
    }

    fn create_from(&self, path: &str, content: &dyn Content) -> Result<(), StoreError> {
        let mut bytes = Vec::new();
        let read = content.open().and_then(|mut source| source.read_to_end(&mut bytes));
        read.map_err(|error| StoreError::io("read", Path::new(path), error))?;
        self.create_one(path, bytes)
    }

    fn replace_head(&self, expected: &[u8], new: &[u8]) -> Result<(), StoreError> {
        self.pass("replace", CHECKPOINT, |objects| match objects.get(CHECKPOINT) {
            Some(there) if there == new => Ok(()),
            Some(there) if there == expected => {
                objects.insert(CHECKPOINT.to_owned(), new.to_vec());
                Ok(())
            }
            _ => Err(StoreError::HeadMoved { place: CHECKPOINT.to_owned() }),
        })
    }

    fn remove_pending(&self, path: &str) -> Result<(), StoreError> {
        if !path.starts_with("pending/") {
            return Err(StoreError::BadPath { path: path.to_owned() });
        }
        self.pass("remove", path, |objects| {
            objects.remove(path);
            Ok(())
        })
    }
}
