"""Words: the English list with its fixed split into lesson pools, and pseudo-words from a small syllable grammar."""

import random
from pathlib import Path

ENGLISH = Path(__file__).with_name("words").joinpath("english.txt").read_text(encoding="utf-8").split()

# Lesson words never appear in pre-training, and the three pools share no word.
POOL_SIZES = {"sft": 500, "prompts": 900, "heldout": 420}


def lesson_pools() -> dict[str, list[str]]:
    """Disjoint pools of 3–7 letter words, the same on every call."""
    candidates = [w for w in ENGLISH if 3 <= len(w) <= 7]
    random.Random(20_250_101).shuffle(candidates)
    pools: dict[str, list[str]] = {}
    taken = 0
    for name, size in POOL_SIZES.items():
        pools[name] = candidates[taken : taken + size]
        taken += size
    return pools


def pretraining_words() -> list[str]:
    held = {w for pool in lesson_pools().values() for w in pool}
    return [w for w in ENGLISH if w not in held]


ONSETS = "b c d f g h j k l m n p q r s t v w x y z bl br ch cl cr dr fl fr gl gr kn pl pr qu sc sh sk sl sm sn sp st str sw th tr tw wh wr".split()
VOWELS = "a e i o u a e i o u y ai ea ee ie oa oo ou au ei".split()
CODAS = "b ck d f g k l ll lt m mp n nd ng nt p r rd rk rm rn rt s sh ss st t th x".split()


def pseudo_word(rng: random.Random) -> str:
    """One to three syllables, 2 to 10 letters; one in eight is plain random letters so that no letter pair is ever impossible."""
    if rng.random() < 0.125:
        return "".join(rng.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(rng.randint(2, 8)))
    syllables = rng.choice((1, 1, 2, 2, 2, 3))
    parts: list[str] = []
    for i in range(syllables):
        if i > 0 or rng.random() < 0.8:
            parts.append(rng.choice(ONSETS))
        parts.append(rng.choice(VOWELS))
        if rng.random() < (0.7 if i == syllables - 1 else 0.25):
            parts.append(rng.choice(CODAS))
    word = "".join(parts)
    return word[:10] if len(word) > 1 else word + rng.choice("bdgklmnprst")
