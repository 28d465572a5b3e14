"""What is installed from a wheel, as in a container, has all it needs: presets, migrations, samples, the page."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.program import ROOT

pytestmark = pytest.mark.slow  # builds a wheel

PACKAGES = ("scoring", "storage", "bot")
SOURCES = ("pyproject.toml", "README.md", "LICENSE")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel of the tree as it is, built without the network."""
    tree = tmp_path_factory.mktemp("tree")
    for name in PACKAGES:
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in SOURCES:
        shutil.copy(ROOT / name, tree / name)
    asked = [
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
        "--wheel-dir",
        str(tree),
        str(tree),
    ]
    subprocess.run([sys.executable, "-m", "pip", *asked], check=True, capture_output=True)
    (built,) = tree.glob("*.whl")
    return built


def test_every_file_of_the_packages_is_in_the_wheel(wheel: Path) -> None:
    wanted = {
        path.relative_to(ROOT).as_posix()
        for name in PACKAGES
        for path in (ROOT / name).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    with zipfile.ZipFile(wheel) as packed:
        assert wanted - set(packed.namelist()) == set()


def test_what_is_installed_writes_its_samples_and_serves_the_page(wheel: Path, tmp_path: Path) -> None:
    site, work = tmp_path / "site", tmp_path / "work"
    work.mkdir()
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(site)
    run = [sys.executable, "-m", "bot"]
    environment = {"PATH": "", "PYTHONPATH": str(site), "HOME": str(tmp_path)}
    subprocess.run([*run, "init"], cwd=work, env=environment, check=True, capture_output=True)
    assert {path.name for path in work.iterdir()} == {"definition.yaml", "team.yaml", ".env"}
    story = subprocess.run(
        [*run, "demo", "--story"], cwd=work, env=environment, check=True, capture_output=True, text=True
    )
    assert "The end." in story.stdout
    where = "import bot.playground.page as page; print(page.__file__); print(page.shipped('page', 'js').status_code)"
    found = subprocess.run(
        [sys.executable, "-c", where], cwd=work, env=environment, check=True, capture_output=True, text=True
    )
    file, status = found.stdout.split()
    assert (Path(file).is_relative_to(site), status) == (True, "200")
