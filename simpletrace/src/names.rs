//! The events of a trace: each has a number here, from 0 in the order in which they are named.

use crate::error::Damage;
use crate::format::EVENTS_MAX;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

const ROOM: usize = 256;
type Room = Box<[OnceLock<Box<str>>]>;

/// The names, which grow while others read them.
#[derive(Debug)]
pub(crate) struct Names {
    rooms: [OnceLock<Room>; EVENTS_MAX / ROOM],
}

/// What the file's ids mean at a place of the file, for whoever reads it in order.
#[derive(Debug)]
pub(crate) struct Ids {
    pub(crate) names: Arc<Names>,
    /// Small ids, which are all of QEMU's: an event's number plus one, or 0.
    small: Vec<u32>,
    large: HashMap<u64, u32>,
    numbers: HashMap<Box<str>, u32>,
}

impl Names {
    pub(crate) fn new() -> Self {
        Self { rooms: [const { OnceLock::new() }; EVENTS_MAX / ROOM] }
    }

    pub(crate) fn get(&self, number: usize) -> Option<&str> {
        self.rooms.get(number / ROOM)?.get()?.get(number % ROOM)?.get().map(AsRef::as_ref)
    }

    fn put(&self, number: usize, name: &str) {
        if let Some(room) = self.rooms.get(number / ROOM) {
            let room = room.get_or_init(|| (0..ROOM).map(|_| OnceLock::new()).collect());
            _ = room[number % ROOM].set(name.into());
        }
    }
}

impl Ids {
    pub(crate) fn new() -> Self {
        Self {
            names: Arc::new(Names::new()),
            small: Vec::new(),
            large: HashMap::new(),
            numbers: HashMap::new(),
        }
    }

    /// An event's number.
    #[inline]
    pub(crate) fn number(&self, id: u64) -> Option<u32> {
        match usize::try_from(id).ok().and_then(|id| self.small.get(id)) {
            Some(&number) => number.checked_sub(1),
            None => self.large.get(&id).copied(),
        }
    }

    /// From here on the id means the name. QEMU names an id once; who does so again, as its simpletrace.py takes it, gives it
    /// another meaning.
    pub(crate) fn name(&mut self, id: u64, name: &str) -> Result<(), Damage> {
        let number = match self.numbers.get(name) {
            Some(&number) => number,
            None => self.new_number(name)?,
        };
        match usize::try_from(id) {
            Ok(id) if id < EVENTS_MAX => {
                if self.small.len() <= id {
                    self.small.resize(id + 1, 0);
                }
                self.small[id] = number + 1;
            }
            // ids without end that all mean one name
            _ if self.large.len() >= EVENTS_MAX => return Err(Damage::Events),
            _ => _ = self.large.insert(id, number),
        }
        Ok(())
    }

    fn new_number(&mut self, name: &str) -> Result<u32, Damage> {
        let count = self.numbers.len();
        if count >= EVENTS_MAX {
            return Err(Damage::Events);
        }
        self.names.put(count, name);
        let number = u32::try_from(count).map_err(|_| Damage::Events)?;
        self.numbers.insert(name.into(), number);
        Ok(number)
    }
}
