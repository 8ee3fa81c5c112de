//! Numbers for sets of numbers: what every subset construction here is keyed by.

/// Gives each distinct slice of `u32` a number, from 0 in the order of arrival.
///
/// A table of its own instead of `HashMap`: a macro runs unoptimised in users' builds, where the
/// standard hasher takes most of the time of the whole construction.
#[derive(Debug)]
pub(crate) struct Interner {
    words: Vec<u32>,
    /// Where each slice ends in `words`.
    ends: Vec<usize>,
    /// Numbers by hash, open addressing; `FREE` elsewhere. The length is a power of two.
    slots: Vec<u32>,
}

const FREE: u32 = u32::MAX;

/// The multiplier of FxHash, from Firefox: cheap, and good enough for keys nobody attacks.
fn hash(slice: &[u32]) -> usize {
    let mut hash = slice.len() as u64;
    for &word in slice {
        hash = (hash.rotate_left(5) ^ u64::from(word)).wrapping_mul(0x517c_c1b7_2722_0a95);
    }
    (hash ^ (hash >> 32)) as usize
}

impl Interner {
    pub(crate) fn new() -> Self {
        Self { words: Vec::new(), ends: Vec::new(), slots: vec![FREE; 64] }
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(crate) fn get(&self, number: u32) -> &[u32] {
        let number = number as usize;
        let start = if number == 0 { 0 } else { self.ends[number - 1] };
        &self.words[start..self.ends[number]]
    }

    pub(crate) fn intern(&mut self, slice: &[u32]) -> u32 {
        let slot = self.slot(slice);
        if self.slots[slot] != FREE {
            return self.slots[slot];
        }
        let number = self.ends.len() as u32;
        self.words.extend_from_slice(slice);
        self.ends.push(self.words.len());
        self.slots[slot] = number;
        if self.ends.len() * 2 > self.slots.len() {
            self.grow();
        }
        number
    }

    fn slot(&self, slice: &[u32]) -> usize {
        let mask = self.slots.len() - 1;
        let mut slot = hash(slice) & mask;
        while self.slots[slot] != FREE && self.get(self.slots[slot]) != slice {
            slot = (slot + 1) & mask;
        }
        slot
    }

    fn grow(&mut self) {
        self.slots = vec![FREE; self.slots.len() * 2];
        for number in 0..self.ends.len() as u32 {
            let slot = self.slot(self.get(number));
            self.slots[slot] = number;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Interner;

    #[test]
    fn numbers_follow_arrival_and_survive_growth() {
        let mut interner = Interner::new();
        assert_eq!(interner.intern(&[]), 0);
        for n in 1..1000u32 {
            assert_eq!(interner.intern(&[n, n / 2]), n);
        }
        assert_eq!(interner.intern(&[]), 0);
        assert_eq!(interner.intern(&[7, 3]), 7);
        assert_eq!(interner.get(999), [999, 499]);
        assert_eq!(interner.len(), 1000);
    }
}
