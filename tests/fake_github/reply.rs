//! An answer before it is written.

use serde_json::{Value, json};

use super::server::Call;

/// An answer.
pub struct Reply {
    pub status: u16,
    pub body: Value,
    pub headers: Vec<(&'static str, String)>,
    /// Seconds until the hour of a spent limit ends.
    pub reset: Option<i64>,
    /// A list that is given by pages: in the body's field of this name, or the body itself.
    paged: Option<Option<&'static str>>,
    is_malformed: bool,
}

impl Reply {
    pub fn of(status: u16, body: Value) -> Self {
        Self { status, body, headers: Vec::new(), reset: None, paged: None, is_malformed: false }
    }

    pub fn message(status: u16, message: &str) -> Self {
        Self::of(status, json!({ "message": message, "documentation_url": "https://docs.github.test/rest" }))
    }

    pub fn missing() -> Self {
        Self::message(404, "Not Found")
    }

    /// A list, all of it; a page of it is given.
    pub fn list(items: Vec<Value>) -> Self {
        Self { paged: Some(None), ..Self::of(200, Value::Array(items)) }
    }

    /// A list in a field, with its length.
    pub fn counted(field: &'static str, items: Vec<Value>) -> Self {
        let count = items.len();
        Self { paged: Some(Some(field)), ..Self::of(200, json!({ "total_count": count, field: items })) }
    }

    pub fn header(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }

    pub fn spent(self, seconds: u64) -> Self {
        Self { reset: Some(seconds.try_into().expect("seconds")), ..self }
    }

    pub fn malformed(self) -> Self {
        Self { is_malformed: true, ..self }
    }

    /// The page that a call asks for, with the way to the next one.
    pub fn page(mut self, api: &str, call: &Call) -> Self {
        let Some(field) = self.paged.take() else { return self };
        let asked = |name: &str, default: usize| call.query.get(name).and_then(|n| n.parse().ok()).unwrap_or(default);
        let (size, page) = (asked("per_page", 30).clamp(1, 100), asked("page", 1).max(1));
        let list = match field {
            Some(field) => &mut self.body[field],
            None => &mut self.body,
        };
        let items = list.as_array_mut().expect("a list");
        let start = ((page - 1) * size).min(items.len());
        let end = (start + size).min(items.len());
        let is_last = end == items.len();
        *items = items[start..end].to_vec();
        if !is_last {
            let mut query = call.query.clone();
            query.insert("page".to_owned(), (page + 1).to_string());
            let query: Vec<_> = query.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
            let link = format!("<{api}/{}?{}>; rel=\"next\"", call.segments.join("/"), query.join("&"));
            self.headers.push(("link", link));
        }
        self
    }

    pub fn text(&self) -> String {
        let text = self.body.to_string();
        if self.is_malformed { text[..text.len() / 2].to_owned() } else { text }
    }
}

fn encoded(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    let each = |byte: u8| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(each).collect()
}
