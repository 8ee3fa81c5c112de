//! The program that `timelocker::cli` makes of profiles, run as its users run it, against real
//! repositories. What it writes is kept as snapshots; restic reads the repositories afterwards.

#![allow(clippy::unwrap_used)]

mod backup;
mod command_line;
mod convert;
mod hostile;
mod lab;
mod looking;
mod monitoring;
mod planning;
mod repair;
mod repository;
mod schedule;
mod secrets;
#[path = "../support/mod.rs"]
mod support;
mod tools;
