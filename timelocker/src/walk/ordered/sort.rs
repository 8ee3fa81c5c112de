//! The order of entries: by the bytes of their names.

use crate::walk::decide::Child;
use crate::walk::names::NameBytes;

/// Allocations for more entries than this are not kept for the next directory.
const MANY: usize = 4096;

/// Brings entries into their order; `keyed` is memory for that, with the beginnings of names.
pub(super) fn sort(names: &NameBytes, keyed: &mut Vec<(u64, Child)>, children: &mut Vec<Child>) {
    keyed.extend(children.iter().map(|child| (names.key(child.name, 0), *child)));
    sort_from(names, keyed, 0);
    children.clear();
    children.extend(keyed.drain(..).map(|(_, child)| child));
    keyed.shrink_to(MANY);
}

/// Sorts entries whose names are equal up to a byte, from where their keys are taken. A key tells
/// most names apart, so that each name is looked up once or twice, and not at each comparison. No
/// name is long enough for this to go deep.
fn sort_from(names: &NameBytes, keyed: &mut [(u64, Child)], from: usize) {
    const FEW: usize = 8;
    keyed.sort_unstable_by_key(|(key, _)| *key);
    for equal in keyed.chunk_by_mut(|(one, _), (other, _)| one == other) {
        // A name with a zero in its key has ended.
        let has_ended = equal[0].0 & 0xff == 0;
        if equal.len() == 1 || has_ended {
            continue;
        }
        if equal.len() > FEW {
            let from = from + size_of::<u64>();
            for (key, child) in &mut *equal {
                *key = names.key(child.name, from);
            }
            sort_from(names, equal, from);
        } else {
            let name = |child: &Child| names.bytes_of(child.name);
            equal.sort_unstable_by(|(_, one), (_, other)| name(one).cmp(name(other)));
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn names_come_in_the_order_of_their_bytes() {
        let mut wanted: Vec<Vec<u8>> = Vec::new();
        for length in 0..30_usize {
            for last in [1, b'.', b'a', 0xff] {
                wanted.push([vec![b'x'; length], vec![last]].concat());
                wanted.push([vec![0xfe; length], vec![last, last]].concat());
            }
        }
        // So that more than a few are equal up to where keys end.
        wanted.extend((0..200).map(|number| format!("the same beginning {number}").into_bytes()));
        wanted.sort();
        wanted.dedup();
        // 7919 is no factor of their number, so all of them come once.
        let shuffled = (0..wanted.len()).map(|number| &wanted[number * 7919 % wanted.len()]);
        let mut names = NameBytes::default();
        let mut children: Vec<_> =
            shuffled.map(|name| Child::of_file(names.push(name).unwrap())).collect();
        sort(&names, &mut Vec::new(), &mut children);
        let sorted: Vec<_> = children.iter().map(|child| names.bytes_of(child.name)).collect();
        assert!(wanted.len() > 400);
        assert_eq!(sorted, wanted);
    }
}
