//! A picture of what takes the space: nested rectangles, their areas as the sizes are.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use super::failure::{Failure, Result};
use crate::monitoring::Size;
use crate::quoted::Quoted;

/// What is drawn for a profile.
#[derive(Debug)]
pub(crate) struct Area {
    pub(crate) name: &'static str,
    pub(crate) bytes: u64,
    pub(crate) directories: Vec<Directory>,
}

/// A directory, with the bytes that are in it and below.
#[derive(Debug)]
pub(crate) struct Directory {
    pub(crate) path: PathBuf,
    pub(crate) bytes: u64,
}

/// Writes a picture, as an SVG or, by the name's ending, as a page of HTML around it.
pub(crate) fn write(file: &Path, areas: Vec<Area>) -> Result<()> {
    let picture = draw(areas);
    let extension = file.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let text = match extension.to_ascii_lowercase().as_str() {
        "svg" => picture,
        "html" | "htm" => page(&picture),
        _ => {
            return Err(Failure::new(format!("`{}` is no picture", Quoted::path(file)))
                .advice("let the name end with `.svg` or `.html`"));
        }
    };
    fs::write(file, text).map_err(|error| Failure::at("write the picture", file, &error))
}

/// A directory, or the files right in one, and what it is made of.
#[derive(Debug)]
struct Node {
    name: String,
    path: String,
    bytes: u64,
    children: Vec<Node>,
}

const WIDTH: f64 = 1200.0;
const HEIGHT: f64 = 800.0;
/// The height of a line of text.
const LINE: f64 = 14.0;

fn draw(areas: Vec<Area>) -> String {
    let children: Vec<Node> = areas.into_iter().map(tree).collect();
    let bytes = children.iter().map(|child| child.bytes).sum();
    let root = Node { name: "all".to_owned(), path: "all".to_owned(), bytes, children };
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
         font-family=\"sans-serif\" font-size=\"11\">\n"
    );
    // Where dark is asked for, what is light becomes dark, and hues stay.
    svg.push_str(
        "<style>g:hover>rect{stroke:#000;stroke-width:1.5}\
         @media(prefers-color-scheme:dark){svg{filter:invert(1) hue-rotate(180deg)}}</style>\n",
    );
    place(&root, [0.0, 0.0, WIDTH, HEIGHT], 0, &mut svg);
    svg.push_str("</svg>\n");
    svg
}

/// The directories of a profile as a tree: each below the nearest one above it that is known.
fn tree(mut area: Area) -> Node {
    area.directories.sort_by(|one, other| one.path.cmp(&other.path));
    let mut root = Node {
        name: area.name.to_owned(),
        path: area.name.to_owned(),
        bytes: area.bytes,
        children: Vec::new(),
    };
    let mut rest = area.directories.as_slice();
    while let Some((first, behind)) = rest.split_first() {
        let end = behind.partition_point(|large| large.path.starts_with(&first.path));
        root.children.push(branch(first, &behind[..end], None));
        rest = &behind[end..];
    }
    root
}

fn branch(of: &Directory, mut below: &[Directory], above: Option<&Path>) -> Node {
    let name = above.and_then(|above| of.path.strip_prefix(above).ok()).unwrap_or(&of.path);
    let mut node = Node {
        name: name.to_string_lossy().into_owned(),
        path: of.path.to_string_lossy().into_owned(),
        bytes: of.bytes,
        children: Vec::new(),
    };
    while let Some((first, behind)) = below.split_first() {
        let end = behind.partition_point(|large| large.path.starts_with(&first.path));
        node.children.push(branch(first, &behind[..end], Some(&of.path)));
        below = &behind[end..];
    }
    node
}

/// Draws a node into a rectangle: `[x, y, width, height]`.
fn place(node: &Node, [x, y, width, height]: [f64; 4], depth: usize, svg: &mut String) {
    if width < 2.0 || height < 2.0 {
        return;
    }
    let size = Size(node.bytes);
    // A hue for each level; lighter further in.
    let (hue, light) = (210 + 35 * depth % 150, 62 + (5 * depth).min(28));
    let _ = write!(
        svg,
        "<g><title>{}: {size}</title><rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" \
         height=\"{height:.1}\" fill=\"hsl({hue} 45% {light}%)\" stroke=\"#fff\"/>",
        escaped(&node.path),
    );
    // Letters are about 6 wide.
    let letters = ((width - 6.0) / 6.0).max(0.0) as usize;
    let has_title = height > LINE + 2.0 && letters > 3;
    if has_title {
        let text = label(&node.name, &size.to_string(), letters);
        let (x, y) = (x + 3.0, y + LINE - 3.0);
        let _ = write!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\">{}</text>", escaped(&text));
    }
    let top = if has_title { LINE } else { 1.0 };
    let inner = [x + 1.0, y + top, width - 2.0, height - top - 1.0];
    if inner[2] > 4.0 && inner[3] > 4.0 {
        let mut children: Vec<&Node> = node.children.iter().filter(|node| node.bytes > 0).collect();
        children.sort_by_key(|child| std::cmp::Reverse(child.bytes));
        // Files of its own, and directories too small to be known, are what stays free.
        squarify(&children, inner, node.bytes, depth + 1, svg);
    }
    svg.push_str("</g>\n");
}

