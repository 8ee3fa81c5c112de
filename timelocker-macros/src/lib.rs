//! The procedural macros of TimeLocker.
