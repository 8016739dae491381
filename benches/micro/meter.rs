//! Who measures.

use divan::Bencher;

/// Measures something that is done over and over.
pub trait Meter {
    /// Measures `operation`, each time on what `ready` has just made. What that takes does not count.
    fn measure<T, R>(self, ready: impl FnMut() -> T, operation: impl FnMut(&mut T) -> R);
}

impl Meter for Bencher<'_, '_> {
    fn measure<T, R>(self, ready: impl FnMut() -> T, operation: impl FnMut(&mut T) -> R) {
        self.with_inputs(ready).bench_local_refs(operation);
    }
}
