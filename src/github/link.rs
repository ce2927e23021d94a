//! Where the next page of a list is.

/// The query of the page that a `Link` header calls the next one. Only the query is taken: whatever host and path the
/// header names, we stay where we are.
pub(super) fn next_query(header: &str) -> Option<String> {
    header.split(',').find_map(|link| {
        let (target, parameters) = link.split_once(';')?;
        let is_next = parameters.split(';').any(|one| matches!(one.trim(), "rel=\"next\"" | "rel=next"));
        let url = target.trim().strip_prefix('<')?.strip_suffix('>')?;
        let query = url.split_once('?')?.1;
        let is_plain = query.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#');
        (is_next && is_plain).then(|| query.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_known_by_its_query() {
        let header = "<https://x.test/a?page=1>; rel=\"prev\", <https://evil.test/b?page=3&per_page=100>; rel=\"next\"";
        assert_eq!(next_query(header).as_deref(), Some("page=3&per_page=100"));
        assert_eq!(next_query("<https://x.test/a?page=1>; rel=\"last\""), None);
        assert_eq!(next_query("nonsense"), None);
    }
}
