//! Which lines of a comment its author says in their own name: not quoted, not code, not hidden.
//!
//! A line at a time, and on the safe side: where Markdown may mean one thing or another, all that it may mean is kept,
//! and a line counts only where it is plain text in each case. So parsers that know more find such a line nowhere
//! else; a test compares with one. What is in lists is never taken.

/// What a line may stand in.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Inside {
    /// Text, with what the paragraph has had so far.
    Text(Paragraph),
    /// A quote, which a line of text continues.
    Quote,
    /// A list's item whose content begins at this column. `may_continue` after a line of text.
    Item { column: usize, may_continue: bool },
    /// Code, until as many of the same marks.
    Fence { mark: char, length: usize },
    /// HTML, until a blank line, or until one of these texts.
    Html { until: Option<&'static [&'static str]> },
}

/// What decides whether a further line of a paragraph is still text.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Paragraph {
    /// Backticks that wait for as many more.
    open_ticks: usize,
    /// Links, tags, escapes: more than is understood here.
    is_involved: bool,
}

impl Paragraph {
    fn is_plain(&self) -> bool {
        self.open_ticks == 0 && !self.is_involved
    }

    fn with(mut self, line: &str) -> Self {
        self.is_involved |= line.contains(['<', '\\', '[']);
        let mut rest = line;
        while let Some(start) = rest.find('`') {
            let run = run_of(&rest[start..], '`');
            self.open_ticks = match self.open_ticks {
                0 => run,
                open if open == run => 0,
                open => open,
            };
            rest = &rest[start + run..];
        }
        self
    }
}

/// Tags around text that is quoted or code, whatever Markdown makes of what is between them.
const TAGS: [&str; 3] = ["blockquote", "code", "pre"];

/// The lines that count, without their indentation.
pub(super) fn plain_lines(text: &str) -> Vec<&str> {
    let mut plain = Vec::new();
    let mut may_be = vec![Inside::Text(Paragraph::default())];
    let mut open_tags = 0_usize;
    for line in lines(text) {
        let indent = indent(line);
        let content = line.trim_start_matches([' ', '\t']);
        let is_own = may_be.iter().all(|inside| is_own(inside, indent));
        if indent < 4 && !content.is_empty() && open_tags == 0 && is_own {
            plain.push(content);
        }
        if !may_be.iter().all(|inside| matches!(inside, Inside::Fence { .. })) {
            open_tags = tags(open_tags, content);
        }
        let mut then = Vec::new();
        for inside in may_be {
            for next in after(inside, indent, content) {
                if !then.contains(&next) {
                    then.push(next);
                }
            }
        }
        may_be = then;
    }
    plain
}

/// Lines as Markdown has them: ended by LF, CR LF or CR.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r'))
}

/// The column of a line's first character; tabs go to columns that are multiples of four.
fn indent(line: &str) -> usize {
    let blank = line.chars().take_while(|c| matches!(c, ' ' | '\t'));
    blank.fold(0, |column, c| if c == '\t' { column / 4 * 4 + 4 } else { column + 1 })
}

fn run_of(text: &str, mark: char) -> usize {
    text.chars().take_while(|c| *c == mark).count()
}

/// Whether a line stands in no container, and in its paragraph after nothing that is not understood.
fn is_own(inside: &Inside, indent: usize) -> bool {
    match inside {
        Inside::Text(paragraph) => paragraph.is_plain(),
        Inside::Item { column, may_continue } => !may_continue && indent < *column,
        Inside::Quote | Inside::Fence { .. } | Inside::Html { .. } => false,
    }
}

/// What the next line may stand in, after this one. Never empty.
fn after(inside: Inside, indent: usize, content: &str) -> Vec<Inside> {
    let is_blank = content.is_empty();
    match inside {
        Inside::Fence { mark, length } => {
            let run = run_of(content, mark);
            let closes = indent < 4 && run >= length && content[run..].trim().is_empty();
            vec![if closes { fresh() } else { Inside::Fence { mark, length } }]
        }
        Inside::Html { until } => {
            let ends = until.map_or(is_blank, |ends| contains_any(content, ends));
            vec![if ends { fresh() } else { Inside::Html { until } }]
        }
        Inside::Quote if is_blank => vec![fresh()],
        Inside::Quote if is_text(indent, content) => {
            with(Inside::Quote, of_text(Paragraph::default(), indent, content))
        }
        Inside::Quote => of_text(Paragraph::default(), indent, content),
        Inside::Item { column, .. } if is_blank => vec![Inside::Item { column, may_continue: false }],
        Inside::Item { column, .. } if indent >= column => vec![Inside::Item { column, may_continue: true }],
        Inside::Item { column, may_continue: true } if is_text(indent, content) => {
            let item = Inside::Item { column, may_continue: true };
            with(item, of_text(Paragraph::default(), indent, content))
        }
        Inside::Item { .. } => of_text(Paragraph::default(), indent, content),
        Inside::Text(_) if is_blank => vec![fresh()],
        Inside::Text(paragraph) => of_text(paragraph, indent, content),
    }
}

