"""The documentation says what the code does."""

import re
import tomllib
from pathlib import Path

from click.testing import CliRunner

from service.cli import stance
from service.settings import Settings
from training.config import TrainConfig

ROOT = Path(__file__).parent.parent


def table_row(name: str, default: object, description: str | None) -> str:
    return f"| `{name}` | {'' if default is None else f'`{default}`'} | {description} |"


def test_configuration_lists_every_setting_with_its_default():
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    for name, field in Settings.model_fields.items():
        default = "the user's data folder" if name == "home" else field.default
        assert table_row(f"STANCE_{name.upper()}", default, field.description) in text


def test_training_lists_every_key_with_its_default():
    text = (ROOT / "docs" / "training.md").read_text(encoding="utf-8")
    for name, field in TrainConfig.model_fields.items():
        assert table_row(name, field.default, field.description) in text


def test_readme_names_every_command():
    """A command that the README does not show does not exist for a newcomer."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for command in stance.list_commands(None):
        assert f"stance {command}" in text


def test_links_between_documents_lead_somewhere():
    for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\((?!http)([^)#]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_dockerfile_copies_what_the_build_needs_and_starts_a_command_that_exists():
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    copied = [
        name for line in lines if line.startswith("COPY ") and "--from" not in line for name in line.split()[1:-1]
    ]
    assert all((ROOT / name).exists() for name in copied)
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"][
        "packages"
    ]
    assert {"pyproject.toml", "README.md", "LICENSE", *packages} <= set(copied)
    assert 'ENTRYPOINT ["stance"]' in lines
    assert CliRunner().invoke(stance, ["serve", "--help"]).exit_code == 0


def test_lock_pins_every_package_and_names_no_place():
    """Each line is `name==version`: anything else (a path, a local build) would not install elsewhere."""
    for line in (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines():
        assert re.fullmatch(r"[\w.-]+==[\w.]+( ; .+)?|#.*|", line), line
