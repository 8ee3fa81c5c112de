//! The pattern language of TimeLocker.
