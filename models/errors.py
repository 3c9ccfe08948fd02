"""What the errors of others say, fit for a message of ours."""

_LONGEST = 300


def brief(error: object) -> str:
    """Its text in one line that can be printed and is not long."""
    text = "".join(c if c.isprintable() else " " for c in str(error)[: 4 * _LONGEST])
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "..."