/// A name with its size, if there is room for both, or as much of the name as there is.
fn label(name: &str, size: &str, letters: usize) -> String {
    let room = letters.saturating_sub(name.chars().count());
    if room > size.chars().count() {
        return format!("{name} {size}");
    }
    match name.char_indices().nth(letters) {
        None => name.to_owned(),
        Some(_) => name.chars().take(letters.saturating_sub(1)).chain(['…']).collect(),
    }
}

/// Lays nodes out in rows along the shorter side, each row as long as its rectangles get squarer
/// (Bruls, Huizing and van Wijk 2000).
fn squarify(mut nodes: &[&Node], mut free: [f64; 4], bytes: u64, depth: usize, svg: &mut String) {
    let scale = free[2] * free[3] / bytes.max(1) as f64;
    while !nodes.is_empty() {
        let side = free[2].min(free[3]);
        if side <= 0.0 {
            return;
        }
        let mut row = 1;
        while row < nodes.len()
            && worst(&nodes[..=row], side, scale) <= worst(&nodes[..row], side, scale)
        {
            row += 1;
        }
        let (taken, rest) = nodes.split_at(row);
        let area = taken.iter().map(|node| node.bytes as f64).sum::<f64>() * scale;
        let thickness = area / side;
        let [x, y, width, height] = free;
        let mut along = 0.0;
        for node in taken {
            let length = node.bytes as f64 * scale / thickness;
            let rectangle = match width < height {
                true => [x + along, y, length, thickness],
                false => [x, y + along, thickness, length],
            };
            place(node, rectangle, depth, svg);
            along += length;
        }
        free = match width < height {
            true => [x, y + thickness, width, height - thickness],
            false => [x + thickness, y, width - thickness, height],
        };
        nodes = rest;
    }
}

/// How far from a square the worst rectangle of a row is.
fn worst(row: &[&Node], side: f64, scale: f64) -> f64 {
    let area = row.iter().map(|node| node.bytes as f64).sum::<f64>() * scale;
    let ratio = |node: &&Node| {
        let own = node.bytes as f64 * scale;
        let ratio = side * side * own / (area * area);
        ratio.max(1.0 / ratio)
    };
    row.iter().map(ratio).fold(0.0, f64::max)
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // No other control character may stand in XML.
            character if character.is_control() => escaped.push('\u{fffd}'),
            character => escaped.push(character),
        }
    }
    escaped
}

fn page(picture: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>What takes the \
         space</title>\n<style>body{{margin:0}}svg{{width:100vw;height:100vh}}</style>\n\
         <body>{picture}</body></html>\n"
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn node(bytes: u64) -> Node {
        Node { name: bytes.to_string(), path: bytes.to_string(), bytes, children: Vec::new() }
    }

    /// The areas of the rectangles, by their titles.
    fn areas(svg: &str) -> Vec<(u64, f64)> {
        let number = |text: &str, name: &str| -> f64 {
            let start = text.find(&format!(" {name}=\"")).unwrap() + name.len() + 3;
            text[start..].split('"').next().unwrap().parse().unwrap()
        };
        svg.split("<title>")
            .skip(1)
            .map(|part| {
                let bytes = part.split(':').next().unwrap().parse().unwrap();
                (bytes, number(part, "width") * number(part, "height"))
            })
            .collect()
    }

    #[test]
    fn areas_are_as_the_sizes() {
        let nodes: Vec<Node> = [500, 250, 125, 60, 40, 25].map(node).into();
        let nodes: Vec<&Node> = nodes.iter().collect();
        let mut svg = String::new();
        squarify(&nodes, [0.0, 0.0, 1000.0, 1000.0], 1000, 0, &mut svg);
        let areas = areas(&svg);
        assert_eq!(areas.len(), 6);
        for (bytes, area) in areas {
            let expected = bytes as f64 * 1000.0;
            assert!((area - expected).abs() < expected * 0.01, "{bytes}: {area}");
        }
    }

    #[test]
    fn labels_fit() {
        for (letters, expected) in
            [(13, "src 4.0 MiB"), (11, "src 4.0 MiB"), (10, "src"), (3, "src"), (2, "s…")]
        {
            assert_eq!(label("src", "4.0 MiB", letters), expected, "{letters}");
        }
    }

    #[test]
    fn names_are_no_markup() {
        let odd = Directory { path: "/home/<b>&\"x\"\u{1}".into(), bytes: 1000 };
        let svg = draw(vec![Area { name: "home", bytes: 1000, directories: vec![odd] }]);
        assert!(svg.contains("&lt;b&gt;&amp;&quot;x&quot;\u{fffd}"), "{svg}");
        assert!(!svg.contains("<b>"), "{svg}");
    }
}
