//! Plain columns.

use super::style::{Ink, Style};

/// How a column's cells are set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Align {
    Left,
    Right,
}

/// A row: its cells, their ink, and a remark on the line below.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) cells: Vec<String>,
    pub(super) ink: Ink,
    pub(super) remark: Option<String>,
}

/// A table whose cells are clean text. If it is wider than allowed, each row takes two lines: the first `head` columns,
/// then the others.
#[derive(Debug)]
pub(super) struct Table<'a> {
    pub(super) columns: Vec<(&'a str, Align)>,
    pub(super) head: usize,
    pub(super) rows: Vec<Row>,
}

const INDENT: &str = "  ";
const GAP: &str = "  ";

impl Table<'_> {
    /// Characters of a line of which nothing is split.
    pub(super) fn width(&self) -> usize {
        INDENT.len() + self.widths().iter().sum::<usize>() + GAP.len() * (self.columns.len() - 1)
    }

    /// Characters of a line where each row takes two.
    pub(super) fn split_width(&self) -> usize {
        let widths = self.widths();
        let (head, rest) = widths.split_at(self.head.min(widths.len()));
        let line = |widths: &[usize]| widths.iter().sum::<usize>() + GAP.len() * widths.len().saturating_sub(1);
        INDENT.len() + line(head).max(INDENT.len() + line(rest))
    }

    /// The lines, each ended; nothing without rows. The first column of a row is inked.
    pub(super) fn render(&self, style: Style) -> String {
        if self.rows.is_empty() {
            return String::new();
        }
        let widths = self.widths();
        let split = if self.width() > style.width { self.head } else { widths.len() };
        let titles: Vec<String> = self.columns.iter().map(|(title, _)| (*title).to_owned()).collect();
        let mut lines: Vec<String> =
            self.lines(&titles, &widths, split).iter().map(|line| style.paint(Ink::Faint, line)).collect();
        for row in &self.rows {
            let mut cells = self.lines(&row.cells, &widths, split);
            // Painted last: escape sequences have no width.
            let first = row.cells[0].clone();
            cells[0] = cells[0].replacen(&first, &style.paint(row.ink, &first), 1);
            lines.extend(cells);
            let remark = row.remark.iter().map(|remark| format!("{INDENT}{INDENT}{remark}"));
            lines.extend(remark.map(|remark| style.paint(Ink::Faint, &remark)));
        }
        lines.iter().map(|line| format!("{}\n", line.trim_end())).collect()
    }

    fn widths(&self) -> Vec<usize> {
        let cell = |index: usize| self.rows.iter().map(move |row| row.cells[index].chars().count());
        let title = |index: usize| self.columns[index].0.chars().count();
        (0..self.columns.len()).map(|index| cell(index).fold(title(index), usize::max)).collect()
    }

    /// One line, or two where the row is split.
    fn lines(&self, cells: &[String], widths: &[usize], split: usize) -> Vec<String> {
        let padded: Vec<String> = cells
            .iter()
            .zip(widths)
            .zip(&self.columns)
            .map(|((cell, width), (_, align))| match align {
                Align::Left => format!("{cell:<width$}"),
                Align::Right => format!("{cell:>width$}"),
            })
            .collect();
        let mut lines = vec![format!("{INDENT}{}", padded[..split].join(GAP))];
        if split < padded.len() {
            lines.push(format!("{INDENT}{INDENT}{}", padded[split..].join(GAP)));
        }
        lines
    }
}
