"""Print each sound of a recording as the live engine names it: python examples/listen_to_file.py heart.wav."""

import sys

from heartseg.stream import Sound, listen


def main(path: str) -> None:
    """Listen as fast as possible. Without `speed` it is in real time; `listen(device="steth")` is a microphone."""
    with listen(path, speed=None, lag=250) as events:
        for event in events:
            if isinstance(event, Sound):
                print(
                    f"{event.kind} from {event.onset_s:.3f} to {event.offset_s:.3f} s, known at {event.emitted_s:.3f} s"
                )
    print(events)


if __name__ == "__main__":
    main(sys.argv[1])
