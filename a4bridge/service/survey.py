"""How the links are, put together for whoever asks."""

from a4bridge.ports.listing import Listing
from a4bridge.service.links import Links
from a4bridge.service.status import Link, LinkState


def survey_inputs(links: Links, listing: Listing) -> list[Link]:
    """Return every input that is open, was open, or is wanted, `listing` being all that is plugged in."""
    opened = links.inputs
    found = [Link(port.title, LinkState.CUT if links.is_cut(port) else LinkState.OPEN) for port in opened.values()]
    coming = [port for port in links.choose(listing).inputs if port not in opened.values()]
    found += [Link(port.title, LinkState.SETTLING) for port in coming]
    missed = [port for port in links.missed_inputs if port.title not in {link.name for link in found}]
    found += [Link(port.title, LinkState.LOST) for port in missed]
    there = [*opened.values(), *coming, *missed]
    absent = [match for match in links.wanted.named if not match.pick(there)]
    return found + [Link(match.text, LinkState.ABSENT) for match in absent]


def survey_output(links: Links, listing: Listing) -> Link | None:
    """Return the output that is open or is waited for; None where any Elektron box would do and none is there."""
    if links.output:
        return Link(links.output.title, LinkState.OPEN)
    if coming := links.choose(listing).output:
        return Link(coming.title, LinkState.SETTLING)
    if links.missed_output:
        return Link(links.missed_output.title, LinkState.LOST)
    return Link(links.wanted.output.text, LinkState.ABSENT) if links.wanted.output else None
