//! The administration: who may do what, and what is done.

mod actions;
mod authorize;
mod bans;
mod listeners;
mod requests;
