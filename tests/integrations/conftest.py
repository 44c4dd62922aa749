"""The handlers as Lambda finds them, and the three vendors' clients pointed at stand-ins."""

from collections.abc import Iterator
from itertools import count

import pytest

from integrations.braze import handler as braze
from integrations.ses import handler as ses
from integrations.ses import reports
from integrations.webhook import handler as webhook
from milepost_channels import runtime

_NUMBERS = count()
_CACHES = (braze._delivery, ses._delivery, webhook._delivery, reports._reporter, runtime._session)


@pytest.fixture(autouse=True)
def cold_start(monkeypatch: pytest.MonkeyPatch, aws_environment: None) -> Iterator[None]:
    """Nothing cached, and a service name for each test: powertools keeps the stdout that it saw for each name."""
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", f"integration-{next(_NUMBERS)}")
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "MilepostChannels")
    for cached in _CACHES:
        cached.cache_clear()
    yield
    for cached in _CACHES:
        cached.cache_clear()
