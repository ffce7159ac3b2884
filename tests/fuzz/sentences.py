"""What the project owes to whoever made a mistake: a sentence."""


def assert_sentence(text: str, longest: int = 1000) -> None:
    """Assert that `text` is one line, that a terminal can show it, and that somebody will read it to the end."""
    assert text, "nothing was said"
    assert text.isprintable(), repr(text)
    assert len(text) <= longest, text
