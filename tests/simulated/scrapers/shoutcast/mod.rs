//! Programs that read SHOUTcast's pages, each as it does: its expressions, its limits, its paths. What each of them needs
//! is in protocol-notes/pages-shoutcast.md, "Readers".

mod admin;
mod played;
mod requests;
mod stats;
mod xml;
