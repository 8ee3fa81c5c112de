//! Any bytes as a directory: its nodes are read again as they were written.
#![no_main]

use libfuzzer_sys::fuzz_target;
use timelocker::repository::format::{TreeNodes, TreeWriter};

fuzz_target!(|data: &[u8]| {
    let Ok(nodes) = TreeNodes::new(data) else { return };
    let nodes: Vec<_> = nodes.map_while(Result::ok).collect();
    let mut writer = TreeWriter::default();
    nodes.iter().for_each(|node| writer.push(node));
    let text = writer.finish();
    let again: Vec<_> = TreeNodes::new(&text)
        .expect("it was written here")
        .map(|node| node.expect("it was written here"))
        .collect();
    assert_eq!(again, nodes);
});
