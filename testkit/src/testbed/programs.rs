//! [`Programs`]: the paths of the three programs.

use super::TestbedError;
use std::path::PathBuf;
use std::process::Command;

/// The paths of the three programs.
#[derive(Debug, Clone)]
pub struct Programs {
    /// `flux-companion`.
    pub companion: PathBuf,
    /// `flux-agent`.
    pub agent: PathBuf,
    /// `flux-sandbox`.
    pub sandbox: PathBuf,
}

impl Programs {
    /// The programs in this program's folder; a test's own program is one folder below it.
    pub fn beside_this() -> Result<Programs, TestbedError> {
        let this = std::env::current_exe().map_err(TestbedError::io("finding this program"))?;
        let mut folder = this.parent().map(PathBuf::from).unwrap_or_default();
        if folder.ends_with("deps") {
            folder.pop();
        }
        let program = |name: &str| folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
        Ok(Programs {
            companion: program("flux-companion"),
            agent: program("flux-agent"),
            sandbox: program("flux-sandbox"),
        })
    }

    /// The programs in this program's folder, built first if cargo started it (`cargo run` builds one package only).
    pub fn built() -> Result<Programs, TestbedError> {
        if let Some(cargo) = std::env::var_os("CARGO") {
            let mut build = Command::new(cargo);
            build.args(["build", "--quiet", "--package", "flux-agent", "--package", "flux-companion"]);
            if !cfg!(debug_assertions) {
                build.arg("--release");
            }
            let status = build.status().map_err(TestbedError::io("starting cargo"))?;
            if !status.success() {
                return Err(TestbedError::Build(status));
            }
        }
        Programs::beside_this()
    }
}
