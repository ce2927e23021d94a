//! One manager for several projects.

use loadmark::config::load_projects;

use super::*;

/// Two projects in one folder; the first names the second.
fn two(github: &str, other_project: &str) -> Folder {
    let folder = Folder::good();
    let first = format!("{CONFIG}manager: {{projects: [other.yaml]}}\ngithub: {{{github}}}\n");
    folder.write("config.yaml", first);
    let second = CONFIG.replacen("project: shop", &format!("project: {other_project}"), 1);
    folder.write("other.yaml", format!("{second}github: {{repository: team/other, token: {{env: SHOP_DATABASE}}}}\n"));
    folder
}

fn refusal(folder: &Folder) -> String {
    let error = load_projects(&folder.path("config.yaml"), &environment).unwrap_err();
    error.to_string().replace(&format!("{}/", folder.0.path().display()), "")
}

const OF_SHOP: &str = "repository: team/shop, token: {env: SHOP_DATABASE}";

#[test]
fn the_first_is_the_one_that_names_the_others() {
    let folder = two(OF_SHOP, "other");
    let (first, further) = load_projects(&folder.path("config.yaml"), &environment).unwrap();
    assert_eq!((first.project.as_str(), further.len(), further[0].project.as_str()), ("shop", 1, "other"));
    let (alone, further) = load_projects(&folder.path("other.yaml"), &environment).unwrap();
    assert_eq!((alone.project.as_str(), further.len()), ("other", 0));
}

#[test]
fn none_is_served_twice() {
    let folder = two(OF_SHOP, "shop");
    assert_eq!(
        refusal(&folder),
        "read other.yaml: the project `shop` is that of config.yaml as well; a manager serves each once"
    );
    let folder = two("repository: Team/OTHER, token: {env: SHOP_DATABASE}", "other");
    assert_eq!(
        refusal(&folder),
        "read other.yaml: the repository on GitHub `team/other` is that of config.yaml as well; a manager serves each \
         once"
    );
}

#[test]
fn what_is_wrong_with_a_further_one_is_named_there() {
    let folder = two(OF_SHOP, "Other");
    assert!(refusal(&folder).starts_with("other.yaml:1:10: `Other` is no name for a project"), "{}", refusal(&folder));
    fs::remove_file(folder.path("other.yaml")).unwrap();
    assert!(refusal(&folder).starts_with("read other.yaml: there is no such file"), "{}", refusal(&folder));
}
