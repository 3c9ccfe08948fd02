"""Networks as one of the ways to segment that `evaluate` takes."""

from ...models import Network
from ...stream.segmenter.lag import Lag
from ..formats import prediction_of
from ..segmentation import segment_file
from .evaluate import Predict


def by_network(network: Network, lag: Lag) -> Predict:
    """Segments by a network at a lag."""
    return lambda recording: prediction_of(segment_file(recording.audio, network, lag).events)
