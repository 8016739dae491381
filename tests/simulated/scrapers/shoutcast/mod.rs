//! Programs that read SHOUTcast's pages, imitated with their own paths, expressions and limits. What each of
//! them needs is in protocol-notes/pages-shoutcast.md, "Readers".

mod admin;
mod played;
mod requests;
mod stats;
mod xml;
