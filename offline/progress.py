"""Progress bars: on standard error, and only where a person sees it."""

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text


def bar(rate: ProgressColumn) -> Progress:
    """A bar with what is done (the task's field `done`), a rate, and the time left; nothing where nobody sees it."""
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[done]}"), rate, TimeRemainingColumn(),
        console=console, disable=not console.is_terminal,
    )  # fmt: skip


class SoundRate(ProgressColumn):
    """Seconds of sound a second."""

    def render(self, task: Task) -> Text:
        """The rate, as it was of late."""
        return Text(f"{task.speed:.0f} s/s" if task.speed else "")


class ByteRate(ProgressColumn):
    """Megabytes a second, over all the time; the task's field `bytes` counts them."""

    def render(self, task: Task) -> Text:
        """The rate."""
        return Text(f"{task.fields['bytes'] / task.elapsed / 1e6:.1f} MB/s" if task.elapsed else "")
