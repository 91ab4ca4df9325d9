"""Lints the Dockerfile with hadolint where there is a build of it: python -m tests.lint_dockerfile."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def main() -> int:
    linter = shutil.which("hadolint", path=Path(sys.executable).parent)
    if linter is None:
        sys.stderr.write("hadolint has no build for this platform: the Dockerfile was not linted\n")
        return 0
    return subprocess.run([linter, "Dockerfile"], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
