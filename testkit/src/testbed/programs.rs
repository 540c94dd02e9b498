//! [`Programs`]: the paths of the three programs.

use super::TestbedError;
use std::path::PathBuf;
use std::process::Command;

/// Where the three programs are.
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
    /// Beside this program; a test's own program is one folder below them.
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

    /// Beside this program, built first when cargo has started it (`cargo run` builds one package only).
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
