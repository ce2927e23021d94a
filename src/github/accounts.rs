//! Who we are on GitHub, and what others may do in the repository.

use serde::Deserialize;

use super::call::{Call, segment};
use super::client::Github;
use super::credentials::Keys;
use super::error::GithubError;
use crate::domain::github::Permission;

/// Who writes with the token that a workflow is given; that token may not ask who it is.
const WORKFLOW: &str = "github-actions[bot]";

/// An account on GitHub.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub struct Account {
    /// Its number, which stays when it is renamed.
    pub id: i64,
    /// Its name; of an app `SLUG[bot]`.
    pub login: String,
}

#[derive(Deserialize)]
struct AppAnswer {
    slug: String,
}

#[derive(Deserialize)]
struct PermissionAnswer {
    permission: String,
    role_name: Option<String>,
}

impl Github {
    /// The account that what we write is by.
    ///
    /// # Errors
    /// GitHub does not say.
    pub async fn ourselves(&self) -> Result<Account, GithubError> {
        let known = self.0.ourselves.get_or_try_init(|| async {
            let operation = "ask GitHub who we are";
            match &self.0.keys {
                Keys::App(_) => {
                    let app = self.read::<AppAnswer>(Call::read(operation, "/app").by_app()).await?.content;
                    self.account(&format!("{}[bot]", app.slug)).await
                }
                Keys::Token(_) => match self.read(Call::read(operation, "/user")).await {
                    Ok(page) => Ok(page.content),
                    Err(GithubError::Forbidden { .. }) => self.account(WORKFLOW).await,
                    Err(error) => Err(error),
                },
            }
        });
        known.await.cloned()
    }

    async fn account(&self, login: &str) -> Result<Account, GithubError> {
        let call = Call::read(format!("ask GitHub about the account `{login}`"), format!("/users/{}", segment(login)));
        Ok(self.read(call).await?.content)
    }

    /// What an account may do in the repository. Whom GitHub does not know there may do nothing.
    ///
    /// # Errors
    /// GitHub does not say; that is no permission.
    pub async fn permission(&self, login: &str) -> Result<Permission, GithubError> {
        if login.is_empty() {
            return Ok(Permission::None);
        }
        let path = self.path(format_args!("collaborators/{}/permission", segment(login)));
        let call = Call::read(self.operation(format_args!("ask for the permission of `{login}`")), path);
        match self.read::<PermissionAnswer>(call).await {
            Ok(page) => Ok(permission(&page.content)),
            Err(error) if error.is_gone() => Ok(Permission::None),
            Err(error) => Err(error),
        }
    }
}

/// The old word for a permission knows four; the role tells the two between. Roles of one's own making have any name:
/// then the old word counts, which names the role they are made of.
fn permission(answer: &PermissionAnswer) -> Permission {
    match (answer.permission.as_str(), answer.role_name.as_deref()) {
        ("admin", _) => Permission::Admin,
        ("write", Some("maintain")) => Permission::Maintain,
        ("write", _) => Permission::Write,
        ("read", Some("triage")) => Permission::Triage,
        ("read", _) => Permission::Read,
        _ => Permission::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_never_gives_more_than_the_permission() {
        let of = |permission_: &str, role: Option<&str>| {
            permission(&PermissionAnswer { permission: permission_.to_owned(), role_name: role.map(str::to_owned) })
        };
        assert_eq!(of("write", Some("maintain")), Permission::Maintain);
        assert_eq!(of("read", Some("triage")), Permission::Triage);
        assert_eq!(of("read", Some("maintain")), Permission::Read);
        assert_eq!(of("read", Some("admin")), Permission::Read);
        assert_eq!(of("write", Some("Release managers")), Permission::Write);
        assert_eq!(of("none", Some("admin")), Permission::None);
        assert_eq!(of("owner", None), Permission::None);
    }
}
