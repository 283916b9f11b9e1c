"""Writes and checks the lesson data in nodes/dataset/sets: Pig Latin for SFT, for RL prompts and for held-out evaluation.

Usage: python lessons.py [--check]
"""

import argparse
import json
import random
from pathlib import Path

from words import lesson_pools, pretraining_words

SETS = Path(__file__).parent.parent / "nodes" / "dataset" / "sets"
# Words whose rest after the first letter is a rude word of its own.
RUDE_RESTS = set("ass asses arse crap cum damn ell hell hit kill lit rape raped rapes rapist sex shit slut tit tits wank whore".split())
ROWS = {"sft": 360, "prompts": 600, "heldout": 256}


def pig_latin(phrase: str) -> str:
    """Word by word: a vowel (a e i o u) first → word + "-way"; otherwise the first letter moves: rest + "-" + letter + "ay"."""
    return " ".join(w + "-way" if w[0] in "aeiou" else f"{w[1:]}-{w[0]}ay" for w in phrase.split())


def phrases(words: list[str], count: int, rng: random.Random) -> list[str]:
    """`count` different phrases, one word and two words in turn; every word is used before any comes back."""
    made: dict[str, None] = {}
    deck: list[str] = []
    while len(made) < count:
        need = 1 + len(made) % 2
        while len(deck) < need:
            deck = rng.sample(words, len(words)) + deck
        made[" ".join(deck.pop() for _ in range(need))] = None
    return list(made)


def rows() -> dict[str, list[dict]]:
    pools = {name: [w for w in pool if w[1:] not in RUDE_RESTS] for name, pool in lesson_pools().items()}
    texts = {name: phrases(pools[name], count, random.Random(f"pig-latin {name}")) for name, count in ROWS.items()}
    chat = lambda t: {"messages": [{"role": "user", "content": t}, {"role": "assistant", "content": pig_latin(t)}]}
    pair = lambda t: {"prompt": t, "answer": pig_latin(t)}
    return {name: [(chat if name == "sft" else pair)(t) for t in ts] for name, ts in texts.items()}


def read(name: str) -> list[dict]:
    return [json.loads(line) for line in (SETS / f"pig-latin-{name}.jsonl").read_text(encoding="utf-8").splitlines()]


def prompt_of(row: dict) -> str:
    return row["prompt"] if "prompt" in row else row["messages"][0]["content"]


def check() -> None:
    """Fails when a file's words meet another file's or pre-training's, a row comes twice, or an answer breaks the rule."""
    words: dict[str, set[str]] = {"pretraining": set(pretraining_words())}
    for name, count in ROWS.items():
        prompts = [prompt_of(r) for r in read(name)]
        assert len(prompts) == len(set(prompts)) == count, f"{name}: {len(set(prompts))} different rows, not {count}"
        for row in read(name):
            answer = row["answer"] if "answer" in row else row["messages"][1]["content"]
            assert answer == pig_latin(prompt_of(row)), row
        mine = {w for p in prompts for w in p.split()}
        for other, theirs in words.items():
            assert not mine & theirs, f"{name} and {other} share {sorted(mine & theirs)[:5]}"
        words[name] = mine
    print("no word is shared:", {name: len(ws) for name, ws in words.items()})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only check the files that are there")
    if not parser.parse_args().check:
        SETS.mkdir(parents=True, exist_ok=True)
        for name, made in rows().items():
            text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in made)
            (SETS / f"pig-latin-{name}.jsonl").write_text(text, encoding="utf-8")
    check()


if __name__ == "__main__":
    main()
