use std::process::ExitCode;

/// How the program ends, in the numbers that restic has for the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Success,
    Failure,
    /// A snapshot without all that was selected, a restore without all that was asked for.
    Incomplete,
    RepositoryMissing,
    Locked,
    WrongPassword,
    Interrupted,
}

impl Exit {
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Failure => 1,
            Self::Incomplete => 3,
            Self::RepositoryMissing => 10,
            Self::Locked => 11,
            Self::WrongPassword => 12,
            Self::Interrupted => 130,
        }
    }

    /// Of two parts of a command: being interrupted says most, a failure more than a part left out.
    pub(crate) fn and(self, other: Self) -> Self {
        let weight = |exit| match exit {
            Self::Interrupted => 3,
            Self::Success => 0,
            Self::Incomplete => 1,
            _ => 2,
        };
        if weight(other) > weight(self) { other } else { self }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

#[cfg(test)]
mod tests {
    use super::Exit::{Failure, Incomplete, Interrupted, Locked, Success};

    #[test]
    fn the_worst_part_decides() {
        for (one, other, both) in [
            (Success, Incomplete, Incomplete),
            (Locked, Incomplete, Locked),
            (Incomplete, Locked, Locked),
            // The first of several failures.
            (Locked, Failure, Locked),
            (Locked, Interrupted, Interrupted),
        ] {
            assert_eq!(one.and(other), both, "{one:?}, {other:?}");
        }
    }
}
