//! Admin requests: the actions of administrators, the passwords they need, and the replies.

mod action;
pub mod api;
mod bans;
pub mod candidate_login;
mod format;
mod persistence;
pub mod reload_reply;
pub mod reply;
mod request;

pub use action::{AdminAction, BanRef, ClientSelector, RequiredAccess};
pub use format::AdminFormat;
pub use persistence::Persistence;
pub use request::AdminRequest;

pub use super::admin_paths::is_admin_path;
