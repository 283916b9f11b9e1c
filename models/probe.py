"""How well the base copies, spells and counts on words it has never seen: exact match, greedy, per task."""

import torch

from layout import END, encode_prompt
from tiny import Shape, Weights, generate
from words import lesson_pools

PROBES = {
    "echo": lambda w: (w, w),
    "spell": lambda w: (f"spell {w}", " ".join(w)),
    "drop": lambda w: (f"drop the first letter: {w}", w[1:]),
    "first": lambda w: (f"first letter of {w}", w[0]),
    "reverse": lambda w: (f"reverse: {w}", w[::-1]),
    "count": lambda w: (f"count: {w}", str(len(w))),
}


def probe(shape: Shape, w: Weights, rows: int) -> dict[str, float]:
    """Share of right answers over the first `rows` words of the "prompts" lesson pool, which pre-training never shows."""
    words = lesson_pools()["prompts"][:rows]
    right: dict[str, float] = {}
    for name, make in PROBES.items():
        pairs = [make(word) for word in words]
        answers = generate(shape, w, [encode_prompt(q) for q, _ in pairs], 24, 0.0, END, torch.Generator())
        hits = sum(bytes(i for i in ids if i < 256).decode("utf-8", "replace") == a for (ids, _), (_, a) in zip(answers, pairs))
        right[name] = round(hits / len(pairs), 3)
    return right
