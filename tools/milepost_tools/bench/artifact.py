"""What is deployed, as files: each function's code and each layer, as `sam build` leaves them.

If `.aws-sam/build` is newer than its sources it is taken from there. Otherwise it is put together the same way: the
package and, by pip, the pinned requirements, as wheels for Lambda's Python on arm64.
"""

import subprocess  # nosec B404  # Our own commands, never a shell.
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from milepost_tools.local.archive import Files, files_below, function_files, layer_files
from milepost_tools.local.template import read_template
from milepost_tools.problem import ProblemError

BUILT: Final = Path(".aws-sam/build")
_SOURCES: Final = ("shared", "functions", "catalog/layer", "template.yaml")
_FUNCTION, _LAYER = "AWS::Serverless::Function", "AWS::Serverless::LayerVersion"
_REQUIREMENTS: Final = "requirements.txt"
_FOR_LAMBDA: Final = (
    *("--implementation", "cp", "--only-binary", ":all:"),
    *("--platform", "manylinux2014_aarch64", "--platform", "manylinux_2_28_aarch64"),
)


def is_built(project: Path) -> bool:
    """Whether the build is there and newer than everything it is made of."""
    stamp = project / BUILT / "template.yaml"
    if not stamp.is_file():
        return False
    files = (each for name in _SOURCES for each in (project / name, *(project / name).rglob("*")))
    newest = max(each.stat().st_mtime for each in files if each.is_file() and each.suffix != ".pyc")
    return newest <= stamp.stat().st_mtime


def parts(project: Path) -> Mapping[str, Files]:
    """The files of each function and layer, by its name in the template.

    Raises:
        ProblemError: there is no template, or pip cannot get the requirements.
    """
    template = read_template(project / "template.yaml")
    runtime = template["Globals"]["Function"]["Runtime"]
    built = project / BUILT if is_built(project) else None
    return {
        name: _files(name, {"Runtime": runtime, **resource}, project, built)
        for name, resource in template["Resources"].items()
        if resource["Type"] in {_FUNCTION, _LAYER}
    }


def not_pure(files: Files) -> list[str]:
    """Distributions that hold something compiled, by what their wheels say of themselves."""
    wheels = ((path, content.decode()) for path, content in files.items() if path.endswith(".dist-info/WHEEL"))
    return [path.split("/")[-2] for path, text in wheels if "Root-Is-Purelib: true" not in text]


def _files(name: str, resource: Mapping[str, Any], project: Path, built: Path | None) -> Files:
    if built and (built / name).is_dir():
        return files_below(built / name)
    properties = resource["Properties"]
    if resource["Type"] == _FUNCTION:
        files = function_files(project, properties["CodeUri"])
        requirements = project / properties["CodeUri"] / _REQUIREMENTS
        return {**files, **dict(_installed(requirements, resource["Runtime"], ""))} if requirements.is_file() else files
    method = resource.get("Metadata", {}).get("BuildMethod")
    files = layer_files(project, properties["ContentUri"], built=method is not None)
    requirements = project / properties["ContentUri"] / _REQUIREMENTS
    if method is None or not requirements.is_file():
        return files
    # The build copies the list of requirements too.
    copied = {f"python/{_REQUIREMENTS}": requirements.read_bytes()}
    return {**files, **copied, **dict(_installed(requirements, method, "python"))}


def _installed(requirements: Path, runtime: str, below: str) -> Iterator[tuple[str, bytes]]:
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
        command += ["--no-deps", "--require-hashes", "--python-version", runtime.removeprefix("python"), *_FOR_LAMBDA]
        command += ["--target", folder, "--requirement", str(requirements)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # nosec B603  # Our own command, and no shell.
        if done.returncode:
            raise ProblemError(
                f"pip could not install {requirements}: {done.stderr.strip()}",
                "It needs a package index once. Or run 'make build' first: what that built is measured as it is.",
            )
        yield from files_below(Path(folder), below).items()
