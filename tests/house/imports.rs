//! Finds the rooms and crates that a file refers to, however it writes the path.

use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use super::source::Source;

/// Something outside the file's own modules.
#[derive(Debug)]
pub(super) enum Reference {
    /// A module of the crate root.
    Room { name: String, line: usize },
    /// A dependency.
    Crate { name: String, line: usize, in_tests: bool },
}

/// All references of a file; crates are those of `dependencies`.
pub(super) fn references(source: &Source, dependencies: &[String]) -> Vec<Reference> {
    let file = syn::parse_file(&source.text).unwrap_or_else(|error| panic!("{} does not parse: {error}", source.path));
    let mut finder = Finder {
        depth: source.depth,
        is_main: source.room == "main",
        dependencies,
        tests: usize::from(source.path.contains("/tests")),
        found: Vec::new(),
    };
    finder.visit_file(&file);
    finder.found
}

struct Finder<'a> {
    /// Modules between here and the crate root.
    depth: usize,
    /// The binary names the library by its name, not as `crate`.
    is_main: bool,
    dependencies: &'a [String],
    /// Enclosing modules that are compiled for tests only.
    tests: usize,
    found: Vec<Reference>,
}

impl Finder<'_> {
    /// Takes a whole path, one identifier a segment.
    fn path(&mut self, segments: &[String], line: usize) {
        let supers = segments.iter().take_while(|segment| *segment == "super").count();
        let below_root = match segments.first().map(String::as_str) {
            Some("crate") => Some(1),
            Some("loadmark") if self.is_main => Some(1),
            Some("super") if supers >= self.depth => Some(supers),
            _ => None,
        };
        if let Some(name) = below_root.and_then(|index| segments.get(index)) {
            self.found.push(Reference::Room { name: name.clone(), line });
        } else if let Some(name) = segments.first().filter(|name| self.dependencies.contains(name)) {
            self.found.push(Reference::Crate { name: name.clone(), line, in_tests: self.tests > 0 });
        }
    }

    /// Follows the branches of a `use` tree, each to its end.
    fn tree(&mut self, tree: &syn::UseTree, mut before: Vec<String>) {
        let line = tree.span().start().line;
        match tree {
            syn::UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.tree(&path.tree, before);
            }
            syn::UseTree::Name(name) => {
                before.push(name.ident.to_string());
                self.path(&before, line);
            }
            syn::UseTree::Rename(rename) => {
                before.push(rename.ident.to_string());
                self.path(&before, line);
            }
            syn::UseTree::Glob(_) => self.path(&before, line),
            syn::UseTree::Group(group) => group.items.iter().for_each(|item| self.tree(item, before.clone())),
        }
    }

    /// Finds paths in what the parser leaves as tokens: the arguments of macros and attributes.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut line = 0;
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.flush(&mut path, line);
                        line = ident.span().start().line;
                    }
                    path.push(ident.to_string());
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Group(group) => {
                    self.flush(&mut path, line);
                    colons = 0;
                    self.tokens(group.stream());
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => {
                    self.flush(&mut path, line);
                    colons = 0;
                }
            }
        }
        self.flush(&mut path, line);
    }

    /// A lone identifier in tokens is no path: it may be anything.
    fn flush(&mut self, path: &mut Vec<String>, line: usize) {
        if path.len() > 1 {
            self.path(path, line);
        }
        path.clear();
    }
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.tree(&item.tree, Vec::new());
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if segments.len() > 1 {
            self.path(&segments, path.span().start().line);
        }
        visit::visit_path(self, path);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        let is_test = item.attrs.iter().any(|attribute| {
            attribute.path().is_ident("cfg")
                && attribute.parse_args::<syn::Ident>().is_ok_and(|condition| condition == "test")
        });
        self.depth += 1;
        self.tests += usize::from(is_test);
        visit::visit_item_mod(self, item);
        self.tests -= usize::from(is_test);
        self.depth -= 1;
    }

    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        self.tokens(mac.tokens.clone());
        visit::visit_macro(self, mac);
    }

    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        if let syn::Meta::List(list) = &attribute.meta {
            self.tokens(list.tokens.clone());
        }
        visit::visit_attribute(self, attribute);
    }
}
