//! Backups declared in Rust.
