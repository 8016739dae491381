//! What operators ask for, with which password, and what they are answered.

mod action;
pub mod api;
mod bans;
pub mod claim;
pub mod reply;

pub use action::{Action, AdminRequest, Client, Needs, Style, WhichBan, is_admin_path};
