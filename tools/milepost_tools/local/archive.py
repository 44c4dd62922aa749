"""Zip files as Lambda takes them, the same bytes for the same content."""

import io
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Final

from milepost_tools.problem import ProblemError

Files = Mapping[str, bytes]
"""Content by path inside the archive."""

_LONG_AGO: Final = (1980, 1, 1, 0, 0, 0)
"""The earliest that a zip file can say: the time of the copy must not make the archive another one."""
_READABLE: Final = 0o644 << 16
_NOT_CODE: Final = frozenset({".pyc", ".pyo"})


def zipped(files: Files) -> bytes:
    """The archive that holds these files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in sorted(files.items()):
            entry = zipfile.ZipInfo(path, _LONG_AGO)
            entry.external_attr = _READABLE
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return buffer.getvalue()


def function_files(project: Path, code: str) -> Files:
    """A function's folder under its path in the project, with the packages that it lies in."""
    folder = PurePosixPath(code)
    parents = (parent / "__init__.py" for parent in folder.parents)
    around = {str(path): (project / path).read_bytes() for path in parents if (project / path).is_file()}
    return {**around, **files_below(project / folder, str(folder))}


def layer_files(project: Path, content: str, *, built: bool) -> Files:
    """A layer's folder: packages go under `python/` where the SAM CLI would build them, else all as it is."""
    files = files_below(project / content)
    if not built:
        return files
    return {f"python/{path}": data for path, data in files.items() if "/" in path}


def files_below(folder: Path, prefix: str = "") -> Files:
    """Every file in the folder, but nothing that Python compiled.

    Raises:
        ProblemError: there is no such folder, or nothing in it.
    """
    found = {
        str(PurePosixPath(prefix, path.relative_to(folder).as_posix())): path.read_bytes() for path in _walk(folder)
    }
    if not found:
        raise ProblemError(f"There is nothing to deploy in {folder}.", "Restore it, or build it with 'milepost build'.")
    return found


def _walk(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if path.is_file() and path.suffix not in _NOT_CODE:
            yield path
