//! The interface of a part to what measures it.

use divan::Bencher;

/// Runs an operation repeatedly and measures it.
pub trait Meter {
    /// Measures `operation`. `prepare` makes its input before each run and is not measured.
    fn measure<T, R>(self, prepare: impl FnMut() -> T, operation: impl FnMut(&mut T) -> R);
}

impl Meter for Bencher<'_, '_> {
    fn measure<T, R>(self, prepare: impl FnMut() -> T, operation: impl FnMut(&mut T) -> R) {
        self.with_inputs(prepare).bench_local_refs(operation);
    }
}
