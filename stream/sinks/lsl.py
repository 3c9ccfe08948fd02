"""Heart sounds as markers of Lab Streaming Layer."""

import time
from collections.abc import Callable
from typing import Any

from .. import NOTICE, heartseg_version
from ..events import Event, Sound
from .base import Sink, SinkError


class LslMarkers(Sink):
    """A sink that publishes "S1" or "S2" for each confirmed sound, with the time of its onset.

    when: `when` of the source. A sound whose time is not known is not published. Raises SinkError without pylsl.
    """

    def __init__(self, source: str, when: Callable[[int], float | None]) -> None:
        self._lsl = _pylsl()
        self._when = when
        info = self._lsl.StreamInfo("heartseg", "Markers", 1, 0, "string", f"heartseg-{source}")
        description = info.desc()
        description.append_child_value("source", source)
        description.append_child_value("heartseg", heartseg_version())
        description.append_child_value("notice", NOTICE)
        self._outlet = self._lsl.StreamOutlet(info)

    def on_event(self, event: Event) -> None:
        """Publish the event if it is a sound."""
        if not isinstance(event, Sound):
            return
        onset_time = self._when(event.onset)
        if onset_time is not None:
            self._outlet.push_sample([event.kind], onset_time - time.monotonic() + self._lsl.local_clock())


def _pylsl() -> Any:
    try:
        import pylsl
    except (ImportError, RuntimeError) as error:
        raise SinkError(f"--lsl needs pylsl: pip install 'heartseg[lsl]' ({error})") from None
    return pylsl
