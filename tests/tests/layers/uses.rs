//! The paths that a file names, and the modules and re-exports that it declares.

use crate::tokens::Token;

/// A path of a module or an item, from the crate's root.
pub(crate) type Path = Vec<String>;

/// The declarations and uses of one file.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// The modules it declares, inline ones too.
    pub(crate) modules: Vec<Path>,
    /// Its `use` declarations: the module, the name that is bound there (`*` for all), the path.
    pub(crate) bound: Vec<(Path, String, Path)>,
    /// The paths it uses, other than by a `pub use`, with their lines.
    pub(crate) used: Vec<(Path, usize)>,
}

/// Reads the names of the file of one module.
pub(crate) fn read(tokens: &[Token], module: &Path) -> Names {
    let reader = Reader { tokens, at: 0, module: module.clone(), inner: Vec::new(), depth: 0 };
    reader.read()
}

struct Reader<'t> {
    tokens: &'t [Token],
    at: usize,
    module: Path,
    /// Modules that are open here, each with the depth of its brace.
    inner: Vec<(String, usize)>,
    depth: usize,
}

impl Reader<'_> {
    fn read(mut self) -> Names {
        let mut names = Names { modules: self.declared(), ..Names::default() };
        while self.at < self.tokens.len() {
            let (is_start, is_public) = self.before();
            match self.word(0) {
                "{" => self.depth += 1,
                "}" => self.close(),
                "pub" if self.word(1) == "(" => self.at += self.until(")"),
                "mod" if is_start && self.word(2) == "{" => {
                    self.inner.push((self.word(1).to_owned(), self.depth));
                }
                "use" if is_start && self.word(1) != "<" => {
                    self.use_declaration(is_public, &mut names);
                    continue;
                }
                _ if self.begins_path(&names.modules) => {
                    self.path_in_code(&mut names);
                    continue;
                }
                _ => {}
            }
            self.at += 1;
        }
        names
    }

    fn word(&self, ahead: usize) -> &str {
        self.tokens.get(self.at + ahead).map_or("", |token| &token.text)
    }

    fn until(&self, word: &str) -> usize {
        self.tokens[self.at..].iter().position(|token| token.text == word).unwrap_or(0)
    }

    /// Tells if an item may begin here, and if a `pub` was just before.
    fn before(&self) -> (bool, bool) {
        let Some(last) = self.at.checked_sub(1).map(|at| self.tokens[at].text.as_str()) else {
            return (true, false);
        };
        let is_scoped = last == ")" && {
            let open = self.tokens[..self.at].iter().rposition(|token| token.text == "(");
            open.is_some_and(|open| open > 0 && self.tokens[open - 1].text == "pub")
        };
        let is_public = last == "pub" || is_scoped;
        (is_public || matches!(last, ";" | "{" | "}" | "]"), is_public)
    }

    fn close(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        self.inner.pop_if(|(_, depth)| *depth == self.depth);
    }

    fn here(&self) -> Path {
        self.module.iter().cloned().chain(self.inner.iter().map(|(name, _)| name.clone())).collect()
    }

    /// The modules of the file: it is read for them first, since one may be used above.
    fn declared(&self) -> Vec<Path> {
        let mut scan = Reader {
            tokens: self.tokens,
            module: self.module.clone(),
            at: 0,
            inner: Vec::new(),
            depth: 0,
        };
        let mut found = Vec::new();
        while scan.at < scan.tokens.len() {
            match scan.word(0) {
                "{" => scan.depth += 1,
                "}" => scan.close(),
                "mod" if matches!(scan.word(2), "{" | ";") => {
                    let name = scan.word(1).to_owned();
                    found.push(scan.here().into_iter().chain([name.clone()]).collect());
                    if scan.word(2) == "{" {
                        scan.inner.push((name, scan.depth));
                    }
                }
                _ => {}
            }
            scan.at += 1;
        }
        found
    }

    fn begins_path(&self, modules: &[Path]) -> bool {
        let last = self.at.checked_sub(1).map_or("", |at| &self.tokens[at].text);
        if self.word(1) != "::" || matches!(last, "::" | "$") {
            return false;
        }
        let name = self.word(0);
        matches!(name, "crate" | "self" | "super" | "timelocker") || {
            let child: Path = self.here().into_iter().chain([name.to_owned()]).collect();
            modules.contains(&child)
        }
    }

    /// The beginning of a path, from the root; `None` if it is of another crate.
    fn root(&mut self, modules: &[Path]) -> Option<Path> {
        let mut path = self.here();
        match self.word(0) {
            "crate" | "timelocker" => path.clear(),
            "self" => {}
            "super" => {
                path.pop();
                while self.word(1) == "::" && self.word(2) == "super" {
                    path.pop();
                    self.at += 2;
                }
            }
            name => {
                let child: Path = path.iter().cloned().chain([name.to_owned()]).collect();
                return modules.contains(&child).then(|| {
                    self.at += 1;
                    child
                });
            }
        }
        self.at += 1;
        Some(path)
    }

    fn path_in_code(&mut self, names: &mut Names) {
        let line = self.tokens[self.at].line;
        let Some(mut path) = self.root(&names.modules) else { return };
        while self.word(0) == "::" && self.word(1).chars().next().is_some_and(char::is_alphabetic) {
            path.push(self.word(1).to_owned());
            self.at += 2;
        }
        names.used.push((path, line));
    }

    fn use_declaration(&mut self, is_public: bool, names: &mut Names) {
        let line = self.tokens[self.at].line;
        let end = self.at + self.until(";");
        self.at += 1;
        if let Some(root) = self.root(&names.modules) {
            let (here, mut found) = (self.here(), Vec::new());
            self.tree(root, &mut found);
            for (path, name) in found {
                names.bound.push((here.clone(), name, path.clone()));
                if !is_public {
                    names.used.push((path, line));
                }
            }
        }
        self.at = end;
    }

    /// Reads what follows the path `above` in a `use`: the paths, and the names they get.
    fn tree(&mut self, mut above: Path, found: &mut Vec<(Path, String)>) {
        while self.word(0) == "::" {
            self.at += 1;
            match self.word(0) {
                "{" => {
                    self.at += 1;
                    while self.word(0) != "}" && self.at < self.tokens.len() {
                        self.branch(above.clone(), found);
                        self.at += usize::from(self.word(0) == ",");
                    }
                    self.at += 1;
                    return;
                }
                "*" => {
                    self.at += 1;
                    found.push((above, "*".to_owned()));
                    return;
                }
                "self" => {}
                name => above.push(name.to_owned()),
            }
            self.at += 1;
        }
        let mut name = above.last().cloned().unwrap_or_default();
        if self.word(0) == "as" {
            name = self.word(1).to_owned();
            self.at += 2;
        }
        found.push((above, name));
    }

    /// One member of the braces in a `use`.
    fn branch(&mut self, mut above: Path, found: &mut Vec<(Path, String)>) {
        match self.word(0) {
            "self" => {}
            "*" => {
                self.at += 1;
                found.push((above, "*".to_owned()));
                return;
            }
            name => above.push(name.to_owned()),
        }
        self.at += 1;
        self.tree(above, found);
    }
}

