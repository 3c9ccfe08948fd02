"""BioSPPy: the steps by which its `biosppy.signals.pcg.pcg` finds and names sounds.

That function itself also estimates the heart rate, which no sound depends on, and where this finds more than 150 beats
a minute it stops with an error. So its steps are called one by one, with the parameters that it has.
"""

import numpy as np
from biosppy.signals import pcg, tools
from tracks import Sound, at_peak, write_tracks

PASS_BAND_HZ = (25, 400)


def segment(x: np.ndarray, rate: int) -> list[Sound]:
    """The sounds of a recording."""
    filtered, _, _ = tools.filter_signal(x, "butter", "bandpass", 2, np.array(PASS_BAND_HZ), float(rate))
    peaks, _ = pcg.find_peaks(signal=filtered, sampling_rate=float(rate), filter=False)
    if len(peaks) < 2:  # of which it cannot tell which is which
        return []
    (kinds,) = pcg.identify_heart_sounds(beats=peaks, sampling_rate=float(rate))
    return [at_peak(peak / rate, f"S{int(kind)}") for peak, kind in zip(peaks, kinds, strict=True)]


if __name__ == "__main__":
    write_tracks(segment)
