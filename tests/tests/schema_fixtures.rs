//! Files of every earlier version (`tests/system/fixtures`) open with today's programs, and their waiting commands are delivered.

use flux_testkit::testbed::{Programs, StoreApi, Testbed, Who};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

/// Limit for reaching a state. It only stops a hanging test; even a loaded machine stays far below it.
const LIMIT: Duration = Duration::from_secs(600);

/// A folder for each pair of schemas; `make.sh` describes the contents.
fn fixtures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("system/fixtures");
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.is_dir()).collect()
}

fn read(path: PathBuf) -> String {
    std::fs::read_to_string(path).unwrap().trim_end().to_owned()
}

/// Starts a companion and a game on copies of a fixture's files, but not the agent.
async fn open(fixture: &Path, folder: &Path) -> (Testbed, StoreApi) {
    std::fs::create_dir(folder.join("state")).unwrap();
    let database = folder.join("companion.db");
    std::fs::copy(fixture.join("companion.db"), &database).unwrap();
    // Git gives its files to everybody; the companion refuses such a database.
    std::fs::set_permissions(&database, std::fs::Permissions::from_mode(0o600)).unwrap();
    std::fs::copy(fixture.join("journal.db"), folder.join("state/journal.db")).unwrap();
    let mut testbed = Testbed::prepare(folder, Programs::beside_this().unwrap()).await.unwrap();
    testbed.start(Who::Companion).await.unwrap();
    testbed.start(Who::Game).await.unwrap();
    testbed.write_agent_config(&read(fixture.join("token")), "").unwrap();
    let api = StoreApi::new(testbed.store_address, read(fixture.join("key")));
    (testbed, api)
}

#[tokio::test]
async fn earlier_files_deliver_what_waits_and_repeat_nothing() {
    let fixtures = fixtures();
    assert!(!fixtures.is_empty(), "there are fixtures");
    for fixture in fixtures {
        let folder = TempDir::new().unwrap();
        let (mut testbed, api) = open(&fixture, folder.path()).await;
        testbed.start(Who::Agent).await.unwrap();
        let queue = testbed.agent_status().await.unwrap()["journal"]["queue"].clone();
        // order-new may have arrived already.
        assert!(queue["awaiting_player"].as_u64() >= Some(1), "{}: {queue}", fixture.display());
        assert_eq!(queue["completed"], 1, "{}: {queue}", fixture.display());
        for player in ["Steve", "Alex", "Bobby"] {
            testbed.game(&format!("join {player}")).await.unwrap();
        }
        for order in ["order-waits", "order-new", "order-done"] {
            testbed.delivery_is(&api, order, "delivered", LIMIT).await.unwrap();
        }
        let effects = testbed.game("effects").await.unwrap();
        let mut lines: Vec<_> =
            effects["effects"].as_array().unwrap().iter().map(|effect| effect["line"].as_str().unwrap()).collect();
        lines.sort_unstable();
        assert_eq!(lines, ["give Alex diamond 1", "give Bobby diamond 1"], "{}", fixture.display());
    }
}