#[test]
fn paths_of_all_forms_are_seen() {
    let source = "
        mod child;
        pub use child::Shown;
        use super::{above::{A, b as c}, self as parent, third::*};
        use std::fmt;
        pub(in crate::walk) fn f() -> crate::error::Error { child::call(); super::super::far() }
        pub mod inner { pub use super::sibling::X; fn g() { self::here() } }
        macro_rules! m { () => { $crate::private::Hidden } }
        fn h<'a>(x: impl Sized + use<'a>) { self.super_::y; timelocker::cancel::stop() }
    ";
    let module = ["room".to_owned(), "file".to_owned()].to_vec();
    let names = read(&crate::tokens::tokens(source), &module);
    let text = |path: &Path| path.join("::");
    assert_eq!(
        names.modules.iter().map(text).collect::<Vec<_>>(),
        ["room::file::child", "room::file::inner"]
    );
    let bound: Vec<String> =
        names.bound.iter().map(|(_, name, path)| format!("{name}={}", text(path))).collect();
    assert_eq!(
        bound,
        [
            "Shown=room::file::child::Shown",
            "A=room::above::A",
            "c=room::above::b",
            "parent=room",
            "*=room::third",
            "X=room::file::sibling::X",
        ]
    );
    let used: Vec<String> = names.used.iter().map(|(path, _)| text(path)).collect();
    assert_eq!(
        used,
        [
            "room::above::A",
            "room::above::b",
            "room",
            "room::third",
            "error::Error",
            "room::file::child::call",
            "far",
            "room::file::inner::here",
            "cancel::stop",
        ]
    );
}
