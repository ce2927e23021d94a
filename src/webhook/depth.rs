//! How deep JSON nests, by one look at its bytes: what parsers skip, they skip without a limit.

/// Nesting deeper than this is refused. GitHub's payloads stay below ten.
const DEEPEST: usize = 64;

/// Where a text nests deeper than any payload does, as the offset of the bracket; none: it does not.
pub(super) fn too_deep(json: &[u8]) -> Option<usize> {
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for (offset, byte) in json.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => {
                depth += 1;
                if depth > DEEPEST {
                    return Some(offset);
                }
            }
            b'}' | b']' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_count_outside_of_texts_alone() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(too_deep(nested(DEEPEST).as_bytes()), None);
        assert_eq!(too_deep(nested(10_000).as_bytes()), Some(DEEPEST));
        assert_eq!(too_deep(format!(r#"{{"a": "{}"}}"#, "[".repeat(1_000)).as_bytes()), None);
        assert_eq!(too_deep(format!(r#"["\"{}"]"#, "[".repeat(1_000)).as_bytes()), None);
        assert_eq!(too_deep(format!(r#"["\\",{}"#, "[".repeat(1_000)).as_bytes()), Some(DEEPEST + 5));
        assert_eq!(too_deep("[]".repeat(10_000).as_bytes()), None);
    }
}
