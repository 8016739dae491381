//! What many clients at once can do to the others: memory and time are limited, and listeners come first.

mod large_pages;
mod memory;
mod pages;
mod writes;
