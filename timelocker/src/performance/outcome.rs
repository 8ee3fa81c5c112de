//! How a call ended, and what it counted: what the expansion of the attribute asks of values whose
//! types it cannot see.

use std::marker::PhantomData;
use std::num::NonZero;

/// How a call ended that was not cut short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It returned, and not an `Err`.
    Success,
    /// It returned an `Err`.
    Error,
}

/// Tells an `Err` from everything else, through aliases too: for a `Result` the method that needs
/// one dereference less is found first.
#[derive(Debug)]
pub struct Probe<'a, T: ?Sized>(pub &'a T);

/// The outcome of a value that is no `Result`.
pub trait AnyOutcome {
    /// Always a success.
    #[inline(always)]
    fn profiled_outcome(&self) -> Outcome {
        Outcome::Success
    }
}

/// The outcome of a `Result`.
pub trait ResultOutcome {
    /// An error for an `Err`.
    fn profiled_outcome(&self) -> Outcome;
}

impl<T: ?Sized> AnyOutcome for Probe<'_, T> {}

impl<T, E> ResultOutcome for &Probe<'_, Result<T, E>> {
    #[inline(always)]
    fn profiled_outcome(&self) -> Outcome {
        if self.0.is_err() { Outcome::Error } else { Outcome::Success }
    }
}

/// Tells in the same way what to think of a function that a `?` left, by the type of its result.
#[derive(Debug)]
pub struct LeftEarly<T>(PhantomData<fn() -> T>);

impl<T> LeftEarly<T> {
    /// The only value.
    pub const NEW: Self = Self(PhantomData);
}

impl<T> AnyOutcome for LeftEarly<T> {}

impl<T, E> ResultOutcome for &LeftEarly<Result<T, E>> {
    #[inline(always)]
    fn profiled_outcome(&self) -> Outcome {
        Outcome::Error
    }
}

/// A number of files or bytes: an integer, or an `Option` of one. `None`, and what is negative or
/// too large for a `u64`, is not known.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no number of files or bytes",
    label = "expected an integer, or an `Option` of one"
)]
pub trait Count {
    /// The number, if it is known.
    fn count(&self) -> Option<u64>;
}

macro_rules! count {
    ($($integer:ty),*) => {$(
        impl Count for $integer {
            #[inline(always)]
            fn count(&self) -> Option<u64> {
                u64::try_from(*self).ok()
            }
        }

        impl Count for NonZero<$integer> {
            #[inline(always)]
            fn count(&self) -> Option<u64> {
                self.get().count()
            }
        }
    )*};
}

count!(u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize);

impl<T: Count> Count for Option<T> {
    #[inline(always)]
    fn count(&self) -> Option<u64> {
        self.as_ref()?.count()
    }
}

impl<T: Count + ?Sized> Count for &T {
    #[inline(always)]
    fn count(&self) -> Option<u64> {
        (**self).count()
    }
}

/// Counts on the result of a call; the signature is what gives the closure's parameter its type.
#[inline(always)]
pub fn count_result<T: ?Sized, C: Count>(result: &T, count: impl FnOnce(&T) -> C) -> Option<u64> {
    count(result).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    type Aliased<T> = Result<T, String>;

    #[test]
    #[allow(clippy::needless_borrow, reason = "as the expansion writes it")]
    fn an_err_is_told_from_everything_else() {
        let fault: Aliased<u8> = Err(String::new());
        let fine: Aliased<u8> = Ok(1);
        assert_eq!((&&Probe(&fault)).profiled_outcome(), Outcome::Error);
        assert_eq!((&&Probe(&fine)).profiled_outcome(), Outcome::Success);
        assert_eq!((&&Probe(&Some(1))).profiled_outcome(), Outcome::Success);
        assert_eq!((&&Probe("text")).profiled_outcome(), Outcome::Success);
    }

    #[test]
    fn unknown_numbers_stay_unknown() {
        assert_eq!(3_u8.count(), Some(3));
        assert_eq!((&&5_usize).count(), Some(5));
        assert_eq!(NonZero::<u32>::MIN.count(), Some(1));
        assert_eq!((-1).count(), None);
        assert_eq!(u128::MAX.count(), None);
        assert_eq!(None::<u64>.count(), None);
        assert_eq!(count_result("four", |text: &str| text.len()), Some(4));
    }
}
