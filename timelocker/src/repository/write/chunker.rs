//! Cuts files into pieces where restic cuts them: by a Rabin fingerprint of the last 64 bytes.
//!
//! The tables depend on the repository alone and are built once. No window that ends before the
//! minimum size is looked at, and four stretches are searched at once: a window does not depend on
//! what lies before it.

/// Number of bytes that a fingerprint is of.
const WINDOW: usize = 64;

/// Where a repository cuts files.
pub(super) struct Chunker {
    /// The fingerprint of a window that begins with a byte and goes on with zeros.
    out: [u64; 256],
    /// What the bits above the polynomial's degree are worth below it, with those bits.
    reduce: [u64; 256],
    shift: u32,
    mask: u64,
    min: usize,
    max: usize,
}

/// The next piece of what has been read of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// It has this length.
    At(usize),
    /// No piece ends in the first bytes, as many as these.
    NotBefore(usize),
}

fn degree(polynomial: u64) -> u32 {
    polynomial.checked_ilog2().unwrap_or(0)
}

fn remainder(mut value: u64, polynomial: u64) -> u64 {
    while value != 0 && degree(value) >= degree(polynomial) {
        value ^= polynomial << (degree(value) - degree(polynomial));
    }
    value
}

impl Chunker {
    /// `average` is a power of two, and the polynomial's degree between 9 and 55.
    pub(super) fn new(polynomial: u64, average: usize, min: usize, max: usize) -> Self {
        let (mut out, mut reduce) = ([0; 256], [0; 256]);
        let degree = degree(polynomial);
        for byte in 0..256u64 {
            let mut hash = remainder(byte, polynomial);
            for _ in 1..WINDOW {
                hash = remainder(hash << 8, polynomial);
            }
            out[byte as usize] = hash;
            let above = byte << degree;
            reduce[byte as usize] = remainder(above, polynomial) | above;
        }
        let min = min.max(WINDOW);
        let mask = average.next_power_of_two() as u64 - 1;
        Self { out, reduce, shift: degree.saturating_sub(8), mask, min, max: max.max(min) }
    }

    /// The minimum size, which is that of each piece of zeros.
    pub(super) fn min(&self) -> usize {
        self.min
    }

    /// Finds the end of the first piece. `not_before` is what an earlier call has returned for the
    /// same piece, or 0.
    pub(super) fn cut(&self, data: &[u8], not_before: usize) -> Cut {
        let from = not_before.max(self.min);
        let to = data.len().min(self.max);
        if from > to {
            return Cut::NotBefore(not_before);
        }
        match self.search(data, from, to) {
            Some(end) => Cut::At(end),
            None if to == self.max => Cut::At(to),
            None => Cut::NotBefore(to),
        }
    }

    #[inline(always)]
    fn push(&self, hash: u64, byte: u8) -> u64 {
        let above = (hash >> self.shift) & 255;
        (hash << 8 | u64::from(byte)) ^ self.reduce[above as usize]
    }

    #[inline(always)]
    fn slide(&self, hash: u64, old: u8, byte: u8) -> u64 {
        self.push(hash ^ self.out[usize::from(old)], byte)
    }

    fn is_cut(&self, hash: u64) -> bool {
        hash & self.mask == 0
    }

    /// The fingerprint of the window that ends here.
    fn at(&self, data: &[u8], end: usize) -> u64 {
        data[end - WINDOW..end].iter().fold(0, |hash, &byte| self.push(hash, byte))
    }

    /// The first end of a window in `from..=to` that is a cut.
    fn search(&self, data: &[u8], from: usize, to: usize) -> Option<usize> {
        const LANE: usize = 4096;
        const LANES: usize = 4;
        let mut at = from;
        let mut first = self.at(data, at);
        if self.is_cut(first) {
            return Some(at);
        }
        while at + LANES * LANE <= to {
            let mut hashes: [u64; LANES] = std::array::from_fn(|lane| {
                if lane == 0 { first } else { self.at(data, at + lane * LANE) }
            });
            let lanes: [&[u8]; LANES] = std::array::from_fn(|lane| {
                let start = at - WINDOW + lane * LANE;
                &data[start..start + LANE + WINDOW]
            });
            let mut found = false;
            for position in 0..LANE {
                for (hash, lane) in hashes.iter_mut().zip(&lanes) {
                    *hash = self.slide(*hash, lane[position], lane[position + WINDOW]);
                }
                found |= hashes.iter().any(|&hash| self.is_cut(hash));
            }
            if found {
                return self.search_one(data, at, at + LANES * LANE, first);
            }
            first = hashes[LANES - 1];
            at += LANES * LANE;
        }
        self.search_one(data, at, to, first)
    }

    /// The same byte by byte, behind the window that ends at `from`.
    fn search_one(&self, data: &[u8], from: usize, to: usize, mut hash: u64) -> Option<usize> {
        let data = &data[from - WINDOW..to];
        for at in WINDOW..data.len() {
            hash = self.slide(hash, data[at - WINDOW], data[at]);
            if self.is_cut(hash) {
                return Some(from - WINDOW + at + 1);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLYNOMIAL: u64 = 0x3d_a335_8b4d_c173;

    /// restic's rolling window, byte by byte: it begins with a byte of 1.
    fn cut_plainly(data: &[u8], average: u64, min: usize, max: usize) -> usize {
        let fingerprint = |window: &[u8]| {
            window.iter().fold(0, |hash, &byte| remainder(hash << 8 | u64::from(byte), POLYNOMIAL))
        };
        (min..data.len().min(max))
            .find(|&end| fingerprint(&data[end - WINDOW..end]) & (average - 1) == 0)
            .unwrap_or(data.len().min(max))
    }

    #[test]
    fn cuts_are_those_of_the_plain_algorithm() {
        let mut state = 1u64;
        let data: Vec<u8> = (0..60_000)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                (state >> 56) as u8
            })
            .collect();
        for (average, min, max) in
            [(1 << 12, 100, 30_000), (1 << 14, 2000, 50_000), (1 << 30, 64, 20_000)]
        {
            let chunker = Chunker::new(POLYNOMIAL, average, min, max);
            for start in [0, 1, 333, 40_000] {
                let data = &data[start..];
                let wanted = cut_plainly(data, average as u64, min, max);
                let found = match chunker.cut(data, 0) {
                    Cut::At(end) => end,
                    Cut::NotBefore(end) => end,
                };
                assert_eq!(found, wanted, "{average} {min} {max} {start}");
                // The same in parts, as they are read.
                let (mut length, mut not_before) = (0, 0);
                let in_parts = loop {
                    length = (length + 777).min(data.len());
                    match chunker.cut(&data[..length], not_before) {
                        Cut::At(end) => break end,
                        Cut::NotBefore(end) if length == data.len() => break end,
                        Cut::NotBefore(end) => not_before = end,
                    }
                };
                assert_eq!(in_parts, wanted, "{average} {min} {max} {start}");
            }
        }
    }

    #[test]
    fn zeros_are_cut_at_the_minimum() {
        let chunker = Chunker::new(POLYNOMIAL, 1 << 20, 512 << 10, 8 << 20);
        assert_eq!(chunker.cut(&vec![0; 1 << 20], 0), Cut::At(512 << 10));
        assert_eq!(chunker.cut(&[0; 1000], 0), Cut::NotBefore(0));
    }
}
