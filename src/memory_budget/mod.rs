//! The memory budget: how many bytes all clients together may make the server hold for them.
//!
//! A client decides how long the server holds its incomplete request, and how long it holds a response that
//! the client does not read. Without a common limit, the memory for these is their size times the number of
//! connections. Therefore each such buffer has a [`Charge`], which subtracts its bytes from one budget and
//! gives them back when it is dropped. Bytes that several responses share are charged once.
//!
//! Not charged is what has a small bound for each connection: the entry of a session, the texts that the logs
//! need, the head of a response. The audio of stations, the buffers of sources and upstreams, and waiting
//! logins have limits of their own.

mod held_buffer;

use std::cell::Cell;
use std::fmt;
use std::ops::Deref;
use std::rc::Rc;
use std::sync::Arc;

pub use held_buffer::HeldBuffer;

/// The budget. Clones share it.
#[derive(Debug, Clone)]
pub struct MemoryBudget(Rc<Counters>);

#[derive(Debug)]
struct Counters {
    max: Cell<usize>,
    used: Cell<usize>,
}

/// The budget has no room for the requested bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BudgetExceeded;

impl Default for MemoryBudget {
    /// Returns a budget without a limit.
    fn default() -> Self {
        Self::new(usize::MAX)
    }
}

impl MemoryBudget {
    /// Creates a budget of `max` bytes.
    pub fn new(max: usize) -> Self {
        Self(Rc::new(Counters { max: Cell::new(max), used: Cell::new(0) }))
    }

    /// Changes the limit. A lower limit takes nothing back; it only refuses further charges.
    pub fn set_max(&self, max: usize) {
        self.0.max.set(max);
    }

    /// Returns the limit in bytes.
    pub fn max(&self) -> usize {
        self.0.max.get()
    }

    /// Returns the bytes in use.
    pub fn used(&self) -> usize {
        self.0.used.get()
    }

    /// Charges `bytes`.
    ///
    /// # Errors
    /// If the budget has no room for them.
    pub fn charge(&self, bytes: usize) -> Result<Charge, BudgetExceeded> {
        let mut charge = Charge::default();
        charge.resize(self, bytes)?;
        Ok(charge)
    }
}

/// Bytes that are subtracted from a budget until this is dropped.
#[derive(Default)]
pub struct Charge {
    /// `None` as long as nothing was charged.
    budget: Option<MemoryBudget>,
    bytes: usize,
}

impl Charge {
    /// Changes the charge to `bytes` of `budget`. Less than before always succeeds.
    ///
    /// # Errors
    /// If the budget has no room. The charge then stays as it was.
    pub fn resize(&mut self, budget: &MemoryBudget, bytes: usize) -> Result<(), BudgetExceeded> {
        let counters = &budget.0;
        let others = counters.used.get() - self.bytes;
        if bytes > self.bytes && others.saturating_add(bytes) > counters.max.get() {
            return Err(BudgetExceeded);
        }
        counters.used.set(others + bytes);
        self.bytes = bytes;
        self.budget.get_or_insert_with(|| budget.clone());
        Ok(())
    }

    /// Returns the bytes charged.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        if let Some(MemoryBudget(counters)) = &self.budget {
            counters.used.set(counters.used.get() - self.bytes);
        }
    }
}

impl fmt::Debug for Charge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Charge({})", self.bytes)
    }
}

/// Bytes that several responses share. They are charged once, until the last of these responses is sent.
#[derive(Debug, Clone, Default)]
pub struct SharedBytes(Option<Rc<ChargedBytes>>);

#[derive(Debug)]
struct ChargedBytes {
    bytes: SharedStorage,
    charge: Charge,
}

enum SharedStorage {
    Buffer(HeldBuffer),
    /// Shared with the rest of the program, such as a picture.
    Shared(Arc<[u8]>),
}

impl fmt::Debug for SharedStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedStorage")
    }
}

impl SharedBytes {
    /// Wraps `bytes`, for which `charge` was charged.
    pub fn charged(bytes: Arc<[u8]>, charge: Charge) -> Self {
        Self::new(SharedStorage::Shared(bytes), charge)
    }

    /// Copies `bytes`, for which `charge` was charged.
    pub fn copied(bytes: &[u8], charge: Charge) -> Self {
        Self::new(SharedStorage::Buffer(HeldBuffer::from_slice(bytes)), charge)
    }

    /// Wraps bytes that the server holds in any case, such as those of its configuration.
    pub fn uncharged(bytes: Arc<[u8]>) -> Self {
        Self::new(SharedStorage::Shared(bytes), Charge::default())
    }

    fn new(bytes: SharedStorage, charge: Charge) -> Self {
        Self(Some(Rc::new(ChargedBytes { bytes, charge })))
    }

    /// Returns the part of the charged bytes of each clone. A clone has at least one byte.
    pub fn charged_share(&self) -> usize {
        let share = |shared: &Rc<ChargedBytes>| shared.charge.bytes().div_ceil(Rc::strong_count(shared));
        self.0.as_ref().map_or(0, share)
    }
}

impl Deref for SharedBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self.0.as_deref().map(|shared| &shared.bytes) {
            Some(SharedStorage::Buffer(buffer)) => buffer,
            Some(SharedStorage::Shared(bytes)) => bytes,
            None => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charges_are_refused_beyond_the_limit_and_returned_on_drop() {
        let budget = MemoryBudget::new(100);
        let mut first = budget.charge(60).expect("room");
        assert_eq!(budget.charge(41).map(drop), Err(BudgetExceeded));
        let second = budget.charge(40).expect("room");
        assert_eq!((first.resize(&budget, 61), budget.used()), (Err(BudgetExceeded), 100));
        assert_eq!((first.resize(&budget, 10), budget.used()), (Ok(()), 50));
        drop(second);
        assert_eq!((first.bytes(), budget.used()), (10, 10));
        drop(first);
        assert_eq!(budget.used(), 0);
    }

    #[test]
    fn lower_limit_keeps_charges_and_lets_them_shrink() {
        let budget = MemoryBudget::new(100);
        let mut charge = budget.charge(80).expect("room");
        budget.set_max(50);
        assert_eq!(charge.resize(&budget, 81), Err(BudgetExceeded));
        assert_eq!((charge.resize(&budget, 70), budget.used()), (Ok(()), 70));
        assert_eq!(budget.charge(usize::MAX).map(drop), Err(BudgetExceeded));
    }

    #[test]
    fn shared_bytes_are_charged_once() {
        let budget = MemoryBudget::new(10);
        let shared = SharedBytes::charged(Arc::from(&b"12345678"[..]), budget.charge(8).expect("room"));
        let again = shared.clone();
        assert_eq!((budget.used(), &again[..], again.charged_share()), (8, &b"12345678"[..], 4));
        assert!(budget.charge(3).is_err());
        drop(shared);
        assert_eq!((budget.used(), again.len()), (8, 8));
        drop(again);
        assert_eq!(budget.used(), 0);
        assert!(SharedBytes::default().is_empty() && *SharedBytes::uncharged(Arc::from(&b"x"[..])) == *b"x");
    }
}
