//! Commands that are quoted, code, or can't be seen: nobody asks for them.

use crate::domain::command::Command;
use crate::webhook::commands;

#[track_caller]
fn none_in(body: &str) {
    for body in [body.to_owned(), body.replace('\n', "\r\n")] {
        assert_eq!(commands(&body, "/loadmark"), [], "{body}");
    }
}

#[test]
fn in_quotes() {
    none_in("> /loadmark test");
    none_in(">/loadmark test");
    none_in("   > /loadmark test");
    none_in("> > /loadmark test");
    none_in("> somebody said\n> /loadmark test\n>\n> /loadmark cancel");
    // A quote goes on over lines of text that follow it.
    none_in("> somebody said\n/loadmark test");
    none_in("> somebody said\nand more\n/loadmark test");
    none_in("- > somebody said\n/loadmark test");
    none_in("<blockquote>\n\n/loadmark test\n\n</blockquote>");
}

#[test]
fn in_code() {
    none_in("```\n/loadmark test\n```");
    none_in("~~~sh\n/loadmark test\n~~~");
    none_in("```\n/loadmark test");
    none_in("````\n```\n/loadmark test\n````");
    none_in("```\n~~~\n/loadmark test\n```");
    none_in("``` sh\n``` sh\n/loadmark test\n```");
    none_in("text\n```\n/loadmark test\n```");
    none_in("    /loadmark test");
    none_in("\t/loadmark test");
    none_in("  \t/loadmark test");
    none_in("`/loadmark test`");
    none_in("`\n/loadmark test\n`");
    none_in("``a ` b\n/loadmark test\n``");
    none_in("\\` `\n/loadmark test\n`");
    none_in("<pre>\n/loadmark test\n</pre>");
    none_in("<pre>\n\n/loadmark test\n</pre>");
    none_in("text <code>\n/loadmark test\n</code>");
}

#[test]
fn in_code_in_lists() {
    none_in("- ```\n  /loadmark test\n  ```");
    none_in("1. a\n\n   ```\n   /loadmark test\n   ```");
    none_in("- a\n  ```\nb\n```\n/loadmark test\n```");
    none_in("-\n\n  ```\n/loadmark test\n```");
}

#[test]
fn in_comments_and_other_markup() {
    none_in("<!-- /loadmark test -->");
    none_in("<!--\n/loadmark test\n-->");
    none_in("<!--\n\n/loadmark test\n\n-->");
    none_in("<!-- a\n```\n-->\n```\n/loadmark test\n```");
    none_in("text <!--\n/loadmark test\n-->");
    none_in("<!---->\n/loadmark test".replace("<!---->", "<!--").as_str());
    none_in("<?\n\n/loadmark test\n?>");
    none_in("<![CDATA[\n\n/loadmark test\n]]>");
    none_in("<script>\n\n/loadmark test\n</script>");
    none_in("<details>\n/loadmark test\n</details>");
    none_in("[a]: /url \"\n/loadmark test\n\"");
}

#[test]
fn a_comment_that_is_as_long_as_they_get_is_read_quickly() {
    let length = 65_536;
    let command = "\n\n/loadmark status";
    for piece in
        [">", "- ", "`", "``` ", "<", "<!--", "[", "*a ", "1. ", "\\", "> - ", "\n> a\nb", "\n- a\nb", "\n-\n", "\r"]
    {
        let body = piece.repeat(length / piece.len());
        let began = std::time::Instant::now();
        let found = commands(&format!("{body}{command}"), "/loadmark");
        assert!(began.elapsed().as_secs() < 5, "{piece:?}");
        assert!(found.iter().all(|command| *command == Command::Status), "{piece:?}");
    }
}