fn fresh() -> Inside {
    Inside::Text(Paragraph::default())
}

fn with(inside: Inside, mut others: Vec<Inside>) -> Vec<Inside> {
    others.push(inside);
    others
}

/// Whether a line may go on with a paragraph that is in a quote or list.
fn is_text(indent: usize, content: &str) -> bool {
    indent >= 4 || (fence(content).is_none() && !content.starts_with('>'))
}

/// After a line that is in no container, and is not blank.
fn of_text(paragraph: Paragraph, indent: usize, content: &str) -> Vec<Inside> {
    let text = Inside::Text(paragraph.with(content));
    if indent >= 4 {
        return vec![text];
    }
    if let Some(fence) = fence(content) {
        return vec![fence];
    }
    if content.starts_with('>') {
        return vec![Inside::Quote];
    }
    if content.starts_with('<') {
        return with(text, html(content));
    }
    match item(indent, content) {
        // It may be text all the same: a rule, an underline, a number in a sentence.
        Some(column) => with(text, vec![Inside::Item { column, may_continue: true }]),
        None => vec![text],
    }
}

/// The code that a line begins.
fn fence(content: &str) -> Option<Inside> {
    let mark = content.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let length = run_of(content, mark);
    let is_fence = length >= 3 && !(mark == '`' && content[length..].contains('`'));
    is_fence.then_some(Inside::Fence { mark, length })
}

/// The column at which a list's item has its content.
fn item(indent: usize, content: &str) -> Option<usize> {
    let digits = content.bytes().take_while(u8::is_ascii_digit).count();
    let mark = content[digits..].chars().next()?;
    let is_mark = if digits == 0 { matches!(mark, '-' | '+' | '*') } else { digits <= 9 && matches!(mark, '.' | ')') };
    if !is_mark {
        return None;
    }
    let rest = &content[digits + 1..];
    if !(rest.is_empty() || rest.starts_with([' ', '\t'])) {
        return None;
    }
    let marked = indent + digits + 1;
    let spaces = match rest.trim_start_matches([' ', '\t']) {
        "" => 1,
        // Tabs go by the columns of the line.
        _ => self::indent(&format!("{}{rest}", " ".repeat(marked))) - marked,
    };
    // Five and more begin code, which belongs to the content.
    Some(marked + if spaces > 4 { 1 } else { spaces })
}

/// What a line that begins with `<` may begin.
fn html(content: &str) -> Vec<Inside> {
    let lower = content.to_ascii_lowercase();
    let begins = |tag: &&str| lower.strip_prefix('<').is_some_and(|rest| rest.starts_with(*tag));
    let until: Option<&'static [&'static str]> = match () {
        () if lower.starts_with("<!--") => Some(&["-->"]),
        () if lower.starts_with("<?") => Some(&["?>"]),
        () if lower.starts_with("<![cdata[") => Some(&["]]>"]),
        () if lower.starts_with("<!") => Some(&[">"]),
        () if ["pre", "script", "style", "textarea"].iter().any(begins) => {
            Some(&["</pre>", "</script>", "</style>", "</textarea>"])
        }
        () => None,
    };
    let mut all = vec![Inside::Html { until: None }];
    match until {
        // Whole on its line; the next one is text again, or not HTML's.
        Some(ends) if contains_any(content, ends) => all.push(fresh()),
        Some(_) => all.push(Inside::Html { until }),
        None => {}
    }
    all
}

fn contains_any(content: &str, ends: &[&str]) -> bool {
    let lower = content.to_ascii_lowercase();
    ends.iter().any(|end| lower.contains(end))
}

/// How many of [`TAGS`] are open after a line.
fn tags(open: usize, content: &str) -> usize {
    let lower = content.to_ascii_lowercase();
    let count = |begin: &str| TAGS.iter().map(|tag| lower.matches(&format!("{begin}{tag}")).count()).sum::<usize>();
    (open + count("<")).saturating_sub(count("</"))
}
