//! Comments nobody thought of, read beside a whole Markdown parser: it must see every command that we see as text of
//! the comment's own.

use comrak::nodes::{AstNode, NodeValue};
use comrak::{Arena, Options, parse_document};
use proptest::prelude::*;

use crate::domain::command::Command;
use crate::webhook::commands;

/// Pieces of which Markdown makes something, and of which its parts can be put together.
const PIECES: [&str; 44] = [
    "> ", ">", "- ", "* ", "+ ", "1. ", "10) ", "2. ", "-", "```", "````", "~~~", "``", "`", "<!--", "-->", "<pre>",
    "</pre>", "<div>", "</div>", "<a>", "<?", "?>", "<!X", "<", "[a]: b '", "'", "[", "](", ")", "\\", "*", "# ",
    "===", "---", "text", "a b", " ", "  ", "   ", "    ", "\t", "\n", "\n\n",
];

fn comment() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        6 => prop::sample::select(&PIECES[..]).prop_map(str::to_owned),
        2 => Just("\n".to_owned()),
        1 => Just("\n\n".to_owned()),
        // Each command can be told from the others.
        2 => (1_u16..=100).prop_map(|rounds| format!("\n/loadmark test --rounds {rounds}\n")),
        1 => (1_u16..=100).prop_map(|rounds| format!("/loadmark test --rounds {rounds}")),
    ];
    prop::collection::vec(piece, 1..24).prop_map(|pieces| pieces.concat())
}

/// The rounds of the commands that we see.
fn ours(body: &str) -> Vec<String> {
    let commands = commands(body, "/loadmark").into_iter();
    commands
        .filter_map(|command| match command {
            Command::Test(options) => options.rounds.map(|rounds| rounds.to_string()),
            _ => None,
        })
        .collect()
}

/// The texts that the parser sees, without those in quotes. Code and HTML are no texts to it.
fn texts<'a>(node: &'a AstNode<'a>, all: &mut Vec<String>) {
    match &node.data.borrow().value {
        NodeValue::BlockQuote => return,
        NodeValue::Text(text) => all.push(text.to_string()),
        _ => {}
    }
    for child in node.children() {
        texts(child, all);
    }
}

proptest! {
    // Rare combinations are the interesting ones. PROPTEST_CASES asks for more.
    #![proptest_config(ProptestConfig { cases: 8 * ProptestConfig::default().cases, ..ProptestConfig::default() })]

    #[test]
    fn what_we_see_as_a_command_is_text_of_the_comment_itself(body in comment()) {
        let arena = Arena::new();
        let mut all = Vec::new();
        texts(parse_document(&arena, &body, &Options::default()), &mut all);
        for rounds in ours(&body) {
            let line = format!("/loadmark test --rounds {rounds}");
            let seen = all.iter().any(|text| text.starts_with(&line));
            prop_assert!(seen, "{line} in:\n{body}\ntexts: {all:?}");
        }
    }

    #[test]
    fn a_quoted_copy_of_anything_holds_no_command(body in prop_oneof![comment(), any::<String>()]) {
        let normal = body.replace("\r\n", "\n").replace('\r', "\n");
        let quoted: String = normal.split('\n').map(|line| format!("> {line}\n")).collect();
        prop_assert_eq!(commands(&quoted, "/loadmark"), []);
    }

    #[test]
    fn no_text_makes_it_panic(body in any::<String>(), prefix in ".{0,5}") {
        commands(&body, &prefix);
        commands(&format!("{prefix} {body}"), &prefix);
    }
}
