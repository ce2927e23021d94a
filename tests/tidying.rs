//! What commands clear away beside their own stacks, and what they must not.

use crate::harness::engine::{docker, has_image, make_old_image, remove_labelled};
use crate::harness::project::Project;

#[tokio::test]
async fn images_of_earlier_builds_of_the_generator_go_unless_a_container_uses_them() {
    let project = Project::new().await;
    let [unused, used] = ["unused", "used"].map(|name| format!("loadmark/load:{}-{name}", project.name()));
    for image in [&unused, &used] {
        make_old_image(image);
    }
    docker(&["create", "--label", &project.label(), &used, "/none"]);
    // Any command that gets a turn sweeps; this one ends soon.
    project.configure("{repository: compose.yaml}", "{repository: none.yaml}");
    project.run(&["master"]).expect(3);
    let left = [has_image(&unused), has_image(&used)];
    remove_labelled(&project.label());
    docker(&["image", "rm", &used]);
    assert_eq!(left, [false, true]);
    assert!(!docker(&["image", "ls", "--quiet", "loadmark/load"]).is_empty(), "the present one went as well");
}
