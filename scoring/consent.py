"""Whether somebody said that they do not want to be contacted, in the words of whatever form asked them."""

from collections.abc import Mapping

NOES = frozenset(
    {
        "no", "n", "false", "f", "0", "denied", "declined", "refused", "rejected", "withdrawn", "revoked",
        "opted out", "opted_out", "opt-out", "opt out", "opt_out", "unsubscribed", "none",
    }
)  # fmt: skip
"""What a sender's field `consent` may say for no; case does not matter."""


def refused(facts: Mapping[str, object]) -> bool:
    """Whether the fact `consent` is a no. Unknown is no refusal: most senders never ask."""
    value = facts.get("consent")
    if isinstance(value, list | tuple):
        return any(refused({"consent": each}) for each in value)
    if isinstance(value, str):
        return value.strip().lower() in NOES
    return value is not None and not value
