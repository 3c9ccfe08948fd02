"""Heart sounds as markers of Lab Streaming Layer, beside whatever else a laboratory records."""

import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

from .. import NOTICE
from ..events import Event, Sound
from .base import Sink, SinkError


class LslMarkers(Sink):
    """A sink that pushes "S1" or "S2" for each confirmed sound, stamped with the time of its onset.

    when: the time on `time.monotonic` at which a stream sample was heard, None where it is not known; the sound is then
    not published. Raises SinkError without pylsl.
    """

    def __init__(self, source: str, when: Callable[[int], float | None]) -> None:
        self._lsl = _pylsl()
        self._when = when
        info = self._lsl.StreamInfo("heartseg", "Markers", 1, 0, "string", f"heartseg-{source}")
        about = info.desc()
        about.append_child_value("source", source)
        about.append_child_value("heartseg", version("heartseg"))
        about.append_child_value("notice", NOTICE)
        self._outlet = self._lsl.StreamOutlet(info)

    def on_event(self, event: Event) -> None:
        """Publish a sound."""
        if not isinstance(event, Sound):
            return
        at = self._when(event.onset)
        if at is not None:
            self._outlet.push_sample([event.kind], at - time.monotonic() + self._lsl.local_clock())


def _pylsl() -> Any:
    try:
        import pylsl
    except (ImportError, RuntimeError) as error:
        raise SinkError(f"--lsl needs pylsl: pip install 'heartseg[lsl]' ({error})") from None
    return pylsl
