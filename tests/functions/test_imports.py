import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROBE = """
import os, sys
sys.path[:0] = {paths!r}
import botocore.session, aws_lambda_powertools, aws_lambda_powertools.metrics

def refuse(*_, **__):
    raise AssertionError("made at import")

botocore.session.Session.__init__ = botocore.session.Session.create_client = refuse
aws_lambda_powertools.Logger.__init__ = aws_lambda_powertools.Metrics.__init__ = refuse

class Watched(type(os.environ)):
    def __getitem__(self, name):
        frame = sys._getframe(1)
        while frame and "/functions/" not in frame.f_code.co_filename and "/milepost/" not in frame.f_code.co_filename:
            frame = frame.f_back if frame.f_code.co_filename.endswith(("os.py", "_collections_abc.py>")) else None
        assert frame is None, f"{{name}} was read at import"
        return super().__getitem__(name)

os.environ.__class__ = Watched
import functions.{verb}.handler as handler
cached = [each for each in vars(handler).values() if hasattr(each, "cache_info")]
assert len(cached) == 2, cached
assert not any(each.cache_info().currsize for each in cached)
{more}
print("imported")
"""
READ = "exec(compile('import os; os.environ[\"X\"]', '/functions/handler.py', 'exec'))"
MADE = "import botocore.session; botocore.session.Session()"


def run(verb: str, more: str = "") -> "subprocess.CompletedProcess[str]":
    """Import a handler in a fresh process with an empty environment, under watch."""
    paths = [str(ROOT), str(ROOT / "shared")]
    code = PROBE.format(paths=paths, verb=verb, more=more)
    return subprocess.run([sys.executable, "-c", code], env={}, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603 - our own code


@pytest.mark.parametrize("verb", ["ingest", "sweep", "settle", "publish"])
def test_importing_a_handler_makes_nothing_and_reads_no_environment(verb: str) -> None:
    """No client, no session, no logger, no catalog: so that tests need no reload and an import cannot fail."""
    done = run(verb)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "imported", "")


@pytest.mark.parametrize(("more", "noticed"), [(READ, "X was read at import"), (MADE, "made at import")])
def test_the_watch_sees_what_it_watches_for(more: str, noticed: str) -> None:
    """Otherwise the test above could not fail."""
    done = run("sweep", more)
    assert done.returncode == 1
    assert noticed in done.stderr
