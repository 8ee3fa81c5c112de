//! Modes: the bits of `st_mode`, and those of Go that the format has.

/// The bits of `st_mode` in the order of Go's `io/fs.FileMode`, which the format is made of.
#[must_use]
pub fn go_mode(mode: u32) -> u32 {
    const KIND: u32 = 0o170_000;
    let kind = match mode & KIND {
        0o100_000 => 0,
        0o040_000 => 1 << 31,
        0o120_000 => 1 << 27,
        0o060_000 => 1 << 26,
        0o020_000 => 1 << 26 | 1 << 21,
        0o010_000 => 1 << 25,
        0o140_000 => 1 << 24,
        _ => 1 << 19,
    };
    GO_BITS
        .iter()
        .filter(|(bit, _)| mode & bit != 0)
        .fold(kind | mode & 0o777, |go, (_, go_bit)| go | go_bit)
}

/// The permissions in Go's bits as the bits of `st_mode`, without the kind.
#[must_use]
pub fn permissions(go: u32) -> u32 {
    GO_BITS
        .iter()
        .filter(|(_, go_bit)| go & go_bit != 0)
        .fold(go & 0o777, |mode, (bit, _)| mode | bit)
}

/// Set-user-id, set-group-id and the sticky bit: in `st_mode`, and in Go.
const GO_BITS: [(u32, u32); 3] = [(0o4000, 1 << 23), (0o2000, 1 << 22), (0o1000, 1 << 20)];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_are_those_of_go() {
        // From Go: `os.FileMode` of files of these modes.
        let cases = [
            (0o100_644, 0o644),
            (0o040_755, 0x8000_0000 | 0o755),
            (0o041_777, 0x8010_0000 | 0o777),
            (0o120_777, 0x0800_0000 | 0o777),
            (0o104_755, 0x0080_0000 | 0o755),
            (0o102_755, 0x0040_0000 | 0o755),
            (0o020_620, 0x0420_0000 | 0o620),
            (0o060_660, 0x0400_0000 | 0o660),
            (0o010_600, 0x0200_0000 | 0o600),
            (0o140_700, 0x0100_0000 | 0o700),
        ];
        for (mode, go) in cases {
            assert_eq!(go_mode(mode), go, "{mode:o}");
            assert_eq!(permissions(go), mode & 0o7777, "{mode:o}");
        }
    }
}
