//! The admin interface: authentication, actions, pages.

mod actions;
mod authorize;
mod bans;
mod listeners;
mod reload;
mod requests;
