//! What operators ask for, with which password, and what they are answered.

mod action;
pub mod api;
mod bans;
pub mod claim;
pub mod reply;
mod request;
mod style;

pub use action::{Action, Client, Needs, WhichBan};
pub use request::AdminRequest;
pub use style::{Style, is_admin_path};
