"""The engine's events: sounds, onsets, gaps, markers, recordings, and answers about systole.

Positions are integers, samples of the stream at 44,100 Hz. Each is there in seconds too, under its name with `_s`.
"""

from .sounds import HEART_SOUNDS as HEART_SOUNDS
from .sounds import KINDS as KINDS
from .sounds import Kind as Kind
from .sounds import Onset as Onset
from .sounds import Sound as Sound
from .stream import Gap as Gap
from .stream import Marker as Marker
from .stream import Recording as Recording
from .systole import Systole as Systole

Shown = Sound | Gap | Marker | Systole
"""The events that stand, and are shown. An `Onset` is provisional, and a `Recording` is no part of the sound."""

Event = Shown | Onset | Recording
"""Any event: a `Sound`, an `Onset`, a `Gap`, a `Marker`, a `Systole` or a `Recording`."""
